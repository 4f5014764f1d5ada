"""Boosted trees: the ranking learned from labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from fairdeal.models.calibration import Calibration
from fairdeal.models.frames import Floats
from fairdeal.models.many_rows import Splits
from fairdeal.models.metrics import average_precision

#: Trees at most, trees when there is too little to stop by, and trees without gain after which training stops.
MOST_TREES, PLAIN_TREES, PATIENCE = 500, 150, 60
#: A text is never taken as proof.
SURE = 1e-6
#: Threads change the speed, never a bit of the result; small tables lose more by waiting for each other than they gain.
MOST_THREADS, ROWS_PER_THREAD = 2, 100_000
#: Rows from which trees are read by splits: faster by far, once a second has gone by for compiling.
MANY = 100_000


def _threads(rows: int) -> int:
    return max(1, min(MOST_THREADS, rows // ROWS_PER_THREAD))


@dataclass(frozen=True)
class Boosted:
    """Trees as LightGBM text and the curve that makes their log-odds into probabilities.

    Parameters
    ----------
    booster_text
        The trees.
    calibration
        The curve.
    lead
        Log-odds of a row whose text says nothing, where the trees start from what the text says: the last column is then the text's
        score, and its log-odds are added to the trees'. None where the trees start from nothing.
    """

    booster_text: str
    calibration: Calibration
    lead: float | None = None

    @cached_property
    def _booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.booster_text)

    @cached_property
    def _by_splits(self) -> Splits | None:
        return Splits.of(self._booster)

    @property
    def feature_count(self) -> int:
        return int(self._booster.num_feature())

    def margin(self, values: Floats) -> Floats:
        """Log-odds per row of a matrix of shape (rows, features)."""
        if len(values) == 0:
            return np.zeros(0)
        if len(values) >= MANY and self._by_splits is not None:
            grown = self._by_splits.margin(values)
        else:
            grown = np.asarray(self._booster.predict(values, raw_score=True, num_threads=_threads(5 * len(values))), dtype=np.float64)
        return grown if self.lead is None else grown + start_of(values, self.lead)

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
        shared = np.ascontiguousarray(shared[:, :-1])
        if self.lead is not None:
            shared[:, -1] += start_of(values, self.lead) - self.lead
        return shared

    def gain(self) -> Floats:
        """What splits by each feature gained in all, shape (features,)."""
        return np.asarray(self._booster.feature_importance(importance_type="gain"), dtype=np.float64)

    @property
    def base(self) -> float:
        """The log-odds that remain when every feature adds nothing."""
        shared = self._booster.predict(np.full((1, self.feature_count), np.nan), pred_contrib=True, num_threads=1)
        return float(np.asarray(shared)[0, -1]) + (self.lead or 0.0)


def start_of(values: Floats, lead: float) -> Floats:
    """The log-odds that each row's text gives, its score being the last column; ``lead`` where there is no text."""
    told = np.clip(values[:, -1], SURE, 1.0 - SURE)
    return np.where(np.isfinite(told), logit(np.where(np.isfinite(told), told, 0.5)), lead)


def _parameters(rows: int, seed: int) -> dict[str, object]:
    return {
        "objective": "binary",
        "learning_rate": 0.03,
        "num_leaves": 31,
        "min_data_in_leaf": max(5, min(20, rows // 100)),
        "lambda_l2": 1.0,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "max_bin": 255,
        "seed": seed % (2**31 - 1),
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": _threads(rows),
        "verbosity": -1,
    }


def _dataset(values: Floats, is_fraud: Floats, weight: Floats, lead: float | None, parameters: dict[str, object]) -> lgb.Dataset:
    start = None if lead is None else start_of(values, lead)
    return lgb.Dataset(values, label=is_fraud, weight=weight, init_score=start, params=parameters, free_raw_data=False)


def choose_trees(
    values: Floats,
    is_fraud: Floats,
    weight: Floats,
    older: NDArray[np.int64],
    newer: NDArray[np.int64],
    seed: int,
    *,
    lead: float | None = None,
    fewest_positives: int = 8,
) -> tuple[int, float]:
    """How many trees to grow, and the average precision they reach: trained on older rows of the training slice, stopped by its newer ones.

    Parameters
    ----------
    values, is_fraud, weight
        The whole training slice.
    older, newer
        Row numbers of its two parts.
    lead
        As in `Boosted`.
    fewest_positives
        With fewer of either label in the newer part it decides nothing, and `PLAIN_TREES` are grown; precision is not a number.
    """
    for rows in (older, newer):
        positives = int((is_fraud[rows] > 0.5).sum())
        if min(positives, len(rows) - positives) < fewest_positives:
            return PLAIN_TREES, math.nan
    parameters = _parameters(len(older), seed)
    training = _dataset(values[older], is_fraud[older], weight[older], lead, parameters)
    stopping = training.create_valid(
        values[newer],
        label=is_fraud[newer],
        weight=weight[newer],
        init_score=None if lead is None else start_of(values[newer], lead),
        params=parameters,
    )
    grown = lgb.train(
        parameters,
        training,
        num_boost_round=MOST_TREES,
        valid_sets=[stopping],
        callbacks=[lgb.early_stopping(PATIENCE, first_metric_only=True, verbose=False)],
    )
    margin = np.asarray(grown.predict(values[newer], raw_score=True, num_iteration=grown.best_iteration), dtype=np.float64)
    margin = margin if lead is None else margin + start_of(values[newer], lead)
    precision = average_precision(is_fraud[newer], margin, weight[newer])
    return max(1 if lead is not None else 10, min(MOST_TREES, int(grown.best_iteration))), precision


def grow(values: Floats, is_fraud: Floats, weight: Floats, trees: int, seed: int, lead: float | None = None) -> str:
    """LightGBM text of so many trees; the same rows and seed give the same bytes, whatever the number of threads.

    ``is_fraud`` may lie between 0 and 1: the row then teaches as that much of a fraud, and as honest for the rest.
    """
    parameters = _parameters(len(values), seed)
    if bool(((is_fraud > 0.0) & (is_fraud < 1.0)).any()):
        parameters["objective"] = "cross_entropy"
    booster = lgb.train(parameters, _dataset(values, is_fraud, weight, lead, parameters), num_boost_round=trees)
    return only_the_model(booster.model_to_string(num_iteration=trees))


def only_the_model(text: str) -> str:
    """LightGBM text without what follows the importances: it repeats the training's parameters, the number of threads among them."""
    return text[: text.index("\nparameters:")].rstrip("\n") + "\n\npandas_categorical:null\n"
