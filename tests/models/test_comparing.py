"""Two models on the same days: what differs is told, what does not is not, and chance is known by drawing whole days again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairdeal.models.comparing import compare

DAYS, PER_DAY = 14, 200


def world(seed: int = 1) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Facts of 14 days with 5 % frauds, and a noisy signal of them."""
    random = np.random.default_rng(seed)
    fraud = random.random(DAYS * PER_DAY) < 0.05
    signal = random.normal(size=len(fraud)) + 2.0 * fraud
    kinds = np.where(random.random(len(fraud)) < 0.5, "stolen_instrument", "card_testing")
    day = np.repeat(np.arange(DAYS), PER_DAY)
    return pd.DataFrame({"is_fraud": fraud * 1.0, "day": day, "loss": fraud * 10_000.0, "typology": np.where(fraud, kinds, None)}), signal


def side(facts: pd.DataFrame, signal: np.ndarray[Any, Any], threshold: float) -> pd.DataFrame:
    """What a model that acts from a threshold on would make of it: 90 % stopped, 1,000 per honest subject disturbed."""
    acted, fraud = signal > threshold, facts["is_fraud"].to_numpy() > 0.5
    prevented, friction = np.where(acted & fraud, 9_000.0, 0.0), np.where(acted & ~fraud, 1_000.0, 0.0)
    return pd.DataFrame(
        {
            "score": signal,
            "probability": 1 / (1 + np.exp(3 - signal)),
            "acted": acted * 1.0,
            "disturbed": (acted & ~fraud) * 1.0,
            "prevented": prevented,
            "friction": friction,
            "saved": prevented - friction,
            "minutes": np.where(acted, 6.0, 0.0),
            "breached": np.zeros(len(signal)),
        }
    )


NONE: dict[str, pd.Series] = {}


def test_a_model_compared_with_itself_differs_in_nothing() -> None:
    facts, signal = world()
    mine = side(facts, signal, 2.0)
    told = compare(mine, mine, facts, segments=NONE)
    assert told["figures"]["ece"]["by_chance"] > 0
    for name, figure in told["figures"].items():
        assert (figure["difference"], figure["low"], figure["high"]) == (0.0, 0.0, 0.0), name


def test_the_figures_are_those_of_the_days() -> None:
    kinds = ["a", None, "a", None]
    facts = pd.DataFrame({"is_fraud": [1.0, 0, 1, 0], "day": [1, 1, 2, 2], "loss": [100.0, 0, 300, 0], "typology": kinds})
    mine = side(facts, np.asarray([0.0, 0, 0, 0]), 2.0)
    theirs = mine.assign(acted=[1.0, 1, 0, 0], prevented=[90.0, 0, 0, 0], friction=[0.0, 20, 0, 0], saved=[90.0, -20, 0, 0])
    theirs = theirs.assign(disturbed=[0.0, 1, 0, 0], minutes=[6.0, 12, 0, 0], breached=[0.0, 0, 0, 1])
    told = compare(mine, theirs, facts, segments={"shop": pd.Series(["x", "x", "y", "y"])})
    assert (told["days"], told["subjects"], told["frauds"]) == (2, 4, 2)
    expected = {
        "saved_per_day": 35.0,
        "prevented_share": 0.225,
        "breached_per_day": 0.5,
        "disturbed_share": 0.5,
        "hours_per_day": 0.15,
        "hours_on_honest_per_day": 0.1,
        "frauds_looked_at_per_day": 0.5,
    }
    assert {name: told["figures"][name]["challenger"] for name in expected} == pytest.approx(expected)
    assert all(told["figures"][name]["champion"] == 0.0 for name in expected)
    assert told["typologies"]["a"]["challenger"] == 0.5
    assert [told["segments"][f"shop: {shop}"]["challenger"] for shop in "xy"] == [1.0, 0.0]


def test_a_better_model_is_better_beyond_chance_and_a_worse_one_worse() -> None:
    facts, signal = world()
    blurred = signal + np.random.default_rng(2).normal(scale=2.0, size=len(signal))
    good, poor = side(facts, signal, 2.0), side(facts, blurred, 2.0)
    better, worse = (compare(*pair, facts, segments=NONE)["figures"] for pair in ((poor, good), (good, poor)))
    for name in ("saved_per_day", "ap", "auc"):
        assert better[name]["low"] > 0, name
        assert worse[name]["high"] < 0, name
        assert better[name]["difference"] == -worse[name]["difference"]


def test_what_a_day_brings_both_cancels() -> None:
    facts, signal = world()
    wild = np.where(facts["day"] == 3, 20.0, 1.0)
    mine = side(facts, signal, 2.0)
    mine = mine.assign(saved=mine["saved"] * wild)
    theirs = mine.assign(saved=mine["saved"] + 50.0)
    figure = compare(mine, theirs, facts, segments=NONE)["figures"]["saved_per_day"]
    assert (figure["low"], figure["high"]) == pytest.approx((50.0 * PER_DAY, 50.0 * PER_DAY))


def test_without_probabilities_no_calibration_is_told() -> None:
    facts, signal = world()
    mine = side(facts, signal, 2.0)
    told = compare(mine.assign(probability=np.nan), mine, facts, segments=NONE)["figures"]
    assert set(told["ece"].values()) == {None}
    assert told["ap"]["champion"] is not None
