"""The backtest: a detector trained as the product trains it, on anyone's labelled data, judged on what it could not know."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import build, reasons, registered_features
from fairdeal.features.known import cross_fitted, known_features
from fairdeal.features.parties import KINDS, by_party
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.errors import TooFewLabels, WrongSetting
from fairdeal.models.folds import Fold, connected, group_folds, random_folds, share_fold, tells_the_answer, time_folds
from fairdeal.models.frames import Floats
from fairdeal.models.intervals import interval_of_means
from fairdeal.models.judging import judge
from fairdeal.models.labelled import LabelledRows, labelled_rows
from fairdeal.models.metrics import accuracy, detection_delay_days, macro_f1
from fairdeal.models.split_grammar import GroupSplit, RandomSplit, ShareSplit, Split, TimeSplit
from fairdeal.models.splitting import Ints
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.whole_source import TIMELESS, WholeSource

#: Stands on everything that a split at random gave.
STAMP = "published protocol, not an honest estimate"
#: Which parties labels may speak of instead of single subjects, by detector and kind: the column that names them.
PARTIES = {
    (Detector.DEALS, "merchant"): "merchant_id",
    (Detector.DEALS, "account"): "account_id",
    (Detector.PAYMENTS, "merchant"): "merchant_id",
    (Detector.PAYMENTS, "account"): "account_id",
    (Detector.REVIEWS, "merchant"): "merchant_id",
    (Detector.REVIEWS, "account"): "account_id",
}
#: Stand behind the names of features of a source looked at as a whole, and from behind.
AT_ONCE, BACKWARDS = "_at_once", "_backwards"
#: No moment of a source is as late.
NEVER = datetime(2199, 1, 1, tzinfo=UTC)
#: The row's place in time, which rows at random may know of each other.
MOMENT = f"moment{AT_ONCE}"
#: Folds within what is learned from, for what is known of a row's neighbours.
INNER_FOLDS = 5
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


@dataclass(frozen=True)
class _Bench:
    """A source made ready for one detector: a row per subject with features, truth (1, 0, null) and ``label_at``."""

    detector: Detector
    source: WholeSource
    rows: pl.DataFrame
    names: tuple[str, ...]
    blind: tuple[str, ...]
    subjects: pl.DataFrame
    as_of: pl.Series
    party: str | None
    at_once: _Bench | None = None
    backwards: _Bench | None = None

    @property
    def is_timeless(self) -> bool:
        return self.detector.table in self.source.timeless


def backtest(
    detector: Detector,
    source: WholeSource,
    split: Split | None,
    *,
    test_source: WholeSource | None = None,
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
    bench = _bench(detector, source, progress)
    if isinstance(split, RandomSplit) and not bench.is_timeless and bench.party is None:
        # Rows at random know no earlier and later: they are also looked at as a whole, and from behind, as published protocols do.
        bench = replace(
            bench,
            at_once=_bench(detector, _at_once(source), progress),
            backwards=_bench(detector, _backwards(source, detector), progress),
        )
    refuse_answers(bench.rows, bench.names)
    judged_on = _bench(detector, test_source, progress) if test_source is not None else bench
    folds = _whole_fold(bench, judged_on) if split is None else _folds(split, bench)
    outcomes, told, models = list[Judged](), list[dict[str, Any]](), list[TrainedDetector]()
    for number, fold in enumerate(folds, 1):
        progress(f"fold {number} of {len(folds)}: learning from {len(fold.train)} rows, judging {len(fold.test)}")
        outcome, figures, model = _run(fold, bench, judged_on, split, seed)
        outcomes.append(outcome)
        told.append(figures)
        models.append(model)
    figures = _together(told, outcomes)
    answer = {
        "detector": detector.value,
        "source": source.name,
        "split": words,
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


def _at_once(source: WholeSource) -> WholeSource:
    """The source as if everything in it had happened at one moment."""
    moment = pl.lit(TIMELESS).cast(pl.Datetime("us", "UTC"))
    tables = {
        name: rows.with_columns(moment.alias(INBOUND[name].event_at or "")) if INBOUND[name].event_at else rows
        for name, rows in source.tables.items()
    }
    return replace(source, tables=tables, timeless=frozenset(tables))


def _backwards(source: WholeSource, detector: Detector) -> WholeSource:
    """The detector's own table with the last moment first, and labels that nobody has heard of when they would teach."""
    contract = INBOUND[detector.table]
    happened = contract.event_at or ""
    rows = source.tables[detector.table]
    turned = rows.with_columns((pl.col(happened).max() - pl.col(happened) + pl.col(happened).min()).alias(happened))
    never = pl.lit(NEVER).cast(pl.Datetime("us", "UTC"))
    return replace(source, tables={detector.table: turned, "labels": source.tables["labels"].with_columns(available_at=never)})


def refuse_answers(rows: pl.DataFrame, names: Sequence[str]) -> None:
    """Raises `WrongSetting` when a column that the source carries along tells the label by itself."""
    truth = rows["is_fraud"].to_numpy()
    for name in names:
        if name.startswith("x_") and name in rows.columns and tells_the_answer(rows[name].to_numpy(), truth):
            raise WrongSetting(
                f"extra column {name.removeprefix('x_')}: by itself it tells who is a fraud, as only something known after the event does; "
                "allowed are columns known at the moment of the event; take it out of extra"
            )


