"""Paid praise (有偿好评): texts handed out with the money, posted as if they were felt.

Rings review the orders they brushed. Shops also put a card into the parcel that pays for five stars and a given text (好评返现), and hire
accounts that review without an order. The texts of one campaign come from a few templates, varied more or less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Flags, Ints, happens, pick, pick_apart
from fairdeal.simulator.clock import DAY, HOUR, MINUTE, OFFSET, SECOND, waking
from fairdeal.simulator.fraudsters.handed_out import handed_out
from fairdeal.simulator.fraudsters.posting import desk, still_open
from fairdeal.simulator.fraudsters.scheme import EARLY, GOLDEN, Fraudster, Haul, Trade, campaign_table, evenly, own_space
from fairdeal.simulator.market import Market
from fairdeal.simulator.reviews import Writer, plain_writer, review_table
from fairdeal.simulator.wording import Language, clauses, lines

#: Share of all reviews that are paid for.
SHARE = 0.05
#: Share of brushed orders that the ring also reviews, and the most that rings may contribute to the paid reviews.
RING_RATE, RING_SHARE = 0.45, 0.6
CODES = own_space(Typology.PAID_PRAISE)


def post_reviews(market: Market, trade: Trade, rng: np.random.Generator) -> Haul:
    """The paid reviews of the period, each with the campaign that paid: a brushing ring's or one of praise alone."""
    usual = trade.reviews * market.difficulty.share
    wanted = max(round(usual * SHARE / (1 - SHARE)), min(6, int(usual / 12)))
    ring = _ring_drafts(market, trade, rng, wanted)
    wanted -= _in_period(market, ring)
    made: list[Praise] = []
    idle = _idle(trade)
    listing, merchant, came = (idle[name].to_numpy() for name in ("listing", "merchant", "received_at"))
    arrivals = Arrivals(listing, merchant, came, np.ones(idle.height, dtype=np.bool_))
    first = rng.uniform(*EARLY)
    while wanted > 0 and len(made) < 10_000:
        number = len(made)
        starts = market.period.start + int((evenly(first, number, GOLDEN) * 1.05 - 0.05) * market.period.days * DAY)
        made.append(_campaign(market, rng, number, arrivals, (starts, starts + int(rng.integers(3, 9)) * DAY), wanted))
        wanted -= max(made[-1].size, 1)
    drafts = pl.concat([ring, _taken(market, rng, idle, made), _posted(market, rng, made)])
    return Haul(_write(market, rng, drafts), campaign_table([praise.row() for praise in made]))


