"""Impersonation (冒充): reviews that speak as customer service, as the platform or as the shop, and lead payment off the platform.

Spammers post them under the best sellers of many shops; some shops put them into the ratings of their own buyers. Open ones announce a
refund or a prize; careful ones praise the goods first and let fall where it is cheaper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Ints, happens, pick, pick_apart, stream
from fairdeal.simulator.clock import DAY, MINUTE, SECOND, midnight, time_of_day, waking
from fairdeal.simulator.exports import shop_names
from fairdeal.simulator.fraudsters.contacts import contacts
from fairdeal.simulator.fraudsters.posting import Plot, campaigns_of, cheap_orders, desk, drafts_of, reviews_wanted, still_open
from fairdeal.simulator.fraudsters.scheme import STEPS, Fraudster, Haul, Trade, campaign_table, evenly, own_space
from fairdeal.simulator.market import COUNTERS, Market
from fairdeal.simulator.reviews import (
    LANGUAGES,
    Writer,
    in_each_language,
    plain_writer,
    rating_drafts,
    review_table,
    writes_english,
)
from fairdeal.simulator.wording import Language, Shelf, clauses, every, lines, write_out

#: Share of the buyers' reviews that lure under goods, and how many more lures shops write to their buyers.
SHARE, BY_SHOPS = 0.0045, 0.0018
#: Reviews of one campaign; lures of one shop.
SIZE, LURES = (6, 20), (5, 14)
CODES = own_space(Typology.IMPERSONATION)
#: First number of the campaigns that shops run.
SHOPS = 1 << 20

#: Who speaks (`{}` the shop's name, a little changed), with what news, and what one is to do; the contact follows.
LURES_SAID: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "zh": (
        (
            "平台客服通知：",
            "【官方】",
            "系统提醒：",
            "售后理赔中心：",
            "官方小助手：",
            "{}客服：",
            "{}售后：",
            "这里是{}，",
            "我是{}的客服，",
            "安全中心提示：",
        ),
        (
            *every(("您的订单", "您这笔付款", "您的包裹"), ("异常", "被冻结", "质检不合格", "需要核实", "丢失，可三倍赔付")),
            *every(("您有一笔", "本店还有"), ("退款", "红包", "运费补偿", "返现"), ("待领取", "即将过期")),
            "店铺迁移，老顾客请走新店",
            "会员即将自动扣费",
        ),
        ("，请添加客服 ", "，请点 ", "，办理请走 ", "，联系专员 ", "，领取：", "，验证付款：", "，不走平台立减两成 ", " → "),
    ),
    "en": (
        (
            "Platform support: ",
            "[Official] ",
            "System notice: ",
            "Claims centre: ",
            "Customer care of {}: ",
            "This is {}, ",
            "{} service desk: ",
        ),
        (
            *every(
                ("your order ", "your payment ", "your parcel "),
                ("is on hold", "could not be verified", "failed inspection", "is lost, we pay three times"),
            ),
            *every(("a refund ", "a gift ", "cashback "), ("is waiting for you", "expires today")),
            "we moved to a new shop",
            "your membership renews today",
        ),
        (
            ", please contact ",
            ", click ",
            ", claim it at ",
            ", verify your payment: ",
            ", twenty per cent off outside the platform: ",
            " -> ",
        ),
    ),
}
#: What careful ones let fall, and what shops write to their buyers.
HINTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "zh": (
        (
            *every(
                ("我拿的内部价", "同款便宜一半", "姐妹们别在这买", "厂家直供", "员工价"),
                ("，想要的", "，需要的", "，私聊", "，同厂货"),
                ("找 ", "看 ", "戳 "),
            ),
            "客服让我直接找这边退的差价 ",
        ),
        every(
            ("亲，感谢支持，", "老顾客福利，", "平台手续费高，", "亲，"),
            ("下次直接付给我便宜两成 ", "以后下单走这边 ", "补差价转这里 ", "领红包加 "),
        ),
    ),
    "en": (
        (
            *every(("same thing at half price", "insider price", "factory direct", "staff discount"), (", ask ", ", go to ", ", message ")),
            "their service paid me back over here ",
        ),
        every(
            ("thank you, dear buyer, ", "for regular customers: ", "the platform takes too much, ", "dear, "),
            ("pay me directly next time ", "order here instead ", "pay the difference at ", "collect your red packet at "),
        ),
    ),
}
_SAID = {code: Shelf(kinds) for code, kinds in LURES_SAID.items()}
_HINTS = {code: Shelf(kinds) for code, kinds in HINTS.items()}
#: How a shop's name is bent so that it reads like the real one.
BENT: tuple[tuple[str, str], ...] = (
    ("旗舰店", "旗艦店"),
    ("官方店", "宫方店"),
    ("专营店", "专莹店"),
    ("小店", "官方小店"),
    ("优选", "优选总店"),
    ("工厂店", "工厂直销店"),
)


def plots(market: Market) -> list[Plot]:
    """The spammers' campaigns of the period; the same however often they are asked for."""
    rng = stream(market.seed, f"{Typology.IMPERSONATION} plots")
    wanted, made = reviews_wanted(market, SHARE), list[Plot]()
    # Four campaigns at least where there are reviews enough, of which one starts among the last days.
    most, first = max(wanted // 4, 3), rng.uniform(0.3, 0.45)
    while wanted > 0 and len(made) < 10_000:
        made.append(_spam(market, rng, len(made), first, min(market.sized(int(rng.integers(*SIZE))), most, max(wanted, 2))))
        wanted -= max(made[-1].held(market), 1)
    return made


def _spam(market: Market, rng: np.random.Generator, number: int, first: float, size: int) -> Plot:
    hard, shoppers = market.camouflage, market.shoppers
    starts = market.period.start + int((evenly(first, number) * 1.03 - 0.03) * market.period.days * DAY)
    length = 1 + int(rng.integers(1, 4)) + round(4 * hard)
    accounts = pick_apart(rng, shoppers.bought_ladder, max(2, round(size * (0.3 + 0.5 * hard))), shoppers.joined_before(starts - 7 * DAY))
    count = size if len(accounts) else 0
    listing = pick(rng, market.listings.popularity, count)
    with_order = happens(rng, 0.1 + 0.3 * hard, count)
    cheap = market.listings.popularity * (market.listings.price < np.quantile(market.listings.price, 0.4))
    return Plot(
        campaign=CODES + number,
        merchant=None,
        starts=starts,
        ends=starts + length * DAY,
        reviewer=accounts[rng.integers(0, max(len(accounts), 1), count)],
        listing=np.where(with_order, pick(rng, cheap, count), listing),
        at=midnight(starts) + rng.integers(0, length, count) * DAY + time_of_day(rng, count) // SECOND * SECOND,
        with_order=with_order,
    )


def place_orders(market: Market, rng: np.random.Generator) -> Haul:
    """The cheap orders that give some lures a verified purchase."""
    return cheap_orders(market, rng, plots(market), _studio(market))


def _studio(market: Market) -> float:
    return 0.75 - 0.55 * market.camouflage


def post_reviews(market: Market, trade: Trade, rng: np.random.Generator) -> Haul:
    """The lures under goods and those that shops write to their buyers."""
    planned, names = plots(market), shop_names(market)
    drafts = drafts_of(market, rng, planned, trade.received)
    reviewer, campaign = drafts["reviewer"].to_numpy(), drafts["campaign"].to_numpy()
    stars = np.array([5, 4, 3, 1])[pick(rng, np.array([0.5, 0.2, 0.12, 0.18]), drafts.height)]
    writer = plain_writer(market, reviewer, drafts["listing"].to_numpy(), stars)
    shop = names.gather(drafts["merchant"].to_numpy())
    place = desk(market, rng, campaign, reviewer, drafts["at"].to_numpy(), _studio(market))

    def words(rng: np.random.Generator, language: Language, mine: Writer) -> pl.Series:
        rows = np.flatnonzero(writer.is_english == (language.code == "en"))
        return _luring(rng, language, mine, shop.gather(rows), market.camouflage)

    lures = review_table(
        drafts.drop("campaign"),
        stars=stars,
        text=in_each_language(rng, writer, words),
        device=place.device,
        network=place.network,
        is_english=writer.is_english,
        typology=Typology.IMPERSONATION,
        campaign=drafts["campaign"],
    )
    by_shops, undertakings = _ratings(market, trade, rng)
    return Haul(
        pl.concat([lures, by_shops]),
        pl.concat([campaigns_of(planned, Typology.IMPERSONATION), campaign_table([undertaking.row() for undertaking in undertakings])]),
    )


def _luring(rng: np.random.Generator, language: Language, writer: Writer, shop: pl.Series, hard: float) -> pl.Series:
    """A false notice, or a few honest-looking clauses and a hint; then the contact."""
    count = len(writer)
    zeros: Ints = np.zeros(count, dtype=np.int64)
    who, news, ask = (_SAID[language.code].any(rng, zeros + part) for part in range(3))
    bent = shop.str.replace_many(dict(BENT))
    notice = pl.DataFrame({"who": who, "shop": bent, "rest": news + ask}).select(said=pl.concat_str(_filled("who", "shop"), "rest"))["said"]
    chat = clauses(rng, language, writer.category, writer.goodwill, 0.3 + 0.5 * rng.beta(1.6, 1.6, count))
    hint = write_out(rng, language, chat) + " " + _HINTS[language.code].any(rng, zeros)
    veiled = happens(rng, 0.1 + 0.55 * hard, count)
    return notice.zip_with(pl.Series(~veiled), hint) + contacts(rng, language.code, count, (0.45, 0.4, 0.15))


def _filled(text: str, name: str) -> pl.Expr:
    """The text with the name in the place of its braces."""
    halves = pl.col(text).str.splitn("{}", 2)
    tail = halves.struct.field("field_1")
    return pl.concat_str(halves.struct.field("field_0"), pl.when(tail.is_null()).then(pl.lit("")).otherwise(pl.concat_str(name, tail)))


@dataclass(frozen=True)
class Undertaking:
    """One shop's lures to its buyers, for some days."""

    number: int
    merchant: int
    starts: int
    ends: int

    @property
    def code(self) -> int:
        return CODES + SHOPS + self.number

    def row(self) -> tuple[int, str, int | None, int, int, int]:
        return (self.code, Typology.IMPERSONATION, self.merchant, self.starts, self.ends, 1)


def _ratings(market: Market, trade: Trade, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Undertaking]]:
    """Ratings of buyers with a lure in them, of orders that the shop has not rated yet."""
    wanted, undertakings = reviews_wanted(market, BY_SHOPS), list[Undertaking]()
    is_open = still_open(trade.received, trade.rated)
    merchant_of, came = trade.received["merchant"].to_numpy(), trade.received["received_at"].to_numpy()
    row = np.lexsort((came, merchant_of))
    row = row[is_open[row]]
    merchant_of, came = merchant_of[row], came[row]
    campaign = np.full(len(row), -1, dtype=np.int64)
    ladder = np.cumsum(market.merchants.size**0.7)
    first = rng.uniform(0.3, 0.6)
    while wanted > 0 and len(undertakings) < 10_000:
        number = len(undertakings)
        starts = market.period.start + int(evenly(first, number) * market.period.days * DAY)
        merchant = min(int(np.searchsorted(ladder, evenly(first, number, STEPS[1]) * ladder[-1])), len(ladder) - 1)
        this = Undertaking(number, merchant, starts, starts + int(rng.integers(3, 10)) * DAY)
        undertakings.append(this)
        low, high = np.searchsorted(merchant_of, [merchant, merchant + 1])
        low, high = low + np.searchsorted(came[low:high], [this.starts, this.ends])
        rows = low + np.flatnonzero(campaign[low:high] < 0)[: min(market.sized(int(rng.integers(*LURES))), max(wanted, 1))]
        campaign[rows] = this.code
        wanted -= max(len(rows), 1)
    rated = trade.received[row[campaign >= 0]].with_columns(campaign=pl.Series(campaign[campaign >= 0]))
    count = rated.height
    wait = rng.lognormal(np.log(0.8), 0.8, count) * DAY
    drafts = rating_drafts(rated, waking(rated["received_at"].to_numpy() + wait.astype(np.int64) // SECOND * SECOND + 20 * MINUTE))
    is_english = writes_english(market, drafts["merchant"].to_numpy())
    text = pl.Series("text", [None] * count, dtype=pl.String)
    for language in LANGUAGES:
        rows = np.flatnonzero(is_english == (language.code == "en"))
        # Careful shops begin with what every shop says.
        polite = lines(rng, language, "buyers_good", len(rows)).set(pl.Series(~happens(rng, 0.2 + 0.6 * market.camouflage, len(rows))), "")
        said = polite + " " + _HINTS[language.code].any(rng, np.ones(len(rows), dtype=np.int64))
        text = text.scatter(rows, said.str.strip_chars_start() + contacts(rng, language.code, len(rows)))
    rows_of = review_table(
        drafts,
        stars=np.full(count, 5, dtype=np.int64),
        text=text,
        device=COUNTERS + drafts["merchant"].to_numpy(),
        network=COUNTERS + drafts["merchant"].to_numpy(),
        is_english=is_english,
        typology=Typology.IMPERSONATION,
        campaign=rated["campaign"],
    )
    return rows_of, undertakings


FRAUDSTER = Fraudster(Typology.IMPERSONATION, place_orders=place_orders, post_reviews=post_reviews)
