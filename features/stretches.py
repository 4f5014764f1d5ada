"""Stretches: a review's words as keys of features, in any language, under the time law of every window."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.features import streams
from fairdeal.features.trails import DAY
from fairdeal.features.twins import fingerprints

#: How far back the words of others count.
WINDOW = 30 * DAY


def stretches(reviews: pl.DataFrame) -> pl.DataFrame:
    """One row per buyer's review and stretch of its text.

    Parameters
    ----------
    reviews
        ``author_kind, text, t, posted_s`` and what else is known of them; ``t`` is when they are looked at, or in a history when posted.

    Returns
    -------
    DataFrame
        All columns but the text, and ``place``, the review's row; ``mark``, its stretch (see `features.twins.fingerprints`);
        ``itself``, 1 where the review lies in its own history. Texts too short to compare have no row.
    """
    numbered = reviews.with_columns(place=pl.int_range(pl.len()), by_buyer=streams.is_by_buyer())
    mark, owner = fingerprints(numbered["text"].fill_null("").to_list())
    return (
        numbered.drop("text")[owner]
        .with_columns(mark=pl.Series(mark.astype(np.int64)), itself=is_in_its_own_history())
        .filter("by_buyer")
        .drop("by_buyer", "author_kind")
    )


def is_in_its_own_history() -> pl.Expr:
    """1 where a review that is looked at lies in the window behind that moment itself, else 0."""
    return ((pl.col("posted_s") < pl.col("t")) & (pl.col("t") - pl.col("posted_s") < WINDOW)).cast(pl.Int64)


def by_review(told: pl.DataFrame, reviews: int) -> list[pl.Series]:
    """Values by ``place``, one series each, in the order of so many reviews; null where a review has none."""
    places = pl.DataFrame({"place": pl.int_range(reviews, eager=True)})
    return places.join(told, on="place", how="left", maintain_order="left").drop("place").get_columns()
