"""Card testing (试卡): a machine tries a list of leaked cards with small sums, to learn which of them still pay.

One try per card, for the cheapest goods of a shop or two, in bursts; many are declined and none is tried again. The careful slow down,
change accounts, phones and networks, and vary the sums.
"""

from __future__ import annotations

import numpy as np

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import happens, pick, pick_apart
from fairdeal.simulator.clock import HOUR, MINUTE, SECOND
from fairdeal.simulator.fraudsters.loot import exposed_cards
from fairdeal.simulator.fraudsters.scheme import Done, Fraudster, Haul, Round, in_rounds, wanted_orders
from fairdeal.simulator.market import Market, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, whereabouts
from fairdeal.simulator.tokens import space

#: Share of all orders that are tests, and cards on a list.
SHARE, CARDS = 0.003, (14, 46)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The tests; every payment attempt for them is fraudulent."""
    exposed, shoppers, hard = exposed_cards(market), market.shoppers, market.camouflage
    affordable = market.listings.popularity * (market.listings.price <= np.quantile(market.listings.price, 0.12 + 0.5 * hard))

    def carry_out(this: Round) -> Done:
        owners = rng.permutation(
            pick_apart(rng, exposed, min(market.sized(int(rng.integers(*CARDS))), this.limit), shoppers.joined_before(this.starts))
        )
        count = len(owners)
        accounts = pick_apart(rng, shoppers.bought_ladder, max(1, round(count * (0.08 + 0.6 * hard))), shoppers.joined_before(this.starts))
        buyer = accounts[np.arange(count) * len(accounts) // max(count, 1)]
        pause = 20 * SECOND + rng.exponential((0.5 + 16 * hard) * MINUTE, count).astype(np.int64)
        at = this.starts + int(rng.integers(0, 24 * 60)) * MINUTE + np.cumsum(pause) // SECOND * SECOND
        shelf = pick(rng, affordable, 1 + round(5 * hard))
        normal = whereabouts(rng, shoppers, buyer, at)
        phones = 1 + round(count * 0.3 * hard)
        hidden = happens(rng, 0.15 + 0.6 * hard, count)
        place = Place(
            this.own + np.arange(count) % phones,
            np.where(hidden, space(2) + shoppers.carrier[owners], this.own + np.arange(count) % (1 + round(2 * hard))),
            normal.address,
            np.zeros(count, dtype=np.bool_),
        )
        orders = order_table(
            market,
            buyer=buyer,
            listing=shelf[rng.integers(0, len(shelf), count)],
            at=at,
            quantity=np.ones(count, dtype=np.int64),
            discount=everyday_discount(rng, count),
            place=place,
            instrument=shoppers.instruments[owners, 0],
            decline_rate=0.6 - 0.3 * hard,
            patience=0.04,
            fake_payment=Typology.CARD_TESTING,
            campaign=np.full(count, this.code),
        )
        return Done(orders, None, int(at.max(initial=this.starts)) + HOUR, count)

    return in_rounds(market, rng, Typology.CARD_TESTING, wanted_orders(market, SHARE), carry_out)


FRAUDSTER = Fraudster(Typology.CARD_TESTING, place_orders=place_orders)
