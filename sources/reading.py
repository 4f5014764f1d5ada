"""Files into raw rows: each file read or reported, each row taken or rejected, both counted twice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import polars as pl

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.sources.compression import CutShort, Unreadable, detect_compression, unpacked
from fairdeal.sources.discovery import SourceFile, digest_of
from fairdeal.sources.encoding import EncodingTally, decoded
from fairdeal.sources.foreign import refuse_foreign
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.mapping import Compression, Encoding, FileSet, Format, Mapping
from fairdeal.sources.readers.content import PROVENANCE, REJECTED, Content, Rejected, likely
from fairdeal.sources.readers.csv import read_csv
from fairdeal.sources.readers.jsonl import read_jsonl
from fairdeal.sources.readers.parquet import MAGIC, read_parquet
from fairdeal.sources.typed_text import as_text


class FileStatus(StrEnum):
    """What became of a file."""

    READ = "read"
    EMPTY = "empty"  # nothing in it, or a header and no row
    PARTIAL = "partial"  # it ends too early or a part is damaged; what could be read was kept
    UNREADABLE = "unreadable"  # nothing of it was kept


@dataclass(frozen=True)
class FileReport:
    """What became of one file.

    Parameters
    ----------
    file_set, path, size, sha256
        Which file, as discovered.
    status
        See `FileStatus`.
    rows_counted
        Records by the count that is independent of the parser; always ``rows_read + rows_rejected``; 0 for an unreadable file.
    rows_read, rows_rejected
        Records that became values, and that did not.
    message
        Why the file is not simply read, or what else is worth knowing; None when nothing is.
    columns
        Names found in the file.
    missing
        Names that the mapping wants and the file has not.
    """

    file_set: str
    path: str
    size: int
    sha256: str
    status: FileStatus
    rows_counted: int = 0
    rows_read: int = 0
    rows_rejected: int = 0
    message: str | None = None
    columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The raw rows of some files.

    Parameters
    ----------
    raw
        Per file set of the mapping: ``__file``, ``__line`` and the columns that anything needs; no rows where no file was given.
    rejected
        Rows that did not become values: ``__file, __line, column, rule, value, file_set``. ``column`` is null where the whole row is
        meant; ``value`` is at most 4,096 characters of the source's text, which may hold anything: hash it before it is stored.
    files
        One report per file, in the order given.
    """

    raw: Mapped[str, pl.DataFrame]
    rejected: pl.DataFrame
    files: tuple[FileReport, ...]


def read(mapping: Mapping, files: Sequence[SourceFile], limits: Limits = LIMITS) -> Reading:
    """Reads the files; a file that cannot be read is reported and the others go on.

    Raises
    ------
    ContractBreach
        When a file's rows are not conserved: the independent count differs from rows read plus rows rejected.
    """
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in mapping.files}
    rejected: list[pl.DataFrame] = []
    reports: list[FileReport] = []
    for file in files:
        wanted = mapping.source_columns(file.file_set)
        try:
            content = _content(mapping.files[file.file_set], file, file.location(mapping.base), wanted, limits)
        except Unreadable as error:
            reports.append(
                FileReport(
                    file.file_set, file.path, file.size, file.sha256, FileStatus.UNREADABLE, message=f"{file.path}: unreadable: {error}"
                )
            )
            continue
        report = _report(file, content, wanted)
        _conserved(report)
        reports.append(report)
        frames[file.file_set].append(content.rows.select(pl.lit(file.path).alias("__file"), pl.all()))
        rejected += _rejected_rows(file, content.rejected)
    raw = {name: together(found, mapping.source_columns(name)) for name, found in frames.items()}
    return Reading(raw, pl.concat([pl.DataFrame(schema=REJECTED), *rejected]), tuple(reports))


