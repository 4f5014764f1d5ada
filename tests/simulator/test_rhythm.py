from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.simulator.clock import DAY, HOUR, Period, hour_of, midnight, waking, weekday_of
from tests.simulator.conftest import DAYS, ORDERS_PER_DAY, World


def local_moments(world: World) -> pl.Series:
    return world.orders["OrderTime"].str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).drop_nulls()


def test_evening_is_busier_than_midday_and_midday_than_the_hours_before_dawn(world: World) -> None:
    by_hour = np.bincount(local_moments(world).dt.hour().to_numpy(), minlength=24)
    assert by_hour[20:23].sum() > by_hour[11:14].sum() > 4 * by_hour[2:5].sum()


def test_weekends_are_busier_than_working_days(world: World) -> None:
    days = local_moments(world).dt.date().value_counts().with_columns(pl.col("OrderTime").dt.weekday().alias("weekday"))
    weekend = days.filter(pl.col("weekday") >= 6)["count"].mean()
    working = days.filter(pl.col("weekday") <= 4)["count"].mean()
    assert weekend > 1.05 * working  # type: ignore[operator]


def test_a_festival_is_the_busiest_day_of_the_month(world: World) -> None:
    days = local_moments(world).dt.date().value_counts().sort("count")
    assert days["OrderTime"].to_list()[-1] == date(2026, 1, 18)
    assert days["count"].max() > 1.6 * days["count"].median()  # type: ignore[operator]


def test_orders_add_up_to_the_daily_number(world: World) -> None:
    assert world.orders["OrderNo"].n_unique() == pytest.approx(DAYS * ORDERS_PER_DAY, rel=0.01)


@pytest.mark.parametrize(
    ("table", "column"), [("orders", "OrderTime"), ("reviews", "posted"), ("labels", "得知时间"), ("refunds", "更新时间")]
)
def test_a_days_file_holds_that_shanghai_day(world: World, table: str, column: str) -> None:
    rows = world.tables[table]
    sound = rows.filter(pl.col(column).str.contains(r"^2026[-/](01-|01/|02-[01]|02/[01])") & ~pl.col(column).str.contains("25:61"))
    day = sound[column].str.slice(0, 10).str.replace_all("/", "-")
    assert sound.height > 0.99 * rows.height
    assert (sound["__file"].str.extract(r"(\d{4}-\d\d-\d\d)") == day).all()


def test_payments_files_hold_shanghai_days_although_they_tell_utc(world: World) -> None:
    moment = world.payments["ts"].cast(pl.Int64, strict=False)
    sound = moment.is_between(1_700_000_000_000, 1_900_000_000_000).fill_null(False)
    day = (moment.filter(sound) + 8 * HOUR).cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%d")
    assert (world.payments.filter(sound)["__file"].str.extract(r"(\d{4}-\d\d-\d\d)") == day).all()


@given(st.dates(date(1995, 1, 1), date(2090, 1, 1)), st.integers(0, 23))
def test_local_hour_and_weekday_agree_with_the_calendar(day: date, hour: int) -> None:
    period = Period(day, 1)
    at = np.array([period.start + hour * HOUR])
    assert hour_of(at)[0] == hour
    assert weekday_of(at)[0] == day.weekday()
    assert midnight(int(at[0])) == period.start
    assert period.day_of(at)[0] == 0
    assert period.day_of(at + DAY)[0] == 1


@given(st.integers(0, 10**13))
def test_nothing_waits_through_the_night_nor_moves_backwards(at: int) -> None:
    put_off = waking(np.array([at]))
    assert put_off[0] >= at
    assert not 1 <= hour_of(put_off)[0] < 7
