"""Agreement of two people against reference implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from fairdeal.disputes.agreement import agreement


@pytest.mark.parametrize("seed", range(8))
def test_kappa_and_the_shares_interval_are_the_reference_implementations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = ["action_confirmed", "false_positive", "undecided"][: 2 + seed % 2]
    first = [str(word) for word in rng.choice(words, 60)]
    second = [one if rng.random() < 0.7 else str(rng.choice(words)) for one in first]
    told = agreement(first, second)
    assert told.kappa == pytest.approx(cohen_kappa_score(first, second))
    interval = binomtest(told.alike, told.cases).proportion_ci(method="wilson")
    assert (told.share_low, told.share_high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_kappas_interval_holds_what_resampling_holds() -> None:
    rng = np.random.default_rng(3)
    first = rng.choice(["a", "b"], 400, p=[0.7, 0.3])
    second = np.where(rng.random(400) < 0.8, first, rng.choice(["a", "b"], 400))
    told = agreement(list(first), list(second))
    drawn = [rng.integers(0, 400, 400) for _ in range(600)]
    resampled = np.quantile([cohen_kappa_score(first[rows], second[rows]) for rows in drawn], [0.025, 0.975])
    assert (told.kappa_low, told.kappa_high) == (pytest.approx(resampled[0], abs=0.03), pytest.approx(resampled[1], abs=0.03))


def test_without_cases_and_without_a_difference_nothing_is_claimed() -> None:
    assert agreement([], []).share is None
    told = agreement(["a"] * 5, ["a"] * 5)
    assert (told.share, told.kappa) == (1.0, None)
    assert told.share_low == pytest.approx(0.5655, abs=1e-3)


def test_judgements_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="in pairs"):
        agreement(["a"], [])
