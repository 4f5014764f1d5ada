"""Boosted trees read for many rows: every split of a feature at once, in place of every tree from its root."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from fairdeal.models.frames import Floats

#: Leaves of a tree at most: one bit of a number stands for each.
MOST_LEAVES = 32
#: Rows that a thread reads at a time, and threads that do it.
AT_ONCE, MOST_THREADS = 8_192, 2
#: Rows that are read side by side, so that a feature's splits are fetched once for all of them.
TOGETHER = 16
#: What LightGBM reads as nought; the number that it tells a threshold by under which every number lies.
NOUGHT, WITHOUT_END = 1e-35, 1e300
#: Multiplied by it, the 32 powers of two differ in their highest five of 32 bits (a De Bruijn sequence).
DE_BRUIJN = 0x077CB531

_Split = tuple[int, float, int, int, bool]


@dataclass(frozen=True)
class Splits:
    """The splits of all trees, feature by feature in order of their thresholds.

    Parameters
    ----------
    starts, thresholds, trees, leaves
        Where each feature's splits begin; where they cut, whose they are, and the leaves that remain where a value lies above.
    null_starts, null_trees, null_leaves
        The same for the splits that send a null to the right.
    answers
        Value of each tree's leaves, shape (trees, 32), by the place that `DE_BRUIJN` gives to a leaf's bit.

    Notes
    -----
    Leaves are numbered from left to right. A split that a row fails rules out the leaves on its left; of those that remain the leftmost is
    the row's (Lucchese and others, "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression trees", 2015).
    Failed are, of each feature's splits in order of thresholds, the first few: nothing is asked of the others. Leaves are added up tree
    by tree, so that the sum is LightGBM's own to the last bit.
    """

    starts: NDArray[np.int64]
    thresholds: Floats
    trees: NDArray[np.uint32]
    leaves: NDArray[np.uint32]
    null_starts: NDArray[np.int64]
    null_trees: NDArray[np.uint32]
    null_leaves: NDArray[np.uint32]
    answers: Floats

    @staticmethod
    def of(booster: lgb.Booster) -> Splits | None:
        """The splits of a booster; None where they are of a kind that is not read here: categories, or trees of more leaves."""
        trees, splits = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]], list[_Split]()
        answers = np.zeros((len(trees), MOST_LEAVES))
        for number, tree in enumerate(trees):
            values = list(_values(tree))
            if len(values) > MOST_LEAVES or not _is_plain(tree):
                return None
            answers[number, [_place(leaf) for leaf in range(len(values))]] = values
            splits.extend(_splits(tree, number, 0)[0])
        starts, splits = _by_feature(splits, booster.num_feature())
        null_starts, at_null = _by_feature([split for split in splits if split[4]], booster.num_feature())
        return Splits(
            starts=starts,
            thresholds=np.asarray([split[1] if split[1] < WITHOUT_END else np.inf for split in splits], dtype=np.float64),
            trees=np.asarray([split[2] for split in splits], dtype=np.uint32),
            leaves=np.asarray([split[3] for split in splits], dtype=np.uint32),
            null_starts=null_starts,
            null_trees=np.asarray([split[2] for split in at_null], dtype=np.uint32),
            null_leaves=np.asarray([split[3] for split in at_null], dtype=np.uint32),
            answers=answers,
        )

    def margin(self, values: Floats) -> Floats:
        """Log-odds per row of a matrix of shape (rows, features)."""
        found, read = np.empty(len(values)), _reader()
        rows = np.ascontiguousarray(values, dtype=np.float64)
        parts = (self.starts, self.thresholds, self.trees, self.leaves, self.null_starts, self.null_trees, self.null_leaves, self.answers)

        def add_up(first: int) -> None:
            read(rows[first : first + AT_ONCE], *parts, found[first : first + AT_ONCE])

        with ThreadPoolExecutor(MOST_THREADS) as threads:
            list(threads.map(add_up, range(0, len(values), AT_ONCE)))
        return found


def _is_leaf(node: dict[str, Any]) -> bool:
    return "split_feature" not in node


def _is_plain(node: dict[str, Any]) -> bool:
    if _is_leaf(node):
        return True
    told = node["decision_type"] == "<=" and node["missing_type"] in ("NaN", "None")
    return told and _is_plain(node["left_child"]) and _is_plain(node["right_child"])


def _values(node: dict[str, Any]) -> Iterator[float]:
    """Values of the leaves below a node, from left to right."""
    if _is_leaf(node):
        yield node["leaf_value"]
    else:
        yield from _values(node["left_child"])
        yield from _values(node["right_child"])


def _splits(node: dict[str, Any], tree: int, first: int) -> tuple[list[_Split], int]:
    """Feature, threshold, tree, leaves that remain to the right, and whether a null goes there, of all splits below; and leaves so far."""
    if _is_leaf(node):
        return [], first + 1
    on_left, middle = _splits(node["left_child"], tree, first)
    on_right, last = _splits(node["right_child"], tree, middle)
    ruled_out = (1 << middle) - (1 << first)
    # Where no null was ever seen, one is read as nought.
    to_right = not node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] < 0.0
    here = (node["split_feature"], node["threshold"], tree, ~ruled_out & (2**MOST_LEAVES - 1), to_right)
    return [here, *on_left, *on_right], last


def _by_feature(splits: list[_Split], features: int) -> tuple[NDArray[np.int64], list[_Split]]:
    """Where each feature's splits begin, and the splits by feature and threshold."""
    ordered = sorted(splits)
    return np.searchsorted([split[0] for split in ordered], np.arange(features + 1)), ordered


