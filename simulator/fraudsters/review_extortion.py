"""Review extortion (差评勒索): a professional buys cheaply in several shops, tears it to pieces, and names a price for better words.

The demand stands in the review, open or veiled; those who are paid come back days later with five stars. Careful ones veil the demand and
spread over more accounts and days.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Ints, happens, pick, pick_apart, stream
from fairdeal.simulator.clock import DAY, SECOND, midnight, time_of_day, waking
from fairdeal.simulator.fraudsters.contacts import contacts
from fairdeal.simulator.fraudsters.posting import Plot, campaigns_of, cheap_orders, desk, drafts_of, reviews_wanted
from fairdeal.simulator.fraudsters.scheme import Fraudster, Haul, Trade, evenly, own_space
from fairdeal.simulator.market import Market
from fairdeal.simulator.reviews import Writer, in_each_language, plain_writer, review_table
from fairdeal.simulator.wording import Language, Shelf, clauses, every, lines, write_out

Say = Callable[[np.random.Generator, Language, Writer, float], pl.Series]

#: Share of the buyers' reviews that extort, those that turn good after payment left out; share of the shops that pay.
SHARE, PAID = 0.005, 0.4
#: Shops that one extortionist goes to.
SHOPS = (4, 12)
CODES = own_space(Typology.REVIEW_EXTORTION)

_SUMS = ("20", "50", "66", "88", "100", "188", "200", "300", "五十", "两百")
#: Per language the open demands and the veiled ones. What is said after payment is what honest buyers say whom a shop won back.
DEMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "zh": (
        (
            *every(
                ("赔我", "转我", "红包", "返现", "补偿"),
                _SUMS,
                ("", "元", "块"),
                ("就改好评", "马上改五星", "我就删差评", "，不然继续追评"),
            ),
            *every(
                ("想让我改评价", "要我删差评", "要好评", "不想店铺掉分"),
                ("，先返现", "，红包拿来", "，赔钱再说", "，全额退款不退货", "，私下转账"),
            ),
            *every(("不退款", "不赔钱", "不给红包"), ("就天天来差评", "我就发到各个平台", "我叫朋友一起来打一星")),
        ),
        (
            *every(
                ("想解决的", "懂的", "店家有诚意的话", "不想看到更多差评的"),
                ("主动联系我", "自己来谈", "私信我", "知道该怎么做", "表示一下"),
            ),
            *every(("看你们的诚意", "给个说法", "等你们的补偿"), ("再决定改不改评价", "，评价可以改", "，三天之内", "，过时不候")),
        ),
    ),
    "en": (
        (
            *every(
                ("send me ", "pay me ", "refund me ", "red packet of "),
                _SUMS[:8],
                (" and I change it to five stars", " and this review is gone", " yuan or more one stars follow"),
            ),
            *every(
                ("want me to delete this", "want five stars", "want your rating back"),
                (", pay first", ", full refund and I keep it", ", compensation first", ", cashback now"),
            ),
            *every(
                ("no refund", "no compensation", "no cashback"),
                (" and I post this everywhere", " and my friends rate you too", " and I add a bad review every day"),
            ),
        ),
        (
            *every(
                ("if the seller is serious", "those who want this solved", "the shop knows what to do"),
                (", contact me", ", make me an offer", ", message me", ", show good will"),
            ),
            *every(
                ("waiting for your offer", "I can still change this review", "a gesture would help"),
                (", three days", ", you decide", ", for now one star"),
            ),
        ),
    ),
}
_SHELVES = {code: Shelf(kinds) for code, kinds in DEMANDS.items()}
OPEN, VEILED = range(2)


def plots(market: Market) -> list[Plot]:
    """Where the extortionists of the period mean to strike; the same however often they are asked for."""
    rng = stream(market.seed, f"{Typology.REVIEW_EXTORTION} plots")
    wanted, made = reviews_wanted(market, SHARE), list[Plot]()
    # Four campaigns at least where there are reviews enough, of which one starts among the last days.
    most, first = max(wanted // 4, 3), rng.uniform(0.3, 0.45)
    while wanted > 0 and len(made) < 10_000:
        made.append(_round(market, rng, len(made), first, min(market.sized(int(rng.integers(*SHOPS))), most, max(wanted, 2))))
        wanted -= max(made[-1].held(market), 1)
    return made


def _round(market: Market, rng: np.random.Generator, number: int, first: float, shops: int) -> Plot:
    """One extortionist's round through the shops, with one account or a few."""
    hard, shoppers, listings = market.camouflage, market.shoppers, market.listings
    starts = market.period.start + int((evenly(first, number) * 1.03 - 0.03) * market.period.days * DAY)
    length = 3 + round(rng.uniform(0, 5) + 6 * hard)
    accounts = pick_apart(
        rng, shoppers.active_ladder, 1 + int(rng.integers(0, 2 + round(2 * hard))), shoppers.joined_before(starts - 7 * DAY)
    )
    # Cheap things of shops that have something to lose.
    appeal = listings.popularity * (listings.price < np.quantile(listings.price, 0.4))
    listing = pick_apart(rng, np.cumsum(appeal), shops)
    count = len(listing)
    day = np.sort(rng.integers(0, length, count))
    return Plot(
        campaign=CODES + number,
        merchant=None,
        starts=starts,
        ends=starts + length * DAY,
        reviewer=accounts[rng.integers(0, len(accounts), count)],
        listing=rng.permutation(listing),
        at=midnight(starts) + day * DAY + time_of_day(rng, count) // SECOND * SECOND,
        with_order=happens(rng, 0.8, count),
    )


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The cheap orders that stand behind most threats."""
    return cheap_orders(market, rng, plots(market), _studio(market))


def _studio(market: Market) -> float:
    return 0.6 * (1 - market.camouflage)


def post_reviews(market: Market, trade: Trade, rng: np.random.Generator) -> Haul:
    """The threats, and the better words of those who were paid."""
    planned = plots(market)
    threats = drafts_of(market, rng, planned, trade.received)
    paid = threats.filter(pl.Series(happens(rng, PAID, threats.height)))
    later = paid["at"].to_numpy() + (rng.uniform(0.8, 6, paid.height) * DAY).astype(np.int64) // SECOND * SECOND
    praise = paid.with_columns(at=pl.Series(waking(later), dtype=pl.Int64), is_follow_up=pl.lit(True))
    rows = [
        _told(market, rng, threats, 1 + pick(rng, np.array([0.8 - 0.2 * market.camouflage, 0.3]), threats.height), _threatening),
        _told(market, rng, praise, 4 + pick(rng, np.array([0.15, 0.85]), praise.height), _appeased),
    ]
    return Haul(pl.concat(rows), campaigns_of(planned, Typology.REVIEW_EXTORTION))


def _told(market: Market, rng: np.random.Generator, drafts: pl.DataFrame, stars: Ints, words: Say) -> pl.DataFrame:
    reviewer, campaign = drafts["reviewer"].to_numpy(), drafts["campaign"].to_numpy()
    writer = plain_writer(market, reviewer, drafts["listing"].to_numpy(), stars)
    place = desk(market, rng, campaign, reviewer, drafts["at"].to_numpy(), _studio(market))
    return review_table(
        drafts.drop("campaign"),
        stars=stars,
        text=in_each_language(rng, writer, lambda rng, language, mine: words(rng, language, mine, market.camouflage)),
        device=place.device,
        network=place.network,
        is_english=writer.is_english,
        typology=Typology.REVIEW_EXTORTION,
        campaign=drafts["campaign"],
    )


def _threatening(rng: np.random.Generator, language: Language, writer: Writer, hard: float) -> pl.Series:
    """Complaints that end in a demand, some with a way to pay."""
    count = len(writer)
    said = clauses(rng, language, writer.category, np.full(count, 0.06), 0.15 + 0.5 * rng.beta(1.6, 1.6, count))
    veiled = happens(rng, 0.15 + 0.5 * hard, count)
    demand = _SHELVES[language.code].any(rng, np.where(veiled, VEILED, OPEN))
    text = write_out(rng, language, said.with_columns(closing=demand))
    rows = np.flatnonzero(happens(rng, 0.5 - 0.35 * hard, count))
    return text.scatter(rows, text.gather(rows) + " " + contacts(rng, language.code, len(rows)))


def _appeased(rng: np.random.Generator, language: Language, writer: Writer, hard: float) -> pl.Series:
    count = len(writer)
    said = clauses(rng, language, writer.category, np.full(count, 0.9), 0.4 * rng.beta(1.6, 1.6, count))
    return write_out(rng, language, said.with_columns(closing=lines(rng, language, "solved", count)))


FRAUDSTER = Fraudster(Typology.REVIEW_EXTORTION, place_orders=place_orders, post_reviews=post_reviews)