def together(frames: Sequence[pl.DataFrame], columns: Iterable[str] | None) -> pl.DataFrame:
    """Rows of several files of one set under one set of columns.

    A column that has different types in different files becomes text, each file's values converted on their own: what a value becomes
    depends on its own file only.
    """
    types: dict[str, set[pl.DataType]] = {name: {pl.String()} for name in columns or ()} if not any(map(len, frames)) else {}
    for frame in frames:
        for name, dtype in frame.schema.items():
            if frame.height:
                types.setdefault(name, set()).add(dtype)
    mixed = {name for name, found in types.items() if len(found) > 1}
    empty = pl.DataFrame(schema=PROVENANCE)
    aligned = [
        frame.with_columns(as_text(pl.col(name), frame.schema[name]).alias(name) for name in frame.columns if name in mixed)
        for frame in frames
        if frame.height
    ]
    joined = pl.concat([empty, *aligned], how="diagonal")
    headed = dict.fromkeys(name for frame in frames for name in frame.columns)
    lacking = [name for name in dict.fromkeys((*headed, *(columns or ()))) if name not in joined.columns]
    return joined.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in lacking)


def content_of(file_set: FileSet, file: SourceFile, path: Path, limits: Limits = LIMITS) -> Content:
    """Every column of one file, for those who only look; raises `Unreadable`."""
    return _content(file_set, file, path, None, limits)


def _content(file_set: FileSet, file: SourceFile, path: Path, wanted: Sequence[str] | None, limits: Limits) -> Content:
    """One file's records, of one state of the file; raises `Unreadable`."""
    if file.fault:
        raise Unreadable(file.fault)
    try:
        before = _state(path)
        content = _content_now(file_set, file, path, wanted, limits)
        if _state(path) != before:
            raise Unreadable("it changed while it was read; allowed is a file that stays as it is; run again once it is complete")
    except OSError as error:
        raise Unreadable(f"{error.strerror or type(error).__name__}; allowed is a readable file; check disk and rights") from error
    return content


