"""Splitting by time: what may be learned from, what calibrates, what judges."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def time_slices(moment: Ints, shares: Sequence[float]) -> list[Ints]:
    """Row numbers of consecutive slices of time, oldest first.

    Parameters
    ----------
    moment
        Integer time per row, shape (rows,).
    shares
        Share of the rows each slice aims at; together one.

    Returns
    -------
    list of arrays of row numbers
        As many as ``shares``, each in order of time. Rows of one moment are never divided, so slices may be larger or smaller
        than aimed at, or empty.

    Examples
    --------
    >>> [part.tolist() for part in time_slices(np.array([5, 1, 3, 3, 2, 4]), (0.5, 0.5))]
    [[1, 4, 2, 3], [5, 0]]
    """
    order = np.argsort(moment, kind="stable")
    ordered = moment[order]
    cuts = [0]
    for share in np.cumsum(shares)[:-1]:
        wanted = min(int(np.ceil(share * len(order) - 1e-9)), len(order))
        # The moment the cut falls into goes with the earlier slice as a whole.
        cut = int(np.searchsorted(ordered, ordered[wanted - 1], side="right")) if wanted else 0
        cuts.append(max(cut, cuts[-1]))
    cuts.append(len(order))
    return [order[first:last] for first, last in pairwise(cuts)]


def cut_before_last_positives(moment: Ints, is_fraud: NDArray[np.float64], positives: int) -> list[Ints]:
    """Two slices: all that is older, and the shortest recent stretch of time that holds at least so many positives."""
    order = np.argsort(moment, kind="stable")
    ordered = moment[order]
    at = np.flatnonzero(is_fraud[order] > 0.5)
    if len(at) < positives:
        return [order[:0], order]
    cut = int(np.searchsorted(ordered, ordered[at[-positives]], side="left"))
    return [order[:cut], order[cut:]]


def blocks(moment: Ints, together: Sequence[str], count: int) -> Ints:
    """Fold number per row: consecutive stretches of time of about equal size, except that rows with one key share one fold.

    Parameters
    ----------
    moment
        Integer time per row.
    together
        A key per row; all rows of a key go to the fold of its first row.
    count
        Number of folds.
    """
    fold = np.zeros(len(moment), dtype=np.int64)
    for number, rows in enumerate(time_slices(moment, [1 / count] * count)):
        fold[rows] = number
    first: dict[str, int] = {}
    for row in np.argsort(moment, kind="stable").tolist():
        fold[row] = first.setdefault(together[row], int(fold[row]))
    return fold


def drawn_order(keys: Sequence[str], seed: int) -> Ints:
    """A stand-in for time where there is none: one random number per key, the same in every run and for every row of the key."""
    drawn = {
        key: int.from_bytes(hashlib.blake2b(f"{seed}|{key}".encode("utf-8", "surrogatepass"), digest_size=7).digest()) for key in set(keys)
    }
    return np.asarray([drawn[key] for key in keys], dtype=np.int64)
