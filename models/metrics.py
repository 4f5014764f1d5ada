"""Metrics: how good a ranking and its probabilities are, in the field's own terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fairdeal.models.frames import Floats


def _descending(score: Floats) -> NDArray[np.int64]:
    return np.argsort(-score, kind="stable")


def precision_recall(is_fraud: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and threshold at every distinct score, highest first; equal scores enter together.

    Examples
    --------
    >>> precision, recall, threshold = precision_recall([1, 0, 1], [0.9, 0.5, 0.5])
    >>> recall.tolist(), threshold.tolist()
    ([0.5, 1.0], [0.9, 0.5])
    """
    truth, scores = np.asarray(is_fraud, dtype=np.float64), np.asarray(score, dtype=np.float64)
    weights = np.ones_like(truth) if weight is None else np.asarray(weight, dtype=np.float64)
    order = _descending(scores)
    last_of_tie = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)) if len(order) else np.zeros(0, dtype=np.int64)
    caught = np.cumsum((truth * weights)[order])[last_of_tie]
    flagged = np.cumsum(weights[order])[last_of_tie]
    total = float((truth * weights).sum())
    precision = np.divide(caught, flagged, out=np.zeros_like(caught), where=flagged > 0)
    return precision, caught / total if total else np.full(len(caught), np.nan), scores[order][last_of_tie]


