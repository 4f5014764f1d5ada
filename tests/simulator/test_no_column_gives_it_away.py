"""No single raw column may tell the fakes: not its value, its length, its absence, its rank, nor its category."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from lightgbm import LGBMClassifier
from sklearn.metrics import average_precision_score

from tests.simulator.conftest import World

CEILING = 0.8


def area_under_curve(is_fraud: npt.NDArray[np.bool_], value: npt.NDArray[np.float64]) -> float:
    """How well high values tell fakes; 0.5 is chance, 0 tells them by low values."""
    rank = pl.Series(value).rank("average").to_numpy()
    positives = int(is_fraud.sum())
    return float((rank[is_fraud].sum() - positives * (positives + 1) / 2) / (positives * (len(rank) - positives)))


def either_way(area: float) -> float:
    return max(area, 1 - area)


def readings(column: pl.Series) -> dict[str, npt.NDArray[np.float64]]:
    """The ways to read one column as a number."""
    found = {"absence": column.is_null().cast(pl.Float64).to_numpy()}
    if column.dtype == pl.String:
        found["length"] = column.str.len_chars().fill_null(0).cast(pl.Float64).to_numpy()
        found["rank"] = column.rank("dense").fill_null(0).cast(pl.Float64).to_numpy()
    number = column.cast(pl.Float64, strict=False)
    if number.null_count() < len(number) / 2:
        found["value"] = number.fill_null(-1.0).to_numpy()
    return found


def strongest(table: pl.DataFrame, is_fraud: pl.Series) -> dict[str, float]:
    """Per column and reading the area under the curve."""
    fraud = is_fraud.to_numpy()
    areas = {
        f"{column.name} ({how})": either_way(area_under_curve(fraud, value))
        for column in table.get_columns()
        for how, value in readings(column).items()
    }
    for column in table.get_columns():
        if column.n_unique() <= 40:
            areas[f"{column.name} (category)"] = area_of_category(column, is_fraud)
    return areas


def area_of_category(column: pl.Series, is_fraud: pl.Series) -> float:
    """What each category's rate of fraud in the earlier half tells about the later half.

    Rates and areas from the same rows would only say that a handful of rings cannot be spread evenly over a dozen categories.
    """
    half = len(column) // 2
    told = pl.DataFrame({"key": column, "fraud": is_fraud.cast(pl.Float64)})
    rates = told.head(half).group_by("key").agg(rate=pl.col("fraud").mean())
    later = told.slice(half).join(rates, on="key", how="left", nulls_equal=True, maintain_order="left")
    return area_under_curve((later["fraud"] > 0).to_numpy(), later["rate"].fill_null(0.0).to_numpy())


def clock_hour(text: pl.Series) -> pl.Series:
    return text.str.slice(11, 2).cast(pl.Int64, strict=False).fill_null(-1).cast(pl.String).alias("hour")


def orders(world: World) -> tuple[pl.DataFrame, str]:
    parcels = world.shipments.unique("order_no", keep="last").select(
        "order_no", "weight_gram", "carrier", transit=(pl.col("signed") - pl.col("picked_up")).dt.total_seconds()
    )
    joined = world.orders.join(parcels, left_on="OrderNo", right_on="order_no", how="left", maintain_order="left")
    return joined.with_columns(clock_hour(joined["OrderTime"])), "OrderNo"


def payments(world: World) -> tuple[pl.DataFrame, str]:
    table = world.payments
    hour = ((table["ts"].cast(pl.Int64, strict=False) // 3_600_000 + 8) % 24).cast(pl.String)
    return table.with_columns(hour.alias("hour")), "pay_id"


def reviews(world: World) -> tuple[pl.DataFrame, str]:
    return world.reviews.with_columns(clock_hour(world.reviews["posted"])), "id"


@pytest.mark.parametrize(("name", "raw"), [("orders", orders), ("payments", payments), ("reviews", reviews)])
def test_no_raw_column_separates_fakes_from_honest_subjects(world: World, name: str, raw: object) -> None:
    table, key = raw(world)  # type: ignore[operator]
    position = pl.int_range(table.height, eager=True).cast(pl.Float64).alias("position in the files")
    is_fraud = table[key].is_in(world.truth(name)["subject_id"].implode()).fill_null(False)
    areas = strongest(table.drop("__file").with_columns(position), is_fraud)
    told = {reading: round(area, 3) for reading, area in areas.items() if area >= CEILING}
    assert not told


def test_the_ceiling_would_notice_a_column_that_tells() -> None:
    is_fraud = pl.Series([True] * 10 + [False] * 40 + [True] * 10 + [False] * 40)
    channel = ["x"] * 9 + ["y"] * 41
    table = pl.DataFrame({"channel": channel + channel, "amount": np.where(is_fraud.to_numpy(), 1.0, 2.0) + np.arange(100) / 1000})
    assert {reading for reading, area in strongest(table, is_fraud).items() if area >= CEILING} == {
        "channel (rank)",
        "channel (category)",
        "amount (value)",
    }


@pytest.mark.parametrize(("name", "raw"), [("orders", orders), ("payments", payments), ("reviews", reviews)])
def test_a_plain_model_on_the_raw_columns_finds_little(world: World, name: str, raw: object) -> None:
    """Columns as they stand, text as its length and absence, ids and moments by rank; trained on the truth of the earlier days."""
    table, key = raw(world)  # type: ignore[operator]
    table = table.sort("__file").drop("__file")
    is_fraud = table[key].is_in(world.truth(name)["subject_id"].implode()).fill_null(False).to_numpy()
    values = np.column_stack([value for column in table.get_columns() for value in readings(column).values()])
    earlier = int(0.6 * len(is_fraud))
    model = LGBMClassifier(n_estimators=120, learning_rate=0.06, num_leaves=15, n_jobs=1, random_state=1, deterministic=True, verbose=-1)
    model.fit(values[:earlier], is_fraud[:earlier])
    booster = model.booster_
    assert average_precision_score(is_fraud[earlier:], booster.predict(values[earlier:])) <= 0.45


def test_rows_of_a_day_stand_in_no_order(world: World) -> None:
    for name, column in (("orders", "OrderTime"), ("reviews", "posted")):
        one_day = world.tables[name].filter(pl.col("__file").str.contains("2026-01-20"))
        ranks = pl.DataFrame({"place": np.arange(one_day.height), "time": one_day[column].rank("ordinal")})
        correlation = ranks.select(pl.corr("place", "time")).item()
        assert abs(correlation) < 4 / np.sqrt(one_day.height)
