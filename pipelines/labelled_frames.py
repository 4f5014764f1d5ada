"""Labelled frames: features with what is known of each subject at a moment, and what silence about the others says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.silence import SILENCE_TEACHES
from fairdeal.pipelines.coming_to_light import found_share
from fairdeal.pipelines.label_weights import WEIGHTS, stood_for

#: Share of the frauds that come to light by the age from which silence speaks for honesty; what the youngest rows' silence weighs.
RIPE, LEAST_WEIGHT = 0.95, 0.2


def labelled_frame(
    detector: Detector,
    features: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    until: datetime,
    ripe_days: int,
    names_honest: bool = False,
    agreement: pl.DataFrame | None = None,
    stops: pl.DataFrame | None = None,
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
    agreement
        What each source's word weighs, see `fairdeal.pipelines.label_weights.agreements`; all weigh the same when None.
    stops
        Subjects that were held or blocked, see `fairdeal.pipelines.label_weights.stopped`: their outcome is cut off, and their silence is
        not honesty. They are left out unless somebody has looked at them.

    Returns
    -------
    pandas.DataFrame
        The features plus ``is_fraud`` (1, 0, null = not learned from), ``is_silent`` (nobody has spoken of the row, and it stands for
        honest), ``is_censored`` (stopped, and nobody has looked at it), ``is_ripe``, ``weight``, ``stands_for`` (as how many rows it
        teaches the ranking), ``heard_before`` (share of the frauds that are ever heard of, of which one had heard by that look; 0 at a
        subject's first), ``typology`` and ``group`` (the account).

    Notes
    -----
    Weighing silence keeps the share of frauds among young rows what it is (Ktena and others, "Addressing delayed feedback for continuous
    training", 2019).
    """
    own = labels.filter(pl.col("subject_kind") == detector.subject_kind)
    is_first = pl.col("as_of_at") == pl.col("as_of_at").min().over("subject_id")
    worth = pl.DataFrame(schema=WEIGHTS) if agreement is None else agreement
    teaches = detector in SILENCE_TEACHES and not names_honest
    cut_off = pl.DataFrame(schema={"subject_id": pl.String(), "action": pl.String()}) if stops is None else stops
    known_of = (
        own.with_columns(source=pl.col("source").fill_null("provider"))
        .join(worth.select("source", "is_fraud", "agreement"), on=["source", "is_fraud"], how="left", maintain_order="left")
        .join(stood_for(cut_off, own, for_the_hidden=not teaches), on="subject_id", how="left", maintain_order="left")
        .select("subject_id", "is_fraud", "typology", "available_at", pl.col("agreement", "stands_for").fill_null(1.0))
    )
    joined = (
        features.join(known_of, on="subject_id", how="left", maintain_order="left")
        .join(cut_off.select("subject_id", __stopped=pl.lit(True)), on="subject_id", how="left", maintain_order="left")
        .with_columns(
            __age=(pl.lit(until.astimezone(UTC)) - pl.col("event_at")).dt.total_seconds(),
            __wait=(pl.col("available_at") - pl.col("event_at")).dt.total_seconds(),
            __looked=(pl.col("as_of_at") - pl.col("event_at")).dt.total_seconds(),
            __stopped=pl.col("__stopped").fill_null(False),
        )
    )
    longest = int(timedelta(days=ripe_days).total_seconds())
    ripe_rows = joined.filter((pl.col("__age") > longest) & ~pl.col("__stopped"))
    labelled_share = 1 - ripe_rows["is_fraud"].null_count() / max(ripe_rows.height, 1)
    heard = pl.lit(0.0)
    known, silent, judges, weight = pl.col("is_fraud").cast(pl.Float64), pl.lit(False), pl.lit(True), pl.col("agreement").fill_null(1.0)
    if labelled_share < 0.5 and not names_honest:
        # Left out, young honest rows would leave the young frauds that are known already alone, and the last weeks would look rotten.
        waits = np.sort(ripe_rows.filter(pl.col("is_fraud")).unique("subject_id")["__wait"].to_numpy())
        by_age = np.ones(joined.height)
        if len(waits):
            longest = min(longest, int(np.quantile(waits, RIPE)))
            by_age = np.maximum(np.searchsorted(waits, joined["__age"].to_numpy(), side="right") / len(waits), LEAST_WEIGHT)
            by_look = np.searchsorted(waits, joined["__looked"].to_numpy(), side="right") / len(waits)
            heard = pl.when(is_first).then(0.0).otherwise(pl.Series(by_look))
        judges, silent = pl.col("__age") > longest, pl.col("is_fraud").is_null() & ~pl.col("__stopped")
        weight = pl.when(silent).then(pl.Series(by_age)).otherwise(weight)
        known = pl.when(silent).then(0.0).otherwise(known)
    censored = pl.col("is_fraud").is_null() & pl.col("__stopped")
    return (
        joined.with_columns(
            is_fraud=known,
            is_silent=silent,
            is_censored=censored,
            is_ripe=judges,
            weight=weight,
            heard_before=heard,
            group=pl.col("account_id"),
        )
        .with_columns(pl.col("stands_for").fill_null(1.0))
        .drop("__age", "__wait", "__looked", "__stopped", "available_at", "agreement")
        .to_pandas()
    )


def before_the_verdict(detector: Detector, features: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """The rows without later looks at a subject of which a verdict was known by then; its first look stays.

    A party's known frauds count the subject's own by then: such rows would teach to look it up, and no night needs their score.
    """
    known = labels.filter(pl.col("subject_kind") == detector.subject_kind).group_by("subject_id").agg(__known=pl.col("available_at").min())
    is_first = pl.col("as_of_at") == pl.col("as_of_at").min().over("subject_id")
    is_open = (pl.col("__known") >= pl.col("as_of_at")).fill_null(True)
    return features.join(known, on="subject_id", how="left", maintain_order="left").filter(is_first | is_open).drop("__known")


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
