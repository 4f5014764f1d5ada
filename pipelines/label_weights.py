"""What a label weighs: how often its source agrees with others, and how many that nobody looked at it stands for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import polars as pl

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.labels import LabelSource
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.workplace import instant

#: What a source's word is worth before it was ever held against another's, and as how many such pairs that counts.
USUAL_AGREEMENT, PAIRS_IN_ADVANCE = 0.95, 20
#: A label stands for so many subjects at most, so that one mistake cannot outweigh a week.
MOST_STOOD_FOR = 10.0
#: What takes the outcome away: a payment that was stopped is not charged back, a review that nobody sees is not reported.
CENSORING = (Action.HOLD.value, Action.BLOCK.value)

WEIGHTS = {"source": pl.String(), "is_fraud": pl.Boolean(), "pairs": pl.Int64(), "agreement": pl.Float64()}


def agreements(labels: pl.DataFrame, kind: str) -> pl.DataFrame:
    """How often each source's findings agree with what another says of the same subject; columns of `WEIGHTS`, sorted.

    Parameters
    ----------
    labels
        Every label known then, those that later ones replace included.
    kind
        Of the subjects.

    Notes
    -----
    A source says last what it says. It is held against the most trusted of the others, frauds and honest ones apart: who reports frauds
    may be right about them and know little of the honest. The share is shrunk towards `USUAL_AGREEMENT`, so that few pairs say little.
    """
    trust = {source.value: place for place, source in enumerate(LabelSource)}
    said = (
        labels.filter(pl.col("subject_kind") == kind)
        .with_columns(source=pl.col("source").fill_null(LabelSource.PROVIDER.value))
        .sort("available_at", "is_fraud", "label_id", nulls_last=False)
        .unique(["subject_id", "source"], keep="last", maintain_order=True)
        .select("subject_id", "source", "is_fraud", trust=pl.col("source").replace_strict(trust, default=0, return_dtype=pl.Int64))
    )
    held = (
        said.join(said.select("subject_id", other="source", other_says="is_fraud", other_trust="trust"), on="subject_id")
        .filter(pl.col("source") != pl.col("other"))
        .sort("other_trust", descending=True, maintain_order=True)
        .unique(["subject_id", "source"], keep="first", maintain_order=True)
        .group_by("source", "is_fraud")
        .agg(pairs=pl.len().cast(pl.Int64), agreed=(pl.col("is_fraud") == pl.col("other_says")).sum().cast(pl.Int64))
    )
    return (
        said.select("source", "is_fraud")
        .unique()
        .join(held, on=["source", "is_fraud"], how="left")
        .with_columns(pl.col("pairs", "agreed").fill_null(0))
        .with_columns(agreement=(pl.col("agreed") + PAIRS_IN_ADVANCE * USUAL_AGREEMENT) / (pl.col("pairs") + PAIRS_IN_ADVANCE))
        .select(*WEIGHTS)
        .sort("source", "is_fraud")
    )


def runs_until(lake: Lake, source: str, until: datetime) -> list[str]:
    """The runs that decided about days before a moment, sorted by name."""
    before = until.astimezone(UTC)
    done = [run.run_id for run in lake.ledger.runs(source) if run.status == "done" and instant(run.interval_to).astimezone(UTC) <= before]
    return sorted(done)


def stopped(lake: Lake, detector: Detector, runs: Collection[str]) -> pl.DataFrame:
    """Subjects that runs held or blocked, each once, with the severest ``action``: what would have become of them nobody sees."""
    found = [pl.DataFrame(schema={"subject_id": pl.String(), "action": pl.String()})]
    for run_id in runs:
        file = (lake.ledger.step_result(run_id, "decide") or {}).get("files", {}).get(detector.value)
        if file is not None:
            found.append(lake.scan(file).filter(pl.col("action").is_in(CENSORING)).select("subject_id", "action").collect())
    # Of the two words the severer one comes first in the alphabet.
    return pl.concat(found).sort("subject_id", "action").unique("subject_id", keep="first", maintain_order=True)


def stood_for(stops: pl.DataFrame, labels: pl.DataFrame, *, for_the_hidden: bool) -> pl.DataFrame:
    """How many subjects each labelled one stands for in learning, where that is more than itself: ``subject_id, stands_for``.

    Parameters
    ----------
    stops
        See `stopped`.
    labels
        One label per subject, of the detector's kind.
    for_the_hidden
        Whether what the audit came upon stands for what it did not draw. Where silence teaches, that is taught already, by all that
        resembles known frauds; taught twice, one wrong finding would outweigh a week.

    Notes
    -----
    Of those stopped, the ones that people looked at stand for the others of the same action, by the share that was looked at. A fraud that
    only the audit came upon stands for as many as the probability of its being looked at says (Horvitz and Thompson, 1952).
    """
    seen = pl.col("subject_id").is_in(labels["subject_id"].implode())
    of_stopped = stops.with_columns(seen=seen).with_columns(stands_for=1.0 / pl.col("seen").cast(pl.Float64).mean().over("action"))
    audited = labels.filter((pl.col("source") == LabelSource.AUDIT.value) & pl.col("is_fraud") & (pl.col("propensity") > 0)).select(
        "subject_id", stands_for=1.0 / pl.col("propensity")
    )
    looked_at = of_stopped.filter("seen").select("subject_id", "stands_for")
    both = pl.concat([looked_at, audited] if for_the_hidden else [looked_at]).unique("subject_id", keep="first", maintain_order=True)
    return both.with_columns(pl.col("stands_for").clip(1.0, MOST_STOOD_FOR))
