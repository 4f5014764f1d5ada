"""Ingest: every row of every new file ends accepted or quarantined, with file, line, column, rule and a keyed hash of the value.

Rules for rows that share a key
    - equal in every column to a row already accepted, or to an earlier row of the same delivery: quarantined as ``duplicate``;
    - different, and one was changed later (``updated_at``) or was delivered later: accepted as a correction; readers see the newest
      version that was known at their moment, older runs keep theirs;
    - different, in one delivery, with nothing to say which is newer: the row with the smaller content counts, the other is quarantined as
      ``conflict``, so that the order of files and lines changes nothing.

Duplicates and conflicts do not count towards a table's quarantine limit: a file sent again is no sign of bad data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.contract import Contract, ContractBreach
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.verdict import judge
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import DataIsWrong
from fairdeal.pipelines.keys import hashing_key, keyed_hash
from fairdeal.pipelines.lake import Lake, LakeFile, known_at
from fairdeal.pipelines.ledger import BATCHES, FILES, LAKE, PEEKS, dumps
from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import SourceFile, discover
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import Mapping
from fairdeal.sources.masking_rows import mask_candidates
from fairdeal.sources.reading import FileReport, FileStatus, Reading, read

QUARANTINE_SCHEMA = {
    "table": pl.String(), "file": pl.String(), "line": pl.Int64(), "column": pl.String(), "rule": pl.String(), "value_hash": pl.String(),
}  # fmt: skip


@dataclass(frozen=True)
class TableIntake:
    """What became of one table's rows: ``rows_in`` = ``accepted.height`` + ``quarantined``."""

    accepted: pl.DataFrame
    quarantine: pl.DataFrame
    rows_in: int
    quarantined: int
    report: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """New files of a source, read and judged, ready to be committed as one batch."""

    batch_id: str
    files: tuple[SourceFile, ...]
    tables: dict[str, TableIntake]
    report: dict[str, Any]
    first_known_s: int | None
    waiting: dict[str, int] = field(default_factory=dict)


def take_in(mapping: Mapping, lake: Lake, *, until: datetime, progress: Callable[[str], None]) -> Delivery | None:
    """Reads and judges every file that was not read yet and holds something known before ``until``; None when there is none.

    Files whose every row is known only at or after ``until`` wait for their day.

    Raises
    ------
    ContractBreach
        When rows were lost or made up between file and table: the run stops.
    """
    found = discover(mapping)
    new = [file for file in found.all if not _was_read(lake, mapping, file, until)]
    queried = {name for name, table in mapping.tables.items() if table.query}
    asked = {file_set for name in queried for file_set in mapping.file_sets_of(name)}
    if any(file.file_set in asked for file in new):
        # A query joins whole sets: when one of its files is new all are read, and rows that are known already change nothing.
        new = [file for file in found.all if file in new or file.file_set in asked]
    nothing = {"files": [], "tables": {}, "absent": sorted(found.absent)}
    if not new:
        return Delivery("", (), {}, nothing, None) if found.absent else None
    progress(f"reading {len(new)} files of {mapping.name}")
    reading = read(mapping, new)
    secret = hashing_key(lake.home)

    frames: dict[str, list[pl.DataFrame]] = {}
    for table in mapping.tables:
        made = candidates(mapping, table, reading.raw)
        _conserve(mapping, table, made, reading)
        frames.setdefault(table, []).append(made)
        labels = label_candidates(mapping, table, reading.raw)
        if labels is not None:
            frames.setdefault("labels", []).append(labels)

    first_known, waiting = _waiting(frames, queried, until)
    reports = [report for report in reading.files if report.path not in waiting]
    readable = {report.path for report in reports if report.status is not FileStatus.UNREADABLE}
    kept = tuple(file for file in new if file.path in readable)
    peeks = {file.sha256: waiting[file.path] for file in new if file.path in waiting}
    files_report = [_file_report(report) for report in reports]
    if not kept:
        return Delivery("", (), {}, {**nothing, "files": files_report}, None, peeks)

    intakes: dict[str, TableIntake] = {}
    rejected = reading.rejected.filter(~pl.col("__file").is_in(list(waiting)))
    for table, parts in frames.items():
        rows = pl.concat(parts, how="diagonal").filter(~pl.col("__file").is_in(list(waiting)))
        own_set = mapping.tables[table].file_set if table in mapping.tables else None
        progress(f"judging {rows.height:,} rows of {table}")
        intakes[table] = _judge(mapping, lake, table, rows, rejected.filter(pl.col("file_set") == (own_set or "")), secret)
    identity = dumps([mapping.name, mapping.sha256, sorted((file.path, file.sha256) for file in kept)])
    batch_id = hashlib.sha256(identity.encode()).hexdigest()[:32]
    report = {
        "tables": {name: intake.report for name, intake in sorted(intakes.items())},
        "files": files_report,
        "absent": sorted(found.absent),
    }
    return Delivery(batch_id, kept, intakes, report, first_known, peeks)


