from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.models.splitting import blocks, cut_before_last_positives, drawn_order, time_slices

moments = st.lists(st.integers(0, 20), min_size=1, max_size=80).map(lambda values: np.asarray(values, dtype=np.int64))


@given(moments)
def test_slices_follow_time_keep_ties_together_and_lose_no_row(moment: np.ndarray) -> None:
    slices = time_slices(moment, (0.7, 0.15, 0.15))
    assert sorted(np.concatenate(slices).tolist()) == list(range(len(moment)))
    filled = [moment[part] for part in slices if len(part)]
    for earlier, later in pairwise(filled):
        assert earlier.max() < later.min()


def test_slices_of_distinct_moments_have_the_shares_asked_for() -> None:
    assert [len(part) for part in time_slices(np.arange(100)[::-1].copy(), (0.7, 0.15, 0.15))] == [70, 15, 15]


@given(moments, st.integers(1, 10), st.randoms())
def test_the_recent_slice_is_the_shortest_that_holds_the_positives(moment: np.ndarray, positives: int, random: object) -> None:
    fraud = np.asarray([float(value % 3 == 0) for value in moment])
    older, recent = cut_before_last_positives(moment, fraud, positives)
    assert len(older) + len(recent) == len(moment)
    if len(older):
        assert moment[older].max() < moment[recent].min()
        assert fraud[recent].sum() >= positives
        without_first_moment = recent[moment[recent] > moment[recent].min()]
        assert fraud[without_first_moment].sum() < positives


def test_rows_of_one_key_share_a_fold() -> None:
    moment = np.arange(100)
    keys = [f"k{number % 7}" if number % 3 == 0 else f"own{number}" for number in range(100)]
    fold = blocks(moment, keys, 5)
    for key in set(keys):
        assert len({int(fold[row]) for row in range(100) if keys[row] == key}) == 1
    assert set(fold.tolist()) == {0, 1, 2, 3, 4}


def test_the_drawn_order_is_one_number_per_key_and_changes_with_the_seed() -> None:
    keys = ["a", "b", "a", "\ud800"]
    one = drawn_order(keys, 1)
    assert one[0] == one[2] != one[1]
    assert (one == drawn_order(keys, 1)).all()
    assert (one != drawn_order(keys, 2)).all()
