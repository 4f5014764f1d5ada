"""The compiled rules and Great Expectations say the same of every table, rule by rule."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdeal.data_contracts.compiled import validate_compiled
from fairdeal.data_contracts.contract import ID_ARTEFACT, UNPARSED, Column, Contract, Kind
from fairdeal.data_contracts.expectations import validate
from fairdeal.data_contracts.judged_table import TEXT_KINDS
from fairdeal.data_contracts.tables import INBOUND, OUTBOUND
from tests.data_contracts.tables_of_rows import EVERY_RULE, good_rows

_EDGES = [datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)]

VALUES: dict[Kind, st.SearchStrategy[object]] = {
    Kind.ID: st.one_of(
        st.text(max_size=8),
        st.sampled_from(['="1"', "'1", "#REF!", "1.2E+15", "1e+9\n", "a\u200bb", "a\u202eb", "a\u2028b", "a\ufffd", "\ufeffa"]),
    ),
    Kind.CATEGORY: st.sampled_from(
        ["red", "green", "", "Red", "red\n", "CNY", "cny", "CNY\n", "\nCNY", "ＣＮＹ", "C\x00Y", "ÅÅÅ", "CNYX", "SX", "S\n", "42"]
    ),
    Kind.TEXT: st.text(st.sampled_from("a中😀é́\u200d\n\x00 "), max_size=6),
    Kind.INSTANT: st.one_of(
        st.sampled_from([edge + timedelta(microseconds=step) for edge in _EDGES for step in (-1, 0, 1)]),
        st.datetimes(timezones=st.just(UTC)),
    ),
    Kind.DATE: st.one_of(st.sampled_from([date(1999, 12, 31), date(2000, 1, 1), date(2030, 12, 31), date(2031, 1, 1)]), st.dates()),
    Kind.INTEGER: st.one_of(st.integers(-2, 6), st.integers(-(2**63), 2**63 - 1)),
    Kind.MINOR: st.one_of(st.sampled_from([-1, 0, 10**12, 10**12 + 1]), st.integers(-(2**63), 2**63 - 1)),
    Kind.NUMBER: st.one_of(st.sampled_from([-0.0, 0.0, 1.0, 1.0 + 2**-52, -5e-324]), st.floats()),
    Kind.BOOLEAN: st.booleans(),
    Kind.JSON: st.sampled_from(["{}", "[", ""]),
}


def _cells(column: Column, rows: int) -> st.SearchStrategy[list[object]]:
    return st.lists(st.one_of(st.none(), VALUES[column.kind]), min_size=rows, max_size=rows)


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """Tables of every kind of column, with nulls anywhere, unread texts beside nulls and values, and optional columns absent."""
    rows = draw(st.integers(0, 16))
    schema = EVERY_RULE.polars_schema()
    series: list[pl.Series] = []
    for column in EVERY_RULE.columns:
        if not column.required and draw(st.integers(0, 4)) == 0:
            continue
        series.append(pl.Series(column.name, draw(_cells(column, rows)), dtype=schema[column.name]))
        if column.kind not in TEXT_KINDS and draw(st.booleans()):
            unread = draw(st.lists(st.sampled_from([None, None, "", "abc", "１２"]), min_size=rows, max_size=rows))
            series.append(pl.Series(column.name + UNPARSED, unread, dtype=pl.String))
    return pl.DataFrame(series)


#: The same tables on every run: a disagreement found once is found again.
few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
many = settings(few, max_examples=250)


@few
@given(table=tables())
def test_executors_agree_on_some_tables(table: pl.DataFrame) -> None:
    assert_agreement(table)


@pytest.mark.slow
@many
@given(table=tables())
def test_executors_agree_on_many_tables(table: pl.DataFrame) -> None:
    assert_agreement(table)


def assert_agreement(table: pl.DataFrame) -> None:
    official, compiled = validate(EVERY_RULE, table), validate_compiled(EVERY_RULE, table)
    assert compiled.results == official.results
    assert compiled.breaches.rows() == official.breaches.rows()


def test_executors_agree_where_thousands_of_rows_break_rules() -> None:
    good = good_rows(EVERY_RULE, 1)
    number = pl.int_range(pl.len())
    table = pl.concat([good] * 5_000).with_columns(
        pieces=pl.when(number % 2 == 0).then(-number - 1).otherwise(number),
        rate=pl.when(number % 5 == 0).then(float("nan")).when(number % 7 == 0).then(None).otherwise(number / 4_000),
    )
    official, compiled = validate(EVERY_RULE, table), validate_compiled(EVERY_RULE, table)
    assert official.quarantined > 2_500
    assert compiled.results == official.results
    assert compiled.breaches.equals(official.breaches)


def test_patterns_use_nothing_that_two_engines_read_differently() -> None:
    """A shorthand class means ASCII to one engine and Unicode to the other; flags and look-around are known to one only."""
    shorthand = re.compile(r"\\[dDwWsSbBpP]|\(\?[^:]")
    patterns = {column.pattern for contract in _all_contracts() for column in contract.columns if column.pattern is not None}
    patterns.add(ID_ARTEFACT)
    assert not [pattern for pattern in patterns if shorthand.search(pattern)]


def test_only_texts_have_sets_patterns_and_lengths() -> None:
    """Both executors compare these rules with texts; on another kind of column they would fail."""
    wrong = [
        f"{contract.name}.{column.name}"
        for contract in _all_contracts()
        for column in contract.columns
        if column.kind not in TEXT_KINDS and (column.allowed, column.pattern, column.max_length) != (None, None, None)
    ]
    assert not wrong


def _all_contracts() -> list[Contract]:
    return [*INBOUND.values(), *OUTBOUND.values()]
