"""A source made ready for one detector: a row per subject with features and truth, and what its neighbours' labels say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import build, registered_features
from fairdeal.features.known import cross_fitted, known_features
from fairdeal.features.parties import KINDS, by_party
from fairdeal.models.errors import WrongSetting
from fairdeal.models.folds import connected, tells_the_answer
from fairdeal.models.split_grammar import GroupSplit, RandomSplit, Split
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.whole_source import TIMELESS, WholeSource

#: Which parties labels may speak of instead of single subjects: the column of a feature table that names them.
PARTIES = {"merchant": "merchant_id", "account": "account_id"}
#: Folds within what is learned from, for what is known of a row's neighbours.
INNER_FOLDS = 5
#: Stand behind the names of features of a source looked at as a whole, and from behind.
AT_ONCE, BACKWARDS = "_at_once", "_backwards"
#: The row's place in time, which rows at random may know of each other.
MOMENT = f"moment{AT_ONCE}"
#: No moment of a source is as late.
NEVER = datetime(2199, 1, 1, tzinfo=UTC)
_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Bench:
    """A source made ready for one detector.

    Parameters
    ----------
    rows
        One row per subject (or party): what `fairdeal.features.build.FeatureTable` carries, ``is_fraud`` (1, 0, null), ``typology`` and
        ``label_at``.
    names, blind
        Features that a model may read, and those that the source gives nothing for.
    subjects, as_of
        The detector's table, its key as ``__key``, and the moment of each row.
    party
        Kind of party that the rows are; None when they are single subjects.
    names_honest
        Whether labels name honest rows too; else what nobody spoke of stands for honest.
    at_once, backwards
        For rows at random: the same source with everything at one moment, and with the last moment first.
    """

    detector: Detector
    source: WholeSource
    rows: pl.DataFrame
    names: tuple[str, ...]
    blind: tuple[str, ...]
    subjects: pl.DataFrame
    as_of: pl.Series
    party: str | None
    names_honest: bool
    at_once: Bench | None = None
    backwards: Bench | None = None

    @property
    def is_timeless(self) -> bool:
        return self.detector.table in self.source.timeless

    @property
    def telling(self) -> set[str]:
        """Features that rest on other subjects' labels."""
        known = known_features(registered_features(self.detector, self.subjects.schema))
        return {*known, *(f"{name}_{kind}" for name in known for kind in KINDS)}

    def column(self, name: str) -> NDArray[np.str_]:
        """A column's values in the order of the rows, by our name or as an extra; empty where not known.

        Raises
        ------
        WrongSetting
            When there is no such column, or nothing in it.
        """
        contract = INBOUND[self.detector.table]
        if self.party is not None or name in ("account_id", "merchant_id"):
            if name not in self.rows.columns:
                raise WrongSetting(f"--split groups: no column {name!r}; rows are parties here and have subject_id; use groups:subject_id")
            found = self.rows[name]
        else:
            wanted = "__key" if name == contract.key[0] else name if name in self.subjects.columns else f"x_{name}"
            if wanted not in self.subjects.columns:
                known = [column for column in self.subjects.columns if self.subjects[column].null_count() < self.subjects.height]
                raise WrongSetting(f"--split groups: no column {name!r}; the source gives {', '.join(known)}; choose among them")
            values = self.subjects.select(subject_id="__key", value=pl.col(wanted).cast(pl.String))
            found = self.rows.select("subject_id").join(values, on="subject_id", how="left", maintain_order="left")["value"]
        if found.null_count() == found.len():
            raise WrongSetting(f"--split groups: column {name!r} is empty throughout; allowed are columns with values; choose another")
        return found.cast(pl.String).fill_null("").to_numpy().astype(str)


def made_ready(detector: Detector, source: WholeSource, progress: Callable[[str], None]) -> Bench:
    """The bench of a source.

    Raises
    ------
    WrongUse
        When the source lacks the detector's table, or labels of both kinds.
    """
    table = detector.table
    if table not in source.tables:
        raise WrongUse(f"{source.name}: no [{table}]; the {detector} detector reads them; map them, or ask for another detector")
    contract = INBOUND[table]
    subjects = source.tables[table].sort(contract.key)
    truth, party = _truth(detector, source)
    happened = pl.col(contract.event_at or "")
    if detector is Detector.PAYMENTS and table not in source.timeless:
        as_of = subjects.select(happened).to_series()
    else:
        close = happened.dt.convert_time_zone(source.time_zone).dt.truncate("1d").dt.offset_by("1d").dt.convert_time_zone("UTC")
        as_of = subjects.select(close).to_series()
    progress(f"features of {subjects.height} {table}")
    built = build(detector, source.tables, subjects, as_of=as_of, time_zone=source.time_zone, with_parts=True)
    if party is not None:
        built = by_party(built, PARTIES[party])
    names = tuple(name for name in built.names if name not in built.blind)
    own = contract.key[0]
    rows = built.rows.join(truth, on="subject_id", how="left", maintain_order="left")
    names_honest = truth["is_fraud"].n_unique() == 2
    if not names_honest:
        # Positive and unlabelled: what nobody spoke of stands for honest, in learning and in judging alike.
        rows = rows.with_columns(pl.col("is_fraud").fill_null(0.0))
    if rows["is_fraud"].drop_nulls().n_unique() < 2:
        raise WrongUse(f"{source.name}: labels of {table} do not show both frauds and honest rows; a backtest needs both; map a label")
    return Bench(detector, source, rows, names, built.blind, subjects.rename({own: "__key"}), as_of, party, names_honest)


