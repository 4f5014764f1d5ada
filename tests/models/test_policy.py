from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.typologies import DEFAULT_TYPOLOGY, Detector
from fairdeal.models.deciding import decide, stand_in_probability
from fairdeal.models.errors import WrongFrame, WrongSetting
from fairdeal.models.losses import DEFAULT_LOSSES
from fairdeal.models.policy import Policy, policy_from

MOMENT = pd.Timestamp("2024-05-01", tz="UTC")


def decided(
    probability: list[float | None],
    *,
    detector: Detector = Detector.PAYMENTS,
    amount: int | None = 20_000,
    policy: Policy | None = None,
    score: list[float] | None = None,
    **flags: list[object],
) -> pd.DataFrame:
    count = len(probability)
    scores = pd.DataFrame(
        {
            "detector": str(detector),
            "subject_id": [f"s{number}" for number in range(count)],
            "as_of_at": MOMENT,
            "score": score or [0.5] * count,
            "probability": np.asarray(probability, dtype=float),
            "typology": str(DEFAULT_TYPOLOGY[detector]),
            "model_version": "m1",
        }
    )
    subjects = pd.DataFrame(
        {
            "subject_id": [f"s{number}" for number in reversed(range(count))],
            "event_at": MOMENT - pd.Timedelta("1h"),
            "amount_minor": pd.array([amount] * count, dtype="Int64"),
            "currency": "CNY" if amount is not None else None,
            **{name: list(reversed(values)) for name, values in flags.items()},
        }
    )
    return decide(scores, subjects, policy or Policy(), DEFAULT_LOSSES, MOMENT)


def severity(table: pd.DataFrame) -> list[int]:
    return [Action(name).severity for name in table["action"]]


def rules(table: pd.DataFrame) -> list[str]:
    return [told.split(" @")[0] for told in table["policy_rule"]]


def test_decisions_keep_their_contract_for_every_detector() -> None:
    for detector in Detector:
        table = decided([0.0, 0.5, 0.99, None], detector=detector, amount=None if detector is Detector.REVIEWS else 500)
        assert tuple(table.columns) == DECISIONS.names
        assert DECISIONS.conform(pl.from_dataframe(table)).height == 4
        assert table[list(DECISIONS.required)].notna().all().all()
        assert table["policy_rule"].str.len().max() <= 64


def test_the_action_grows_with_the_probability_from_allow_to_block() -> None:
    table = decided([0.0, 0.02, 0.2, 0.6, 0.97])
    assert table["action"].tolist() == ["allow", "confirm", "step_up", "hold", "block"]
    assert set(rules(table)) == {"least-cost"}


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.integers(0, 10**8), st.sampled_from(list(Detector)))
@settings(max_examples=40, deadline=None)
def test_a_higher_probability_never_leads_to_a_milder_action(told: list[float], amount: int, detector: Detector) -> None:
    found = severity(decided(sorted(told), amount=amount, detector=detector))
    assert found == sorted(found)


def test_the_cheapest_action_is_the_one_that_the_formula_names() -> None:
    policy, amount = Policy(block_probability=0.0), 20_000
    row = DEFAULT_LOSSES.rows[DEFAULT_TYPOLOGY[Detector.PAYMENTS]]
    loss = sum(row.shares.values()) * amount + sum(row.fixed_minor.values())
    for p in np.linspace(0, 1, 41):
        costs = {
            action: p * (1 - m.effectiveness) * loss + (1 - p) * (m.friction_minor + m.friction_share * amount)
            for action, m in policy.measures.items()
        }
        chosen = Action(decided([float(p)], amount=amount, policy=policy)["action"].iloc[0])
        assert costs[chosen] == pytest.approx(min(costs.values()))


def test_nothing_is_blocked_below_the_written_probability() -> None:
    policy = policy_from({"block_probability": 0.98})
    table = decided([0.97, 0.985], policy=policy)
    assert table["action"].tolist() == ["hold", "block"]
    assert rules(table) == ["block-guard", "least-cost"]


