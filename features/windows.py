"""Window features under one time law: declared once, evaluated by one engine.

The time law: time is whole seconds. History of a subject at ``t`` is every event ``u`` of the same key with ``t - window < u < t``:
the subject itself and everything of the same second stay out, so no tie-breaker is ever needed and a value cannot depend on row order.
What becomes known later than it happened (labels) enters a stream at the moment it became known, and counts from the second after.

The engine answers with whole numbers only (counts, sums of minor units, extremes, distinct counts, seconds since); ratios and means are
one shared step afterwards (`features.build`), because sums of floats depend on order and whole numbers do not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairdeal.features.places import Coder, Ints, Line, Placed, Scale, count_up_to, of_interest, stable_order

Group = TypeVar("Group", bound=Hashable)

HOUR = 3_600
DAY = 86_400
#: Stands for "no value" where extremes are compared; no amount or time comes near it.
NOTHING = -(2**62)


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


def evaluate(subjects: pl.DataFrame, streams: Mapping[str, pl.DataFrame], trails: Sequence[Trail]) -> pl.DataFrame:
    """Every trail's value for every subject.

    Parameters
    ----------
    subjects
        One row per subject, with ``t`` (whole seconds, Int64) and the key columns of the trails.
    streams
        Events by stream name, with ``t`` and the columns that the trails name. A stream that is absent, or lacks a named column,
        leaves its trails blind: their columns are null throughout.
    trails
        What to evaluate.

    Returns
    -------
    polars.DataFrame
        One Int64 column per trail, rows as in ``subjects``. Null where a key column is null, where the stream is blind, and for
        ``max``, ``min`` and ``since`` where there is no history; counts, sums and distinct counts of no history are 0.

    Notes
    -----
    Each table is put in order of time once, and each key column coded to whole numbers once. Per key, code and time make one number, a
    place: events and subjects in order of their places meet in one linear merge for each end of a window. Sums are differences of prefix
    sums, extremes come from a doubling table that holds one level at a time, and a distinct value is live from the second after it was
    seen until it is seen again or leaves the window. All of it is exact for any order of rows.
    """
    asked = Line.of(subjects)
    lines = {name: Line.of(streams[name]) for name in dict.fromkeys(trail.stream for trail in trails) if name in streams}
    scale = Scale.over([asked, *lines.values()], max((trail.window for trail in trails), default=0))
    coder = Coder([asked, *lines.values()])
    columns = {trail.name: _blind(trail, asked) for trail in trails}
    for key, of_key in _grouped(trails, lambda trail: trail.key).items():
        told = [name for name, line in lines.items() if line.has(*key)]
        if not told or not asked.has(*key):
            continue
        subject_codes, *event_codes = coder.of_key([asked, *(lines[name] for name in told)], key)
        seekers = Placed.of(asked, subject_codes, np.arange(subjects.height), scale)
        for (name, where), group in _grouped(of_key, lambda trail: (trail.stream, trail.where)).items():
            if name not in told or (where and not lines[name].has(where)):
                continue
            codes = event_codes[told.index(name)]
            sought = Placed.of(lines[name], codes, of_interest(lines[name], codes, subject_codes, where), scale)
            meeting = _Meeting(sought, seekers, coder)
            columns |= {trail.name: meeting.answer(trail) for trail in group}
    return pl.DataFrame([columns[trail.name] for trail in trails])


def _blind(trail: Trail, subjects: Line) -> pl.Series:
    return pl.Series(trail.name, [None], dtype=pl.Int64).new_from_index(0, len(subjects.times))


def _grouped(trails: Iterable[Trail], by: Callable[[Trail], Group]) -> dict[Group, list[Trail]]:
    groups: dict[Group, list[Trail]] = {}
    for trail in trails:
        groups.setdefault(by(trail), []).append(trail)
    return groups


class _Meeting:
    """Events and the subjects that look back on them, both in order of place."""

    def __init__(self, events: Placed, subjects: Placed, coder: Coder) -> None:
        self._events, self._subjects, self._coder = events, subjects, coder
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

    def answer(self, trail: Trail) -> pl.Series:
        """The trail's value per subject, in the order the subjects came."""
        if trail.value is not None and not self._events.line.has(trail.value):
            return _blind(trail, self._subjects.line)
        after, first = self._after, self._first(trail.window)
        absent = self._subjects.codes == 0
        match trail.aggregate:
            case Aggregate.COUNT:
                values = after - first
            case Aggregate.SINCE:
                lasts = np.concatenate([np.zeros(1, dtype=np.int64), self._events.places])
                values, absent = self._subjects.places - lasts[after], absent | (after == first)
            case Aggregate.SUM:
                prefix = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self._numbers(trail, 0))])
                values = prefix[after] - prefix[first]
            case Aggregate.MAX | Aggregate.MIN:
                sign = 1 if trail.aggregate is Aggregate.MAX else -1
                values = sign * _range_max(self._numbers(trail, NOTHING, sign), first, after)
                absent = absent | (after == first) | (values == sign * NOTHING)
            case Aggregate.DISTINCT:
                values = self._distinct(trail)
        return self._restored(trail.name, values, absent)

    def _numbers(self, trail: Trail, missing: int, sign: int = 1) -> Ints:
        """The trail's value per event, in order of place."""
        numbers = (sign * self._events.line.frame[trail.value or ""].cast(pl.Int64)).fill_null(missing)
        return numbers.to_numpy()[self._events.rows]

    def _distinct(self, trail: Trail) -> Ints:
        """Distinct values in the window: those first seen before ``t`` less those that were seen again or left the window by then."""
        events = self._events
        values = self._coder.of_column(events.line, trail.value or "")[events.positions]
        by_value = stable_order(values)
        sorted_values, sorted_codes, starts = values[by_value], events.codes[by_value], events.places[by_value]
        ends = starts + trail.window
        again = np.flatnonzero((sorted_values[1:] == sorted_values[:-1]) & (sorted_codes[1:] == sorted_codes[:-1]))
        ends[again] = np.minimum(ends[again], starts[again + 1] + 1)
        # Starts and ends of other keys cancel: each value of an earlier key has both below the subject's place, of a later key neither.
        begun = count_up_to(events.places[values > 0], self._subjects.places - 1)
        over = count_up_to(np.sort(ends[sorted_values > 0]), self._subjects.places)
        return begun - over

    def _restored(self, name: str, values: Ints, absent: NDArray[np.bool_]) -> pl.Series:
        restored = np.empty(len(values), dtype=np.int64)
        restored[self._subjects.rows] = values
        series = pl.Series(name, restored)
        return series.scatter(self._subjects.rows[absent], None) if absent.any() else series


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
