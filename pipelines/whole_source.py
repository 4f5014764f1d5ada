"""A source read whole, for a measurement: every row of every table at once, without a lake, going without what the source does not give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from fairdeal.data_contracts.contract import Column, Kind
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.verdict import judge
from fairdeal.pipelines.errors import DataIsWrong, WrongUse
from fairdeal.sources.conversion import candidates, row_id
from fairdeal.sources.discovery import discover
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import Mapping as SourceMapping
from fairdeal.sources.reading import FileStatus, read

#: Stands for the moment of rows whose source tells none: all of them happen at once, before the close at which they are looked at.
TIMELESS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WholeSource:
    """Everything that a source gives.

    Parameters
    ----------
    name
        The source's.
    tables
        Accepted rows by table, ``labels`` among them; one row per key.
    went_without
        Per table the key columns that the source does not give.
    timeless
        Tables whose rows have no moment: they stand at `TIMELESS`.
    left_out
        Per table the rows that broke a rule, or repeated a key.
    label_delay
        How long a label of the table takes to become known, the longest of them; zero where the source does not tell.
    undated
        Tables with moments whose labels have none: they stand at `TIMELESS`, and count as known from their subject's moment on.
    time_zone
        What a day is to the source.
    """

    name: str
    tables: Mapping[str, pl.DataFrame]
    went_without: Mapping[str, tuple[str, ...]]
    timeless: frozenset[str]
    left_out: Mapping[str, int]
    label_delay: Mapping[str, timedelta]
    undated: frozenset[str]
    time_zone: str

    def known_after(self, table: str, delay: timedelta) -> WholeSource:
        """The source with labels of a table that have no moment known so long after their subject's; else as it is."""
        if table not in self.undated:
            return self
        contract = INBOUND[table]
        happened = self.tables[table].select(subject_id=contract.key[0], __at=contract.event_at or "")
        labels = self.tables["labels"].join(happened, on="subject_id", how="left", maintain_order="left")
        is_undated = pl.col("__at").is_not_null() & (pl.col("available_at") == TIMELESS)
        moment = pl.when(is_undated).then(pl.col("__at") + delay).otherwise("available_at")
        dated = labels.with_columns(moment.alias("available_at")).drop("__at")
        return replace(self, tables={**self.tables, "labels": dated}, label_delay={**self.label_delay, table: delay})


def read_whole(mapping: SourceMapping, progress: Callable[[str], None]) -> WholeSource:
    """Reads every file of a source and takes each row that breaks no rule; what a source lacks throughout breaks none.

    Raises
    ------
    WrongUse
        When no file matches the mapping.
    DataIsWrong
        When a file cannot be read.
    """
    progress(f"reading the files of {mapping.name}")
    found = discover(mapping)
    if not found.all:
        paths = ", ".join(files.path for files in mapping.files.values())
        raise WrongUse(f"{mapping.path}: no file matches {paths} under {mapping.base}; give the right folder with --data")
    reading = read(mapping, found.all)
    for report in reading.files:
        if report.status not in (FileStatus.READ, FileStatus.EMPTY):
            raise DataIsWrong(str(report.message))
    if empty := [report.path for report in reading.files if report.status is FileStatus.EMPTY]:
        more = f" and {len(empty) - 3} more" if len(empty) > 3 else ""
        progress(f"no rows in {', '.join(empty[:3])}{more}: taken as days on which nothing happened")
    tables, without, left_out = dict[str, pl.DataFrame](), dict[str, tuple[str, ...]](), dict[str, int]()
    timeless, undated = set[str](), set[str]()
    delays, labels = dict[str, timedelta](), list[pl.DataFrame]()
    for name in mapping.tables:
        rows = candidates(mapping, name, reading.raw)
        missing = tuple(column for column in INBOUND[name].required if column not in rows.columns)
        accepted = _accepted(name, rows, missing)
        tables[name], left_out[name] = accepted, rows.height - accepted.height
        if missing:
            without[name] = missing
        if INBOUND[name].event_at in missing:
            timeless.add(name)
        told = label_candidates(mapping, name, reading.raw)
        if told is None or name == "labels":
            continue
        own = _labels(told, INBOUND[name].event_at in missing)
        labels.append(own)
        delays[name] = _delay(name, accepted, own)
        if name not in timeless and told["available_at"].null_count() == told.height:
            undated.add(name)
    given = [*labels, *([tables["labels"]] if "labels" in tables else [])]
    tables["labels"] = pl.concat(given) if given else INBOUND["labels"].empty()
    return WholeSource(mapping.name, tables, without, frozenset(timeless), left_out, delays, frozenset(undated), mapping.time_zone)


def _accepted(name: str, rows: pl.DataFrame, missing: tuple[str, ...]) -> pl.DataFrame:
    contract = INBOUND[name]
    filled = rows.with_columns(_stand_in(contract.column(column)) for column in missing)
    breaches = judge(contract, filled).breaches
    bad = breaches.filter(~pl.col("column").is_in(list(missing)))["row"].unique()
    kept = filled.with_row_index("__row").filter(~pl.col("__row").is_in(bad.implode()))
    carried = [column for column in kept.columns if column.startswith("x_")]
    # Of rows that share a key the one with the smaller content stands, whatever the order of files and lines.
    contents = [column for column in (*contract.names, *carried) if column in kept.columns and not kept.schema[column].is_nested()]
    kept = kept.sort(contents, nulls_last=True).unique(list(contract.key), keep="first", maintain_order=True).sort("__row")
    return contract.conform(kept).with_columns(kept.select(carried).get_columns())


def _stand_in(column: Column) -> pl.Expr:
    """What stands where a source gives none: the row's own place as its key, one moment for all, no words, else nothing."""
    if column.kind is Kind.INSTANT:
        return pl.lit(TIMELESS).cast(pl.Datetime("us", "UTC")).alias(column.name)
    if column.name in {contract.key[0] for contract in INBOUND.values()}:
        return row_id().alias(column.name)
    if column.kind is Kind.TEXT:
        return pl.lit("").alias(column.name)
    return pl.lit(None, INBOUND_TYPES[column.kind]).alias(column.name)


INBOUND_TYPES: dict[Kind, pl.DataType] = {
    column.kind: dtype
    for contract in INBOUND.values()
    for column, dtype in zip(contract.columns, contract.polars_schema().values(), strict=True)
}


def _labels(told: pl.DataFrame, timeless: bool) -> pl.DataFrame:
    contract = INBOUND["labels"]
    at = pl.lit(TIMELESS).cast(pl.Datetime("us", "UTC"))
    known = at if timeless else pl.coalesce("available_at", at)
    return contract.conform(told.filter(pl.col("subject_id").is_not_null()).with_columns(available_at=known))


def _delay(name: str, rows: pl.DataFrame, labels: pl.DataFrame) -> timedelta:
    contract = INBOUND[name]
    if contract.event_at is None:
        return timedelta()
    happened = rows.select(subject_id=contract.key[0], __at=contract.event_at)
    waits = labels.join(happened, on="subject_id").select(pl.col("available_at") - pl.col("__at")).to_series()
    seconds = waits.dt.total_seconds().quantile(0.99, "higher")
    return timedelta(seconds=max(0.0, seconds or 0.0))
