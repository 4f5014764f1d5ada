"""Look-alikes: honest trade that resembles a cheat, so that a detector that jumps to conclusions is found out.

Families behind one device, travellers and bulk buyers are part of everyday trade (`market`, `shoppers`), coupons of checkout, shared
accounts' honest purchases of the rings (`fraudsters.brushing`), angry customers, fans and helpful shops of everyday reviews (`reviews`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Flags, Ints, happens, pick, pick_apart, stream
from fairdeal.simulator.clock import DAY, HOUR, MINUTE, SECOND, time_of_day
from fairdeal.simulator.goods import DEMAND, IS_VIRTUAL, RESALE
from fairdeal.simulator.market import (
    COUNTERS,
    ORDERS,
    Market,
    at_place,
    choose_listing,
    everyday_discount,
    order_table,
    registered_buyers,
)
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts
from fairdeal.simulator.tokens import space

#: What each cheat may be taken for, by the names in ``truth/look_alikes.parquet``.
LOOK_ALIKES: dict[Typology, tuple[str, ...]] = {
    Typology.STOLEN_INSTRUMENT: ("traveller", "family", "new_phone"),
    Typology.CARD_TESTING: ("top_up",),
    Typology.ACCOUNT_TAKEOVER: ("new_phone", "traveller"),
    Typology.PAYMENT_ERROR: ("bought_twice", "coupon"),
    Typology.BRUSHING: ("group_buy", "family", "cover_order"),
    Typology.SELF_PURCHASE: ("staff_purchase",),
    Typology.REVERSE_BRUSHING: ("recommended", "group_buy", "bulk_buyer"),
    Typology.REFUND_ABUSE: ("returns_a_lot",),
    Typology.FALSE_SHIPPING: ("slow_carrier",),
    Typology.BAIT_LISTING: ("clearance",),
    Typology.PAID_PRAISE: ("fan",),
    Typology.MALICIOUS_REVIEW: ("angry_customer", "bad_batch"),
    Typology.REVIEW_EXTORTION: ("wants_refund", "won_back"),
    Typology.IMPERSONATION: ("scam_warning", "scanned_code", "shop_service"),
}

#: One burst of orders, given its number and size; the orders of people, given who places each, which of them it is, and around which day.
Burst = Callable[[Market, np.random.Generator, int, int], pl.DataFrame]
Habit = Callable[[Market, np.random.Generator, Ints, Ints, Ints], pl.DataFrame]


def honest_special_orders(market: Market) -> list[pl.DataFrame]:
    """Honest orders out of the ordinary, one table of `ORDERS` per kind."""
    bursts = [
        _in_bursts(market, stream(market.seed, name), share, size, burst)
        for name, share, size, burst in (
            ("group buys", 0.02, (18, 60), _group_buy),
            ("recommended", 0.012, (15, 60), _recommended),
            ("clearance", 0.012, (12, 50), _clearance),
        )
    ]
    habits = [
        _of_people(market, stream(market.seed, name), share, each, habit)
        for name, share, each, habit in (
            ("staff purchases", 0.006, (1, 6), _staff_purchases),
            ("top-ups", 0.006, (4, 12), _top_ups),
            ("returns a lot", 0.006, (4, 10), _returns_a_lot),
            ("new phones", 0.005, (1, 3), _new_phone),
        )
    ]
    return bursts + habits


def _of_people(market: Market, rng: np.random.Generator, share: float, each: tuple[int, int], habit: Habit) -> pl.DataFrame:
    """Orders of some people with a habit, several each, until they make up a share of all; columns of `ORDERS`."""
    wanted = round(market.orders * share)
    settled = market.shoppers.joined_before(market.period.start - 60 * DAY)
    people = rng.permutation(pick_apart(rng, market.shoppers.active_ladder, 1 + wanted // each[0], settled))
    number = np.repeat(np.arange(len(people)), rng.integers(*each, len(people)))[:wanted]
    if len(number) == 0:
        return pl.DataFrame(schema=ORDERS)
    days = rng.integers(0, market.period.days, len(people))
    orders = habit(market, rng, people[number], number, market.period.start + days[number] * DAY)
    return orders.filter(pl.Series(market.period.holds(orders["at"].to_numpy()), dtype=pl.Boolean))


def _in_bursts(market: Market, rng: np.random.Generator, share: float, size: tuple[int, int], burst: Burst) -> pl.DataFrame:
    """Bursts of orders until they make up a share of all; columns of `ORDERS`."""
    wanted = round(market.orders * share)
    bursts = [pl.DataFrame(schema=ORDERS)]
    while wanted >= size[0] // 3 + 1:
        count = min(int(rng.integers(*size)), wanted)
        bursts.append(burst(market, rng, len(bursts) - 1, count))
        wanted -= count
    orders = pl.concat(bursts)
    return orders.filter(pl.Series(market.period.holds(orders["at"].to_numpy()), dtype=pl.Boolean))


def _some_day(market: Market, rng: np.random.Generator) -> int:
    return market.period.start + int(rng.integers(0, market.period.days)) * DAY


def _popular(market: Market, rng: np.random.Generator, most: int) -> int:
    """A listing in proportion to what it sells, of at most so many fen."""
    return int(pick(rng, market.listings.popularity * (market.listings.price < most), 1)[0])


def _group_buy(market: Market, rng: np.random.Generator, number: int, size: int) -> pl.DataFrame:
    """Honest orders on one listing within hours, half of such groups handed out at one pickup point (社区团购)."""
    shoppers = market.shoppers
    listing = np.full(size, _popular(market, rng, 30_000))
    starts = _some_day(market, rng) + int(rng.integers(10, 20)) * HOUR
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


def _recommended(market: Market, rng: np.random.Generator, number: int, size: int) -> pl.DataFrame:
    """Somebody with followers praises one thing: a day of orders from everywhere, by people who often think better of it."""
    at = _some_day(market, rng) + int(rng.integers(12, 21)) * HOUR + (rng.gamma(1.2, 5.0, size) * HOUR).astype(np.int64) // SECOND * SECOND
    buyer = registered_buyers(rng, market.shoppers, at, np.sqrt(market.shoppers.activity))
    return _bought(market, rng, buyer, np.full(size, _popular(market, rng, 80_000)), at, "recommended", returns=0.22, grievance="fit")


def _clearance(market: Market, rng: np.random.Generator, number: int, size: int) -> pl.DataFrame:
    """A shop sells off the rest of something for a third of its price; what it sends is what it showed."""
    days = int(rng.integers(1, 6))
    at = _some_day(market, rng) + rng.integers(0, days, size) * DAY + time_of_day(rng, size)
    buyer = registered_buyers(rng, market.shoppers, at, market.shoppers.activity)
    dear = market.listings.popularity * np.sqrt(market.listings.price) * ~IS_VIRTUAL[market.listings.category]
    listing = np.full(size, pick(rng, dear, 1)[0])
    return _bought(market, rng, buyer, listing, at, "clearance", discount=np.full(size, rng.uniform(0.2, 0.75)))


def _staff_purchases(market: Market, rng: np.random.Generator, buyer: Ints, number: Ints, day: Ints) -> pl.DataFrame:
    """Staff of shops buy there, some at the counter, for themselves."""
    count = len(buyer)
    employer = pick(rng, np.sqrt(market.merchants.size), int(number.max()) + 1)[number]
    at = day + rng.integers(-6, 7, count) * DAY + rng.integers(9 * 3600, 20 * 3600, count) * SECOND
    own = whereabouts(rng, market.shoppers, buyer, at)
    counter = COUNTERS + employer
    till = Place(np.where(happens(rng, 0.15, count), counter, own.device), counter, own.address, own.is_travelling)
    shelf = np.argsort(market.listings.merchant, kind="stable")
    low, high = (np.searchsorted(market.listings.merchant[shelf], employer, side=side) for side in ("left", "right"))
    listing = shelf[low + (rng.random(count) * (high - low)).astype(np.int64)]
    place = at_place(own, happens(rng, 0.7, count), till)
    off = rng.choice(np.array([0.1, 0.2, 0.3]), count)
    return _bought(market, rng, buyer, listing, at, "staff_purchase", discount=off, place=place)


def _top_ups(market: Market, rng: np.random.Generator, buyer: Ints, number: Ints, day: Ints) -> pl.DataFrame:
    """Gamers top up again and again within an hour, until the card's daily limit."""
    count, people = len(buyer), int(number.max()) + 1
    at = day + rng.integers(10, 23, people)[number] * HOUR + (rng.random(count) * 50 * MINUTE).astype(np.int64) // SECOND * SECOND
    voucher = market.listings.popularity * IS_VIRTUAL[market.listings.category] * (market.listings.price < 15_000)
    return _bought(market, rng, buyer, pick(rng, voucher, people)[number], at, "top_up", decline_rate=0.25)


