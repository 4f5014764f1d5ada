"""Answers over stretches of a column: of each ``numbers[first:after]`` the largest, or the one at a given rank."""

from __future__ import annotations

import numpy as np

from fairdeal.features.places import Ints


def running(numbers: Ints) -> Ints:
    """Sums of the first 0, 1, 2 … numbers: the sum of a stretch is the difference of two of them."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(numbers)])


def largest(numbers: Ints, first: Ints, after: Ints) -> Ints:
    """Largest number of each stretch, 0 of an empty one; from a doubling table that holds one level at a time."""
    answers = np.zeros(len(first), dtype=np.int64)
    lengths = after - first
    level = numbers
    width = 1
    while width <= int(lengths.max(initial=0)):
        here = np.flatnonzero((lengths >= width) & (lengths < 2 * width))
        answers[here] = np.maximum(level[first[here]], level[after[here] - width])
        level = np.maximum(level[:-width], level[width:]) if len(level) > width else level[:0]
        width *= 2
    return answers


def ranked(numbers: Ints, first: Ints, after: Ints, rank: Ints) -> Ints:
    """The number at a rank, 0 for the smallest, of each stretch; 0 of an empty one.

    Notes
    -----
    A wavelet matrix ("The wavelet matrix", Information Systems 47, 2015): bit by bit from the highest, numbers with a 0 are put before
    those with a 1, a stretch stays a stretch on either side, and its rank says which side holds the one that is sought.
    """
    distinct, codes = np.unique(numbers, return_inverse=True)
    found, low, high, left = np.zeros(len(first), dtype=np.int64), first, after, rank
    for bit in reversed(range(int(max(len(distinct) - 1, 0)).bit_length())):
        is_one = (codes >> bit) & 1 == 1
        zeros = running((~is_one).astype(np.int64))
        low_zero, high_zero = zeros[low], zeros[high]
        upper = left >= high_zero - low_zero
        left = np.where(upper, left - (high_zero - low_zero), left)
        low, high = np.where(upper, zeros[-1] + low - low_zero, low_zero), np.where(upper, zeros[-1] + high - high_zero, high_zero)
        found |= upper.astype(np.int64) << bit
        codes = np.concatenate([codes[~is_one], codes[is_one]])
    answers = np.zeros(len(first), dtype=np.int64)
    here = np.flatnonzero(after > first)
    answers[here] = distinct[found[here]]
    return answers
