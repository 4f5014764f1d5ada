"""What a fraudster is to the market: a typology, the orders it places, the reviews it posts, the campaigns behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.clock import DAY, Period, midnight
from fairdeal.simulator.market import ORDERS, Market
from fairdeal.simulator.tokens import space

#: One undertaking of one gang; ``merchant`` is null where no shop is behind it, instants are milliseconds.
CAMPAIGNS: dict[str, pl.DataType] = {
    "campaign": pl.Int64(),
    "typology": pl.String(),
    "merchant": pl.Int64(),
    "started_at": pl.Int64(),
    "ended_at": pl.Int64(),
    "members": pl.Int64(),
}


@dataclass(frozen=True)
class Haul:
    """What one typology adds to the market.

    Parameters
    ----------
    rows
        Orders (`market.ORDERS`) or reviews (`reviews.REVIEWS`), cover included.
    campaigns
        Columns of `CAMPAIGNS`.
    """

    rows: pl.DataFrame
    campaigns: pl.DataFrame


@dataclass(frozen=True)
class Trade:
    """What reviewers of any kind can know when reviews are written.

    ``received`` holds the orders that reached their buyer (`reviews.received_orders`), ``reviewed`` the orders that have an honest
    review, ``rated`` those whose buyer the shop has rated, ``reviews`` how many honest reviews by buyers there are in the period.
    """

    received: pl.DataFrame
    reviewed: pl.Series
    rated: pl.Series
    reviews: int


PlaceOrders = Callable[[Market, np.random.Generator], Haul]
PostReviews = Callable[[Market, Trade, np.random.Generator], Haul]
#: From all orders, payments or only orders, to all of them as the cheat leaves them; or to events (`accounts.EVENTS`) it causes.
Alter = Callable[[Market, pl.DataFrame, np.random.Generator], Haul]
LeaveEvents = Callable[[Market, pl.DataFrame, np.random.Generator], pl.DataFrame]


@dataclass(frozen=True)
class Fraudster:
    """One typology's behaviour. A new typology is a module with one of these, listed in `fraudsters.FRAUDSTERS`.

    Parameters
    ----------
    place_orders, post_reviews
        Orders and reviews of the fraudster's own.
    spoil_orders
        What it does to the orders of others; gets and gives every order of the period.
    alter_payments
        What it does to the payments of others; gets and gives every attempt of the period.
    leave_events
        What its orders leave behind in the accounts concerned; gets every order, gives events.
    """

    typology: Typology
    place_orders: PlaceOrders | None = None
    post_reviews: PostReviews | None = None
    spoil_orders: Alter | None = None
    alter_payments: Alter | None = None
    leave_events: LeaveEvents | None = None


def beginning(fraudster: Fraudster, day: date) -> Fraudster:
    """The same fraudster, at work only from the first moment of a day on."""
    from_on = Period(day, 1).start

    def later(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(pl.col("at") >= from_on)

    def held(haul: Haul) -> Haul:
        return Haul(later(haul.rows), haul.campaigns.filter(pl.col("ended_at") >= from_on))

    def altering(alter: Alter) -> Alter:
        def altered(market: Market, rows: pl.DataFrame, rng: np.random.Generator) -> Haul:
            haul = alter(market, later(rows), rng)
            return Haul(pl.concat([rows.filter(pl.col("at") < from_on), haul.rows]), haul.campaigns)

        return altered

    place, post, spoil, alter = fraudster.place_orders, fraudster.post_reviews, fraudster.spoil_orders, fraudster.alter_payments
    return replace(
        fraudster,
        place_orders=place and (lambda market, rng: held(place(market, rng))),
        post_reviews=post and (lambda market, trade, rng: held(post(market, trade, rng))),
        spoil_orders=spoil and altering(spoil),
        alter_payments=alter and altering(alter),
    )


def own_space(typology: Typology) -> int:
    """First code of the devices, networks, addresses and campaigns that only this typology's fraudsters use."""
    return space(100 + list(Typology).index(typology))


#: Steps of a two-dimensional sequence that fills the unit square evenly, however many points there are.
STEPS = (0.7548776662466927, 0.5698402909980532)


#: Step that keeps the places of one dimension apart, however many there are: the golden section.
GOLDEN = 0.6180339887498949
#: Where the first campaign may start, so that the second one starts in the last fifth of the days.
EARLY = (0.24, 0.37)


def evenly(first: float, number: int, step: float = STEPS[0]) -> float:
    """A place between 0 and 1 for the campaign of this number, far from those of its neighbours in number.

    With ``STEPS[0]`` for when campaigns start, every stretch of days gets its share of new ones; with ``STEPS[1]`` for whom they are
    for, no trade gets them all.

    Notes
    -----
    The additive recurrence of the plastic number (Roberts, The unreasonable effectiveness of quasirandom sequences, 2018).
    """
    return (first + number * step) % 1.0


@dataclass(frozen=True)
class Round:
    """One campaign before it is carried out: its number, code, start (milliseconds, a local midnight), and the most orders it may hold.

    ``place`` lies between 0 and 1 and is spread evenly over the campaigns, like their starts: for choosing whom they are for.
    """

    number: int
    code: int
    starts: int
    limit: int
    place: float

    @property
    def own(self) -> int:
        """First of 256 codes of devices, networks and addresses that are this campaign's alone."""
        return self.code + self.number * 255


@dataclass(frozen=True)
class Done:
    """One campaign carried out."""

    orders: pl.DataFrame
    merchant: int | None
    ends: int
    members: int


def start_of(market: Market, first: float, number: int) -> int:
    """The local midnight at which the campaign of this number starts; a few started before the period."""
    return midnight(market.period.start + int((evenly(first, number, GOLDEN) * 1.04 - 0.04) * market.period.days * DAY))


def wanted_orders(market: Market, share: float) -> int:
    """How many orders make up a share of all; a few in the smallest market, none where nobody cheats."""
    return max(round(market.portion(share)), min(3, round(market.portion(1 / 40))))


def in_rounds(
    market: Market, rng: np.random.Generator, typology: Typology, wanted: int, carry_out: Callable[[Round], Done], least: int = 5
) -> Haul:
    """Campaigns until as many of their orders as wanted lie within the period.

    ``least`` campaigns at least where there are orders enough, evenly over the period: some start in its last fifth, whatever its length.
    """
    code, most, first = own_space(typology), max(wanted // least, 3), rng.uniform(*EARLY)
    held: list[pl.DataFrame] = []
    campaigns: list[tuple[int, str, int | None, int, int, int]] = []
    while wanted > 0 and len(campaigns) < 10_000:
        number = len(campaigns)
        starts = start_of(market, first, number)
        this = Round(number, code + number, starts, min(most, max(wanted, 2)), evenly(first, number, STEPS[1]))
        done = carry_out(this)
        within = market.period.holds(done.orders["at"].to_numpy())
        held.append(done.orders if within.all() else done.orders.filter(pl.Series(within, dtype=pl.Boolean)))
        campaigns.append((this.code, typology, done.merchant, starts, done.ends, done.members))
        wanted -= max(held[-1].height, 1)
    return Haul(pl.concat([pl.DataFrame(schema=ORDERS), *held]), campaign_table(campaigns))


def campaign_table(rows: list[tuple[int, str, int | None, int, int, int]]) -> pl.DataFrame:
    """The campaigns of a haul, in the order of `CAMPAIGNS`."""
    return pl.DataFrame(rows, schema=CAMPAIGNS, orient="row")
