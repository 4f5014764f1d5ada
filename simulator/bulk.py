"""Bulk: the last days of a very large marketplace, and the payments of many days before them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from fairdeal.simulator import exports
from fairdeal.simulator.chance import happens, pick, stream
from fairdeal.simulator.clock import DAY, Period, time_of_day
from fairdeal.simulator.difficulty import Difficulty
from fairdeal.simulator.market import Market, open_market, registered_buyers
from fairdeal.simulator.reviews import orderless_reviews
from fairdeal.simulator.shoppers import METHODS, instrument_at_hand, whereabouts
from fairdeal.simulator.simulate import MAPPING, Story, check_folder, tell, write_story
from fairdeal.simulator.tokens import space

#: Days that are told before the first whole one, so that this has parcels, refunds and reviews of orders placed before.
LEAD = 2
#: First code of the payments of days that are not told.
UNTOLD = space(7)


@dataclass(frozen=True)
class BulkWritten:
    """What was written: the first day with payments, the last day, and rows per table."""

    first_day: date
    last_day: date
    rows: dict[str, int]


def write_bulk(
    out: Path,
    *,
    days: int,
    payments_per_day: int,
    orders_per_day: int,
    reviews_per_day: int,
    seed: int,
    whole_days: int = 1,
    last_day: date = date(2026, 3, 1),
    progress: Callable[[str], None] | None = None,
) -> BulkWritten:
    """Write ``days`` days of payments and, on the last of them, everything else that a marketplace sends.

    Parameters
    ----------
    out
        A new or empty folder; gets provider files, ``mapping.toml`` last.
    days
        Days with payments, the whole ones included.
    payments_per_day
        Attempts to pay a day. Those that belong to no order of a whole day are bills and purchases elsewhere: they name none.
    orders_per_day, reviews_per_day
        Orders and reviews of a whole day, about; its parcels, refunds, account events and labels follow from them.
    seed
        The same arguments give the same bytes.
    whole_days
        Last days that have more than payments.
    progress
        Told in one line what is being done.

    Raises
    ------
    ValueError
        When the folder is not empty or the days are not possible.

    Notes
    -----
    The days before the whole ones are written one by one: memory follows a day. Their payments are honest, of the same people, devices,
    networks, instruments and shops; they are for measuring what size costs, not how well cheats are found.
    """
    check_folder(out)
    if not 1 <= whole_days <= days:
        raise ValueError(f"bulk: {whole_days} whole days of {days}; allowed are 1 to all of them; give other numbers")
    say = progress or (lambda text: None)
    out.mkdir(parents=True, exist_ok=True)
    first_whole = last_day - timedelta(days=whole_days - 1)
    market = open_market(Period(first_whole - timedelta(days=LEAD), whole_days + LEAD), orders_per_day, seed, Difficulty())
    say("telling the last days")
    story = _cut(tell(market, say), Period(first_whole, whole_days), reviews_per_day * whole_days)
    rest = max(payments_per_day - story.payments.height // whole_days, 0)
    told = [_untold_payments(market, day, rest, back) for back, day in enumerate(reversed(story.market.period.dates()))]
    story = replace(story, payments=pl.concat([story.payments, *told], how="diagonal"))
    say("writing the last days")
    written = write_story(out, story, buyers=story.orders["buyer"].unique().sort().to_numpy())
    for back in range(whole_days, days):
        day = last_day - timedelta(days=back)
        say(f"writing the payments of {day}")
        rows = exports.payments(market, _untold_payments(market, day, payments_per_day, back))
        rows.write_parquet(out / "payments" / f"payments-{day}.parquet", compression="zstd", compression_level=1)
        written.rows["payments"] += rows.height
    (out / "mapping.toml").write_bytes(MAPPING.read_bytes())
    return BulkWritten(last_day - timedelta(days=days - 1), last_day, dict(written.rows))


def _cut(story: Story, period: Period, reviews: int) -> Story:
    """The story of some of its days, with as many reviews as wanted."""
    market = replace(story.market, period=period)

    def of_days(table: pl.DataFrame, *moments: str) -> pl.DataFrame:
        within = [pl.col(moment).is_between(period.start, period.end, closed="left").fill_null(False) for moment in moments]
        return table.filter(pl.any_horizontal(within))

    told = of_days(story.reviews, "at").head(reviews)
    more = orderless_reviews(market, stream(market.seed, "bulk reviews"), reviews - told.height)
    numbered = more.with_row_index("review", offset=story.reviews.height).cast({"review": pl.Int64})
    return Story(
        market,
        of_days(story.orders, "at"),
        of_days(story.payments, "at"),
        of_days(story.parcels, "at", "delivered_at"),
        of_days(story.refunds, "at", "completed_at"),
        of_days(story.events, "at"),
        pl.concat([told, numbered.select(told.columns)]),
        of_days(story.reports, "at"),
        story.campaigns,
    )


def _untold_payments(market: Market, day: date, count: int, number: int) -> pl.DataFrame:
    """A day's payments of which only the attempt itself is told; columns as of `checkout.attempt_payments` and ``payment``."""
    rng = stream(market.seed, f"payments of {day}")
    shoppers, listings = market.shoppers, market.listings
    at = Period(day, 1).start + time_of_day(rng, count)
    buyer = registered_buyers(rng, shoppers, np.maximum(at, market.period.end - DAY), shoppers.activity)
    listing = pick(rng, listings.popularity, count)
    place = whereabouts(rng, shoppers, buyer, at)
    instrument = instrument_at_hand(rng, shoppers, buyer)
    status = pl.Series(["approved", "declined", "failed"]).gather(pick(rng, np.array([0.94, 0.05, 0.01]), count))
    return pl.DataFrame(
        {
            "payment": UNTOLD + number * 2**32 + np.arange(count, dtype=np.int64),
            "order": pl.Series([None], dtype=pl.Int64).new_from_index(0, count),
            "buyer": buyer,
            "merchant": listings.merchant[listing],
            "at": at,
            "amount": listings.price[listing],
            "instrument": instrument,
            "device": place.device,
            "network": place.network,
            "status": status,
            "method": pl.Series(METHODS).gather(shoppers.method_of_instrument[instrument]),
            "tier": shoppers.tier_of_instrument[instrument],
            "is_unsafe": happens(rng, 0.02, count),
            "shown_amount": listings.price[listing],
            "shown_payee": listings.merchant[listing],
            "shown_method": pl.Series(METHODS).gather(shoppers.method_of_instrument[instrument]),
        }
    )
