"""Files in every format, packing and encoding; and files that are not as they should be."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from fairdeal.sources.discovery import discover
from fairdeal.sources.limits import Limits
from fairdeal.sources.reading import FileStatus, read
from tests.sources.making import HEADER, PAYMENTS, packed, parquet, reading_of, source

ROWS = [("p1", "张三", "1.00"), ("p2", "李四光", "2.50")]
CSV = HEADER + "".join(",".join(row) + "\n" for row in ROWS)
JSONL = "".join(f'{{"payment_id": "{a}", "payer_id": "{b}", "amount": {c}}}\n' for a, b, c in ROWS)


@pytest.mark.parametrize("how", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(("name", "text"), [("tx_csv", CSV), ("tx_jsonl", JSONL), ("tx", CSV), ("tx", JSONL)])
def test_text_is_read_whatever_its_encoding_and_packing(tmp_path: Path, how: str, encoding: str, name: str, text: str) -> None:
    reading = reading_of(source(tmp_path, **{name: packed(text.encode(encoding), how)}))
    assert reading.files[0].status is FileStatus.READ
    assert reading.raw["tx"].select("payment_id", "payer_id", "amount").rows() == ROWS


@pytest.mark.parametrize("how", ["none", "gzip", "zstd"])
def test_parquet_is_read_whatever_its_packing(tmp_path: Path, how: str) -> None:
    frame = pl.DataFrame({"payment_id": [7, 8, 9], "payer_id": ["a", None, "c"], "amount": [0.29, 1.0, 2.5], "other": [1, 2, 3]})
    reading = reading_of(source(tmp_path, tx_parquet=packed(parquet(frame, 2), how)))
    assert reading.raw["tx"].select("__file", "__line", "payment_id").rows() == [
        ("tx.parquet", 1, 7),
        ("tx.parquet", 2, 8),
        ("tx.parquet", 3, 9),
    ]
    assert "other" not in reading.raw["tx"].columns
    assert (reading.files[0].rows_counted, reading.files[0].rows_read) == (3, 3)


def test_several_members_and_padding_of_gzip_are_one_file(tmp_path: Path) -> None:
    content = gzip.compress(HEADER.encode()) + gzip.compress(b"p1,a,1\n") + b"\0" * 512
    assert reading_of(source(tmp_path, tx_csv_gz=content)).raw["tx"].height == 1


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_truncated_packed_file_is_partial_and_keeps_what_was_readable(tmp_path: Path, how: str) -> None:
    text = HEADER + "".join(f"p{n},payer {n * 7919 % 1000},{n}.25\n" for n in range(60_000))
    whole = packed(text.encode(), how)
    reading = reading_of(source(tmp_path, tx_csv=whole[: len(whole) * 2 // 3]))
    report = reading.files[0]
    assert report.status is FileStatus.PARTIAL
    assert 10_000 < report.rows_read < 60_000
    assert report.rows_counted == report.rows_read + report.rows_rejected
    last = reading.raw["tx"].row(-1, named=True)
    assert text.splitlines()[last["__line"] - 1] == f"{last['payment_id']},{last['payer_id']},{last['amount']}"
    assert reading.rejected.get_column("rule").to_list() in ([], ["truncated"])


def test_the_value_that_a_cut_runs_through_is_not_believed(tmp_path: Path) -> None:
    whole = gzip.compress((HEADER + "p1,a,1.00\np2,b,123456").encode())
    reading = reading_of(source(tmp_path, tx_csv=whole[:-8]))
    assert reading.raw["tx"].get_column("payment_id").to_list() == ["p1"]
    assert reading.rejected.select("__line", "rule").rows() == [(3, "truncated")]


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_damaged_packed_file_is_unreadable_and_the_rest_goes_on(tmp_path: Path, how: str) -> None:
    damaged = bytearray(packed((CSV * 500).encode("utf-8"), how))
    damaged[12:20] = b"\xff" * 8
    reading = reading_of(source(tmp_path, tx1_csv=bytes(damaged), tx2_csv=CSV))
    assert [report.status for report in reading.files] == [FileStatus.UNREADABLE, FileStatus.READ]
    assert "tx1.csv" in str(reading.files[0].message)
    assert reading.raw["tx"].height == 2


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_bomb_is_refused(tmp_path: Path, how: str) -> None:
    bomb = packed(b"0" * 20_000_000, how)
    reading = reading_of(source(tmp_path, tx_csv=bomb), Limits(bomb_bytes=1_000_000))
    assert reading.files[0].status is FileStatus.UNREADABLE
    assert "grow past" in str(reading.files[0].message)


def test_a_parquet_file_that_unfolds_too_far_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"payment_id": ["a"], "payer_id": ["b"], "amount": [1.0]}).sample(500_000, with_replacement=True)
    reading = reading_of(source(tmp_path, tx_parquet=parquet(frame)), Limits(bomb_bytes=1_000_000))
    assert reading.files[0].status is FileStatus.UNREADABLE


def test_absent_empty_partial_and_unreadable_are_different_things(tmp_path: Path) -> None:
    mapping = source(
        tmp_path,
        PAYMENTS + '[files.none]\npath = "none*"\n',
        tx1_csv="",
        tx2_csv=HEADER,
        tx3_jsonl='{"payment_id": "a"}\n{"pay',
        tx4_parquet=b"PAR1",
    )
    discovery = discover(mapping)
    assert discovery.absent == ("none",)
    reading = read(mapping, discovery.all)
    assert [report.status for report in reading.files] == [FileStatus.EMPTY, FileStatus.EMPTY, FileStatus.PARTIAL, FileStatus.PARTIAL]
    assert reading.raw["none"].height == 0
    assert reading.raw["tx"].height == 1


def test_a_truncated_parquet_file_is_partial_with_nothing_kept(tmp_path: Path) -> None:
    whole = parquet(pl.DataFrame({"payment_id": ["a"] * 1000, "payer_id": ["b"] * 1000, "amount": [1.0] * 1000}))
    report = reading_of(source(tmp_path, tx_parquet=whole[:-20])).files[0]
    assert (report.status, report.rows_counted) == (FileStatus.PARTIAL, 0)


def test_rows_of_a_damaged_row_group_are_rejected_one_by_one(tmp_path: Path) -> None:
    frame = pl.DataFrame({"payment_id": [f"p{n}" for n in range(3000)], "payer_id": ["b"] * 3000, "amount": [1.0] * 3000})
    whole = bytearray(parquet(frame, 1000))
    place = bytes(whole).index(b"p0")
    whole[place + 10 : place + 200] = b"\xff" * 190
    reading = reading_of(source(tmp_path, tx_parquet=bytes(whole)))
    report = reading.files[0]
    assert (report.status, report.rows_counted, report.rows_read, report.rows_rejected) == (FileStatus.PARTIAL, 3000, 2000, 1000)
    assert reading.rejected.get_column("__line").to_list() == list(range(1, 1001))


def test_other_encodings_formats_and_packings_are_told(tmp_path: Path) -> None:
    mapping = source(
        tmp_path,
        PAYMENTS.replace('path = "tx*"', 'path = "tx*"\nformat = "csv"'),
        tx1_csv=CSV.encode("utf-16"),
        tx2_csv=parquet(pl.DataFrame({"a": [1]})),
    )
    messages = [str(report.message) for report in reading_of(mapping).files]
    assert "UTF-16" in messages[0]
    assert "Parquet found" in messages[1]
    mapping = source(tmp_path, PAYMENTS.replace('path = "tx*"', 'path = "tx1*"\ncompression = "gzip"'))
    assert "none found, gzip given" in str(reading_of(mapping).files[0].message)


def test_a_file_that_changed_since_it_was_found_is_not_read(tmp_path: Path) -> None:
    mapping = source(tmp_path, tx_csv=CSV)
    files = discover(mapping).all
    (tmp_path / "tx.csv").write_text(CSV + "p3,c,3\n", encoding="utf-8")
    report = read(mapping, files).files[0]
    assert report.status is FileStatus.UNREADABLE
    assert "changed since" in str(report.message)


def test_files_are_found_sorted_with_their_digest(tmp_path: Path) -> None:
    (tmp_path / "tx").mkdir()
    mapping = source(tmp_path, PAYMENTS.replace("tx*", "**/*.csv"), b_csv=CSV, a_csv=CSV + "p3,c,3\n")
    (tmp_path / "tx" / "c.csv").write_text(CSV, encoding="utf-8")
    files = discover(mapping).files["tx"]
    assert [file.path for file in files] == ["a.csv", "b.csv", "tx/c.csv"]
    assert files[1].sha256 == files[2].sha256 != files[0].sha256
    assert files[1].size == len(CSV.encode())


def test_a_value_depends_on_its_own_file_only(tmp_path: Path) -> None:
    whole = pl.DataFrame({"payment_id": [17850], "payer_id": ["a"], "amount": [1]})
    broken = whole.with_columns(pl.col("payment_id").cast(pl.Float64))
    mapping = source(tmp_path, tx1_parquet=parquet(whole), tx2_parquet=parquet(broken))
    assert reading_of(mapping).raw["tx"].get_column("payment_id").to_list() == ["17850", "17850.0"]


def test_nested_and_wide_types_become_plain(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"payment_id": [[1, 2], None], "payer_id": [b"a\xff", b"b"], "amount": [2**63 + 1, 1]},
        schema={"payment_id": pl.List(pl.Int64), "payer_id": pl.Binary, "amount": pl.UInt64},
    )
    rows = reading_of(source(tmp_path, tx_parquet=parquet(frame))).raw["tx"]
    assert rows.select("payment_id", "payer_id", "amount").rows() == [("[1,2]", "a\\xff", "9223372036854775809"), (None, "b", "1")]
