"""The source check: what a mapping matches, what is missing, what stays unseen; nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping as Mapped
from dataclasses import asdict, dataclass
from enum import StrEnum

import polars as pl

from fairdeal.data_contracts.contract import UNPARSED, ContractBreach
from fairdeal.data_contracts.masking import mask_text
from fairdeal.sources.conversion import candidates, column_sources, source_rows
from fairdeal.sources.discovery import discover
from fairdeal.sources.labelling import LabelCensus, label_census
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.mapping import Mapping, MappingError, TableMapping
from fairdeal.sources.mapping_parts import near
from fairdeal.sources.reading import FileReport, FileStatus, read, together
from fairdeal.sources.signals import blind_signals

#: Rows per file set whose conversions are tried.
SAMPLE_ROWS = 10_000
_EXAMPLES = 3
_EXAMPLE_CHARS = 60


class Verdict(StrEnum):
    """What a source is good for as it is."""

    READY = "ready"
    BACKTEST_ONLY = "backtest_only"  # key columns are not mapped: a daily run needs them, a measurement may do without
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class FileSetCheck:
    """One file set: its glob, its files' reports, all rows in them, and the columns found."""

    name: str
    path: str
    files: tuple[FileReport, ...]
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ColumnCheck:
    """One column on the sample: rows without a value, rows whose text could not be converted, and the first of those texts, masked."""

    column: str
    required: bool
    rows: int
    empty: int
    failed: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class TableCheck:
    """One table: what the mapping gives, what it names that is not there (with near names), and how the sample converts."""

    table: str
    sample_rows: int
    columns: tuple[str, ...]
    missing_required: tuple[str, ...]
    not_found: tuple[str, ...]
    not_mapped: tuple[str, ...]
    conversions: tuple[ColumnCheck, ...]
    labels: LabelCensus | None
    label_moment: str | None


@dataclass(frozen=True)
class BlindSpot:
    """A signal that this source cannot give."""

    detector: str
    signal: str
    sees: str
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """What was found, and the verdict with everything that stands against it."""

    source: str
    mapping: str
    time_zone: str
    files: tuple[FileSetCheck, ...]
    tables: tuple[TableCheck, ...]
    blind: tuple[BlindSpot, ...]
    problems: tuple[str, ...]
    verdict: Verdict

    @property
    def ok(self) -> bool:
        """Whether the source can be used at all."""
        return self.verdict is not Verdict.UNUSABLE

    def as_json(self) -> str:
        """The check as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """The check for people."""
        lines = [f"Source {self.source} ({self.mapping}), times without a zone are {self.time_zone}", ""]
        for files in self.files:
            lines += _files_text(files)
        for table in self.tables:
            lines += ["", *_table_text(table)]
        if self.blind:
            lines += ["", "Blind signals"]
            lines += [f"  {spot.detector}: {spot.signal} ({spot.sees}); needs {', '.join(spot.lacks)}" for spot in self.blind]
        if self.problems:
            lines += ["", "Problems", *(f"  {problem}" for problem in self.problems)]
        return "\n".join([*lines, "", f"Verdict: {_VERDICTS[self.verdict]}"])


_VERDICTS = {
    Verdict.READY: "ready",
    Verdict.BACKTEST_ONLY: "for measurements (backtest) only, since key columns are not mapped; a daily run refuses",
    Verdict.UNUSABLE: "not usable as it is; mend the problems above",
}


def check(mapping: Mapping, sample_rows: int = SAMPLE_ROWS, limits: Limits = LIMITS) -> Check:
    """Reads every file of a source, converts a sample of the rows, and says what a run would meet.

    Parameters
    ----------
    mapping
        The source.
    sample_rows
        Rows per file set that are converted, as many from each of its files; sets that a query reads are taken whole.
    """
    discovery = discover(mapping)
    problems = [f"file set {name}: nothing matches {mapping.files[name].path}; check the path and --data" for name in discovery.absent]
    queried = {name for name in mapping.files if mapping.source_columns(name) is None}
    raw: dict[str, pl.DataFrame] = {}
    sets: list[FileSetCheck] = []
    for name, file_set in mapping.files.items():
        reports: list[FileReport] = []
        frames: list[pl.DataFrame] = []
        room = max(sample_rows // max(len(discovery.files[name]), 1), 1)
        for file in discovery.files[name]:
            try:
                reading = read(mapping, [file], limits)
            except ContractBreach as error:
                problems.append(str(error))
                continue
            reports += reading.files
            rows = reading.raw[name] if name in queried else reading.raw[name].head(room)
            frames.append(rows)
        raw[name] = together(frames, mapping.source_columns(name))
        columns = tuple(dict.fromkeys(column for report in reports for column in report.columns))
        sets.append(FileSetCheck(name, file_set.path, tuple(reports), sum(report.rows_read for report in reports), columns))
        problems += [
            str(report.message) for report in reports if report.message and report.status in (FileStatus.PARTIAL, FileStatus.UNREADABLE)
        ]
    found = {files.name: files for files in sets}
    tables: list[TableCheck] = []
    fatal = False
    for table in mapping.tables:
        try:
            checked, troubles = _table(mapping, table, raw, found, sample_rows)
        except MappingError as error:
            problems.append(str(error))
            fatal = True
            continue
        tables.append(checked)
        problems += troubles
        fatal = fatal or bool(troubles)
    given = {f"{table.table}.{column}" for table in tables for column in table.columns}
    blind = tuple(BlindSpot(spot.signal.detector, spot.signal.name, spot.signal.sees, spot.lacks) for spot in blind_signals(given))
    verdict = Verdict.READY
    if fatal or any(not _usable(files) for files in sets if files.name in _needed(mapping)):
        verdict = Verdict.UNUSABLE
    elif any(table.missing_required for table in tables):
        verdict = Verdict.BACKTEST_ONLY
    return Check(mapping.name, mapping.path.name, mapping.time_zone, tuple(sets), tuple(tables), blind, tuple(problems), verdict)


def _usable(files: FileSetCheck) -> bool:
    """Whether there are files and each could be read at least in part."""
    return bool(files.files) and all(report.status is not FileStatus.UNREADABLE for report in files.files)


def _needed(mapping: Mapping) -> set[str]:
    return {name for table in mapping.tables for name in mapping.file_sets_of(table)}


def _table(
    mapping: Mapping, table: str, raw: Mapped[str, pl.DataFrame], found: Mapped[str, FileSetCheck], sample_rows: int
) -> tuple[TableCheck, list[str]]:
    """One table's check, and what makes it unusable."""
    mapped = mapping.table(table)
    contract = mapped.contract
    source = source_rows(mapping, mapped, raw)
    sources = column_sources(mapped, source)
    has = source.columns if mapped.query is not None else found[str(mapped.file_set)].columns
    lacking = _not_found(mapping, mapped, has) if has else {}
    columns = tuple(name for name in sources if name not in lacking)
    rows = candidates(mapping, table, raw).head(sample_rows)
    conversions = tuple(_column(rows, name, contract.column(name).required) for name in columns)
    missing = tuple(name for name in contract.required if name not in sources) if mapped.query is None or source.height else ()
    troubles = [f"[{table}] {name}: {told}" for name, told in lacking.items() if name == "label" or _is_required(mapped, name)]
    for column in conversions:
        bad = column.failed + (column.empty if column.required else 0)
        if bad > contract.quarantine_limit * max(column.rows, 1):
            troubles.append(
                f"[{table}] {column.column}: {bad} of {column.rows} sampled rows have no value that can be used"
                f"{', such as ' + ', '.join(map(repr, column.examples)) if column.examples else ''}; allowed is a share of "
                f"{contract.quarantine_limit:g}; correct the column's conversion in the mapping"
            )
    label = mapped.label
    moment = None
    if label is not None:
        moment = "known after a delay" if label.available_after else "given by a column" if label.available_at else "not given"
    checked = TableCheck(
        table=table,
        sample_rows=rows.height,
        columns=columns,
        missing_required=missing,
        not_found=tuple(f"{name}: {told}" for name, told in lacking.items()),
        not_mapped=tuple(name for name in contract.names if name not in sources and name not in contract.required),
        conversions=tuple(column for column in conversions if column.failed or (column.required and column.empty)),
        labels=None if "label" in lacking else label_census(mapping, table, raw),
        label_moment=moment,
    )
    return checked, troubles


