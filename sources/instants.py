"""Times in text and numbers into UTC instants and dates."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from fairdeal.sources.mapping_parts import ColumnSource, TimeUnit
from fairdeal.sources.numbers import plain_digits

#: Step numbers count from here unless the mapping says otherwise: any origin does, this one is easy to recognise.
STEP_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UTC_MICROSECONDS = pl.Datetime("us", "UTC")
_FIRST, _END = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_MICROSECONDS = {TimeUnit.SECONDS: 1_000_000, TimeUnit.MILLISECONDS: 1_000, TimeUnit.MICROSECONDS: 1}
#: ISO 8601 and the near forms that cannot be misread: year first, - or /, time with or without seconds, zone with or without colon.
_ISO = (
    r"^(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/)(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::([0-5]\d)(?:[.,](\d{1,9}))?)?[ ]?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)


def utc_instant(value: pl.Expr, dtype: pl.DataType, source: ColumnSource, time_zone: str) -> pl.Expr:
    """A plain column as UTC instants in microseconds; null where the value is no moment between the years 1 and 9999.

    Parameters
    ----------
    source
        Carries the format, or the unit and origin of numbers.
    time_zone
        Of times that name none.

    Notes
    -----
    A local time that occurs twice, when clocks go back, is the earlier one. A local time that never occurs, when clocks go forward, is
    null: a source that holds one runs on another zone than the mapping says, and a silent hour would hide it.
    """
    zone = source.time_zone or time_zone
    moment: pl.Expr
    if isinstance(dtype, pl.Datetime):
        moment = value.dt.cast_time_unit("us")
        moment = moment.dt.convert_time_zone("UTC") if dtype.time_zone is not None else _to_utc(moment, zone)
    elif dtype == pl.Date:
        moment = _to_utc(value.cast(pl.Datetime("us")), zone)
    elif source.unit is not None:
        moment = _from_number(value, dtype, source)
    elif dtype == pl.String:
        text = plain_digits(value)
        moment = _iso(text, zone) if source.format is None else _formatted(text, source.format, zone)
    else:
        return pl.lit(None, dtype=_UTC_MICROSECONDS)
    return pl.when(moment.is_between(pl.lit(_FIRST, dtype=_UTC_MICROSECONDS), pl.lit(_END, dtype=_UTC_MICROSECONDS))).then(moment)


def calendar_date(value: pl.Expr, dtype: pl.DataType, source: ColumnSource, time_zone: str) -> pl.Expr:
    """A plain column as dates in the source's zone; null where the value is none."""
    if dtype == pl.Date:
        return pl.when(value.dt.year().is_between(1, 9999)).then(value)
    if dtype == pl.String:
        text = plain_digits(value)
        if source.format is not None:
            return text.str.to_date(source.format, strict=False)
        compact = text.str.replace(r"^(\d{4})(\d{2})(\d{2})$", "$1-$2-$3")
        return utc_instant(compact, dtype, source, time_zone).dt.convert_time_zone(source.time_zone or time_zone).dt.date()
    if isinstance(dtype, pl.Datetime):
        return value.dt.convert_time_zone(source.time_zone or time_zone).dt.date() if dtype.time_zone is not None else value.dt.date()
    return pl.lit(None, dtype=pl.Date)


def _to_utc(local: pl.Expr, zone: str) -> pl.Expr:
    return local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def _iso(text: pl.Expr, zone: str) -> pl.Expr:
    """Text in ISO 8601 or a near form."""
    parts = text.str.extract_groups(_ISO)
    year, dashed, slashed, day, hour, minute, second, fraction, offset = (parts.struct.field(str(number)) for number in range(1, 10))
    padded = pl.concat_str(
        year,
        pl.coalesce(dashed, slashed).str.zfill(2),
        day.str.zfill(2),
        hour.fill_null("0").str.zfill(2),
        minute.fill_null("00"),
        second.fill_null("00"),
        fraction.fill_null("0").str.pad_end(6, "0").str.slice(0, 6),
    )
    clock = padded.str.slice(0, 14).str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False)
    clock = clock + pl.duration(microseconds=padded.str.slice(14).cast(pl.Int64, strict=False))
    shown = offset.str.replace_all(":", "", literal=True)
    hours = shown.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = shown.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    possible = (hours <= 15) & (minutes < 60)
    ahead = pl.duration(minutes=(hours * 60 + minutes) * pl.when(shown.str.starts_with("-")).then(-1).otherwise(1))
    zoned = pl.when(offset.is_in(["Z", "UTC"])).then(clock).when(possible).then(clock - ahead).dt.replace_time_zone("UTC")
    return pl.when(offset.is_null()).then(_to_utc(clock, zone)).otherwise(zoned)


def _formatted(text: pl.Expr, form: str, zone: str) -> pl.Expr:
    """Text in a given format; a format with ``%z`` names its own zone."""
    moment = text.str.to_datetime(form, time_unit="us", strict=False)
    return moment.dt.convert_time_zone("UTC") if "%z" in form else _to_utc(moment, zone)


def _from_number(value: pl.Expr, dtype: pl.DataType, source: ColumnSource) -> pl.Expr:
    """A count of seconds, milliseconds, microseconds or steps since the origin; whole counts stay exact.

    Text in scientific notation is no count: whoever wrote it has rounded.
    """
    step = source.unit is TimeUnit.STEP
    scale = float(source.seconds * 1_000_000 if source.unit is None or step else _MICROSECONDS[source.unit])
    origin = source.origin or (STEP_ORIGIN if step else _EPOCH)
    most = int(9e17 // scale)
    whole: pl.Expr
    fraction: pl.Expr
    exact: pl.Expr
    if dtype == pl.String:
        text = plain_digits(value)
        whole = text.str.extract(r"^([+-]?\d+)(?:\.0*)?$").str.strip_prefix("+").cast(pl.Int64, strict=False)
        written = pl.when(text.str.contains(r"^[+-]?\d*\.?\d+$")).then(text.str.strip_prefix("+"))
        fraction = written.cast(pl.Float64, strict=False)
    elif dtype.is_integer():
        whole, fraction = value.cast(pl.Int64, strict=False), pl.lit(None, dtype=pl.Float64)
    elif dtype.is_numeric():
        whole, fraction = pl.lit(None, dtype=pl.Int64), value.cast(pl.Float64)
    else:
        return pl.lit(None, dtype=_UTC_MICROSECONDS)
    rounded = pl.when(fraction.is_finite() & (fraction.abs() <= most)).then((fraction * scale).round().cast(pl.Int64, strict=False))
    if scale.is_integer():
        exact = pl.when(whole.is_between(-most, most)).then(whole * int(scale))
    else:
        exact = pl.when(whole.is_between(-most, most)).then((whole.cast(pl.Float64) * scale).round().cast(pl.Int64, strict=False))
    microseconds = pl.coalesce(exact, pl.when(whole.is_null()).then(rounded))
    return pl.lit(origin, dtype=_UTC_MICROSECONDS) + pl.duration(microseconds=microseconds, time_unit="us")
