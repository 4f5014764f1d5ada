"""Shops: which of them cheat, and which are cheated on."""

from __future__ import annotations

import numpy as np

from fairdeal.simulator.chance import Ints
from fairdeal.simulator.goods import DEMAND, IS_VIRTUAL
from fairdeal.simulator.market import Market


def client(market: Market, place: float) -> int:
    """The shop at a place, 0 to 1, in the row of all shops by trade.

    Shops of the middle, of any trade, cheat: the largest need not, the smallest cannot pay.
    """
    merchants = market.merchants
    middling = np.sqrt(merchants.size) * np.where(merchants.size > 0.2, 0.3, 1.0)
    of_trade = np.bincount(merchants.category, middling, minlength=len(DEMAND))
    row = np.argsort(merchants.category, kind="stable")
    ladder = np.cumsum((middling * DEMAND[merchants.category] / of_trade[merchants.category])[row])
    return int(row[np.searchsorted(ladder, place * ladder[-1])])


def victim(market: Market, place: float) -> int:
    """The shop at a place, 0 to 1, in the row of all shops: those that sell well have the rivals."""
    ladder = np.cumsum(np.sqrt(market.merchants.size))
    return min(int(np.searchsorted(ladder, place * ladder[-1])), len(ladder) - 1)


def tangible(market: Market, listing: Ints) -> Ints:
    """Those of some listings that are sent as parcels; all of them where none is."""
    sent: Ints = listing[~IS_VIRTUAL[market.listings.category[listing]]]
    return sent if len(sent) else listing
