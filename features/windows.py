"""Window features under one time law: declared once, evaluated by one engine.

The time law: time is whole seconds. History of a subject at ``t`` is every event ``u`` of the same key with ``t - window < u < t``:
the subject itself and everything of the same second stay out, so no tie-breaker is ever needed and a value cannot depend on row order.
What becomes known later than it happened (labels) enters a stream at the moment it became known, and counts from the second after.

The engine answers with whole numbers only (counts, sums of minor units, extremes, distinct counts, seconds since); ratios and means are
one shared step afterwards (`features.build`), because sums of floats depend on order and whole numbers do not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairdeal.features.places import Coder, Ints, Line, Placed, Scale, coded, count_up_to, key_codes, of_interest, stable_order

Group = TypeVar("Group", bound=Hashable)
Stream = pl.DataFrame | pl.LazyFrame

HOUR = 3_600
DAY = 86_400
#: Stands for "no value" where extremes are compared; no amount or time comes near it.
NOTHING = -(2**62)
#: Events that are put in order together, about; what that takes is a quarter of a gigabyte.
EVENTS_AT_ONCE = 2_500_000


class Aggregate(StrEnum):
    """What is asked of a key's history."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    MIN = "min"
    DISTINCT = "distinct"
    SINCE = "since"  # seconds since the last event


@dataclass(frozen=True)
class Trail:
    """One window feature; its name follows from the definition.

    Parameters
    ----------
    entity
        Word for the key in the feature's name: ``payer``, ``device``, ``payer_device``.
    key
        Columns that make the key, present in the subjects and in the stream.
    stream
        Name of the stream of events.
    measure
        Word for what is measured in the feature's name: ``payment``, ``payment_amount``, ``payee``.
    aggregate
        What is asked of the history.
    window
        Length of the history in seconds.
    value
        Stream column that is summed, compared or counted as distinct; none for ``count`` and ``since``.
    where
        Boolean stream column that an event must hold to count; none takes all.
    """

    entity: str
    key: tuple[str, ...]
    stream: str
    measure: str
    aggregate: Aggregate
    window: int
    value: str | None = None
    where: str | None = None

    @property
    def name(self) -> str:
        """``<entity>_<measure>_<aggregate>_<window>``.

        >>> Trail("payer", ("payer_id",), "payments", "payment", Aggregate.COUNT, 7 * DAY).name
        'payer_payment_count_7d'
        """
        length = f"{self.window // DAY}d" if self.window % DAY == 0 else f"{self.window // HOUR}h"
        return f"{self.entity}_{self.measure}_{self.aggregate}_{length}"


def evaluate(
    subjects: pl.DataFrame, streams: Mapping[str, Stream], trails: Sequence[Trail], *, at_once: int = EVENTS_AT_ONCE
) -> pl.DataFrame:
    """Every trail's value for every subject.

    Parameters
    ----------
    subjects
        One row per subject, with ``t`` (whole seconds, Int64) and the key columns of the trails.
    streams
        Events by stream name, with ``t`` and the columns that the trails name; unexecuted tables are read here, only the columns and the
        span of time that some trail looks at. A stream that is absent, or lacks a named column, leaves its trails blind: their columns
        are null throughout.
    trails
        What to evaluate.
    at_once
        Events that are looked at together, about; with more of them keys are taken in parts, which changes no value.

    Returns
    -------
    polars.DataFrame
        One Int64 column per trail, rows as in ``subjects``. Null where a key column is null, where the stream is blind, and for
        ``max``, ``min`` and ``since`` where there is no history; counts, sums and distinct counts of no history are 0.

    Notes
    -----
    Trails whose keys begin with the same column are evaluated together: values become codes while their events are read, events of keys
    that no subject has are left out, and what remains is taken in parts by the code of that column. In each part every table is put in
    order of time. Per key, code and time make one number, a place: events and subjects in order of their places meet in one linear merge
    for each end of a window. Sums are differences of prefix sums, extremes come from a doubling table that holds one level at a time, and
    a distinct value is live from the second after it was seen until it is seen again or leaves the window. All of it is exact for any
    order of rows.
    """
    known = {name: {"t", *streams[name].lazy().collect_schema().names()} for name in {trail.stream for trail in trails} if name in streams}
    seeing = [trail for trail in trails if _sees(trail, subjects, known)]
    columns = {trail.name: _blind(trail, subjects.height) for trail in trails}
    for lead, of_lead in _grouped(seeing, lambda trail: trail.key[0]).items():
        answers = {trail.name: _Answer.none(subjects.height) for trail in of_lead}
        for gathering in _gatherings(lead, subjects, streams, of_lead, at_once):
            gathering.answer(of_lead, answers)
        columns |= {name: answer.series(name) for name, answer in answers.items()}
    return pl.DataFrame([columns[trail.name] for trail in trails])


