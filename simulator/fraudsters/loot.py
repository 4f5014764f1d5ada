"""Loot: whose instruments leak, and what thieves buy with them."""

from __future__ import annotations

import numpy as np

from fairdeal.simulator.chance import Floats, Ints, happens, pick
from fairdeal.simulator.goods import DEMAND, RESALE
from fairdeal.simulator.market import Market
from fairdeal.simulator.shoppers import CARD, SLOTS


def exposed_cards(market: Market) -> Floats:
    """For drawing the owners of leaked instruments: cards leak more than wallets, those of busy shoppers more than others."""
    is_card = market.shoppers.method_of_instrument[::SLOTS] == CARD
    ladder: Floats = np.cumsum(np.sqrt(market.shoppers.activity) * np.where(is_card, 3.0, 1.0))
    return ladder


def loot(market: Market, rng: np.random.Generator, count: int) -> Ints:
    """Goods with a resale value; a careful thief buys like anybody."""
    greedy = happens(rng, 0.85 - 0.5 * market.camouflage, count)
    category = np.where(greedy, pick(rng, RESALE * np.sqrt(DEMAND), count), pick(rng, DEMAND, count))
    one, other = (market.listings.pick_in(rng, category) for _ in range(2))
    dearer = np.where(market.listings.price[other] > market.listings.price[one], other, one)
    return np.where(happens(rng, 0.5 - 0.35 * market.camouflage, count), dearer, one)
