from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from fairdeal.models.calibration import Calibration, fit_calibration
from fairdeal.models.metrics import expected_calibration_error


def drawn(rows: int, base: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(base, 2.0, rows)
    return margin, (rng.random(rows) < expit(margin)).astype(float)


@pytest.mark.parametrize(("stretch", "shift"), [(2.5, 1.0), (0.4, -2.0), (1.0, 3.0)])
def test_over_and_underconfident_scores_become_probabilities(stretch: float, shift: float) -> None:
    margin, truth = drawn(20_000, -3.0)
    later, later_truth = drawn(20_000, -3.0, seed=1)
    curve = fit_calibration(stretch * margin + shift, truth)
    assert expected_calibration_error(later_truth, expit(stretch * later + shift)) > 0.01
    assert expected_calibration_error(later_truth, curve.probability(stretch * later + shift)) < 0.01


def test_few_positives_give_a_gentle_curve() -> None:
    # Ten positives above all else: a free curve would be a cliff.
    margin = np.concatenate([np.linspace(-6, 0, 400), np.linspace(2, 3, 10)])
    truth = np.concatenate([np.zeros(400), np.ones(10)])
    curve = fit_calibration(margin, truth)
    assert curve.rise == curve.fall
    assert 0.1 < curve.rise < 10
    assert curve.probability(np.asarray([-6.0]))[0] > 1e-9


def test_weights_count_like_rows() -> None:
    margin, truth = drawn(3_000, -2.0)
    weight = np.where(truth == 1, 2.0, 1.0)
    twice = np.concatenate([np.arange(len(truth)), np.flatnonzero(truth == 1)])
    one, two = fit_calibration(margin, truth, weight), fit_calibration(margin[twice], truth[twice])
    assert (one.rise, one.fall, one.shift) == pytest.approx((two.rise, two.fall, two.shift), abs=1e-3)


@given(
    st.floats(0.05, 20),
    st.floats(0.05, 20),
    st.floats(-30, 30),
    st.lists(st.floats(-500, 500), min_size=2, max_size=30),
)
def test_every_curve_keeps_the_order_and_stays_inside(rise: float, fall: float, shift: float, margins: list[float]) -> None:
    told = Calibration(rise, fall, shift).probability(np.sort(np.asarray(margins)))
    assert (np.diff(told) >= 0).all()
    assert ((told > 0) & (told < 1)).all()


def test_frauds_that_nobody_hears_of_are_reckoned_with() -> None:
    margin, truth = drawn(40_000, -3.0)
    heard = truth * (np.random.default_rng(2).random(len(truth)) < 0.6)
    later, later_truth = drawn(20_000, -3.0, seed=1)
    assert expected_calibration_error(later_truth, fit_calibration(margin, heard).probability(later)) > 0.03
    assert expected_calibration_error(later_truth, fit_calibration(margin, heard, found=0.6).probability(later)) < 0.01


def test_rows_among_which_fewer_frauds_are_heard_of_are_reckoned_with_each_by_its_own() -> None:
    margin, truth = drawn(60_000, -3.0)
    share = np.where(np.arange(len(truth)) % 2, 0.7, 0.2)
    heard = truth * (np.random.default_rng(2).random(len(truth)) < share)
    later, later_truth = drawn(20_000, -3.0, seed=1)
    assert expected_calibration_error(later_truth, fit_calibration(margin, heard, found=share).probability(later)) < 0.01


def test_a_few_wrong_findings_among_the_honest_do_not_lift_them_all() -> None:
    margin, truth = drawn(20_000, -6.0)
    random = np.random.default_rng(2)
    wrong = 0.004
    called = np.where((truth < 0.5) & (random.random(20_000) < wrong), 1.0, truth)
    low = margin < -5.0
    for told, lifted in ((0.0, True), (wrong, False)):
        mean = float(fit_calibration(margin, called, wrong=told).probability(margin[low]).mean())
        assert bool(mean > 1.5 * truth[low].mean()) is lifted
    curve = fit_calibration(margin, called, wrong=wrong)
    assert expected_calibration_error(truth, curve.probability(margin)) < 0.002
