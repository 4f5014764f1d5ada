"""Trees that are read by their splits say what LightGBM says, to the last bit."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.models import boosting
from fairdeal.models.boosting import Boosted, grow
from fairdeal.models.calibration import Calibration
from fairdeal.models.frames import Floats
from fairdeal.models.many_rows import AT_ONCE, DE_BRUIJN, MOST_LEAVES, Splits


def some_rows(seed: int, count: int, nulls: float, features: int = 6) -> Floats:
    """Few distinct values, so that many lie on a threshold; huge ones, ones that are nearly nought, infinite ones and nulls."""
    random = np.random.default_rng(seed)
    values = random.integers(-3, 4, (count, features)) * random.choice([0.0, 1.0, 1.0, 1e-36, 1e9], (count, features))
    values[random.random(values.shape) < 0.02] = np.inf
    values[random.random(values.shape) < nulls] = np.nan
    return values


def grown(seed: int, nulls: float, trees: int = 12) -> lgb.Booster:
    values = some_rows(seed, 600, nulls)
    values[np.isinf(values)] = 5.0
    is_fraud = (np.nan_to_num(values[:, 0]) + np.nan_to_num(values[:, 1]) ** 2 + np.random.default_rng(seed).normal(size=600) > 3).astype(
        float
    )
    return lgb.Booster(model_str=grow(values, is_fraud, np.ones(600), trees, seed))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), nulls=st.sampled_from([0.0, 0.3]), asked=st.sampled_from([0.0, 0.4, 1.0]))
def test_read_by_splits_every_row_gets_the_sum_that_lightgbm_gives(seed: int, nulls: float, asked: float) -> None:
    booster, rows = grown(seed, nulls), some_rows(seed + 1, 300, asked)
    splits = Splits.of(booster)
    assert splits is not None
    assert splits.margin(rows).tolist() == np.asarray(booster.predict(rows, raw_score=True)).tolist()


def test_more_rows_than_are_read_at_once_keep_their_order() -> None:
    booster, rows = grown(1, 0.2), some_rows(2, 2 * AT_ONCE + 7, 0.1)
    splits = Splits.of(booster)
    assert splits is not None
    assert splits.margin(rows).tolist() == np.asarray(booster.predict(rows, raw_score=True)).tolist()
    assert splits.margin(rows[:0]).tolist() == []


def test_the_two_ways_to_read_a_model_differ_in_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = Boosted(grown(3, 0.2).model_to_string(), Calibration(), lead=-2.0), np.abs(some_rows(4, 400, 0.1))
    rows[:, -1] = np.random.default_rng(5).random(400)
    few = model.margin(rows)
    monkeypatch.setattr(boosting, "MANY", 1)
    monkeypatch.setattr(lgb.Booster, "predict", None)
    assert model.margin(rows).tolist() == few.tolist()


@pytest.mark.parametrize(("leaves", "categories"), [(40, "auto"), (8, [0])])
def test_what_cannot_be_read_by_splits_is_left_to_lightgbm(leaves: int, categories: str | list[int]) -> None:
    random = np.random.default_rng(5)
    values = random.integers(0, 30, (4_000, 2)).astype(float)
    is_fraud = (np.sin(values).sum(axis=1) > 0.5).astype(float)
    parameters = {"objective": "binary", "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1, "num_leaves": leaves}
    assert Splits.of(lgb.train(parameters, lgb.Dataset(values, is_fraud, categorical_feature=categories), 3)) is None


def test_every_leaf_has_a_place_of_its_own() -> None:
    places = {((1 << leaf) * DE_BRUIJN % 2**32) >> 27 for leaf in range(MOST_LEAVES)}
    assert places == set(range(MOST_LEAVES))
