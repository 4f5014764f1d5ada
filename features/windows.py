"""The window engine: every declared trail's value for every subject, under the time law of `trails`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from fairdeal.features.meeting import Flags, Floats, Meeting
from fairdeal.features.places import Coder, Ints, Line, Placed, Scale, coded, key_codes, of_interest
from fairdeal.features.trails import Aggregate, Trail

Group = TypeVar("Group", bound=Hashable)
Stream = pl.DataFrame | pl.LazyFrame

#: Events that are put in order together, about; what that takes is a quarter of a gigabyte.
EVENTS_AT_ONCE = 2_500_000


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
        One column per trail, rows as in ``subjects``: Int64, or Float64 of means, spreads and shares. Null where a key column is null and
        where the stream is blind; counts, sums and distinct counts of no history are 0, everything else of it is null.

    Notes
    -----
    Trails whose keys begin with the same column are evaluated together: values become codes while their events are read, events of keys
    that no subject has are left out, and what remains is taken in parts by the code of that column. Per key, code and time make one number,
    a place: events and subjects in order of their places meet in one linear merge for each end of a window. Sums are differences of prefix
    sums, extremes and quantiles come from `ranges`, and a distinct value is live from the second after it was seen until it is seen again
    or leaves the window. Means, spreads and shares are made of such whole numbers in one last step. All of it is exact for any order of
    rows.
    """
    known = {name: {"t", *streams[name].lazy().collect_schema().names()} for name in {trail.stream for trail in trails} if name in streams}
    seeing = [trail for trail in trails if _sees(trail, subjects, known)]
    columns = {trail.name: _blind(trail, subjects.height) for trail in trails}
    for lead, of_lead in _grouped(seeing, lambda trail: trail.key[0]).items():
        answers = {trail.name: _Answer.none(subjects.height, trail.aggregate) for trail in of_lead}
        for gathering in _gatherings(lead, subjects, streams, of_lead, at_once):
            gathering.answer(of_lead, answers)
        columns |= {name: answer.series(name) for name, answer in answers.items()}
    return pl.DataFrame([columns[trail.name] for trail in trails])


def _sees(trail: Trail, subjects: pl.DataFrame, known: Mapping[str, set[str]]) -> bool:
    needed = {*trail.key, *(name for name in (trail.value, trail.where) if name)}
    return trail.stream in known and needed <= known[trail.stream] and set(trail.key) <= set(subjects.columns)


def _blind(trail: Trail, rows: int) -> pl.Series:
    return pl.Series(trail.name, [None], dtype=pl.Float64 if trail.aggregate.is_fraction else pl.Int64).new_from_index(0, rows)


def _grouped(trails: Iterable[Trail], by: Callable[[Trail], Group]) -> dict[Group, list[Trail]]:
    groups: dict[Group, list[Trail]] = {}
    for trail in trails:
        groups.setdefault(by(trail), []).append(trail)
    return groups


@dataclass(frozen=True)
class _Answer:
    """A trail's value per subject, and where there is none."""

    values: Ints | Floats
    absent: Flags

    @staticmethod
    def none(rows: int, aggregate: Aggregate) -> _Answer:
        values: Ints | Floats = np.zeros(rows, dtype=np.float64) if aggregate.is_fraction else np.zeros(rows, dtype=np.int64)
        return _Answer(values, np.ones(rows, dtype=bool))

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
            max(trail.reach for trail in trails),
        )


def _events(stream: pl.LazyFrame, coder: Coder, numbers: pl.DataFrame, asked: pl.DataFrame, trails: Sequence[Trail]) -> pl.DataFrame:
    """What some trail looks at: the events of the subjects' keys that lie in some subject's window, ids as codes."""
    number, lead = numbers.columns
    longest = max(trail.reach for trail in trails)
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
            rows = self._asked.frame["row"].to_numpy()[seekers.rows]
            for name, of_stream in _grouped(of_key, lambda trail: trail.stream).items():
                line, codes = told[name], event_codes[list(told).index(name)]
                everyone = None
                # What takes all events first: a share is of those that hold a condition among all.
                shares = any(trail.aggregate is Aggregate.SHARE for trail in of_stream)
                if shares or any(trail.where is None for trail in of_stream):
                    everyone = Meeting(Placed.of(line, codes, of_interest(line, codes, subject_codes, None), self._scale), seekers)
                for where, group in _grouped(of_stream, lambda trail: trail.where).items():
                    meeting = everyone
                    if where is not None or meeting is None:
                        meeting = Meeting(Placed.of(line, codes, of_interest(line, codes, subject_codes, where), self._scale), seekers)
                    for trail in group:
                        answers[trail.name].values[rows], answers[trail.name].absent[rows] = meeting.answer(trail, everyone)
