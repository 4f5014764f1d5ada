"""The count that knows no parser agrees with the parser on everything."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.sources import reading
from fairdeal.sources.counting import CsvCount, LineCount
from fairdeal.sources.limits import Limits
from fairdeal.sources.readers.csv import read_csv
from fairdeal.sources.readers.jsonl import read_jsonl
from tests.sources.making import HEADER, reading_of, source

ANY_TEXT = st.text(alphabet=st.sampled_from('a1",;\n\r\t 中\0'), max_size=60)


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(st.text(alphabet=st.sampled_from('ab",\n\r ;中')), min_size=2, max_size=2), max_size=20),
    cuts=st.integers(1, 9),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_every_written_row_is_counted_and_read(rows: list[list[str]], cuts: int, quoting: int) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting).writerows([["first", "second"], *rows])  # type: ignore[arg-type]
    text = stream.getvalue()
    content = read_csv([text[at : at + cuts] for at in range(0, len(text), cuts)], ",", None)
    assert content.counted == content.rows.height == len(rows)
    assert content.rows.drop("__line").rows() == [tuple(value or None for value in row) for row in rows]


@settings(max_examples=400, deadline=None)
@given(text=ANY_TEXT, cuts=st.integers(1, 12), limit=st.sampled_from([5, 20, 1000]))
def test_any_text_is_conserved(text: str, cuts: int, limit: int) -> None:
    limits = Limits(field_chars=limit, record_chars=limit)
    pieces = [piece for at in range(0, len(text), cuts) if (piece := text[at : at + cuts])]
    content = read_csv(["x,y\n", *pieces], ",", None, limits=limits)
    assert content.counted == content.rows.height + len(content.rejected)
    lines = read_jsonl(pieces, None, limits=limits)
    assert lines.counted == lines.rows.height + len(lines.rejected)


def test_counts_by_hand() -> None:
    for text, records in (
        ("", 0),
        ("\n\n", 0),
        ("a", 1),
        ('"a\n\n"\nb\n', 2),
        ('a"b\nc\n', 2),
        ('"a""\n"\n', 1),
        ('"a"x"\nb', 2),
        ('x,"\n",y\n', 1),
    ):
        count = CsvCount(",")
        count.add(text)
        assert count.finish() == records, text
    count = LineCount()
    count.add("{}\n \t\r\n{}\n[")
    assert count.finish() == 3


def test_a_reader_that_loses_a_row_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = reading.read_csv

    def losing(*arguments: object) -> object:
        content = honest(*arguments)  # type: ignore[arg-type]
        content.rows = content.rows.head(1)
        return content

    monkeypatch.setattr(reading, "read_csv", losing)
    with pytest.raises(ContractBreach, match="2 rows counted, 1 read and 0 rejected"):
        reading_of(source(tmp_path, tx_csv=HEADER + "p1,a,1\np2,b,2\n"))
