"""What is known about a review at a day's close: its writer's habit, its target's traffic, its twins and the order behind it."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.features import streams
from fairdeal.features.definitions import Derived, Feature, Own, Ratio, history_feature, window_feature
from fairdeal.features.review_words import FAKE, PRAISE, WORDS
from fairdeal.features.shared_words import shared_words
from fairdeal.features.stretches import WINDOW, by_review, is_in_its_own_history, stretches
from fairdeal.features.tone import tone
from fairdeal.features.trails import DAY, Aggregate, Trail
from fairdeal.features.twins import NO_SIGNATURE, signature
from fairdeal.features.windows import evaluate

COUNT, MEAN, DISTINCT = Aggregate.COUNT, Aggregate.MEAN, Aggregate.DISTINCT

#: Bands of a text's signature that serve as keys: texts with a Jaccard index of 0.8 share one in 98 of 100 cases, with 0.3 in 6.
KEY_BANDS = 8
#: By what the words of reviews are compared with those of others.
WRITTEN = ("review_id", "reviewer_id", "author_kind", "posted_at", "text", "rating_hundredths", "t")


def _shop(target: str) -> pl.Expr:
    """Whose reviews are held against each other: the shop's, or those of what is reviewed where no shop is told."""
    return pl.coalesce("merchant_id", target).alias("shop")


def _known_share(entity: str, key: tuple[str, ...], zh: str, en: str) -> tuple[Feature, ...]:
    """Fakes of a party that came to light in 30 days, in all and per review of these days; some of them were written before."""
    return (
        window_feature(entity, key, "review_fraud", COUNT, 30 * DAY, FAKE, stream="review_frauds"),
        Feature(
            Ratio(f"{entity}_review_fraud_share_30d", f"{entity}_review_fraud_count_30d", f"{entity}_review_count_30d"),
            FAKE,
            "no reviews before",
            ReasonTemplate(
                f"{entity.upper()}_FAKE_SHARE",
                f"{zh} 30 天内每条评价对应 {{value}} 条新确认的虚假评价（通常 {{norm}}）",
                f"Fakes that came to light per {en} in 30 days: {{value}} ({{norm}} is usual)",
                "number",
                1,
            ),
        ),
    )


ADDRESS, LISTING = ("address_id",), ("listing_id",)
REVIEWER, SUBJECT, MERCHANT, DEVICE, NETWORK = ("reviewer_id",), ("subject_id_reviewed",), ("merchant_id",), ("device_id",), ("network_id",)

