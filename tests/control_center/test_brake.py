from __future__ import annotations

from typing import Any

import pytest

from fairdeal.control_center.brake import apply_brake
from fairdeal.control_center.manifest import tally
from fairdeal.control_center.measures import Measure
from fairdeal.control_center.records import Record
from tests.control_center.feeds import measure, records_of


def manifest(seq: int, blocks: int, *, held_minor: int = 0, degraded: bool = False) -> dict[str, Any]:
    return {
        "feed_seq": seq,
        "degraded": degraded,
        "by_action": {"block": blocks},
        "money_by_action_and_currency": {"hold": {"CNY": held_minor}},
    }


def blocks(count: int, **changes: Any) -> list[Measure]:
    return [measure(f"tok-{n}", "block", **{"expected_loss_minor": 100, **changes}) for n in range(count)]


def steady(count: int = 10, **options: Any) -> list[dict[str, Any]]:
    return [manifest(seq, blocks=count, **options) for seq in range(1, 11)]


def test_a_usual_day_passes_unchanged() -> None:
    records = records_of(*blocks(12))
    after, verdict = apply_brake(records, steady())
    assert (after, verdict.degraded, verdict.held) == (records, False, 0)


def test_a_day_of_far_too_many_blocks_holds_instead() -> None:
    after, verdict = apply_brake(records_of(*blocks(41)), steady(10))
    assert verdict.degraded
    assert verdict.held == 41
    assert {record["action"] for record in after} == {"hold"}
    assert "blocks: 41 seen, about 10 usual, at most 40 pass" in verdict.text_en
    assert "拦截数量为 41,常态约 10,上限 40" in verdict.text_zh


def test_the_limit_itself_passes() -> None:
    assert not apply_brake(records_of(*blocks(40)), steady(10))[1].degraded


def test_what_a_person_confirmed_stays_blocked() -> None:
    confirmed = measure("person", "block", human_reviewed=True, case_id="c")
    after, verdict = apply_brake(records_of(confirmed, *blocks(60)), steady(10))
    assert verdict.held == 60
    assert [record["subject_token"] for record in after if record["action"] == "block"] == ["person"]


def test_few_blocks_are_no_event_however_few_were_usual() -> None:
    assert not apply_brake(records_of(*blocks(20)), steady(0))[1].degraded
    assert apply_brake(records_of(*blocks(21)), steady(0))[1].degraded


def test_a_wide_past_makes_a_wide_range() -> None:
    wide = [manifest(seq, blocks=10 + 8 * (seq % 3)) for seq in range(1, 11)]
    assert apply_brake(records_of(*blocks(80)), wide)[1].degraded is False


def test_one_flood_in_the_past_does_not_widen_the_range() -> None:
    flooded = [*steady(10), manifest(11, blocks=5000)]
    assert apply_brake(records_of(*blocks(60)), flooded)[1].degraded


def test_money_is_compared_in_each_currency_by_itself() -> None:
    rich = records_of(measure("tok-a", "hold", expected_loss_minor=50_000_001))
    assert apply_brake(rich, steady(0, held_minor=10_000_000))[1].degraded
    assert not apply_brake(rich, steady(0, held_minor=12_600_000))[1].degraded
    foreign = records_of(measure("tok-a", "hold", expected_loss_minor=50_000_001, currency="EUR"))
    assert apply_brake(foreign, steady(0, held_minor=12_600_000))[1].degraded


def test_money_of_milder_actions_is_nobodys_worry() -> None:
    assert not apply_brake(records_of(measure(action="confirm", expected_loss_minor=10**11)), steady())[1].degraded


def test_without_five_earlier_feeds_it_rests_and_says_so() -> None:
    after, verdict = apply_brake(records_of(*blocks(500)), steady()[:4])
    assert not verdict.degraded
    assert len(after) == 500
    assert "Only 4 comparable earlier feeds (5 are needed)" in verdict.text_en
    assert apply_brake(records_of(*blocks(500)), steady()[:5])[1].degraded


def test_degraded_feeds_teach_nothing() -> None:
    past = [manifest(seq, blocks=0, degraded=True) for seq in range(6, 20)] + [manifest(seq, blocks=30) for seq in range(1, 6)]
    assert not apply_brake(records_of(*blocks(100)), past)[1].degraded


def test_only_the_window_counts_in_whatever_order_it_comes() -> None:
    past = [manifest(seq, blocks=500) for seq in range(1, 29)] + [manifest(seq, blocks=10) for seq in range(29, 57)]
    records = records_of(*blocks(60))
    assert apply_brake(records, past)[1].degraded
    assert apply_brake(records, past[::-1])[1] == apply_brake(records, past)[1]
    assert not apply_brake(records, past, window=56)[1].degraded


def test_the_money_held_is_the_same_before_and_after() -> None:
    def held(records: list[Record]) -> int:
        return sum(sums["CNY"] for action, sums in tally(records).money.items() if action in ("hold", "block"))

    records = records_of(*blocks(60), measure("h"))
    assert held(apply_brake(records, steady())[0]) == held(records)


def test_a_carried_block_that_becomes_a_hold_is_a_change_that_names_what_it_replaces() -> None:
    records = records_of(*blocks(60))
    after, verdict = apply_brake(records, steady(), carried_from={("instrument", "tok-0"): "2024-04-30.1#7"})
    by_token = {record["subject_token"]: record["supersedes"] for record in after}
    assert (by_token["tok-0"], by_token["tok-1"]) == ("2024-04-30.1#7", None)
    composed = {"added": 59, "changed": 0, "lifted": 0, "carried": 1, "expired": 0}
    assert verdict.changes(composed) == {"added": 59, "changed": 1, "lifted": 0, "carried": 0, "expired": 0}


def test_the_given_records_are_left_as_they_are() -> None:
    records = records_of(*blocks(60))
    apply_brake(records, steady())
    assert {record["action"] for record in records} == {"block"}


@pytest.mark.parametrize("past", [[], steady()])
def test_an_empty_feed_passes(past: list[dict[str, Any]]) -> None:
    assert apply_brake([], past)[0] == []


def test_a_day_that_something_is_wrong_with_blocks_nobody_however_few_the_blocks() -> None:
    after, verdict = apply_brake(records_of(*blocks(2)), [], causes=[("模型不可用", "no model")])
    assert verdict.degraded
    assert {record["action"] for record in after} == {"hold"}
    assert verdict.text_en == "no model; 2 machine blocks became holds, a person must look."
    assert verdict.text_zh.startswith("模型不可用;")
