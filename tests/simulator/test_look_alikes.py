"""Honest trade that resembles a cheat exists and shows in the files."""

from __future__ import annotations

import polars as pl
import pytest

from fairdeal.data_contracts.typologies import TYPOLOGIES, Typology
from fairdeal.simulator.look_alikes import LOOK_ALIKES
from tests.simulator.conftest import World


def honest_orders(world: World) -> pl.DataFrame:
    return world.orders.join(world.truth("orders"), left_on="OrderNo", right_on="subject_id", how="anti")


@pytest.mark.parametrize("typology", list(Typology))
def test_every_cheat_can_be_mistaken_for_something_honest_that_occurs(world: World, typology: Typology) -> None:
    kind = TYPOLOGIES[typology].detector.subject_kind
    occurring = world.truth("look_alikes").filter(pl.col("subject_kind") == kind)["look_alike"]
    for look_alike in LOOK_ALIKES[typology]:
        assert (occurring == look_alike).sum() >= 10, look_alike


def of_kind(world: World, look_alike: str) -> pl.DataFrame:
    """The honest orders of one kind."""
    ids = world.truth("look_alikes").filter((pl.col("subject_kind") == "order") & (pl.col("look_alike") == look_alike))["subject_id"]
    return world.orders.filter(pl.col("OrderNo").is_in(ids.implode()))


def test_who_returns_a_lot_gives_reasons_of_fit(world: World) -> None:
    returned = world.refunds.join(of_kind(world, "returns_a_lot"), left_on="订单号", right_on="OrderNo").unique("退款单号")
    assert returned.height > 20
    assert returned["原因"].is_in(["质量问题", "少件/漏发", "与描述不符"]).mean() < 0.25  # type: ignore[operator]


def test_staff_buy_at_the_counter_of_their_shop(world: World) -> None:
    counters = world.reviews.filter(pl.col("side") == "卖家").select("shop", "net").unique()
    staff = of_kind(world, "staff_purchase").select("ShopNo", "NetBlock")
    assert staff.join(counters, left_on=["ShopNo", "NetBlock"], right_on=["shop", "net"]).height > 0.3 * staff.height


def test_storms_and_festivals_slow_honest_parcels_down(world: World) -> None:
    def days(orders: pl.DataFrame) -> float:
        signed = world.shipments.drop_nulls(["signed", "picked_up"]).unique("order_no", keep="last")
        came = orders.join(signed, left_on="OrderNo", right_on="order_no")
        return float((came["signed"] - came["picked_up"]).dt.total_hours().median()) / 24  # type: ignore[arg-type]

    assert days(of_kind(world, "slow_carrier")) > days(honest_orders(world)) + 2


def test_clearance_sales_are_cheap_and_send_what_they_showed(world: World) -> None:
    parcels = world.shipments.unique("order_no", keep="last").select("order_no", "weight_gram")
    sold = of_kind(world, "clearance").join(parcels, left_on="OrderNo", right_on="order_no")
    paid = sold["TotalAmount"].cast(pl.Float64, strict=False) / (sold["UnitPrice"].cast(pl.Float64) * sold["Qty"].cast(pl.Float64))
    assert paid.min() < 0.5  # type: ignore[operator]
    assert sold["weight_gram"].median() > 150  # type: ignore[operator]


def test_look_alikes_are_honest(world: World) -> None:
    fraud = pl.concat([world.truth(name)["subject_id"] for name in ("orders", "payments", "reviews")])
    assert not world.truth("look_alikes")["subject_id"].is_in(fraud.implode()).any()


def test_honest_families_share_a_device_and_an_address(world: World) -> None:
    shared = honest_orders(world).group_by("DeviceFp", "ShipTo").agg(pl.col("BuyerNo").n_unique())
    assert shared.filter(pl.col("BuyerNo") >= 2).height >= 20


def test_honest_offices_share_a_network(world: World) -> None:
    shared = honest_orders(world).group_by("NetBlock").agg(pl.col("BuyerNo").n_unique())
    assert shared.filter(pl.col("BuyerNo") >= 10).height >= 10


def test_group_buys_are_bursts_on_one_listing(world: World) -> None:
    ids = world.truth("look_alikes").filter(pl.col("look_alike") == "group_buy")["subject_id"]
    bought = world.orders.filter(pl.col("OrderNo").is_in(ids.implode()))
    bursts = bought.group_by("ItemNo", pl.col("OrderTime").str.slice(0, 10)).agg(pl.len(), pl.col("BuyerNo").n_unique())
    assert bursts["len"].max() >= 18  # type: ignore[operator]
    assert (bursts["BuyerNo"] >= 0.5 * bursts["len"]).all()


def test_travellers_pay_from_devices_and_networks_that_are_new_for_them(world: World) -> None:
    ids = world.truth("look_alikes").filter((pl.col("subject_kind") == "payment") & (pl.col("look_alike") == "traveller"))["subject_id"]
    first = world.payments.with_columns(new=pl.col("ts") == pl.col("ts").min().over("payer", "net"))
    new_for_travellers = first.filter(pl.col("pay_id").is_in(ids.implode()))["new"].mean()
    assert new_for_travellers > first["new"].mean()  # type: ignore[operator]


def test_honest_people_also_write_the_same_short_praise(world: World) -> None:
    honest = world.reviews.join(world.truth("reviews"), left_on="id", right_on="subject_id", how="anti")
    assert honest["content"].value_counts().filter(pl.col("count") >= 10).height >= 10


def test_honest_reviews_praise_and_complain(world: World) -> None:
    honest = world.reviews.join(world.truth("reviews"), left_on="id", right_on="subject_id", how="anti")
    share = {row["stars"]: row["count"] / honest.height for row in honest["stars"].value_counts().iter_rows(named=True)}
    assert share["5"] > 0.5
    assert share["1"] > share["2"] > 0.01
