"""Outbound tables: what we make keeps its contract, or the step that makes it stops."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.compiled import validate_compiled
from fairdeal.data_contracts.contract import Contract, ContractBreach


def promised(contract: Contract, table: pl.DataFrame) -> pl.DataFrame:
    """The table under its contract: columns in order and typed, every rule kept, every key once.

    Raises
    ------
    ContractBreach
        Naming the rule, how many rows break it, and one of them: our own code broke its promise, so nothing is quarantined.
    """
    conformed = contract.conform(table)
    verdict = validate_compiled(contract, conformed)
    if verdict.breaches.height:
        first = verdict.breaches.row(0, named=True)
        raise ContractBreach(
            f"{contract.name}, row {first['row']}: {first['rule']} is broken, {verdict.breaches.height} breaches in all; "
            "every row must keep the contract; this is a fault of the program, report it with the run's id"
        )
    twice = conformed.filter(pl.struct(contract.key).is_duplicated())
    if twice.height:
        raise ContractBreach(
            f"{contract.name}: {twice.height} rows share a key, the first {twice.select(contract.key).row(0)}; "
            f"one row per {contract.grain} is promised; this is a fault of the program, report it with the run's id"
        )
    return conformed
