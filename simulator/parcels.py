"""Parcels: when the goods leave, what the carrier weighs, when they arrive."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.simulator.chance import happens, pick
from fairdeal.simulator.clock import DAY, HOUR, SECOND, waking
from fairdeal.simulator.goods import IS_VIRTUAL
from fairdeal.simulator.market import Market

#: What becomes of the goods: sent as they should; ``slow`` when the carrier cannot keep up; next to nothing sent (``empty``); scanned as
#: delivered without a journey (``feigned``); handed over a week ``late``; something worthless sent (``trinket``); nothing sent.
STYLES = ("goods", "slow", "empty", "feigned", "late", "trinket", "unsent")
CARRIERS: tuple[str, ...] = ("顺丰", "中通", "圆通", "韵达", "京东物流", "邮政")


def send_parcels(market: Market, rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """One parcel per paid order of goods that need one, unless it is never sent.

    Parameters
    ----------
    orders
        Columns of `market.ORDERS`, ``order`` and ``paid_at`` (null when never paid).

    Returns
    -------
    pl.DataFrame
        ``order, merchant, address, at, delivered_at, weight, carrier``; ``delivered_at`` is null for the few that are lost. Instants may
        lie after the period.

    Notes
    -----
    An ``empty`` parcel makes the whole journey with next to nothing inside; a ``feigned`` one is scanned as delivered without a
    journey that fits the distance (空包、虚假签收).
    """
    listing = orders["listing"].to_numpy()
    needs = orders["paid_at"].is_not_null().to_numpy() & ~IS_VIRTUAL[market.listings.category[listing]]
    sent = orders.filter(pl.Series(needs & (orders["parcel"] != "unsent").to_numpy()))
    listing, merchant, buyer = (sent[name].to_numpy() for name in ("listing", "merchant", "buyer"))
    count = sent.height
    style = sent["parcel"]
    slow, empty, feigned, late, trinket = ((style == name).to_numpy() for name in STYLES[1:6])
    hours = market.merchants.promptness[merchant] * np.exp(rng.normal(0, 0.5, count))
    hours = np.where(empty | feigned, hours * 0.7, hours) + np.where(late, rng.uniform(96, 260, count), 0)
    at = waking(sent["paid_at"].to_numpy() + ((0.5 + hours) * HOUR).astype(np.int64))
    far = market.merchants.region[merchant] != market.shoppers.region[buyer]
    journey = np.where(far, 1.6, 0.8) + rng.gamma(2.2, 0.55, count)
    journey = np.minimum(journey, 9) + np.where(slow, rng.uniform(2, 7, count), 0)
    journey = np.where(feigned, rng.uniform(0.35, 1.3, count), journey)
    delivered = waking(at + (journey * DAY).astype(np.int64))
    full = market.listings.weight[listing] * sent["quantity"].to_numpy() * np.exp(rng.normal(0, 0.1, count))
    inside = np.where(empty, np.exp(rng.normal(np.log(40), 0.7, count)), full)
    inside = np.where(trinket, np.minimum(full, np.exp(rng.normal(np.log(90), 0.6, count))), inside)
    lost = happens(rng, 0.006, count)
    return sent.select("order", "merchant", "address").with_columns(
        at=pl.Series(at // SECOND * SECOND),
        delivered_at=pl.Series(delivered // SECOND * SECOND).set(pl.Series(lost), None),
        weight=pl.Series((inside + rng.uniform(20, 140, count)).astype(np.int64)),
        carrier=pl.Series(CARRIERS).gather(pick(rng, np.array([16.0, 24, 20, 18, 14, 8]), count)),
    )
