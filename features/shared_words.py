"""Shared words: stretches of a review that others have written at the same shop too, the mark of texts that were handed out."""

from __future__ import annotations

import polars as pl

from fairdeal.features.stretches import WINDOW, by_review
from fairdeal.features.trails import Aggregate, Trail
from fairdeal.features.windows import evaluate

#: Reviews given to what is expected and to what is seen, so that one rare stretch is no proof.
IN_ADVANCE = 0.5


def shared_words(subjects: pl.DataFrame, reviews: pl.DataFrame, own: pl.DataFrame, history: pl.DataFrame) -> list[pl.Series]:
    """How much of each review other accounts have written at the same shop in the 30 days before; null where the text has no stretch.

    Parameters
    ----------
    subjects
        Reviews with ``reviewer_id, shop, t``.
    reviews
        The history, with the same columns, ``t`` when each was posted.
    own, history
        The stretches of both (`features.stretches`).

    Returns
    -------
    list of Series
        ``shared_share_30d``, the part of its stretches that somebody else has written there; ``shared_surprise_30d``, the mean log of how
        many more have than would if shops did not matter; ``shared_most_30d``, how many others at most wrote one of its stretches there.
    """
    distinct = ("reviewer", Aggregate.DISTINCT, WINDOW, "reviewer_id")
    counts = evaluate(
        own,
        {"marks": history},
        [Trail("shop", ("shop", "mark"), "marks", *distinct), Trail("all", ("mark",), "marks", *distinct)],
    )
    writers = evaluate(
        subjects.with_columns(everywhere=pl.lit(1)),
        {"reviews": reviews.with_columns(everywhere=pl.lit(1))},
        [Trail("shop", ("shop",), "reviews", *distinct), Trail("all", ("everywhere",), "reviews", *distinct)],
    )
    part = pl.col("shop_writers") / pl.col("all_writers").clip(1)
    there, anywhere = pl.col("there") - pl.col("itself"), pl.col("anywhere") - pl.col("itself")
    told = (
        own.select("place", "itself", there=counts["shop_reviewer_distinct_30d"], anywhere=counts["all_reviewer_distinct_30d"])
        .with_columns(
            shop_writers=writers["shop_reviewer_distinct_30d"].gather(own["place"]),
            all_writers=writers["all_reviewer_distinct_30d"].gather(own["place"]),
        )
        .with_columns(there=there.clip(0), anywhere=anywhere.clip(0))
        .group_by("place")
        .agg(
            shared_share_30d=(pl.col("there") > 0).mean(),
            shared_surprise_30d=((pl.col("there") + IN_ADVANCE) / (pl.col("anywhere") * part + IN_ADVANCE)).log().mean(),
            shared_most_30d=pl.col("there").max(),
        )
    )
    return by_review(told, subjects.height)
