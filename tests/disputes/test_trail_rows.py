"""Side by side: the trail of a member, twin texts, and ways to reach people that are not shown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairdeal.disputes.contacts import HIDDEN, has_contacts, without_contacts
from fairdeal.disputes.text_pairs import common_spans
from fairdeal.disputes.trail_rows import MARKS, TABLES, trail_of

AT = "2026-03-01T04:00:00+00:00"


def happening(table: str, name: str, **more: Any) -> dict[str, Any]:
    return {"table": table, "id": name, "at": AT, "tie": "order", "currency": "CNY", **more}


def test_each_kind_of_record_has_its_column_and_the_flagged_one_is_told() -> None:
    trail = [happening("orders", "O1", amount_minor=500), happening("payments", "P1", tie="account"), happening("gossip", "X")]
    rows = trail_of({"trail": trail}, "O1")
    assert [(TABLES[row.column], row.name, row.is_flagged, row.is_own) for row in rows] == [
        ("orders", "O1", True, True),
        ("payments", "P1", False, False),
    ]
    assert rows[0].when == "2026-03-01 12:00"
    assert [value.text for value in rows[0].values] == ["5.00 CNY"]


def test_what_recurs_bears_one_letter_and_what_stands_alone_none() -> None:
    trail = [
        happening("orders", "O1", amount_minor=500, instrument_id="I1", device_id="D1"),
        happening("payments", "P1", amount_minor=500, instrument_id="I1", device_id="D2"),
        happening("payments", "P2", amount_minor=700, instrument_id="I1"),
    ]
    marks = [{value.text: value.mark for value in row.values} for row in trail_of({"trail": trail}, "O1")]
    assert marks == [
        {"5.00 CNY": "B", "I1": "A", "D1": ""},
        {"5.00 CNY": "B", "I1": "A", "D2": ""},
        {"7.00 CNY": "", "I1": "A"},
    ]


def test_more_values_recur_than_there_are_letters() -> None:
    trail = [happening("orders", f"O{n}{side}", amount_minor=n) for n in range(20) for side in "ab"]
    letters = {value.mark for row in trail_of({"trail": trail}, "O1") for value in row.values}
    assert letters == {*MARKS, ""}


@pytest.mark.parametrize("evidence", [{}, {"trail": None}, {"trail": "x"}, {"trail": [1, None, {"table": 3}]}])
def test_an_alert_without_a_trail_shows_none(evidence: dict[str, Any]) -> None:
    assert trail_of(evidence, "O1") == ()


def test_suspicious_spans_are_marked_in_the_flagged_text_and_no_page_takes_markup_from_a_text() -> None:
    trail = [happening("reviews", "R1", text="<b>好评返现"), happening("reviews", "R2", text="<b>好评返现")]
    first, second = trail_of({"trail": trail}, "R1", [{"start": 3, "end": 7}])
    assert first.text == "&lt;b&gt;<mark>好评返现</mark>"
    assert second.text == "<b>好评返现"
    assert not hasattr(second.text, "__html__")


def test_a_text_with_a_way_to_reach_somebody_is_shown_without_it() -> None:
    trail = [happening("reviews", "R1", text="加微信 fanxian88"), happening("refunds", "F1", reason="call 138 0013 8000")]
    told = trail_of({"trail": trail}, "R1", [{"start": 0, "end": 3}])
    assert HIDDEN in told[0].text
    assert "fanxian88" not in told[0].text
    assert [value.text for value in told[1].values] == [f"call {HIDDEN * 13}"]
    assert "fanxian88" in trail_of({"trail": trail}, "R1", is_masked=False)[0].text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打 13800138000 找我", "打 {11} 找我"),
        ("+86 138-0013-8000", "{17}"),
        ("座机 021-65432109。", "座机 {12}。"),
        ("mail to li.si+x@shop.example.com now", "mail to {24} now"),
        ("call +44 20 7946 0958", "call {16}"),
        ("QQ：123456789", "QQ：{9}"),
        ("wechat id: Fan_xian-88!", "wechat id: {11}!"),
        ("wechat payment failed", "wechat payment failed"),
        ("订单 202603011234567 还没到", "订单 202603011234567 还没到"),
        ("买了 3 件，花了 1380.00 元", "买了 3 件，花了 1380.00 元"),
        ("质量很好", "质量很好"),
    ],
)
def test_ways_to_reach_people_are_hidden_and_order_numbers_are_not(text: str, shown: str) -> None:
    expected = re.sub(r"\{(\d+)\}", lambda count: HIDDEN * int(count[1]), shown)
    assert without_contacts(text) == expected
    assert has_contacts(text) == (text != expected)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("质量很好，物流很快", "确实质量很好，推荐", ["质量很好，"]),
        ("Arrived quickly, works WELL enough", "it works well enough for me", [" works WELL enough"]),
        ("质量很好", "价格便宜", []),
        ("好", "好", []),
        ("", "x", []),
        ("İİİ arrived quickly today", "it arrived quickly today", [" arrived quickly today"]),
    ],
)
def test_what_two_texts_both_say_is_found(one: str, other: str, common: list[str]) -> None:
    assert [one[start:end] for start, end in common_spans(one, other)] == common
