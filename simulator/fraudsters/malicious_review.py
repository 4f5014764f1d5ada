"""Malicious reviews (恶意评价): a rival hires accounts that pull down the stars of a shop's best sellers.

One or two stars in a burst, from the texts that the rival hands out; most accounts never bought anything, some bought the cheapest piece
they could. Careful gangs take more time, give three stars now and then, and write in words of their own.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import happens, pick, pick_apart, stream
from fairdeal.simulator.clock import DAY, SECOND, midnight, time_of_day
from fairdeal.simulator.fraudsters.handed_out import handed_out
from fairdeal.simulator.fraudsters.posting import Plot, campaigns_of, cheap_orders, desk, drafts_of, reviews_wanted
from fairdeal.simulator.fraudsters.scheme import STEPS, Fraudster, Haul, Trade, evenly, own_space
from fairdeal.simulator.fraudsters.shops import victim
from fairdeal.simulator.market import Market
from fairdeal.simulator.reviews import Writer, plain_writer, review_table
from fairdeal.simulator.wording import Language, clauses, lines

#: Share of the buyers' reviews that attack.
SHARE = 0.012
#: Reviews of one campaign.
SIZE = (10, 32)
CODES = own_space(Typology.MALICIOUS_REVIEW)


def plots(market: Market) -> list[Plot]:
    """The attacks of the period; the same however often they are asked for."""
    rng = stream(market.seed, f"{Typology.MALICIOUS_REVIEW} plots")
    wanted, made = reviews_wanted(market, SHARE), list[Plot]()
    # Four campaigns at least where there are reviews enough, of which one starts among the last days.
    most, first = max(wanted // 4, 3), rng.uniform(0.3, 0.45)
    while wanted > 0 and len(made) < 10_000:
        made.append(_attack(market, rng, len(made), first, min(market.sized(int(rng.integers(*SIZE))), most, max(wanted, 3))))
        wanted -= max(made[-1].held(market), 1)
    return made


def _attack(market: Market, rng: np.random.Generator, number: int, first: float, size: int) -> Plot:
    hard, shoppers = market.camouflage, market.shoppers
    starts = market.period.start + int((evenly(first, number) * 1.03 - 0.03) * market.period.days * DAY)
    length = max(1, round(rng.uniform(1, 3) + hard * rng.uniform(1, 6)))
    merchant = victim(market, evenly(first, number, STEPS[1]))
    shelf = market.listings.of_merchant(merchant)
    hit = shelf[pick_apart(rng, np.cumsum(market.listings.popularity[shelf]), int(rng.integers(1, 4)))]
    hired = pick_apart(rng, shoppers.bought_ladder, size, shoppers.joined_before(starts - 7 * DAY))
    reviewer = rng.permutation(hired)
    count = len(reviewer)
    # The first day is the fullest, less so for the careful.
    day = (rng.beta(1.0, 2.2 - 1.1 * hard, count) * length).astype(np.int64)
    with_order = happens(rng, 0.2 + 0.35 * hard, count)
    cheapest = hit[np.argmin(market.listings.price[hit])]
    return Plot(
        campaign=CODES + number,
        merchant=merchant,
        starts=starts,
        ends=starts + length * DAY,
        reviewer=reviewer,
        listing=np.where(with_order, cheapest, hit[rng.integers(0, len(hit), count)]),
        at=midnight(starts) + day * DAY + time_of_day(rng, count) // SECOND * SECOND,
        with_order=with_order,
    )


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The cheap orders that stand behind some attacks."""
    return cheap_orders(market, rng, plots(market), 0.7 - 0.55 * market.camouflage)


def post_reviews(market: Market, trade: Trade, rng: np.random.Generator) -> Haul:
    """The attacks."""
    planned, hard = plots(market), market.camouflage
    drafts = drafts_of(market, rng, planned, trade.received)
    reviewer, listing, campaign = (drafts[name].to_numpy() for name in ("reviewer", "listing", "campaign"))
    stars = 1 + pick(rng, np.array([0.75 - 0.25 * hard, 0.2, 0.05 + 0.2 * hard]), drafts.height)
    writer = plain_writer(market, reviewer, listing, stars)
    place = desk(market, rng, campaign, reviewer, drafts["at"].to_numpy(), 0.7 - 0.55 * hard)
    rows = review_table(
        drafts.drop("campaign"),
        stars=stars,
        text=handed_out(rng, writer, campaign, hard, _attacking),
        device=place.device,
        network=place.network,
        is_english=writer.is_english,
        typology=Typology.MALICIOUS_REVIEW,
        campaign=drafts["campaign"],
    )
    return Haul(rows, campaigns_of(planned, Typology.MALICIOUS_REVIEW))


def _attacking(rng: np.random.Generator, language: Language, writer: Writer) -> pl.DataFrame:
    """Clauses of ill will of which many end in a line of scorn."""
    count = len(writer)
    said = clauses(rng, language, writer.category, np.full(count, 0.05), 0.2 + 0.5 * rng.beta(1.6, 1.6, count))
    scorns = np.flatnonzero(happens(rng, 0.6, count))
    return said.with_columns(closing=said["closing"].scatter(scorns, lines(rng, language, "scorn", len(scorns))))


FRAUDSTER = Fraudster(Typology.MALICIOUS_REVIEW, place_orders=place_orders, post_reviews=post_reviews)
