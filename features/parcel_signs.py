"""Parcels that cannot hold what was sold: far too light, delivered too soon to have travelled, or not sent when they should have been.

Each sign counts from the moment at which anybody could see it, whatever becomes of the parcel later.
"""

from __future__ import annotations

import polars as pl

from fairdeal.features import streams
from fairdeal.features.trails import DAY, HOUR, Aggregate, Trail
from fairdeal.features.windows import evaluate

#: A parcel that travelled for less is odd, and so is an order of goods that lies unsent for longer.
SOON_S, OVERDUE_S = 24 * HOUR, 72 * HOUR
#: A piece that weighs less than this many hundredths of what its listing's parcels weigh is odd.
LIGHT_HUNDREDTHS = 50
#: How long a listing's parcels tell what is usual of it.
USUAL_DAYS = 30

#: Most of what a listing's parcels weigh per piece: what hollow ones among them weigh does not pull it down.
PIECE_WEIGHT = Trail("listing", ("listing_id",), "pieces", "piece_weight", Aggregate.HIGH, USUAL_DAYS * DAY, "piece_g")
_SENT_BEFORE = Trail("listing", ("listing_id",), "pieces", "shipment", Aggregate.COUNT, USUAL_DAYS * DAY)
PARTIES = ("order_id", "buyer_id", "merchant_id", "listing_id", "device_id", "network_id", "address_id", "instrument_id")


def pieces(tables: streams.Tables) -> pl.LazyFrame:
    """Parcels at the moment the carrier took them, with their order's parties and the weight of a piece."""
    ordered = streams.table(tables, "orders").select(*PARTIES, "quantity", ordered_s=streams.seconds("ordered_at"))
    pieces_sent = pl.max_horizontal(pl.col("quantity").fill_null(1), 1)
    return (
        streams.table(tables, "shipments")
        .select("order_id", "weight_g", shipped_s=streams.seconds("shipped_at"), delivered_s=streams.seconds("delivered_at"))
        .join(ordered, on="order_id", how="inner")
        .with_columns(t=pl.max_horizontal("shipped_s", "ordered_s"), piece_g=(pl.col("weight_g") // pieces_sent).cast(pl.Int64))
    )


def parcel_signs(tables: streams.Tables) -> pl.DataFrame:
    """Signs at the moment each could be seen, with the order's parties.

    Returns
    -------
    polars.DataFrame
        ``t``, `PARTIES`, and of ``is_light``, ``is_soon`` and ``is_overdue`` the one that holds; ``is_hollow`` where it is one of the
        first two, which say that nothing was sent. An order can be overdue only where parcels of its listing are sent at all.
    """
    sent = pieces(tables).collect(engine="streaming")
    usual = evaluate(sent, {"pieces": sent}, [PIECE_WEIGHT])
    is_light = pl.col("piece_g") * 100 < usual[PIECE_WEIGHT.name] * LIGHT_HUNDREDTHS
    too_light = sent.filter(is_light.fill_null(False)).select("t", *PARTIES, sign=pl.lit("light"))
    too_soon = sent.filter(pl.col("delivered_s") - pl.col("shipped_s") < SOON_S).select(
        *PARTIES, t=pl.max_horizontal("delivered_s", "t"), sign=pl.lit("soon")
    )
    due = (
        streams.table(tables, "orders")
        .select(*PARTIES, t=streams.seconds("ordered_at") + OVERDUE_S)
        .join(sent.lazy().group_by("order_id").agg(pl.col("shipped_s").min()), on="order_id", how="left")
        .filter((pl.col("shipped_s") >= pl.col("t")).fill_null(True))
        .collect(engine="streaming")
    )
    is_goods = evaluate(due, {"pieces": sent}, [_SENT_BEFORE])[_SENT_BEFORE.name] > 0
    unsent = due.filter(is_goods.fill_null(False)).select("t", *PARTIES, sign=pl.lit("overdue"))
    return pl.concat([too_light, too_soon.select(too_light.columns), unsent]).with_columns(
        is_light=pl.col("sign") == "light",
        is_soon=pl.col("sign") == "soon",
        is_overdue=pl.col("sign") == "overdue",
        is_hollow=pl.col("sign") != "overdue",
    )
