"""Raw rows into candidate rows of our tables: every mapped column in its storage type, what could not be converted beside it as text."""

from __future__ import annotations

from collections.abc import Mapping as Mapped

import polars as pl

from fairdeal.data_contracts.contract import POLARS_TYPES, UNPARSED, Column, Contract, Kind
from fairdeal.data_contracts.currencies import DECIMALS
from fairdeal.sources.amounts import minor_units
from fairdeal.sources.blanks import bare, given, given_id, given_number
from fairdeal.sources.instants import calendar_date, utc_instant
from fairdeal.sources.mapping import ColumnSource, Mapping, MappingError, TableMapping
from fairdeal.sources.mapping_parts import extra_name
from fairdeal.sources.numbers import count_number, fraction_number, truth_value
from fairdeal.sources.queries import query_rows
from fairdeal.sources.readers.content import PROVENANCE
from fairdeal.sources.typed_text import as_text, plain_types

#: Kinds that take any text as it is.
TEXT_KINDS = (Kind.ID, Kind.CATEGORY, Kind.TEXT, Kind.JSON)
#: Numbers with more digits than a quantity has are identifiers, and may be card numbers.
_LARGEST_QUANTITY = 10.0**12


def candidates(mapping: Mapping, table: str, raw: Mapped[str, pl.DataFrame]) -> pl.DataFrame:
    """Candidate rows of one of our tables.

    Parameters
    ----------
    mapping
        The source.
    table
        A table that the mapping gives.
    raw
        Raw rows per file set (`fairdeal.sources.reading.Reading.raw`).

    Returns
    -------
    pl.DataFrame
        One row per raw row or query result row: ``__file, __line``; the mapped columns in contract order and storage type, null where
        nothing stands; ``<column>__unparsed`` for each column whose kind needs conversion, the source's text where that failed;
        ``x_<name>`` for extras, Float64 where every value is a number and quantities at that, else text.

    Notes
    -----
    A mapped source column that the files lack gives nulls: the contract then says which rows cannot do without it.
    Rows of a query have ``__file`` ``query:<table>`` and are numbered in the order of the table's key.
    """
    mapped = mapping.table(table)
    rows = source_rows(mapping, mapped, raw)
    sources = column_sources(mapped, rows)
    columns = [pl.col("__file"), pl.col("__line")]
    for name, source in sources.items():
        if source.by_currency:
            columns += _by_currency(rows, mapped, name, sources)
        else:
            columns += converted(rows, mapped.contract.column(name), source, mapping.time_zone)
    columns += [_extra(rows, name) for name in mapped.extra]
    return rows.select(columns)


