"""Brushing (刷单): a shop hires a ring of accounts that order from it, so that its sales look larger than they are.

The ring shares some devices, networks and addresses; the parcels are empty or their delivery is feigned. Its members are bought or lent
accounts, some of them work for several shops, and all of them shop elsewhere now and then: those cover orders are honest.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Ints, happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, HOUR, SECOND, time_of_day
from fairdeal.simulator.fraudsters.scheme import STEPS, Fraudster, Haul, campaign_table, evenly, own_space
from fairdeal.simulator.fraudsters.shops import client
from fairdeal.simulator.market import ORDERS, Market, at_place, choose_listing, everyday_discount, order_table
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts

#: Share of all orders that are brushed.
SHARE = 0.025
#: Accounts of a ring, days that it works, orders of a member for the shop.
MEMBERS, DAYS, ORDERS_EACH = (20, 61), (3, 11), (0.55, 0.3, 0.15)
CODES = own_space(Typology.BRUSHING)


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The rings' orders: brushed ones, and honest ones of the same accounts as cover."""
    wanted = max(round(market.portion(SHARE)), min(8, round(market.portion(1 / 15))))
    # Professionals: a pool smaller than all rings together need, so that some members meet again in other rings.
    shoppers = market.shoppers
    lent = np.where(shoppers.activity == 0, 4.0 * (1 - 0.6 * market.camouflage), np.minimum(shoppers.activity, 1.0))
    pool = pick_apart(rng, np.cumsum(lent), max(12, round(wanted * 0.45)))
    placed: list[pl.DataFrame] = []
    campaigns: list[tuple[int, str, int | None, int, int, int]] = []
    first = rng.uniform(0.3, 0.6)
    while wanted > 0:
        number = len(campaigns)
        starts = market.period.start + math.floor((evenly(first, number) * 1.12 - 0.12) * market.period.days) * DAY
        ends = starts + int(rng.integers(*DAYS)) * DAY
        size = min(market.sized(int(rng.integers(*MEMBERS)), 3), max(5, wanted))
        members = rng.permutation(pool[shoppers.registered_at[pool] < starts])[:size]
        merchant = client(market, evenly(first, number, STEPS[1]))
        orders = _ring_orders(market, rng, number, merchant, members, (starts, ends))
        orders = orders.filter(pl.Series(market.period.holds(orders["at"].to_numpy())))
        placed += [orders, _cover_orders(market, rng, members, (starts, ends))]
        wanted -= max(orders.height, 1)
        campaigns.append((CODES + number, Typology.BRUSHING, merchant, starts, ends, len(members)))
    rows = pl.concat([pl.DataFrame(schema=ORDERS), *placed])
    return Haul(rows.filter(pl.Series(market.period.holds(rows["at"].to_numpy()))), campaign_table(campaigns))


def _ring_orders(
    market: Market, rng: np.random.Generator, number: int, merchant: int, members: Ints, window: tuple[int, int]
) -> pl.DataFrame:
    hard, (starts, ends) = market.camouflage, window
    buyer = rng.permutation(np.repeat(members, 1 + pick(rng, np.array(ORDERS_EACH), len(members))))
    count = len(buyer)
    shelf = market.listings.of_merchant(merchant)
    pushed = shelf[pick_apart(rng, np.cumsum(market.listings.popularity[shelf]), 1 + int(rng.integers(0, 2 + round(4 * hard))))]
    session = rng.uniform(9, 23)
    loose = happens(rng, 0.3 + 0.7 * hard, count)
    hours = np.where(loose, time_of_day(rng, count), (rng.normal(session, 1.0, count) % 24 * HOUR).astype(np.int64))
    at = starts + rng.integers(0, (ends - starts) // DAY, count) * DAY + hours // SECOND * SECOND
    # The careful send something that weighs and takes as long as it should.
    hollow = 0.95 - 0.6 * hard
    kind = pick(rng, np.array([0.68 * hollow, 0.32 * hollow, 1 - hollow]), count)
    return order_table(
        market,
        buyer=buyer,
        listing=pushed[rng.integers(0, len(pushed), count)],
        at=at,
        quantity=1 + happens(rng, 0.1, count).astype(np.int64),
        discount=everyday_discount(rng, count),
        place=_place(market, rng, number, len(members), buyer, at),
        instrument=instrument_at_hand(rng, market.shoppers, buyer),
        decline_rate=0.02,
        parcel=pl.Series(["empty", "feigned", "goods"]).gather(kind),
        fake_deal=Typology.BRUSHING,
        campaign=np.full(count, CODES + number),
    )


def _place(market: Market, rng: np.random.Generator, number: int, members: int, buyer: Ints, at: Ints) -> Place:
    """The ring's shared phones, networks and addresses, or the member's own: the more careful, the less is shared."""
    hard, count = market.camouflage, len(buyer)
    own = whereabouts(rng, market.shoppers, buyer, at)
    mine = CODES + number * 256

    def shared(share: float) -> Ints:
        pool = max(2, round(members * (share + 0.45 * hard)))
        # A member keeps to one of the ring's things, as one sits down at one of its phones.
        return mine + (buyer * 7 + number) % pool

    ring = Place(shared(0.1), shared(0.05), shared(0.15), np.zeros(count, dtype=np.bool_))
    place = at_place(own, happens(rng, 0.85 - 0.55 * hard, count), ring)
    network = np.where(happens(rng, 0.6 - 0.5 * hard, count), ring.network, place.network)
    address = np.where(happens(rng, 0.5 - 0.4 * hard, count), ring.address, own.address)
    return Place(place.device, network, address, place.is_travelling)


def _cover_orders(market: Market, rng: np.random.Generator, members: Ints, window: tuple[int, int]) -> pl.DataFrame:
    """What the members buy elsewhere meanwhile, for themselves."""
    buyer = np.repeat(members, rng.poisson(0.3 + 0.6 * market.camouflage, len(members)))
    count = len(buyer)
    if count == 0:
        return pl.DataFrame(schema=ORDERS)
    starts, ends = window
    at = starts + rng.integers(-2, (ends - starts) // DAY + 2, count) * DAY + time_of_day(rng, count)
    at = np.maximum(at, market.shoppers.registered_at[buyer] + HOUR)
    return order_table(
        market,
        buyer=buyer,
        listing=choose_listing(rng, market, buyer),
        at=at,
        quantity=np.ones(count, dtype=np.int64),
        discount=everyday_discount(rng, count),
        place=whereabouts(rng, market.shoppers, buyer, at),
        instrument=instrument_at_hand(rng, market.shoppers, buyer),
        look_alike="cover_order",
    )


FRAUDSTER = Fraudster(Typology.BRUSHING, place_orders=place_orders)
