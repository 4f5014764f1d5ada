"""How far chance may move a figure: labels drawn from what is told stay below what is told of them, and larger errors do not."""

from __future__ import annotations

import numpy as np
import pytest

from fairdeal.models.intervals import calibration_error_by_chance
from fairdeal.models.metrics import expected_calibration_error

ROWS = 900


def told(seed: int, rows: int = ROWS) -> np.ndarray:
    """Probabilities with a mean of one in nine."""
    return np.random.default_rng(seed).beta(0.4, 3.2, rows)


def error(probability: np.ndarray, lifted: float, seed: int) -> float:
    """The calibration error where what happens is ``lifted`` times as likely as what is told."""
    happened = np.random.default_rng(seed).random(len(probability)) < np.minimum(1.0, lifted * probability)
    return expected_calibration_error(happened * 1.0, probability)


@pytest.mark.parametrize(("lifted", "least", "most"), [(1.0, 0.0, 0.06), (1.5, 0.9, 1.0)])
def test_right_probabilities_stay_below_and_wrong_ones_do_not(lifted: float, least: float, most: float) -> None:
    probability = told(1)
    by_chance = calibration_error_by_chance(probability)
    share = np.mean([error(probability, lifted, seed) > by_chance for seed in range(200)])
    assert least <= share <= most


def test_more_rows_leave_less_to_chance_and_the_order_of_rows_nothing() -> None:
    probability = told(2)
    assert calibration_error_by_chance(told(2, 100 * ROWS)) < 0.2 * calibration_error_by_chance(probability)
    assert calibration_error_by_chance(probability[::-1]) == calibration_error_by_chance(probability)


def test_nothing_told_leaves_nothing_to_say_and_certainty_no_room() -> None:
    assert np.isnan(calibration_error_by_chance([]))
    assert calibration_error_by_chance([0.0, 1.0, 1.0]) == 0.0
