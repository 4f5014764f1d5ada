"""Ingest: the new files of a source become one batch of accepted and quarantined rows, all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import DataIsWrong
from fairdeal.pipelines.intake import QUARANTINE_SCHEMA, TableIntake, take_table
from fairdeal.pipelines.keys import hashing_key
from fairdeal.pipelines.lake import Lake, LakeFile, known_at
from fairdeal.pipelines.ledger import BATCHES, FILES, LAKE, PEEKS, dumps
from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import SourceFile, discover
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import Mapping
from fairdeal.sources.reading import FileReport, FileStatus, Reading, read


@dataclass(frozen=True)
class Delivery:
    """New files of a source, read and judged, ready to be committed as one batch.

    Parameters
    ----------
    batch_id
        Derived from the files; empty where none was read.
    files
        Those read for the first time, unreadable ones left out.
    tables
        What became of each table's rows.
    report
        ``tables``, ``files`` and ``absent`` as the run's summary tells them.
    first_known_s
        Epoch second from which on the batch changes what is known; None where it always does.
    waiting
        Earliest epoch second of each file that waits for its day, by digest.
    """

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
    unread = {file.path for file in new}
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

    waiting = _waiting(frames, queried, until)
    reports = [report for report in reading.files if report.path in unread and report.path not in waiting]
    readable = {report.path for report in reports if report.status is not FileStatus.UNREADABLE}
    kept = tuple(file for file in new if file.path in readable)
    peeks = {file.sha256: waiting[file.path] for file in new if file.path in waiting}
    files_report = [_file_report(report) for report in reports]
    if not kept:
        return Delivery("", (), {}, {**nothing, "files": files_report}, None, peeks)

    intakes: dict[str, TableIntake] = {}
    rejected = reading.rejected.filter(pl.col("__file").is_in(list(unread - set(waiting))))
    for table, parts in frames.items():
        rows = pl.concat(parts, how="diagonal").filter(~pl.col("__file").is_in(list(waiting)))
        if table not in queried:
            rows = rows.filter(pl.col("__file").is_in(list(unread)) | pl.col("__file").str.starts_with("query:"))
        progress(f"judging {rows.height:,} rows of {table}")
        rejected_here = rejected.filter(pl.col("file_set").is_in(_file_sets(mapping, table)))
        intakes[table] = take_table(
            mapping.name, lake, table, rows, rejected_here, secret, again=table in queried, closed_until=_closed_until(lake, mapping)
        )
    identity = dumps([mapping.name, mapping.sha256, sorted((file.path, file.sha256) for file in kept)])
    batch_id = hashlib.sha256(identity.encode()).hexdigest()[:32]
    report = {
        "tables": {name: intake.report for name, intake in sorted(intakes.items())},
        "files": files_report,
        "absent": sorted(found.absent),
    }
    return Delivery(batch_id, kept, intakes, report, _first_known(intakes, until), peeks)


def _file_sets(mapping: Mapping, table: str) -> list[str]:
    """The file sets whose rejected rows count as a table's: those it is made of, without those that hold labels only."""
    answers = {mapped.label.file_set for mapped in mapping.tables.values() if mapped.label is not None}
    own = set(mapping.file_sets_of(table)) - answers if table in mapping.tables else set()
    return sorted(name for name in own | (answers if table == "labels" else set()) if name is not None)


def _first_known(intakes: dict[str, TableIntake], until: datetime) -> int | None:
    """Since when the accepted rows change what is known: their earliest moment; None, always, where one has no moment.

    A batch that brought nothing changes nothing: it counts from ``until``.
    """
    firsts = [int(until.timestamp())]
    for table, intake in intakes.items():
        if not intake.accepted.height:
            continue
        known = known_at(INBOUND[table])
        if known is None:
            return None
        first = intake.accepted.select(known.dt.epoch("s")).to_series()
        if first.null_count():
            return None
        firsts.append(int(first.min()))  # type: ignore[arg-type]
    return min(firsts)


def _closed_until(lake: Lake, mapping: Mapping) -> datetime | None:
    ends = [datetime.fromisoformat(run.interval_to) for run in lake.ledger.runs(mapping.name) if run.status == "done"]
    return max(ends, default=None)


def _file_report(report: FileReport) -> dict[str, Any]:
    return {
        "path": report.path,
        "file_set": report.file_set,
        "status": report.status.value,
        "rows_counted": report.rows_counted,
        "rows_read": report.rows_read,
        "rows_rejected": report.rows_rejected,
        "message": report.message or "",
    }


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


def _waiting(frames: dict[str, list[pl.DataFrame]], queried: set[str], until: datetime) -> dict[str, int]:
    """The files that wait, with the earliest moment in each.

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
    return {path: first for path, first in firsts.items() if path not in never and first >= int(until.timestamp())}


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


def over_limit(delivery: Delivery) -> list[str]:
    """One sentence per table whose bad rows exceed its contract's limit, with the rules most of them break."""
    return [
        f"{name}: {report['breached']} of {report['rows_in']} rows break the contract, most often {_worst(report['rules'])}; "
        f"allowed is a share of {report['limit']:g}; `fairdeal source check` shows examples; correct the mapping or ask the provider again"
        for name, report in delivery.report["tables"].items()
        if report["rows_in"] and report["breached"] > report["limit"] * report["rows_in"]
    ]


def _worst(rules: list[dict[str, Any]], most: int = 3) -> str:
    broken = sorted((rule for rule in rules if rule["breached"]), key=lambda rule: (-rule["breached"], rule["rule"]))
    return ", ".join(f"{rule['rule']} ({rule['breached']})" for rule in broken[:most])


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
    for file in {(file.path, file.sha256): file for file in delivery.files}.values():  # two file sets may name one file
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
    for name, kept in written.items():
        tx.execute(sa.insert(LAKE).values(batch_id=delivery.batch_id, table_name=name, path=kept.path, sha256=kept.sha256, rows=kept.rows))
    reach("ingest entered files")
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def refuse_over_limit(delivery: Delivery) -> None:
    """Stops the run when too many rows of a table are bad: nothing of the delivery counts."""
    sentences = over_limit(delivery)
    if sentences:
        raise DataIsWrong("\n".join(sentences))