def _returns_a_lot(market: Market, rng: np.random.Generator, buyer: Ints, number: Ints, day: Ints) -> pl.DataFrame:
    """Who orders clothes in three sizes and keeps one: returns in the way the shop invites."""
    at = day + rng.integers(-6, 12, len(buyer)) * DAY + time_of_day(rng, len(buyer))
    return _bought(market, rng, buyer, choose_listing(rng, market, buyer), at, "returns_a_lot", returns=0.6, grievance="fit")


def _new_phone(market: Market, rng: np.random.Generator, buyer: Ints, number: Ints, day: Ints) -> pl.DataFrame:
    """A new phone, its settings, and with it the purchase one saved for."""
    count = len(buyer)
    at = day + time_of_day(rng, count)
    one, other = (market.listings.pick_in(rng, pick(rng, np.sqrt(DEMAND) * RESALE, count)) for _ in range(2))
    listing = np.where(market.listings.price[other] > market.listings.price[one], other, one)
    own = whereabouts(rng, market.shoppers, buyer, at)
    place = Place(space(5) + buyer, own.network, own.address, own.is_travelling)
    return _bought(market, rng, buyer, listing, at, "new_phone", place=place, decline_rate=0.1)


def _bought(
    market: Market,
    rng: np.random.Generator,
    buyer: Ints,
    listing: Ints,
    at: Ints,
    look_alike: str,
    *,
    discount: np.ndarray | None = None,
    place: Place | None = None,
    decline_rate: float = 0.05,
    returns: float | None = None,
    grievance: str | None = None,
) -> pl.DataFrame:
    """Orders of people who want the goods, one piece each; columns of `ORDERS`."""
    count = len(buyer)
    return order_table(
        market,
        buyer=buyer,
        listing=listing,
        at=at,
        quantity=np.ones(count, dtype=np.int64),
        discount=everyday_discount(rng, count) if discount is None else discount,
        place=place or whereabouts(rng, market.shoppers, buyer, at),
        instrument=instrument_at_hand(rng, market.shoppers, buyer),
        decline_rate=decline_rate,
        look_alike=look_alike,
        returns=returns,
        grievance=grievance,
    )