def _sees(trail: Trail, subjects: pl.DataFrame, known: Mapping[str, set[str]]) -> bool:
    needed = {*trail.key, *(name for name in (trail.value, trail.where) if name)}
    return trail.stream in known and needed <= known[trail.stream] and set(trail.key) <= set(subjects.columns)


def _blind(trail: Trail, rows: int) -> pl.Series:
    return pl.Series(trail.name, [None], dtype=pl.Int64).new_from_index(0, rows)


def _grouped(trails: Iterable[Trail], by: Callable[[Trail], Group]) -> dict[Group, list[Trail]]:
    groups: dict[Group, list[Trail]] = {}
    for trail in trails:
        groups.setdefault(by(trail), []).append(trail)
    return groups


@dataclass(frozen=True)
class _Answer:
    """A trail's value per subject, and where there is none."""

    values: Ints
    absent: NDArray[np.bool_]

    @staticmethod
    def none(rows: int) -> _Answer:
        return _Answer(np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool))

    def series(self, name: str) -> pl.Series:
        series = pl.Series(name, self.values)
        return series.scatter(np.flatnonzero(self.absent), None) if self.absent.any() else series


def _gatherings(
    lead: str, subjects: pl.DataFrame, streams: Mapping[str, Stream], trails: Sequence[Trail], at_once: int
) -> Iterator[_Gathering]:
    """The subjects and events of trails whose keys begin with ``lead``, as many keys at a time as fit."""
    coder = Coder()
    named = pl.col(lead).cast(pl.String)
    # What the subjects have of it is numbered, and every event finds its number or is left out.
    numbers = subjects.select(named).drop_nulls().unique().with_row_index(coded(lead), offset=1)
    keys = dict.fromkeys(column for trail in trails for column in trail.key if column != lead)
    asked = (
        subjects.lazy()
        .select("t", named, *(coder.code(column) for column in keys))
        .with_row_index("row")
        .join(numbers.lazy(), on=lead, how="inner", maintain_order="left")
        .drop(lead)
        .collect()
    )
    events = {
        name: _events(streams[name].lazy(), coder, numbers, asked, of_stream)
        for name, of_stream in _grouped(trails, lambda trail: trail.stream).items()
    }
    parts = 1 + sum(frame.height for frame in events.values()) // at_once
    for part in range(parts):
        mine = pl.col(coded(lead)) % parts == part
        yield _Gathering(
            asked if parts == 1 else asked.filter(mine),
            {name: frame if parts == 1 else frame.filter(mine) for name, frame in events.items()},
            max(trail.window for trail in trails),
        )


def _events(stream: pl.LazyFrame, coder: Coder, numbers: pl.DataFrame, asked: pl.DataFrame, trails: Sequence[Trail]) -> pl.DataFrame:
    """What some trail looks at: the events of the subjects' keys that lie in some subject's window, ids as codes."""
    number, lead = numbers.columns
    longest = max(trail.window for trail in trails)
    first, last = asked.select(pl.col("t").min().alias("first"), pl.col("t").max().alias("last")).row(0)
    ids = {column for trail in trails for column in trail.key if column != lead}
    ids |= {trail.value for trail in trails if trail.value and trail.aggregate is Aggregate.DISTINCT}
    amounts = {trail.value for trail in trails if trail.value and trail.aggregate is not Aggregate.DISTINCT}
    flags = {trail.where for trail in trails if trail.where}
    read = {column: pl.col(column).cast(pl.String) for column in {lead, *ids}} | {
        column: pl.col(column).cast(pl.Int64) for column in amounts
    }
    seen = stream.filter((pl.col("t") > first - longest) & (pl.col("t") < last)) if asked.height else stream.clear()
    return (
        seen.select("t", *flags, **read)
        .join(numbers.lazy(), on=lead, how="inner")
        .select("t", number, *sorted(flags), *sorted(amounts), *(coder.code(column) for column in sorted(ids)))
        .collect(engine="streaming")
    )


