"""Bait listings (引流商品): a shop sells something for far less than it is worth and sends a trinket, or nothing.

The buyers are honest and many; the price draws them. Some ask for their money, others let the small sum go, and that is the business.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import pick
from fairdeal.simulator.clock import DAY, time_of_day
from fairdeal.simulator.fraudsters.scheme import Done, Fraudster, Haul, Round, in_rounds, wanted_orders
from fairdeal.simulator.fraudsters.shops import client, tangible
from fairdeal.simulator.market import Market, order_table, registered_buyers
from fairdeal.simulator.shoppers import instrument_at_hand, whereabouts

#: Share of all orders; orders that a bait catches.
SHARE, CATCH = 0.004, (10, 40)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The orders of those who took the bait."""
    shoppers, hard = market.shoppers, market.camouflage

    def carry_out(this: Round) -> Done:
        merchant = client(market, this.place)
        shelf = tangible(market, market.listings.of_merchant(merchant))
        bait = shelf[pick(rng, market.listings.price[shelf].astype(np.float64), 1)[0]]
        count, days = min(market.sized(int(rng.integers(*CATCH))), this.limit), 2 + round(float(rng.uniform(0, 3)) + 5 * hard)
        at = this.starts + rng.integers(0, days, count) * DAY + time_of_day(rng, count)
        buyer = registered_buyers(rng, shoppers, at, shoppers.activity)
        hollow = 0.95 - 0.45 * hard
        kind = pick(rng, np.array([0.65 * hollow, 0.35 * hollow, 1 - hollow]), count)
        off = float(rng.uniform(0.5, 0.75)) - 0.4 * hard
        orders = order_table(
            market,
            buyer=buyer,
            listing=np.full(count, bait),
            at=at,
            quantity=1 + (rng.random(count) < 0.08).astype(np.int64),
            discount=np.full(count, off),
            place=whereabouts(rng, shoppers, buyer, at),
            instrument=instrument_at_hand(rng, shoppers, buyer),
            parcel=pl.Series(["trinket", "unsent", "goods"]).gather(kind),
            returns=0.5 - 0.2 * hard,
            grievance="claim",
            fake_deal=Typology.BAIT_LISTING,
            campaign=np.full(count, this.code),
        )
        return Done(orders, merchant, this.starts + days * DAY, 1)

    return in_rounds(market, rng, Typology.BAIT_LISTING, wanted_orders(market, SHARE), carry_out)


FRAUDSTER = Fraudster(Typology.BAIT_LISTING, place_orders=place_orders)
