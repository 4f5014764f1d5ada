"""Reviews: who writes after an honest purchase, how soon, how many stars, and what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Flags, Floats, Ints, happens, pick
from fairdeal.simulator.clock import DAY, MINUTE, SECOND, waking
from fairdeal.simulator.market import Market, registered_buyers
from fairdeal.simulator.phrases_en import ENGLISH
from fairdeal.simulator.phrases_zh import CHINESE
from fairdeal.simulator.shoppers import whereabouts
from fairdeal.simulator.wording import CLAUSES, Language, clauses, praise, stock_phrases, write_out

#: A review as the simulator knows it; ``order`` is null where the provider names none, ``typology`` where it is honest.
REVIEWS: dict[str, pl.DataType] = {
    "order": pl.Int64(),
    "listing": pl.Int64(),
    "merchant": pl.Int64(),
    "reviewer": pl.Int64(),
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
#: Share of honest reviews whose order the provider does not name, and that are followed up later.
ORDERLESS, FOLLOWED_UP = 0.08, 0.04
#: Upper ends of satisfaction for one to four stars: most are content, the angry outnumber the disappointed.
STAR_STEPS: Floats = np.array([-1.62, -1.38, -1.02, -0.46])


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
    """Reviews that say what their writers found; columns of `REVIEWS`."""
    honest = received.filter(pl.col("fake_deal").is_null() & pl.col("fake_payment").is_null())
    talkative = market.shoppers.talkative[honest["buyer"].to_numpy()]
    chosen = honest.filter(pl.Series(happens(rng, talkative, honest.height)))
    bound = _posted(market, rng, chosen)
    loose = orderless_reviews(market, rng, round(chosen.height * ORDERLESS))
    after = bound.filter(pl.Series(happens(rng, FOLLOWED_UP, bound.height)))
    later = _write(
        market,
        rng,
        after.with_columns(
            at=pl.Series(after["at"].to_numpy() + ((4 + rng.exponential(6, after.height)) * DAY).astype(np.int64)), is_follow_up=True
        ),
    )
    return pl.concat([bound, loose, later])


def _posted(market: Market, rng: np.random.Generator, received: pl.DataFrame) -> pl.DataFrame:
    wait = rng.lognormal(np.log(1.4), 0.9, received.height) * DAY
    at = waking(received["received_at"].to_numpy() + wait.astype(np.int64) // SECOND * SECOND + 5 * MINUTE)
    drafts = received.select("order", "listing", "merchant", reviewer="buyer", is_slow="is_slow").with_columns(
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
            "is_slow": np.zeros(count, dtype=np.bool_),
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
    contentment = market.listings.quality[listing] - shoppers.severity[reviewer] - 0.5 * slow + rng.normal(0, 1, count)
    is_fan = shoppers.is_fan[reviewer]
    stars = np.where(is_fan & (contentment > -1.2), 5, 1 + np.searchsorted(STAR_STEPS, contentment)).astype(np.int64)
    place = whereabouts(rng, shoppers, reviewer, at)
    writer = Writer(reviewer, market.listings.category[listing], stars, shoppers.is_english[reviewer], is_fan)
    return review_table(
        drafts,
        stars=stars,
        text=honest_words(rng, writer),
        device=place.device,
        network=place.network,
        is_english=writer.is_english,
        look_alike=pl.Series(np.where(stars == 1, "angry_customer", np.where(is_fan, "fan", ""))).replace("", None),
    )


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
    """A table of `REVIEWS` from drafts of ``order, listing, merchant, reviewer, at, is_follow_up`` and the rest."""
    table = drafts.with_columns(
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
    """Who writes about what, one row per review."""

    reviewer: Ints
    category: Ints
    stars: Ints
    is_english: Flags
    is_fan: Flags

    def __len__(self) -> int:
        return len(self.reviewer)

    @property
    def goodwill(self) -> Floats:
        """Probability that a clause is friendly, from the stars."""
        return np.array([0.04, 0.2, 0.5, 0.82, 0.97])[self.stars - 1]

    def only(self, rows: Flags) -> Writer:
        return replace(self, **{name: getattr(self, name)[rows] for name in ("reviewer", "category", "stars", "is_english", "is_fan")})


WordsOf = Callable[[np.random.Generator, Language, Writer], pl.Series]


def in_each_language(rng: np.random.Generator, writer: Writer, words: WordsOf) -> pl.Series:
    """The texts of ``words(rng, language, writer)``, each row in its writer's language, in the writer's row order."""
    text = pl.Series("text", [None] * len(writer), dtype=pl.String)
    for language in LANGUAGES:
        rows = writer.is_english == (language.code == "en")
        if rows.any():
            text = text.scatter(np.flatnonzero(rows), words(rng, language, writer.only(rows)))
    return text


def honest_words(rng: np.random.Generator, writer: Writer) -> pl.Series:
    """What honest reviewers write: from a bare "好评" to seven clauses; fans repeat themselves."""
    return in_each_language(rng, writer, _honest_in)


def _honest_in(rng: np.random.Generator, language: Language, writer: Writer) -> pl.Series:
    count = len(writer)
    said = clauses(rng, language, writer.category, writer.goodwill, rng.beta(1.3, 1.6, count))
    lauds = pl.Series(happens(rng, 0.1 * (writer.stars == 5), count))
    said = said.with_columns(closing=pl.when(lauds).then(praise(rng, language, count)).otherwise("closing"))
    said = _fan_habits(rng, language, writer, said)
    text = write_out(rng, language, said)
    is_stock = happens(rng, np.where(writer.is_fan, 0.05, 0.22), count)
    return text.zip_with(pl.Series(~is_stock), stock_phrases(rng, language, writer.goodwill))


#: Fans have one of so many ways to praise each, which they hardly vary.
HABITS = 400


def _fan_habits(rng: np.random.Generator, language: Language, writer: Writer, said: pl.DataFrame) -> pl.DataFrame:
    bank = clauses(np.random.default_rng(HABITS), language, np.zeros(HABITS, dtype=np.int64), np.ones(HABITS), np.full(HABITS, 0.8))
    mine = bank[writer.reviewer % HABITS]
    is_fan = pl.Series(writer.is_fan)
    habitual = [name for name in CLAUSES if not name.startswith("product")]
    return said.with_columns(said[name].zip_with(~is_fan, mine[name]).alias(name) for name in habitual)
