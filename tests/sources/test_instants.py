"""Times: zones, formats, numbers; and what is no moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.sources.instants import calendar_date, utc_instant
from fairdeal.sources.mapping import ColumnSource, TimeUnit


def instants(values: list[object], source: ColumnSource | None = None, zone: str = "UTC") -> list[datetime | None]:
    frame = pl.DataFrame({"t": values})
    found = frame.select(utc_instant(pl.col("t"), frame.schema["t"], source or ColumnSource(columns=("t",)), zone)).to_series()
    assert found.dtype == pl.Datetime("us", "UTC")
    moments: list[datetime | None] = found.to_list()
    return moments


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-04-01", utc(2018, 4, 1)),
        ("2018/4/1 3:04", utc(2018, 4, 1, 3, 4)),
        ("2018-04-01T03:04:05Z", utc(2018, 4, 1, 3, 4, 5)),
        ("2018-04-01 03:04:05.123456789", utc(2018, 4, 1, 3, 4, 5, 123456)),
        ("2018-04-01 03:04:05,5", utc(2018, 4, 1, 3, 4, 5, 500000)),
        ("2018-04-01T03:04:05+08:00", utc(2018, 3, 31, 19, 4, 5)),
        ("2018-04-01T03:04-0330", utc(2018, 4, 1, 6, 34)),
        ("2018-04-01 03:04:05 UTC", utc(2018, 4, 1, 3, 4, 5)),
        ("２０１８-０４-０１", utc(2018, 4, 1)),
        ("9999-12-30", utc(9999, 12, 30)),
    ],
)
def test_iso_and_its_near_forms(text: str, moment: datetime) -> None:
    assert instants([text]) == [moment]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2018-02-30",
        "2018-13-01",
        "2018-04-01 24:00",
        "2018-04-01 10:61",
        "2018-04-01 10:00:60",
        "01/04/2018",
        "2018-04/01",
        "20180401",
        "0000-01-01",
        "9999-12-31 23:59:59-15:00",
        "2018-04-01T00:00:00+99:00",
        "1522540831",
        "2018",
    ],
)
def test_what_is_no_moment_is_null(text: str) -> None:
    assert instants([text]) == [None]


def test_times_without_a_zone_are_in_the_sources_or_the_columns_own() -> None:
    assert instants(["2018-04-01 08:00"], zone="Asia/Shanghai") == [utc(2018, 4, 1)]
    assert instants(["2018-04-01 08:00"], ColumnSource(columns=("t",), time_zone="Asia/Tokyo"), "UTC") == [utc(2018, 3, 31, 23)]


def test_a_time_that_occurs_twice_is_the_earlier_one_and_one_that_never_occurs_is_null() -> None:
    assert instants(["2018-10-28 01:30", "2018-03-25 01:30", "2018-03-25 02:00"], zone="Europe/London") == [
        utc(2018, 10, 28, 0, 30),
        None,
        utc(2018, 3, 25, 1),
    ]


def test_a_given_format_is_the_only_one() -> None:
    source = ColumnSource(columns=("t",), format="%d/%m/%Y %H:%M")
    assert instants(["31/12/2018 23:59", "12/31/2018 23:59", "2018-12-31 23:59"], source, "Asia/Shanghai") == [
        utc(2018, 12, 31, 15, 59),
        None,
        None,
    ]
    assert instants(["31.12.18"], ColumnSource(columns=("t",), format="%d.%m.%y")) == [utc(2018, 12, 31)]
    assert instants(["31/12/2018 23:59:01.25"], ColumnSource(columns=("t",), format="%d/%m/%Y %H:%M:%S%.f")) == [
        utc(2018, 12, 31, 23, 59, 1, 250000)
    ]
    assert instants(["31/12/2018 00:00 +0300"], ColumnSource(columns=("t",), format="%d/%m/%Y %H:%M %z")) == [utc(2018, 12, 30, 21)]


@pytest.mark.parametrize(
    ("unit", "values", "moments"),
    [
        (TimeUnit.SECONDS, [1522540831, 0, None], [utc(2018, 4, 1, 0, 0, 31), utc(1970, 1, 1), None]),
        (
            TimeUnit.SECONDS,
            ["1522540831.25", "1522540831", "x", "1e300"],
            [utc(2018, 4, 1, 0, 0, 31, 250000), utc(2018, 4, 1, 0, 0, 31), None, None],
        ),
        (TimeUnit.SECONDS, [1522540831.5, float("nan"), 1e300], [utc(2018, 4, 1, 0, 0, 31, 500000), None, None]),
        (TimeUnit.MILLISECONDS, [1522540831250], [utc(2018, 4, 1, 0, 0, 31, 250000)]),
        (TimeUnit.MICROSECONDS, ["1522540831250001"], [utc(2018, 4, 1, 0, 0, 31, 250001)]),
        (TimeUnit.SECONDS, [2**62, -(2**62)], [None, None]),
    ],
)
def test_epoch_numbers(unit: TimeUnit, values: list[object], moments: list[datetime | None]) -> None:
    assert instants(values, ColumnSource(columns=("t",), unit=unit)) == moments


def test_steps_count_from_their_origin() -> None:
    source = ColumnSource(columns=("t",), unit=TimeUnit.STEP, seconds=60)
    assert instants([0, 1, 1440], source) == [utc(2000, 1, 1), utc(2000, 1, 1, 0, 1), utc(2000, 1, 2)]
    assert instants(["2"], ColumnSource(columns=("t",), unit=TimeUnit.STEP, seconds=0.5, origin=utc(2018, 4, 1))) == [
        utc(2018, 4, 1, 0, 0, 1)
    ]


def test_typed_times() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert instants([datetime(2018, 4, 1, 8)], zone="Asia/Shanghai") == [utc(2018, 4, 1)]
    assert instants([datetime(2018, 4, 1, 8, tzinfo=shanghai)]) == [utc(2018, 4, 1)]
    assert instants([date(2018, 4, 1)], zone="Asia/Shanghai") == [utc(2018, 3, 31, 16)]
    assert instants([1522540831]) == [None]


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_every_instant_written_in_any_zone_comes_back(moment: datetime, minutes: int) -> None:
    written = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert instants([written]) == [moment.replace(tzinfo=UTC)]


def test_dates() -> None:
    def dates(values: list[object], source: ColumnSource | None = None) -> list[date | None]:
        frame = pl.DataFrame({"t": values})
        found = frame.select(calendar_date(pl.col("t"), frame.schema["t"], source or ColumnSource(columns=("t",)), "Asia/Shanghai"))
        moments: list[date | None] = found.to_series().to_list()
        return moments

    assert dates(["2018-04-01", "2018/4/1", "20180401", "2018-04-01 23:00", "2018-02-30", "x"]) == [date(2018, 4, 1)] * 4 + [None, None]
    assert dates(["01.04.2018"], ColumnSource(columns=("t",), format="%d.%m.%Y")) == [date(2018, 4, 1)]
    assert dates([datetime(2018, 3, 31, 20, tzinfo=UTC)]) == [date(2018, 4, 1)]
    assert dates([5]) == [None]
