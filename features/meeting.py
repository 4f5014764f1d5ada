"""Meeting: events and the subjects that look back on them, in order, and what each declaration asks of the two.

Everything is reckoned in whole numbers (counts, sums of minor units and of their squares, extremes, ranks, distinct counts, seconds);
means, spreads and shares are one division afterwards, because sums of floats depend on order and whole numbers do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairdeal.features.places import Ints, Placed, coded, count_up_to, in_order
from fairdeal.features.ranges import largest, ranked, running
from fairdeal.features.trails import HIGH_TENTHS, Aggregate, Trail

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

#: Stands for "no value" where extremes are compared; no amount or time comes near it.
NOTHING = -(2**62)
#: A spread takes values up to here: some seven hundred million in major units; and the binary places that are cut off huge ones.
MOST_SQUARED, COARSE = 2**36, 16


class Meeting:
    """Events and the subjects that look back on them, both in order of place."""

    def __init__(self, events: Placed, subjects: Placed) -> None:
        self._events, self._subjects = events, subjects
        self._counted: dict[int, Ints] = {}
        self._summed: dict[str | None, Ints] = {}

    def _up_to(self, seconds: int) -> Ints:
        """Events that lie so many seconds or more before each subject."""
        if seconds not in self._counted:
            self._counted[seconds] = count_up_to(self._events.places, self._subjects.places - seconds)
        return self._counted[seconds]

    def _span(self, trail: Trail) -> tuple[Ints, Ints]:
        """First event of each subject's history, and the first after it."""
        return self._up_to(trail.reach), self._up_to(trail.delay or 1)

    def _sums(self, trail: Trail) -> Ints:
        """Sums of the first 0, 1, 2 … values, the same for every window."""
        if trail.value not in self._summed:
            self._summed[trail.value] = running(self._numbers(trail, 0))
        return self._summed[trail.value]

    def answer(self, trail: Trail, everyone: Meeting | None) -> tuple[Ints | Floats, Flags]:
        """The trail's value per subject and where there is none, subjects in order of place; ``everyone`` are events without condition."""
        first, after = self._span(trail)
        absent = np.zeros(len(after), dtype=bool) if trail.aggregate.is_always_there else after == first
        match trail.aggregate:
            case Aggregate.COUNT:
                return after - first, absent
            case Aggregate.SUM:
                return self._sums(trail)[after] - self._sums(trail)[first], absent
            case Aggregate.DISTINCT:
                return self._distinct(trail), absent
            case Aggregate.SINCE:
                return self._subjects.places - np.append(0, self._events.places)[after], absent
            case Aggregate.FIRST:
                return self._subjects.places - np.append(self._events.places, 0)[first], absent
            case Aggregate.MAX | Aggregate.MIN:
                sign = 1 if trail.aggregate is Aggregate.MAX else -1
                values = sign * largest(self._numbers(trail, NOTHING, sign), first, after)
                return values, absent | (values == sign * NOTHING)
            case Aggregate.SHARE:
                of_all = everyone or self
                among_first, among_after = of_all._span(trail)
                return _divided(after - first, among_after - among_first)
            case _:
                return self._of_known(trail, first, after)

    def _of_known(self, trail: Trail, first: Ints, after: Ints) -> tuple[Ints | Floats, Flags]:
        """Quantile, mean or spread: what is not affected by events without a value."""
        known = running((~self._events.line.frame[trail.value or ""].is_null()).to_numpy()[self._events.rows].astype(np.int64))
        numbers = self._numbers(trail, NOTHING)
        numbers = numbers[numbers != NOTHING]
        first, after = known[first], known[after]
        count = after - first
        if trail.aggregate is Aggregate.HIGH:
            rank = (HIGH_TENTHS * count + 9) // 10 - 1
            return ranked(numbers, first, after, np.maximum(rank, 0)), count == 0
        mean, absent = _divided(self._total(numbers, first, after), count)
        if trail.aggregate is Aggregate.MEAN:
            return mean, absent
        return np.sqrt(self._variance(np.clip(numbers, -MOST_SQUARED, MOST_SQUARED), first, after)), absent

    def _variance(self, numbers: Ints, first: Ints, after: Ints) -> Floats:
        """Mean squared distance from the mean; from the distances to the whole number below it, so that nothing cancels."""
        count = np.maximum(after - first, 1)
        squares = self._squared_distances(numbers, first, after, count).astype(np.float64)
        # Where they would leave the whole numbers, coarser ones say as much.
        coarse = self._squared_distances(numbers >> COARSE, first, after, count) * 4.0**COARSE
        rest = self._total(numbers, first, after) % count / count
        variance: Floats = np.maximum(np.where(coarse < 2.0**60, squares, coarse) / count - rest * rest, 0.0)
        return variance

    def _squared_distances(self, numbers: Ints, first: Ints, after: Ints, count: Ints) -> Ints:
        """Of each stretch's numbers from the whole number below their mean; right modulo 2**64, whatever the sums on the way are."""
        total = self._total(numbers, first, after)
        mean = total // count
        return self._total(numbers * numbers, first, after) - mean * (2 * total - mean * count)

    @staticmethod
    def _total(numbers: Ints, first: Ints, after: Ints) -> Ints:
        sums = running(numbers)
        answers: Ints = sums[after] - sums[first]
        return answers

    def _numbers(self, trail: Trail, missing: int, sign: int = 1) -> Ints:
        """The trail's value per event, in order of place."""
        numbers = (sign * self._events.line.frame[trail.value or ""]).fill_null(missing)
        return numbers.to_numpy()[self._events.rows]

    def _distinct(self, trail: Trail) -> Ints:
        """Distinct values in the window: those first seen before ``t`` less those that were seen again or left the window by then."""
        events, known_after = self._events, trail.delay or 1
        values = events.line.of(coded(trail.value or ""))[events.rows]
        by_value, sorted_values = in_order(values.astype(np.int64))
        starts = events.places[by_value]
        ends = starts + trail.reach
        # Of two neighbours with one value and other keys the later begins after the earlier has left the window.
        again = np.flatnonzero(sorted_values[1:] == sorted_values[:-1])
        ends[again] = np.minimum(ends[again], starts[again + 1] + known_after)
        # Starts and ends of other keys cancel: each value of an earlier key has both below the subject's place, of a later key neither.
        begun = count_up_to(events.places[values > 0], self._subjects.places - known_after)
        over = count_up_to(np.sort(ends[sorted_values > 0]), self._subjects.places)
        return begun - over


def _divided(upper: Ints | Floats, lower: Ints) -> tuple[Floats, Flags]:
    """One whole number over another, and where there is nothing to divide by."""
    absent = lower == 0
    return np.asarray(upper, dtype=np.float64) / np.where(absent, 1, lower), absent
