"""Look-alikes: honest trade that resembles a cheat, so that a detector that jumps to conclusions is found out.

Families behind one device, travellers and bulk buyers are part of everyday trade (`market`, `shoppers`), angry customers and fans of
everyday reviews (`reviews`); here are the group buys.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Flags, Ints, happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, HOUR, SECOND
from fairdeal.simulator.market import ORDERS, Market, order_table
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts
from fairdeal.simulator.tokens import space

#: Share of all orders that belong to a group buy.
SHARE = 0.02


def group_buys(market: Market, rng: np.random.Generator) -> pl.DataFrame:
    """Bursts of honest orders on one listing within hours, half of them handed out at one pickup point (社区团购); columns of `ORDERS`."""
    wanted = round(market.orders * SHARE)
    bursts: list[pl.DataFrame] = []
    while wanted >= 6:
        size = min(int(rng.integers(18, 60)), wanted)
        bursts.append(_one_burst(market, rng, len(bursts), size))
        wanted -= size
    return pl.concat(bursts) if bursts else pl.DataFrame(schema=ORDERS)


def _one_burst(market: Market, rng: np.random.Generator, number: int, size: int) -> pl.DataFrame:
    shoppers, listings = market.shoppers, market.listings
    listing = np.full(size, pick(rng, listings.popularity * (listings.price < 30_000), 1)[0])
    starts = market.period.start + int(rng.integers(0, market.period.days)) * DAY + int(rng.integers(10, 20)) * HOUR
    at: Ints = starts + (rng.beta(1.2, 2, size) * rng.uniform(1.5, 5) * HOUR).astype(np.int64) // SECOND * SECOND
    # Neighbours mostly: the burst draws on one carrier's area where it can.
    area, joined = rng.choice(shoppers.carrier), shoppers.joined_before(starts)

    def comes_along(buyer: Ints) -> Flags:
        near: Flags = (shoppers.carrier[buyer] == area) | happens(rng, 0.08, len(buyer))
        return near & joined(buyer)

    members = pick_apart(rng, shoppers.active_ladder, size, comes_along)
    buyer = rng.permutation(np.resize(members, size))
    place = whereabouts(rng, shoppers, buyer, at)
    if rng.random() < 0.5:
        pickup = np.where(happens(rng, 0.85, size), space(3) + number, place.address)
        place = Place(place.device, place.network, pickup, place.is_travelling)
    return order_table(
        market,
        buyer=buyer,
        listing=listing,
        at=at,
        quantity=1 + pick(rng, np.array([0.75, 0.18, 0.07]), size),
        discount=np.full(size, rng.choice(np.array([0.15, 0.2, 0.25, 0.3]))),
        place=place,
        instrument=instrument_at_hand(rng, shoppers, buyer),
        look_alike="group_buy",
    )
