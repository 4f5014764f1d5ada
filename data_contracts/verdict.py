"""The verdict: what a contract says about a table, whichever executor judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from fairdeal.data_contracts.contract import Contract, Rule
from fairdeal.data_contracts.judged_table import ROW, offending_text

Engine = Literal["great_expectations", "compiled"]

#: Grain of `Verdict.breaches`: one rule broken by one row.
BREACHES: dict[str, pl.DataType] = {"row": pl.Int64(), "column": pl.String(), "rule": pl.String(), "value": pl.String()}

#: Above this many rows the compiled rules judge, whose agreement with Great Expectations the tests show.
COMPILED_ABOVE = 200_000


@dataclass(frozen=True)
class RuleResult:
    """How one rule fared.

    Parameters
    ----------
    rule
        Name of the rule, ``column:check``.
    checked
        Rows the rule had a say in: every row for ``type``, rows whose text could be read for ``required``, rows with a value for the rest.
    breached
        Rows that break it.
    """

    rule: str
    checked: int
    breached: int


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a contract says about one table.

    Parameters
    ----------
    contract
        Name of the contract.
    rows
        Rows judged.
    engine
        Who judged.
    breaches
        One rule broken by one row: ``row`` (position in the given table, from 0), ``column``, ``rule`` (``column:check``), ``value``
        (text of the offending value, as the source wrote it where it could not be read; null where a required value is missing).
        Ordered by row, then by rule in the contract's order. Values may hold what must be masked: they are for hashing, not for logs.
    results
        One per rule of the columns present, in the contract's order.
    """

    contract: str
    rows: int
    engine: Engine
    breaches: pl.DataFrame
    results: tuple[RuleResult, ...]

    @property
    def quarantined(self) -> int:
        """Rows that break at least one rule."""
        return self.breaches["row"].n_unique()

    @property
    def quarantined_share(self) -> float:
        """Share of the rows that break at least one rule; 0 for a table without rows."""
        return self.quarantined / self.rows if self.rows else 0.0

    def ok(self, quarantine_limit: float) -> bool:
        """Whether the share of rows that break a rule is at most ``quarantine_limit``."""
        return self.quarantined_share <= quarantine_limit


def judge(contract: Contract, table: pl.DataFrame, *, compiled_above: int = COMPILED_ABOVE) -> Verdict:
    """The verdict on a table, by Great Expectations, or by the compiled rules where the table is long.

    Parameters
    ----------
    contract
        What the table promises.
    table
        Typed contract columns, optional ``<column>__unparsed`` texts; other columns are ignored, absent optional columns are not judged.
    compiled_above
        Tables with more rows than this are judged by the compiled rules.

    Raises
    ------
    ContractBreach
        When the table as a whole cannot be judged: a required column is absent or a column has the wrong type.
    """
    if table.height > compiled_above:
        from fairdeal.data_contracts.compiled import validate_compiled

        return validate_compiled(contract, table)
    # Great Expectations takes seconds to import: whoever only reads verdicts does not pay for it.
    from fairdeal.data_contracts.expectations import validate

    return validate(contract, table)


def assemble(contract: Contract, judged: pl.DataFrame, engine: Engine, found: Iterable[tuple[Rule, int, pl.Series]]) -> Verdict:
    """The verdict from what an executor found.

    Parameters
    ----------
    contract
        What the table promises.
    judged
        The table as judged, see `judged_table`.
    engine
        Who judged.
    found
        Per rule, in the contract's order: the rule, how many rows were checked, and the positions of the rows that break it.
    """
    results: list[RuleResult] = []
    parts: list[pl.DataFrame] = []
    for rule, checked, rows in found:
        results.append(RuleResult(rule.name, checked, rows.len()))
        if rows.len():
            parts.append(
                judged[rows].select(
                    pl.col(ROW).alias("row"),
                    pl.lit(rule.column.name).alias("column"),
                    pl.lit(rule.name).alias("rule"),
                    offending_text(rule).alias("value"),
                )
            )
    breaches = pl.concat([pl.DataFrame(schema=BREACHES), *parts]).sort("row", maintain_order=True)
    return Verdict(contract.name, judged.height, engine, breaches, tuple(results))


def joined(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a table whose parts were judged one after the other under one contract and by one executor."""
    breaches: list[pl.DataFrame] = []
    rows = 0
    for verdict in verdicts:
        breaches.append(verdict.breaches.with_columns(pl.col("row") + rows))
        rows += verdict.rows
    results = tuple(
        RuleResult(parts[0].rule, sum(part.checked for part in parts), sum(part.breached for part in parts))
        for parts in zip(*(verdict.results for verdict in verdicts), strict=True)
    )
    return Verdict(verdicts[0].contract, rows, verdicts[0].engine, pl.concat(breaches), results)