def _place(leaf: int) -> int:
    return int((DE_BRUIJN << leaf) & (2**MOST_LEAVES - 1)) >> 27


@cache
def _reader() -> Callable[..., None]:
    """The innermost loop, compiled: a second, once per process that reads many rows."""
    import numba

    all_bits, low, shift = np.uint64(2**MOST_LEAVES - 1), np.uint64(DE_BRUIJN), np.uint64(27)

    # Loops and parts of arrays in place of whole-array steps: quick to compile, and no place in a part is counted from the end.
    @numba.njit(nogil=True, error_model="numpy")
    def read(rows, starts, thresholds, trees, leaves, null_starts, null_trees, null_leaves, answers, found):  # type: ignore[no-untyped-def]
        remain, total = np.empty((TOGETHER, len(answers)), dtype=np.uint32), np.empty(TOGETHER)
        for first in range(0, len(rows), TOGETHER):
            count = min(TOGETHER, len(rows) - first)
            for row in range(count):
                total[row] = 0.0
                for tree in range(len(answers)):
                    remain[row, tree] = all_bits
            for feature in range(rows.shape[1]):
                start, end, null_start, null_end = starts[feature], starts[feature + 1], null_starts[feature], null_starts[feature + 1]
                cuts, own_trees, own_leaves = thresholds[start:end], trees[start:end], leaves[start:end]
                trees_at_null, leaves_at_null = null_trees[null_start:null_end], null_leaves[null_start:null_end]
                for row in range(count):
                    mine, value = remain[row], rows[first + row, feature]
                    if np.isnan(value):
                        for at in range(len(trees_at_null)):
                            mine[trees_at_null[at]] &= leaves_at_null[at]
                        continue
                    if abs(value) <= NOUGHT:
                        value = 0.0
                    failed, others = 0, len(cuts)
                    while failed < others:
                        middle = (failed + others) >> 1
                        if cuts[middle] < value:
                            failed = middle + 1
                        else:
                            others = middle
                    for at in range(failed):
                        mine[own_trees[at]] &= own_leaves[at]
            for tree in range(len(answers)):
                values = answers[tree]
                for row in range(count):
                    bits = np.uint64(remain[row, tree])
                    leftmost = bits & (~bits + np.uint64(1))
                    total[row] += values[((leftmost * low) & all_bits) >> shift]
            for row in range(count):
                found[first + row] = total[row]

    return read
