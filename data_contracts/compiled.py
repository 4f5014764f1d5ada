"""The contract's rules as Polars expressions: the same verdict as Great Expectations, for tables of many rows."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.contract import ID_ARTEFACT, UNPARSED, Check, Contract, ContractBreach, Rule
from fairdeal.data_contracts.judged_table import judged_table, limits, unread_companion
from fairdeal.data_contracts.verdict import Verdict, assemble, joined

#: Rows that are judged at a time: a judged table holds a companion of nearly every column.
AT_ONCE = 100_000


def validate_compiled(contract: Contract, table: pl.DataFrame) -> Verdict:
    """The verdict on a table, slice by slice.

    Raises
    ------
    ContractBreach
        As `judge`; also when a rule could not be evaluated, because a rule that was not judged is not a rule that held.
    """
    if table.height <= AT_ONCE:
        return _validate(contract, table)
    return joined([_validate(contract, rows) for rows in table.iter_slices(AT_ONCE)])


def _validate(contract: Contract, table: pl.DataFrame) -> Verdict:
    judged = judged_table(contract, table)
    rules = contract.rules(tuple(judged.columns))
    facts = judged.lazy().select(
        *(breached(rule).alias(f"breached {rule.name}") for rule in rules),
        *(checked(rule).alias(f"checked {rule.name}") for rule in rules),
    )
    try:
        seen = facts.collect()
    except pl.exceptions.PolarsError as error:
        raise ContractBreach(
            f"{contract.name}: the compiled rules could not be judged ({str(error).splitlines()[0]}); every rule must be judged; "
            "check the columns' patterns and bounds"
        ) from error
    return assemble(
        contract,
        judged,
        "compiled",
        ((rule, int(seen[f"checked {rule.name}"].sum()), seen[f"breached {rule.name}"].arg_true()) for rule in rules),
    )


def breached(rule: Rule) -> pl.Expr:
    """Boolean over a `judged_table`, never null: the row breaks the rule."""
    column, value = rule.column, pl.col(rule.column.name)
    match rule.check:
        case Check.REQUIRED:
            return value.is_null() & checked(rule)
        case Check.TYPE:
            return pl.col(column.name + UNPARSED).is_not_null()
        case Check.ALLOWED:
            kept = value.is_in(pl.lit(pl.Series([str(word) for word in column.allowed or ()], dtype=pl.String)).implode())
        case Check.RANGE:
            low, high = limits(column)
            kept = (pl.lit(True) if low is None else value >= low) & (pl.lit(True) if high is None else value <= high)
        case Check.PATTERN:
            kept = value.str.contains(rf"\A(?:{column.pattern})\z")
        case Check.ARTEFACT:
            kept = value.str.contains(ID_ARTEFACT).not_()
        case Check.LENGTH:
            kept = value.str.len_chars() <= column.max_length
    return kept.not_().fill_null(False) & checked(rule)


def checked(rule: Rule) -> pl.Expr:
    """Boolean over a `judged_table`, never null: the rule has a say in the row."""
    if rule.check is Check.TYPE:
        return pl.lit(True)
    if rule.check is Check.REQUIRED:
        unread = unread_companion(rule)
        return pl.lit(True) if unread is None else pl.col(unread).is_null()
    return pl.col(rule.column.name).is_not_null()
