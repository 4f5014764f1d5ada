"""Window features under one time law: declared once, evaluated by one engine.

The time law: time is whole seconds. History of a subject at ``t`` is every event ``u`` of the same key with ``t - window < u < t``:
the subject itself and everything of the same second stay out, so no tie-breaker is ever needed and a value cannot depend on row order.
What becomes known later than it happened (labels) enters a stream at the moment it became known, and counts from the second after.

The engine answers with whole numbers only (counts, sums of minor units, extremes, distinct counts, seconds since); ratios and means are
one shared step afterwards (`features.ratios`), because sums of floats depend on order and whole numbers do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]

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
    Keys are coded to whole numbers and joined with time into one sorted array; a window is two binary searches, sums are differences of
    prefix sums, extremes come from a doubling table that holds one level at a time, and a distinct value is live from the second after
    it was seen until it is seen again or leaves the window. All of it is exact for any order of rows.
    """
    columns: dict[str, pl.Series] = {}
    for (stream_name, key, where), group in _grouped(trails).items():
        stream = streams.get(stream_name)
        needed = {*key, *([where] if where else [])}
        if stream is None or not needed <= set(stream.columns) or not set(key) <= set(subjects.columns):
            columns |= {trail.name: pl.Series(trail.name, [None] * subjects.height, dtype=pl.Int64) for trail in group}
            continue
        events = stream.filter(pl.col(where).fill_null(False)) if where else stream
        columns |= _evaluate_key(subjects, events, key, group)
    return pl.DataFrame([columns[trail.name] for trail in trails]) if trails else pl.DataFrame()


def _grouped(trails: Iterable[Trail]) -> dict[tuple[str, tuple[str, ...], str | None], list[Trail]]:
    groups: dict[tuple[str, tuple[str, ...], str | None], list[Trail]] = {}
    for trail in trails:
        groups.setdefault((trail.stream, trail.key, trail.where), []).append(trail)
    return groups


def _codes(subjects: pl.DataFrame, events: pl.DataFrame, key: tuple[str, ...]) -> tuple[Ints, Ints]:
    """Whole-number codes of the keys, the same in subjects and events; -1 where a part of the key is null."""
    combined = pl.zeros(subjects.height + events.height, dtype=pl.Int64, eager=True)
    for column in key:
        part = _numbered(pl.concat([subjects[column].cast(pl.String), events[column].cast(pl.String)]))
        combined = combined * (part.n_unique() + 1) + part
        if len(key) > 1:
            combined = _numbered(combined)
    codes = combined.fill_null(-1).to_numpy()
    return codes[: subjects.height], codes[subjects.height :]


def _numbered(values: pl.Series) -> pl.Series:
    """Each distinct value's number, from 0; null stays null. Which number a value gets means nothing."""
    distinct = values.drop_nulls().unique()
    return values.replace_strict(distinct, pl.Series(range(distinct.len()), dtype=pl.Int64), default=None, return_dtype=pl.Int64)


def _evaluate_key(subjects: pl.DataFrame, events: pl.DataFrame, key: tuple[str, ...], trails: Sequence[Trail]) -> dict[str, pl.Series]:
    longest = max(trail.window for trail in trails)
    subject_codes, event_codes = _codes(subjects, events, key)
    known = event_codes >= 0
    events, event_codes = events.filter(pl.Series(known)), event_codes[known]
    subject_times, event_times = subjects["t"].to_numpy().astype(np.int64), events["t"].to_numpy().astype(np.int64)
    start = min(int(event_times.min(initial=0)), int(subject_times.min(initial=0)))
    end = max(int(event_times.max(initial=0)), int(subject_times.max(initial=0)))
    if event_times.size:
        start = min(int(event_times.min()), int(subject_times.min(initial=int(event_times.min()))))
    span = (end - start) + 2 * longest + 2

    # One number per (key, moment): keys lie further apart than any window is long, so a search never leaves its key.
    places = event_codes * span + (event_times - start) + longest
    order = np.argsort(places, kind="stable")
    places = places[order]
    needles = subject_codes * span + (subject_times - start) + longest
    by_needle = np.argsort(needles, kind="stable")
    sorted_needles = needles[by_needle]

    def back(values: Ints) -> Ints:
        restored = np.empty_like(values)
        restored[by_needle] = values
        return restored

    after = np.searchsorted(places, sorted_needles, side="left")
    firsts = {w: np.searchsorted(places, sorted_needles - w, side="right") for w in sorted({trail.window for trail in trails})}
    blind_subject = subject_codes[by_needle] < 0

    results: dict[str, pl.Series] = {}
    for trail in trails:
        first = firsts[trail.window]
        empty = after <= first
        if trail.value is not None and trail.value not in events.columns:
            results[trail.name] = pl.Series(trail.name, [None] * subjects.height, dtype=pl.Int64)
            continue
        match trail.aggregate:
            case Aggregate.COUNT:
                values, absent = (after - first).astype(np.int64), blind_subject
            case Aggregate.SINCE:
                last = places[np.maximum(after - 1, 0)] if places.size else np.zeros_like(after)
                values, absent = (sorted_needles - last).astype(np.int64), blind_subject | empty
            case Aggregate.SUM:
                numbers = events[trail.value or ""].cast(pl.Int64).fill_null(0).to_numpy()[order]
                prefix = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(numbers)])
                values, absent = prefix[after] - prefix[first], blind_subject
            case Aggregate.MAX | Aggregate.MIN:
                sign = 1 if trail.aggregate is Aggregate.MAX else -1
                known_values = (sign * events[trail.value or ""].cast(pl.Int64)).fill_null(NOTHING).to_numpy()[order]
                values = sign * _range_max(known_values, first, after)
                absent = blind_subject | empty | (values == sign * NOTHING)
            case Aggregate.DISTINCT:
                values = _distinct(events, trail, event_codes, places, order, sorted_needles, after, first)
                absent = blind_subject
        results[trail.name] = pl.Series(trail.name, np.where(back(absent.astype(np.int64)) > 0, 0, back(values)), dtype=pl.Int64).set(
            pl.Series(back(absent.astype(np.int64)) > 0), None
        )
    return results


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


def _distinct(events: pl.DataFrame, trail: Trail, codes: Ints, places: Ints, order: Ints, needles: Ints, after: Ints, first: Ints) -> Ints:
    """Distinct values in the window: those first seen before ``t`` less those that were seen again or left the window by then."""
    values = _numbered(events[trail.value or ""].cast(pl.String)).fill_null(-1).to_numpy()[order] + 1
    named = values > 0
    pairs = codes[order] * (int(values.max(initial=0)) + 1) + values
    by_pair = np.lexsort((places, pairs))
    sorted_pairs, sorted_places = pairs[by_pair], places[by_pair]
    ends_sorted = sorted_places + trail.window
    again = np.flatnonzero(sorted_pairs[1:] == sorted_pairs[:-1]) if len(pairs) else np.empty(0, dtype=np.int64)
    ends_sorted[again] = np.minimum(ends_sorted[again], sorted_places[again + 1] + 1)
    ends = np.sort(ends_sorted[named[by_pair]])
    starts = places[named]
    # Starts and ends of other keys cancel: each value of an earlier key has both below the needle, of a later key neither.
    begun = np.searchsorted(starts, needles, side="left")
    over = np.searchsorted(ends, needles, side="right")
    return (begun - over).astype(np.int64)
