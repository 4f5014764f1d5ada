from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.control_center.composing import Composed, compose
from fairdeal.control_center.measures import Lift, Measure
from fairdeal.control_center.records import Record, subject_of
from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.contract import ContractBreach
from tests.control_center.feeds import DAY, DAY_LONG, START, lift, measure, reason

YESTERDAY = (date(2024, 4, 30), 2)


def today(measures: list[Measure], lifts: list[Lift] | None = None, previous: list[Record] | None = None, **options: Any) -> Composed:
    options = {"valid_from": START, "revision": 1, "previous_feed": YESTERDAY if previous else None, **options}
    return compose(measures, lifts or [], previous, day=DAY, valid_until=options["valid_from"] + DAY_LONG, **options)


def yesterday(*measures: Measure) -> list[Record]:
    """The feed before: the same measures, begun a day earlier and running for two."""
    return compose(measures, [], None, day=YESTERDAY[0], revision=2, valid_from=START - DAY_LONG, valid_until=START).records


def begun_yesterday(token: str = "tok-1", action: str = "hold", **changes: Any) -> Measure:
    return measure(token, action, **{"valid_from": START - DAY_LONG, "valid_until": START + DAY_LONG, **changes})


def only(composed: Composed) -> Record:
    assert len(composed.records) == 1
    return composed.records[0]


class TestAmongMeasures:
    def test_the_stronger_action_wins(self) -> None:
        assert only(today([measure(action="confirm", expected_loss_minor=10**9), measure(action="hold")]))["action"] == "hold"

    def test_of_equal_actions_the_larger_loss_wins(self) -> None:
        assert only(today([measure(expected_loss_minor=1), measure(expected_loss_minor=2)]))["expected_loss_minor"] == 2

    def test_what_a_person_confirmed_beats_a_stronger_machine(self) -> None:
        record = only(today([measure(action="block"), measure(action="confirm", human_reviewed=True)]))
        assert (record["action"], record["human_reviewed"]) == ("confirm", True)

    def test_reasons_are_merged_the_winners_first_and_five_at_most(self) -> None:
        weak = measure(action="confirm", reasons=[reason(f"weak-{n}") for n in range(4)] + [reason("shared", value=1)])
        strong = measure(action="hold", reasons=[reason("shared", value=2), reason("strong")])
        reasons = only(today([weak, strong]))["reasons"]
        assert [each["code"] for each in reasons] == ["shared", "strong", "weak-0", "weak-1", "weak-2"]
        assert reasons[0]["value"] == 2

    def test_records_are_sorted_and_numbered_from_one(self) -> None:
        composed = today([measure("b"), measure("a"), measure("z", subject_kind="account")])
        assert [(r["seq"], *subject_of(r)) for r in composed.records] == [
            (1, "account", "z"),
            (2, "instrument", "a"),
            (3, "instrument", "b"),
        ]

    def test_a_measure_that_has_ended_is_left_out(self) -> None:
        assert today([measure(valid_from=START - DAY_LONG, valid_until=START)]).records == []


class TestTheMachinesBlock:
    def test_lasts_72_hours_at_most(self) -> None:
        record = only(today([measure(action="block", valid_until=START + 30 * DAY_LONG)]))
        assert (record["valid_from"], record["valid_until"]) == ("2024-05-01T16:00:00Z", "2024-05-04T16:00:00Z")

    def test_lasts_shorter_where_policy_says_so(self) -> None:
        record = only(today([measure(action="block", valid_until=START + DAY_LONG)], block_hours=12))
        assert record["valid_until"] == "2024-05-02T04:00:00Z"

    def test_may_not_be_made_longer_by_policy(self) -> None:
        with pytest.raises(ContractBreach, match="block_hours 73; 1 to 72"):
            today([], block_hours=73)

    def test_a_persons_block_lasts_as_long_as_it_says(self) -> None:
        record = only(today([measure(action="block", human_reviewed=True, valid_until=START + 30 * DAY_LONG)]))
        assert record["valid_until"] == "2024-05-31T16:00:00Z"

    def test_proposed_again_keeps_the_first_blocks_clock(self) -> None:
        before = yesterday(begun_yesterday(action="block", valid_until=START + 2 * DAY_LONG))
        record = only(today([measure(action="block", valid_until=START + 9 * DAY_LONG)], previous=before))
        assert (record["valid_from"], record["valid_until"]) == ("2024-04-30T16:00:00Z", "2024-05-03T16:00:00Z")

    def test_proposed_for_ever_is_a_hold_on_the_fourth_day(self) -> None:
        actions, records = [], None
        for days in range(4):
            start = START + days * DAY_LONG
            composed = compose(
                [measure(action="block", valid_from=start, valid_until=start + DAY_LONG)],
                [],
                records,
                day=DAY + timedelta(days=days),
                revision=1,
                valid_from=start,
                valid_until=start + DAY_LONG,
                previous_feed=(DAY + timedelta(days=days - 1), 1) if records else None,
            )
            records = composed.records
            actions.append(only(composed)["action"])
        assert actions == ["block", "block", "block", "hold"]


