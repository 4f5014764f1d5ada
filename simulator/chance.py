"""Chance: named random streams and the draws that every module needs."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one part of the simulation.

    Each part draws from its own stream, so that a typology added later leaves what the others do unchanged.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """``count`` indices drawn with replacement, in proportion to ``weights``."""
    ladder = np.cumsum(weights)
    index: Ints = np.searchsorted(ladder, rng.random(count) * ladder[-1], side="right").astype(np.int64)
    return np.minimum(index, len(weights) - 1)


def pick_apart(rng: np.random.Generator, ladder: Floats, count: int, able: Callable[[Ints], Flags] | None = None) -> Ints:
    """Up to ``count`` different indices, ascending, in proportion to their weights; fewer when fewer have any.

    Parameters
    ----------
    ladder
        Running sum of the weights, so that many small draws from one large population each cost little.
    able
        Which of some indices may be drawn at all; None means every one.
    """
    chosen = np.zeros(0, dtype=np.int64)
    for doubling in range(1, 7):
        drawn = np.searchsorted(ladder, rng.random(count << doubling) * ladder[-1], side="right").astype(np.int64)
        drawn = np.concatenate([chosen, drawn if able is None else drawn[able(drawn)]])
        chosen = drawn[np.sort(np.unique(drawn, return_index=True)[1])]
        if len(chosen) >= count:
            return np.sort(chosen[:count])
    # Few of few: every index gets a key of its own (Efraimidis, Spirakis 2006).
    weights = np.diff(ladder, prepend=0.0)
    if able is not None:
        weights = np.where(able(np.arange(len(ladder), dtype=np.int64)), weights, 0.0)
    keys = np.where(weights > 0, rng.exponential(size=len(weights)) / np.maximum(weights, 1e-300), np.inf)
    return np.sort(np.argsort(keys)[: min(count, int(np.count_nonzero(weights > 0)))]).astype(np.int64)


def happens(rng: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """``count`` independent yes-or-no draws."""
    return rng.random(count) < probability