def _idle(trade: Trade) -> pl.DataFrame:
    """Received honest orders that nobody has reviewed, by the moment they came."""
    honest = trade.received.select(pl.all_horizontal(pl.col("fake_deal", "fake_payment", "campaign").is_null()).alias("is"))["is"]
    idle = trade.received.filter(honest & pl.Series(still_open(trade.received, trade.reviewed)))
    return idle[np.argsort(idle["received_at"].to_numpy(), kind="stable")]


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
    wait = rng.lognormal(np.log(0.5 + 0.8 * market.camouflage), 0.8, received.height) * DAY
    return pl.Series(waking(received["received_at"].to_numpy() + wait.astype(np.int64) // SECOND * SECOND + 5 * MINUTE))


@dataclass(frozen=True)
class Arrivals:
    """The idle orders by the moment they came; ``is_free`` says which of them no campaign has had reviewed yet."""

    listing: Ints
    merchant: Ints
    received_at: Ints
    is_free: Flags


@dataclass(frozen=True)
class Praise:
    """One shop's campaign: the idle orders whose buyers take the money, and the hired accounts that write without an order."""

    number: int
    merchant: int
    starts: int
    ends: int
    taken: Ints
    hired: Ints
    listing: Ints
    at: Ints

    @property
    def size(self) -> int:
        return len(self.taken) + len(self.hired)

    def row(self) -> tuple[int, str, int | None, int, int, int]:
        return (CODES + self.number, Typology.PAID_PRAISE, self.merchant, self.starts, self.ends, self.size)


def _campaign(market: Market, rng: np.random.Generator, number: int, arrivals: Arrivals, window: tuple[int, int], limit: int) -> Praise:
    """A campaign for a few listings of one shop; the orders that it takes are struck off."""
    shoppers, (starts, ends) = market.shoppers, window
    low, high = np.searchsorted(arrivals.received_at, [starts, ends])
    by_shop = np.bincount(arrivals.merchant[low:high], minlength=len(market.merchants)).astype(np.float64)
    merchant = int(pick(rng, np.sqrt(by_shop) + 0.01, 1)[0])
    shelf = market.listings.of_merchant(merchant)
    pushed = shelf[pick_apart(rng, np.cumsum(market.listings.popularity[shelf]), int(rng.integers(2, 6)))]
    size = min(market.sized(int(rng.integers(12, 60)), 4), max(limit, 4))
    mine = low + np.flatnonzero((arrivals.merchant[low:high] == merchant) & arrivals.is_free[low:high])
    taken = mine[np.isin(arrivals.listing[mine], pushed) & happens(rng, 0.55, len(mine))][:size]
    arrivals.is_free[taken] = False
    count = min(max(3, round(0.45 * len(taken) + 3)), max(size - len(taken), 3))
    hired = pick_apart(rng, shoppers.bought_ladder, count, shoppers.joined_before(starts))
    at = starts + (rng.beta(1.2, 1.8, len(hired)) * (ends - starts)).astype(np.int64) // SECOND * SECOND
    at = (at + OFFSET) // DAY * DAY - OFFSET + rng.integers(8, 23, len(hired)) * HOUR + rng.integers(0, 3600, len(hired)) * SECOND
    return Praise(number, merchant, starts, ends, taken, hired, pushed[rng.integers(0, len(pushed), len(hired))], at)


def _taken(market: Market, rng: np.random.Generator, idle: pl.DataFrame, made: list[Praise]) -> pl.DataFrame:
    """What buyers write who take the money, from where they bought."""
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(praise.taken for praise in made)])
    takers = idle[rows].with_columns(campaign=pl.Series(_campaigns(made, [len(praise.taken) for praise in made])))
    return takers.with_columns(reviewer="buyer", is_follow_up=pl.lit(False), at=_soon(market, rng, takers)).select(DRAFT)


def _posted(market: Market, rng: np.random.Generator, made: list[Praise]) -> pl.DataFrame:
    """What hired accounts write, some of them in the gang's studio."""
    none = np.zeros(0, dtype=np.int64)
    hired, listing, at = (np.concatenate([none, *(getattr(one, name) for one in made)]) for name in ("hired", "listing", "at"))
    campaign = _campaigns(made, [len(praise.hired) for praise in made])
    place = desk(market, rng, campaign, hired, at, 0.8 - 0.6 * market.camouflage)
    columns = {"listing": listing, "device": place.device, "network": place.network, "reviewer": hired, "at": at, "campaign": campaign}
    return (
        pl.DataFrame(columns)
        .with_columns(order=pl.lit(None, dtype=pl.Int64), merchant=pl.Series(market.listings.merchant[listing]), is_follow_up=pl.lit(False))
        .select(DRAFT)
    )


def _campaigns(made: list[Praise], sizes: list[int]) -> Ints:
    return np.repeat(CODES + np.arange(len(made), dtype=np.int64), np.array(sizes, dtype=np.int64))


def _write(market: Market, rng: np.random.Generator, drafts: pl.DataFrame) -> pl.DataFrame:
    count = drafts.height
    stars = np.where(happens(rng, 0.13, count), 4, 5).astype(np.int64)
    writer = plain_writer(market, drafts["reviewer"].to_numpy(), drafts["listing"].to_numpy(), stars)
    campaign = drafts["campaign"]
    return review_table(
        drafts.drop("campaign"),
        stars=stars,
        text=handed_out(rng, writer, campaign.to_numpy(), market.camouflage, _praising),
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
