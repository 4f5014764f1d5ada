"""The rule of promotion: a gain beyond chance, and no guardrail broken."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fairdeal.models.errors import WrongSetting
from fairdeal.models.promotion import PromotionRule, judge_promotion, rule_from


def figure(champion: float, challenger: float, low: float, high: float) -> dict[str, float]:
    return {"champion": champion, "challenger": challenger, "difference": challenger - champion, "low": low, "high": high}


GOOD: dict[str, Any] = {
    "days": 14,
    "frauds": 100,
    "figures": {
        "saved_per_day": figure(100_000, 120_000, 5_000, 35_000),
        "ap": figure(0.5, 0.6, 0.02, 0.18),
        "disturbed_share": figure(0.02, 0.021, -0.001, 0.003),
        "ece": {**figure(0.010, 0.012, -0.001, 0.005), "by_chance": 0.004},
    },
    "typologies": {"card_testing": {"count": 40, **figure(0.6, 0.58, -0.1, 0.06)}},
    "segments": {"language: zh": {"count": 900, **figure(0.02, 0.02, -0.01, 0.01)}},
}

#: What is changed → the check that breaks.
BROKEN = {
    "days": (("days", 4), "enough"),
    "frauds": (("frauds", 19), "enough"),
    "a gain within chance": (("figures.saved_per_day", figure(100_000, 120_000, -1, 35_000)), "gain"),
    "honest people": (("figures.disturbed_share", figure(0.02, 0.03, 0.004, 0.02)), "honest"),
    "calibration": (("figures.ece", {**figure(0.01, 0.021, 0.0, 0.02), "by_chance": 0.004}), "calibration"),
    "a kind of cheat": (("typologies.card_testing", {"count": 40, **figure(0.6, 0.5, -0.2, -0.01)}), "kind card_testing"),
    "a language": (("segments.language: zh", {"count": 900, **figure(0.02, 0.05, 0.01, 0.05)}), "segment language: zh"),
}


def changed(where: str, value: Any) -> dict[str, Any]:
    told = copy.deepcopy(GOOD)
    *way, last = where.split(".")
    place = told
    for name in way:
        place = place[name]
    place[last] = value
    return told


def test_a_gain_beyond_chance_with_every_guardrail_kept_is_promoted() -> None:
    may, checks = judge_promotion(GOOD, PromotionRule())
    assert may
    assert all(check.holds for check in checks)


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_the_rule_is_named_and_nothing_else(what: str) -> None:
    (where, value), name = BROKEN[what]
    may, checks = judge_promotion(changed(where, value), PromotionRule())
    assert not may
    assert [check.name for check in checks if check.holds is False] == [name]


#: Worse, and yet no harm: within chance, within what is allowed, or too few to say.
HARMLESS = {
    "more disturbed within chance": ("figures.disturbed_share", figure(0.02, 0.03, -0.001, 0.05)),
    "a little more disturbed": ("figures.disturbed_share", figure(0.02, 0.024, 0.001, 0.006)),
    "a kind within chance": ("typologies.card_testing", {"count": 40, **figure(0.6, 0.4, -0.5, 0.01)}),
    "a kind of few": ("typologies.card_testing", {"count": 19, **figure(0.6, 0.1, -0.9, -0.1)}),
    "a small segment": ("segments.language: zh", {"count": 199, **figure(0.02, 0.5, 0.3, 0.6)}),
    "worse calibrated within chance": ("figures.ece", {**figure(0.01, 0.021, 0.0, 0.02), "by_chance": 0.022}),
    "no probability": ("figures.ece", dict.fromkeys(("champion", "challenger", "difference", "low", "high", "by_chance"))),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_within_chance_or_too_few_breaks_nothing(what: str) -> None:
    assert judge_promotion(changed(*HARMLESS[what]), PromotionRule())[0]


def test_where_no_money_moves_the_ranking_must_gain() -> None:
    told = changed("figures.saved_per_day", figure(0.0, 0.0, 0.0, 0.0))
    assert judge_promotion(told, PromotionRule())[0]
    told["figures"]["ap"] = figure(0.5, 0.6, -0.01, 0.2)
    assert not judge_promotion(told, PromotionRule())[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"fewest_day": 3}, "no such setting; allowed are fewest_days"),
        ({"fewest_days": -1}, "allowed is a number from 0"),
        ({"fewest_days": 2.5}, "allowed is a number from 0"),
        ({"most_less_caught": "a"}, "allowed is a number from 0 to 1"),
        ({"most_less_caught": True}, "allowed is a number from 0 to 1"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        rule_from(settings)
