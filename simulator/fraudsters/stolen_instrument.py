"""Stolen instruments (盗刷): thieves pay with instruments of real buyers.

A thief holds a batch of instruments for a few days and tries each of them several times within hours, from devices and networks of
its own, mostly through bought accounts, for goods that are easily resold.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Floats, Ints, happens, pick_apart
from fairdeal.simulator.clock import DAY, MINUTE, SECOND, midnight, time_of_day
from fairdeal.simulator.fraudsters.loot import exposed_cards, loot
from fairdeal.simulator.fraudsters.scheme import Fraudster, Haul, campaign_table, evenly, own_space
from fairdeal.simulator.market import ORDERS, Market, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, whereabouts
from fairdeal.simulator.tokens import space

#: Share of all orders that thieves place; with their repeated attempts this is about one payment in a hundred.
SHARE = 0.0076
DECLINE_RATE = 0.3
CODES = own_space(Typology.STOLEN_INSTRUMENT)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """Orders paid for with stolen instruments; every payment attempt for them is fraudulent."""
    wanted = max(round(market.portion(SHARE)), min(4, round(market.portion(1 / 20))))
    hauls: list[pl.DataFrame] = []
    campaigns: list[tuple[int, str, int | None, int, int, int]] = []
    exposed = exposed_cards(market)
    first = rng.uniform(0.3, 0.6)
    while wanted > 0:
        number = len(hauls)
        starts = market.period.start + int((evenly(first, number) * 1.03 - 0.03) * market.period.days * DAY)
        orders, victims = _one_thief(market, rng, exposed, number, starts, wanted)
        held = orders.filter(pl.Series(market.period.holds(orders["at"].to_numpy())))
        hauls.append(held)
        wanted -= max(held.height, 1)
        campaigns.append(
            (CODES + number, Typology.STOLEN_INSTRUMENT, None, starts, int(orders["at"].to_numpy().max(initial=starts)), victims)
        )
    return Haul(pl.concat(hauls) if hauls else pl.DataFrame(schema=ORDERS), campaign_table(campaigns))


def _one_thief(market: Market, rng: np.random.Generator, exposed: Floats, number: int, starts: int, limit: int) -> tuple[pl.DataFrame, int]:
    shoppers, hard = market.shoppers, market.camouflage
    victims = pick_apart(rng, exposed, market.sized(int(rng.integers(3, 13))), shoppers.joined_before(starts))
    tries = rng.geometric(0.38 + 0.22 * hard, len(victims))
    victim = np.repeat(np.arange(len(victims)), tries)[:limit]
    count = len(victim)
    at = _moments(market, rng, starts, victim, len(victims))
    buyer = _accounts(market, rng, victims, victim, starts)
    listing = loot(market, rng, count)
    return (
        order_table(
            market,
            buyer=buyer,
            listing=listing,
            at=at,
            quantity=1 + happens(rng, 0.12, count).astype(np.int64),
            discount=everyday_discount(rng, count),
            place=_place(market, rng, number, buyer, victims[victim], at),
            instrument=shoppers.instruments[victims, 0][victim],
            decline_rate=DECLINE_RATE * (1.3 - 0.6 * hard),
            fake_payment=Typology.STOLEN_INSTRUMENT,
            campaign=np.full(count, CODES + number),
        ),
        len(victims),
    )


def _moments(market: Market, rng: np.random.Generator, starts: int, victim: Ints, victims: int) -> Ints:
    """Each instrument starts within three days, at any hour when the thief is careless; its tries follow within hours."""
    careless = happens(rng, 0.6 * (1 - market.camouflage), victims)
    hour = np.where(careless, rng.integers(0, 24 * 60, victims) * MINUTE, time_of_day(rng, victims))
    first = midnight(starts) + rng.integers(0, 3, victims) * DAY + hour
    gap = rng.exponential((25 + 120 * market.camouflage) * MINUTE, len(victim))
    waited = np.cumsum(gap)
    begins = np.searchsorted(victim, np.arange(victims))
    since = waited - waited[np.minimum(begins, len(victim) - 1)][victim]
    return (first[victim] + since).astype(np.int64) // SECOND * SECOND


def _accounts(market: Market, rng: np.random.Generator, victims: Ints, victim: Ints, starts: int) -> Ints:
    """Bought accounts, a few per thief, or the victim's own account."""
    count = max(1, round(len(victims) * (0.3 + 0.6 * market.camouflage)))
    bought = pick_apart(rng, market.shoppers.bought_ladder, count, market.shoppers.joined_before(starts - 2 * DAY))
    through_own = happens(rng, 0.25, len(victims))
    account = np.where(through_own, victims, bought[rng.integers(0, len(bought), len(victims))])
    return account[victim].astype(np.int64)


def _place(market: Market, rng: np.random.Generator, number: int, buyer: Ints, owner: Ints, at: Ints) -> Place:
    """The thief's devices and drop addresses; networks of its own or, when careful, of anybody near the owner."""
    count, hard = len(buyer), market.camouflage
    devices = 1 + int(rng.integers(0, 2 + round(4 * hard)))
    mine = CODES + number * 64
    hidden = happens(rng, 0.2 + 0.5 * hard, count)
    near = space(2) + market.shoppers.carrier[owner]
    drops = rng.integers(0, 1 + round(3 * hard) + 1, count)
    normal = whereabouts(rng, market.shoppers, buyer, at)
    # A careful thief copies the fingerprint of the owner's phone along with the card.
    copied = happens(rng, 0.5 * hard**2, count)
    return Place(
        np.where(copied, market.shoppers.device[owner], mine + rng.integers(0, devices, count)),
        np.where(hidden, near, mine + rng.integers(0, 1 + devices // 2, count)),
        np.where(happens(rng, 0.25 + 0.4 * hard, count), normal.address, mine + drops),
        np.zeros(count, dtype=np.bool_),
    )


FRAUDSTER = Fraudster(Typology.STOLEN_INSTRUMENT, place_orders=place_orders)
