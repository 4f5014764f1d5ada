"""The feed as bytes: JSON Lines, which counts, and CSV, which people open in a spreadsheet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from fairdeal.control_center.records import COLUMNS, REASON_PARTS, Record
from fairdeal.data_contracts.contract import ContractBreach, Kind
from fairdeal.data_contracts.feed import FEED
from fairdeal.data_contracts.spreadsheets import BYTE_ORDER_MARK, csv_row, harmless, quoted

_NUMERIC = {column.name for column in FEED.columns if column.kind in (Kind.INTEGER, Kind.MINOR, Kind.NUMBER)}


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
    return (BYTE_ORDER_MARK + csv_row(map(quoted, COLUMNS))).encode()


def render_csv_row(record: Record) -> bytes:
    """One record as one line of ``actions.csv``."""
    return csv_row(_cell(name, record[name]) for name in COLUMNS).encode()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _NUMERIC:
        return json.dumps(value, allow_nan=False)
    if isinstance(value, bool):
        return quoted(str(value).lower())
    if name == "reasons":
        value = " | ".join(f"{reason['text_zh']} / {reason['text_en']}" for reason in value)
    return quoted(harmless(str(value)))
