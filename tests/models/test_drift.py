"""Drift is told by effect sizes: more rows make them surer, not larger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.models.drift import FEWEST, stability, superiority

RANDOM = np.random.default_rng(1)


@pytest.mark.parametrize("rows", [200, 2_000, 200_000])
def test_two_samples_of_one_population_have_not_moved_however_many_rows_there_are(rows: int) -> None:
    found = [stability(RANDOM.normal(size=rows), RANDOM.normal(size=rows)) for _ in range(20)]
    assert max(value for value in found if value is not None) < 0.1
    assert superiority(RANDOM.normal(size=rows), RANDOM.normal(size=rows)) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("rows", [2_000, 200_000])
def test_a_move_is_as_large_with_few_rows_as_with_many(rows: int) -> None:
    before, now = RANDOM.normal(size=rows), RANDOM.normal(size=rows) + 1.0
    assert stability(before, now) == pytest.approx(0.92, abs=0.12)
    assert superiority(before, now) == pytest.approx(0.76, abs=0.02)


def test_a_column_that_is_lost_has_moved() -> None:
    before = RANDOM.normal(size=1_000)
    half = np.where(np.arange(1_000) % 2, before, np.nan)
    assert (stability(before, half) or 0) > 1.0
    assert superiority(before, half) == pytest.approx(0.5, abs=0.05)
    assert superiority(before, np.full(1_000, np.nan)) is None


def test_a_rare_flag_that_becomes_common_has_moved() -> None:
    before, now = (RANDOM.random(5_000) < share for share in (0.01, 0.30))
    assert (stability(before * 1.0, now * 1.0) or 0) > 0.25


def test_with_too_few_rows_nothing_is_said() -> None:
    assert stability(np.zeros(FEWEST - 1), np.zeros(10_000)) is None


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=FEWEST, max_size=300))
def test_a_column_has_not_moved_from_itself_nor_by_its_order(values: list[float]) -> None:
    column = np.asarray(values)
    assert stability(column, column) == 0.0
    assert stability(column, column[::-1]) == 0.0
    assert superiority(column, column) in (0.5, None)
