"""Reverse brushing (反向刷单): a rival has a shop's goods ordered in a burst by hired accounts and sent back.

The orders look as if the shop brushed itself, so that the platform punishes it, and the returns spoil its figures. The shop is the victim:
it sends real goods.
"""

from __future__ import annotations

import numpy as np

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Ints, happens, pick_apart
from fairdeal.simulator.clock import DAY, time_of_day
from fairdeal.simulator.fraudsters.scheme import Done, Fraudster, Haul, Round, in_rounds, wanted_orders
from fairdeal.simulator.fraudsters.shops import tangible, victim
from fairdeal.simulator.market import Market, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts

#: Share of all orders; hired accounts.
SHARE, MEMBERS = 0.004, (12, 40)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The hired accounts' orders, aimed at one or two of the victim's best sellers."""
    shoppers, hard = market.shoppers, market.camouflage

    def carry_out(this: Round) -> Done:
        merchant = victim(market, this.place)
        shelf = tangible(market, market.listings.of_merchant(merchant))
        aimed = shelf[np.argsort(-market.listings.popularity[shelf])[: int(rng.integers(1, 3 + round(2 * hard)))]]
        size = min(market.sized(int(rng.integers(*MEMBERS))), this.limit)
        buyer = rng.permutation(pick_apart(rng, shoppers.bought_ladder, size, shoppers.joined_before(this.starts)))
        count, days = len(buyer), 1 + round(float(rng.uniform(0, 2)) + 5 * hard)
        at = this.starts + rng.integers(0, days, count) * DAY + time_of_day(rng, count)
        own = whereabouts(rng, shoppers, buyer, at)

        def shared(least: float) -> Ints:
            return this.own + (buyer * 7) % max(2, round(count * (least + 0.45 * hard)))

        inside = happens(rng, 0.8 - 0.55 * hard, count)
        place = Place(
            np.where(inside, shared(0.12), own.device),
            np.where(happens(rng, 0.7 - 0.55 * hard, count), shared(0.06), own.network),
            np.where(happens(rng, 0.45 - 0.35 * hard, count), shared(0.15), own.address),
            own.is_travelling,
        )
        orders = order_table(
            market,
            buyer=buyer,
            listing=aimed[rng.integers(0, len(aimed), count)],
            at=at,
            quantity=1 + happens(rng, 0.2, count) * rng.integers(1, 3, count),
            discount=everyday_discount(rng, count),
            place=place,
            instrument=instrument_at_hand(rng, shoppers, buyer),
            decline_rate=0.03,
            returns=0.85 - 0.4 * hard,
            fake_deal=Typology.REVERSE_BRUSHING,
            campaign=np.full(count, this.code),
        )
        return Done(orders, merchant, this.starts + days * DAY, count)

    return in_rounds(market, rng, Typology.REVERSE_BRUSHING, wanted_orders(market, SHARE), carry_out)


FRAUDSTER = Fraudster(Typology.REVERSE_BRUSHING, place_orders=place_orders)