def test_a_review_is_at_most_held() -> None:
    assert set(decided([0.9, 0.9999], detector=Detector.REVIEWS, amount=None)["action"]) == {"hold"}
    with pytest.raises(WrongSetting, match="review is at most held"):
        policy_from({"allowed": {"reviews": ["allow", "block"]}})


def test_without_a_probability_the_most_unusual_are_asked_to_confirm_and_no_more() -> None:
    table = decided([None, None, None], score=[0.5, 0.99, 0.999], amount=10**8)
    assert table["action"].tolist() == ["allow", "allow", "confirm"]
    assert table["probability"].isna().all()
    assert set(rules(table)) == {"uncalibrated"}
    assert table["expected_loss_minor"].is_monotonic_increasing


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_stand_in_never_falls_as_the_score_rises(scores: list[float]) -> None:
    told = stand_in_probability(np.sort(np.asarray(scores)), Policy())
    assert (np.diff(told) >= 0).all()
    assert ((told >= 0) & (told <= Policy().assumed_most)).all()


@pytest.mark.parametrize("flag", ["is_weak_credential", "has_recent_permission_change"])
def test_a_weak_safety_flag_raises_allow_to_step_up_and_nothing_else(flag: str) -> None:
    table = decided([0.0, 0.0, 0.0, 0.97], **{flag: [True, False, None, True]})
    assert table["action"].tolist() == ["step_up", "allow", "allow", "block"]
    assert rules(table)[0] == f"flag:{flag}"[:25]


def test_a_flag_means_nothing_where_the_detector_may_not_step_up() -> None:
    assert decided([0.0], detector=Detector.REVIEWS, amount=None, is_weak_credential=[True])["action"].tolist() == ["allow"]


def test_a_bound_assistant_account_approves_in_place_of_a_hold() -> None:
    table = decided([0.6, 0.6], has_assistant_account=[True, False])
    assert table["action"].tolist() == ["step_up", "hold"]
    assert table["step_up_method"].tolist() == ["assistant_approval", "none"]
    assert rules(table)[0] == "assistant"


def test_the_step_up_method_grows_with_the_amount_and_avoids_the_weak_factor() -> None:
    for amount, weak, method in ((50_000, False, "sms"), (400_000, False, "face"), (900_000, False, "cert"), (50_000, True, "face")):
        table = decided([0.0], amount=amount, has_recent_permission_change=[True], is_weak_credential=[weak])
        assert table["step_up_method"].tolist() == [method]
    assert decided([0.0])["step_up_method"].tolist() == ["none"]


def test_decisions_cite_the_row_of_the_loss_table_and_name_who_bears_what() -> None:
    table = decided([0.5])
    assert table["policy_rule"].iloc[0].endswith("@stolen/1")
    borne = json.loads(table["loss_borne_by"].iloc[0])
    assert sum(borne.values()) == table["expected_loss_minor"].iloc[0]
    assert set(borne) == {"buyer", "merchant", "payment_provider"}


def test_a_block_lapses_within_seventy_two_hours() -> None:
    assert decided([0.99])["valid_until"].iloc[0] == MOMENT + pd.Timedelta("72h")
    with pytest.raises(WrongSetting, match="allowed are 72"):
        policy_from({"block": {"valid_hours": 100}})


def test_a_currency_of_other_worth_moves_the_bounds() -> None:
    # A hundred minor units of a currency worth a hundredth are worth one of ours: friction outweighs the loss.
    policy = policy_from({"worth": {"CNY": 0.001}})
    assert severity(decided([0.2], policy=policy))[0] < severity(decided([0.2]))[0]