def _file_report(report: FileReport) -> dict[str, Any]:
    return {
        "path": report.path, "file_set": report.file_set, "status": report.status.value, "rows_counted": report.rows_counted,
        "rows_read": report.rows_read, "rows_rejected": report.rows_rejected, "message": report.message or "",
    }  # fmt: skip


def _was_read(lake: Lake, mapping: Mapping, file: SourceFile, until: datetime) -> bool:
    with lake.ledger.engine.connect() as connection:
        done = connection.execute(
            sa.select(FILES.c.batch_id).where(
                FILES.c.source == mapping.name,
                FILES.c.path == file.path,
                FILES.c.sha256 == file.sha256,
                FILES.c.mapping_sha256 == mapping.sha256,
            )
        ).first()
        if done is not None:
            return True
        waits = connection.execute(
            sa.select(PEEKS.c.first_known_s).where(
                PEEKS.c.source == mapping.name, PEEKS.c.sha256 == file.sha256, PEEKS.c.mapping_sha256 == mapping.sha256
            )
        ).scalar()
    return waits is not None and int(waits) >= int(until.timestamp())


def _waiting(frames: dict[str, list[pl.DataFrame]], queried: set[str], until: datetime) -> tuple[int | None, dict[str, int]]:
    """The earliest moment among the rows to be taken in, and the files that wait, with their own earliest moment.

    A file waits when everything in it becomes known at ``until`` or later. Files of tables that only describe, files without a readable
    moment and files that a query joins never wait.
    """
    firsts: dict[str, int] = {}
    never: set[str] = set()
    for table, parts in frames.items():
        for part in parts:
            moments = [name for name in (INBOUND[table].version_at, INBOUND[table].event_at) if name in part.columns]
            if table in queried or INBOUND[table].event_at is None or not moments:
                never |= set(part["__file"].unique())
                continue
            for path, first in part.group_by("__file").agg(pl.coalesce(moments).min().dt.epoch("s")).iter_rows():
                if first is not None:
                    firsts[path] = min(first, firsts.get(path, first))
    waiting = {path: first for path, first in firsts.items() if path not in never and first >= int(until.timestamp())}
    taken = [first for path, first in firsts.items() if path not in waiting]
    return (min(taken) if taken else None), waiting


def _conserve(mapping: Mapping, table: str, made: pl.DataFrame, reading: Reading) -> None:
    """Rows made of a file set are as many as were read of it; anything else stops the run."""
    file_set = mapping.tables[table].file_set
    if file_set is None:
        return
    if made.height != reading.raw[file_set].height:
        raise ContractBreach(
            f"{mapping.name}, table {table}: {made.height} rows were made of {reading.raw[file_set].height} rows read; both must be equal; "
            "this is a fault of the program, report it with the mapping"
        )


