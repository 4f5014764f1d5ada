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
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import DataIsWrong
from fairdeal.pipelines.intake import QUARANTINE_SCHEMA, merged, take_table
from fairdeal.pipelines.keys import hashing_key
from fairdeal.pipelines.lake import Lake, LakeFile, known_at
from fairdeal.pipelines.ledger import BATCHES, FILES, LAKE, PEEKS, REFUSED
from fairdeal.pipelines.portions import Portion, portions
from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import Discovery, SourceFile, discover
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import Mapping
from fairdeal.sources.reading import FileReport, FileStatus, Reading, read


@dataclass(frozen=True)
class Delivery:
    """New files of a source, read, judged and written to the lake, ready to be committed as one batch.

    Parameters
    ----------
    batch_id
        Derived from the new files; empty where none was read.
    files
        Those read for the first time, unreadable ones left out.
    written
        The lake's files, which count once they are committed: by table, and ``quarantine``.
    report
        ``tables``, ``files`` and ``absent`` as the run's summary tells them.
    first_known_s
        Epoch second from which on the batch changes what is known; None where it always does.
    waiting
        Earliest epoch second of each file that waits for its day, by digest.
    """

    batch_id: str
    files: tuple[SourceFile, ...]
    written: dict[str, LakeFile]
    report: dict[str, Any]
    first_known_s: int | None
    waiting: dict[str, int] = field(default_factory=dict)


def take_in(mapping: Mapping, lake: Lake, *, until: datetime, progress: Callable[[str], None]) -> Delivery | None:
    """Reads, judges and writes every file that was not read yet and holds something known before ``until``; None when there is none.

    Files whose every row is known only at or after ``until`` wait for their day. Files are read in portions, each accepted and written
    before the next is read, so that memory follows the largest portion and not the delivery.

    Raises
    ------
    ContractBreach
        When rows were lost or made up between file and table: the run stops.
    """
    found = discover(mapping)
    new, unread = _new_files(mapping, lake, found, until)
    if not new:
        return Delivery("", (), {}, {"files": [], "tables": {}, "absent": sorted(found.absent)}, None) if found.absent else None
    progress(f"reading {len(new)} files of {mapping.name}")
    identity = dumps([mapping.name, mapping.sha256, sorted((file.path, file.sha256) for file in new)])
    batch_id = hashlib.sha256(identity.encode()).hexdigest()[:32]
    intake = _Intake(mapping, lake, batch_id, until, progress)
    reports: list[FileReport] = []
    waiting: dict[str, int] = {}
    labels: list[pl.DataFrame] = []
    rejected_labels: list[pl.DataFrame] = []
    for portion in portions(mapping, new):
        part = _read(mapping, portion, unread, until)
        reports += [report for report in part.reports if report.path in unread and report.path not in part.waiting]
        waiting |= part.waiting
        for table in [name for name in portion.tables if name != "labels"]:
            intake.take(table, part.tables.pop(table), part.rejected_of(mapping, table))
        if "labels" in part.tables:
            labels.append(part.tables.pop("labels"))
            rejected_labels.append(part.rejected_of(mapping, "labels"))
    if labels:
        intake.take("labels", pl.concat(labels, how="diagonal_relaxed"), pl.concat(rejected_labels))

    readable = {report.path for report in reports if report.status is not FileStatus.UNREADABLE}
    kept = tuple(file for file in new if file.path in readable)
    peeks = {file.sha256: waiting[file.path] for file in new if file.path in waiting}
    report = {
        "tables": intake.reports() if kept else {},
        "files": [_file_report(report) for report in reports],
        "absent": sorted(found.absent),
        "until": until.isoformat(),
    }
    if not kept:
        return Delivery("", (), {}, report, None, peeks)
    return Delivery(batch_id, kept, intake.finish(), report, intake.first_known_s, peeks)


def is_anything_new(mapping: Mapping, lake: Lake, *, until: datetime) -> bool:
    """Whether `take_in` would read something; nothing is written."""
    new, unread = _new_files(mapping, lake, discover(mapping), until)
    for portion in portions(mapping, new):
        part = _read(mapping, portion, unread, until)
        if any(
            report.path in unread and report.path not in part.waiting and report.status is not FileStatus.UNREADABLE
            for report in part.reports
        ):
            return True
    return False


def _new_files(mapping: Mapping, lake: Lake, found: Discovery, until: datetime) -> tuple[list[SourceFile], set[str]]:
    """The files to read, and the paths of those among them that were not read before.

    A query joins whole sets: when one of its files is new all are read, and rows that are known already change nothing.
    """
    new = [file for file in found.all if not _was_read(lake, mapping, file, until)]
    asked = {file_set for name, table in mapping.tables.items() if table.query for file_set in mapping.file_sets_of(name)}
    unread = {file.path for file in new}
    if any(file.file_set in asked for file in new):
        new = [file for file in found.all if file in new or file.file_set in asked]
    return new, unread


@dataclass(frozen=True)
class _Part:
    """One portion as read: candidate rows by table, rows that never became values, and what became of the files."""

    tables: dict[str, pl.DataFrame]
    rejected: pl.DataFrame
    reports: tuple[FileReport, ...]
    waiting: dict[str, int]

    def rejected_of(self, mapping: Mapping, table: str) -> pl.DataFrame:
        return self.rejected.filter(pl.col("file_set").is_in(_file_sets(mapping, table)))