class TestAgainstTheFeedBefore:
    def test_what_still_runs_is_carried_unchanged(self) -> None:
        before = yesterday(begun_yesterday("tok-0", valid_until=START), begun_yesterday("tok-1"))
        composed = today([], previous=before)
        assert only(composed) == {**before[1], "seq": 1}
        assert composed.changes == {"added": 0, "changed": 0, "lifted": 0, "carried": 1, "expired": 1}
        assert composed.carried_from == {("instrument", "tok-1"): "2024-04-30.2#2"}

    def test_the_same_measure_again_is_no_change(self) -> None:
        same = begun_yesterday()
        composed = today([same], previous=yesterday(same))
        assert composed.changes["carried"] == 1
        assert only(composed)["supersedes"] is None

    def test_a_stronger_measure_supersedes_and_names_what_it_replaces(self) -> None:
        composed = today([measure(action="block")], previous=yesterday(begun_yesterday()))
        assert (only(composed)["action"], only(composed)["supersedes"]) == ("block", "2024-04-30.2#1")
        assert composed.changes["changed"] == 1

    def test_a_milder_measure_does_not_undo_what_was_seen_of_an_instrument(self) -> None:
        assert only(today([measure(action="confirm")], previous=yesterday(begun_yesterday())))["action"] == "hold"

    def test_the_newest_opinion_of_a_review_replaces_the_older_one(self) -> None:
        before = yesterday(begun_yesterday(subject_kind="review"))
        record = only(today([measure(action="confirm", subject_kind="review")], previous=before))
        assert (record["action"], record["supersedes"]) == ("confirm", "2024-04-30.2#1")

    def test_a_machine_does_not_replace_what_a_person_confirmed(self) -> None:
        before = yesterday(begun_yesterday(action="confirm", human_reviewed=True))
        assert only(today([measure(action="block")], previous=before))["action"] == "confirm"

    def test_a_person_replaces_anything(self) -> None:
        before = yesterday(begun_yesterday(action="block", human_reviewed=True))
        assert only(today([measure(action="confirm", human_reviewed=True)], previous=before))["action"] == "confirm"

    def test_records_without_their_feeds_name_are_refused(self) -> None:
        with pytest.raises(ContractBreach, match="give previous_feed"):
            today([], previous=yesterday(begun_yesterday()), previous_feed=None)