def _is_required(mapped: TableMapping, name: str) -> bool:
    return name in mapped.contract.required


def _not_found(mapping: Mapping, mapped: TableMapping, has: Mapped[str, object] | tuple[str, ...] | list[str]) -> dict[str, str]:
    """Our columns whose source columns are not there, with near names."""
    wanted = {name: source.columns for name, source in mapped.columns.items()} | {f"extra {name}": (name,) for name in mapped.extra}
    if mapped.label is not None and mapped.label.file_set is None:
        wanted["label"] = (mapped.label.column,)
    lacking: dict[str, str] = {}
    for name, columns in wanted.items():
        absent = [column for column in columns if column not in has]
        if absent:
            lacking[name] = "; ".join(f"no column {column!r} in the files{near(column, has)}" for column in absent)
    return lacking


def _column(rows: pl.DataFrame, name: str, required: bool) -> ColumnCheck:
    failed = rows.get_column(name + UNPARSED).drop_nulls() if name + UNPARSED in rows.columns else pl.Series(dtype=pl.String)
    examples = tuple(mask_text(text)[:_EXAMPLE_CHARS] for text in failed.unique(maintain_order=True).head(_EXAMPLES))
    return ColumnCheck(name, required, rows.height, rows.get_column(name).null_count() - failed.len(), failed.len(), examples)


def _files_text(files: FileSetCheck) -> list[str]:
    head = f"Files {files.name}: {files.path}: {len(files.files)} files, {files.rows} rows"
    notes = [f"  {report.message}" for report in files.files if report.message]
    return [head, *([f"  columns: {', '.join(files.columns)}"] if files.columns else []), *notes]


def _table_text(table: TableCheck) -> list[str]:
    lines = [f"Table {table.table}: {', '.join(table.columns) or 'no column'}"]
    if table.missing_required:
        lines.append(f"  key columns not mapped: {', '.join(table.missing_required)}")
    lines += [f"  {told}" for told in table.not_found]
    if table.not_mapped:
        lines.append(f"  optional columns not mapped: {', '.join(table.not_mapped)}")
    for column in table.conversions:
        shown = f", such as {', '.join(map(repr, column.examples))}" if column.examples else ""
        lines.append(
            f"  {column.column}: of {column.rows} sampled rows {column.failed} could not be converted{shown}, {column.empty} are empty"
        )
    if table.labels is not None:
        census = table.labels
        lines.append(
            f"  labels on the sample: {census.positive} fraud, {census.negative} honest, {census.unlabelled} unlabelled; "
            f"moment {table.label_moment}"
        )
    return lines
