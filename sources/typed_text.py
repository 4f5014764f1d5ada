"""Typed values of any origin brought to a few plain types, and each plain type as text."""

from __future__ import annotations

import polars as pl

#: Days from 1970 just outside the years 1 to 9999; the engine panics when it writes days far beyond them.
_OUTSIDE_DAYS = (-719_530, 2_932_897)
_UNITS_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000}


def plain_types(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in plain types: Int64, Float64, Boolean, Date, instants in microseconds, decimals, and text, nested values as JSON.

    Days and moments outside the years 1 to 9999 become the nearest day outside them: no moment of ours either way.
    """
    return frame.with_columns(_plain(frame.get_column(name)) for name in frame.columns)


def _plain(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype == pl.Date:
        return column.to_physical().clip(*_OUTSIDE_DAYS).cast(dtype)
    if dtype in (pl.String, pl.Boolean, pl.Int64, pl.Float64) or isinstance(dtype, pl.Decimal):
        return column
    if dtype in (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32):
        return column.cast(pl.Int64)  # wider ones, which Int64 may not hold, become text
    if dtype.is_float():
        return column.cast(pl.Float64)
    if isinstance(dtype, pl.Datetime):
        if (units := _UNITS_PER_DAY.get(dtype.time_unit)) is not None:  # nanoseconds do not reach so far
            column = column.to_physical().clip(*(day * units for day in _OUTSIDE_DAYS)).cast(dtype)
        return column.dt.cast_time_unit("us")
    if dtype == pl.Binary:
        texts = [None if value is None else value.decode("utf-8", "backslashreplace") for value in column]
        return pl.Series(column.name, texts, dtype=pl.String)
    if dtype == pl.Duration:
        return column.dt.to_string("iso")
    if dtype.is_nested():
        name = column.name
        wrapped = pl.struct(pl.col(name).alias("v")).struct.json_encode().str.strip_prefix('{"v":').str.strip_suffix("}")
        return column.to_frame().select(pl.when(pl.col(name).is_not_null()).then(wrapped).alias(name)).to_series()
    return column.cast(pl.String)


def as_text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A plain column as the text that a CSV file would hold; whole numbers and fractions in their shortest form, instants in ISO 8601."""
    if dtype == pl.String:
        return value
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            return value.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    return value.cast(pl.String)
