"""Shared words: stretches of a review that others have written at the same shop too, the mark of texts that were handed out."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.features import streams
from fairdeal.features.trails import DAY, Aggregate, Trail
from fairdeal.features.twins import fingerprints
from fairdeal.features.windows import evaluate

WINDOW = 30 * DAY
#: Reviews given to what is expected and to what is seen, so that one rare stretch is no proof.
IN_ADVANCE = 0.5
#: Columns of `shared_words`.
SHARED = ("shared_share_30d", "shared_surprise_30d", "shared_most_30d")


def shared_words(subjects: pl.DataFrame, reviews: pl.DataFrame) -> list[pl.Series]:
    """How much of each review other accounts have written at the same shop in the 30 days before; null where the text has no stretch.

    Parameters
    ----------
    subjects
        Reviews with ``review_id, reviewer_id, author_kind, text, shop, t``.
    reviews
        The history, with the same columns, ``t`` when each was posted.

    Returns
    -------
    list of Series
        ``shared_share_30d``, the part of its stretches that somebody else has written there; ``shared_surprise_30d``, the mean log of how
        many more have than would if shops did not matter; ``shared_most_30d``, how many others at most wrote one of its stretches there.

    Notes
    -----
    Stretches are fingerprints (see `features.twins.fingerprints`) and keys like any other, so that they obey the time law of every window.
    """
    history, own = _marks(reviews), _marks(subjects)
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
    places = pl.DataFrame({"place": pl.int_range(subjects.height, eager=True)})
    placed = places.join(told, on="place", how="left", maintain_order="left")
    return [placed[name] for name in SHARED]


def _marks(reviews: pl.DataFrame) -> pl.DataFrame:
    """One row per buyer's review and fingerprint; ``itself`` is 1 where the review lies in its own history."""
    numbered = reviews.with_columns(place=pl.int_range(pl.len()), by_buyer=streams.is_by_buyer())
    mark, owner = fingerprints(numbered["text"].fill_null("").to_list())
    itself = (pl.col("posted_s") < pl.col("t")) & (pl.col("t") - pl.col("posted_s") < WINDOW)
    columns = ("place", "by_buyer", "reviewer_id", "shop", "t", "posted_s")
    return (
        numbered.select(columns)[owner]
        .with_columns(mark=pl.Series(mark.astype(np.int64)), itself=itself.cast(pl.Int64))
        .filter("by_buyer")
        .drop("by_buyer", "posted_s")
    )