FEATURES: tuple[Feature, ...] = (
    *WORDS,
    # The writer's habit.
    *(window_feature("reviewer", REVIEWER, "review", COUNT, w, FAKE, stream="reviews") for w in (DAY, 7 * DAY, 30 * DAY)),
    window_feature("reviewer", REVIEWER, "review_top", COUNT, 30 * DAY, PRAISE, where="is_top", stream="reviews"),
    window_feature("reviewer", REVIEWER, "rating", MEAN, 30 * DAY, FAKE, value="rating_hundredths", stream="reviews", is_part=True),
    window_feature("reviewer", REVIEWER, "review_length", MEAN, 30 * DAY, FAKE, value="length", stream="reviews"),
    window_feature("reviewer", REVIEWER, "subject", DISTINCT, 30 * DAY, FAKE, value="subject_id_reviewed", stream="reviews"),
    window_feature("reviewer", REVIEWER, "merchant", DISTINCT, 30 * DAY, FAKE, value="merchant_id", stream="reviews"),
    *_known_share("reviewer", REVIEWER, "该评价人", "review by this writer"),
    # The target's traffic.
    *(window_feature("subject", SUBJECT, "review", COUNT, w, FAKE, stream="reviews") for w in (DAY, 7 * DAY, 30 * DAY)),
    window_feature("subject", SUBJECT, "review_top", COUNT, 7 * DAY, PRAISE, where="is_top", stream="reviews"),
    *_known_share("subject", SUBJECT, "该对象", "review of the target"),
    Feature(
        Ratio("subject_review_burst", "subject_review_count_1d", "subject_review_count_30d"),
        FAKE,
        "no reviews before",
        ReasonTemplate(
            "REVIEW_BURST",
            "该对象最近 1 天评价占 30 天的 {value}（通常 {norm}）",
            "Share of the target's 30-day reviews that fell on the last day: {value} ({norm} is usual)",
            "share",
            1,
        ),
    ),
    history_feature(
        "review_rating",
        "rating_hundredths",
        Trail("subject", SUBJECT, "reviews", "rating", MEAN, 30 * DAY, "rating_hundredths"),
        FAKE,
        direction=0,
    ),
    Feature(
        Derived("reviewer_stars_mean_30d", pl.col("reviewer_rating_mean_30d") / 100),
        FAKE,
        "no reviews before",
        ReasonTemplate(
            "REVIEWER_MEAN",
            "该评价人 30 天平均给 {value} 星（通常 {norm} 星）",
            "This reviewer gives {value} stars on average in 30 days ({norm} is usual)",
            "number",
            0,
        ),
    ),
    *(window_feature("merchant", MERCHANT, "review", COUNT, w, FAKE, stream="reviews") for w in (DAY, 7 * DAY, 30 * DAY)),
    *_known_share("merchant", MERCHANT, "该商家", "review of the merchant"),
    Feature(
        Ratio("merchant_review_burst", "merchant_review_count_1d", "merchant_review_count_30d"),
        FAKE,
        "no reviews before",
        ReasonTemplate(
            "MERCHANT_REVIEW_BURST",
            "该商家最近 1 天评价占 30 天的 {value}（通常 {norm}）",
            "Share of the merchant's 30-day reviews that fell on the last day: {value} ({norm} is usual)",
            "share",
            1,
        ),
    ),
    # Shared devices and networks.
    window_feature("device", DEVICE, "reviewer", DISTINCT, 30 * DAY, FAKE, value="reviewer_id", stream="reviews"),
    window_feature("device", DEVICE, "review", COUNT, 7 * DAY, FAKE, stream="reviews"),
    window_feature("network", NETWORK, "reviewer", DISTINCT, 7 * DAY, FAKE, value="reviewer_id", stream="reviews"),
    *(
        window_feature(entity, key, "review", COUNT, 30 * DAY, FAKE, stream="reviews")
        for entity, key in (("device", DEVICE), ("network", NETWORK))
    ),
    *_known_share("device", DEVICE, "该设备", "review from this device"),
    *_known_share("network", NETWORK, "该网络", "review from this network"),
    # The order behind it.
    Feature(
        Own("review_has_order", pl.col("has_order")),
        FAKE,
        "never",
        ReasonTemplate("REVIEW_ORDER", "评价背后有已知订单：{value}", "An order is known behind the review: {value}", "flag", -1),
    ),
    Feature(
        Own("review_delay_s", pl.col("posted_s") - pl.col("order_s")),
        FAKE,
        "no order is known behind it",
        ReasonTemplate(
            "REVIEW_DELAY", "下单后 {value} 即评价（通常 {norm}）", "Posted {value} after the order ({norm} is usual)", "seconds", -1
        ),
    ),
    Feature(
        Own("review_after_delivery_s", pl.col("posted_s") - pl.col("delivery_s")),
        FAKE,
        "no delivery is known",
        ReasonTemplate(
            "REVIEW_AFTER_DELIVERY",
            "签收后 {value} 即评价（通常 {norm}）",
            "Posted {value} after delivery ({norm} is usual)",
            "seconds",
            -1,
        ),
    ),
    Feature(
        Own("reviewer_account_age_s", pl.col("posted_s") - pl.col("reviewer_registered_s")),
        FAKE,
        "when the writer joined is not known",
        ReasonTemplate(
            "REVIEWER_AGE",
            "评价人账户已注册 {value}（通常 {norm}）",
            "The writer's account is {value} old ({norm} is usual)",
            "seconds",
            -1,
        ),
    ),
    window_feature("reviewer", REVIEWER, "order", COUNT, 30 * DAY, FAKE, stream="orders"),
    window_feature("reviewer_merchant", ("reviewer_id", "merchant_id"), "order", COUNT, 30 * DAY, FAKE, stream="orders"),
    window_feature("address", ADDRESS, "buyer", DISTINCT, 30 * DAY, PRAISE, value="buyer_id", stream="orders"),
    window_feature(
        "merchant_address", ("merchant_id", "address_id"), "buyer", DISTINCT, 30 * DAY, PRAISE, value="buyer_id", stream="orders"
    ),
    window_feature("device", DEVICE, "buyer", DISTINCT, 30 * DAY, PRAISE, value="buyer_id", stream="orders"),
    window_feature("merchant_device", ("merchant_id", "device_id"), "buyer", DISTINCT, 30 * DAY, PRAISE, value="buyer_id", stream="orders"),
    window_feature(
        "merchant_network", ("merchant_id", "network_id"), "buyer", DISTINCT, 7 * DAY, PRAISE, value="buyer_id", stream="orders"
    ),
    window_feature("order", ("order_id",), "order_fraud", COUNT, 30 * DAY, PRAISE, stream="order_frauds"),
    window_feature("merchant", MERCHANT, "order_fraud", COUNT, 30 * DAY, PRAISE, stream="order_frauds"),
    history_feature(
        "review_parcel",
        "parcel_weight_g",
        Trail("listing", LISTING, "shipments", "shipment_weight", MEAN, 30 * DAY, "weight_g"),
        PRAISE,
        direction=-1,
    ),
    Feature(
        Ratio("merchant_review_to_order_7d", "merchant_review_count_7d", "merchant_order_count_7d"),
        FAKE,
        "no orders before",
        ReasonTemplate(
            "REVIEWS_TO_ORDERS",
            "该商家 7 天内每笔订单有 {value} 条评价（通常 {norm}）",
            "Reviews per order of this merchant in 7 days: {value} ({norm} is usual)",
            "number",
            1,
        ),
    ),
    window_feature("reviewer", REVIEWER, "order_fraud", COUNT, 30 * DAY, PRAISE, stream="order_frauds"),
    window_feature("merchant", MERCHANT, "order", COUNT, 7 * DAY, FAKE, stream="orders"),
)


