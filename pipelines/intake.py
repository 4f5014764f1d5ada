"""Intake: one table's candidate rows, each accepted or quarantined with file, line, column, rule and a keyed hash of the value.

Rules for rows that share a key
    - equal in every column to a row already accepted, or to an earlier row of the same delivery: quarantined as ``duplicate``;
    - different, and one was changed later (``updated_at``) or was delivered later: accepted as a correction; readers see the newest
      version that was known at their moment, older runs keep theirs;
    - different, in one delivery, with nothing to say which is newer: the row with the smaller content counts, the other is quarantined as
      ``conflict``, so that the order of files and lines changes nothing.

A row is late when it happened, or was changed, before the end of the last finished run: it is accepted, counted as late, and makes a new
revision of the days it belongs to when they are run again. Duplicates and conflicts do not count towards a table's quarantine limit: a
file sent again is no sign of bad data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import polars as pl

from fairdeal.data_contracts.contract import Contract, ContractBreach
from fairdeal.data_contracts.report_health import AGE_DAYS
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.verdict import Verdict, judge
from fairdeal.pipelines.keys import keyed_hash
from fairdeal.pipelines.lake import Lake, LakeFile, known_at
from fairdeal.sources.masking_rows import mask_candidates

QUARANTINE_SCHEMA = {
    "table": pl.String(),
    "file": pl.String(),
    "line": pl.Int64(),
    "column": pl.String(),
    "rule": pl.String(),
    "value_hash": pl.String(),
}


#: What of a table's report adds up over its parts.
COUNTED = ("rows_in", "accepted", "quarantined", "breached", "duplicates", "conflicts", "late", "corrections", "masked")


@dataclass(frozen=True)
class TableIntake:
    """What became of one table's rows: ``rows_in`` = ``accepted.height`` + ``quarantined``."""

    accepted: pl.DataFrame
    quarantine: pl.DataFrame
    rows_in: int
    quarantined: int
    report: dict[str, Any]


def take_table(
    source: str,
    lake: Lake,
    table: str,
    rows: pl.DataFrame,
    rejected: pl.DataFrame,
    secret: bytes,
    *,
    again: bool,
    closed_until: datetime | None,
    until: datetime,
    beside: Sequence[LakeFile] = (),
) -> TableIntake:
    """Accepts or quarantines every row of a table.

    Parameters
    ----------
    source
        Name of the source.
    rows
        Candidate rows with ``__file`` and ``__line``.
    rejected
        Rows that never became values.
    secret
        Of the keyed hashes.
    again
        The rows come from a query, which gives its whole result each time: rows that are known already are not rows of this delivery.
    closed_until
        End of the last finished run; what happened before is late.
    until
        End of the delivery, from which the age of events is reckoned.
    beside
        Rows of the same delivery that were accepted before these.

    Raises
    ------
    ContractBreach
        When rows in are not rows accepted plus rows quarantined.
    """
    contract = INBOUND[table]
    masked, mask_count = mask_candidates(rows.sort("__file", "__line"), contract, lambda value: keyed_hash(secret, value)[:32])
    del rows
    verdict = judge(contract, masked)
    numbered = masked.with_row_index("__row").with_columns(pl.col("__row").cast(pl.Int64))
    bad = verdict.breaches.select("row").unique()
    clean = numbered.join(bad, left_on="__row", right_on="row", how="anti", maintain_order="left") if bad.height else numbered
    apart = _apart(clean, contract, partial(lake.versions_of, source, contract.name, beside=beside))
    twins = pl.concat([apart.conflicts, apart.repeated, *([] if again else [apart.known])])
    breaches = verdict.breaches.join(numbered.select("__row", "__file", "__line"), left_on="row", right_on="__row")
    quarantine = pl.concat([_quarantine(table, some, secret) for some in (breaches, rejected, twins)])
    rows_in = masked.height + rejected.height - (apart.known.height if again else 0)
    quarantined = bad.height + rejected.height + twins.height
    if apart.fresh.height + quarantined != rows_in:
        raise ContractBreach(
            f"{source}, table {table}: {rows_in} rows in, {apart.fresh.height} accepted and {quarantined} quarantined; "
            "the two must add up; this is a fault of the program, report it with the mapping"
        )
    carried = [name for name in masked.columns if name.startswith("x_")] + ["__file", "__line", "__corrects"]
    accepted = contract.conform(apart.fresh).with_columns(apart.fresh.select(carried).get_columns())
    known = known_at(contract)
    late = known < closed_until if contract.event_at and known is not None and closed_until else pl.lit(False)
    report = {
        "rows_in": rows_in,
        "accepted": accepted.height,
        "quarantined": quarantined,
        "limit": contract.quarantine_limit,
        "breached": bad.height + rejected.height,
        "duplicates": apart.repeated.height + (0 if again else apart.known.height),
        "conflicts": apart.conflicts.height,
        "corrections": int(accepted["__corrects"].sum()),
        "late": accepted.filter(late).height,
        "masked": mask_count,
        "ages": _ages(accepted, contract, until),
        "engine": verdict.engine,
        "rules": _rules(verdict, rejected, rows_in),
    }
    return TableIntake(accepted, quarantine.sort("file", "line", "column", "rule", nulls_last=False), rows_in, quarantined, report)


