"""Intervals: how far chance may have moved a figure, by drawing days, groups or labels again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fairdeal.models.frames import Floats
from fairdeal.models.metrics import auc, average_precision
from fairdeal.models.splitting import Ints

DRAWS = 100
LOW, HIGH = 2.5, 97.5


def interval_of_means(folds: Sequence[tuple[Floats, Floats, Ints]], *, draws: int = DRAWS, seed: int = 0) -> dict[str, float | None]:
    """Bounds of 95 % for the mean over folds of average precision and AUC.

    Parameters
    ----------
    folds
        Per fold: truth, score and the unit each row belongs to (a day, a group).
    draws
        How often the units are drawn again, with replacement, within each fold.

    Returns
    -------
    dict
        ``ap_low, ap_high, auc_low, auc_high``; None where a figure cannot be had.

    Notes
    -----
    Efron and Tibshirani, "An introduction to the bootstrap" (1993), by blocks: rows of one day or group are no independent witnesses.
    A unit drawn twice weighs twice, so that nothing is sorted again. Folds that share what they learned from are not independent
    either: the interval is about what was judged, not about what was learned.
    """
    random = np.random.default_rng(seed)
    prepared = []
    for truth, score, unit in folds:
        order = np.argsort(-score, kind="stable")
        _, number = np.unique(unit[order], return_inverse=True)
        prepared.append((truth[order], score[order], number, int(number.max(initial=-1)) + 1))
    found: dict[str, list[float]] = {"ap": [], "auc": []}
    for _ in range(draws):
        drawn = []
        for truth, score, number, units in prepared:
            weight = np.bincount(random.integers(0, max(units, 1), units), minlength=units).astype(np.float64)[number]
            drawn.append((average_precision(truth, score, weight), auc(truth, score, weight)))
        for name, values in zip(found, np.asarray(drawn).T, strict=True):
            known = values[np.isfinite(values)]
            if len(known):
                found[name].append(float(known.mean()))
    bounds: dict[str, float | None] = {}
    for name, values in found.items():
        low, high = np.percentile(values, [LOW, HIGH]) if values else (None, None)
        bounds |= {f"{name}_low": None if low is None else float(low), f"{name}_high": None if high is None else float(high)}
    return bounds


def calibration_error_by_chance(probability: ArrayLike, *, bins: int = 10, draws: int = DRAWS, seed: int = 0) -> float:
    """Calibration error below which 97.5 of 100 draws stay where every probability is right, on so many rows; NaN without rows.

    Notes
    -----
    Labels are drawn from what is told (consistency resampling; Bröcker and Smith, "Increasing the reliability of reliability diagrams",
    2007). The bins are those of `fairdeal.models.metrics.expected_calibration_error`.

    Examples
    --------
    >>> calibration_error_by_chance([0.5] * 100) > 5 * calibration_error_by_chance([0.5] * 10_000)
    True
    """
    told = np.sort(np.asarray(probability, dtype=np.float64))
    if not len(told):
        return float("nan")
    begins = np.cumsum([0, *(len(part) for part in np.array_split(told, min(bins, len(told))))])[:-1]
    right, random = np.add.reduceat(told, begins), np.random.default_rng(seed)
    errors = [
        np.abs(np.add.reduceat((random.random(len(told)) < told).astype(np.float64), begins) - right).sum() / len(told)
        for _ in range(draws)
    ]
    return float(np.percentile(errors, HIGH))