def _judge(mapping: Mapping, lake: Lake, table: str, rows: pl.DataFrame, rejected: pl.DataFrame, secret: bytes) -> TableIntake:
    contract = INBOUND[table]
    rows = rows.sort("__file", "__line")
    rows, masked = mask_candidates(rows, contract, lambda value: "tok_" + keyed_hash(secret, value)[:32])
    verdict = judge(contract, rows)
    breaches = verdict.breaches.select("row", "column", "rule", "value")
    numbered = rows.with_row_index("__row").with_columns(pl.col("__row").cast(pl.Int64))
    bad = breaches.select("row").unique()
    clean = numbered.join(bad, left_on="__row", right_on="row", how="anti", maintain_order="left")
    fresh, twins = _apart(mapping, lake, contract, clean)
    everything = pl.concat(
        [
            _quarantine(table, breaches.join(numbered.select("__row", "__file", "__line"), left_on="row", right_on="__row"), secret),
            _quarantine(table, rejected, secret),
            _quarantine(table, twins, secret),
        ]
    ).sort("file", "line", "column", "rule", nulls_last=False)
    rows_in = rows.height + rejected.height
    quarantined = bad.height + rejected.height + twins.height
    if fresh.rows.height + quarantined != rows_in:
        raise ContractBreach(
            f"{mapping.name}, table {table}: {rows_in} rows in, {fresh.rows.height} accepted and {quarantined} quarantined; the two must add up; "
            "this is a fault of the program, report it with the mapping"
        )
    keep = [*contract.names, *[name for name in rows.columns if name.startswith("x_")], "__file", "__line"]
    conformed = contract.conform(fresh.rows).with_columns(*(fresh.rows[name] for name in keep if name not in contract.names))
    report = {
        "rows_in": rows_in, "accepted": fresh.rows.height, "quarantined": quarantined, "limit": contract.quarantine_limit,
        "breached": bad.height + rejected.height, "duplicates": twins.filter(pl.col("rule") == "duplicate").height,
        "conflicts": twins.filter(pl.col("rule") == "conflict").height, "corrections": fresh.corrections, "masked": masked, "engine": verdict.engine,
        "rules": [{"rule": rule.rule, "checked": rule.checked, "breached": rule.breached} for rule in verdict.results]
        + [{"rule": name, "checked": rows_in, "breached": count} for name, count in sorted(rejected.group_by("rule").len().iter_rows())],
    }  # fmt: skip
    return TableIntake(conformed, everything, rows_in, quarantined, report)


@dataclass(frozen=True)
class _Fresh:
    rows: pl.DataFrame
    corrections: int


def _apart(mapping: Mapping, lake: Lake, contract: Contract, clean: pl.DataFrame) -> tuple[_Fresh, pl.DataFrame]:
    """New rows and corrections on one side; duplicates and conflicts, with the rule's name, on the other."""
    content = [name for name in contract.names if name in clean.columns]
    key = list(contract.key)
    for name in key:
        if name not in clean.columns:
            clean = clean.with_columns(pl.lit(None, contract.polars_schema()[name]).alias(name))
    watermark = 2**31 - 1
    stored = lake.versions_of(mapping.name, contract.name, watermark, clean.select(key).unique())
    stored = (
        stored.select(content, __stored=pl.lit(True)).unique(content)
        if stored.height
        else clean.select(content).clear().with_columns(__stored=pl.lit(True))
    )
    seen = clean.join(stored, on=content, how="left", nulls_equal=True, maintain_order="left")
    within = seen.with_columns(__again=pl.struct(content).is_first_distinct().not_())
    duplicate = pl.col("__stored").fill_null(False) | pl.col("__again")
    duplicates = within.filter(duplicate).with_columns(rule=pl.lit("duplicate"))
    rest = within.filter(~duplicate)
    version = contract.version_at if contract.version_at in clean.columns else None
    rank = [*key, *([version] if version else [])]
    first = rest.sort(content).unique(rank, keep="first", maintain_order=True).select("__row", __kept=pl.lit(True))
    rest = rest.join(first, on="__row", how="left", maintain_order="left")
    conflicts = rest.filter(pl.col("__kept").is_null()).with_columns(rule=pl.lit("conflict"))
    fresh = rest.filter(pl.col("__kept").is_not_null())
    corrections = fresh.height - fresh.join(stored.select(key).unique(), on=key, how="anti", nulls_equal=True).unique(key).height
    columns = ["__file", "__line", "rule"]
    twins = pl.concat([duplicates.select(columns), conflicts.select(columns)]).with_columns(
        column=pl.lit(None, pl.String), value=pl.lit(None, pl.String)
    )
    return _Fresh(fresh.drop("__row", "__stored", "__again", "__kept"), corrections), twins


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


