"""The feed as bytes: JSON Lines, which counts, and CSV, which people open in a spreadsheet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from fairdeal.control_center.records import COLUMNS, REASON_PARTS, Record
from fairdeal.data_contracts.contract import ContractBreach, Kind
from fairdeal.data_contracts.feed import FEED

#: With this mark in front a spreadsheet reads the file as UTF-8 and shows Chinese.
BYTE_ORDER_MARK = "\ufeff"

_NUMERIC = {column.name for column in FEED.columns if column.kind in (Kind.INTEGER, Kind.MINOR, Kind.NUMBER)}

#: What a spreadsheet takes for the beginning of a formula, also full-width.
_FORMULA = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
#: Spaces and invisible characters that a spreadsheet may skip before it looks.
_SKIPPED = r"[\s\u200b-\u200f\u2060\ufeff\u00ad]*"
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LEADING_FORMULA = re.compile(f"^(?={_SKIPPED}[\"']*{_SKIPPED}[{_FORMULA}])")
#: Where a spreadsheet's list separator is a semicolon, text after one begins a new cell.
_INNER_FORMULA = re.compile(f'(;{_SKIPPED}"*)(?={_SKIPPED}[{_FORMULA}])')


def render_line(record: Record) -> bytes:
    """One record as one canonical line, line feed included: the contract's column order, no spaces, no NaN.

    Raises
    ------
    ContractBreach
        When a value cannot be written, or a column is missing.
    """
    try:
        ordered = {name: record[name] for name in COLUMNS}
        ordered["reasons"] = [{part: reason[part] for part in REASON_PARTS} for reason in record["reasons"]]
        text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode() + b"\n"
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ContractBreach(
            f"feed record {record.get('seq')}: it cannot be written ({type(error).__name__}: {error}); "
            "allowed are the contract's columns with plain text and finite numbers; compose the record anew"
        ) from error


def render_jsonl(records: Iterable[Record]) -> bytes:
    """``actions.jsonl``: one canonical line per record, UTF-8. The same records always give the same bytes."""
    return b"".join(map(render_line, records))


def render_csv(records: Iterable[Record]) -> bytes:
    """``actions.csv``: the same rows for a spreadsheet, in which no text can act as a formula and numbers stay numbers.

    UTF-8 with byte order mark, comma, every text quoted, CRLF, as RFC 4180 has it. Nulls are empty. Reasons are readable text
    in both languages. Text is altered where it would be dangerous, so ``actions.jsonl`` is the one that counts.

    Notes
    -----
    ASVS 5.0, 1.2.10. Its plain rule (quote mark before ``=+-@``) would turn negative numbers into text; here only text columns
    get the mark, numbers are written from typed values. Line breaks, tabs and other control characters become one space.
    """
    return csv_header() + b"".join(map(render_csv_row, records))


def csv_header() -> bytes:
    """Byte order mark and column names."""
    return (BYTE_ORDER_MARK + _row(map(_quoted, COLUMNS))).encode()


def render_csv_row(record: Record) -> bytes:
    """One record as one line of ``actions.csv``."""
    return _row(_cell(name, record[name]) for name in COLUMNS).encode()


def _row(cells: Iterable[str]) -> str:
    return ",".join(cells) + "\r\n"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _NUMERIC:
        return json.dumps(value, allow_nan=False)
    if isinstance(value, bool):
        return _quoted(str(value).lower())
    if name == "reasons":
        value = " | ".join(f"{reason['text_zh']} / {reason['text_en']}" for reason in value)
    return _quoted(harmless(str(value)))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def harmless(text: str) -> str:
    """The text such that no spreadsheet takes it, or a part of it, for a formula."""
    one_line = _BREAKS.sub(" ", text)
    marked = _LEADING_FORMULA.sub("'", one_line)
    if marked == one_line and _BREAKS.match(text):
        marked = "'" + one_line
    return _INNER_FORMULA.sub(r"\1'", marked)
