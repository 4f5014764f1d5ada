"""Amounts: exact, and unread rather than wrong."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.sources.amounts import minor_units


def minor(values: list[object], decimals: int | None, dtype: pl.DataType | type[pl.DataType] | None = None) -> list[int | None]:
    frame = pl.DataFrame({"amount": pl.Series(values, dtype=dtype)})
    found: list[int | None] = frame.select(minor_units(pl.col("amount"), frame.schema["amount"], decimals)).to_series().to_list()
    return found


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0.29", 29),
        ("1", 100),
        ("-5.00", -500),
        ("+7.1", 710),
        (" 3.30 ", 330),
        (".5", 50),
        ("5.", 500),
        ("-0.01", -1),
        ("007.10", 710),
        ("1,234.56", 123456),
        ("12,345,678.90", 1234567890),
        ("1,234", 123400),
        ("１２．５０", 1250),
        ("１，２３４．５０", 123450),
        ("12.3400", 1234),
        ("9999999999.99", 999999999999),
    ],
)
def test_reads_what_can_be_read_in_one_way(text: str, units: int) -> None:
    assert minor([text], 2) == [units]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-",
        "12.345",
        "12.340",
        "12.000",
        "1.234,56",
        "12,34",
        "1,2345.00",
        "1234,567.00",
        ",5",
        "nan",
        "NaN",
        "inf",
        "1e3",
        "$5",
        "5 yuan",
        "--5",
        "1_000",
        "0x10",
        "9" * 40,
        "１２．５０．",
        "五",
    ],
)
def test_leaves_unread_what_is_no_amount_or_could_be_two(text: str) -> None:
    assert minor([text], 2) == [None]


def test_a_lone_comma_before_three_digits_is_ambiguous_only_with_three_decimals() -> None:
    assert minor(["1,234"], 3) == [None]
    assert minor(["1,234,567", "1.234", "1,234.500"], 3) == [1234567000, 1234, 1234500]


def test_without_decimals_only_whole_minor_units_will_do() -> None:
    assert minor(["1250", "-3", "１２", "12.0", "12.5", "1,250", "x", None], None) == [1250, -3, 12, None, None, None, None, None]
    assert minor([1250.0, 12.5, float("nan"), float("inf"), 1e19], None) == [1250, None, None, None, None]
    assert minor([7, None], None) == [7, None]


def test_typed_amounts() -> None:
    assert minor([7, -7, 2**62, None], 2, pl.Int64) == [700, -700, None, None]
    assert minor([Decimal("12.340"), Decimal("12.345")], 2, pl.Decimal(10, 3)) == [1234, None]
    assert minor([float("nan"), float("inf"), -float("inf"), 1e300], 2) == [None] * 4
    assert minor([True], 2) == [None]


def test_binary_fractions_round_half_even_as_they_print() -> None:
    assert minor([0.29, 0.615, 0.625, 1.005, 2.675, -0.125, 0.285, 4.35], 2) == [29, 62, 62, 100, 268, -12, 28, 435]


@settings(deadline=None)
@given(st.lists(st.decimals(-(10**10), 10**10, allow_nan=False, places=2), min_size=1))
def test_every_decimal_text_is_exact(amounts: list[Decimal]) -> None:
    assert minor([f"{amount:.2f}" for amount in amounts], 2) == [int(amount.scaleb(2)) for amount in amounts]
    assert minor([f"{amount:,.2f}" for amount in amounts], 2) == [int(amount.scaleb(2)) for amount in amounts]


@settings(deadline=None)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.integers(0, 4))
def test_every_minor_amount_survives_a_binary_fraction(units: list[int], decimals: int) -> None:
    assert minor([unit / 10**decimals for unit in units], decimals, pl.Float64) == units


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.integers(0, 3))
def test_every_binary_fraction_is_the_nearest_of_its_decimal_form(amounts: list[float], decimals: int) -> None:
    expected = [int(Decimal(repr(amount)).scaleb(decimals).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) for amount in amounts]
    assert minor(list(amounts), decimals, pl.Float64) == expected
