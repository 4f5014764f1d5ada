"""CSV records: quoting, line numbers, and rows that are no rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairdeal.sources.limits import Limits
from fairdeal.sources.readers.csv import detect_delimiter, read_csv
from fairdeal.sources.reading import FileStatus, Reading
from tests.sources.making import HEADER, PAYMENTS, reading_of, source


def rejected(reading: Reading) -> list[tuple[object, ...]]:
    return reading.rejected.select("__line", "column", "rule", "value").rows()


def test_a_quoted_line_break_counts_as_a_line_and_not_as_a_row(tmp_path: Path) -> None:
    text = HEADER + 'p1,"two\nlines ""quoted""",1\n\np2,"a\r\nb\rc",2\np3,plain,3'
    reading = reading_of(source(tmp_path, tx_csv=text))
    assert reading.raw["tx"].select("__line", "payer_id").rows() == [(2, 'two\nlines "quoted"'), (5, "a\r\nb\rc"), (8, "plain")]
    assert reading.files[0].rows_counted == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(tmp_path: Path, end: str) -> None:
    reading = reading_of(source(tmp_path, tx_csv=(HEADER + "p1,a,1\np2,b,2\n").replace("\n", end).encode()))
    assert reading.raw["tx"].get_column("__line").to_list() == [2, 3]


def test_ragged_rows_are_rejected_and_the_rest_stays(tmp_path: Path) -> None:
    reading = reading_of(source(tmp_path, tx_csv=HEADER + "p1,a\np2,b,2\np3,c,3,4\n"))
    assert rejected(reading) == [(2, None, "columns", "p1,a"), (4, None, "columns", "p3,c,3,4")]
    assert reading.raw["tx"].get_column("payment_id").to_list() == ["p2"]


def test_a_line_with_undecodable_bytes_is_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    body = HEADER.encode() + "p1,张三,1\n".encode() + b"p2,\xff\xfe,2\n" + "p3,李四,3\n".encode()
    reading = reading_of(source(tmp_path, tx_csv=body))
    assert rejected(reading) == [(3, "payer_id", "encoding", "\\xff\\xfe")]
    assert reading.raw["tx"].get_column("payer_id").to_list() == ["张三", "李四"]


def test_a_given_encoding_is_not_guessed_at(tmp_path: Path) -> None:
    toml = PAYMENTS.replace('path = "tx*"', 'path = "tx*"\nencoding = "utf-8"')
    reading = reading_of(source(tmp_path, toml, tx_csv=(HEADER + "p1,张三,1\n").encode("gb18030")))
    assert reading.rejected.get_column("rule").to_list() == ["encoding"]


def test_a_nul_and_an_oversized_value_are_rejected(tmp_path: Path) -> None:
    text = HEADER + "p1,a\0b,1\n" + f"p2,{'x' * 600},2\n" + "p3,c,3\n"
    reading = reading_of(source(tmp_path, tx_csv=text), Limits(field_chars=500, record_chars=2_000))
    assert [row[:3] for row in rejected(reading)] == [(2, "payer_id", "nul"), (3, "payer_id", "field_size")]
    assert reading.raw["tx"].get_column("payment_id").to_list() == ["p3"]


def test_a_quote_that_never_closes_costs_a_bounded_part(tmp_path: Path) -> None:
    text = HEADER + 'p1,"open,1\n' + "".join(f"p{n},x,1\n" for n in range(2, 1000))
    reading = reading_of(source(tmp_path, tx_csv=text), Limits(field_chars=500, record_chars=2_000))
    report = reading.files[0]
    assert rejected(reading)[0][:3] == (2, None, "field_size")
    assert 700 < report.rows_read < 850
    assert report.rows_counted == report.rows_read + 1
    assert "stray quote" in str(report.message)


def test_a_quote_open_at_the_end_makes_the_file_partial(tmp_path: Path) -> None:
    reading = reading_of(source(tmp_path, tx_csv=HEADER + 'p1,a,1\np2,"b,2\np3,c,3\n'))
    assert reading.files[0].status is FileStatus.PARTIAL
    assert [row[:3] for row in rejected(reading)] == [(3, None, "truncated")]
    assert reading.raw["tx"].height == 1


def test_a_last_line_that_ends_too_early_makes_the_file_partial(tmp_path: Path) -> None:
    reading = reading_of(source(tmp_path, tx_csv=HEADER + "p1,a,1\np2,b"))
    assert reading.files[0].status is FileStatus.PARTIAL


def test_a_wanted_name_twice_in_the_header_is_refused_another_is_not(tmp_path: Path) -> None:
    first = reading_of(source(tmp_path, tx_csv="payment_id,payer_id,amount,amount\np1,a,1,2\n")).files[0]
    assert first.status is FileStatus.UNREADABLE
    assert "'amount' more than once" in str(first.message)
    second = reading_of(source(tmp_path, tx_csv="payment_id,payer_id,amount,note,note\np1,a,1,2,3\n"))
    assert second.files[0].status is FileStatus.READ
    assert second.raw["tx"].row(0)[2:] == ("p1", "a", "1") or second.raw["tx"].width == 5


def test_a_missing_header_is_told(tmp_path: Path) -> None:
    report = reading_of(source(tmp_path, tx_csv="p1,a,1\np2,b,2\n")).files[0]
    assert report.status is FileStatus.UNREADABLE
    assert "header" in str(report.message)


def test_a_missing_column_is_null_and_told(tmp_path: Path) -> None:
    reading = reading_of(source(tmp_path, tx1_csv="payment_id,amount\np1,1\n", tx2_csv=HEADER + "p2,b,2\n"))
    assert reading.raw["tx"].sort("__file").get_column("payer_id").to_list() == [None, "b"]
    assert reading.files[0].missing == ("payer_id",)


@pytest.mark.parametrize(("header", "delimiter"), [("a,b;c,d", ","), ("a\tb\tc", "\t"), ('"a,b";c;d', ";"), ("a|b", "|"), ("alone", ",")])
def test_the_delimiter_is_seen_outside_quotes(header: str, delimiter: str) -> None:
    assert detect_delimiter(f"\n{header}\n1;2,3\n") == delimiter


def test_columns_named_like_our_own_are_left_out() -> None:
    content = read_csv(["__line,a\n7,1\n"], None, None)
    assert content.rows.rows() == [(2, "1")]


def test_pieces_may_end_anywhere() -> None:
    text = 'id,text\r\n1,"a\r\nb"\r\n2,c\r\n'
    whole = read_csv([text], None, None)
    for size in (1, 2, 3, 7):
        parts = read_csv([text[at : at + size] for at in range(0, len(text), size)], None, None)
        assert parts.rows.equals(whole.rows)
        assert parts.counted == whole.counted == 2
