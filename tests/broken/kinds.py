"""One kind of broken input, and the small builders that most kinds are made with."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

#: Columns of the bank's files, in their order.
FIELDS = ("id", "payer", "payee", "at", "amount", "currency", "card", "status", "tier", "weak", "changed", "shown", "order")
HEADER = ",".join(FIELDS)

BANK = """
[source]
name = "bank"
time_zone = "Asia/Shanghai"

[files.tx]
path = "in/*"

[payments]
from = "tx"
payment_id = "id"
payer_id = "payer"
payee_id = "payee"
paid_at = "at"
amount_minor = { column = "amount", decimal = 2 }
currency = "currency"
instrument_id = "card"
status = "status"
safety_tier = "tier"
is_weak_credential = "weak"
updated_at = "changed"
shown_amount_minor = { column = "shown", decimal = 2 }
order_id = "order"
"""

REVIEWS = """
[source]
name = "reviews"
time_zone = "Asia/Shanghai"

[files.posts]
path = "in/*"

[reviews]
from = "posts"
review_id = "id"
reviewer_id = "user"
subject_id = "shop"
posted_at = "at"
rating = "stars"
text = "words"
is_follow_up = "again"
"""
POSTS = ("id", "user", "shop", "at", "stars", "words", "again")

#: What is changed in the bank's mapping for some kinds.
VARIANTS: dict[str, tuple[str, str]] = {
    "bank": ("", ""),
    "semicolons told": ('path = "in/*"', 'path = "in/*"\ndelimiter = ";"'),
    "control-a told": ('path = "in/*"', 'path = "in/*"\ndelimiter = "\\u0001"'),
    "gb18030 told": ('path = "in/*"', 'path = "in/*"\nencoding = "gb18030"'),
    "utf-8 told": ('path = "in/*"', 'path = "in/*"\nencoding = "utf-8"'),
    "gzip told": ('path = "in/*"', 'path = "in/*"\ncompression = "gzip"'),
    "csv told": ('path = "in/*"', 'path = "in/*"\nformat = "csv"'),
    "jsonl told": ('path = "in/*"', 'path = "in/*"\nformat = "jsonl"'),
    "parquet told": ('path = "in/*"', 'path = "in/*"\nformat = "parquet"'),
    "milliseconds": ('paid_at = "at"', 'paid_at = { column = "at", unit = "ms" }'),
    "seconds": ('paid_at = "at"', 'paid_at = { column = "at", unit = "s" }'),
    "day first": ('paid_at = "at"', 'paid_at = { column = "at", format = "%d/%m/%Y %H:%M" }'),
    "chinese date": ('paid_at = "at"', 'paid_at = { column = "at", format = "%Y年%m月%d日" }'),
    "london": ('time_zone = "Asia/Shanghai"', 'time_zone = "Europe/London"'),
    "yuan words": ('currency = "currency"', 'currency = { column = "currency", values = { RMB = "CNY", "￥" = "CNY", "元" = "CNY" } }'),
    "minor units": ('{ column = "amount", decimal = 2 }', '"amount"'),
    "decimals by currency": ("decimal = 2 }\ncurrency", 'decimal = "currency" }\ncurrency'),
    "three decimals": ('{ column = "amount", decimal = 2 }', '{ column = "amount", decimal = 3 }'),
}


@dataclass(frozen=True)
class Broken:
    """One kind of broken input.

    Parameters
    ----------
    name
        A sentence.
    build
        The file's bytes, given a prefix for the ids in it, so that no two kinds share a key.
    rows
        Records in the file, known from how it is made.
    aside
        Line to the rules that its row breaks, separated by blanks; every other row must be accepted.
    kept
        Line to some of the values that the accepted row must have, exactly.
    suffix
        Of the file's name.
    status, says
        What becomes of the file, and a pattern in its message.
    mapping
        Name of the variant of the bank's mapping, or ``reviews``.
    alone
        A column whose type is odd: such a file is delivered without others, since columns of one name and several types become text, and
        with no optional column but that.
    """

    name: str
    build: Callable[[str], bytes]
    rows: int
    aside: Mapping[int, str] = field(default_factory=dict)
    kept: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    suffix: str = "csv"
    status: str = "read"
    says: str = ""
    mapping: str = "bank"
    alone: str = ""


def mapping_text(kind: Broken) -> str:
    """The mapping that a kind is delivered with."""
    if kind.mapping == "reviews":
        return REVIEWS
    old, new = VARIANTS[kind.mapping]
    assert old in BANK
    lines = BANK.replace(old, new).splitlines()
    optional = FIELDS[6:] if kind.alone else ()
    return "\n".join(line for line in lines if not any(f'"{name}"' in line for name in optional if name != kind.alone)) + "\n"


def sound(k: str, n: int, **other: Any) -> dict[str, Any]:
    """A sound payment, some columns of it otherwise."""
    row = {
        "id": f"{k}-{n}",
        "payer": "B1",
        "payee": "M1",
        "at": "2026-01-02 12:00:00",
        "amount": "10.00",
        "currency": "CNY",
        "card": "T1",
        "status": "approved",
        "tier": "2",
        "weak": "no",
        "changed": "",
        "shown": "",
        "order": "",
    }
    return {**row, **other}


#: What every sound row becomes.
SOUND = {"amount_minor": 1000, "paid_at": datetime(2026, 1, 2, 4, tzinfo=UTC), "currency": "CNY", "status": "approved", "payer_id": "B1"}


def line(k: str, n: int, **other: Any) -> str:
    """A sound payment as a CSV line without its end; values stand as they are given."""
    return ",".join(str(value) for value in sound(k, n, **other).values())


def table(rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Rows as CSV with a header, written by the standard library."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def value(
    name: str, column: str, text: str, /, aside: str = "", mapping: str = "bank", at: str = "", amount: str = "", **kept: Any
) -> Broken:
    """A CSV file of three rows whose second has ``text`` in ``column``; ``at`` and ``amount`` are how the sound rows write theirs."""
    other = ({"at": at} if at else {}) | ({"amount": amount} if amount else {})

    def build(k: str) -> bytes:
        return table([sound(k, 1, **other), sound(k, 2, **{**other, column: text}), sound(k, 3, **other)]).encode()

    return Broken(name, build, 3, {3: aside} if aside else {}, {} if aside else {3: kept}, mapping=mapping)


def post(name: str, column: str, text: str, /, aside: str = "", **kept: Any) -> Broken:
    """A CSV file of three reviews whose second has ``text`` in ``column``."""

    def build(k: str) -> bytes:
        row = {"id": "", "user": "U1", "shop": "M1", "at": "2026-01-02 12:00:00", "stars": "5", "words": "很好", "again": "否"}
        rows = [{**row, "id": f"{k}-{n}"} for n in range(3)]
        rows[1][column] = text
        return table(rows).encode()

    return Broken(name, build, 3, {3: aside} if aside else {}, {} if aside else {3: kept}, mapping="reviews")


def text(name: str, template: Callable[[str], str], rows: int, aside: Mapping[int, str] | None = None, **facts: Any) -> Broken:
    """A CSV file given as text."""
    return Broken(name, lambda k: template(k).encode(), rows, aside or {}, **facts)


def json_line(k: str, n: int, **other: Any) -> str:
    """A sound payment as one JSON object."""
    return json.dumps({name: found or None for name, found in sound(k, n, **other).items()}, ensure_ascii=False)


def json_value(name: str, column: str, written: str, aside: str = "", mapping: str = "bank", **kept: Any) -> Broken:
    """A JSON Lines file of three rows whose second has a literal in ``column``."""

    def build(k: str) -> bytes:
        middle = json_line(k, 2, **{column: "@"}).replace('"@"', written)
        return f"{json_line(k, 1)}\n{middle}\n{json_line(k, 3)}\n".encode()

    return Broken(name, build, 3, {2: aside} if aside else {}, {} if aside else {2: kept}, suffix="jsonl", mapping=mapping)


def parquet_file(columns: Mapping[str, Any], **how: Any) -> bytes:
    """Columns as a Parquet file; those of a sound row where one is not given, lengths by the longest."""
    stream = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), stream, **how)
    return stream.getvalue()


def payments_table(k: str, rows: int, **columns: Any) -> dict[str, Any]:
    """Columns of sound payments for a Parquet file, some of them otherwise."""
    made: dict[str, Any] = {name: [sound(k, n)[name] or None for n in range(1, rows + 1)] for name in FIELDS}
    return {**{name: pa.array(values, pa.string()) for name, values in made.items()}, **columns}


def parquet(
    name: str, columns: Callable[[int], Mapping[str, Any]], rows: int, aside: Mapping[int, str] | None = None, **facts: Any
) -> Broken:
    """A Parquet file of sound payments with some columns otherwise."""
    how = facts.pop("how", {})
    return Broken(
        name, lambda k: parquet_file(payments_table(k, rows, **columns(rows)), **how), rows, aside or {}, suffix="parquet", **facts
    )


def packed(kind: Broken, how: str) -> Broken:
    """The same file packed."""
    suffix = {"gzip": "gz", "zstd": "zst"}[how]
    return replace(kind, name=f"{kind.name}, packed with {how}", build=lambda k: pack(kind.build(k), how), suffix=f"{kind.suffix}.{suffix}")


def pack(content: bytes, how: str) -> bytes:
    """Content packed."""
    if how == "gzip":
        return gzip.compress(content, mtime=0)
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))