def prepare(rows: pl.DataFrame, tables: streams.Tables, as_of: pl.Series | None, time_zone: str) -> pl.DataFrame:
    """Reviews as of the given moments, with their twins among earlier reviews and the order and delivery behind them."""
    if as_of is None:
        raise ValueError("reviews are scored as of a day's close: give the moment of each row")
    base = rows.with_columns(as_of_at=as_of, subject_id_reviewed=pl.col("subject_id")).with_columns(
        subject_id=pl.col("review_id"),
        event_at=pl.col("posted_at"),
        t=streams.seconds("as_of_at"),
        posted_s=streams.seconds("posted_at"),
        account_id=pl.col("reviewer_id"),
        has_order=pl.col("order_id").is_not_null().cast(pl.Int64),
        rating_hundredths=streams.rating_hundredths(),
        amount_minor=pl.lit(None, dtype=pl.Int64),
        currency=pl.lit(None, dtype=pl.String),
    )
    behind = streams.table(tables, "orders").select("order_id", "listing_id", "address_id", order_s=streams.seconds("ordered_at"))
    parcels = (
        base.lazy()
        .select("review_id", "as_of_at", "order_id")
        .drop_nulls("order_id")
        .join(streams.table(tables, "shipments").select("order_id", "shipped_at", "delivered_at", "weight_g"), on="order_id")
        .filter(pl.col("shipped_at") < pl.col("as_of_at"))
        .group_by("review_id", "as_of_at")
        .agg(
            delivery_s=streams.seconds("delivered_at").filter(pl.col("delivered_at") < pl.col("as_of_at")).min(),
            parcel_weight_g=pl.col("weight_g").max(),
        )
    )
    joined = ("review_id", "as_of_at")
    writers = streams.table(tables, "buyers").select(reviewer_id="buyer_id", reviewer_registered_s=streams.seconds("registered_at"))
    prepared = (
        base.lazy()
        .join(behind, on="order_id", how="left", maintain_order="left")
        .join(parcels, on=joined, how="left", maintain_order="left")
        .join(writers, on="reviewer_id", how="left", maintain_order="left")
        # An order that is told before it was placed is not known yet.
        .with_columns(pl.when(pl.col("order_s") < pl.col("t")).then(name).alias(name) for name in ("listing_id", "address_id", "order_s"))
        .collect(engine="streaming")
    )
    history = (
        streams.reviews(tables).select(*WRITTEN, _shop("subject_id"), posted_s=streams.seconds("posted_at")).collect(engine="streaming")
    )
    subjects = prepared.select(*WRITTEN, _shop("subject_id_reviewed"), "posted_s")
    words = (subjects, history, stretches(subjects), stretches(history))
    return prepared.with_columns(*twins(prepared, history), *shared_words(*words), tone_stars_30d=tone(*words))


