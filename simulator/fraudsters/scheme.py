"""What a fraudster is to the market: a typology, the orders it places, the reviews it posts, the campaigns behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.market import Market
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


@dataclass(frozen=True)
class Fraudster:
    """One typology's behaviour. A new typology is a module with one of these, listed in `fraudsters.FRAUDSTERS`."""

    typology: Typology
    place_orders: PlaceOrders | None = None
    post_reviews: PostReviews | None = None


def own_space(typology: Typology) -> int:
    """First code of the devices, networks, addresses and campaigns that only this typology's fraudsters use."""
    return space(100 + list(Typology).index(typology))


#: Steps of a two-dimensional sequence that fills the unit square evenly, however many points there are.
STEPS = (0.7548776662466927, 0.5698402909980532)


def evenly(first: float, number: int, step: float = STEPS[0]) -> float:
    """A place between 0 and 1 for the campaign of this number, far from those of its neighbours in number.

    With ``STEPS[0]`` for when campaigns start, every stretch of days gets its share of new ones; with ``STEPS[1]`` for whom they are
    for, no trade gets them all.

    Notes
    -----
    The additive recurrence of the plastic number (Roberts, The unreasonable effectiveness of quasirandom sequences, 2018).
    """
    return (first + number * step) % 1.0


def campaign_table(rows: list[tuple[int, str, int | None, int, int, int]]) -> pl.DataFrame:
    """The campaigns of a haul, in the order of `CAMPAIGNS`."""
    return pl.DataFrame(rows, schema=CAMPAIGNS, orient="row")
