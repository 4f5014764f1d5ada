"""Campaigns in a source: bursts of orders upon one merchant that show what honest orders do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from fairdeal.features.campaign_signs import campaign_signs
from fairdeal.models.campaigns import find_campaigns
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.whole_source import WholeSource


def campaigns_of(source: WholeSource, *, days: int, most: int, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """The most evident campaigns among the orders of a source's last days.

    Parameters
    ----------
    days
        How far back from the last order.
    most
        Campaigns told at most.

    Returns
    -------
    list of dict
        The most evident first: ``merchant_id``, ``first_day``, ``last_day`` (in the source's time zone), ``orders`` (how many),
        ``expected`` (orders that the merchant's other days explain), ``evidence``, ``signs`` (share of its orders that show each),
        ``order_ids`` and ``buyer_ids``, sorted.

    Raises
    ------
    WrongUse
        When the source has no orders, or none with a moment.
    """
    if "orders" not in source.tables or "orders" in source.timeless:
        raise WrongUse(f"campaigns: {source.name} has no orders with a moment; bursts are looked for in time; map ordered_at")
    every = source.tables["orders"]
    last = every["ordered_at"].max()
    rows = every.filter(pl.col("ordered_at") > last - timedelta(days=days)).sort("order_id")  # type: ignore[operator]
    seen = rows.select(
        "order_id",
        "buyer_id",
        "merchant_id",
        *(name for name in ("device_id", "network_id", "address_id") if rows[name].null_count() < rows.height),
        at=pl.col("ordered_at").dt.epoch("s"),
        day=pl.col("ordered_at").dt.convert_time_zone(source.time_zone).dt.date().cast(pl.Int32).cast(pl.Int64),
    )
    for name, column, value in (
        ("shipments", "weight_g", pl.col("weight_g").sum()),
        ("refunds", "refunded_s", pl.col("requested_at").min()),
    ):
        if name in source.tables:
            told = source.tables[name].drop_nulls("order_id").group_by("order_id").agg(value.alias(column))
            seen = seen.join(told, on="order_id", how="left", maintain_order="left")
    progress(f"{seen.height} orders of {seen['merchant_id'].n_unique()} merchants")
    signs = campaign_signs(seen)
    who, merchant = np.unique(seen["merchant_id"].to_numpy().astype(str), return_inverse=True)
    found, _ = find_campaigns(merchant, seen["day"].to_numpy(), {name: signs[name].to_numpy() for name in signs.columns})
    return [
        {
            "merchant_id": str(who[campaign.target]),
            "first_day": _day(campaign.first_day),
            "last_day": _day(campaign.last_day),
            "orders": len(campaign.members),
            "expected": campaign.expected,
            "evidence": campaign.evidence,
            "signs": dict(campaign.shares),
            "order_ids": sorted(seen["order_id"].gather(campaign.members).to_list()),
            "buyer_ids": sorted(set(seen["buyer_id"].gather(campaign.members).to_list())),
        }
        for campaign in found[:most]
    ]


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
