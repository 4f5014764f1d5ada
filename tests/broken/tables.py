"""Parquet files: types that are not the mapping's, and files that are damaged."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.broken.kinds import SOUND, Broken, parquet, parquet_file, payments_table
from tests.broken.texts import EMPTY_ROW, foreign, three
from tests.broken.values import AMOUNT, MOMENT, NOTHING


def typed(name: str, column: str, values: list[Any], dtype: pa.DataType, aside: dict[int, str] | None = None, **facts: Any) -> Broken:
    """Sound payments with one column of another type."""
    return parquet(name, lambda rows: {column: pa.array(values, dtype)}, len(values), aside, alone=column, **facts)


def fields(name: str, *kept: Any) -> dict[int, dict[str, Any]]:
    """Expected values of one column by row."""
    return {number: {name: value} for number, value in enumerate(kept, start=1)}


NOON = datetime(2026, 1, 2, 12)
UTC_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
LOCAL = datetime(2026, 1, 2, 4, tzinfo=UTC)
DAY = datetime(2026, 1, 1, 16, tzinfo=UTC)
TYPES = (
    typed("whole numbers for ids", "payer", [17, 18], pa.int64(), kept=fields("payer_id", "17", "18")),
    typed("small numbers for ids", "payer", [17, None], pa.uint8(), {2: NOTHING}, kept=fields("payer_id", "17")),
    typed("numbers past the signed for ids", "payer", [2**63 + 1], pa.uint64(), kept=fields("payer_id", "9223372036854775809")),
    typed("a float that lost an id's digits", "payer", [1.2345678901e16], pa.float64(), {1: "payer_id:artefact"}),
    typed("bytes for ids", "payer", [b"B7", b"B\xff"], pa.binary(), kept=fields("payer_id", "B7", "B\\xff")),
    typed("bytes of one length for ids", "payer", [b"\x01\x02"], pa.binary(2), {1: "payer_id:artefact"}),
    typed(
        "a dictionary for ids",
        "payer",
        ["B7", "B7", "B8"],
        pa.string(),
        how={"use_dictionary": True},
        kept=fields("payer_id", "B7", "B7", "B8"),
    ),
    typed("categories for ids", "payer", ["B7", None], pa.dictionary(pa.int8(), pa.string()), {2: NOTHING}, kept=fields("payer_id", "B7")),
    typed(
        "numbers in a dictionary for ids",
        "payer",
        [17, 18, 17],
        pa.dictionary(pa.int8(), pa.int64()),
        kept=fields("payer_id", "17", "18", "17"),
    ),
    typed("bytes in a dictionary for ids", "payer", [b"B7"], pa.dictionary(pa.int8(), pa.binary()), kept=fields("payer_id", "B7")),
    typed("large texts for ids", "payer", ["B7"], pa.large_string(), kept=fields("payer_id", "B7")),
    typed("nothing but nulls for ids", "payer", [None, None], pa.null(), {1: NOTHING, 2: NOTHING}),
    typed("lists for ids", "payer", [["B7"], []], pa.list_(pa.string()), kept=fields("payer_id", '["B7"]', "[]")),
    typed("structures for ids", "payer", [{"a": 1}], pa.struct([("a", pa.int8())]), kept=fields("payer_id", '{"a":1}')),
    typed("truths for ids", "payer", [True, False], pa.bool_(), kept=fields("payer_id", "true", "false")),
    typed("a text with a NUL", "payer", ["B\0", "B7"], pa.string(), {1: "nul"}),
    typed("a text of a megabyte in Parquet", "order", ["x" * ((1 << 20) + 1), "y"], pa.string(), {1: "field_size"}),
    typed("a text that is empty", "payer", ["", "B7"], pa.string(), {1: NOTHING}),
    typed("a text that turns direction", "payer", ["B\u202e7"], pa.string(), {1: "payer_id:artefact"}),
    typed("floats for amounts", "amount", [10.5, 0.29, 0.1 + 0.2], pa.float64(), kept=fields("amount_minor", 1050, 29, 30)),
    typed("small floats for amounts", "amount", [10.5, 0.25], pa.float32(), kept=fields("amount_minor", 1050, 25)),
    typed("half floats for amounts", "amount", [10.5, 0.25], pa.float16(), kept=fields("amount_minor", 1050, 25)),
    typed(
        "floats that are no numbers",
        "amount",
        [float("nan"), float("inf"), -float("inf"), 1.0],
        pa.float64(),
        dict.fromkeys((1, 2, 3), AMOUNT),
    ),
    typed("floats that are absurd", "amount", [1e300, 1e15, -1.0], pa.float64(), {1: AMOUNT, 2: AMOUNT, 3: "amount_minor:range"}),
    typed("whole numbers for amounts", "amount", [10, 0], pa.int32(), kept=fields("amount_minor", 1000, 0)),
    typed("the largest whole number for an amount", "amount", [2**63 - 1, 10], pa.int64(), {1: AMOUNT}),
    typed(
        "decimals for amounts",
        "amount",
        [Decimal("10.50"), Decimal("-1.00")],
        pa.decimal128(10, 2),
        {2: "amount_minor:range"},
        kept=fields("amount_minor", 1050),
    ),
    typed(
        "decimals below the minor unit",
        "amount",
        [Decimal("10.5000"), Decimal("10.5001")],
        pa.decimal128(12, 4),
        {2: AMOUNT},
        kept=fields("amount_minor", 1050),
    ),
    typed(
        "decimals of seventy digits",
        "amount",
        [Decimal("10.50")],
        pa.decimal256(70, 2),
        kept=fields("amount_minor", 1050),
    ),
    typed("truths for amounts", "amount", [True], pa.bool_(), {1: AMOUNT}),
    typed("days for amounts", "amount", [date(2026, 1, 2)], pa.date32(), {1: AMOUNT}),
    typed("lists for amounts", "amount", [[10.0]], pa.list_(pa.float64()), {1: AMOUNT}),
    typed("nulls for amounts", "amount", [None], pa.float64(), {1: "amount_minor:required"}),
    typed("moments in seconds", "at", [NOON], pa.timestamp("s"), kept=fields("paid_at", LOCAL)),
    typed("moments in milliseconds", "at", [NOON], pa.timestamp("ms"), kept=fields("paid_at", LOCAL)),
    typed("moments in nanoseconds", "at", [NOON], pa.timestamp("ns"), kept=fields("paid_at", LOCAL)),
    typed("moments in UTC", "at", [UTC_NOON], pa.timestamp("us", "UTC"), kept=fields("paid_at", UTC_NOON)),
    typed("moments in a zone of their own", "at", [UTC_NOON], pa.timestamp("us", "America/New_York"), kept=fields("paid_at", UTC_NOON)),
    typed("moments at an offset", "at", [UTC_NOON], pa.timestamp("us", "+05:30"), kept=fields("paid_at", UTC_NOON)),
    typed(
        "moments in an old format",
        "at",
        [NOON],
        pa.timestamp("ns"),
        how={"use_deprecated_int96_timestamps": True},
        kept=fields("paid_at", LOCAL),
    ),
    typed("moments before the epoch", "at", [datetime(1969, 1, 1)], pa.timestamp("us"), {1: "paid_at:range"}),
    typed("moments at the ends of time", "at", [2**62, -(2**62), 0], pa.timestamp("us"), {1: MOMENT, 2: MOMENT, 3: "paid_at:range"}),
    typed("milliseconds at the ends of time", "at", [2**62, -(2**62)], pa.timestamp("ms"), {1: MOMENT, 2: MOMENT}),
    typed("milliseconds at the ends of time in UTC", "at", [2**62, -(2**62)], pa.timestamp("ms", "UTC"), {1: MOMENT, 2: MOMENT}),
    typed("days for moments", "at", [date(2026, 1, 2)], pa.date32(), kept=fields("paid_at", DAY)),
    typed("days at the ends of time", "at", [2**31 - 1, -(2**31)], pa.date32(), {1: MOMENT, 2: MOMENT}),
    typed("times without days for moments", "at", [time(12)], pa.time64("us"), {1: MOMENT}),
    typed("durations for moments", "at", [timedelta(days=1)], pa.duration("us"), {1: MOMENT}),
    typed("numbers for moments", "at", [1767326400], pa.int64(), {1: MOMENT}),
    typed(
        "numbers for moments, as the mapping says",
        "at",
        [1767326400, -1],
        pa.int64(),
        {2: "paid_at:range"},
        mapping="seconds",
        kept=fields("paid_at", LOCAL),
    ),
    typed("absurd numbers for moments, as the mapping says", "at", [2**63 - 1, 1767326400], pa.int64(), {1: MOMENT}, mapping="seconds"),
    typed("floats for moments that are no numbers", "at", [float("nan"), 1767326400.0], pa.float64(), {1: MOMENT}, mapping="seconds"),
    typed("truths for truths", "weak", [True, None], pa.bool_(), kept=fields("is_weak_credential", True, None)),
    typed("numbers for truths", "weak", [1, 2], pa.int8(), {2: "is_weak_credential:type"}, kept=fields("is_weak_credential", True)),
    typed(
        "floats for tiers",
        "tier",
        [2.0, 2.5, float("nan")],
        pa.float64(),
        {2: "safety_tier:type", 3: "safety_tier:type"},
        kept=fields("safety_tier", 2),
    ),
    typed("a map for a status", "status", [[("a", "b")]], pa.map_(pa.string(), pa.string()), {1: "status:allowed"}),
    parquet("no rows at all in Parquet", lambda rows: {}, 0, status="empty", says="no rows"),
    parquet("several row groups", lambda rows: {}, 5, how={"row_group_size": 2}, kept={5: SOUND}),
    parquet("a column that nobody knows in Parquet", lambda rows: {"new": pa.array([1] * rows)}, 2, kept={1: SOUND}),
    parquet("a file packed within Parquet with gzip", lambda rows: {}, 2, how={"compression": "gzip"}, kept={2: SOUND}),
    parquet("a file packed within Parquet with brotli", lambda rows: {}, 2, how={"compression": "brotli"}, kept={2: SOUND}),
    parquet("pages of the second version", lambda rows: {}, 2, how={"data_page_version": "2.0"}, kept={2: SOUND}),
)


def made(name: str, build: Callable[[str], bytes], rows: int, aside: dict[int, str] | None = None, **facts: Any) -> Broken:
    return Broken(name, build, rows, aside or {}, suffix=facts.pop("suffix", "parquet"), **facts)


def whole(k: str, rows: int = 2, **how: Any) -> bytes:
    return parquet_file(payments_table(k, rows), **how)


def _without(k: str, column: str) -> bytes:
    return parquet_file({name: values for name, values in payments_table(k, 2).items() if name != column})


def _renamed(k: str, names: dict[str, str]) -> bytes:
    return parquet_file({names.get(name, name): values for name, values in payments_table(k, 2).items()})


def _twice(k: str) -> bytes:
    columns = payments_table(k, 1)
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([*columns.values(), columns["payer"]], names=[*columns, "payer"]), stream)
    return stream.getvalue()


def _not_utf8(k: str) -> bytes:
    texts = pa.Array.from_buffers(pa.string(), 2, pa.array([b"B\xff", b"B7"], pa.binary()).buffers())
    return parquet_file(payments_table(k, 2, payer=texts), use_dictionary=False)


def _damaged_page(k: str) -> bytes:
    content = bytearray(whole(k, 6, row_group_size=2, compression="none", use_dictionary=False))
    place = bytes(content).index(f"{k}-3".encode())
    content[place - 4 : place + 8] = b"\xff" * 12
    return bytes(content)


def _unfolding(k: str, rows: int = 200) -> bytes:
    """One text of a megabyte, meant two hundred times."""
    order = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * (1 << 20)]))
    return parquet_file(payments_table(k, rows, order=order), compression="zstd")


NOT_KEPT = {"status": "partial", "says": "footer at its end is missing"}
DAMAGED = (
    made("a Parquet file without its end", lambda k: whole(k)[:-20], 0, **NOT_KEPT),
    made("a Parquet file without its second half", lambda k: whole(k)[: len(whole(k)) // 2], 0, **NOT_KEPT),
    made("the four bytes that announce Parquet", lambda k: b"PAR1", 0, **NOT_KEPT),
    made("the bytes that announce and end Parquet", lambda k: b"PAR1PAR1", 0, **NOT_KEPT),
    made("a Parquet file with text behind it", lambda k: whole(k) + b"\n", 0, **NOT_KEPT),
    made("an empty file that calls itself Parquet", lambda k: b"", 0, status="empty", says="no rows"),
    made(
        "a Parquet footer of nonsense",
        lambda k: b"PAR1" + b"\xff" * 64 + (60).to_bytes(4, "little") + b"PAR1",
        0,
        status="unreadable",
        says="no usable Parquet footer",
    ),
    made(
        "a Parquet footer longer than its file",
        lambda k: whole(k)[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1",
        0,
        status="unreadable",
        says="no usable Parquet footer",
    ),
    made("a Parquet file with a wrong beginning", lambda k: b"PAR2" + whole(k)[4:], 0, status="unreadable", says="no Parquet file"),
    foreign("an encrypted Parquet file", b"PARE" + b"\0" * 64 + b"PARE", "encrypted Parquet", "parquet"),
    foreign("CSV that calls itself Parquet", lambda k: three(k).encode(), "no Parquet file", "parquet"),
    foreign("a web page that calls itself Parquet", b"<html>404</html>", "a web page", "parquet"),
    made("Parquet that calls itself CSV", whole, 0, suffix="parquet.csv", status="unreadable", says="Parquet found, csv given"),
    made(
        "Parquet where the mapping says JSON Lines", whole, 0, mapping="jsonl told", status="unreadable", says="Parquet found, jsonl given"
    ),
    made("Parquet without a telling name", whole, 2, suffix="parquet_", kept={1: SOUND}),
    made(
        "a row group that is damaged",
        _damaged_page,
        6,
        {3: "unreadable", 4: "unreadable"},
        status="partial",
        says="1 of 3 row groups",
        kept={5: SOUND},
    ),
    made(
        "texts in Parquet that are no UTF-8",
        _not_utf8,
        2,
        {1: "unreadable", 2: "unreadable"},
        status="partial",
        says="row groups cannot be decoded",
    ),
    made(
        "a Parquet file without the moment",
        lambda k: _without(k, "at"),
        2,
        {1: "paid_at:required", 2: "paid_at:required"},
        says="no column at",
    ),
    made(
        "a Parquet file with another name for the payer",
        lambda k: _renamed(k, {"payer": "Payer"}),
        2,
        {1: NOTHING, 2: NOTHING},
        says="payer may be 'Payer'",
    ),
    made(
        "a Parquet file with other names throughout",
        lambda k: parquet_file({"a": [1, 2]}),
        2,
        {1: EMPTY_ROW, 2: EMPTY_ROW},
        says="no column amount",
    ),
    made("a Parquet file with a name twice", _twice, 0, status="unreadable", says="'payer' more than once"),
    made("a text that unfolds two hundred times", _unfolding, 0, status="unreadable", says="unfold past"),
    made(
        "rows that unfold without end",
        lambda k: parquet_file({"id": pa.array([None] * 20_000_000, pa.null())}),
        0,
        status="unreadable",
        says="unfold past",
    ),
)

PARQUET: tuple[Broken, ...] = (*TYPES, *DAMAGED)
