from __future__ import annotations

import csv
import io
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.control_center.records import REASON_PARTS
from fairdeal.control_center.rendering import render_csv, render_jsonl
from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.feed import FEED
from fairdeal.data_contracts.spreadsheets import harmless
from tests.control_center.feeds import good_measures, measure, reason, records_of

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "-2+3+cmd|' /C calc'!A0",
    '=WEBSERVICE("http://x")',
    '=IMPORTXML(CONCAT("http://x"),"//a")',
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "−1",
]
LEADS = [
    "",
    " ",
    "   ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\u3000",
    "\u00a0",
    "\ufeff",
    "\u200b",
    '"',
    "'",
    "x\n",
    "x\r\n",
    "x; ",
    "x;",
    'x;"',
    "x;\u3000",
]
PAYLOADS = [lead + formula for lead in LEADS for formula in FORMULAS]


def looks_like_a_formula(cell: str) -> bool:
    """The scanner: what a spreadsheet could take for a formula once it has skipped what it skips."""
    visible = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff\u00ad\"]+", "", cell)
    return bool(visible) and (unicodedata.normalize("NFKC", visible)[0] in "=+-@−" or cell[0] in "\t\r\n")


def cells(document: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(document.decode("utf-8-sig"), newline="")))


def test_there_are_more_than_200_payloads() -> None:
    assert len(set(PAYLOADS)) > 200


@pytest.mark.parametrize("column", ["text_zh", "text_en"])
def test_no_reason_becomes_a_formula(column: str) -> None:
    for payload in PAYLOADS:
        other = {"text_zh": "x", "text_en": "y", column: payload}
        row = cells(render_csv(records_of(measure(reasons=[reason(**other)]))))[1]
        assert not any(map(looks_like_a_formula, row)), payload


@pytest.mark.parametrize("column", ["subject_token", "model_version", "case_id", "appeal_text_key"])
def test_no_other_text_becomes_a_formula(column: str) -> None:
    record = records_of(measure(case_id="c"))[0]
    for payload in PAYLOADS:
        row = cells(render_csv([{**record, column: payload}]))[1]
        assert not any(map(looks_like_a_formula, row)), payload


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_after_a_semicolon_becomes_a_formula_where_that_separates_cells(payload: str) -> None:
    assert not any(map(looks_like_a_formula, harmless(payload).split(";"))), harmless(payload)


def test_the_scanner_finds_the_payloads_when_nothing_is_done() -> None:
    assert all(looks_like_a_formula(lead + formula) for lead in ("", " ", "\t", "\u3000") for formula in FORMULAS)


@given(st.text())
def test_no_text_at_all_becomes_a_formula_or_a_second_line(text: str) -> None:
    safe = harmless(text)
    assert not looks_like_a_formula(safe)
    assert len(safe.splitlines()) <= 1


@pytest.mark.parametrize("text", ["支付 12 次", "a-b", "1+1=2", "x@y.com", "tok_1", "金额 -5.00", "a;b"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_numbers_stay_numbers_negative_ones_too() -> None:
    record = {**records_of(measure())[0], "expected_loss_minor": -500, "probability": -0.25}
    line = render_csv([record]).decode("utf-8-sig").splitlines()[1]
    assert ',-0.25,-500,"CNY",' in line


def test_nulls_are_empty_cells() -> None:
    row = dict(zip(FEED.names, cells(render_csv(records_of(measure(probability=None, case_id=None))))[1], strict=True))
    assert (row["probability"], row["case_id"], row["supersedes"]) == ("", "", "")


def test_the_csv_says_in_its_first_bytes_that_it_is_utf8_and_has_the_contracts_columns() -> None:
    document = render_csv(records_of(*good_measures()))
    assert document.startswith(b"\xef\xbb\xbf")
    assert tuple(cells(document)[0]) == FEED.names
    assert {len(row) for row in cells(document)} == {len(FEED.names)}


def test_both_files_have_the_same_rows() -> None:
    records = records_of(*good_measures())
    table = cells(render_csv(records))
    assert [row[0:4] for row in table[1:]] == [
        [str(r["seq"]), r["subject_kind"], r["subject_token"], r["action"]] for r in map(json.loads, render_jsonl(records).splitlines())
    ]


def test_reasons_are_readable_in_both_languages() -> None:
    table = cells(render_csv(records_of(measure(reasons=[reason("a"), reason("b", text_zh="新设备", text_en="new device")]))))
    assert table[1][FEED.names.index("reasons")] == "一小时内支付 12 次 / 12 payments in one hour | 新设备 / new device"


def test_a_line_has_the_contracts_order_whatever_the_records() -> None:
    records = records_of(*good_measures())
    shuffled = [
        {**dict(reversed(list(r.items()))), "reasons": [dict(reversed(list(each.items()))) for each in r["reasons"]]} for r in records
    ]
    assert render_jsonl(shuffled) == render_jsonl(records)
    line = json.loads(render_jsonl(shuffled).splitlines()[0])
    assert tuple(line) == FEED.names
    assert tuple(line["reasons"][0]) == REASON_PARTS


def test_what_json_lines_hold_is_what_was_composed() -> None:
    records = records_of(*good_measures())
    assert list(map(json.loads, render_jsonl(records).decode().splitlines())) == records


def test_chinese_is_written_as_chinese() -> None:
    assert "一小时内支付".encode() in render_jsonl(records_of(measure()))


@pytest.mark.parametrize("wrong", [{"probability": float("nan")}, {"case_id": object()}, {"case_id": "\ud800"}])
def test_refuses_what_cannot_be_written(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractBreach, match="feed record 1: it cannot be written"):
        render_jsonl([{**records_of(measure())[0], **wrong}])


def test_no_records_give_an_empty_feed_and_a_csv_of_column_names() -> None:
    assert render_jsonl([]) == b""
    assert len(cells(render_csv([]))) == 1