def twins(subjects: pl.DataFrame, reviews: pl.DataFrame) -> list[pl.Series]:
    """How many other reviews of the 30 days before share a text band, and how many other accounts wrote them.

    A text's bands are keys like any other, so that twins obey the same time law as every window. The largest count over a review's bands
    stands; the review itself, when it lies in its own history, is taken off.
    """
    history, own = _bands(reviews), _bands(subjects)
    counts = evaluate(
        own,
        {"bands": history},
        [
            Trail("band", ("band",), "bands", "review", DISTINCT, WINDOW, "review_id"),
            Trail("band", ("band",), "bands", "reviewer", DISTINCT, WINDOW, "reviewer_id"),
        ],
    )
    largest = (
        own.select("place", itself=is_in_its_own_history())
        .select(
            "place",
            twins_30d=counts["band_review_distinct_30d"] - pl.col("itself"),
            twin_reviewers_30d=counts["band_reviewer_distinct_30d"] - pl.col("itself"),
        )
        .group_by("place")
        .max()
    )
    return by_review(largest, subjects.height)


def _bands(reviews: pl.DataFrame) -> pl.DataFrame:
    """One row per buyer's review and text band; texts too short to compare have none, nor have shops' ratings with their stock phrases."""
    with_time = reviews.with_columns(posted_s=streams.seconds("posted_at"), place=pl.int_range(pl.len()))
    by_buyer = with_time.select(streams.is_by_buyer().alias("kind"))["kind"]
    bands = signature(with_time["text"].fill_null("").to_list())[:, :KEY_BANDS]
    columns = [pl.Series(f"{number}", bands[:, number]).cast(pl.String) + f":{number}" for number in range(KEY_BANDS)]
    return (
        with_time.select("review_id", "reviewer_id", "posted_s", "t", "place")
        .with_columns(columns)
        .filter(pl.Series(bands[:, 0] != NO_SIGNATURE, dtype=pl.Boolean) & by_buyer)
        .unpivot(index=["review_id", "reviewer_id", "posted_s", "t", "place"], value_name="band")
        .drop("variable")
    )


def event_streams(tables: streams.Tables) -> dict[str, pl.LazyFrame]:
    """The streams that review features look back on; a review's target is called ``subject_id_reviewed`` beside the scored subject."""
    orders = streams.orders(tables).with_columns(reviewer_id=pl.col("buyer_id"))
    return {
        "reviews": streams.reviews(tables).with_columns(
            subject_id_reviewed=pl.col("subject_id"), length=pl.col("text").str.len_chars().cast(pl.Int64)
        ),
        "review_frauds": streams.known_frauds(tables, "review").with_columns(subject_id_reviewed=pl.col("subject_id")),
        "orders": orders,
        "shipments": streams.shipments(tables),
        "order_frauds": streams.known_frauds(tables, "order").with_columns(reviewer_id=pl.col("buyer_id")),
    }