def _ages(accepted: pl.DataFrame, contract: Contract, until: datetime) -> list[int]:
    """Accepted rows by how many days before the delivery's end they became known, by `AGE_DAYS`; none of a table without moments."""
    known = known_at(contract)
    if contract.event_at is None or known is None:
        return [0] * (len(AGE_DAYS) + 1)
    seconds = accepted.select(pl.lit(int(until.timestamp())) - known.dt.epoch("s")).drop_nulls().to_series()
    ends = [0, *(sum(seconds <= days * 86_400) for days in AGE_DAYS), seconds.len()]
    return [int(later - earlier) for earlier, later in pairwise(ends)]


def merged(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The reports of a table's parts as one: what is counted adds up, rule by rule."""
    whole = dict(reports[0])
    for report in reports[1:]:
        rules = {rule["rule"]: dict(rule) for rule in whole["rules"]}
        for rule in report["rules"]:
            known = rules.setdefault(rule["rule"], {"rule": rule["rule"], "checked": 0, "breached": 0})
            known.update(checked=known["checked"] + rule["checked"], breached=known["breached"] + rule["breached"])
        counts = {name: whole[name] + report[name] for name in COUNTED}
        counts["ages"] = [one + other for one, other in zip(whole["ages"], report["ages"], strict=True)]
        engines = sorted({*whole["engine"].split(", "), report["engine"]})
        whole |= counts | {"rules": list(rules.values()), "engine": ", ".join(engines)}
    return whole


def _rules(verdict: Verdict, rejected: pl.DataFrame, rows_in: int) -> list[dict[str, Any]]:
    judged = [{"rule": rule.rule, "checked": rule.checked, "breached": rule.breached} for rule in verdict.results]
    counts = sorted(rejected.group_by("rule").len().iter_rows())
    return judged + [{"rule": rule, "checked": rows_in, "breached": count} for rule, count in counts]


@dataclass(frozen=True)
class _Apart:
    """Rows that break no rule, told apart: new or corrected (``__corrects``), known already, repeated within the delivery, in conflict."""

    fresh: pl.DataFrame
    known: pl.DataFrame
    repeated: pl.DataFrame
    conflicts: pl.DataFrame


def _apart(clean: pl.DataFrame, contract: Contract, versions_of: Callable[[pl.DataFrame], pl.DataFrame]) -> _Apart:
    absent = [pl.lit(None, contract.polars_schema()[name]).alias(name) for name in contract.key if name not in clean.columns]
    clean = clean.with_columns(absent)
    key = list(contract.key)
    versions = versions_of(clean.select(key).unique())
    # Rows are compared only where a key stands more than once or is known already: nearly all are simply new.
    several = clean.select(pl.struct(key).is_duplicated()).to_series()
    if versions.height:
        known = versions.select(key).unique().with_columns(heard=True)
        heard = clean.select(key).join(known, on=key, how="left", nulls_equal=True, maintain_order="left")
        several = several | heard["heard"].fill_null(False)
    alone = clean.filter(~several).drop("__row").with_columns(__corrects=pl.lit(False))
    apart = _compared(clean.filter(several), versions, contract)
    return replace(apart, fresh=pl.concat([alone, apart.fresh]).sort("__file", "__line") if apart.fresh.height else alone)


def _compared(clean: pl.DataFrame, versions: pl.DataFrame, contract: Contract) -> _Apart:
    key, extras = list(contract.key), [name for name in clean.columns if name.startswith("x_")]
    content = [name for name in contract.names if name in clean.columns] + [f"__{name}" for name in extras]
    # An extra may be a number in one delivery and a word in the next: they are compared as text.
    versions = versions.with_columns(pl.lit(None, pl.String).alias(name) for name in extras if name not in versions.columns)
    clean, versions = (rows.with_columns(pl.col(name).cast(pl.String).alias(f"__{name}") for name in extras) for rows in (clean, versions))
    stored = versions.select(*content, __known=pl.lit(True)).unique(content)
    seen = clean.join(stored, on=content, how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col("__known").fill_null(False), __again=pl.struct(content).is_first_distinct().not_()
    )
    rest = seen.filter(~pl.col("__known") & ~pl.col("__again"))
    one_version = [*key, *([contract.version_at] if contract.version_at in clean.columns else [])]
    kept = rest.sort(content).unique(one_version, keep="first", maintain_order=True).select("__row")
    fresh = rest.join(kept, on="__row", how="semi", maintain_order="left")
    heard = stored.select(key).unique().with_columns(__corrects=pl.lit(True))
    fresh = fresh.join(heard, on=key, how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col("__corrects").fill_null(False) | pl.struct(key).is_first_distinct().not_()
    )
    return _Apart(
        fresh.drop("__row", "__known", "__again", *(f"__{name}" for name in extras)),
        _named(seen.filter(pl.col("__known")), "duplicate"),
        _named(seen.filter(~pl.col("__known") & pl.col("__again")), "duplicate"),
        _named(rest.join(kept, on="__row", how="anti", maintain_order="left"), "conflict"),
    )


def _named(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    return rows.select("__file", "__line", column=nothing, rule=pl.lit(rule), value=nothing)


def _quarantine(table: str, rows: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    hashes = [None if value is None else keyed_hash(secret, value) for value in rows["value"].to_list()]
    return rows.select(
        pl.lit(table).alias("table"),
        pl.col("__file").alias("file"),
        pl.col("__line").cast(pl.Int64).alias("line"),
        pl.col("column").cast(pl.String),
        "rule",
        pl.Series("value_hash", hashes, dtype=pl.String),
    ).cast(QUARANTINE_SCHEMA)  # type: ignore[arg-type]
