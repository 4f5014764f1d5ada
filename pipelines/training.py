"""Training: a detector from what was known at a moment."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

import fairdeal
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import reasons
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.errors import TooFewLabels
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines import labelling, registry
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.label_weights import agreements, runs_until, stopped
from fairdeal.pipelines.labelled_frames import before_the_verdict, labelled_frame, share_that_comes_to_light
from fairdeal.pipelines.labelling import every_label
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.model_card import FILE, model_card
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.tables import feature_table, known_tables, training_subjects
from fairdeal.pipelines.training_pictures import plots


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
    runs: Collection[str] | None = None,
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
    runs
        Runs whose decisions count as having stopped somebody; all about days before ``until`` when None.
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
    every = every_label(lake, source, watermark=watermark, known_before=until, labels_until=last_label)
    agreement = agreements(every, detector.subject_kind)
    deciding = runs_until(lake, source, until) if runs is None else sorted(runs)
    labels = tables["labels"].collect()
    frame = labelled_frame(
        detector,
        before_the_verdict(detector, table.rows, labels),
        labels,
        until=until,
        ripe_days=settings.train.ripe_days,
        names_honest=names_honest,
        agreement=agreement,
        stops=stopped(lake, detector, deciding),
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
        found = share_that_comes_to_light(detector, frame, every)
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
        "label_weights": agreement.to_dicts(),
        "runs": deciding,
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


def settings_of(settings: Settings, facts: Mapping[str, Any]) -> Settings:
    """Settings with those in place by which a model was trained; models of earlier versions name their seed alone."""
    told = facts.get("train", {"seed": int(facts["seed"])})
    train_settings = settings.train.model_copy(update=told)
    return settings.model_copy(update={"train": train_settings, "time_zone": facts.get("time_zone", settings.time_zone)})


def contract_version(detector: Detector) -> str:
    """Digest of the contract of the table that a detector reads: a changed column changes it."""
    return hashlib.sha256(repr(INBOUND[detector.table]).encode()).hexdigest()[:16]
