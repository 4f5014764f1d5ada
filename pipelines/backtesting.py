"""The backtest: a detector trained as the product trains it, on anyone's labelled data, judged on what it could not know."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import reasons
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.errors import TooFewLabels, WrongSetting
from fairdeal.models.folds import Fold, connected, group_folds, random_folds, share_fold, time_folds
from fairdeal.models.frames import Floats
from fairdeal.models.intervals import interval_of_means
from fairdeal.models.judging import judge
from fairdeal.models.labelled import LabelledRows, labelled_rows
from fairdeal.models.learn import Learn
from fairdeal.models.metrics import accuracy, detection_delay_days, macro_f1
from fairdeal.models.split_grammar import GroupSplit, RandomSplit, ShareSplit, Split, TimeSplit
from fairdeal.models.splitting import Ints
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines.benches import Bench, made_ready, ready_for_random, refuse_answers, told_of_neighbours
from fairdeal.pipelines.whole_source import WholeSource

#: Stands on everything that a split at random gave.
STAMP = "published protocol, not an honest estimate"
#: What the days to detection are reckoned by: how many cards are looked at in a day.
LOOKED_AT = 100
#: Days after which a payer whose fraud has come to light is known, where a split names no wait.
KNOWN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Judged:
    """One fold's outcome, for pictures.

    Parameters
    ----------
    truth, score, probability
        Per judged row; probability NaN where none is claimed.
    unit
        The day or group each row belongs to: what is drawn together when chance is reckoned.
    """

    name: str
    truth: Floats
    score: Floats
    probability: Floats
    unit: Ints


@dataclass(frozen=True)
class Backtest:
    """What a backtest found: ``figures`` is what `fairdeal backtest --json` prints, ``judged`` the rows behind it, fold by fold."""

    figures: dict[str, Any]
    judged: tuple[Judged, ...]


def backtest(
    detector: Detector,
    source: WholeSource,
    split: Split | None,
    *,
    test_source: WholeSource | None = None,
    learn: Learn = Learn.LABELS,
    seed: int,
    words: str,
    progress: Callable[[str], None],
) -> Backtest:
    """Trains and judges a detector fold by fold.

    Parameters
    ----------
    source
        What is learned from and, without ``test_source``, judged.
    split
        How; None with ``test_source``.
    test_source
        What is judged instead, learned from the whole of ``source``.
    learn
        From labels, or from none as the product does before it has any.
    words
        The split as it was asked for, for the answer.

    Raises
    ------
    WrongUse
        When the source has no labels for the detector.
    WrongSetting
        When the set-up leaks, or the split finds no rows.
    """
    began = time.perf_counter()
    if isinstance(split, TimeSplit | ShareSplit) and split.delay is not None:
        source = source.known_after(detector.table, split.delay)
    bench = made_ready(detector, source, progress)
    if isinstance(split, RandomSplit):
        bench = ready_for_random(bench, progress)
    else:
        refuse_answers(bench)
    judged_on = made_ready(detector, test_source, progress) if test_source is not None else bench
    folds = _whole_fold(bench, judged_on) if split is None else _folds(split, bench)
    outcomes, told, models = list[Judged](), list[dict[str, Any]](), list[TrainedDetector]()
    for number, fold in enumerate(folds, 1):
        progress(f"fold {number} of {len(folds)}: learning from {len(fold.train)} rows, judging {len(fold.test)}")
        outcome, figures, model = _run(fold, bench, judged_on, split, learn, seed)
        outcomes.append(outcome)
        told.append(figures)
        models.append(model)
    figures = _together(told, outcomes)
    answer = {
        "detector": detector.value,
        "source": source.name,
        "split": words,
        "learn": learn.value,
        **({"stamp": STAMP} if isinstance(split, RandomSplit) else {}),
        "rows": sum(one["rows"] for one in told),
        "positives": sum(one["positives"] for one in told),
        "folds": told,
        **figures,
        "blind": list(bench.blind),
        "went_without": {name: list(columns) for name, columns in source.went_without.items()},
        "left_out": dict(source.left_out),
        "features": len(bench.names),
        "seconds": round(time.perf_counter() - began, 3),
        "model": models[-1].model_version,
    }
    return Backtest(answer, tuple(outcomes))


def fold_rows(
    detector: Detector, source: WholeSource, split: Split | None, *, test_source: WholeSource | None = None
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The labelled rows that a backtest's folds learn from and judge, for whoever wants to compare another method on the same."""
    bench = made_ready(detector, source, lambda text: None)
    judged_on = made_ready(detector, test_source, lambda text: None) if test_source is not None else bench
    known = pl.col("is_fraud").is_not_null()
    for fold in _whole_fold(bench, judged_on) if split is None else _folds(split, bench):
        yield bench.rows[fold.train].filter(known), judged_on.rows[fold.test].filter(known)


