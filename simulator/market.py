"""The market: who trades, and the honest orders of the period."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Flags, Floats, Ints, happens, pick, stream
from fairdeal.simulator.clock import Period
from fairdeal.simulator.difficulty import Difficulty
from fairdeal.simulator.goods import DEMAND
from fairdeal.simulator.merchants import Listings, Merchants, open_shops
from fairdeal.simulator.shoppers import Place, Shoppers, gather_shoppers, instrument_at_hand, whereabouts
from fairdeal.simulator.tokens import space

#: An order as the simulator knows it. Codes are integers, instants milliseconds, money fen.
#: ``fake_deal`` and ``fake_payment`` name the typology of the order itself and of the payments made for it, null when honest;
#: ``parcel`` is one of `parcels.STYLES`; ``decline_rate`` the share of its attempts that are declined, ``patience`` the probability of
#: another attempt after one that did not work; ``returns`` the probability that the money is asked back, null where only the goods decide,
#: ``grievance`` the kind of reason that is then given (`refunds.GRIEVANCES`), null for any.
ORDERS: dict[str, pl.DataType] = {
    "buyer": pl.Int64(),
    "listing": pl.Int64(),
    "merchant": pl.Int64(),
    "at": pl.Int64(),
    "quantity": pl.Int64(),
    "amount": pl.Int64(),
    "device": pl.Int64(),
    "network": pl.Int64(),
    "address": pl.Int64(),
    "instrument": pl.Int64(),
    "decline_rate": pl.Float64(),
    "patience": pl.Float64(),
    "parcel": pl.String(),
    "returns": pl.Float64(),
    "grievance": pl.String(),
    "look_alike": pl.String(),
    "fake_deal": pl.String(),
    "fake_payment": pl.String(),
    "campaign": pl.Int64(),
}

#: First code of the devices and networks that shops work from.
COUNTERS = space(6)
#: Share of buyers who try again after an attempt to pay that did not work.
PATIENCE = 0.75


@dataclass(frozen=True)
class Market:
    """Everybody who trades, and for how long."""

    period: Period
    seed: int
    difficulty: Difficulty
    orders: int
    shoppers: Shoppers
    merchants: Merchants
    listings: Listings

    @property
    def camouflage(self) -> float:
        """How well the fraudsters hide, 0 to 1."""
        return self.difficulty.camouflage

    def sized(self, usual: int, least: int = 1) -> int:
        """What one campaign does, given what it usually does."""
        return max(least, round(usual * self.difficulty.strength))

    def portion(self, share: float) -> float:
        """How many orders make up a usual share of all."""
        return self.orders * share * self.difficulty.share


def open_market(period: Period, orders_per_day: int, seed: int, difficulty: Difficulty) -> Market:
    """A market whose population fits the daily number of orders."""
    merchants, listings = open_shops(stream(seed, "shops"), period, max(36, orders_per_day // 6))
    return Market(
        period=period,
        seed=seed,
        difficulty=difficulty,
        orders=period.days * orders_per_day,
        shoppers=gather_shoppers(stream(seed, "shoppers"), period, max(400, orders_per_day * 8)),
        merchants=merchants,
        listings=listings,
    )


def honest_orders(market: Market, rng: np.random.Generator, count: int) -> pl.DataFrame:
    """``count`` orders of people who want the goods; columns of `ORDERS`."""
    shoppers = market.shoppers
    at = market.period.trading_moments(rng, count)
    buyer = registered_buyers(rng, shoppers, at, shoppers.activity)
    listing = choose_listing(rng, market, buyer)
    quantity = 1 + rng.geometric(0.78, count) - 1
    is_bulk = happens(rng, 0.004, count) & (market.listings.price[listing] < 20_000)
    quantity = np.where(is_bulk, rng.integers(8, 60, count), quantity)
    place = whereabouts(rng, shoppers, buyer, at)
    look_alike = np.where(
        is_bulk, "bulk_buyer", np.where(place.is_travelling, "traveller", np.where(shoppers.in_family[buyer], "family", ""))
    )
    return order_table(
        market,
        buyer=buyer,
        listing=listing,
        at=at,
        quantity=quantity,
        discount=np.where(
            market.period.is_festive(at) & happens(rng, 0.6, count), rng.uniform(0.15, 0.35, count), everyday_discount(rng, count)
        ),
        place=place,
        instrument=instrument_at_hand(rng, shoppers, buyer),
        decline_rate=np.where(place.is_travelling, 0.11, 0.05),
        look_alike=pl.Series(look_alike).replace("", None),
    )


def registered_buyers(rng: np.random.Generator, shoppers: Shoppers, at: Ints, weights: Floats) -> Ints:
    """One account per moment, in proportion to ``weights``, that has joined by then."""
    buyer = pick(rng, weights, len(at))
    early = np.flatnonzero(shoppers.registered_at[buyer] >= at)
    if len(early):
        settled = np.where(shoppers.registered_at < at.min(), weights, 0.0)
        buyer[early] = pick(rng, settled, len(early))
    return buyer


def choose_listing(rng: np.random.Generator, market: Market, buyer: Ints) -> Ints:
    """What each buyer takes: mostly from a favourite category, and of three candidates the one nearest to the buyer's taste."""
    count = len(buyer)
    favourite = market.shoppers.favourites[buyer, pick(rng, np.array([0.65, 0.35]), count)]
    category = np.where(happens(rng, 0.6, count), favourite, pick(rng, DEMAND, count))
    best = market.listings.pick_in(rng, category)
    for _ in range(2):
        other = market.listings.pick_in(rng, category)
        taste, rank = market.shoppers.taste[buyer], market.listings.price_rank
        best = np.where(np.abs(rank[other] - taste) < np.abs(rank[best] - taste), other, best)
    return best


