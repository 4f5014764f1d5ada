"""Self-purchase (自买自卖): an owner buys from the own shop with a handful of accounts, to lift its rank, or to turn credit into cash.

Accounts, instruments and addresses belong to one household; the careless do it at the shop's own counter.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, time_of_day
from fairdeal.simulator.fraudsters.scheme import Done, Fraudster, Haul, Round, in_rounds, wanted_orders
from fairdeal.simulator.fraudsters.shops import client
from fairdeal.simulator.market import COUNTERS, Market, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts

#: Share of all orders; accounts of an owner; orders in all; days that it goes on.
SHARE, ACCOUNTS, ORDERS, DAYS = 0.004, (2, 6), (7, 24), (6, 22)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """What owners order from themselves."""
    shoppers, hard = market.shoppers, market.camouflage

    def carry_out(this: Round) -> Done:
        merchant = client(market, this.place)
        accounts = pick_apart(rng, shoppers.bought_ladder, market.sized(int(rng.integers(*ACCOUNTS))), shoppers.joined_before(this.starts))
        count = min(market.sized(int(rng.integers(*ORDERS))), this.limit)
        days = int(rng.integers(*DAYS))
        buyer = accounts[rng.integers(0, len(accounts), count)]
        at = this.starts + rng.integers(0, days, count) * DAY + time_of_day(rng, count)
        shelf = market.listings.of_merchant(merchant)
        pushed = shelf[pick_apart(rng, np.cumsum(market.listings.popularity[shelf]), int(rng.integers(1, 4)))]
        own = whereabouts(rng, shoppers, buyer, at)
        at_counter, at_home = happens(rng, 0.6 - 0.5 * hard, count), happens(rng, 0.85 - 0.55 * hard, count)
        shared = happens(rng, 0.8 - 0.5 * hard, count)
        place = Place(
            np.where(at_counter & happens(rng, 0.6, count), COUNTERS + merchant, np.where(shared, this.own + buyer % 2, own.device)),
            np.where(at_counter, COUNTERS + merchant, np.where(at_home, this.own, own.network)),
            np.where(at_home, this.own, own.address),
            np.zeros(count, dtype=np.bool_),
        )
        purse = shoppers.instruments[accounts[0], 0]
        hollow = 0.85 - 0.6 * hard
        kind = pick(rng, np.array([0.5 * hollow, 0.5 * hollow, 1 - hollow]), count)
        orders = order_table(
            market,
            buyer=buyer,
            listing=pushed[rng.integers(0, len(pushed), count)],
            at=at,
            quantity=1 + pick(rng, np.array([0.8, 0.15, 0.05]), count),
            discount=everyday_discount(rng, count),
            place=place,
            instrument=np.where(happens(rng, 0.7 - 0.5 * hard, count), purse, instrument_at_hand(rng, shoppers, buyer)),
            decline_rate=0.02,
            parcel=pl.Series(["empty", "feigned", "goods"]).gather(kind),
            returns=0.01,
            fake_deal=Typology.SELF_PURCHASE,
            campaign=np.full(count, this.code),
        )
        return Done(orders, merchant, this.starts + days * DAY, len(accounts))

    return in_rounds(market, rng, Typology.SELF_PURCHASE, wanted_orders(market, SHARE), carry_out)


FRAUDSTER = Fraudster(Typology.SELF_PURCHASE, place_orders=place_orders)
