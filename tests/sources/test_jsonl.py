"""JSON Lines records: exact numbers, nested values, and lines that are no records."""

from __future__ import annotations

from pathlib import Path

from fairdeal.sources.limits import Limits
from fairdeal.sources.readers.jsonl import read_jsonl
from fairdeal.sources.reading import FileStatus
from tests.sources.making import reading_of, source


def test_values_are_the_text_that_stands_in_the_file() -> None:
    line = '{"a": 12345678901234567890.10, "b": true, "c": null, "d": {"k": [1, 2.50, "x"]}, "e": "", "f": 1e2, "g": NaN}'
    row = read_jsonl([line], None).rows.row(0, named=True)
    assert row == {
        "__line": 1,
        "a": "12345678901234567890.10",
        "b": "true",
        "c": None,
        "d": '{"k":[1,2.5,"x"]}',
        "e": None,
        "f": "1e2",
        "g": "NaN",
    }


def test_lines_that_are_no_records_are_rejected_with_their_rule(tmp_path: Path) -> None:
    lines = [
        '{"payment_id": "p1"}',
        "",
        "[1, 2]",
        "{broken",
        '{"payment_id": "a\\u0000b"}',
        '{"payment_id": "\\ud800"}',
        '{"payment_id": "a", "payment_id": "b"}',
        '{"payment_id": "' + "x" * 600 + '"}',
        '{"payment_id": ' + "[" * 100_000 + "}",
        '{"payment_id": "' + "y" * 3_000 + '"}',
        '{"payment_id": "p2"}',
    ]
    reading = reading_of(source(tmp_path, tx_jsonl="\n".join(lines) + "\n"), Limits(field_chars=500, record_chars=2_500))
    assert reading.rejected.select("__line", "rule").rows() == [
        (3, "not_an_object"),
        (4, "json"),
        (5, "nul"),
        (6, "encoding"),
        (7, "json"),
        (8, "field_size"),
        (9, "field_size"),
        (10, "field_size"),
    ]
    assert reading.raw["tx"].select("__line", "payment_id").rows() == [(1, "p1"), (11, "p2")]
    assert reading.files[0].rows_counted == 10


def test_deep_nesting_is_a_rejected_row_and_no_crash() -> None:
    content = read_jsonl(['{"a": ' + "[" * 200_000 + "\n", '{"a": 1}\n'], None)
    assert [fault.rule for fault in content.rejected] == ["json"]
    assert content.rows.height == 1


def test_a_last_line_cut_through_makes_the_file_partial(tmp_path: Path) -> None:
    reading = reading_of(source(tmp_path, tx_jsonl='{"payment_id": "p1"}\n{"payment_id": "p'))
    assert reading.files[0].status is FileStatus.PARTIAL
    assert reading.raw["tx"].height == 1
    whole = reading_of(source(tmp_path, tx_jsonl='{"payment_id": "p1"}\n{"payment_id": "p2"}'))
    assert whole.files[0].status is FileStatus.READ


def test_keys_that_come_later_are_columns_too() -> None:
    assert read_jsonl(['{"a": 1}\n{"b": 2}\n'], None).rows.rows() == [(1, "1", None), (2, None, "2")]


def test_an_array_of_objects_is_explained(tmp_path: Path) -> None:
    report = reading_of(source(tmp_path, tx_jsonl='[{"payment_id": "p1"},\n{"payment_id": "p2"}]\n')).files[0]
    assert "one JSON array" in str(report.message)
    assert report.rows_rejected == 2