def ready_for_random(bench: Bench, progress: Callable[[str], None]) -> Bench:
    """The bench for rows at random: they know no earlier and later, so they are also looked at as a whole, and from behind.

    Published protocols do so; nothing of it could be had on the day.
    """
    if bench.is_timeless or bench.party is not None:
        return bench
    at_once = made_ready(bench.detector, _at_once(bench.source), progress)
    return replace(bench, at_once=at_once, backwards=made_ready(bench.detector, _backwards(bench.source, bench.detector), progress))


def told_of_neighbours(
    bench: Bench, learned: pl.DataFrame, judged: pl.DataFrame, split: Split | None
) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
    """Rows of a fold without time, told what labels that are learned from say of their neighbours, and the features to read.

    Without times a label has no moment before which it was unknown, so that moments cannot keep it from its own row: folds within what
    is learned from do. What is judged elsewhere than what is learned from knows nothing of its neighbours.
    """
    if bench.party is not None or split is None:
        learned, judged = _hushed(bench, learned), _hushed(bench, judged)
        return _unordered(learned), _unordered(judged), tuple(name for name in bench.names if name in learned.columns)
    names = bench.names
    told = _crossed(bench, learned, judged, split)
    if isinstance(split, RandomSplit) and bench.at_once is not None and bench.backwards is not None:
        whole = _crossed(bench.at_once, _same_rows(bench.at_once, learned), _same_rows(bench.at_once, judged), split)
        turned = tuple(_hushed(bench.backwards, _same_rows(bench.backwards, rows)) for rows in told)
        for others, view, suffix in ((whole, bench.at_once, AT_ONCE), (turned, bench.backwards, BACKWARDS)):
            seen = [name for name in view.names if name in others[0].columns]
            told = (_beside(told[0], others[0], seen, suffix), _beside(told[1], others[1], seen, suffix))
            names += tuple(f"{name}{suffix}" for name in seen)
        told = (_with_moment(told[0]), _with_moment(told[1]))
        names += (MOMENT,)
    return _unordered(told[0]), _unordered(told[1]), names


def _crossed(bench: Bench, learned: pl.DataFrame, judged: pl.DataFrame, split: Split) -> tuple[pl.DataFrame, pl.DataFrame]:
    part = None
    if isinstance(split, GroupSplit):
        number = connected([bench.column(name) for name in split.columns])
        part = bench.rows.select("subject_id", __part=pl.Series(number))
    own = bench.subjects.rename({"__key": INBOUND[bench.detector.table].key[0]})
    return cross_fitted(bench.detector, bench.source.tables, own, bench.as_of, learned, judged, folds=INNER_FOLDS, part=part)


def _hushed(bench: Bench, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without anything that other rows' labels say."""
    return rows.drop([name for name in rows.columns if name in bench.telling])


def _same_rows(bench: Bench, rows: pl.DataFrame) -> pl.DataFrame:
    """The same subjects' rows of another bench, in the same order."""
    return rows.select("subject_id").join(bench.rows, on="subject_id", how="left", maintain_order="left")


def _beside(rows: pl.DataFrame, other: pl.DataFrame, names: Sequence[str], suffix: str) -> pl.DataFrame:
    return pl.concat([rows, other.select(pl.col(name).alias(f"{name}{suffix}") for name in names)], how="horizontal")


def _with_moment(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("event_at").dt.epoch("s").cast(pl.Float64).alias(MOMENT))


def _unordered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as of one moment: a split without time must not be read as one."""
    return rows.with_columns(event_at=pl.lit(TIMELESS).cast(_INSTANT))


def refuse_answers(bench: Bench) -> None:
    """Raises `WrongSetting` when a column that the source carries along tells the label by itself."""
    if bench.party is not None:
        return
    carried = bench.subjects.select("__key", *(name for name in bench.subjects.columns if name.startswith("x_")))
    known = bench.rows.select("subject_id", "is_fraud").join(carried, left_on="subject_id", right_on="__key", maintain_order="left")
    truth = known["is_fraud"].to_numpy()
    for name in carried.columns[1:]:
        values = known[name] if known.schema[name].is_numeric() else known[name].cast(pl.Categorical).to_physical()
        if tells_the_answer(values.cast(pl.Float64).to_numpy(), truth):
            raise WrongSetting(
                f"extra column {name.removeprefix('x_')}: by itself it tells who is a fraud, as only something known after the event does; "
                "allowed are columns known at the moment of the event; take it out of extra"
            )


def _truth(detector: Detector, source: WholeSource) -> tuple[pl.DataFrame, str | None]:
    """The last verdict on each subject, and of which party the labels speak where they speak of no single subject."""
    labels = source.tables["labels"]
    for kind in (detector.subject_kind, *PARTIES):
        own = labels.filter(pl.col("subject_kind") == kind)
        if own.height:
            last = own.sort("available_at", "is_fraud").group_by("subject_id", maintain_order=True).last()
            truth = last.select("subject_id", "typology", is_fraud=pl.col("is_fraud").cast(pl.Float64), label_at="available_at")
            return truth, None if kind == detector.subject_kind else kind
    raise WrongUse(f"{source.name}: no labels of {detector.table}; a backtest needs them; add [{detector.table}.label] to the mapping")


def _at_once(source: WholeSource) -> WholeSource:
    """The source as if everything in it had happened at one moment."""
    moment = pl.lit(TIMELESS).cast(_INSTANT)
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
    never = pl.lit(NEVER).cast(_INSTANT)
    return replace(source, tables={detector.table: turned, "labels": source.tables["labels"].with_columns(available_at=never)})
