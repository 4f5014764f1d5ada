"""Amounts into integer minor units, exactly: no amount passes through a binary fraction unless the source holds one."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from fairdeal.sources.numbers import plain_digits, whole_number

#: Beyond this a binary fraction no longer tells neighbouring minor units apart.
_LARGEST_EXACT = 2.0**52
#: A plain amount: sign, whole part with or without commas between groups of three, fraction.
_AMOUNT = r"^([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d*))?$"


def minor_units(value: pl.Expr, dtype: pl.DataType, decimals: int | None) -> pl.Expr:
    """A plain column as Int64 minor units; null where the value is no unambiguous amount.

    Parameters
    ----------
    decimals
        Decimals of the amount in major units; None when it is in minor units already and must be whole.

    Notes
    -----
    Text and decimals are read digit by digit. Commas are taken as thousands separators where they stand between full groups of three
    and no other reading is possible. Binary fractions are rounded half-even at the given decimals, as their shortest decimal form says.
    """
    if decimals is None:
        return whole_number(value, dtype)
    if dtype.is_integer():
        most = (2**63 - 1) // 10**decimals
        return pl.when(value.is_between(-most, most)).then(value * 10**decimals)
    if dtype.is_float():
        return value.map_batches(lambda amounts: _rounded(amounts, decimals), return_dtype=pl.Int64)
    if isinstance(dtype, pl.Decimal):
        return _from_text(value.cast(pl.String), decimals, written=False)
    if dtype == pl.String:
        return _from_text(plain_digits(value), decimals, written=True)
    return pl.lit(None, dtype=pl.Int64)


def _from_text(text: pl.Expr, decimals: int, *, written: bool) -> pl.Expr:
    """Digits of an amount moved into place.

    More digits after the point than ``decimals`` are taken only when they are zeros; in written text not when there are just three
    of them, which may as well be thousands ("12.000"). For the same reason "1,234" is no amount where three decimals are meant.
    """
    parts = text.str.extract_groups(_AMOUNT)
    sign, whole, fraction = (parts.struct.field(str(number)) for number in (1, 2, 3))
    beyond = fraction.fill_null("").str.slice(decimals)
    ambiguous = pl.lit(False)
    if written:
        ambiguous = beyond.ne("") & (fraction.str.len_chars() == 3)
        if decimals == 3:
            ambiguous = ambiguous | (whole.str.count_matches(",", literal=True).eq(1) & fraction.is_null())
    digits = whole.fill_null("").str.replace_all(",", "", literal=True) + fraction.fill_null("").str.slice(0, decimals).str.pad_end(
        decimals, "0"
    )
    has_digits = whole.is_not_null() | fraction.fill_null("").ne("")
    size = pl.when(digits.eq("")).then(pl.lit("0")).otherwise(digits).cast(pl.Int64, strict=False)
    readable = has_digits & beyond.str.contains(r"^0*$") & ambiguous.fill_null(False).not_()
    return pl.when(readable).then(pl.when(sign.eq("-")).then(-size).otherwise(size))


def _rounded(amounts: pl.Series, decimals: int) -> pl.Series:
    """Binary fractions in minor units; only those next to a tie are looked at one by one."""
    scaled = amounts.cast(pl.Float64) * float(10**decimals)
    usable = scaled.is_finite() & (scaled.abs() < _LARGEST_EXACT)
    frame = pl.DataFrame({"amount": amounts.cast(pl.Float64), "scaled": scaled, "usable": usable})
    near_tie = ((pl.col("scaled") - pl.col("scaled").floor() - 0.5).abs() <= (pl.col("scaled").abs() * 4e-16).clip(1e-6)) & pl.col("usable")
    rounded = pl.when("usable").then(pl.col("scaled").round().cast(pl.Int64, strict=False)).alias("minor")
    frame = frame.select("amount", rounded, near_tie.fill_null(False).alias("tie"))
    if not frame.get_column("tie").any():
        return frame.get_column("minor")
    ties = frame.get_column("tie").arg_true()
    exact = [half_even(amount, decimals) for amount in frame.get_column("amount").gather(ties)]
    return frame.get_column("minor").scatter(ties, exact)


def half_even(amount: float, decimals: int) -> int:
    """One finite amount in minor units, rounded half-even in the decimal form that it prints as.

    >>> half_even(0.29, 2), half_even(0.615, 2), half_even(0.625, 2)
    (29, 62, 62)
    """
    if not math.isfinite(amount):
        raise ValueError(f"amount: {amount} found; allowed are finite numbers; leave it out")
    return int(Decimal(repr(amount)).scaleb(decimals).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
