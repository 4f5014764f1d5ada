"""Drawing by chance: how often each subject comes into the random sample, and who does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairdeal.models.frames import Floats


def weights(probability: Floats) -> Floats:
    """In which proportion subjects are drawn: what is a little suspected oftener, and all alike where no probability is told.

    Parameters
    ----------
    probability
        Of being a fraud, as the model tells it; NaN where it tells none.

    Notes
    -----
    The number of frauds is told best by chances that go with the root of what each subject may be (Neyman, "On the two different aspects
    of the representative method", 1934). What it may be is half what the model says and half the mean of all, since the next fraud may be
    of a kind that the model does not know.
    """
    told = np.where(np.isfinite(probability), probability, 0.0)
    if not told.any():
        return np.ones(len(told))
    return np.asarray(np.sqrt(told + told.mean()), dtype=np.float64)


def chances(weights: Floats, n: int) -> Floats:
    """Probability of being drawn, in proportion to the weights but never above one; they add up to ``n``, the number of draws."""
    chance = np.zeros(len(weights))
    open_, left = np.ones(len(weights), dtype=np.bool_), n
    while left > 0:
        chance[open_] = left * weights[open_] / weights[open_].sum()
        sure = open_ & (chance >= 1.0)
        if not sure.any():
            break
        chance[sure], open_, left = 1.0, open_ & ~sure, left - int(sure.sum())
    return chance


def one_in_each_stretch(chance: Floats, start: float) -> NDArray[np.int64]:
    """Places drawn with exactly these chances, in the order given: laid end to end, whoever covers a mark; the marks lie one apart.

    Notes
    -----
    Systematic sampling from a shuffled list with unequal probabilities (Madow, "On the theory of systematic sampling, II", 1949).
    """
    broken = np.flatnonzero((chance > 0.0) & (chance < 1.0))
    marks = start + np.arange(round(float(chance[broken].sum())))
    covers = np.searchsorted(np.cumsum(chance[broken]), marks, side="right")
    return np.sort(np.concatenate([np.flatnonzero(chance == 1.0), broken[np.minimum(covers, len(broken) - 1)]]))
