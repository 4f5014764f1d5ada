"""What the files say of one order must fit together."""

from __future__ import annotations

import polars as pl

from tests.simulator.conftest import World

LOCAL = "%Y-%m-%d %H:%M:%S"


def ordered(world: World) -> pl.DataFrame:
    return (
        world.orders.with_columns(at=pl.col("OrderTime").str.to_datetime(LOCAL, strict=False))
        .drop_nulls(["at", "OrderNo"])
        .unique("OrderNo")
    )


def paid(world: World) -> pl.DataFrame:
    return world.payments.with_columns(
        at=pl.from_epoch(pl.col("ts").cast(pl.Int64, strict=False) + 8 * 3_600_000, "ms").cast(pl.Datetime("us"))
    ).filter(pl.col("at").dt.year() == 2026)


def test_nobody_orders_before_joining(world: World) -> None:
    joined = world.buyers.select("uid", joined=pl.col("joined").str.to_datetime(LOCAL, strict=False)).drop_nulls().unique("uid")
    together = ordered(world).join(joined, left_on="BuyerNo", right_on="uid")
    assert together.height > 0.98 * world.orders.height
    assert (together["at"] >= together["joined"]).all()


def test_payments_follow_their_orders(world: World) -> None:
    together = paid(world).join(ordered(world).select("OrderNo", ordered="at"), left_on="order_ref", right_on="OrderNo")
    assert together.height > 0.99 * world.payments.height
    assert (together["at"] > together["ordered"]).all()


def test_an_order_is_paid_at_most_once(world: World) -> None:
    errors = world.truth("payments").filter(pl.col("typology") == "payment_error")["subject_id"]
    approved = paid(world).filter((pl.col("status") == "SUCCESS") & ~pl.col("pay_id").is_in(errors.implode())).unique("pay_id")
    assert approved["order_ref"].drop_nulls().is_unique().mean() > 0.998  # type: ignore[operator]


def test_a_retry_follows_what_did_not_work(world: World) -> None:
    attempts = paid(world).drop_nulls(["pay_id"]).unique("pay_id").sort("at").group_by("order_ref", maintain_order=True).agg("status")
    again = attempts.filter(pl.col("status").list.len() > 1)
    assert again.height > 50
    assert again.filter(pl.col("status").list.first() == "SUCCESS").height < 0.1 * again.height


def test_only_paid_orders_are_sent(world: World) -> None:
    approved = paid(world).filter(pl.col("status") == "SUCCESS")["order_ref"]
    sent = world.shipments.filter(pl.col("weight_gram").is_between(0, 10**8)).drop_nulls(["order_no", "picked_up"])
    assert sent["order_no"].is_in(approved.implode()).mean() > 0.999  # type: ignore[operator]


def test_a_parcel_comes_as_underway_first_and_as_a_newer_version_when_delivered(world: World) -> None:
    parcels = world.shipments.unique().drop_nulls(["parcel_no", "picked_up"]).filter(pl.col("weight_gram").is_between(0, 10**8))
    versions = parcels.sort("changed").group_by("parcel_no", maintain_order=True).agg("signed", "changed", "__file", "picked_up")
    two = versions.filter(pl.col("signed").list.len() == 2)
    assert two.height > 0.7 * versions.height
    assert two["signed"].list.first().is_null().all()
    assert two["signed"].list.last().is_not_null().all()
    assert (two["__file"].list.first() < two["__file"].list.last()).all()
    assert (parcels["changed"] >= parcels["picked_up"]).all()
    assert (parcels.drop_nulls("signed")["signed"] == parcels.drop_nulls("signed")["changed"]).all()


def test_refunds_return_no_more_than_was_paid(world: World) -> None:
    amount = pl.col("TotalAmount").cast(pl.Float64, strict=False)
    back = world.refunds.with_columns(back=pl.col("退款金额").cast(pl.Float64, strict=False)).drop_nulls(["back", "订单号"])
    together = back.join(ordered(world).with_columns(amount=amount).drop_nulls("amount"), left_on="订单号", right_on="OrderNo")
    assert together.height > 500
    assert (together["back"] <= together["amount"]).all()


def test_reviews_come_after_delivery(world: World) -> None:
    signed = world.shipments.drop_nulls(["order_no", "signed"]).unique("order_no").select("order_no", "signed")
    written = world.reviews.with_columns(at=pl.col("posted").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)).drop_nulls(["at", "order"])
    together = written.join(signed, left_on="order", right_on="order_no").with_columns(
        pl.col("signed").dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    )
    assert together.height > 1000
    assert (together["at"] >= together["signed"]).all()


def test_two_thirds_of_the_reviews_are_chinese(world: World) -> None:
    assert 0.6 < (world.reviews["lang"] == "zh").mean() < 0.7  # type: ignore[operator]
    chinese = world.reviews.filter(pl.col("lang") == "zh")["content"]
    assert chinese.str.contains(r"[\u4e00-\u9fff]").mean() > 0.97  # type: ignore[operator]


def test_money_is_what_the_listing_costs_less_coupons_plus_postage(world: World) -> None:
    sound = (
        ordered(world)
        .with_columns(pl.col("TotalAmount", "UnitPrice").cast(pl.Float64, strict=False), pl.col("Qty").cast(pl.Int64))
        .drop_nulls(["TotalAmount"])
    )
    full = sound["UnitPrice"] * sound["Qty"]
    assert (sound["TotalAmount"] <= full + 6.01).all()
    assert (sound["TotalAmount"] >= 0.24 * full - 0.01).all()
