"""Bulk: one full day of a very large marketplace, and the payments of many days before it."""

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
from fairdeal.simulator.market import Market, open_market, registered_buyers
from fairdeal.simulator.reviews import orderless_reviews
from fairdeal.simulator.shoppers import METHODS, instrument_at_hand, whereabouts
from fairdeal.simulator.simulate import MAPPING, Story, check_folder, tell, write_story
from fairdeal.simulator.tokens import space

#: Days that are told in full so that the last of them has parcels, refunds and reviews of orders placed before.
TOLD_DAYS = 3
#: First code of the payments of days that are not told.
UNTOLD = space(7)


@dataclass(frozen=True)
class BulkWritten:
    """What was written: the first day with payments, the last day, which is whole, and rows per table."""

    first_day: date
    last_day: date
    rows: dict[str, int]


def write_bulk(
    out: Path,
    *,
    days: int,
    payments_per_day: int,
    orders_last_day: int,
    reviews_last_day: int,
    seed: int,
    last_day: date = date(2026, 3, 1),
    progress: Callable[[str], None] | None = None,
) -> BulkWritten:
    """Write ``days`` days of payments and, on the last of them, everything else that a marketplace sends.

    Parameters
    ----------
    out
        A new or empty folder; gets provider files, ``mapping.toml`` last.
    days
        Days with payments, the last one included.
    payments_per_day
        Attempts to pay a day. Those that belong to no order of the last day are bills and purchases elsewhere: they name none.
    orders_last_day, reviews_last_day
        Orders and reviews of the last day; its parcels, refunds, account events and labels follow from them.
    seed
        The same arguments give the same bytes.
    progress
        Told in one line what is being done.

    Raises
    ------
    ValueError
        When the folder is not empty or no day is wanted.

    Notes
    -----
    Written day by day: memory follows one day. The payments of the days before are honest, of the same people, devices, networks,
    instruments and shops as the last day's; they are for measuring what size costs, not how well cheats are found.
    """
    check_folder(out)
    if days < 1:
        raise ValueError(f"bulk: {days} days; allowed is 1 or more; give another number")
    say = progress or (lambda text: None)
    out.mkdir(parents=True, exist_ok=True)
    period = Period(last_day - timedelta(days=TOLD_DAYS - 1), TOLD_DAYS)
    market = open_market(period, orders_last_day, seed, 0.5)
    say("telling the last days")
    story = _last_day(tell(market, say), reviews_last_day)
    rest = max(payments_per_day - story.payments.height, 0)
    story = replace(story, payments=pl.concat([story.payments, _untold_payments(market, last_day, rest, 0)], how="diagonal"))
    say("writing the last day")
    written = write_story(out, story, buyers=story.orders["buyer"].unique().sort().to_numpy())
    for back in range(1, days):
        day = last_day - timedelta(days=back)
        say(f"writing the payments of {day}")
        rows = exports.payments(market, _untold_payments(market, day, payments_per_day, back))
        rows.write_parquet(out / "payments" / f"payments-{day}.parquet", compression="zstd", compression_level=1)
        written.rows["payments"] += rows.height
    (out / "mapping.toml").write_bytes(MAPPING.read_bytes())
    return BulkWritten(last_day - timedelta(days=days - 1), last_day, dict(written.rows))


def _last_day(story: Story, reviews: int) -> Story:
    """The told days cut to the last one, with as many reviews as wanted."""
    market = story.market
    period = Period(market.period.last_day, 1)

    def of_day(table: pl.DataFrame, *moments: str) -> pl.DataFrame:
        within = [pl.col(moment).is_between(period.start, period.end, closed="left").fill_null(False) for moment in moments]
        return table.filter(pl.any_horizontal(within))

    told = of_day(story.reviews, "at").head(reviews)
    day = replace(market, period=period)
    more = orderless_reviews(day, stream(market.seed, "bulk reviews"), reviews - told.height)
    numbered = more.with_row_index("review", offset=story.reviews.height).cast({"review": pl.Int64})
    return Story(
        day,
        of_day(story.orders, "at"),
        of_day(story.payments, "at"),
        of_day(story.parcels, "at", "delivered_at"),
        of_day(story.refunds, "at", "completed_at"),
        of_day(story.events, "at"),
        pl.concat([told, numbered.select(told.columns)]),
        of_day(story.reports, "at"),
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
        }
    )
