"""Provider files: one file per table and day, in the formats that providers really send, broken rows included."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from fairdeal.simulator.chance import Ints
from fairdeal.simulator.clock import Period
from fairdeal.simulator.defects import Broken, Defect, broken_rows

Row = dict[str, object]
Encode = Callable[[np.random.Generator, pl.DataFrame, list[Row]], bytes]


@dataclass(frozen=True)
class Provider:
    """How one table is sent.

    Parameters
    ----------
    table
        One of our tables.
    file
        Path below the output folder; ``{day}`` stands for the ISO day.
    key
        Provider's column of the row's id, and the kind of token it holds.
    encode
        From the day's sound rows and broken rows to bytes, rows shuffled.
    defects
        The ways in which this provider's rows break.
    """

    table: str
    file: str
    key: tuple[str, str]
    encode: Encode
    defects: tuple[Defect, ...]


@dataclass
class Written:
    """What was written: rows per table, and broken rows per table and kind."""

    rows: dict[str, int] = field(default_factory=dict)
    defects: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, table: str, rows: int, kinds: list[str]) -> None:
        self.rows[table] = self.rows.get(table, 0) + rows
        planted = self.defects.setdefault(table, {})
        for kind in kinds:
            planted[kind] = planted.get(kind, 0) + 1


def write_days(
    out: Path, provider: Provider, rows: pl.DataFrame, day: Ints, period: Period, rng: np.random.Generator, seed: int, written: Written
) -> None:
    """One file per day of the period, those without rows included.

    ``rows`` stand in the order of `shuffled_days`, ``day`` is the number of each row's day.
    """
    edges = np.searchsorted(day, np.arange(period.days + 1))
    for number, of_day in enumerate(period.dates()):
        write_file(out, provider, rows[int(edges[number]) : int(edges[number + 1])], of_day, rng, seed, written)


def shuffled_days(rng: np.random.Generator, day: Ints) -> Ints:
    """Row numbers by day, at random within a day, so that the order of a file's rows says nothing."""
    return np.argsort(day + 0.999 * rng.random(len(day))).astype(np.int64)


def write_file(
    out: Path, provider: Provider, rows: pl.DataFrame, day: date | None, rng: np.random.Generator, seed: int, written: Written
) -> None:
    """One file of one provider."""
    planted = written.defects.get(provider.table, {})
    broken = broken_rows(rng, rows, provider.defects, provider.key, seed, sum(planted.values()))
    path = out / provider.file.format(day=day)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(provider.encode(rng, rows, [row for _, row in broken]))
    written.count(provider.table, rows.height + len(broken), [kind for kind, _ in broken])


def _shuffled(rng: np.random.Generator, rows: pl.DataFrame, broken: list[Row]) -> pl.DataFrame:
    """Sound rows with the broken ones among them, of a table whose types can hold both."""
    if not broken:
        return rows
    odd, edges = pl.DataFrame(broken, schema=rows.schema), np.sort(rng.integers(0, rows.height + 1, len(broken)))
    parts, done = list[pl.DataFrame](), 0
    for number, edge in enumerate(edges):
        parts += [rows[done : int(edge)], odd[number : number + 1]]
        done = int(edge)
    return pl.concat([*parts, rows[done:]], rechunk=False)


def csv_file(
    *, encoding: str = "utf-8", bom: bool = False, delimiter: str = ",", compress: Callable[[bytes], bytes] | None = None
) -> Encode:
    """A CSV file with a header."""

    def encode(rng: np.random.Generator, rows: pl.DataFrame, broken: list[Row]) -> bytes:
        buffer = io.BytesIO()
        _shuffled(rng, rows, broken).write_csv(buffer, include_bom=bom, separator=delimiter, line_terminator="\n")
        content = buffer.getvalue()
        if encoding != "utf-8":
            content = content.decode().encode(encoding)
        return compress(content) if compress is not None else content

    return encode


