from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from fairdeal.models import metrics

labelled = st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(1, 5)), min_size=2, max_size=60).filter(
    lambda rows: len({row[0] for row in rows}) == 2
)


@given(labelled)
def test_ap_and_auc_equal_scikit_learn_with_ties_and_weights(rows: list[tuple[bool, int, int]]) -> None:
    truth, score, weight = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    assert metrics.average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))
    assert metrics.average_precision(truth, score, weight) == pytest.approx(average_precision_score(truth, score, sample_weight=weight))
    assert metrics.auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert metrics.auc(truth, score, weight) == pytest.approx(roc_auc_score(truth, score, sample_weight=weight))
    assert metrics.brier(truth, score / 12) == pytest.approx(brier_score_loss(truth, score / 12))


@given(labelled, st.integers(1, 5))
def test_no_ranking_exceeds_what_is_attainable(rows: list[tuple[bool, int, int]], k: int) -> None:
    truth, score, day = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    assert metrics.precision_at(truth, score, day, k) <= metrics.attainable_at(truth, day, k) <= 1.0


def test_precision_at_k_is_the_mean_over_days_of_hits_over_k() -> None:
    truth = [1, 1, 0, 0, 1, 0]
    score = [0.9, 0.1, 0.8, 0.7, 0.6, 0.5]
    day = [1, 1, 1, 2, 2, 2]
    # Day 1: top 2 hold one fraud; day 2: one fraud among the top 2.
    assert metrics.precision_at(truth, score, day, 2) == 0.5
    assert metrics.attainable_at(truth, day, 2) == 0.75


def test_a_card_once_found_is_left_out_on_later_days() -> None:
    truth = [1, 0, 1, 1, 0]
    score = [0.9, 0.8, 0.9, 0.3, 0.1]
    day = [1, 1, 2, 2, 2]
    card = ["a", "b", "a", "c", "b"]
    # Day 1 finds a. Day 2 without a: the top card is c, compromised.
    assert metrics.card_precision_at(truth, score, day, card, 1) == 1.0
    # Had it stayed, day 2 would count it again and never see c; with two places day 2 finds c alone.
    assert metrics.card_precision_at(truth, score, day, card, 2) == 0.5


def test_a_card_counts_once_a_day_with_its_highest_score() -> None:
    assert metrics.card_precision_at([0, 1, 0], [0.9, 0.1, 0.5], [1, 1, 1], ["a", "a", "b"], 1) == 1.0


def test_value_detected_counts_money_not_heads() -> None:
    assert metrics.value_detected_at([1, 1, 1], [0.9, 0.5, 0.1], [1, 1, 2], [100, 700, 200], 1) == pytest.approx(0.3)
    assert math.isnan(metrics.value_detected_at([0], [0.5], [1], [100], 1))


def test_calibration_error_is_nought_for_true_and_large_for_false_probabilities() -> None:
    rng = np.random.default_rng(0)
    told = rng.random(50_000)
    happened = rng.random(50_000) < told
    assert metrics.expected_calibration_error(happened, told) < 0.01
    assert metrics.expected_calibration_error(happened, np.sqrt(told)) > 0.1


def test_bins_hold_equally_many_rows_and_lose_none() -> None:
    _, _, weight = metrics.reliability(np.zeros(95), np.linspace(0, 0.01, 95))
    assert weight.sum() == 95
    assert weight.max() - weight.min() <= 1


def test_false_positives_per_fraud_is_unknown_without_a_find() -> None:
    assert math.isnan(metrics.false_positives_per_fraud([0, 1], [0.9, 0.1], [1, 1], 1))
