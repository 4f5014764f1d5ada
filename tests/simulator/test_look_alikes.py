"""Honest trade that resembles a cheat exists and shows in the files."""

from __future__ import annotations

import polars as pl
import pytest

from tests.simulator.conftest import World


def honest_orders(world: World) -> pl.DataFrame:
    return world.orders.join(world.truth("orders"), left_on="OrderNo", right_on="subject_id", how="anti")


@pytest.mark.parametrize(
    ("kind", "look_alike"),
    [
        ("order", "family"),
        ("order", "traveller"),
        ("order", "group_buy"),
        ("order", "bulk_buyer"),
        ("order", "cover_order"),
        ("payment", "traveller"),
        ("review", "angry_customer"),
        ("review", "fan"),
    ],
)
def test_every_kind_of_look_alike_occurs(world: World, kind: str, look_alike: str) -> None:
    assert world.truth("look_alikes").filter((pl.col("subject_kind") == kind) & (pl.col("look_alike") == look_alike)).height >= 10


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
