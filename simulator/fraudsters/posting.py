"""Posting: what gangs that write reviews share: accounts, cheap orders behind the reviews, and from where they write."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Flags, Ints, happens
from fairdeal.simulator.clock import DAY, HOUR, MINUTE, OFFSET, SECOND, time_of_day, waking
from fairdeal.simulator.fraudsters.scheme import Haul, campaign_table
from fairdeal.simulator.market import ORDERS, Market, order_table
from fairdeal.simulator.shoppers import Place, instrument_at_hand, whereabouts
from fairdeal.simulator.tokens import space

#: What is decided of a review before the first order.
PLANNED: dict[str, pl.DataType] = {
    "campaign": pl.Int64(),
    "reviewer": pl.Int64(),
    "listing": pl.Int64(),
    "at": pl.Int64(),
    "with_order": pl.Boolean(),
}
#: Reviews that buyers write per order, about: what the shares of plotted reviews are shares of.
REVIEWS_PER_ORDER = 0.31


def reviews_wanted(market: Market, share: float) -> int:
    """How many reviews make up a share of all that buyers write in the period; a few in the smallest market."""
    return max(round(market.portion(REVIEWS_PER_ORDER * share)), min(3, round(market.portion(1 / 40))))


def still_open(received: pl.DataFrame, done: pl.Series) -> Flags:
    """Which of the received orders are not among those ``done``."""
    order, other = received["order"].to_numpy(), done.to_numpy()
    is_done = np.zeros(int(max(order.max(initial=-1), other.max(initial=-1))) + 1, dtype=np.bool_)
    is_done[other] = True
    opened: Flags = ~is_done[order]
    return opened


@dataclass(frozen=True)
class Plot:
    """One gang's undertaking, decided before the first order: a row per review it means to post.

    Parameters
    ----------
    campaign
        Its code.
    merchant
        The shop that is meant, None where it is not one shop alone.
    starts, ends
        Milliseconds.
    reviewer, listing
        Codes, one per review.
    at
        When the review is posted; one with an order behind it is posted after the parcel came, if later.
    with_order
        Which reviews have a cheap order behind them.
    """

    campaign: int
    merchant: int | None
    starts: int
    ends: int
    reviewer: Ints
    listing: Ints
    at: Ints
    with_order: Flags

    def held(self, market: Market) -> int:
        """How many of its reviews are meant for the period."""
        return int(np.count_nonzero(market.period.holds(self.at)))

    def table(self) -> pl.DataFrame:
        """The reviews; columns of `PLANNED`."""
        campaign = np.full(len(self.at), self.campaign, dtype=np.int64)
        return pl.DataFrame([campaign, self.reviewer, self.listing, self.at, self.with_order], schema=PLANNED)


def campaigns_of(plots: list[Plot], typology: str) -> pl.DataFrame:
    """The plots as campaigns; the members are the accounts that write."""
    return campaign_table(
        [(plot.campaign, typology, plot.merchant, plot.starts, plot.ends, len(np.unique(plot.reviewer))) for plot in plots]
    )


def planned(plots: list[Plot]) -> pl.DataFrame:
    """The reviews of all plots; columns of `PLANNED`."""
    return pl.concat([pl.DataFrame(schema=PLANNED), *(plot.table() for plot in plots)])


def cheap_orders(market: Market, rng: np.random.Generator, plots: list[Plot], studio: float) -> Haul:
    """The orders that stand behind some of the reviews: one piece each, three to six days before it is reviewed.

    They are paid and delivered like any other; ``studio`` is the share that is placed from the gang's own devices.
    """
    bought = planned(plots).filter("with_order")
    buyer, at = bought["reviewer"].to_numpy(), bought["at"].to_numpy()
    count = bought.height
    at = (at + OFFSET) // DAY * DAY - OFFSET - rng.integers(3, 7, count) * DAY + time_of_day(rng, count)
    at = np.maximum(at, market.shoppers.registered_at[buyer] + HOUR)
    orders = order_table(
        market,
        buyer=buyer,
        listing=bought["listing"].to_numpy(),
        at=at,
        quantity=np.ones(count, dtype=np.int64),
        discount=np.where(happens(rng, 0.4, count), 0.1, 0.0),
        place=desk(market, rng, bought["campaign"].to_numpy(), buyer, at, studio),
        instrument=instrument_at_hand(rng, market.shoppers, buyer),
        campaign=bought["campaign"].to_numpy(),
    )
    held = orders.filter(pl.Series(market.period.holds(orders["at"].to_numpy())))
    return Haul(held if held.height else pl.DataFrame(schema=ORDERS), campaign_table([]))


def desk(market: Market, rng: np.random.Generator, campaign: Ints, writer: Ints, at: Ints, studio: float) -> Place:
    """From where the accounts act: their own places, or in the share ``studio`` the few devices and networks of their gang."""
    own, count = whereabouts(rng, market.shoppers, writer, at), len(writer)
    inside = happens(rng, studio, count)
    # Campaigns are numbered from the first code of their typology's space: sixteen codes each.
    mine = campaign + campaign % space(1) * 15
    return Place(
        np.where(inside, mine + writer % 4, own.device),
        np.where(inside, mine + writer % 2, own.network),
        own.address,
        own.is_travelling,
    )


def drafts_of(market: Market, rng: np.random.Generator, plots: list[Plot], received: pl.DataFrame) -> pl.DataFrame:
    """Drafts of the planned reviews: ``order, listing, merchant, reviewer, at, is_follow_up, campaign``.

    A review whose order did not arrive in time is not written.
    """
    # An account may mean to review a listing twice in one campaign; each of its orders stands behind one review only.
    turn = pl.int_range(pl.len()).over("campaign", "reviewer", "listing").alias("turn")
    key = ["campaign", "reviewer", "listing", "turn"]
    mine = received.filter(pl.col("campaign").is_in([plot.campaign for plot in plots]))
    came = mine.select("campaign", "order", "listing", "received_at", reviewer="buyer").with_columns(turn)
    wanted = planned(plots)
    bound = wanted.filter("with_order").with_columns(turn).join(came, on=key, how="inner", maintain_order="left")
    soon = bound["received_at"].to_numpy() + rng.integers(20, 20 * 60, bound.height) * MINUTE
    bound = bound.with_columns(at=pl.Series(np.maximum(bound["at"].to_numpy(), waking(soon)), dtype=pl.Int64))
    loose = wanted.filter(~pl.col("with_order")).with_columns(order=pl.lit(None, dtype=pl.Int64))
    names = ("order", "listing", "reviewer", "at", "campaign")
    both = pl.concat([bound.select(names), loose.select(names)])
    return both.with_columns(
        pl.col("at") // SECOND * SECOND,
        merchant=pl.Series(market.listings.merchant[both["listing"].to_numpy()], dtype=pl.Int64),
        is_follow_up=pl.lit(False),
    )
