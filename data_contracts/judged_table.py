"""The table as both executors judge it: typed columns, their unread texts, nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from fairdeal.data_contracts.contract import UNPARSED, Check, Column, Contract, ContractBreach, Kind, Rule, bounds

#: The position of a row in the table that was given, from 0.
ROW = "__row"
#: Kinds whose values are text already, so that no text can fail to be read as one.
TEXT_KINDS = frozenset({Kind.ID, Kind.CATEGORY, Kind.TEXT, Kind.JSON})
#: Microseconds from 1970 of the years 1 to 9999, which can be written as a date; far beyond them Polars panics.
_WRITABLE_US = (-62_135_596_800_000_000, 253_402_300_799_999_999)


def judged_table(contract: Contract, table: pl.DataFrame) -> pl.DataFrame:
    """The contract's columns of ``table``, each with a companion text column where its kind can fail to be read.

    Parameters
    ----------
    contract
        What the table promises.
    table
        Typed contract columns, optional ``<column>__unparsed`` texts; any other column is left out.

    Returns
    -------
    polars.DataFrame
        One row per row of ``table``, in its order: `ROW` (Int64), the contract's columns that are present, and one
        ``<column>__unparsed`` (String) per present column that is not text, null where the value was read. A number that is not finite
        is no number: its value becomes null and its text ``NaN``, ``inf`` or ``-inf``.

    Raises
    ------
    ContractBreach
        When a required column is absent, a column has another type than its contract says, or an unread text has no column beside it.
    """
    missing = [name for name in contract.required if name not in table.columns]
    if missing:
        raise ContractBreach(
            f"{contract.name}: no column {', '.join(missing)}; the contract requires {', '.join(contract.required)}; "
            "give the column in the mapping or from the step that makes the table"
        )
    columns: list[pl.Expr] = []
    for column in contract.columns:
        if column.name not in table.columns:
            if column.name + UNPARSED in table.columns:
                raise ContractBreach(
                    f"{contract.name}.{column.name}{UNPARSED}: there is no column {column.name} beside it; an unread text stands beside "
                    f"its typed column; give {column.name}, null where nothing could be read"
                )
            continue
        value = _typed(contract, table, column.name, contract.polars_schema()[column.name])
        if column.kind in TEXT_KINDS:
            columns.append(value.alias(column.name))
            continue
        unread = _typed(contract, table, column.name + UNPARSED, pl.String()) if column.name + UNPARSED in table.columns else _no_text()
        if column.kind is Kind.NUMBER:
            not_finite = value.is_finite().not_()
            unread = pl.coalesce(unread, pl.when(not_finite).then(value.cast(pl.String)))
            value = pl.when(not_finite).then(None).otherwise(value)
        columns += [value.alias(column.name), unread.alias(column.name + UNPARSED)]
    return table.select(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW), *columns)


def _no_text() -> pl.Expr:
    return pl.lit(None, pl.String)


def _typed(contract: Contract, table: pl.DataFrame, name: str, allowed: pl.DataType) -> pl.Expr:
    """The column, once its type is found to be the allowed one; a column of nothing but nulls has every type."""
    found = table.schema[name]
    if found == pl.Null:
        return pl.lit(None, allowed)
    if found != allowed:
        raise ContractBreach(
            f"{contract.name}.{name}: the column has the type {found}; allowed is {allowed}; "
            f"read it as {allowed} and keep what cannot be read as text in {name.removesuffix(UNPARSED)}{UNPARSED}"
        )
    return pl.col(name)


def unread_companion(rule: Rule) -> str | None:
    """Name of the text column that excuses a null of the rule's column, or None where every text can be read."""
    return None if rule.column.kind in TEXT_KINDS else rule.column.name + UNPARSED


def limits(column: Column) -> tuple[float | datetime | date | None, float | datetime | date | None]:
    """Inclusive least and greatest value of a column with `bounds`, as values of the column's own kind.

    The years that bound an instant or a date become the first and the last moment or day of those years.
    """
    low, high = bounds(column) or (None, None)
    if column.kind is Kind.INSTANT:
        return (
            None if low is None else datetime(int(low), 1, 1, tzinfo=UTC),
            None if high is None else datetime(int(high), 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        )
    if column.kind is Kind.DATE:
        return (None if low is None else date(int(low), 1, 1), None if high is None else date(int(high), 12, 31))
    return (low, high)


def offending_text(rule: Rule) -> pl.Expr:
    """The text of the value that breaks a rule, over a `judged_table`: the unread text for `Check.TYPE`, null for `Check.REQUIRED`."""
    name = rule.column.name
    if rule.check is Check.TYPE:
        return pl.col(name + UNPARSED)
    if rule.column.kind is Kind.INSTANT:
        since_1970 = pl.col(name).dt.epoch("us")
        written = since_1970.clip(*_WRITABLE_US).cast(pl.Datetime("us", "UTC")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        return pl.when(since_1970.is_between(*_WRITABLE_US)).then(written).otherwise(since_1970.cast(pl.String) + " us since 1970")
    return pl.col(name).cast(pl.String)
