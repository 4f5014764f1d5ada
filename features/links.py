"""Who is linked: orders of one merchant that share a device, network or address."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fairdeal.features.trails import DAY

#: What two buyers of one merchant may share, in the order in which it is told.
SHARED = ("device_id", "address_id", "network_id")


def linked_orders(orders: pl.DataFrame | pl.LazyFrame, subjects: Sequence[str], *, most: int = 20) -> pl.DataFrame:
    """Other buyers' orders at the same merchant, within 30 days, from the same device, address or network.

    Parameters
    ----------
    orders
        Orders with ``order_id, buyer_id, merchant_id, ordered_at`` and whichever of `SHARED` are known.
    subjects
        Order ids to find links for.
    most
        Links given per subject at most: those that share most, then the nearest in time.

    Returns
    -------
    polars.DataFrame
        ``subject_id, order_id, buyer_id, ordered_at, shared`` (list of what is shared); sorted by subject, strongest first.
    """
    given = orders.lazy().collect_schema().names()
    shared = [what for what in SHARED if what in given]
    every = orders.lazy().select("order_id", "buyer_id", "merchant_id", "ordered_at", *shared)
    wanted = every.filter(pl.col("order_id").is_in(list(subjects))).collect(engine="streaming")
    nearby = every.join(wanted.lazy().select("merchant_id").unique(), on="merchant_id", how="semi").collect(engine="streaming")
    parts = []
    for what in shared:
        left = wanted.select("merchant_id", what, subject_id="order_id", subject_buyer="buyer_id", subject_at="ordered_at").drop_nulls(what)
        pairs = left.join(nearby, on=["merchant_id", what], how="inner").filter(
            (pl.col("buyer_id") != pl.col("subject_buyer"))
            & ((pl.col("ordered_at") - pl.col("subject_at")).abs() <= pl.duration(seconds=30 * DAY))
        )
        parts.append(
            pairs.select("subject_id", "order_id", "buyer_id", "ordered_at", "subject_at", shared=pl.lit(what.removesuffix("_id")))
        )
    schema = {
        "subject_id": pl.String(),
        "order_id": pl.String(),
        "buyer_id": pl.String(),
        "ordered_at": pl.Datetime("us", "UTC"),
        "shared": pl.List(pl.String()),
    }
    if not parts:
        return pl.DataFrame(schema=schema)
    return (
        pl.concat(parts)
        .group_by("subject_id", "order_id", "buyer_id", "ordered_at", "subject_at")
        .agg(pl.col("shared").sort())
        .with_columns(__many=pl.col("shared").list.len(), __far=(pl.col("ordered_at") - pl.col("subject_at")).abs())
        .sort("subject_id", "__many", "__far", "order_id", descending=[False, True, False, False])
        .group_by("subject_id", maintain_order=True)
        .head(most)
        .select(list(schema))
    )
