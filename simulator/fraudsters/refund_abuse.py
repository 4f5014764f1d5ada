"""Refund abuse (恶意退款): buyers who keep what they ordered and have their money back.

A few accounts of one household or gang order from many shops and claim that something is missing, broken or not as described.
"""

from __future__ import annotations

import numpy as np

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, time_of_day
from fairdeal.simulator.fraudsters.scheme import Done, Fraudster, Haul, Round, in_rounds, wanted_orders
from fairdeal.simulator.goods import DEMAND, IS_VIRTUAL, RESALE
from fairdeal.simulator.market import Market, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts

#: Share of all orders; accounts of a gang; orders of each.
SHARE, ACCOUNTS, ORDERS_EACH = 0.004, (1, 6), (3, 9)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """Orders that are meant to be kept and not paid for."""
    shoppers, hard = market.shoppers, market.camouflage
    taste = np.where(IS_VIRTUAL, 0.0, DEMAND * RESALE ** (0.6 - 0.5 * hard))

    def carry_out(this: Round) -> Done:
        accounts = pick_apart(rng, shoppers.bought_ladder, market.sized(int(rng.integers(*ACCOUNTS))), shoppers.joined_before(this.starts))
        buyer = rng.permutation(np.repeat(accounts, rng.integers(*ORDERS_EACH, len(accounts))))[: this.limit]
        count, days = len(buyer), 4 + round(float(rng.uniform(0, 6)) + 14 * hard)
        at = this.starts + rng.integers(0, days, count) * DAY + time_of_day(rng, count)
        own = whereabouts(rng, shoppers, buyer, at)
        place = Place(
            np.where(happens(rng, 0.7 - 0.5 * hard, count), this.own + buyer % 2, own.device),
            np.where(happens(rng, 0.5 - 0.4 * hard, count), this.own, own.network),
            np.where(happens(rng, 0.85 - 0.4 * hard, count), this.own + buyer % (1 + round(3 * hard)), own.address),
            own.is_travelling,
        )
        orders = order_table(
            market,
            buyer=buyer,
            listing=market.listings.pick_in(rng, pick(rng, taste, count)),
            at=at,
            quantity=np.ones(count, dtype=np.int64),
            discount=everyday_discount(rng, count),
            place=place,
            instrument=instrument_at_hand(rng, shoppers, buyer),
            returns=0.95 - 0.45 * hard,
            grievance="claim",
            fake_deal=Typology.REFUND_ABUSE,
            campaign=np.full(count, this.code),
        )
        return Done(orders, None, this.starts + days * DAY, len(accounts))

    return in_rounds(market, rng, Typology.REFUND_ABUSE, wanted_orders(market, SHARE), carry_out)


FRAUDSTER = Fraudster(Typology.REFUND_ABUSE, place_orders=place_orders)
