"""Training: a detector from what was known at a moment."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

import fairdeal
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import reasons
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.errors import TooFewLabels
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines import labelling, registry
from fairdeal.pipelines.labelling import every_label, found_share
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import dumps
from fairdeal.pipelines.model_card import FILE, model_card
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.tables import feature_table, known_tables, training_subjects
from fairdeal.pipelines.training_pictures import plots

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
        The features plus ``is_fraud`` (1, 0, null = not learned from), ``is_ripe``, ``weight``, ``typology`` and ``group`` (the account).

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
    known, judges, weight = pl.col("is_fraud").cast(pl.Float64), pl.lit(True), pl.lit(1.0)
    if labelled_share < 0.5 and not names_honest:
        # Left out, young honest rows would leave the young frauds that are known already alone, and the last weeks would look rotten.
        waits = np.sort(ripe_rows.filter(pl.col("is_fraud")).unique("subject_id")["__wait"].to_numpy())
        by_age = np.ones(joined.height)
        if len(waits):
            longest = min(longest, int(np.quantile(waits, RIPE)))
            by_age = np.maximum(np.searchsorted(waits, joined["__age"].to_numpy(), side="right") / len(waits), LEAST_WEIGHT)
        judges = pl.col("__age") > longest
        weight = pl.when(pl.col("is_fraud").is_null()).then(pl.Series(by_age)).otherwise(1.0)
        known = pl.coalesce(known, pl.lit(0.0))
    return (
        joined.with_columns(is_fraud=known, is_ripe=judges, weight=weight, group=pl.col("account_id"))
        .drop("__age", "__wait", "available_at")
        .to_pandas()
    )


@dataclass(frozen=True)
class Learned:
    """What was learned of a detector at a moment, before anybody is told.

    Parameters
    ----------
    model
        Calibrated, or of what is usual where labels were too few.
    frame
        What it learned from; see `labelled_frame`.
    names, blind
        Features that it may read, and those that the source gives nothing for.
    metrics, curves
        How its twin of earlier days did on later ones; empty without labels.
    note
        Why there is no probability; None where there is.
    facts
        What makes the same model again: data, contract, features, seed, code.
    """

    model: TrainedDetector
    frame: pd.DataFrame
    names: tuple[str, ...]
    blind: tuple[str, ...]
    metrics: dict[str, Any]
    curves: dict[str, Any]
    note: str | None
    facts: dict[str, Any]


def learn(
    detector: Detector,
    lake: Lake,
    source: str,
    *,
    watermark: int,
    until: datetime,
    settings: Settings,
    progress: Callable[[str], None],
    names_honest: bool = False,
    only: Collection[str] | None = None,
    from_labels: bool = True,
    labels_until: int | None = None,
) -> Learned | None:
    """A detector from what was known at ``until``; None where the source has no row to learn from.

    Parameters
    ----------
    names_honest
        As in `labelled_frame`.
    only
        Features that it may read at most; all that are registered when None.
    from_labels
        False: what is usual is learned, whatever labels there are.
    labels_until
        Number of the last label of a closed case that counts; all when None.
    """
    start = until - timedelta(days=settings.train.days)
    progress(f"{detector}: reading tables as known before {until:%Y-%m-%d %H:%M}")
    last_label = labelling.last_label(lake.ledger) if labels_until is None else labels_until
    tables = known_tables(lake, source, watermark=watermark, known_before=until, since=start, labels_until=last_label)
    subjects, as_of = training_subjects(detector, tables, start, until, settings)
    if not subjects.height:
        return None
    progress(f"{detector}: features of {subjects.height} rows")
    table = feature_table(detector, tables, subjects, as_of, settings)
    frame = labelled_frame(
        detector,
        table.rows,
        tables["labels"].collect(),
        until=until,
        ripe_days=settings.train.ripe_days,
        names_honest=names_honest,
    )
    names = tuple(name for name in table.names if name not in table.blind and (only is None or name in only))
    versions = {
        "data_version": hashlib.sha256(dumps([source, watermark, until.isoformat(), settings.train.model_dump()]).encode()).hexdigest()[
            :16
        ],
        "contract_version": contract_version(detector),
    }
    progress(f"{detector}: training on {len(names)} features")
    told: dict[str, Any] = {"feature_names": names, "reasons": reasons(detector), "seed": settings.train.seed, **versions}
    note, metrics, curves = None, dict[str, Any](), dict[str, Any]()
    try:
        if not from_labels:
            raise TooFewLabels("not asked for")
        # Where silence does not stand for honesty, nobody keeps silent about a fraud.
        every = every_label(lake, source, watermark=watermark, known_before=until, labels_until=last_label)
        found = 1.0 if frame["is_ripe"].all() else found_share(every, detector.subject_kind)
        trained = train(detector, frame, day_zone=settings.time_zone, found=found, **told)
        model, metrics, curves = trained.detector_model, trained.metrics, trained.curves
    except TooFewLabels as error:
        note = f"learned without labels: {error}"
        model = fit_unsupervised(detector, frame, **told)
    facts = {
        **versions,
        "detector": detector.value,
        "model_version": model.model_version,
        "trained_until": until.isoformat(),
        "source": source,
        "watermark": watermark,
        "last_label": last_label,
        "names_honest": names_honest,
        "features": list(names),
        "seed": settings.train.seed,
        "train": settings.train.model_dump(),
        "time_zone": settings.time_zone,
        "code_version": fairdeal.__version__,
    }
    return Learned(model, frame, names, table.blind, metrics, curves, note, facts)


def train_and_register(
    detector: Detector,
    lake: Lake,
    source: str,
    *,
    watermark: int,
    until: datetime,
    settings: Settings,
    progress: Callable[[str], None],
    names_honest: bool = False,
) -> dict[str, Any]:
    """Learns from what was known at ``until`` and registers the model; gives what `fairdeal train --json` prints.

    The first model of a detector becomes its champion, a later one its challenger, which decides nothing; ``standing`` says which.
    With too few labels the detector learns what is usual instead, claims no probability, and ``note`` says so.
    """
    began = time.perf_counter()
    learned = learn(
        detector, lake, source, watermark=watermark, until=until, settings=settings, progress=progress, names_honest=names_honest
    )
    if learned is None:
        nothing = dict.fromkeys(("model_version", "standing", "ap", "auc", "ece"))
        note = f"no rows of {detector.table} in the {settings.train.days} days before {until:%Y-%m-%d}"
        seconds = round(time.perf_counter() - began, 3)
        return {"detector": detector.value, **nothing, "rows": 0, "positives": 0, "calibrated": False, "note": note, "seconds": seconds}
    model, facts, metrics, frame = learned.model, learned.facts, learned.metrics, learned.frame
    figures = {name: float(value) for name, value in metrics.items() if isinstance(value, int | float) and value == value}
    entered, standing = registry.register(
        lake.home,
        model,
        facts=facts,
        params={
            key: facts[key] for key in ("detector", "trained_until", "source", "watermark", "data_version", "contract_version", "seed")
        },
        metrics=figures,
        pages={
            **plots(detector, metrics, learned.curves),
            FILE: model_card(model, frame, facts=facts, metrics=metrics, blind=learned.blind, note=learned.note).encode(),
        },
    )
    return {
        "detector": detector.value,
        "model_version": entered.model_version,
        "standing": standing.value,
        "rows": int(frame["is_fraud"].notna().sum()),
        "positives": int((frame["is_fraud"] == 1).sum()),
        "ap": metrics.get("ap"),
        "auc": metrics.get("auc"),
        "ece": metrics.get("ece"),
        "calibrated": model.is_calibrated,
        "note": learned.note,
        "blind": list(learned.blind),
        "seconds": round(time.perf_counter() - began, 3),
    }


def contract_version(detector: Detector) -> str:
    """Digest of the contract of the table that a detector reads: a changed column changes it."""
    return hashlib.sha256(repr(INBOUND[detector.table]).encode()).hexdigest()[:16]
