"""Sorting and merging of places."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.features.places import Coder, Line, Scale, count_up_to, in_order, key_codes

numbers = st.lists(st.integers(-60, 60))


@pytest.mark.parametrize("most", [3, 2**16, 2**32 - 1, 2**62])
def test_numbers_of_any_size_are_ordered_and_equal_ones_keep_their_order(most: int) -> None:
    numbers = np.random.default_rng(1).integers(0, most, 5_000, endpoint=True, dtype=np.int64)
    numbers[::7], numbers[5] = numbers[0], most
    rows, ordered = in_order(numbers)
    assert rows.tolist() == np.argsort(numbers, kind="stable").tolist()
    assert ordered.tolist() == sorted(numbers.tolist())


@given(places=numbers, limits=numbers)
def test_counts_places_up_to_and_with_each_limit(places: list[int], limits: list[int]) -> None:
    counted = count_up_to(np.array(sorted(places), dtype=np.int64), np.array(sorted(limits), dtype=np.int64))
    assert counted.tolist() == [sum(place <= limit for place in places) for limit in sorted(limits)]


def test_a_value_has_one_code_in_every_table_and_null_has_none() -> None:
    coder = Coder()
    one, other = (pl.DataFrame({"who": who}).select(coder.code("who")).to_series().to_list() for who in (["b", "a", None], ["z", "b"]))
    b, a, nobody = one
    z, again = other
    assert nobody == 0
    assert again == b
    assert len({a, b, z, 0}) == 4


def test_pairs_of_values_are_never_confused() -> None:
    coder = Coder()
    table = pl.DataFrame({"t": range(5), "x": ["a", "a", "aa", "b", None], "y": ["bb", "b", "b", "a", "a"]})
    [codes] = key_codes([Line.over(table.select("t", coder.code("x"), coder.code("y")))], ("x", "y"))
    assert len(set(codes.tolist()[:4])) == 4
    assert codes[4] == 0


def test_no_window_reaches_another_key() -> None:
    line = Line.over(pl.DataFrame({"t": [-5, 0, 100]}))
    scale = Scale.over([line], longest=30)
    one, next_one = (scale.places(np.full(3, code, dtype=np.uint32), line.times) for code in (1, 2))
    assert int(one.max()) + 30 < int(next_one.min())
    assert int(next_one.min()) - 30 > int(one.max())
