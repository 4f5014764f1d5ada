"""Training: a detector's champion from what was known at a moment."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import polars as pl

import fairdeal
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import reasons
from fairdeal.models.errors import TooFewLabels
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines import registry
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import dumps
from fairdeal.pipelines.model_card import FILE, model_card
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.tables import feature_table, known_tables, training_subjects


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
        a subject without one counts as honest; what is younger than this is learned from, since few frauds are, and neither calibrates
        nor judges, since some that are may still be unreported.
    names_honest
        The source names honest subjects too: what it says nothing about is not known, however old, and is left out.

    Returns
    -------
    pandas.DataFrame
        The features plus ``is_fraud`` (1, 0, null = not learned from), ``is_ripe``, ``typology`` and ``group`` (the account).
    """
    own = labels.filter(pl.col("subject_kind") == detector.subject_kind).select("subject_id", "is_fraud", "typology")
    joined = features.join(own, on="subject_id", how="left", maintain_order="left")
    ripe = pl.col("event_at") < until.astimezone(UTC) - timedelta(days=ripe_days)
    ripe_rows = joined.filter(ripe)
    labelled_share = 1 - ripe_rows["is_fraud"].null_count() / max(ripe_rows.height, 1)
    known = pl.col("is_fraud").cast(pl.Float64)
    judges = pl.lit(True)
    if labelled_share < 0.5 and not names_honest:
        # Left out, young honest rows would leave the young frauds that are known already alone, and the last weeks would look rotten.
        known, judges = pl.coalesce(known, pl.lit(0.0)), ripe
    return joined.with_columns(is_fraud=known, is_ripe=judges, group=pl.col("account_id")).to_pandas()


def train_champion(
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
    """Learns from what was known at ``until``, registers the model and makes it champion; gives what `fairdeal train --json` prints.

    With too few labels the detector learns what is usual instead, claims no probability, and the result says so.
    ``names_honest`` as in `labelled_frame`.
    """
    began = time.perf_counter()
    start = until - timedelta(days=settings.train.days)
    progress(f"{detector}: reading tables as known before {until:%Y-%m-%d %H:%M}")
    tables = known_tables(lake, source, watermark=watermark, known_before=until, since=start)
    subjects, as_of = training_subjects(detector, tables, start, until, settings)
    if not subjects.height:
        return {
            "detector": detector.value,
            "model_version": None,
            "rows": 0,
            "positives": 0,
            "ap": None,
            "auc": None,
            "ece": None,
            "calibrated": False,
            "note": f"no rows of {detector.table} between {start:%Y-%m-%d} and {until:%Y-%m-%d}",
            "seconds": round(time.perf_counter() - began, 3),
        }
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
    names = [name for name in table.names if name not in table.blind]
    versions = {
        "data_version": hashlib.sha256(dumps([source, watermark, until.isoformat(), settings.train.model_dump()]).encode()).hexdigest()[
            :16
        ],
        "contract_version": contract_version(detector),
    }
    progress(f"{detector}: training on {len(names)} features")
    note, metrics, curves = None, dict[str, Any](), dict[str, Any]()
    try:
        trained = train(
            detector,
            frame,
            feature_names=names,
            reasons=reasons(detector),
            seed=settings.train.seed,
            day_zone=settings.time_zone,
            **versions,
        )
        model, metrics, curves = trained.detector_model, trained.metrics, trained.curves
    except TooFewLabels as error:
        note = f"learned without labels: {error}"
        model = fit_unsupervised(detector, frame, feature_names=names, reasons=reasons(detector), seed=settings.train.seed, **versions)
    facts = {
        **versions,
        "detector": detector.value,
        "model_version": model.model_version,
        "trained_until": until.isoformat(),
        "source": source,
        "watermark": watermark,
        "features": names,
        "seed": settings.train.seed,
        "code_version": fairdeal.__version__,
    }
    figures = {name: float(value) for name, value in metrics.items() if isinstance(value, int | float) and value == value}
    champion = registry.register(
        lake.home,
        model,
        facts=facts,
        params={
            key: facts[key] for key in ("detector", "trained_until", "source", "watermark", "data_version", "contract_version", "seed")
        },
        metrics=figures,
        pages={
            **plots(detector, metrics, curves),
            FILE: model_card(model, frame, facts=facts, metrics=metrics, blind=table.blind, note=note).encode(),
        },
    )
    return {
        "detector": detector.value,
        "model_version": champion.model_version,
        "rows": int(frame["is_fraud"].notna().sum()),
        "positives": int((frame["is_fraud"] == 1).sum()),
        "ap": metrics.get("ap"),
        "auc": metrics.get("auc"),
        "ece": metrics.get("ece"),
        "calibrated": model.is_calibrated,
        "note": note,
        "blind": list(table.blind),
        "seconds": round(time.perf_counter() - began, 3),
    }


def contract_version(detector: Detector) -> str:
    """Digest of the contract of the table that a detector reads: a changed column changes it."""
    return hashlib.sha256(repr(INBOUND[detector.table]).encode()).hexdigest()[:16]


def plots(detector: Detector, metrics: dict[str, Any], curves: dict[str, Any]) -> dict[str, bytes]:
    """Precision against recall, and what was told against what happened, as PNG; nothing without labels."""
    if not curves:
        return {}
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def png(figure: Figure) -> bytes:
        buffer = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png")
        return buffer.getvalue()

    ranking = Figure(figsize=(5, 4), layout="constrained")
    axes = ranking.subplots()
    axes.step(curves["recall"], curves["precision"], where="post")
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02), xlim=(0, 1), title=f"{detector}: average precision {metrics['ap']:.3f}")
    reliability = Figure(figsize=(5, 4), layout="constrained")
    axes = reliability.subplots()
    top = max(float(max(curves["told"], default=1)), float(max(curves["happened"], default=1)), 1e-3)
    axes.plot([0, top], [0, top], linestyle=":", color="grey")
    axes.plot(curves["told"], curves["happened"], marker="o")
    axes.set(xlabel="probability told", ylabel="share that was fraud", title=f"{detector}: calibration error {metrics['ece']:.3f}")
    return {"precision_recall.png": png(ranking), "reliability.png": png(reliability)}
