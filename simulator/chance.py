"""Chance: named random streams and the draws that every module needs."""

from __future__ import annotations

import zlib

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
    return np.minimum(np.searchsorted(ladder, rng.random(count) * ladder[-1], side="right"), len(weights) - 1).astype(np.int64)


def pick_apart(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """Up to ``count`` different indices, ascending, drawn in proportion to ``weights``; fewer when fewer have any weight."""
    ladder = np.cumsum(weights)
    chosen = np.zeros(0, dtype=np.int64)
    # Drawing again what was drawn already is cheap as long as few are wanted of many; else every weight gets its own key.
    for _ in range(6):
        more = np.searchsorted(ladder, rng.random(2 * count) * ladder[-1], side="right")
        drawn = np.concatenate([chosen, more])
        chosen = drawn[np.sort(np.unique(drawn, return_index=True)[1])].astype(np.int64)
        if len(chosen) >= count:
            return np.sort(chosen[:count])
    keys = np.where(weights > 0, rng.exponential(size=len(weights)) / np.maximum(weights, 1e-300), np.inf)
    return np.sort(np.argsort(keys)[: min(count, int(np.count_nonzero(weights > 0)))]).astype(np.int64)


def happens(rng: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """``count`` independent yes-or-no draws."""
    return rng.random(count) < probability