class _Gathering:
    """Some subjects and every event that any of them looks back on."""

    def __init__(self, subjects: pl.DataFrame, events: Mapping[str, pl.DataFrame], longest: int) -> None:
        self._asked = Line.over(subjects)
        self._lines = {name: Line.over(frame) for name, frame in events.items()}
        self._scale = Scale.over([self._asked, *self._lines.values()], longest)

    def answer(self, trails: Sequence[Trail], answers: Mapping[str, _Answer]) -> None:
        """Writes the trails' values of every subject that is here."""
        for key, of_key in _grouped(trails, lambda trail: trail.key).items():
            told = {name: self._lines[name] for name in dict.fromkeys(trail.stream for trail in of_key)}
            subject_codes, *event_codes = key_codes([self._asked, *told.values()], key)
            seekers = Placed.of(self._asked, subject_codes, np.flatnonzero(subject_codes), self._scale)
            for (name, where), group in _grouped(of_key, lambda trail: (trail.stream, trail.where)).items():
                codes = event_codes[list(told).index(name)]
                sought = Placed.of(told[name], codes, of_interest(told[name], codes, subject_codes, where), self._scale)
                meeting = _Meeting(sought, seekers)
                rows = self._asked.frame["row"].to_numpy()[seekers.rows]
                for trail in group:
                    answers[trail.name].values[rows], answers[trail.name].absent[rows] = meeting.answer(trail)


class _Meeting:
    """Events and the subjects that look back on them, both in order of place."""

    def __init__(self, events: Placed, subjects: Placed) -> None:
        self._events, self._subjects = events, subjects
        self._firsts: dict[int, Ints] = {}

    @cached_property
    def _after(self) -> Ints:
        """Events before each subject's second."""
        return count_up_to(self._events.places, self._subjects.places - 1)

    def _first(self, window: int) -> Ints:
        """Events that have left each subject's window."""
        if window not in self._firsts:
            self._firsts[window] = count_up_to(self._events.places, self._subjects.places - window)
        return self._firsts[window]

    def answer(self, trail: Trail) -> tuple[Ints, NDArray[np.bool_]]:
        """The trail's value per subject and where there is none, subjects in order of place."""
        after, first = self._after, self._first(trail.window)
        absent = np.zeros(len(after), dtype=bool)
        match trail.aggregate:
            case Aggregate.COUNT:
                values = after - first
            case Aggregate.SINCE:
                lasts = np.concatenate([np.zeros(1, dtype=np.int64), self._events.places])
                values, absent = self._subjects.places - lasts[after], after == first
            case Aggregate.SUM:
                prefix = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self._numbers(trail, 0))])
                values = prefix[after] - prefix[first]
            case Aggregate.MAX | Aggregate.MIN:
                sign = 1 if trail.aggregate is Aggregate.MAX else -1
                values = sign * _range_max(self._numbers(trail, NOTHING, sign), first, after)
                absent = (after == first) | (values == sign * NOTHING)
            case Aggregate.DISTINCT:
                values = self._distinct(trail)
        return values, absent

    def _numbers(self, trail: Trail, missing: int, sign: int = 1) -> Ints:
        """The trail's value per event, in order of place."""
        numbers = (sign * self._events.line.frame[trail.value or ""]).fill_null(missing)
        return numbers.to_numpy()[self._events.rows]

    def _distinct(self, trail: Trail) -> Ints:
        """Distinct values in the window: those first seen before ``t`` less those that were seen again or left the window by then."""
        events = self._events
        values = events.line.of(coded(trail.value or ""))[events.positions]
        by_value = stable_order(values)
        sorted_values, sorted_codes, starts = values[by_value], events.codes[by_value], events.places[by_value]
        ends = starts + trail.window
        again = np.flatnonzero((sorted_values[1:] == sorted_values[:-1]) & (sorted_codes[1:] == sorted_codes[:-1]))
        ends[again] = np.minimum(ends[again], starts[again + 1] + 1)
        # Starts and ends of other keys cancel: each value of an earlier key has both below the subject's place, of a later key neither.
        begun = count_up_to(events.places[values > 0], self._subjects.places - 1)
        over = count_up_to(np.sort(ends[sorted_values > 0]), self._subjects.places)
        return begun - over


def _range_max(numbers: Ints, first: Ints, after: Ints) -> Ints:
    """Largest of ``numbers[first:after]`` per query; 0 for an empty range."""
    answers = np.zeros(len(first), dtype=np.int64)
    lengths = after - first
    level = numbers
    width = 1
    while width <= int(lengths.max(initial=0)):
        here = np.flatnonzero((lengths >= width) & (lengths < 2 * width))
        answers[here] = np.maximum(level[first[here]], level[after[here] - width])
        level = np.maximum(level[:-width], level[width:]) if len(level) > width else level[:0]
        width *= 2
    return answers
