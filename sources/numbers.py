"""Numbers and truth values in text, read the same way wherever they come from."""

from __future__ import annotations

import polars as pl

from fairdeal.sources.blanks import bare

_FULL_WIDTH = {chr(0xFF10 + digit): str(digit) for digit in range(10)} | {
    "．": ".",
    "，": ",",
    "－": "-",
    "＋": "+",
    "−": "-",
    "：": ":",
    "／": "/",
    "　": " ",
}
_TRUE = ("true", "1", "yes", "y", "t", "是", "1.0")
_FALSE = ("false", "0", "no", "n", "f", "否", "0.0")
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"


def plain_digits(text: pl.Expr) -> pl.Expr:
    """Text without space or invisible marks around it, its full-width digits, points, commas, signs and spaces in ASCII."""
    return bare(text).str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))


def whole_number(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A plain column as Int64; null where the value is no whole number or too large. A binary fraction must be whole exactly."""
    if dtype.is_integer():
        return value.cast(pl.Int64, strict=False)
    if dtype.is_float():
        exact = value.is_finite() & (value.abs() < 2.0**53) & (value == value.floor())
        return pl.when(exact).then(value.cast(pl.Int64, strict=False))
    if isinstance(dtype, pl.Decimal):
        return value.cast(pl.String).str.extract(r"^([+-]?\d+)(?:\.0*)?$").cast(pl.Int64, strict=False)
    if dtype == pl.String:
        return plain_digits(value).str.extract(r"^([+-]?\d+)$").str.strip_prefix("+").cast(pl.Int64, strict=False)
    return pl.lit(None, dtype=pl.Int64)


def count_number(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """As `whole_number`, and text such as ``3.0``, which tools write for whole numbers beside empty cells."""
    if dtype == pl.String:
        value = plain_digits(value).str.replace(r"^([+-]?\d+)\.0$", "$1")
    return whole_number(value, dtype)


def fraction_number(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A plain column as finite Float64; null where the value is no number."""
    if dtype == pl.String:
        text = plain_digits(value)
        number = pl.when(text.str.contains(_NUMBER)).then(text).str.strip_prefix("+").cast(pl.Float64, strict=False)
    elif dtype.is_numeric():
        number = value.cast(pl.Float64)
    else:
        return pl.lit(None, dtype=pl.Float64)
    return pl.when(number.is_finite()).then(number)


def truth_value(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A plain column as Boolean: true/false, 1/0, yes/no, 是/否 in any case; null for anything else."""
    if dtype == pl.Boolean:
        return value
    if dtype.is_numeric():
        text = value.cast(pl.Float64).cast(pl.String)
    elif dtype == pl.String:
        text = plain_digits(value).str.to_lowercase()
    else:
        return pl.lit(None, dtype=pl.Boolean)
    return pl.when(text.is_in(_TRUE)).then(pl.lit(True)).when(text.is_in(_FALSE)).then(pl.lit(False))