def json_lines_file(*, compress: Callable[[bytes], bytes] | None = None) -> Encode:
    """A JSON Lines file; a broken row may hold text where the others hold a number."""

    def encode(rng: np.random.Generator, rows: pl.DataFrame, broken: list[Row]) -> bytes:
        content = rows.write_ndjson().encode()
        if broken:
            lines = content.splitlines(keepends=True)
            for row in broken:
                lines.insert(
                    int(rng.integers(0, len(lines) + 1)), (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
                )
            content = b"".join(lines)
        return compress(content) if compress is not None else content

    return encode


def parquet_file() -> Encode:
    """A Parquet file; broken rows keep the columns' types."""

    def encode(rng: np.random.Generator, rows: pl.DataFrame, broken: list[Row]) -> bytes:
        buffer = io.BytesIO()
        _shuffled(rng, rows, broken).write_parquet(buffer, compression="zstd", compression_level=1)
        return buffer.getvalue()

    return encode


def gzipped(content: bytes) -> bytes:
    """Gzip without the moment of writing, so that the same content gives the same bytes."""
    return gzip.compress(content, compresslevel=1, mtime=0)


def zstandard(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec="zstd", asbytes=True)
    return packed


TWICE = Defect("duplicated_row")


def _missing(column: str) -> Defect:
    return Defect("missing_key", column, (None,))


def _amount(column: str, *values: Broken) -> Defect:
    return Defect("wrong_amount", column, values or ("一百二十", "N/A", "12.3.4", "￥"))


def _time(column: str, *values: Broken) -> Defect:
    return Defect("impossible_time", column, values or ("2026-02-30 10:00:00", "2026-01-05 25:61:00", "0000-00-00 00:00:00"))


PROVIDERS: dict[str, Provider] = {
    provider.table: provider
    for provider in (
        Provider(
            "orders",
            "orders/orders-{day}.csv",
            ("OrderNo", "order"),
            csv_file(bom=True),
            (_amount("TotalAmount"), _missing("OrderNo"), _missing("BuyerNo"), _time("OrderTime"), TWICE),
        ),
        Provider(
            "payments",
            "payments/payments-{day}.jsonl.zst",
            ("pay_id", "payment"),
            json_lines_file(compress=zstandard),
            (
                _amount("amount_fen", "1O00", "N/A", -500),
                _missing("pay_id"),
                _missing("payee"),
                _time("ts", 0, 99_999_999_999_999, "yesterday"),
                Defect("unknown_status", "status", ("??", "TIMEOUT_7")),
                TWICE,
            ),
        ),
        Provider(
            "refunds",
            "refunds/refunds-{day}.csv",
            ("退款单号", "refund"),
            csv_file(encoding="gb18030"),
            (_amount("退款金额"), _missing("订单号"), _time("申请时间", "2026/13/01 08:00:00", "昨天"), TWICE),
        ),
        Provider(
            "reviews",
            "reviews/reviews-{day}.jsonl",
            ("id", "review"),
            json_lines_file(),
            (_missing("user"), _time("posted", "2026-02-30T10:00:00", "刚刚"), Defect("impossible_rating", "stars", (99, "五星")), TWICE),
        ),
        Provider(
            "shipments",
            "shipments/shipments-{day}.parquet",
            ("parcel_no", "shipment"),
            parquet_file(),
            (_missing("order_no"), Defect("impossible_weight", "weight_gram", (-1, 999_999_999_999)), _missing("picked_up"), TWICE),
        ),
        Provider(
            "account_events",
            "account_events/account_events-{day}.csv.zst",
            ("eid", "event"),
            csv_file(compress=zstandard),
            (_missing("uid"), _time("ts", "-1", "1e99"), Defect("unknown_status", "what", ("??", "LOGIN_MAYBE")), TWICE),
        ),
        Provider(
            "labels",
            "reports/reports-{day}.csv.gz",
            ("编号", "payment"),
            csv_file(delimiter=";", compress=gzipped),
            (_missing("编号"), Defect("unknown_status", "对象", ("商品",)), _time("得知时间"), TWICE),
        ),
        Provider("merchants", "merchants.csv", ("mch_id", "merchant"), csv_file(), (_time("joined"), TWICE)),
        Provider("buyers", "buyers.csv", ("uid", "buyer"), csv_file(), (_missing("uid"), _time("joined"), TWICE)),
        Provider("listings", "listings.csv", ("item_id", "listing"), csv_file(), (_amount("price"), _missing("item_id"), TWICE)),
    )
}