def _read(mapping: Mapping, portion: Portion, unread: set[str], until: datetime) -> _Part:
    """Candidate rows of a portion's files, without those that wait or were read before."""
    reading = read(mapping, portion.files)
    frames: dict[str, list[pl.DataFrame]] = {}
    for table in portion.tables:
        made = candidates(mapping, table, reading.raw)
        _conserve(mapping, table, made, reading)
        frames.setdefault(table, []).append(made)
        labels = label_candidates(mapping, table, reading.raw)
        if labels is not None:
            frames.setdefault("labels", []).append(labels)
    queried = {table for table in portion.tables if mapping.table(table).query is not None}
    waiting = _waiting(frames, queried, until)
    tables = {}
    for table, parts in frames.items():
        rows = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal")
        if waiting:
            rows = rows.filter(~pl.col("__file").is_in(list(waiting)))
        if table not in queried:
            rows = rows.filter(pl.col("__file").is_in(list(unread)) | pl.col("__file").str.starts_with("query:"))
        tables[table] = rows
    rejected = reading.rejected.filter(pl.col("__file").is_in(list(unread - set(waiting))))
    return _Part(tables, rejected, reading.files, waiting)


class _Intake:
    """The tables of one delivery, taken portion by portion; what is accepted lies in the lake and not in memory."""

    def __init__(self, mapping: Mapping, lake: Lake, batch_id: str, until: datetime, progress: Callable[[str], None]) -> None:
        self._mapping, self._lake, self._batch_id, self._progress = mapping, lake, batch_id, progress
        self._secret = hashing_key(lake.home)
        self._until = until
        self._closed_until = _closed_until(lake, mapping)
        self._pieces: dict[str, list[LakeFile]] = {}
        self._reports: dict[str, list[dict[str, Any]]] = {}
        self._quarantine = [pl.DataFrame(schema=QUARANTINE_SCHEMA)]
        #: A batch that brought nothing changes nothing: it counts from ``until``.
        self.first_known_s: int | None = int(until.timestamp())

    def take(self, table: str, rows: pl.DataFrame, rejected: pl.DataFrame) -> None:
        """Accepts or quarantines some rows of a table, and writes the accepted ones."""
        self._progress(f"judging {rows.height:,} rows of {table}")
        pieces = self._pieces.setdefault(table, [])
        mapped = self._mapping.tables.get(table)
        again = mapped is not None and mapped.query is not None
        taken = take_table(
            self._mapping.name,
            self._lake,
            table,
            rows,
            rejected,
            self._secret,
            again=again,
            closed_until=self._closed_until,
            until=self._until,
            beside=pieces,
        )
        self._reports.setdefault(table, []).append(taken.report)
        self._quarantine.append(taken.quarantine)
        if taken.accepted.height:
            self._count_from(table, taken.accepted)
            pieces.append(self._lake.write(f"{self._place(table)}.{len(pieces)}", taken.accepted))

    def _place(self, table: str) -> str:
        return f"lake/{table}/{self._batch_id}"

    def _count_from(self, table: str, accepted: pl.DataFrame) -> None:
        """The rows change what is known from their earliest moment on; always, where one has no moment."""
        known = known_at(INBOUND[table])
        moments = None if known is None else accepted.select(known.dt.epoch("s")).to_series()
        if moments is None or moments.null_count():
            self.first_known_s = None
        elif self.first_known_s is not None:
            self.first_known_s = min(self.first_known_s, int(moments.min()))  # type: ignore[arg-type]

    def reports(self) -> dict[str, Any]:
        """What became of each table's rows, over all portions."""
        return {table: merged(parts) for table, parts in sorted(self._reports.items())}

    def finish(self) -> dict[str, LakeFile]:
        """One file per table, and the quarantine."""
        written: dict[str, LakeFile] = {}
        for table, pieces in sorted(self._pieces.items()):
            if pieces:
                written[table] = self._lake.gather(self._place(table), pieces)
            reach(f"ingest wrote {table}")
        quarantine = pl.concat(self._quarantine)
        if quarantine.height:
            written["quarantine"] = self._lake.write(self._place("quarantine"), quarantine)
        return written


def _file_sets(mapping: Mapping, table: str) -> list[str]:
    """The file sets whose rejected rows count as a table's: those it is made of, without those that hold labels only."""
    answers = {mapped.label.file_set for mapped in mapping.tables.values() if mapped.label is not None}
    own = set(mapping.file_sets_of(table)) - answers if table in mapping.tables else set()
    return sorted(name for name in own | (answers if table == "labels" else set()) if name is not None)


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


def commit(tx: sa.Connection, mapping: Mapping, delivery: Delivery) -> int | None:
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
    for name, kept in delivery.written.items():
        tx.execute(sa.insert(LAKE).values(batch_id=delivery.batch_id, table_name=name, path=kept.path, sha256=kept.sha256, rows=kept.rows))
    reach("ingest entered files")
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def refuse_over_limit(lake: Lake, source: str, delivery: Delivery) -> None:
    """Stops the run when too many rows of a table are bad.

    Nothing of the delivery counts, and what was written of it is taken away; its report stays in the ledger, once however often it comes.
    """
    sentences = over_limit(delivery)
    if sentences:
        lake.take_away(delivery.written.values())
        with lake.ledger.transaction() as tx:
            if tx.execute(sa.select(REFUSED.c.seq).where(REFUSED.c.batch_id == delivery.batch_id)).first() is None:
                tx.execute(sa.insert(REFUSED).values(batch_id=delivery.batch_id, source=source, report=dumps(delivery.report)))
        raise DataIsWrong("\n".join(sentences))