def bought_twice(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """Some everyday orders once more, minutes later, by people who forgot one for the neighbour; columns of `ORDERS`."""
    again = orders.filter(pl.Series(happens(rng, 0.004, orders.height)))
    later = rng.integers(30, 900, again.height) * SECOND
    return again.with_columns(pl.col("at") + pl.Series(later, dtype=pl.Int64), look_alike=pl.lit("bought_twice"))


def slow_carriers(market: Market, rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """The same orders, parcels slow where a storm closes a region's roads for days, and for a part of what festivals sell."""
    region, at = market.shoppers.region[orders["buyer"].to_numpy()], orders["at"].to_numpy()
    slow = market.period.is_festive(at) & happens(rng, 0.15, orders.height)
    for _ in range(max(1, market.period.days // 15)):
        struck, starts = int(rng.choice(region)), market.period.start + int(rng.integers(0, market.period.days)) * DAY
        storm = (region == struck) & (at >= starts) & (at < starts + int(rng.integers(2, 4)) * DAY)
        slow |= storm & happens(rng, 0.6, orders.height)
    honest = orders.select((pl.col("parcel") == "goods") & pl.col("fake_deal").is_null() & pl.col("campaign").is_null()).to_series()
    marked = honest & pl.Series(slow)
    return orders.with_columns(
        parcel=pl.when(marked).then(pl.lit("slow")).otherwise("parcel"),
        look_alike=pl.when(marked & pl.col("look_alike").is_null()).then(pl.lit("slow_carrier")).otherwise("look_alike"),
    )