class TestLifting:
    def test_a_lift_allows_and_names_what_it_lifts(self) -> None:
        composed = today([], [lift()], yesterday(begun_yesterday()))
        record = only(composed)
        assert (record["action"], record["supersedes"], record["human_reviewed"]) == ("allow", "2024-04-30.2#1", True)
        assert record["reasons"] == [
            {"code": "case_cleared", "value": None, "norm": None, "text_zh": "经核实未发现异常", "text_en": "checked, nothing was found"}
        ]
        assert composed.changes == {"added": 0, "changed": 0, "lifted": 1, "carried": 0, "expired": 0}

    def test_a_lift_of_nothing_gives_nothing(self) -> None:
        assert today([], [lift()]).records == []
        assert today([], [lift("other")], yesterday(begun_yesterday())).changes["lifted"] == 0

    def test_an_allow_is_not_carried_further(self) -> None:
        lifted = today([], [lift()], yesterday(begun_yesterday())).records
        assert lifted[0]["action"] == "allow"
        later = today([], [], lifted, valid_from=START + timedelta(hours=1), previous_feed=(DAY, 1), revision=2)
        assert later.records == []
        assert set(later.changes.values()) == {0}

    def test_a_new_measure_after_a_lift_names_the_allow_it_replaces(self) -> None:
        lifted = today([], [lift()], yesterday(begun_yesterday())).records
        composed = today([measure()], [], lifted, previous_feed=(DAY, 1), revision=2)
        assert (only(composed)["supersedes"], composed.changes["added"]) == ("2024-05-01.1#1", 1)

    def test_a_lift_beats_a_machine_and_its_own_case(self) -> None:
        proposed = [measure(action="block"), measure(action="block", human_reviewed=True, case_id="case-1")]
        assert only(today(proposed, [lift(case_id="case-1")], yesterday(begun_yesterday())))["action"] == "allow"

    def test_what_another_case_confirmed_stands_against_a_lift(self) -> None:
        confirmed = measure(action="block", human_reviewed=True, case_id="case-2")
        record = only(today([confirmed], [lift(case_id="case-1")], yesterday(begun_yesterday())))
        assert (record["action"], record["supersedes"]) == ("block", "2024-04-30.2#1")

    def test_a_machines_lift_says_so_and_takes_back_only_a_machines_measure(self) -> None:
        record = only(today([], [lift(human_reviewed=False)], yesterday(begun_yesterday())))
        assert (record["action"], record["human_reviewed"]) == ("allow", False)
        confirmed = yesterday(begun_yesterday(human_reviewed=True))
        assert only(today([], [lift(human_reviewed=False)], confirmed))["action"] == "hold"
        assert only(today([], [lift()], confirmed))["action"] == "allow"

    def test_two_lifts_of_one_subject_give_one_record_whatever_the_order(self) -> None:
        lifts = [lift(case_id="b"), lift(case_id="a")]
        before = yesterday(begun_yesterday())
        assert today([], lifts, before) == today([], lifts[::-1], before)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"action": "allow"}, "take an action back with a Lift"),
        ({"action": "destroy"}, "action: 'destroy'; allowed are allow, confirm"),
        ({"subject_kind": "person"}, "subject_kind: 'person'"),
        ({"subject_token": "4111 1111 1111 1111"}, "looks like a full card number"),
        ({"subject_token": "card:4111-1111-1111-1111"}, "looks like a full card number"),
        ({"subject_token": "４１１１１１１１１１１１１１１１"}, "looks like a full card number"),
        ({"subject_kind": "network", "subject_token": "203.0.113.9"}, "looks like a raw network address"),
        ({"subject_kind": "network", "subject_token": "203.0.113.9:443"}, "looks like a raw network address"),
        ({"subject_kind": "network", "subject_token": "203.0.113.0/24"}, "looks like a raw network address"),
        ({"subject_kind": "network", "subject_token": "[2001:db8::1]"}, "looks like a raw network address"),
        ({"subject_kind": "network", "subject_token": "ip:fe80::1%eth0"}, "looks like a raw network address"),
        ({"subject_token": ""}, "subject_token"),
        ({"subject_token": "a\nb"}, "control characters"),
        ({"subject_token": "x" * 129}, "at most 128"),
        ({"action": "step_up", "step_up_method": "none"}, "must say how"),
        ({"step_up_method": "iris"}, "step_up_method: 'iris'"),
        ({"valid_until": START}, "is not after valid_from"),
        ({"valid_until": datetime(2024, 5, 9)}, "has no time zone"),
        ({"probability": float("nan")}, "finite"),
        ({"probability": 1.5}, "allowed is 0 to 1"),
        ({"expected_loss_minor": -1}, "allowed is 0"),
        ({"expected_loss_minor": 12.5}, "whole number"),
        ({"currency": "yuan"}, "currency"),
        ({"reasons": []}, "1 to 5 reasons"),
        ({"reasons": [reason(value=float("inf"))]}, "value of number 1"),
        ({"reasons": [reason(text_zh=None)]}, "text_zh of number 1"),
        ({"reasons": [reason(weight=3)]}, "a reason has exactly"),
        ({"reasons": [reason(text_en="\ud800")]}, "text_en of number 1"),
        ({"model_version": None}, "model_version: null"),
    ],
)
def test_refuses_what_no_feed_may_hold(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractBreach) as caught:
        today([measure(**wrong)])
    assert message in str(caught.value)
    assert "4111" not in str(caught.value)


@pytest.mark.parametrize("kind", ["order", "payment", "review"])
def test_the_platforms_own_long_numbers_are_no_card_numbers(kind: str) -> None:
    assert len(today([measure("4111111111111111", subject_kind=kind)]).records) == 1


@pytest.mark.parametrize("token", ["4111111111111112", "9999999999999995", "4111111111111", "2088123456789012", "a4111111111111111f"])
def test_other_long_numbers_are_no_card_numbers(token: str) -> None:
    assert len(today([measure(token)]).records) == 1


def test_numbers_of_array_libraries_become_plain() -> None:
    import numpy as np

    record = only(today([measure(expected_loss_minor=np.int64(5), probability=np.float64(0.5), reasons=[reason(value=np.int32(3))])]))
    assert [type(v) for v in (record["expected_loss_minor"], record["probability"], record["reasons"][0]["value"])] == [int, float, int]


# Laws, on small worlds where everything meets.

tokens = st.sampled_from(["t1", "t2", "t3", "t4"])
kinds = st.sampled_from(["instrument", "order", "account"])
hours = st.integers(-30, 100)


