"""Outbound tables: what we make keeps its contract, or the step that makes it stops."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.compiled import validate_compiled
from fairdeal.data_contracts.contract import Contract, ContractBreach

#: Rows that are judged at a time.
AT_ONCE = 100_000


def promised(contract: Contract, table: pl.DataFrame) -> pl.DataFrame:
    """The table under its contract: columns in order and typed, every rule kept, every key once.

    Raises
    ------
    ContractBreach
        Naming the rule, how many rows break it, and one of them: our own code broke its promise, so nothing is quarantined.
    """
    conformed = contract.conform(table)
    # By slices, because judging a table of many columns holds a companion of each.
    for number, rows in enumerate(conformed.iter_slices(AT_ONCE)):
        breaches = validate_compiled(contract, rows).breaches
        if breaches.height:
            first = breaches.row(0, named=True)
            raise ContractBreach(
                f"{contract.name}, row {number * AT_ONCE + first['row']}: {first['rule']} is broken, {breaches.height} breaches or more; "
                "every row must keep the contract; this is a fault of the program, report it with the run's id"
            )
    twice = conformed.filter(pl.struct(contract.key).is_duplicated())
    if twice.height:
        raise ContractBreach(
            f"{contract.name}: {twice.height} rows share a key, the first {twice.select(contract.key).row(0)}; "
            f"one row per {contract.grain} is promised; this is a fault of the program, report it with the run's id"
        )
    return conformed
