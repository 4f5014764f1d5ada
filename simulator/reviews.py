"""Reviews by both sides: who writes after an honest purchase, how soon, how many stars, and what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import Flags, Floats, Ints, happens, pick
from fairdeal.simulator.clock import DAY, MINUTE, SECOND, waking
from fairdeal.simulator.market import COUNTERS, Market, registered_buyers
from fairdeal.simulator.phrases_en import ENGLISH
from fairdeal.simulator.phrases_zh import CHINESE
from fairdeal.simulator.shoppers import whereabouts
from fairdeal.simulator.wording import CLAUSES, Language, clauses, lines, stock_phrases, write_out

#: A review as the simulator knows it; ``order`` is null where the provider names none, ``typology`` where it is honest. Where a shop rates
#: a buyer, ``rated_buyer`` is that buyer and ``reviewer`` the shop's code; it is null where a buyer writes.
REVIEWS: dict[str, pl.DataType] = {
    "order": pl.Int64(),
    "listing": pl.Int64(),
    "merchant": pl.Int64(),
    "reviewer": pl.Int64(),
    "rated_buyer": pl.Int64(),
    "at": pl.Int64(),
    "stars": pl.Int64(),
    "text": pl.String(),
    "device": pl.Int64(),
    "network": pl.Int64(),
    "language": pl.String(),
    "is_follow_up": pl.Boolean(),
    "look_alike": pl.String(),
    "typology": pl.String(),
    "campaign": pl.Int64(),
}

LANGUAGES: tuple[Language, ...] = (CHINESE, ENGLISH)
#: Share of honest reviews whose order the provider does not name; that are followed up later, with more than two stars and with fewer;
#: of the latter, that the shop has won back by then.
ORDERLESS, FOLLOWED_UP, FOLLOWED_UP_ANGRY, WON_BACK = 0.08, 0.035, 0.16, 0.4
#: Upper ends of satisfaction for one to four stars: most are content, the angry outnumber the disappointed.
STAR_STEPS: Floats = np.array([-1.62, -1.38, -1.02, -0.46])
#: One batch in so many orders is bad; how many orders are served from it, how much less it pleases, how much more often its buyers speak.
ORDERS_PER_BATCH, BATCH, LET_DOWN, OUTCRY = 6_000, (16, 41), 2.4, 2.5
SOLVED = "solved"
#: What honest reviews speak of besides the goods: money they want or got back, cheats they met, codes they scanned. The field of the
#: language, and its share of the reviews of three stars or fewer and of the others; what a shop made good is told in follow-ups only.
TOPICS: tuple[tuple[str, float, float], ...] = (
    ("money", 0.11, 0.014),
    ("warnings", 0.012, 0.006),
    ("scans", 0.006, 0.009),
    (SOLVED, 0.0, 0.0),
)
LOOK_ALIKE_OF_TOPIC: dict[str, str] = {"money": "wants_refund", "warnings": "scam_warning", "scans": "scanned_code", SOLVED: "won_back"}
#: Mean share of their orders that shops rate the buyer of; share of those ratings that are a shop's answer to a complaint.
RATED, EXCUSED = 0.06, 0.08

#: The cheats of shops on buyers, who then have something to say.
CHEATED_BY_SHOPS = (str(Typology.FALSE_SHIPPING), str(Typology.BAIT_LISTING))


def received_orders(market: Market, orders: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """Paid orders that reached their buyer, with ``received_at`` and ``is_slow``: parcels when delivered, vouchers at once."""
    joined = orders.filter(pl.col("paid_at").is_not_null()).join(
        parcels.select("order", "delivered_at", shipped_at="at"), on="order", how="left", maintain_order="left"
    )
    return (
        joined.with_columns(
            received_at=pl.when(pl.col("shipped_at").is_null()).then(pl.col("paid_at") + 10 * MINUTE).otherwise(pl.col("delivered_at")),
        )
        .with_columns(is_slow=pl.col("received_at") - pl.col("at") > 5 * DAY)
        .filter(pl.col("received_at").is_not_null())
    )


def honest_reviews(market: Market, rng: np.random.Generator, received: pl.DataFrame) -> pl.DataFrame:
    """Reviews that say what their writers found, those whom a shop has cheated among them; columns of `REVIEWS`."""
    is_cheated = pl.col("fake_deal").is_in(CHEATED_BY_SHOPS).fill_null(False).alias("is_cheated")
    own = pl.col("fake_deal").is_null() & pl.col("fake_payment").is_null() & pl.col("campaign").is_null()
    honest = received.filter(own | is_cheated)
    batch = _bad_batches(market, rng, honest)
    talkative = market.shoppers.talkative[honest["buyer"].to_numpy()]
    speaks = happens(rng, np.minimum(talkative * np.where(batch >= 0, OUTCRY, 1.0), 0.95), honest.height)
    chosen = honest.with_columns(is_cheated, batch=pl.Series(batch)).filter(pl.Series(speaks))
    bound = _posted(market, rng, chosen)
    loose = orderless_reviews(market, rng, round(chosen.height * ORDERLESS))
    return pl.concat([bound, loose, _followed_up(market, rng, bound)])


def _followed_up(market: Market, rng: np.random.Generator, reviews: pl.DataFrame) -> pl.DataFrame:
    """What some writers add days later; where the shop made good what angered them, they say so."""
    angry = reviews["stars"].to_numpy() <= 2
    after = reviews.filter(pl.Series(happens(rng, np.where(angry, FOLLOWED_UP_ANGRY, FOLLOWED_UP), reviews.height)))
    is_solved = (after["stars"].to_numpy() <= 2) & happens(rng, WON_BACK, after.height)
    wait = ((4 + rng.exponential(6, after.height)) * DAY).astype(np.int64)
    drafts = after.with_columns(at=pl.Series(after["at"].to_numpy() + wait), is_follow_up=True, is_solved=pl.Series(is_solved))
    return _write(market, rng, drafts)


def _bad_batches(market: Market, rng: np.random.Generator, received: pl.DataFrame) -> Ints:
    """Number of the bad batch that each order was served from, -1 for none: consecutive orders of one listing, of some days."""
    listing, came = received["listing"].to_numpy(), received["received_at"].to_numpy()
    batch = np.full(received.height, -1, dtype=np.int64)
    if received.height == 0:
        return batch
    sold = np.bincount(listing, minlength=len(market.listings))
    able = np.where(sold >= min(BATCH[0], int(sold.max())), sold, 0).astype(np.float64)
    spoilt = pick(rng, able, max(2, market.orders // ORDERS_PER_BATCH))
    concerned = np.zeros(len(market.listings), dtype=np.bool_)
    concerned[spoilt] = True
    row = np.flatnonzero(concerned[listing])
    row = row[np.lexsort((came[row], listing[row]))]
    low, high = (np.searchsorted(listing[row], spoilt, side=side) for side in ("left", "right"))
    for number, (start, stop) in enumerate(zip(low, high, strict=True)):
        size = min(int(rng.integers(*BATCH)), int(stop - start))
        begins = int(start + rng.integers(0, stop - start - size + 1))
        served = row[begins : begins + size]
        batch[served[came[served] < came[served[0]] + 14 * DAY]] = number
    return batch


def _posted(market: Market, rng: np.random.Generator, received: pl.DataFrame) -> pl.DataFrame:
    wait = rng.lognormal(np.log(1.4), 0.9, received.height) * DAY
    at = waking(received["received_at"].to_numpy() + wait.astype(np.int64) // SECOND * SECOND + 5 * MINUTE)
    drafts = received.select("order", "listing", "merchant", "is_slow", "is_cheated", "batch", reviewer="buyer").with_columns(
        at=pl.Series(at), is_follow_up=pl.lit(False)
    )
    return _write(market, rng, drafts)


def orderless_reviews(market: Market, rng: np.random.Generator, count: int) -> pl.DataFrame:
    """Honest reviews whose order the provider does not name; columns of `REVIEWS`."""
    at = market.period.trading_moments(rng, count)
    listing = pick(rng, market.listings.popularity, count)
    drafts = pl.DataFrame(
        {
            "order": pl.Series([None] * count, dtype=pl.Int64()),
            "listing": listing,
            "merchant": market.listings.merchant[listing],
            "reviewer": registered_buyers(rng, market.shoppers, at, market.shoppers.activity),
            "at": at,
            "is_follow_up": np.zeros(count, dtype=np.bool_),
        }
    )
    return _write(market, rng, drafts)


def _write(market: Market, rng: np.random.Generator, drafts: pl.DataFrame) -> pl.DataFrame:
    """Stars and words for each draft; columns of `REVIEWS`."""
    count, shoppers = drafts.height, market.shoppers
    reviewer, listing, at = (drafts[name].to_numpy() for name in ("reviewer", "listing", "at"))
    slow = drafts["is_slow"].to_numpy().astype(np.float64) if "is_slow" in drafts.columns else np.zeros(count)
    batch = drafts["batch"].to_numpy() if "batch" in drafts.columns else np.full(count, -1, dtype=np.int64)
    contentment = market.listings.quality[listing] - shoppers.severity[reviewer] - 0.5 * slow + rng.normal(0, 1, count)
    solved = drafts["is_solved"].to_numpy() if "is_solved" in drafts.columns else np.zeros(count, dtype=np.bool_)
    cheated = drafts["is_cheated"].to_numpy() if "is_cheated" in drafts.columns else np.zeros(count, dtype=np.bool_)
    contentment = np.where(solved, np.abs(contentment) - 0.8, contentment - LET_DOWN * ((batch >= 0) | cheated))
    is_fan = shoppers.is_fan[reviewer]
    stars = np.where(is_fan & (contentment > -1.2), 5, 1 + np.searchsorted(STAR_STEPS, contentment)).astype(np.int64)
    batch = np.where(stars <= 3, batch, -1)
    topic = np.where(solved, [name for name, *_ in TOPICS].index(SOLVED), _topics(rng, stars))
    place = whereabouts(rng, shoppers, reviewer, at)
    writer = Writer(reviewer, market.listings.category[listing], stars, shoppers.is_english[reviewer], is_fan, topic, batch)
    told = pl.Series([LOOK_ALIKE_OF_TOPIC[name] for name, *_ in TOPICS], dtype=pl.String)
    return review_table(
        drafts,
        stars=stars,
        text=honest_words(rng, writer),
        device=place.device,
        network=place.network,
        is_english=writer.is_english,
        look_alike=pl.DataFrame({"topic": writer.topic, "batch": batch, "stars": stars, "fan": is_fan}).select(
            pl.when(pl.col("batch") >= 0)
            .then(pl.lit("bad_batch"))
            .when(pl.col("topic") >= 0)
            .then(told.gather(np.maximum(writer.topic, 0)))
            .when(pl.col("stars") == 1)
            .then(pl.lit("angry_customer"))
            .when("fan")
            .then(pl.lit("fan"))
            .alias("look_alike")
        )["look_alike"],
    )


def _topics(rng: np.random.Generator, stars: Ints) -> Ints:
    """Number of the topic in `TOPICS` that each review takes up, -1 for none."""
    topic, draw, below = np.full(len(stars), -1, dtype=np.int64), rng.random(len(stars)), np.zeros(len(stars))
    for number, (_, discontent, content) in enumerate(TOPICS):
        above = below + np.where(stars <= 3, discontent, content)
        topic[(draw >= below) & (draw < above)] = number
        below = above
    return topic


def merchant_ratings(market: Market, rng: np.random.Generator, received: pl.DataFrame) -> pl.DataFrame:
    """What shops say of the buyers they served, and how their customer service answers complaints; columns of `REVIEWS`.

    Some shops rate nearly everybody, most hardly anybody; nearly all ratings are friendly and short.
    """
    shops = len(market.merchants)
    habit = rng.beta(0.35, 0.35 / RATED - 0.35, shops)
    rated = received.filter(pl.Series(happens(rng, habit[received["merchant"].to_numpy()], received.height)))
    count = rated.height
    wait = rng.lognormal(np.log(1.2), 0.8, count) * DAY
    drafts = rating_drafts(rated, waking(rated["received_at"].to_numpy() + wait.astype(np.int64) // SECOND * SECOND + 20 * MINUTE))
    answers = happens(rng, EXCUSED, count)
    stars = np.where(answers, 5, np.array([1, 2, 3, 4, 5])[pick(rng, np.array([2.0, 0.7, 1.3, 4, 92]), count)]).astype(np.int64)
    is_english = writes_english(market, drafts["merchant"].to_numpy())
    text = pl.Series("text", [None] * count, dtype=pl.String)
    for language in LANGUAGES:
        rows = np.flatnonzero(is_english == (language.code == "en"))
        said = language.shelf("buyers_bad", "buyers_good").any(rng, (stars[rows] >= 4).astype(np.int64))
        said = said.zip_with(pl.Series(~answers[rows]), lines(rng, language, "excuses", len(rows)))
        text = text.scatter(rows, said + lines(rng, language, "endings", len(rows)))
    return review_table(
        drafts,
        stars=stars,
        text=text,
        device=COUNTERS + drafts["merchant"].to_numpy(),
        network=COUNTERS + drafts["merchant"].to_numpy(),
        is_english=is_english,
        look_alike=pl.Series(np.where(answers, "shop_service", "")).replace("", None),
    )


def rating_drafts(rated: pl.DataFrame, at: Ints) -> pl.DataFrame:
    """Drafts in which the shops of some orders rate their buyers."""
    return rated.select(
        "order", "listing", "merchant", reviewer="merchant", rated_buyer="buyer", at=pl.Series(at), is_follow_up=pl.lit(False)
    )


def writes_english(market: Market, merchant: Ints) -> Flags:
    """Which shops write English."""
    english: Flags = market.merchants.name_parts[merchant] % 100 < 33
    return english


def review_table(
    drafts: pl.DataFrame,
    *,
    stars: Ints,
    text: pl.Series,
    device: Ints,
    network: Ints,
    is_english: Flags,
    look_alike: pl.Series | None = None,
    typology: str | None = None,
    campaign: pl.Series | None = None,
) -> pl.DataFrame:
    """A table of `REVIEWS` from drafts of ``order, listing, merchant, reviewer, at, is_follow_up``, maybe ``rated_buyer``, and the rest."""
    table = drafts.with_columns(
        rated_buyer=pl.col("rated_buyer") if "rated_buyer" in drafts.columns else pl.lit(None),
        stars=pl.Series(stars),
        text=text,
        device=pl.Series(device),
        network=pl.Series(network),
        language=pl.Series(np.where(is_english, "en", "zh")),
        look_alike=look_alike if look_alike is not None else pl.lit(None),
        typology=pl.lit(typology),
        campaign=campaign if campaign is not None else pl.lit(None),
    )
    return table.select(pl.col(name).cast(dtype) for name, dtype in REVIEWS.items())


@dataclass(frozen=True)
class Writer:
    """Who writes about what, one row per review; ``topic`` is a number in `TOPICS`, ``batch`` that of a bad batch, -1 for none."""

    reviewer: Ints
    category: Ints
    stars: Ints
    is_english: Flags
    is_fan: Flags
    topic: Ints
    batch: Ints

    def __len__(self) -> int:
        return len(self.reviewer)

    @property
    def goodwill(self) -> Floats:
        """Probability that a clause is friendly, from the stars."""
        return np.array([0.04, 0.2, 0.5, 0.82, 0.97])[self.stars - 1]

    def at(self, rows: Flags | Ints) -> Writer:
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def plain_writer(market: Market, reviewer: Ints, listing: Ints, stars: Ints) -> Writer:
    """People who write about goods without a habit, a topic or a bad batch of their own."""
    none = np.full(len(reviewer), -1, dtype=np.int64)
    is_english = market.shoppers.is_english[reviewer]
    return Writer(reviewer, market.listings.category[listing], stars, is_english, np.zeros(len(reviewer), dtype=np.bool_), none, none)


WordsOf = Callable[[np.random.Generator, Language, Writer], pl.Series]


def in_each_language(rng: np.random.Generator, writer: Writer, words: WordsOf) -> pl.Series:
    """The texts of ``words(rng, language, writer)``, each row in its writer's language, in the writer's row order."""
    text = pl.Series("text", [None] * len(writer), dtype=pl.String)
    for language in LANGUAGES:
        rows = writer.is_english == (language.code == "en")
        if rows.any():
            text = text.scatter(np.flatnonzero(rows), words(rng, language, writer.at(rows)))
    return text


def honest_words(rng: np.random.Generator, writer: Writer) -> pl.Series:
    """What honest reviewers write: from a bare "好评" to seven clauses; fans repeat themselves."""
    return in_each_language(rng, writer, _honest_in)


def _honest_in(rng: np.random.Generator, language: Language, writer: Writer) -> pl.Series:
    count = len(writer)
    said = clauses(rng, language, writer.category, writer.goodwill, rng.beta(1.3, 1.6, count))
    said = said.with_columns(closing=_closings(rng, language, writer, said["closing"]))
    said = _fan_habits(rng, language, writer, said)
    said = _aside(rng, language, writer, said)
    is_stock = happens(rng, np.where(writer.is_fan, 0.05, 0.22), count) & (writer.topic < 0) & (writer.batch < 0)
    silent, told = np.flatnonzero(is_stock), np.flatnonzero(~is_stock)
    text = pl.Series("text", [None] * count, dtype=pl.String)
    text = text.scatter(silent, stock_phrases(rng, language, writer.goodwill[silent]))
    return text.scatter(told, write_out(rng, language, said[told]))


def _closings(rng: np.random.Generator, language: Language, writer: Writer, closing: pl.Series) -> pl.Series:
    """The closings, some of the happiest in a line of praise and some of the angriest in one of scorn."""
    count = len(closing)
    lauds, rages = happens(rng, 0.1 * (writer.stars == 5), count), happens(rng, 0.22 * (writer.stars == 1), count)
    for rows, name in ((np.flatnonzero(lauds), "praise"), (np.flatnonzero(rages), "scorn")):
        closing = closing.scatter(rows, lines(rng, language, name, len(rows)))
    return closing


def _aside(rng: np.random.Generator, language: Language, writer: Writer, said: pl.DataFrame) -> pl.DataFrame:
    """The clauses with what the bad batch suffers from and what else the writers have to tell."""
    product, service = said["product"], said["service"]
    spoilt = np.flatnonzero(writer.batch >= 0)
    fault = pl.Series(language.faults).gather(writer.batch[spoilt] % len(language.faults))
    product = product.scatter(spoilt, lines(rng, language, "finds", len(spoilt)) + fault)
    for number, (name, *_) in enumerate(TOPICS):
        rows = np.flatnonzero(writer.topic == number)
        service = service.scatter(rows, lines(rng, language, name, len(rows)))
    return said.with_columns(product=product, service=service)


#: Fans have one of so many ways to praise each, which they hardly vary.
HABITS = 400


def _fan_habits(rng: np.random.Generator, language: Language, writer: Writer, said: pl.DataFrame) -> pl.DataFrame:
    fixed, habitual = np.random.default_rng(HABITS), [name for name in CLAUSES if not name.startswith("product")]
    bank = clauses(fixed, language, np.zeros(HABITS, dtype=np.int64), np.ones(HABITS), np.full(HABITS, 0.8)).select(habitual)
    # Every habit is one of saying something.
    silent = pl.all_horizontal(pl.all().is_null())
    bank = bank.with_columns(closing=pl.when(silent).then(lines(fixed, language, "closings_good", HABITS)).otherwise("closing"))
    fans = np.flatnonzero(writer.is_fan)
    mine = bank[writer.reviewer[fans] % HABITS]
    return said.with_columns(said[name].scatter(fans, mine[name]) for name in habitual)
