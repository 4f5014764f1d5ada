"""Where the trees start, and how many there are, is chosen on newer rows: from the text, unless nothing ranks clearly better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import training
from fairdeal.models.boosting import MOST_TREES, PLAIN_TREES, choose_trees
from fairdeal.models.labelled import LabelledRows, labelled_rows
from fairdeal.models.training import CLEARLY, _chosen_start
from tests.models.given import FEATURES, feature_frame

LEAD = -2.0


def rows_of(count: int = 1_500) -> LabelledRows:
    return labelled_rows(Detector.PAYMENTS, feature_frame(count), FEATURES, seed=1, day_zone="UTC")[0]


@pytest.mark.parametrize(
    ("from_text", "from_nothing", "expected"),
    [
        (0.70, 0.60, (LEAD, 40)),
        (0.70, 0.70, (LEAD, 40)),
        (0.70, 0.70 + CLEARLY / 2, (LEAD, 40)),
        (0.70, 0.70 + 2 * CLEARLY, (None, 90)),
        (float("nan"), float("nan"), (LEAD, 40)),
    ],
)
def test_the_text_leads_unless_nothing_ranks_newer_rows_clearly_better(
    monkeypatch: pytest.MonkeyPatch, from_text: float, from_nothing: float, expected: tuple[float | None, int]
) -> None:
    asked = list[tuple[np.ndarray, np.ndarray]]()

    def told(*given: object, lead: float | None, **more: object) -> tuple[int, float]:
        asked.append((given[3], given[4]))  # type: ignore[arg-type]
        return (40, from_text) if lead is not None else (90, from_nothing)

    monkeypatch.setattr(training, "choose_trees", told)
    rows = rows_of(400)
    assert _chosen_start(rows.values, rows, LEAD, 1) == expected
    for older, newer in asked:
        assert rows.moment[older].max() < rows.moment[newer].min()


def test_without_a_text_there_is_one_start_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = list[float | None]()

    def told(*given: object, lead: float | None, **more: object) -> tuple[int, float]:
        leads.append(lead)
        return 25, 0.5

    monkeypatch.setattr(training, "choose_trees", told)
    rows = rows_of(400)
    assert _chosen_start(rows.values, rows, None, 1) == (None, 25)
    assert set(leads) == {None}


def parted(rows: LabelledRows) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(len(rows) - 400), np.arange(len(rows) - 400, len(rows))


def test_trees_stop_where_newer_rows_gain_nothing_more() -> None:
    rows = rows_of()
    older, newer = parted(rows)
    trees, precision = choose_trees(rows.values, rows.is_fraud, rows.weight, older, newer, 1, lead=None, fewest_positives=5)
    assert 10 <= trees < MOST_TREES
    assert precision > 2 * rows.is_fraud[newer].mean()


def test_labels_of_chance_want_few_trees_and_too_few_labels_decide_nothing() -> None:
    rows = rows_of()
    older, newer = parted(rows)
    chance = replace(rows, is_fraud=(np.random.default_rng(0).random(len(rows)) < 0.3).astype(np.float64))
    few, _ = choose_trees(chance.values, chance.is_fraud, chance.weight, older, newer, 1, lead=None, fewest_positives=5)
    real, _ = choose_trees(rows.values, rows.is_fraud, rows.weight, older, newer, 1, lead=None, fewest_positives=5)
    assert few < real
    plain, precision = choose_trees(rows.values, np.zeros(len(rows)), rows.weight, older, newer, 1, lead=None, fewest_positives=5)
    assert plain == PLAIN_TREES
    assert np.isnan(precision)


def test_a_text_that_tells_the_truth_wins_over_features_of_chance() -> None:
    random = np.random.default_rng(2)
    rows = rows_of()
    truth = rows.is_fraud
    said = expit(np.where(truth > 0.5, 2.0, -2.0) + random.normal(0, 1.5, len(rows)))
    values = np.column_stack([random.normal(size=(len(rows), 3)), said])
    start, trees = _chosen_start(values, rows, LEAD, 1)
    assert start == LEAD
    assert trees >= 1