def average_precision(is_fraud: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Area under the precision-recall steps; NaN without positives.

    Examples
    --------
    >>> average_precision([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    0.8333333333333333
    """
    precision, recall, _ = precision_recall(is_fraud, score, weight)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision)) if len(recall) else float("nan")


def auc(is_fraud: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Probability that a fraud scores above an honest subject, a tie counting half; NaN when one of them is absent.

    Examples
    --------
    >>> auc([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    0.75
    """
    truth, scores = np.asarray(is_fraud, dtype=np.float64), np.asarray(score, dtype=np.float64)
    weights = np.ones_like(truth) if weight is None else np.asarray(weight, dtype=np.float64)
    _, level = np.unique(scores, return_inverse=True)
    fraud = np.bincount(level, weights=truth * weights)
    honest = np.bincount(level, weights=(1.0 - truth) * weights)
    pairs = float(fraud.sum() * honest.sum())
    return float(np.sum(fraud * (np.cumsum(honest) - 0.5 * honest)) / pairs) if pairs else float("nan")


def _by_day(day: ArrayLike) -> list[NDArray[np.int64]]:
    _, number = np.unique(np.asarray(day), return_inverse=True)
    return [np.flatnonzero(number == each) for each in range(int(number.max()) + 1)] if len(number) else []


def precision_at(is_fraud: ArrayLike, score: ArrayLike, day: ArrayLike, k: int) -> float:
    """Precision@k per day: frauds among each day's k most suspicious subjects, over k, averaged over the days.

    Examples
    --------
    >>> precision_at([1, 0, 1, 1], [0.9, 0.8, 0.7, 0.1], [1, 1, 2, 2], 1)
    1.0
    """
    truth, scores = np.asarray(is_fraud, dtype=np.float64), np.asarray(score, dtype=np.float64)
    found = [float(truth[rows[_descending(scores[rows])[:k]]].sum()) / k for rows in _by_day(day)]
    return float(np.mean(found)) if found else float("nan")


def attainable_at(is_fraud: ArrayLike, day: ArrayLike, k: int) -> float:
    """The largest precision@k that any ranking could reach: a day with two frauds cannot fill ten places.

    Examples
    --------
    >>> attainable_at([1, 0, 1, 1], [1, 1, 2, 2], 2)
    0.75
    """
    return precision_at(is_fraud, is_fraud, day, k)


def _by_card(is_fraud: ArrayLike, score: ArrayLike, day: ArrayLike, card: Sequence[object]) -> pd.DataFrame:
    truth, scores = np.asarray(is_fraud, dtype=np.float64), np.asarray(score, dtype=np.float64)
    return pd.DataFrame({"is_fraud": truth, "score": scores, "day": np.asarray(day), "card": list(card)})


def card_precision_at(is_fraud: ArrayLike, score: ArrayLike, day: ArrayLike, card: Sequence[object], k: int) -> float:
    """Card precision@k: each day the k cards with the highest score, the share truly compromised, cards once found left out later.

    Notes
    -----
    Le Borgne et al., "Reproducible machine learning for credit card fraud detection", chapter 4: a card's score is its highest of
    the day, it is compromised when a fraud of that day is on it, and the mean runs over the days.

    Examples
    --------
    >>> card_precision_at([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], [1, 1, 2, 2], ["a", "b", "a", "b"], 1)
    0.5
    """
    table = _by_card(is_fraud, score, day, card)
    known: set[object] = set()
    found: list[float] = []
    for _, today in table.groupby("day", sort=True):
        cards = today[~today["card"].isin(known)].groupby("card", sort=True)[["score", "is_fraud"]].max()
        top = cards.iloc[_descending(cards["score"].to_numpy())[:k]]
        caught = top.index[top["is_fraud"].to_numpy() > 0.5]
        found.append(len(caught) / k)
        known.update(caught)
    return float(np.mean(found)) if found else float("nan")


def value_detected_at(is_fraud: ArrayLike, score: ArrayLike, day: ArrayLike, amount: ArrayLike, k: int) -> float:
    """Share of the fraudulent money that stands among each day's k most suspicious subjects; NaN where no money was lost.

    Examples
    --------
    >>> value_detected_at([1, 1, 0], [0.9, 0.2, 0.5], [1, 1, 1], [300, 100, 700], 1)
    0.75
    """
    truth, scores, money = (np.asarray(column, dtype=np.float64) for column in (is_fraud, score, amount))
    lost = truth * np.nan_to_num(money)
    total = float(lost.sum())
    caught = sum(float(lost[rows[_descending(scores[rows])[:k]]].sum()) for rows in _by_day(day))
    return min(1.0, caught / total) if total else float("nan")


def false_positives_per_fraud(is_fraud: ArrayLike, score: ArrayLike, day: ArrayLike, k: int) -> float:
    """Honest subjects disturbed for each fraud found, when each day's k most suspicious are looked at; NaN when none is found.

    Examples
    --------
    >>> false_positives_per_fraud([1, 0, 0, 0], [0.9, 0.8, 0.7, 0.1], [1, 1, 1, 1], 3)
    2.0
    """
    truth, scores = np.asarray(is_fraud, dtype=np.float64), np.asarray(score, dtype=np.float64)
    looked = np.concatenate([np.zeros(0, dtype=np.int64), *(rows[_descending(scores[rows])[:k]] for rows in _by_day(day))])
    caught = float(truth[looked].sum())
    return (len(looked) - caught) / caught if caught else float("nan")


def reliability(
    is_fraud: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, bins: int = 10
) -> tuple[Floats, Floats, Floats]:
    """Mean probability, share of fraud and weight of each bin; bins hold equally many rows, lowest probability first.

    Examples
    --------
    >>> [column.tolist() for column in reliability([0, 1, 1, 1], [0.2, 0.4, 0.8, 1.0], bins=2)]
    [[0.30000000000000004, 0.9], [0.5, 1.0], [2.0, 2.0]]
    """
    truth, told = np.asarray(is_fraud, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    weights = np.ones_like(truth) if weight is None else np.asarray(weight, dtype=np.float64)
    order = np.argsort(told, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part) and weights[part].sum() > 0]
    means = [float(np.average(told[part], weights=weights[part])) for part in parts]
    shares = [float(np.average(truth[part], weights=weights[part])) for part in parts]
    return np.asarray(means), np.asarray(shares), np.asarray([float(weights[part].sum()) for part in parts])


def expected_calibration_error(is_fraud: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, bins: int = 10) -> float:
    """Mean distance between told probability and share of fraud over bins of equally many rows; NaN without rows.

    Examples
    --------
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.2, 0.4, 0.8, 1.0], bins=2), 3)
    0.15
    """
    means, shares, weights = reliability(is_fraud, probability, weight, bins)
    return float(np.average(np.abs(means - shares), weights=weights)) if len(means) else float("nan")


def brier(is_fraud: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean squared distance between probability and truth; NaN without rows.

    Examples
    --------
    >>> brier([1, 0], [0.5, 0.0])
    0.125
    """
    truth, told = np.asarray(is_fraud, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    weights = None if weight is None else np.asarray(weight, dtype=np.float64)
    return float(np.average((truth - told) ** 2, weights=weights)) if len(truth) else float("nan")


def accuracy(is_fraud: ArrayLike, probability: ArrayLike) -> float:
    """Share of rows whose probability lies on their label's side of one half.

    Examples
    --------
    >>> accuracy([1, 0, 1, 0], [0.9, 0.2, 0.4, 0.1])
    0.75
    """
    truth, told = np.asarray(is_fraud, dtype=np.float64) > 0.5, np.asarray(probability, dtype=np.float64) >= 0.5
    return float((truth == told).mean()) if len(truth) else float("nan")


def macro_f1(is_fraud: ArrayLike, probability: ArrayLike) -> float:
    """Mean of the F1 of frauds and of honest rows, told apart at a probability of one half.

    Examples
    --------
    >>> round(macro_f1([1, 0, 1, 0], [0.9, 0.2, 0.4, 0.1]), 3)
    0.733
    """
    truth, told = np.asarray(is_fraud, dtype=np.float64) > 0.5, np.asarray(probability, dtype=np.float64) >= 0.5
    scores = []
    for side in (True, False):
        both, either = float(((truth == side) & (told == side)).sum()), float((truth == side).sum() + (told == side).sum())
        scores.append(2.0 * both / either if either else 0.0)
    return float(np.mean(scores))


def detection_delay_days(is_fraud: ArrayLike, score: ArrayLike, day: ArrayLike, card: Sequence[object], k: int) -> float | None:
    """Days from a card's first fraud to the first day on which it is among the k most suspicious with a fraud; mean over cards found.

    None when none is found.

    Examples
    --------
    >>> detection_delay_days([1, 0, 1, 0], [0.2, 0.8, 0.9, 0.1], [1, 1, 3, 3], ["a", "b", "a", "b"], 1)
    2.0
    """
    table = _by_card(is_fraud, score, day, card)
    began = table[table["is_fraud"] > 0.5].groupby("card")["day"].min()
    ranked = table.groupby(["day", "card"], sort=True)[["score", "is_fraud"]].max().reset_index()
    ranked["place"] = ranked.groupby("day")["score"].rank(method="first", ascending=False)
    found = ranked[(ranked["place"] <= k) & (ranked["is_fraud"] > 0.5)].groupby("card")["day"].min()
    delays = (found - began.reindex(found.index)).to_numpy(dtype=np.float64)
    return float(delays.mean()) if len(delays) else None
