"""Shops rate buyers too: such ratings are scored like any review and disturb nobody else's history."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import build
from tests.features.market import START, market

MOMENT = START + timedelta(days=12)


def with_ratings_of_buyers(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Every review once more, the other way round: the shop rates the reviewer, from the same device and in the same words."""
    turned = tables["reviews"].with_columns(
        review_id=pl.lit("X") + pl.col("review_id"),
        reviewer_id=pl.coalesce("merchant_id", pl.lit("M0")),
        subject_id=pl.col("reviewer_id"),
        rating=pl.lit(5.0),
        author_kind=pl.lit("merchant"),
    )
    return {**tables, "reviews": pl.concat([tables["reviews"], turned])}


def features(detector: Detector, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    rows = tables[detector.table].filter(pl.col("ordered_at" if detector is Detector.DEALS else "posted_at") < MOMENT)
    as_of = pl.Series([MOMENT] * rows.height, dtype=pl.Datetime("us", "UTC"))
    return build(detector, tables, rows, as_of=as_of, time_zone="Asia/Shanghai").rows


@pytest.mark.parametrize("detector", [Detector.DEALS, Detector.REVIEWS])
def test_what_shops_say_of_buyers_changes_no_feature_of_orders_and_buyers_reviews(detector: Detector) -> None:
    one_sided, both_sided = market(7), with_ratings_of_buyers(market(7))
    plain, beside = features(detector, one_sided), features(detector, both_sided)
    assert beside.filter(~pl.col("subject_id").str.starts_with("X")).equals(plain)


def test_a_source_that_tells_sides_counts_like_one_that_does_not() -> None:
    silent = market(8)
    telling = {**silent, "reviews": silent["reviews"].with_columns(author_kind=pl.lit("buyer"))}
    assert features(Detector.REVIEWS, telling).equals(features(Detector.REVIEWS, silent))


def test_a_shops_rating_has_a_row_of_its_own_without_twins() -> None:
    ratings = features(Detector.REVIEWS, with_ratings_of_buyers(market(9))).filter(pl.col("subject_id").str.starts_with("X"))
    assert ratings.height > 0
    assert ratings["review_twin_count_30d"].null_count() == ratings.height
    assert (ratings["reviewer_review_count_30d"] == 0).all()
    assert (ratings["review_rating"] == 5).all()