def _folds(split: Split, bench: Bench) -> list[Fold]:
    rows = bench.rows
    truth = rows["is_fraud"].to_numpy()
    labelled = np.isfinite(truth)
    stratum = np.where(labelled, np.nan_to_num(truth), 2).astype(np.int64)
    if isinstance(split, TimeSplit | ShareSplit):
        if bench.is_timeless:
            raise WrongSetting("--split time: the source tells no moments; allowed are rows with times; use groups:… or random:…")
        moment = rows["event_at"].dt.epoch("us").to_numpy()
        delay = bench.source.label_delay.get(bench.detector.table, timedelta())
        if isinstance(split, ShareSplit):
            return share_fold(split, moment, labelled, delay)
        return time_folds(split, moment, delay, bench.source.time_zone)
    if isinstance(split, GroupSplit):
        return group_folds(split, {name: bench.column(name) for name in split.columns}, stratum, np.flatnonzero(labelled))
    if split.test_share is not None:
        # As published: rows in the order of the source, those without a verdict drawn like the rest.
        return random_folds(split, stratum, np.arange(len(truth)))
    return random_folds(split, stratum, np.flatnonzero(labelled))


def _whole_fold(bench: Bench, other: Bench) -> list[Fold]:
    return [Fold(f"{bench.source.name} → {other.source.name}", np.arange(bench.rows.height), np.arange(other.rows.height), None)]


def _run(
    fold: Fold, bench: Bench, judged_on: Bench, split: Split | None, learn: Learn, seed: int
) -> tuple[Judged, dict[str, Any], TrainedDetector]:
    learned, judged = bench.rows[fold.train], judged_on.rows[fold.test]
    left_out: dict[str, int] = {}
    names = bench.names
    if fold.known_at is None:
        learned, judged, names = told_of_neighbours(bench, learned, judged, split)
    else:
        # A label that comes later than the moment of learning teaches nothing.
        in_time = pl.col("label_at").is_null() | (pl.col("label_at").dt.epoch("us") <= fold.known_at)
        late = learned.filter(~in_time & pl.col("is_fraud").is_not_null()).height
        # Where only frauds are named, one that is not known yet looks like everybody else.
        unknown = learned.with_columns(is_fraud=pl.when(in_time).then("is_fraud").otherwise(0.0))
        learned = learned.filter(in_time) if bench.names_honest else unknown
        if late:
            left_out["labels_not_yet_known"] = late
        if bench.detector is Detector.PAYMENTS and bench.party is None and isinstance(split, TimeSplit):
            before = judged.filter(pl.col("is_fraud").is_not_null()).height
            judged = _without_known(bench, judged, fold, split)
            left_out["payers_known"] = before - judged.filter(pl.col("is_fraud").is_not_null()).height
    names = tuple(name for name in names if name in judged.columns)
    frame = learned.with_columns(group=pl.col("account_id")).to_pandas()
    versions: dict[str, Any] = {"data_version": f"{bench.source.name}/{fold.name}", "contract_version": bench.detector.table}
    if learn is Learn.COLD:
        names = tuple(name for name in names if name not in bench.telling)
    note, model = None, None
    if learn is Learn.LABELS:
        try:
            model = train(
                bench.detector,
                frame,
                feature_names=names,
                reasons=reasons(bench.detector),
                seed=seed,
                day_zone=bench.source.time_zone,
                **versions,
            ).detector_model
        except TooFewLabels as error:
            note = str(error)
    if model is None:
        model = fit_unsupervised(bench.detector, frame, names, seed, reasons=reasons(bench.detector), **versions)
    rows, _ = labelled_rows(
        bench.detector,
        judged.with_columns(group=pl.col("account_id")).to_pandas(),
        names,
        seed=seed,
        day_zone=bench.source.time_zone,
    )
    score, probability = model.ranker.judge(rows.seen_by(model.text))
    claims = bool(np.isfinite(probability).all())
    figures, _ = judge(rows, score, probability if claims else None)
    figures = {
        "fold": fold.name,
        **figures,
        "learned_from": learned.height,
        "accuracy": accuracy(rows.is_fraud, probability) if claims else None,
        "macro_f1": macro_f1(rows.is_fraud, probability) if claims else None,
        "detection_delay_days": _delay(rows, score),
        **({"left_out": left_out} if left_out else {}),
        **({"note": note} if note else {}),
    }
    unit = rows.day if fold.known_at is not None else _units(rows, split)
    return Judged(fold.name, rows.is_fraud, score, probability, unit), figures, model


