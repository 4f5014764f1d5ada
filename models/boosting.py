"""Boosted trees: the ranking learned from labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from fairdeal.models.calibration import Calibration
from fairdeal.models.frames import Floats

#: Trees at most, trees when there is too little to stop by, and trees without gain after which training stops.
MOST_TREES, PLAIN_TREES, PATIENCE = 300, 100, 40
#: Threads change the speed, never a bit of the result; small tables lose more by waiting for each other than they gain.
MOST_THREADS, ROWS_PER_THREAD = 2, 100_000


def _threads(rows: int) -> int:
    return max(1, min(MOST_THREADS, rows // ROWS_PER_THREAD))


@dataclass(frozen=True)
class Boosted:
    """Trees as LightGBM text and the curve that makes their log-odds into probabilities."""

    booster_text: str
    calibration: Calibration

    @cached_property
    def _booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.booster_text)

    @property
    def feature_count(self) -> int:
        return int(self._booster.num_feature())

    def margin(self, values: Floats) -> Floats:
        """Log-odds per row of a matrix of shape (rows, features)."""
        if len(values) == 0:
            return np.zeros(0)
        return np.asarray(self._booster.predict(values, raw_score=True, num_threads=_threads(5 * len(values))), dtype=np.float64)

    def judge(self, values: Floats) -> tuple[Floats, Floats]:
        """Score and probability per row."""
        margin = self.margin(values)
        return np.asarray(expit(margin), dtype=np.float64), self.calibration.probability(margin)

    def contributions(self, values: Floats) -> Floats:
        """What each feature adds to each row's log-odds, shape (rows, features); with the trees' base value they sum to the margin.

        Notes
        -----
        Exact Shapley values of the trees (Lundberg et al., "Consistent individualized feature attribution for tree ensembles", 2018).
        """
        if len(values) == 0:
            return np.zeros(values.shape)
        shared = np.asarray(self._booster.predict(values, pred_contrib=True, num_threads=_threads(100 * len(values))), dtype=np.float64)
        return np.ascontiguousarray(shared[:, :-1])

    @property
    def base(self) -> float:
        """The log-odds that remain when every feature adds nothing."""
        shared = self._booster.predict(np.full((1, self.feature_count), np.nan), pred_contrib=True, num_threads=1)
        return float(np.asarray(shared)[0, -1])


def _parameters(rows: int, seed: int) -> dict[str, object]:
    return {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 31,
        "min_data_in_leaf": max(5, min(40, rows // 100)),
        "lambda_l2": 1.0,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 255,
        "seed": seed % (2**31 - 1),
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": _threads(rows),
        "verbosity": -1,
    }


def _dataset(values: Floats, is_fraud: Floats, weight: Floats, parameters: dict[str, object]) -> lgb.Dataset:
    return lgb.Dataset(values, label=is_fraud, weight=weight, params=parameters, free_raw_data=False)


def choose_trees(
    values: Floats,
    is_fraud: Floats,
    weight: Floats,
    older: NDArray[np.int64],
    newer: NDArray[np.int64],
    seed: int,
    fewest_positives: int = 8,
) -> int:
    """How many trees to grow: trained on the older rows of the training slice, stopped by its newer ones.

    Parameters
    ----------
    values, is_fraud, weight
        The whole training slice.
    older, newer
        Row numbers of its two parts.
    fewest_positives
        With fewer of either label in the newer part it decides nothing, and `PLAIN_TREES` are grown.
    """
    for rows in (older, newer):
        positives = int((is_fraud[rows] > 0.5).sum())
        if min(positives, len(rows) - positives) < fewest_positives:
            return PLAIN_TREES
    parameters = _parameters(len(older), seed)
    training = _dataset(values[older], is_fraud[older], weight[older], parameters)
    stopping = lgb.Dataset(values[newer], label=is_fraud[newer], weight=weight[newer], reference=training, params=parameters)
    grown = lgb.train(
        parameters,
        training,
        num_boost_round=MOST_TREES,
        valid_sets=[stopping],
        callbacks=[lgb.early_stopping(PATIENCE, first_metric_only=True, verbose=False)],
    )
    return max(10, min(MOST_TREES, int(grown.best_iteration)))


def grow(values: Floats, is_fraud: Floats, weight: Floats, trees: int, seed: int) -> str:
    """LightGBM text of so many trees; the same rows and seed give the same bytes, whatever the number of threads."""
    parameters = _parameters(len(values), seed)
    booster = lgb.train(parameters, _dataset(values, is_fraud, weight, parameters), num_boost_round=trees)
    return only_the_model(booster.model_to_string(num_iteration=trees))


def only_the_model(text: str) -> str:
    """LightGBM text without what follows the importances: it repeats the training's parameters, the number of threads among them."""
    return text[: text.index("\nparameters:")].rstrip("\n") + "\n\npandas_categorical:null\n"
