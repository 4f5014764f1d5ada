"""Paid praise (有偿好评): texts handed out with the money, posted as if they were felt.

Rings review the orders they brushed. Shops also put a card into the parcel that pays for five stars and a given text (好评返现), and hire
accounts that review without an order. The texts of one campaign come from a few templates, varied more or less.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Flags, happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, HOUR, MINUTE, OFFSET, SECOND, waking
from fairdeal.simulator.fraudsters.handed_out import handed_out
from fairdeal.simulator.fraudsters.scheme import Fraudster, Haul, Trade, campaign_table, evenly, own_space
from fairdeal.simulator.market import Market
from fairdeal.simulator.reviews import Writer, plain_writer, review_table
from fairdeal.simulator.shoppers import whereabouts
from fairdeal.simulator.wording import Language, clauses, lines

#: Share of all reviews that are paid for.
SHARE = 0.05
#: Share of brushed orders that the ring also reviews, and the most that rings may contribute to the paid reviews.
RING_RATE, RING_SHARE = 0.45, 0.6
CODES = own_space(Typology.PAID_PRAISE)


def post_reviews(market: Market, trade: Trade, rng: np.random.Generator) -> Haul:
    """The paid reviews of the period, each with the campaign that paid: a brushing ring's or one of praise alone."""
    wanted = max(round(trade.reviews * SHARE / (1 - SHARE)), min(6, trade.reviews // 12))
    ring = _ring_drafts(market, trade, rng, wanted)
    drafts = [ring]
    wanted -= _in_period(market, ring)
    campaigns: list[tuple[int, str, int | None, int, int, int]] = []
    idle = _idle(trade)
    is_free = np.ones(idle.height, dtype=np.bool_)
    first = rng.uniform(0.3, 0.6)
    while wanted > 0 and len(campaigns) < 10_000:
        number = len(campaigns)
        starts = market.period.start + int((evenly(first, number) * 1.05 - 0.05) * market.period.days * DAY)
        ends = starts + int(rng.integers(3, 9)) * DAY
        draft, merchant = _campaign_drafts(market, rng, number, idle, is_free, (starts, ends), wanted)
        drafts.append(draft)
        wanted -= max(_in_period(market, draft), 1)
        campaigns.append((CODES + number, Typology.PAID_PRAISE, merchant, starts, ends, draft.height))
    return Haul(_write(market, rng, pl.concat(drafts)), campaign_table(campaigns))


def _idle(trade: Trade) -> pl.DataFrame:
    """Received honest orders that nobody has reviewed, by the moment they came."""
    mine = pl.col("fake_deal").is_null() & pl.col("fake_payment").is_null() & pl.col("campaign").is_null()
    silent = mine & ~pl.col("order").is_in(trade.reviewed.implode())
    return trade.received.filter(silent).sort("received_at", "order")


def _in_period(market: Market, drafts: pl.DataFrame) -> int:
    return int(np.count_nonzero(market.period.holds(drafts["at"].to_numpy())))


DRAFT = ("order", "listing", "merchant", "reviewer", "at", "device", "network", "is_follow_up", "campaign")


def _ring_drafts(market: Market, trade: Trade, rng: np.random.Generator, limit: int) -> pl.DataFrame:
    brushed = trade.received.filter(pl.col("fake_deal") == Typology.BRUSHING)
    rate = min(RING_RATE, RING_SHARE * limit / max(brushed.height, 1))
    mine = brushed.filter(pl.Series(happens(rng, rate, brushed.height)))
    return mine.select(
        "order",
        "listing",
        "merchant",
        "device",
        "network",
        "campaign",
        reviewer="buyer",
        is_follow_up=pl.lit(False),
        at=_soon(market, rng, mine),
    ).select(DRAFT)


def _soon(market: Market, rng: np.random.Generator, received: pl.DataFrame) -> pl.Series:
    """When the text is posted: hours after the goods came, later where the gang is careful."""
    wait = rng.lognormal(np.log(0.5 + 0.8 * market.difficulty), 0.8, received.height) * DAY
    return pl.Series(waking(received["received_at"].to_numpy() + wait.astype(np.int64) // SECOND * SECOND + 5 * MINUTE))


def _campaign_drafts(
    market: Market, rng: np.random.Generator, number: int, idle: pl.DataFrame, is_free: Flags, window: tuple[int, int], limit: int
) -> tuple[pl.DataFrame, int]:
    """One shop's campaign: buyers of a few listings who take the money, and hired accounts without an order.

    ``is_free`` says which orders of ``idle`` no campaign has had reviewed yet; those that this one takes are struck off.
    """
    shoppers, (starts, ends) = market.shoppers, window
    low, high = np.searchsorted(idle["received_at"].to_numpy(), [starts, ends])
    arrivals = idle[int(low) : int(high)]
    by_shop = np.bincount(arrivals["merchant"].to_numpy(), minlength=len(market.merchants)).astype(np.float64)
    merchant = int(pick(rng, np.sqrt(by_shop) + 0.01, 1)[0])
    shelf = market.listings.of_merchant(merchant)
    pushed = shelf[pick_apart(rng, np.cumsum(market.listings.popularity[shelf]), int(rng.integers(2, 6)))]
    size = min(int(rng.integers(12, 60)), max(limit, 4))
    asked = np.isin(arrivals["listing"].to_numpy(), pushed) & is_free[low:high] & happens(rng, 0.55, arrivals.height)
    rows = np.flatnonzero(asked)[:size]
    is_free[low + rows] = False
    takers = arrivals[rows]
    taken = takers.select(
        "order", "listing", "merchant", "device", "network", reviewer="buyer", is_follow_up=pl.lit(False), at=_soon(market, rng, takers)
    )
    count = min(max(3, round(0.45 * takers.height + 3)), max(size - takers.height, 3))
    hired = pick_apart(rng, shoppers.bought_ladder, count, shoppers.joined_before(starts))
    at = starts + (rng.beta(1.2, 1.8, len(hired)) * (ends - starts)).astype(np.int64) // SECOND * SECOND
    at = (at + OFFSET) // DAY * DAY - OFFSET + rng.integers(8, 23, len(hired)) * HOUR + rng.integers(0, 3600, len(hired)) * SECOND
    own = whereabouts(rng, shoppers, hired, at)
    in_studio = happens(rng, 0.8 - 0.6 * market.difficulty, len(hired))
    studio = CODES + number * 16
    posted = pl.DataFrame(
        {
            "listing": pushed[rng.integers(0, len(pushed), len(hired))],
            "device": np.where(in_studio, studio + rng.integers(0, 4, len(hired)), own.device),
            "network": np.where(in_studio, studio + rng.integers(0, 2, len(hired)), own.network),
            "reviewer": hired,
            "at": at,
        }
    ).with_columns(order=pl.lit(None, dtype=pl.Int64()), merchant=pl.lit(merchant), is_follow_up=pl.lit(False))
    both = pl.concat([taken, posted], how="diagonal_relaxed").with_columns(campaign=pl.lit(CODES + number))
    return both.select(DRAFT), merchant


def _write(market: Market, rng: np.random.Generator, drafts: pl.DataFrame) -> pl.DataFrame:
    count = drafts.height
    stars = np.where(happens(rng, 0.13, count), 4, 5).astype(np.int64)
    writer = plain_writer(market, drafts["reviewer"].to_numpy(), drafts["listing"].to_numpy(), stars)
    campaign = drafts["campaign"]
    return review_table(
        drafts.drop("campaign"),
        stars=stars,
        text=handed_out(rng, writer, campaign.to_numpy(), market.difficulty, _praising),
        device=drafts["device"].to_numpy(),
        network=drafts["network"].to_numpy(),
        is_english=writer.is_english,
        typology=Typology.PAID_PRAISE,
        campaign=campaign,
    )


def _praising(rng: np.random.Generator, language: Language, writer: Writer) -> pl.DataFrame:
    """Friendly clauses of which many end in a line of praise."""
    count = len(writer)
    said = clauses(rng, language, writer.category, np.full(count, 0.99), 0.25 + 0.6 * rng.beta(1.6, 1.6, count))
    lauds = np.flatnonzero(happens(rng, 0.45, count))
    return said.with_columns(closing=said["closing"].scatter(lauds, lines(rng, language, "praise", len(lauds))))


FRAUDSTER = Fraudster(Typology.PAID_PRAISE, post_reviews=post_reviews)
