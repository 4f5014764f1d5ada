"""Labelled frames: features with what is known of each subject at a moment, and what silence about the others says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.labelling import found_share

#: Share of the frauds that come to light by the age from which silence speaks for honesty; what the youngest rows' silence weighs.
RIPE, LEAST_WEIGHT = 0.95, 0.2


def labelled_frame(
    detector: Detector, features: pl.DataFrame, labels: pl.DataFrame, *, until: datetime, ripe_days: int, names_honest: bool = False
) -> pd.DataFrame:
    """Features with what was known of each subject at ``until``.

    Parameters
    ----------
    features
        Feature rows.
    labels
        One label per subject, all available before ``until``.
    ripe_days
        Where most ripe subjects carry a label, unlabelled ones are left out. Where labels are rare, as when a source names frauds only,
        a subject without one counts as honest. Where known frauds came to light sooner, 19 of 20 of them, so long is enough. What is
        younger neither calibrates nor judges, since some frauds may still be unreported, and its silence weighs in learning as much as
        the share of frauds that are known by that age.
    names_honest
        The source names honest subjects too: what it says nothing about is not known, however old, and is left out.

    Returns
    -------
    pandas.DataFrame
        The features plus ``is_fraud`` (1, 0, null = not learned from), ``is_silent`` (nobody has spoken of the row, and it stands for
        honest), ``is_ripe``, ``weight``, ``typology`` and ``group`` (the account).

    Notes
    -----
    Weighing silence keeps the share of frauds among young rows what it is (Ktena and others, "Addressing delayed feedback for continuous
    training", 2019).
    """
    own = labels.filter(pl.col("subject_kind") == detector.subject_kind).select("subject_id", "is_fraud", "typology", "available_at")
    joined = features.join(own, on="subject_id", how="left", maintain_order="left").with_columns(
        __age=(pl.lit(until.astimezone(UTC)) - pl.col("event_at")).dt.total_seconds(),
        __wait=(pl.col("available_at") - pl.col("event_at")).dt.total_seconds(),
    )
    longest = int(timedelta(days=ripe_days).total_seconds())
    ripe_rows = joined.filter(pl.col("__age") > longest)
    labelled_share = 1 - ripe_rows["is_fraud"].null_count() / max(ripe_rows.height, 1)
    known, silent, judges, weight = pl.col("is_fraud").cast(pl.Float64), pl.lit(False), pl.lit(True), pl.lit(1.0)
    if labelled_share < 0.5 and not names_honest:
        # Left out, young honest rows would leave the young frauds that are known already alone, and the last weeks would look rotten.
        waits = np.sort(ripe_rows.filter(pl.col("is_fraud")).unique("subject_id")["__wait"].to_numpy())
        by_age = np.ones(joined.height)
        if len(waits):
            longest = min(longest, int(np.quantile(waits, RIPE)))
            by_age = np.maximum(np.searchsorted(waits, joined["__age"].to_numpy(), side="right") / len(waits), LEAST_WEIGHT)
        judges, silent = pl.col("__age") > longest, pl.col("is_fraud").is_null()
        weight = pl.when(silent).then(pl.Series(by_age)).otherwise(1.0)
        known = pl.coalesce(known, pl.lit(0.0))
    return (
        joined.with_columns(is_fraud=known, is_silent=silent, is_ripe=judges, weight=weight, group=pl.col("account_id"))
        .drop("__age", "__wait", "available_at")
        .to_pandas()
    )


def share_that_comes_to_light(detector: Detector, frame: pd.DataFrame, labels: pl.DataFrame) -> float:
    """Share of frauds that the labels of a frame name: 1 where silence does not stand for honesty, else what the audit says.

    Parameters
    ----------
    frame
        See `labelled_frame`.
    labels
        Every label known then, see `fairdeal.pipelines.labelling.every_label`.
    """
    return found_share(labels, detector.subject_kind) if bool(frame["is_silent"].any()) else 1.0