def over_limit(delivery: Delivery) -> list[str]:
    """One sentence per table whose bad rows exceed its contract's limit."""
    return [
        f"{name}: {report['breached']} of {report['rows_in']} rows break the contract; allowed is a share of {report['limit']:g}; "
        "see `fairdeal contracts report`, correct the mapping or ask the provider for the files again"
        for name, report in delivery.report["tables"].items()
        if report["rows_in"] and report["breached"] > report["limit"] * report["rows_in"]
    ]


def write(delivery: Delivery, lake: Lake) -> dict[str, LakeFile]:
    """Puts the accepted and quarantined rows into the lake; they count once `commit` says so."""
    written: dict[str, LakeFile] = {}
    for name, intake in sorted(delivery.tables.items()):
        if intake.accepted.height:
            written[name] = lake.write(f"lake/{name}/{delivery.batch_id}", intake.accepted)
        reach(f"ingest wrote {name}")
    quarantine = pl.concat([pl.DataFrame(schema=QUARANTINE_SCHEMA), *(intake.quarantine for intake in delivery.tables.values())])
    if quarantine.height:
        written["quarantine"] = lake.write(f"lake/quarantine/{delivery.batch_id}", quarantine)
    return written


def commit(tx: sa.Connection, mapping: Mapping, delivery: Delivery, written: dict[str, LakeFile]) -> int | None:
    """Enters the batch, its files and its lake files; gives the batch's number, or None where nothing was read."""
    for sha256, first in delivery.waiting.items():
        known = tx.execute(
            sa.select(PEEKS.c.sha256).where(
                PEEKS.c.source == mapping.name, PEEKS.c.sha256 == sha256, PEEKS.c.mapping_sha256 == mapping.sha256
            )
        ).first()
        if known is None:
            tx.execute(sa.insert(PEEKS).values(source=mapping.name, sha256=sha256, mapping_sha256=mapping.sha256, first_known_s=first))
    if not delivery.files:
        return None
    result = tx.execute(
        sa.insert(BATCHES).values(
            batch_id=delivery.batch_id, source=mapping.name, first_known_s=delivery.first_known_s, report=dumps(delivery.report)
        )
    )
    reach("ingest entered batch")
    reports = {report["path"]: report for report in delivery.report["files"]}
    for file in delivery.files:
        tx.execute(
            sa.insert(FILES).values(
                source=mapping.name,
                path=file.path,
                sha256=file.sha256,
                mapping_sha256=mapping.sha256,
                batch_id=delivery.batch_id,
                report=dumps(reports[file.path]),
            )
        )
    for name, file in written.items():
        tx.execute(sa.insert(LAKE).values(batch_id=delivery.batch_id, table_name=name, path=file.path, sha256=file.sha256, rows=file.rows))
    reach("ingest entered files")
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def refuse_over_limit(delivery: Delivery) -> None:
    """Stops the run when too many rows of a table are bad: nothing of the delivery counts."""
    sentences = over_limit(delivery)
    if sentences:
        raise DataIsWrong("\n".join(sentences))
