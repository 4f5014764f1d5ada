"""Drift: how far a column has moved, in measures that do not scream because there are many rows."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from fairdeal.models.frames import Floats
from fairdeal.models.metrics import auc

#: With fewer rows on either side nothing is said.
FEWEST = 100
BINS = 10
#: So many pairs of samples in a hundred differ less by chance.
CHANCE = 0.99


def stability(before: Floats, now: Floats) -> float | None:
    """Population stability index of a column, less what chance gives at most; never negative, None with too few rows.

    Parameters
    ----------
    before, now
        Values; NaN is a value of its own.

    Notes
    -----
    The bins are tenths of ``before``; a value that many rows share is a bin of its own. Of two samples of one population the index,
    divided by ``1 / n + 1 / m``, is distributed as chi squared with one degree less than there are bins (Yurdakul, "Statistical properties
    of population stability index", 2018). What is not exceeded in 99 of 100 such pairs is taken off: a small shop does not look unstable
    because it is small. By custom .1 is worth a look and .25 a move.

    Examples
    --------
    >>> values = np.arange(1000.0)
    >>> stability(values, values), round(stability(values, values + 500), 1)
    (0.0, 6.3)
    """
    if min(len(before), len(now)) < FEWEST:
        return None
    known = before[np.isfinite(before)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    counts = [_counts(values, edges) for values in (before, now)]
    used = (counts[0] + counts[1]) > 0
    # Half a row in each bin: an empty one is rare, not impossible.
    one, other = ((count[used] + 0.5) / (count[used] + 0.5).sum() for count in counts)
    by_chance = float(chi2.ppf(CHANCE, max(int(used.sum()) - 1, 1))) * (1 / len(before) + 1 / len(now))
    return max(0.0, float(np.sum((other - one) * np.log(other / one))) - by_chance)


def _counts(values: Floats, edges: Floats) -> Floats:
    known = np.isfinite(values)
    below, up_to = (np.searchsorted(edges, values[known], side=side) for side in ("left", "right"))
    counts = np.bincount(below + up_to, minlength=2 * len(edges) + 1)
    return np.append(counts, np.count_nonzero(~known)).astype(np.float64)


def superiority(before: Floats, now: Floats) -> float | None:
    """Probability that a value of now lies above one of before, ties counting half; .5 is no shift, None where nothing is known.

    Notes
    -----
    Vargha and Delaney, "A critique and improvement of the CL common language effect size statistics" (2000): an effect size, which more
    rows make surer and not larger. By custom .56, .64 and .71 (or as far below .5) are small, medium and large.

    Examples
    --------
    >>> superiority(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.875
    """
    one, other = before[np.isfinite(before)], now[np.isfinite(now)]
    if not len(one) or not len(other):
        return None
    return auc(np.repeat([0.0, 1.0], [len(one), len(other)]), np.concatenate([one, other]))
