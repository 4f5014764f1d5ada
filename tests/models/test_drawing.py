"""The random sample: chances that are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.models.drawing import chances, one_in_each_stretch, weights

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(probabilities, st.integers(0, 45))
@settings(max_examples=80, deadline=None)
def test_chances_add_up_to_the_draws_and_rise_with_the_probability(told: list[float], n: int) -> None:
    draws = min(n, len(told))
    chance = chances(weights(np.asarray(told)), draws)
    assert chance.sum() == pytest.approx(draws)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert (np.diff(chance[np.argsort(told, kind="stable")]) >= -1e-12).all()


@given(probabilities, st.integers(1, 45))
@settings(max_examples=40, deadline=None)
def test_whoever_has_a_chance_is_drawn_just_so_often(told: list[float], n: int) -> None:
    draws, starts = min(n, len(told)), (np.arange(2_000) + 0.5) / 2_000
    chance = chances(weights(np.asarray(told)), draws)
    drawn = [one_in_each_stretch(chance, start) for start in starts]
    assert {len(set(places.tolist())) for places in drawn} == {draws}
    often = np.bincount(np.concatenate(drawn), minlength=len(told)) / len(starts)
    assert np.abs(often - chance).max() < 2e-3


def test_where_no_probability_is_told_all_are_drawn_alike() -> None:
    assert weights(np.asarray([np.nan, np.nan, 0.0])).tolist() == [1.0, 1.0, 1.0]
    assert chances(np.ones(8), 2).tolist() == [0.25] * 8
