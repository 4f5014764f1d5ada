"""The cold start: how far in the tails a subject lies, learned from no labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fairdeal.models.frames import Floats

#: Distinct values kept per feature; common rows beyond which a random part of the frame is enough.
KNOTS = 512
MOST_ROWS = 200_000
#: Rows that are looked up at a time, and threads that do it.
AT_ONCE, MOST_THREADS = 4_096, 2


@dataclass(frozen=True)
class Tails:
    """Empirical tail probabilities of every feature, added up as log-probabilities (ECOD).

    Parameters
    ----------
    knots, at_or_above, at_or_below
        All features' known values, ascending within a feature, with the share of training subjects at or above and at or below
        each; flat, float64. Shares count the subject itself, so none is zero.
    offsets
        Where each feature starts in them, shape (features + 1,), int64.
    directions
        +1: high is suspicious, -1: low is, 0: either; int64, shape (features,).
    totals, ranks
        Sums of log-probabilities, ascending, and the share of training subjects at or below each.
    floor
        Half the probability a single training subject has; what lies beyond everything seen gets it.

    Notes
    -----
    Li et al., "ECOD: unsupervised outlier detection using empirical cumulative distribution functions" (TKDE 2022). No parameter to
    tune, nothing random, every part is an array, and the total is a sum over features, so that its reasons are exact. The tail is
    chosen by the feature's written direction in place of its skew. The score is the share of training subjects that are less unusual:
    0.99 means "among the most unusual hundredth", and is no probability of fraud.
    """

    knots: Floats
    at_or_above: Floats
    at_or_below: Floats
    offsets: NDArray[np.int64]
    directions: NDArray[np.int64]
    totals: Floats
    ranks: Floats
    floor: float

    @property
    def feature_count(self) -> int:
        return len(self.directions)

    def contributions(self, values: Floats) -> Floats:
        """Minus log tail probability of each feature, shape (rows, features), never negative; a null adds nothing."""
        added = np.zeros(values.shape)
        for at, surprises in self._tables():
            added[:, at] = surprises(values[:, at])
        return added

    def total(self, values: Floats) -> Floats:
        """Sum of the contributions, added feature by feature so that a row's value never depends on its company."""
        tables = self._tables()

        def added_up(first: int) -> Floats:
            some = values[first : first + AT_ONCE]
            total = np.zeros(len(some))
            for at, surprises in tables:
                total += surprises(some[:, at])
            return total

        # What is looked up in one slice stays in the processor's cache, and two slices at a time wait for nothing in common.
        with ThreadPoolExecutor(MOST_THREADS) as threads:
            return np.concatenate([np.zeros(0), *threads.map(added_up, range(0, len(values), AT_ONCE))])

    def _tables(self) -> list[tuple[int, Callable[[Floats], Floats]]]:
        """What a column's values add, for each feature that tells anything."""
        edges = enumerate(pairwise(self.offsets.tolist()))
        return [(at, self._surprises(at, slice(first, last))) for at, (first, last) in edges if first < last]

    def _surprises(self, at: int, part: slice) -> Callable[[Floats], Floats]:
        knots, direction = self.knots[part], int(self.directions[at])
        # Above the largest or below the smallest value seen lies half a subject.
        above, below = np.append(self.at_or_above[part], self.floor), np.insert(self.at_or_below[part], 0, self.floor)
        beyond = np.nextafter(knots, np.inf)
        if direction > 0:
            edges, rare = beyond, above
        elif direction < 0:
            edges, rare = knots, below
        else:
            # Of so many knots and places just beyond one that a value has reached, half are knots below it, or one more where it is one.
            reached = np.arange(2 * len(knots) + 1)
            edges, rare = np.sort(np.concatenate([knots, beyond])), 2.0 * np.minimum(above[reached // 2], below[(reached + 1) // 2])
        # What is not finite lies before the first or after the last, and adds nothing.
        edges = np.concatenate([[-np.finfo(np.float64).max], edges, [np.inf]])
        added = np.concatenate([[0.0], -np.log(np.minimum(1.0, rare)), [0.0]])

        def surprises(column: Floats) -> Floats:
            return added.take(np.searchsorted(edges, np.ascontiguousarray(column), side="right"))

        return surprises

    def judge(self, values: Floats) -> tuple[Floats, Floats]:
        """Score 0 to 1 per row, and no probability (NaN)."""
        total = self.total(values)
        score = np.interp(total, self.totals, self.ranks)
        # Beyond everything seen the score goes on rising towards one, so that the most unusual stay in order.
        beyond = total - self.totals[-1]
        room = 1.0 - self.ranks[-1]
        score = np.where(beyond > 0, 1.0 - room * np.exp(-np.maximum(beyond, 0.0) / 10.0), score)
        return np.clip(score, 0.0, 1.0), np.full(len(values), np.nan)


def _kept(distinct: Floats, below: Floats) -> NDArray[np.int64]:
    """Which of many distinct values to keep: even in the middle, ever denser towards both ends."""
    if len(distinct) <= KNOTS:
        return np.arange(len(distinct))
    third = KNOTS // 3
    tails = np.geomspace(below[0], 0.05, third)
    shares = np.concatenate([tails, np.linspace(0.05, 0.95, third), 1.0 - tails])
    return np.unique(np.concatenate([[0, len(distinct) - 1], np.clip(np.searchsorted(below, shares), 0, len(distinct) - 1)]))


def fit_tails(values: Floats, directions: Sequence[int], seed: int) -> Tails:
    """Tail probabilities of a matrix of shape (rows, features); at least one row.

    Parameters
    ----------
    values
        Features, NaN for null.
    directions
        +1, -1 or 0 per feature.
    seed
        Decides which rows are read when there are more than `MOST_ROWS`.
    """
    if len(values) > MOST_ROWS:
        values = values[np.sort(np.random.default_rng(seed).choice(len(values), MOST_ROWS, replace=False))]
    knots: list[Floats] = []
    above: list[Floats] = []
    below: list[Floats] = []
    offsets = [0]
    for at in range(values.shape[1]):
        column = values[:, at][np.isfinite(values[:, at])]
        distinct, times = np.unique(column, return_counts=True)
        if len(distinct) > 1:
            upto = np.cumsum(times) / len(column)
            kept = _kept(distinct, upto)
            knots.append(distinct[kept])
            below.append(upto[kept])
            above.append((1.0 - upto + times / len(column))[kept])
            offsets.append(offsets[-1] + len(kept))
        else:
            offsets.append(offsets[-1])
    empty = np.zeros(0)
    unranked = Tails(
        knots=np.concatenate([empty, *knots]),
        at_or_above=np.clip(np.concatenate([empty, *above]), 0.5 / len(values), 1.0),
        at_or_below=np.concatenate([empty, *below]),
        offsets=np.asarray(offsets, dtype=np.int64),
        directions=np.asarray(directions, dtype=np.int64),
        totals=np.zeros(1),
        ranks=np.full(1, 0.5),
        floor=0.5 / len(values),
    )
    total = np.sort(unranked.total(values))
    distinct, times = np.unique(total, return_counts=True)
    # Half of a tie counts as less unusual, so that a frame of equals scores one half.
    ranks = (np.cumsum(times) - 0.5 * times) / len(total)
    kept = _kept(distinct, np.cumsum(times) / len(total))
    return Tails(
        knots=unranked.knots,
        at_or_above=unranked.at_or_above,
        at_or_below=unranked.at_or_below,
        offsets=unranked.offsets,
        directions=unranked.directions,
        totals=distinct[kept],
        ranks=ranks[kept],
        floor=unranked.floor,
    )