def _bench(detector: Detector, source: WholeSource, progress: Callable[[str], None]) -> _Bench:
    table = detector.table
    if table not in source.tables:
        raise WrongUse(f"{source.name}: no [{table}]; the {detector} detector reads them; map them, or ask for another detector")
    contract = INBOUND[table]
    subjects = source.tables[table].sort(contract.key)
    labels, party = _truth(detector, source)
    happened = pl.col(contract.event_at or "")
    if detector is Detector.PAYMENTS and table not in source.timeless:
        as_of = subjects.select(happened).to_series()
    else:
        close = happened.dt.convert_time_zone(source.time_zone).dt.truncate("1d").dt.offset_by("1d").dt.convert_time_zone("UTC")
        as_of = subjects.select(close).to_series()
    progress(f"features of {subjects.height} {table}")
    built = build(detector, source.tables, subjects, as_of=as_of, time_zone=source.time_zone, with_parts=True)
    if party is not None:
        built = by_party(built, PARTIES[detector, party])
    names = tuple(name for name in built.names if name not in built.blind)
    own = contract.key[0]
    rows = built.rows.join(labels, on="subject_id", how="left", maintain_order="left")
    if not _names_honest(source, table):
        # Positive and unlabelled: what nobody spoke of stands for honest, in learning and in judging alike.
        rows = rows.with_columns(pl.col("is_fraud").fill_null(0.0))
    if rows["is_fraud"].drop_nulls().n_unique() < 2:
        raise WrongUse(f"{source.name}: labels of {table} do not show both frauds and honest rows; a backtest needs both; map a label")
    return _Bench(detector, source, rows, names, built.blind, subjects.rename({own: "__key"}), as_of, party)


def _names_honest(source: WholeSource, table: str) -> bool:
    return table in source.names_honest or ("labels" in source.tables and source.tables["labels"]["is_fraud"].n_unique() == 2)


def _truth(detector: Detector, source: WholeSource) -> tuple[pl.DataFrame, str | None]:
    """The last verdict on each subject, and of which party the labels speak where they speak of no single subject."""
    labels = source.tables["labels"]
    kinds = [detector.subject_kind, *(kind for owner, kind in PARTIES if owner is detector)]
    for kind in kinds:
        own = labels.filter(pl.col("subject_kind") == kind)
        if own.height:
            last = own.sort("available_at", "is_fraud").group_by("subject_id", maintain_order=True).last()
            truth = last.select("subject_id", "typology", is_fraud=pl.col("is_fraud").cast(pl.Float64), label_at="available_at")
            return truth, None if kind == detector.subject_kind else kind
    raise WrongUse(f"{source.name}: no labels of {detector.table}; a backtest needs them; add [{detector.table}.label] to the mapping")


def _folds(split: Split, bench: _Bench) -> list[Fold]:
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
        return group_folds(split, {name: _column(bench, name) for name in split.columns}, stratum, np.flatnonzero(labelled))
    if split.test_share is not None:
        # As published: rows in the order of the source, those without a verdict drawn like the rest.
        return random_folds(split, stratum, np.arange(len(truth)))
    return random_folds(split, stratum, np.flatnonzero(labelled))


def _column(bench: _Bench, name: str) -> Any:
    """A column's values in the order of the bench's rows, by our name or as an extra; empty where not known."""
    own = {"account_id", "merchant_id"} & set(bench.rows.columns) & {name}
    if bench.party is not None or own:
        if name not in bench.rows.columns:
            raise WrongSetting(f"--split groups: no column {name!r}; rows are parties here and have subject_id; use groups:subject_id")
        found = bench.rows[name]
    else:
        contract = INBOUND[bench.detector.table]
        wanted = "__key" if name == contract.key[0] else name if name in bench.subjects.columns else f"x_{name}"
        if wanted not in bench.subjects.columns:
            known = [column for column in bench.subjects.columns if bench.subjects[column].null_count() < bench.subjects.height]
            raise WrongSetting(f"--split groups: no column {name!r}; the source gives {', '.join(known)}; choose among them")
        values = bench.subjects.select(subject_id="__key", value=pl.col(wanted).cast(pl.String))
        found = bench.rows.select("subject_id").join(values, on="subject_id", how="left", maintain_order="left")["value"]
    if found.null_count() == found.len():
        raise WrongSetting(
            f"--split groups: column {name!r} is empty throughout; allowed are columns that the source gives; choose another"
        )
    return found.cast(pl.String).fill_null("").to_numpy().astype(str)


def _whole_fold(bench: _Bench, other: _Bench) -> list[Fold]:
    return [Fold(f"{bench.source.name} → {other.source.name}", np.arange(bench.rows.height), np.arange(other.rows.height), None)]