@st.composite
def any_measure(draw: st.DrawFn) -> Measure:
    start = START + timedelta(hours=draw(hours))
    return measure(
        draw(tokens),
        draw(st.sampled_from([a for a in Action if a is not Action.ALLOW])),
        subject_kind=draw(kinds),
        step_up_method="sms",
        valid_from=start,
        valid_until=start + timedelta(hours=draw(st.integers(1, 120))),
        expected_loss_minor=draw(st.integers(0, 3)),
        human_reviewed=draw(st.booleans()),
        case_id=draw(st.sampled_from([None, "case-1", "case-2"])),
        reasons=[reason(code) for code in draw(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=3))],
    )


any_lift = st.builds(
    lambda token, kind, case, human: lift(token, subject_kind=kind, case_id=case, human_reviewed=human),
    tokens,
    kinds,
    st.sampled_from([None, "case-1"]),
    st.booleans(),
)
some_measures = st.lists(any_measure(), max_size=12)
some_lifts = st.lists(any_lift, max_size=4)


def two_days(first: list[Measure], second: list[Measure], lifts: list[Lift]) -> tuple[list[Record], Composed]:
    before = compose(first, [], None, day=YESTERDAY[0], revision=2, valid_from=START - DAY_LONG, valid_until=START).records
    return before, today(second, lifts, before)


@settings(max_examples=50)
@given(some_measures, some_measures, some_lifts)
def test_one_record_per_subject_in_order_without_gap(first: list[Measure], second: list[Measure], lifts: list[Lift]) -> None:
    _, composed = two_days(first, second, lifts)
    subjects = [subject_of(record) for record in composed.records]
    assert subjects == sorted(set(subjects))
    assert [record["seq"] for record in composed.records] == list(range(1, len(subjects) + 1))


@settings(max_examples=50)
@given(some_measures, some_measures, some_lifts, st.randoms())
def test_the_order_of_inputs_does_not_matter(first: list[Measure], second: list[Measure], lifts: list[Lift], chance: random.Random) -> None:
    before, composed = two_days(first, second, lifts)
    chance.shuffle(second)
    chance.shuffle(lifts)
    chance.shuffle(before)
    assert today(second, lifts, before) == composed


@settings(max_examples=50)
@given(some_measures, some_measures, some_lifts)
def test_every_earlier_action_is_changed_lifted_carried_or_expired(first: list[Measure], second: list[Measure], lifts: list[Lift]) -> None:
    before, composed = two_days(first, second, lifts)
    changes = composed.changes
    assert changes["changed"] + changes["lifted"] + changes["carried"] + changes["expired"] == len(before)
    assert changes["added"] + changes["changed"] + changes["lifted"] + changes["carried"] == len(composed.records)
    assert changes["lifted"] == sum(record["action"] == "allow" for record in composed.records)
    names = {f"2024-04-30.2#{record['seq']}" for record in before}
    assert {record["supersedes"] for record in composed.records} <= names | {None}


@settings(max_examples=50)
@given(some_measures)
def test_no_measure_outranks_the_record_of_its_subject(measures: list[Measure]) -> None:
    def rank(action: Action | str, human: bool, loss: int) -> tuple[bool, int, int]:
        return human, Action(action).severity, loss

    records = {subject_of(record): record for record in today(measures).records}
    for each in (m for m in measures if m.valid_until > START):
        record = records[(each.subject_kind, each.subject_token)]
        if record["action"] == "hold" and not record["human_reviewed"]:
            continue  # may be a block whose hours were over
        won = rank(record["action"], record["human_reviewed"], record["expected_loss_minor"])
        assert rank(each.action, each.human_reviewed, each.expected_loss_minor) <= won


@settings(max_examples=50)
@given(some_measures, some_measures, some_lifts)
def test_nobody_lifted_is_still_hindered_by_a_machine(first: list[Measure], second: list[Measure], lifts: list[Lift]) -> None:
    _, composed = two_days(first, second, lifts)
    lifted = {(each.subject_kind, each.subject_token) for each in lifts}
    for record in composed.records:
        assert subject_of(record) not in lifted or record["human_reviewed"] or record["action"] == "allow"


@settings(max_examples=50)
@given(some_measures, some_measures)
def test_the_same_day_composed_again_on_itself_changes_nothing(first: list[Measure], second: list[Measure]) -> None:
    _, composed = two_days(first, second, [])
    again = compose(
        second, [], composed.records, day=DAY, revision=2, valid_from=START, valid_until=START + DAY_LONG, previous_feed=(DAY, 1)
    )
    assert again.records == composed.records
    assert again.changes["carried"] == len(composed.records)