def source_rows(mapping: Mapping, mapped: TableMapping, raw: Mapped[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows that a table is made of: those of its file set, or its query's result; with provenance."""
    if mapped.query is not None:
        return plain_types(query_rows(mapping, mapped, raw))
    return raw_rows(mapping, str(mapped.file_set), raw)


def raw_rows(mapping: Mapping, file_set: str, raw: Mapped[str, pl.DataFrame]) -> pl.DataFrame:
    """The raw rows of a file set; no rows when none were given."""
    return raw[file_set] if file_set in raw else pl.DataFrame(schema=PROVENANCE)


def row_id() -> pl.Expr:
    """An id for rows whose key the source does not give: file and line."""
    return pl.concat_str("__file", pl.lit(":"), pl.col("__line").cast(pl.String))


def column_sources(mapped: TableMapping, rows: pl.DataFrame) -> dict[str, ColumnSource]:
    """Where each column comes from, in contract order; a query's result columns that bear our names are taken as they are."""
    found: dict[str, ColumnSource] = {}
    for name in mapped.contract.names:
        if name in mapped.columns:
            found[name] = mapped.columns[name]
        elif mapped.query is not None and name in rows.columns:
            found[name] = ColumnSource(columns=(name,))
    if mapped.query is not None and rows.height:
        wanted = {name for source in found.values() for name in source.columns} | set(mapped.extra)
        for name in wanted:
            if name not in rows.columns:
                result = ", ".join(column for column in rows.columns if column not in PROVENANCE)
                raise MappingError(f"[{mapped.table}]: the query gives no column {name!r}; it gives {result}; add it to the select")
    return found


def _by_currency(rows: pl.DataFrame, mapped: TableMapping, name: str, sources: Mapped[str, ColumnSource]) -> list[pl.Expr]:
    """An amount column whose decimals are those of each row's currency; a code that is none is judged as a currency, not as an amount."""
    if "currency" not in sources:
        raise MappingError(f"[{mapped.table}] {name}: decimal by currency and no currency; allowed beside it; add currency to the select")
    code = given(as_text(*origin(rows, sources["currency"])))
    value, dtype = origin(rows, sources[name])
    found = minor_units(value, dtype, 2)
    for decimals in sorted(set(DECIMALS.values()) - {2}):
        codes = [known for known, those in DECIMALS.items() if those == decimals]
        found = pl.when(code.is_in(codes)).then(minor_units(value, dtype, decimals)).otherwise(found)
    text = given_number(as_text(value, dtype))
    return [found.alias(name), pl.when(found.is_null()).then(text).alias(name + UNPARSED)]


def converted(rows: pl.DataFrame, column: Column, source: ColumnSource, time_zone: str) -> list[pl.Expr]:
    """Expressions for one column and, where its kind needs conversion, its ``__unparsed`` companion."""
    value, dtype = origin(rows, source)
    if column.kind in TEXT_KINDS:
        text = as_text(value, dtype)
        if column.kind is Kind.ID:
            text = given_id(text)
        elif column.kind is Kind.CATEGORY:
            text = given(text)
        elif column.kind is Kind.TEXT and column.required:
            text = text.fill_null("")  # nothing written is a text too
        return [text.cast(pl.String).alias(column.name)]
    found = _typed(value, dtype, column, source, time_zone).cast(POLARS_TYPES[column.kind])
    text = given_number(as_text(value, dtype))
    return [found.alias(column.name), pl.when(found.is_null()).then(text).alias(column.name + UNPARSED)]


def origin(rows: pl.DataFrame, source: ColumnSource) -> tuple[pl.Expr, pl.DataType]:
    """The source's value, value map applied, and its type; nulls where the rows lack the column."""
    if source.constant is not None:
        return pl.lit(source.constant), pl.String()
    if any(name not in rows.columns for name in source.columns):
        return pl.lit(None, dtype=pl.String), pl.String()
    if len(source.columns) > 1 or source.join:
        parts = [given_id(as_text(pl.col(name), rows.schema[name])) for name in source.columns]
        value: pl.Expr = pl.concat_str(parts, separator=source.join)
        dtype: pl.DataType = pl.String()
    else:
        value, dtype = pl.col(source.columns[0]), rows.schema[source.columns[0]]
    if not source.values:
        return value, dtype
    text = _trimmed(as_text(value, dtype))
    known, meant = list(source.values), list(source.values.values())
    other = text if source.otherwise is None else pl.when(text.is_not_null()).then(pl.lit(source.otherwise))
    meaning = text.replace_strict(known, meant, default=other, return_dtype=pl.String)
    return pl.when(meaning != "").then(meaning), pl.String()


def storage_table(contract: Contract, table: pl.DataFrame) -> pl.DataFrame:
    """The contract's columns that a table has, in contract order."""
    return table.select(name for name in contract.names if name in table.columns)


def _trimmed(text: pl.Expr) -> pl.Expr:
    """Bare text; null where nothing is left."""
    found = bare(text)
    return pl.when(found != "").then(found)


def _typed(value: pl.Expr, dtype: pl.DataType, column: Column, source: ColumnSource, time_zone: str) -> pl.Expr:
    """The value in the column's kind, null where it is none."""
    match column.kind:
        case Kind.MINOR:
            return minor_units(value, dtype, source.decimal)
        case Kind.INSTANT:
            return utc_instant(value, dtype, source, time_zone)
        case Kind.DATE:
            return calendar_date(value, dtype, source, time_zone)
        case Kind.INTEGER:
            return count_number(value, dtype)
        case Kind.NUMBER:
            return fraction_number(value, dtype)
        case Kind.BOOLEAN:
            return truth_value(value, dtype)
    raise ValueError(f"{column.name}: kind {column.kind} has no conversion; add one beside the others")


def _extra(rows: pl.DataFrame, name: str) -> pl.Expr:
    """An extra column: numbers where it holds quantities only, else text."""
    if name not in rows.columns:
        return pl.lit(None, dtype=pl.String).alias(extra_name(name))
    dtype = rows.schema[name]
    text = _trimmed(as_text(pl.col(name), dtype))
    if dtype == pl.Boolean:
        return pl.col(name).cast(pl.Float64).alias(extra_name(name))
    number = fraction_number(pl.col(name), dtype)
    facts = rows.select(
        written=given(text).is_not_null().sum(),
        numbers=number.is_not_null().sum(),
        largest=number.abs().max(),
        padded=text.str.contains(r"^0\d").any(),
    ).row(0, named=True)
    quantity = facts["numbers"] == facts["written"] > 0 and facts["largest"] < _LARGEST_QUANTITY and not facts["padded"]
    if quantity:
        return number.alias(extra_name(name))
    if dtype.is_float():  # a whole number of many digits: written out, so that masking sees a card number
        return pl.coalesce(count_number(pl.col(name), dtype).cast(pl.String), text).alias(extra_name(name))
    return text.alias(extra_name(name))
