from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.simulator.chance import pick, pick_apart, stream

WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(0.001, 1000)), min_size=1, max_size=60).filter(any)


@given(WEIGHTS, st.integers(1, 80), st.integers(0, 10_000))
def test_pick_apart_never_repeats_and_never_takes_what_weighs_nothing(weights: list[float], count: int, seed: int) -> None:
    drawn = pick_apart(stream(seed, "test"), np.cumsum(weights), count)
    able = np.flatnonzero(np.array(weights) > 0)
    assert len(set(drawn.tolist())) == len(drawn) == min(count, len(able))
    assert set(drawn.tolist()) <= set(able.tolist())


@given(WEIGHTS, st.integers(1, 80), st.integers(0, 10_000))
def test_pick_apart_takes_only_the_able(weights: list[float], count: int, seed: int) -> None:
    drawn = pick_apart(stream(seed, "test"), np.cumsum(weights), count, lambda index: index % 2 == 0)
    assert all(index % 2 == 0 for index in drawn)


@given(WEIGHTS, st.integers(0, 10_000))
def test_pick_takes_only_what_weighs_something(weights: list[float], seed: int) -> None:
    drawn = pick(stream(seed, "test"), np.array(weights), 100)
    assert (np.array(weights)[drawn] > 0).all()


def test_pick_follows_the_weights() -> None:
    drawn = pick(stream(1, "test"), np.array([1.0, 3.0, 0.0, 6.0]), 100_000)
    assert np.allclose(np.bincount(drawn, minlength=4) / 100_000, [0.1, 0.3, 0.0, 0.6], atol=0.01)


def test_streams_of_different_names_differ_and_of_one_name_agree() -> None:
    assert stream(1, "a").integers(0, 2**60) == stream(1, "a").integers(0, 2**60)
    assert stream(1, "a").integers(0, 2**60) != stream(1, "b").integers(0, 2**60)