def _state(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written to or replaced."""
    found = path.stat()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _content_now(file_set: FileSet, file: SourceFile, path: Path, wanted: Sequence[str] | None, limits: Limits) -> Content:
    if not file.sha256 or digest_of(path) != file.sha256:
        found = "changed since it was found" if file.sha256 else "could not be opened"
        raise Unreadable(f"it {found}; allowed is a file that stays as it is; run again once it is complete")
    with path.open("rb") as stream:
        head = stream.read(16)
    compression = detect_compression(head)
    if file_set.compression is not None and file_set.compression is not compression and head:
        raise Unreadable(f"{compression} found, {file_set.compression} given; allowed is one; correct compression in the mapping")
    start, cut, encoding = _survey(path, compression, file_set, limits)
    kind = file_set.format or detect_format(path, start)
    if kind is Format.PARQUET:
        return _parquet(path, compression, start, file.size, cut, wanted, limits)
    if start.startswith(MAGIC):
        raise Unreadable(f"Parquet found, {kind} given; allowed is one; correct format in the mapping")
    refuse_foreign(start)
    pieces = decoded(_until_cut(unpacked(path, compression, limits)), encoding)
    if kind is Format.CSV:
        return read_csv(pieces, file_set.delimiter, wanted, cut, limits)
    return read_jsonl(pieces, wanted, cut, limits)


def _survey(path: Path, compression: Compression, file_set: FileSet, limits: Limits) -> tuple[bytes, str | None, Encoding]:
    """First bytes of the content, how it is cut short, and the encoding; a packed file is unpacked to its end before a row is believed."""
    start, cut = b"", None
    tally = EncodingTally(limits) if file_set.encoding is None and file_set.format is not Format.PARQUET else None
    try:
        for piece in unpacked(path, compression, limits):
            start = start if len(start) >= 4_096 else start + piece[:4_096]
            if start.startswith(MAGIC):
                tally = None
            if tally is not None:
                tally.add(piece)
            elif compression is Compression.NONE:
                break
    except CutShort as error:
        cut = str(error)
    return start, cut, file_set.encoding or (tally.verdict() if tally is not None else Encoding.UTF_8)


def _until_cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces up to where the stream is cut short."""
    try:
        yield from pieces
    except CutShort:
        return


def detect_format(path: Path, start: bytes) -> Format:
    """How records are written: by the name, else by the first bytes, else CSV."""
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    named = {".csv": Format.CSV, ".tsv": Format.CSV, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".parquet": Format.PARQUET}
    for suffix in reversed(suffixes):
        if suffix in named:
            return named[suffix]
    if start.startswith(MAGIC):
        return Format.PARQUET
    return Format.JSONL if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else Format.CSV


def _parquet(
    path: Path, compression: Compression, start: bytes, size: int, cut: str | None, wanted: Sequence[str] | None, limits: Limits
) -> Content:
    """A Parquet file, packed as a whole or not; one that lost its end is cut short with nothing to keep."""
    if not start:
        return Content(pl.DataFrame(schema={"__line": pl.Int64()}))
    refuse_foreign(start)
    if not start.startswith(MAGIC):
        raise Unreadable("no Parquet file; allowed is one that starts with PAR1; correct format in the mapping or ask for the file again")
    with tempfile.TemporaryFile() if compression is not Compression.NONE else path.open("rb") as stream:
        if compression is not Compression.NONE:
            for piece in _until_cut(unpacked(path, compression, limits)):
                stream.write(piece)
        length = stream.seek(0, 2)
        stream.seek(max(length - 4, 0))
        if cut is not None or length < 12 or stream.read(4) != MAGIC:
            return Content(pl.DataFrame(schema={"__line": pl.Int64()}), cut="the Parquet footer at its end is missing, no row can be kept")
        stream.seek(0)
        return read_parquet(stream, size, wanted, limits)


def _report(file: SourceFile, content: Content, wanted: Sequence[str] | None) -> FileReport:
    lost = sum(fault.rows for fault in content.rejected)
    missing = tuple(name for name in wanted or () if name not in content.columns) if content.columns else ()
    status = FileStatus.READ
    notes = [content.note] if content.note else []
    if content.cut is not None:
        status = FileStatus.PARTIAL
        notes.append(f"partial: {content.cut}; allowed is a whole file; ask for it again, what could be read was kept")
    elif not content.counted:
        status = FileStatus.EMPTY
        notes.append("empty: no rows; allowed where nothing happened; ask the provider if that is unexpected")
    if missing:
        notes.append(f"no column {', '.join(missing)}{likely(missing, content.columns)}")
    return FileReport(
        file_set=file.file_set,
        path=file.path,
        size=file.size,
        sha256=file.sha256,
        status=status,
        rows_counted=content.counted,
        rows_read=content.rows.height,
        rows_rejected=lost,
        message=f"{file.path}: {'; '.join(notes)}" if notes else None,
        columns=content.columns,
        missing=missing,
    )


def _conserved(report: FileReport) -> None:
    """Raises `ContractBreach` unless every counted row was read or rejected."""
    if report.rows_counted != report.rows_read + report.rows_rejected:
        raise ContractBreach(
            f"{report.path}: {report.rows_counted} rows counted, {report.rows_read} read and {report.rows_rejected} rejected; "
            "allowed is no difference; do not use this run, report the file's shape"
        )


def _rejected_rows(file: SourceFile, faults: Sequence[Rejected]) -> list[pl.DataFrame]:
    """The faults as rows, one per lost row."""
    single = [fault for fault in faults if fault.rows == 1]
    frames = [
        pl.DataFrame(
            {
                "__file": [file.path] * len(single),
                "__line": [fault.line for fault in single],
                "column": [fault.column for fault in single],
                "rule": [fault.rule.value for fault in single],
                "value": [fault.value for fault in single],
                "file_set": [file.file_set] * len(single),
            },
            schema=REJECTED,
        )
    ]
    frames += [
        pl.select(
            pl.lit(file.path).alias("__file"),
            pl.int_range(fault.line, fault.line + fault.rows, dtype=pl.Int64).alias("__line"),
            pl.lit(None, dtype=pl.String).alias("column"),
            pl.lit(fault.rule.value).alias("rule"),
            pl.lit(fault.value, dtype=pl.String).alias("value"),
            pl.lit(file.file_set).alias("file_set"),
        )
        for fault in faults
        if fault.rows != 1
    ]
    return frames
