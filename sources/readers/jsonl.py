"""JSON Lines: one object a line; every value as the text that stands there, nested values as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from fairdeal.sources.compression import Unreadable
from fairdeal.sources.counting import LineCount
from fairdeal.sources.encoding import UNDECODED
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.readers.content import PROVENANCE, Content, RawRule, Rejected, fault_in, kept, no_rows, refuse_hopeless, text_frame

_NO_TEXT = (bool, dict, list)
_BATCH_ROWS = 50_000
_BATCH_CHARS = 32 << 20


def read_jsonl(pieces: Iterable[str], wanted: Sequence[str] | None, cut: str | None = None, limits: Limits = LIMITS) -> Content:
    """The records of a JSON Lines text.

    Parameters
    ----------
    pieces
        The text, piece by piece.
    wanted
        Keys to keep; None for all.
    cut
        How the file is known to end too early: its last line, unless a line end closes it, is then rejected.

    Notes
    -----
    Numbers keep the digits that stand in the file: money never passes through a binary fraction. A key that stands twice in one object
    is ambiguous and the row is rejected (RFC 8259, section 4).
    """
    count = LineCount(limits)
    frames: list[pl.DataFrame] = []
    rejected: list[Rejected] = []
    rows: list[dict[str, str | None]] = []
    starts: list[int] = []
    seen: dict[str, None] = {}
    chars = 0
    for number, line, closed in _lines(pieces, count, limits):
        if len(line) <= limits.record_chars and not line.strip(" \t\r"):
            continue
        found: dict[str, str | None] | Rejected = _record(line, number, limits)
        if not closed and cut:
            found = Rejected(number, RawRule.TRUNCATED, kept(line, limits))
        if isinstance(found, Rejected):
            rejected.append(found)
            refuse_hopeless(rejected, count.records + 1, limits)
            if not closed and found.rule is RawRule.JSON:
                cut = "the last line ends too early"
            continue
        seen.update(dict.fromkeys(name for name in found if name not in PROVENANCE))
        if len(seen) > limits.columns:
            raise Unreadable(f"line {number}: more than {limits.columns} different keys; allowed are that many; flatten the objects")
        rows.append(found)
        starts.append(number)
        chars += len(line)
        if len(rows) >= _BATCH_ROWS or chars >= _BATCH_CHARS:
            frames.append(_frame(rows, starts, wanted))
            rows, starts, chars = [], [], 0
    frames.append(_frame(rows, starts, wanted))
    counted = count.finish()
    note = _shape(rejected[0].value or "") if rejected and len(rejected) == counted else None
    empty = no_rows(wanted if wanted is not None else seen)
    return Content(pl.concat([empty, *frames], how="diagonal"), counted, tuple(seen), rejected, cut, note)


def _lines(pieces: Iterable[str], count: LineCount, limits: Limits) -> Iterator[tuple[int, str, bool]]:
    """Number, text and whether a line end closes it, for every line; lines above the limit come shortened to one sign more than that."""
    rest, number = "", 0
    for piece in pieces:
        count.add(piece)
        *lines, rest = (rest + piece).split("\n")
        rest = rest[: limits.record_chars + 1]
        for line in lines:
            number += 1
            yield number, line, True
    if rest:
        yield number + 1, rest, False


def _record(line: str, number: int, limits: Limits) -> dict[str, str | None] | Rejected:
    """One line's values by key, or why it is no record."""
    if len(line) > limits.record_chars:
        return Rejected(number, RawRule.FIELD_SIZE, kept(line, limits))
    if UNDECODED.search(line):
        return Rejected(number, RawRule.ENCODING, kept(line, limits))
    if "\0" in line:
        return Rejected(number, RawRule.NUL, kept(line, limits))
    try:
        value = _DECODER.decode(line.lstrip("\ufeff"))  # files put together keep their byte order marks
    except (ValueError, RecursionError):
        return Rejected(number, RawRule.JSON, kept(line, limits))
    if not isinstance(value, dict):
        return Rejected(number, RawRule.NOT_AN_OBJECT, kept(line, limits))
    try:
        value = _flat(value, line)
    except (ValueError, RecursionError):  # a number within a nested value that no JSON writer can write back
        return Rejected(number, RawRule.JSON, kept(line, limits))
    if len(line) > limits.field_chars or "\\" in line:
        for name, item in value.items():
            if (fault := fault_in((item, name), limits)) is not None:
                return Rejected(number, fault[0], kept(item or name, limits), None if fault_in((name,), limits) else name)
    record: dict[str, str | None] = value
    return record


def _flat(value: dict[str, Any], line: str) -> dict[str, str | None]:
    """Truth values as ``true`` and ``false``; lists and objects as JSON text with their numbers as numbers."""
    kinds = set(map(type, value.values()))
    if kinds.isdisjoint(_NO_TEXT):
        return value
    value = {name: ("true" if item else "false") if isinstance(item, bool) else item for name, item in value.items()}
    if kinds.isdisjoint((dict, list)):
        return value
    plain: dict[str, Any] = json.loads(line, parse_constant=str)
    return {
        name: json.dumps(plain[name], ensure_ascii=False, separators=(",", ":"), allow_nan=False) if isinstance(item, dict | list) else item
        for name, item in value.items()
    }


def _shape(first: str) -> str | None:
    """What a text without a single record looks like, by its first line."""
    begins = first.lstrip("\ufeff \t")
    if begins.startswith("["):
        return "looks like one JSON array; allowed is one object a line"
    if begins.rstrip().endswith(("{", ",")) and begins.startswith("{"):
        return "looks like JSON over several lines; allowed is one object a line"
    return None


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unambiguous, parse_int=str, parse_float=str, parse_constant=str)


def _frame(rows: Sequence[dict[str, str | None]], starts: Sequence[int], wanted: Sequence[str] | None) -> pl.DataFrame:
    names = wanted if wanted is not None else list(dict.fromkeys(name for row in rows for name in row if name not in PROVENANCE))
    return text_frame(starts, {name: [row.get(name) for row in rows] for name in names})
