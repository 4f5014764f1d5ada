"""Refunds: honest reasons to want the money back."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Floats, happens, pick
from fairdeal.simulator.clock import DAY, SECOND
from fairdeal.simulator.market import Market

#: Reason, and how common.
REASONS: tuple[tuple[str, float], ...] = (
    ("尺码不合适", 18),
    ("不喜欢/不想要了", 22),
    ("质量问题", 12),
    ("与描述不符", 9),
    ("少件/漏发", 4),
    ("包装破损，商品有磕碰", 6),
    ("七天无理由退货", 20),
    ("Wrong size", 4),
    ("Arrived damaged", 3),
    ("Not as described", 3),
    ("Changed my mind", 5),
)

#: Reasons that go with some orders more than others: something was wrong with what came, or it did not fit.
GRIEVANCES: dict[str, tuple[str, ...]] = {
    "claim": ("质量问题", "与描述不符", "少件/漏发", "包装破损，商品有磕碰", "Arrived damaged", "Not as described"),
    "fit": ("尺码不合适", "不喜欢/不想要了", "七天无理由退货", "Wrong size", "Changed my mind"),
}


def _commonness(grievance: str | None) -> Floats:
    """How common each reason is: everyday, or eight times as common where it is of one kind."""
    favoured = GRIEVANCES.get(grievance or "", ())
    return np.array([weight * (8 if text in favoured else 1) for text, weight in REASONS], dtype=np.float64)


def ask_refunds(
    market: Market, rng: np.random.Generator, orders: pl.DataFrame, payments: pl.DataFrame, parcels: pl.DataFrame
) -> pl.DataFrame:
    """One row per request, some days after the parcel came.

    Returns
    -------
    pl.DataFrame
        ``order, payment, buyer, merchant, at, amount, reason, completed_at``; ``completed_at`` is null where the request is refused.
    """
    paid = payments.filter(pl.col("status") == "approved").select("order", "payment").unique("order", keep="first", maintain_order=True)
    came = parcels.select("order", "delivered_at")
    told = orders.select("order", "paid_at", "buyer", "merchant", "listing", "amount", "fake_deal", "returns", "grievance", "parcel")
    # Who gets nothing gives the shop a few days.
    waited = pl.when(pl.col("parcel") == "unsent").then(pl.col("paid_at") + 4 * DAY).otherwise("delivered_at")
    arrived = (
        told.join(came, on="order", how="left", maintain_order="left")
        .with_columns(delivered_at=waited)
        .filter(pl.col("delivered_at").is_not_null())
        .join(paid, on="order", how="left", maintain_order="left")
    )
    poor = market.listings.quality[arrived["listing"].to_numpy()] < -0.4
    usual = pl.Series(np.where(arrived["fake_deal"].is_null().to_numpy(), np.where(poor, 0.11, 0.05), 0.006))
    asked = arrived.filter(pl.Series(happens(rng, arrived["returns"].fill_null(usual).to_numpy(), arrived.height)))
    count = asked.height
    at = asked["delivered_at"].to_numpy() + (rng.gamma(1.5, 1.2, count) * DAY).astype(np.int64) // SECOND * SECOND + 600 * SECOND
    share = np.where(happens(rng, 0.8, count), 1.0, rng.uniform(0.1, 0.6, count))
    reason = pick(rng, _commonness(None), count)
    for grievance in GRIEVANCES:
        reason = np.where((asked["grievance"] == grievance).fill_null(False).to_numpy(), pick(rng, _commonness(grievance), count), reason)
    done = at + (rng.gamma(2, 0.7, count) * DAY).astype(np.int64) // SECOND * SECOND + 3600 * SECOND
    return asked.select("order", "payment", "buyer", "merchant").with_columns(
        at=pl.Series(at),
        amount=pl.Series((asked["amount"].to_numpy() * share).astype(np.int64)),
        reason=pl.Series([text for text, _ in REASONS]).gather(reason),
        completed_at=pl.Series(done).set(pl.Series(happens(rng, 0.08, count)), None),
    )
