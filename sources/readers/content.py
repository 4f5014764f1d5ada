"""What a reader hands over, whatever the format."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from fairdeal.sources.compression import Unreadable
from fairdeal.sources.encoding import UNDECODED, readable
from fairdeal.sources.limits import Limits

#: Columns that say where a row stands: the file's path relative to the source, and the line or row it begins at, from 1.
PROVENANCE: dict[str, pl.DataType] = {"__file": pl.String(), "__line": pl.Int64()}
#: Shape of a table of rejected rows.
REJECTED: dict[str, pl.DataType] = {
    **PROVENANCE,
    "column": pl.String(),
    "rule": pl.String(),
    "value": pl.String(),
    "file_set": pl.String(),
}


class RawRule(StrEnum):
    """Why a row could not even become values."""

    COLUMNS = "columns"  # more or fewer values than the header has names
    HEADER = "header"  # the header's names once more, as in files put together
    QUOTES = "quotes"  # something follows a closing quote, so where the value ends is anybody's guess
    ENCODING = "encoding"  # bytes or half characters that are no text
    JSON = "json"
    NOT_AN_OBJECT = "not_an_object"
    FIELD_SIZE = "field_size"
    NUL = "nul"
    TRUNCATED = "truncated"  # the file ends within the row
    UNREADABLE = "unreadable"  # the part of a Parquet file that holds the row is damaged


@dataclass(frozen=True)
class Rejected:
    """One raw row, or ``rows`` following ones of one damaged block, that did not become values; ``value`` is the row's text."""

    line: int
    rule: RawRule
    value: str | None
    column: str | None = None
    rows: int = 1


@dataclass
class Content:
    """One file's records.

    Parameters
    ----------
    rows
        ``__line`` and the wanted columns: text for CSV and JSON Lines, typed for Parquet; null where nothing stands.
    counted
        Records by the independent count.
    columns
        Names found in the file.
    cut
        How the file ends too early; None when it is whole.
    note
        Something the reader of a report should know.
    """

    rows: pl.DataFrame
    counted: int = 0
    columns: tuple[str, ...] = ()
    rejected: list[Rejected] = field(default_factory=list)
    cut: str | None = None
    note: str | None = None


def fault_in(values: Sequence[str | None], limits: Limits) -> tuple[RawRule, int] | None:
    """The first rule that a row's values break as text, and the position of the value; None when all are storable."""
    for position, value in enumerate(values):
        if value is None or (value.isascii() and value.isprintable() and len(value) <= limits.field_chars):
            continue
        if UNDECODED.search(value):
            return RawRule.ENCODING, position
        if "\0" in value:
            return RawRule.NUL, position
        if len(value) > limits.field_chars:
            return RawRule.FIELD_SIZE, position
    return None


def refuse_hopeless(rejected: Sequence[Rejected], records: int, limits: Limits) -> None:
    """Raises `Unreadable` when too many of the records seen so far became no rows: each would be kept, and none is of use."""
    if len(rejected) > limits.rejected_rows and len(rejected) * 20 > records:
        raise Unreadable(
            f"{len(rejected)} of the first {records} records are no rows, from line {rejected[0].line} on (rule {rejected[0].rule}); "
            f"allowed are {limits.rejected_rows} or one in twenty; check delimiter, quotes, format and encoding"
        )


def likely(missing: Iterable[str], names: Sequence[str]) -> str:
    """What absent columns may be called in the file: ``; payer_id may be 'Payer ID'``, or nothing."""
    told = []
    plain = {re.sub(r"[\W_]+", "", name).casefold(): name for name in names}
    for name in missing:
        close = difflib.get_close_matches(re.sub(r"[\W_]+", "", name).casefold(), [found for found in plain if found], n=1, cutoff=0.8)
        told += [f"{name} may be {plain[found]!r}" for found in close]
    return f"; {', '.join(told[:3])}" if told else ""


def kept(text: str, limits: Limits) -> str:
    """As much of a rejected row's text as is handed on, in storable characters."""
    return readable(text[: limits.kept_chars])


def text_frame(lines: Sequence[int], columns: Mapping[str, Sequence[str | None]]) -> pl.DataFrame:
    """Rows of text values; empty text becomes null."""
    frame = pl.DataFrame(
        [pl.Series("__line", lines, dtype=pl.Int64), *(pl.Series(name, values, dtype=pl.String) for name, values in columns.items())]
    )
    return frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in columns)


def no_rows(columns: Iterable[str]) -> pl.DataFrame:
    """A table of no rows with the given text columns."""
    return pl.DataFrame(schema={"__line": pl.Int64(), **{name: pl.String() for name in columns}})