def _run(fold: Fold, bench: _Bench, judged_on: _Bench, split: Split | None, seed: int) -> tuple[Judged, dict[str, Any], TrainedDetector]:
    learned, judged = bench.rows[fold.train], judged_on.rows[fold.test]
    left_out: dict[str, int] = {}
    names = bench.names
    if fold.known_at is None:
        learned, judged = _with_neighbours(bench, learned, judged, split, same=judged_on is bench)
        if bench.at_once is not None and bench.backwards is not None:
            others = _with_neighbours(bench.at_once, *(_rows_of(bench.at_once, rows) for rows in (learned, judged)), split, same=True)
            names += tuple(f"{name}{AT_ONCE}" for name in bench.at_once.names if name in others[0].columns)
            learned, judged = (
                _beside(rows, other, bench.at_once.names, AT_ONCE) for rows, other in zip((learned, judged), others, strict=True)
            )
            turned = [_hushed(bench.backwards, _rows_of(bench.backwards, rows)) for rows in (learned, judged)]
            names += tuple(f"{name}{BACKWARDS}" for name in bench.backwards.names if name in turned[0].columns)
            learned, judged = (
                _beside(rows, other, bench.backwards.names, BACKWARDS) for rows, other in zip((learned, judged), turned, strict=True)
            )
            names += (MOMENT,)
            learned, judged = (
                rows.with_columns(pl.col("event_at").dt.epoch("s").cast(pl.Float64).alias(MOMENT)) for rows in (learned, judged)
            )
        # Without order of time none may be read into the rows.
        learned, judged = (rows.with_columns(event_at=pl.lit(TIMELESS).cast(pl.Datetime("us", "UTC"))) for rows in (learned, judged))
    else:
        # A label that comes later than the moment of learning teaches nothing.
        in_time = pl.col("label_at").is_null() | (pl.col("label_at").dt.epoch("us") <= fold.known_at)
        late = learned.filter(~in_time & pl.col("is_fraud").is_not_null()).height
        learned = learned.filter(in_time)
        if late:
            left_out["labels_not_yet_known"] = late
        if bench.detector is Detector.PAYMENTS and bench.party is None and isinstance(split, TimeSplit):
            before = judged.filter(pl.col("is_fraud").is_not_null()).height
            judged = _without_known(bench, judged, fold, split)
            left_out["payers_known"] = before - judged.filter(pl.col("is_fraud").is_not_null()).height
    names = tuple(name for name in names if name in judged.columns)
    frame = learned.with_columns(group=pl.col("account_id")).to_pandas()
    versions = {"data_version": f"{bench.source.name}/{fold.name}", "contract_version": bench.detector.table}
    note, model = None, None
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
        "detection_delay_days": None
        if rows.group is None
        else detection_delay_days(rows.is_fraud, score, rows.day, rows.group.tolist(), 100),
        **({"left_out": left_out} if left_out else {}),
        **({"note": note} if note else {}),
    }
    unit = rows.day if fold.known_at is not None else _units(rows, split)
    return Judged(fold.name, rows.is_fraud, score, probability, unit), figures, model


def _units(rows: LabelledRows, split: Split | None) -> Ints:
    """What chance draws together where there is no time: what belongs to one account, or each row alone."""
    if rows.group is None or isinstance(split, RandomSplit):
        return np.arange(len(rows))
    return connected([rows.group])


def _with_neighbours(
    bench: _Bench, learned: pl.DataFrame, judged: pl.DataFrame, split: Split | None, *, same: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is known of a row's neighbours, from labels of other rows that are learned from; nothing from a row's own or a judged one's.

    Without times a label has no moment before which it was unknown, so that moments cannot keep it from its own row: folds within what
    is learned from do.
    """
    if bench.party is not None:
        return _hushed(bench, learned), _hushed(bench, judged)
    if not same:
        return _hushed(bench, learned), _hushed(bench, judged)
    together = {name: _column(bench, name) for name in split.columns} if isinstance(split, GroupSplit) else None
    part = None
    if together is not None:
        number = pl.Series(connected(list(together.values())))
        part = bench.rows.select("subject_id", __part=number)
    return cross_fitted(
        bench.detector,
        bench.source.tables,
        bench.subjects.rename({"__key": INBOUND[bench.detector.table].key[0]}),
        bench.as_of,
        learned,
        judged,
        folds=INNER_FOLDS,
        part=part,
    )


def _rows_of(bench: _Bench, rows: pl.DataFrame) -> pl.DataFrame:
    """The same subjects' rows of another bench, in the same order."""
    return rows.select("subject_id").join(bench.rows, on="subject_id", how="left", maintain_order="left")


def _beside(rows: pl.DataFrame, other: pl.DataFrame, names: Sequence[str], suffix: str) -> pl.DataFrame:
    return pl.concat(
        [rows, other.select(pl.col(name).alias(f"{name}{suffix}") for name in names if name in other.columns)], how="horizontal"
    )


def _hushed(bench: _Bench, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without anything that other rows' labels say."""
    known = known_features(registered_features(bench.detector, bench.subjects.schema))
    parties = {f"{name}_{kind}" for name in known for kind in KINDS}
    return rows.drop([name for name in rows.columns if name in known or name in parties])


def _without_known(bench: _Bench, judged: pl.DataFrame, fold: Fold, split: TimeSplit) -> pl.DataFrame:
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
