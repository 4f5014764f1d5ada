"""Parquet: typed values, row group by row group, so that damage in one costs no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairdeal.sources.compression import Unreadable
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.readers.content import PROVENANCE, Content, RawRule, Rejected, no_rows
from fairdeal.sources.typed_text import plain_types

MAGIC = b"PAR1"
#: How a hostile or damaged file makes the libraries fail.
_FAILURES = (pa.ArrowException, OSError, ValueError, OverflowError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


def read_parquet(source: Path | BinaryIO, size: int, wanted: Sequence[str] | None, limits: Limits = LIMITS) -> Content:
    """The rows of a Parquet file.

    Parameters
    ----------
    source
        The file, or its unpacked content.
    size
        Its size in bytes, to judge how far it may unfold.
    wanted
        Columns to read; None for all. What is not wanted is never decoded.

    Raises
    ------
    Unreadable
        When the footer cannot be used.

    Notes
    -----
    Counted rows are the footer's own total; rows are read from the row groups. A row group that cannot be decoded becomes rejected rows,
    one for each row the footer promises.
    """
    try:
        file = pq.ParquetFile(source)
        metadata, names = file.metadata, list(file.schema_arrow.names)
        chosen = [name for name in dict.fromkeys(names) if (wanted is None or name in wanted) and name not in PROVENANCE]
        file = pq.ParquetFile(source, metadata=metadata, read_dictionary=_texts(file.schema_arrow, chosen))
    except _FAILURES as error:
        raise Unreadable("no usable Parquet footer; allowed is a whole Parquet file; ask for it again") from error
    _refuse_shape(metadata, names, chosen, size, limits)
    frames: list[pl.DataFrame] = []
    rejected: list[Rejected] = []
    row = 0
    for number in range(metadata.num_row_groups):
        promised = metadata.row_group(number).num_rows
        frame = _row_group(file, number, chosen, size, limits)
        if frame is None or frame.height != promised:
            rejected.append(Rejected(row + 1, RawRule.UNREADABLE, None, rows=promised))
        else:
            frame = frame.with_columns(pl.int_range(row + 1, row + promised + 1, dtype=pl.Int64).alias("__line"))
            frame, faults = _storable(frame, limits)
            frames.append(frame.select("__line", *chosen))
            rejected += faults
        row += promised
    rows = pl.concat(frames) if frames else no_rows(chosen)
    damaged = sum(1 for fault in rejected if fault.rule is RawRule.UNREADABLE)
    cut = f"{damaged} of {metadata.num_row_groups} row groups cannot be decoded" if damaged else None
    return Content(rows, metadata.num_rows, tuple(dict.fromkeys(names)), rejected, cut)


def _refuse_shape(metadata: Any, names: list[str], chosen: list[str], size: int, limits: Limits) -> None:
    """Raises `Unreadable` for a file that would unfold too far or whose names are ambiguous."""
    if len(names) > limits.columns:
        raise Unreadable(f"{len(names)} columns; allowed are {limits.columns}; select the columns that matter")
    twice = [name for name, times in Counter(names).items() if times > 1 and name in chosen]
    if twice:
        raise Unreadable(f"the schema has {', '.join(map(repr, twice))} more than once; allowed is once; rename one of them")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    held = [group.num_rows for group in groups]
    if sum(held) != metadata.num_rows or min(held, default=0) < 0:
        raise Unreadable(
            f"the footer promises {metadata.num_rows} rows, its row groups {sum(held)}; allowed is one number; ask for the file again"
        )
    # What a column says of itself is not looked at: a damaged footer ends the process there, not with an error.
    unfolded = max(metadata.num_rows * max(len(chosen), 1) * 8, sum(group.total_byte_size for group in groups))
    _refuse_bomb(unfolded, f"{metadata.num_rows} rows", size, limits)


def _refuse_bomb(unfolded: int, what: str, size: int, limits: Limits) -> None:
    if unfolded > limits.bomb_bytes and unfolded > limits.bomb_ratio * max(size, 1):
        raise Unreadable(
            f"{what} in {size} bytes unfold past {limits.bomb_bytes} bytes and {limits.bomb_ratio} times the size; "
            "such a file is not read; send it in parts"
        )


def _texts(schema: Any, chosen: list[str]) -> list[str]:
    """Chosen text columns: they are read as dictionaries and measured before they are written out."""
    return [field.name for field in schema if field.name in chosen and (pa.types.is_string(field.type) or pa.types.is_binary(field.type))]


def _row_group(file: Any, number: int, chosen: list[str], size: int, limits: Limits) -> pl.DataFrame | None:
    """One row group with plain types, or None where it cannot be decoded; raises `Unreadable` where its texts unfold too far."""
    if not chosen:
        return pl.DataFrame({"__line": range(file.metadata.row_group(number).num_rows)})
    try:
        table = file.read_row_group(number, columns=chosen, use_threads=True).select(chosen)
        _refuse_bomb(sum(map(_text_bytes, table.columns)), f"{table.num_rows} rows", size, limits)
        table = pa.table([_unfolded(column) for column in table.columns], names=chosen)
        table.validate(full=True)
        return plain_types(pl.DataFrame(pl.from_arrow(table)))
    except _FAILURES:
        return None


def _text_bytes(column: pa.ChunkedArray) -> int:
    """How many bytes of text a dictionary unfolds to; 0 for any other column."""
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return 0
    return sum(pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py() or 0 for chunk in column.chunks)


def _is_text(dtype: pa.DataType) -> bool:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(kind(dtype) for kind in kinds)


def _unfolded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as the engine takes it: texts written out, moments of any offset in UTC."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pa.timestamp(column.type.unit, "UTC"))
    if pa.types.is_decimal256(column.type):  # the engine knows no decimals of more than 38 digits
        return column.cast(pa.string())
    if not pa.types.is_dictionary(column.type):
        return column
    kept = column.type.value_type
    wide = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}
    return column.cast(wide.get(kept, kept))


def _storable(frame: pl.DataFrame, limits: Limits) -> tuple[pl.DataFrame, list[Rejected]]:
    """Rows without NUL characters and oversized texts, and the others as rejected rows."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    faults: list[Rejected] = []
    for name in texts:
        for rule, breaks in (
            (RawRule.NUL, pl.col(name).str.contains("\0", literal=True)),
            (RawRule.FIELD_SIZE, pl.col(name).str.len_chars() > limits.field_chars),
        ):
            broken = frame.filter(breaks)
            if broken.height:
                faults += [
                    Rejected(line, rule, value[: limits.kept_chars], name) for line, value in broken.select("__line", name).iter_rows()
                ]
                frame = frame.filter(breaks.not_() | pl.col(name).is_null())
    return frame, faults