def everyday_discount(rng: np.random.Generator, count: int) -> Floats:
    """Share of the price that coupons take off: none for most orders."""
    return np.where(happens(rng, 0.4, count), rng.choice(np.array([0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25]), count), 0.0)


def order_table(
    market: Market,
    *,
    buyer: Ints,
    listing: Ints,
    at: Ints,
    quantity: Ints,
    discount: Floats,
    place: Place,
    instrument: Ints,
    decline_rate: Floats | float = 0.05,
    patience: float = PATIENCE,
    parcel: pl.Series | str = "goods",
    returns: float | None = None,
    grievance: str | None = None,
    look_alike: pl.Series | str | None = None,
    fake_deal: str | None = None,
    fake_payment: str | None = None,
    campaign: Ints | None = None,
) -> pl.DataFrame:
    """A table of `ORDERS` from its parts; the amount follows from price, quantity, discount and postage."""
    goods = market.listings.price[listing] * quantity
    postage = np.where((goods < 3_900) & (market.listings.weight[listing] > 0), 600, 0)
    amount = np.maximum((goods * (1 - discount)).astype(np.int64), 100) + postage
    count = len(buyer)
    columns: dict[str, Ints | Floats | pl.Series] = {
        "buyer": buyer,
        "listing": listing,
        "merchant": market.listings.merchant[listing],
        "at": at,
        "quantity": quantity,
        "amount": amount,
        "device": place.device,
        "network": place.network,
        "address": place.address,
        "instrument": instrument,
        "decline_rate": decline_rate if isinstance(decline_rate, np.ndarray) else np.full(count, decline_rate),
        "patience": np.full(count, patience),
        "parcel": _each(parcel, count),
        "returns": _one(returns, pl.Float64()).new_from_index(0, count),
        "grievance": _each(grievance, count),
        "look_alike": _each(look_alike, count),
        "fake_deal": _each(fake_deal, count),
        "fake_payment": _each(fake_payment, count),
        "campaign": campaign if campaign is not None else _one(None, pl.Int64()).new_from_index(0, count),
    }
    # Many small tables are made so: columns that are whole already are put together without a look at each.
    return pl.DataFrame(
        [pl.Series(name, values) if isinstance(values, np.ndarray) else values.alias(name) for name, values in columns.items()]
    )


def _each(value: pl.Series | str | None, count: int) -> pl.Series:
    """One text per row: the series itself, or the same text for all."""
    return value if isinstance(value, pl.Series) else _one(value, pl.String()).new_from_index(0, count)


@cache
def _one(value: str | float | None, dtype: pl.DataType) -> pl.Series:
    return pl.Series([value], dtype=dtype)


def at_place(place: Place, rows: Flags, other: Place) -> Place:
    """The first place, but the other one where ``rows`` says so."""
    return Place(
        np.where(rows, other.device, place.device),
        np.where(rows, other.network, place.network),
        np.where(rows, other.address, place.address),
        np.where(rows, other.is_travelling, place.is_travelling),
    )