def _delay(rows: LabelledRows, score: Floats) -> float | None:
    return None if rows.group is None else detection_delay_days(rows.is_fraud, score, rows.day, rows.group.tolist(), LOOKED_AT)


def _units(rows: LabelledRows, split: Split | None) -> Ints:
    """What chance draws together where there is no time: what belongs to one account, or each row alone."""
    if rows.group is None or isinstance(split, RandomSplit):
        return np.arange(len(rows))
    return connected([rows.group])


def _without_known(bench: Bench, judged: pl.DataFrame, fold: Fold, split: TimeSplit) -> pl.DataFrame:
    """The judged rows without those of payers whose fraud was known by the row's day: they would have been blocked.

    Notes
    -----
    Le Borgne et al., "Reproducible machine learning for credit card fraud detection", chapter 5: a fraud since the beginning of what is
    learned from counts as known when it lies more than the wait for labels, in full days, before the row's day.
    """
    zone = bench.source.time_zone
    day = pl.col("event_at").dt.convert_time_zone(zone).dt.date()
    wait = split.delay if split.delay is not None else max(bench.source.label_delay.get(bench.detector.table, timedelta()), KNOWN_AFTER)
    begin = bench.rows[fold.train]["event_at"].min()
    first = (
        bench.rows.filter((pl.col("is_fraud") == 1.0) & (pl.col("event_at") >= begin) & pl.col("account_id").is_not_null())
        .group_by("account_id")
        .agg(__first=day.min())
    )
    joined = judged.join(first, on="account_id", how="left", maintain_order="left")
    known = (pl.col("__first") < day - wait).fill_null(False)
    return joined.filter(~known).drop("__first")


def _together(told: Sequence[Mapping[str, Any]], outcomes: Sequence[Judged]) -> dict[str, Any]:
    """Means over the folds, and how far chance may have moved them."""
    figures: dict[str, Any] = {}
    for name in ("ap", "auc", "ece", "brier", "accuracy", "macro_f1", "detection_delay_days"):
        figures[name] = _mean([one[name] for one in told])
        known = [one[name] for one in told if one[name] is not None]
        if len(known) > 1:
            figures[f"{name}_std"] = float(np.std(known, ddof=1))
    for name in ("precision_at", "card_precision_at", "attainable", "value_detected", "false_positives_per_fraud"):
        by_k = [one[name] for one in told if one[name] is not None]
        figures[name] = {k: _mean([one[k] for one in by_k]) for k in by_k[0]} if by_k else None
    figures |= interval_of_means([(one.truth, one.score, one.unit) for one in outcomes])
    return figures


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