def test_settings_change_the_written_figures() -> None:
    policy = policy_from({"version": "2026-05", "hold": {"friction_minor": 3_000}, "flags": {"is_unsafe_channel": "confirm"}})
    assert policy.measures[Action.HOLD].friction_minor == 3_000
    assert policy.measures[Action.HOLD].effectiveness == Policy().measures[Action.HOLD].effectiveness
    assert policy.flags["is_unsafe_channel"] is Action.CONFIRM
    assert policy_from() == policy_from({}) == Policy()
    assert policy_from({"step_up_methods": [[500, "password"], [10**9, "cert"]]}).step_up_methods[0][0] == 500


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"blok_probability": 0.5}, "no such setting"),
        ({"block_probability": 1.5}, "from 0 to 1"),
        ({"block_probability": "high"}, "'high'"),
        ({"hold": {"efficacy": 1}}, "'efficacy'"),
        ({"hold": {"effectiveness": 0.1}}, "rise with severity"),
        ({"hold": 3}, "wanted is a table"),
        ({"allowed": {"payments": ["confirm"]}}, "no allow"),
        ({"allowed": {"cards": ["allow"]}}, "'cards'"),
        ({"flags": {"x": "warn"}}, "'warn'"),
        ({"step_up_methods": []}, "wanted is a list"),
        ({"version": ""}, "wanted is a text"),
    ],
)
def test_wrong_settings_are_refused_by_name(given: dict[str, object], said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        policy_from(given)


def test_a_scored_subject_without_its_row_is_refused() -> None:
    scores = pd.DataFrame(
        {
            "detector": "payments",
            "subject_id": ["a", "b"],
            "as_of_at": MOMENT,
            "score": 0.5,
            "probability": 0.5,
            "typology": "brushing",
            "model_version": "m",
        }
    )
    subjects = pd.DataFrame({"subject_id": ["a"], "event_at": [MOMENT], "amount_minor": pd.array([1], dtype="Int64"), "currency": "CNY"})
    with pytest.raises(WrongFrame, match="'b'"):
        decide(scores, subjects, Policy(), DEFAULT_LOSSES, MOMENT)
    with pytest.raises(WrongFrame, match="stands twice"):
        decide(scores.head(1), pd.concat([subjects, subjects]), Policy(), DEFAULT_LOSSES, MOMENT)
    with pytest.raises(WrongFrame, match="time zone"):
        decide(scores.head(1), subjects, Policy(), DEFAULT_LOSSES, pd.Timestamp("2024-05-01"))


def test_no_subjects_give_no_decisions() -> None:
    assert len(decided([])) == 0


@pytest.mark.parametrize(
    ("probability", "way", "expected"),
    [
        (0.001, "duplicate", ("hold", "reconciled:duplicate @pay-error/1", "payment_error")),
        (None, "amount", ("hold", "reconciled:amount @pay-error/1", "payment_error")),
        (0.999, "duplicate", ("block", "least-cost @stolen/1", "stolen_instrument")),
        (0.001, None, ("allow", "least-cost @stolen/1", "stolen_instrument")),
    ],
)
def test_a_charge_found_wrong_is_a_payment_error_unless_another_cheat_calls_for_more(
    probability: float | None, way: str | None, expected: tuple[str, str, str]
) -> None:
    table = decided([probability], mischarge=[way], in_question_minor=[300])
    assert tuple(table.loc[0, ["action", "policy_rule", "typology"]]) == expected
    if expected[2] == "payment_error":
        assert table.loc[0, "expected_loss_minor"] == 300 + 500
        assert table.loc[0, "amount_minor"] == 20_000
    told = table.loc[0, "probability"]
    assert (told == probability) if probability is not None else pd.isna(told)


def test_a_finding_is_held_or_confirmed_and_never_blocked() -> None:
    assert policy_from({"reconciled": "confirm"}).reconciled is Action.CONFIRM
    with pytest.raises(WrongSetting, match="allowed are confirm and hold"):
        policy_from({"reconciled": "block"})


@pytest.mark.parametrize(
    ("probability", "critical", "expected"),
    [(0.79, 1.0, "allow"), (0.81, 1.0, "hold"), (0.79, 0.0, "hold"), (0.79, None, "hold")],
)
def test_in_doubt_a_bad_review_is_genuine(probability: float, critical: float | None, expected: str) -> None:
    table = decided([probability], detector=Detector.REVIEWS, amount=None, is_critical=[critical])
    assert table.loc[0, "action"] == expected
    assert table.loc[0, "policy_rule"].startswith("critical-guard") == (expected == "allow")
    assert table.loc[0, "probability"] == probability
