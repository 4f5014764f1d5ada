"""Tone: which stars go with a review's words, told by the stars that others gave who wrote the same stretches, in any language."""

from __future__ import annotations

import polars as pl

from fairdeal.features.stretches import WINDOW, by_review, is_in_its_own_history
from fairdeal.features.trails import Aggregate, Trail
from fairdeal.features.windows import evaluate

#: Reviews with the usual stars that every stretch is given in advance, so that one rare stretch is no verdict.
IN_ADVANCE = 2
#: What a stretch weighs in any case, in stars, so that words that depart nowhere speak for the usual.
LEAST_WEIGHT = 0.01


def tone(subjects: pl.DataFrame, reviews: pl.DataFrame, own: pl.DataFrame, history: pl.DataFrame) -> pl.Series:
    """The stars that a review's words went with in other reviews of the 30 days before.

    Parameters
    ----------
    subjects
        Reviews with ``rating_hundredths, t``.
    reviews
        The history, with the same columns, ``t`` when each was posted.
    own, history
        The stretches of both (`features.stretches`), with the same columns.

    Returns
    -------
    Series
        Stars, one value per row of ``subjects``; null where the text is too short to compare, or nobody gave stars before.

    Notes
    -----
    Each stretch speaks for the mean stars of the reviews that hold it, the review itself left out, and weighs as much as it departs from
    the usual: what everybody writes says little. There is no list of words, no label and no training: it is a lexicon of sentiment that
    a platform's own stars teach (the idea of Turney, "Thumbs up or thumbs down?", 2002, with stars in place of two words).
    """
    everybody = _by_others(
        subjects.with_columns(everywhere=pl.lit(1), itself=is_in_its_own_history()),
        reviews.with_columns(everywhere=pl.lit(1)),
        "everywhere",
    )
    usual = everybody.select(pl.when(pl.col("often") > 0).then(pl.col("stars") / pl.col("often")))["stars"]
    departs = (pl.col("stars") - pl.col("often") * pl.col("usual")) / (pl.col("often") + IN_ADVANCE)
    told = (
        _by_others(own, history, "mark")
        .with_columns(own["place"], usual=usual.gather(own["place"]))
        .with_columns(departs=departs)
        .group_by("place")
        .agg(pl.col("usual").first() + _weighed(pl.col("departs")))
    )
    return by_review(told, subjects.height)[0]


def _by_others(looked_at: pl.DataFrame, history: pl.DataFrame, key: str) -> pl.DataFrame:
    """``stars`` in all, and how ``often``, others gave them under the same key."""
    given = evaluate(
        looked_at,
        {"given": history.filter(pl.col("rating_hundredths").is_not_null())},
        [
            Trail("same", (key,), "given", "rating", Aggregate.SUM, WINDOW, "rating_hundredths"),
            Trail("same", (key,), "given", "review", Aggregate.COUNT, WINDOW),
        ],
    )
    itself = looked_at["itself"] * looked_at["rating_hundredths"].is_not_null().cast(pl.Int64)
    stars = given["same_rating_sum_30d"] - itself * looked_at["rating_hundredths"].fill_null(0)
    return pl.DataFrame({"stars": stars / 100, "often": given["same_review_count_30d"] - itself})


def _weighed(departs: pl.Expr) -> pl.Expr:
    """The mean, each weighing as much as it departs."""
    weight = departs.abs() + LEAST_WEIGHT
    return (departs * weight).sum() / weight.sum()
