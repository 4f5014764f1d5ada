"""Tables as places on one line: a key's code and the time as one whole number, so that windows become merges of sorted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Line:
    """A table whose rows have their moments.

    Parameters
    ----------
    frame
        The table, in any order.
    times
        Seconds, in the order of the table.
    """

    frame: pl.DataFrame
    times: Ints

    @staticmethod
    def over(frame: pl.DataFrame) -> Line:
        return Line(frame, frame["t"].to_numpy().astype(np.int64, copy=False))

    def of(self, column: str) -> NDArray[np.uint32]:
        """A column of codes."""
        codes: NDArray[np.uint32] = self.frame[column].to_numpy()
        return codes


@dataclass(frozen=True)
class Scale:
    """How code and time become one number: keys lie further apart than any window is long, so that no window reaches another key."""

    start: int
    longest: int
    span: int

    @staticmethod
    def over(lines: Sequence[Line], longest: int) -> Scale:
        ends = [int(end) for line in lines if len(line.times) for end in (line.times.min(), line.times.max())]
        start, end = min(ends, default=0), max(ends, default=0)
        return Scale(start, longest, (end - start) + 2 * longest + 2)

    def places(self, codes: Codes, times: Ints) -> Ints:
        places: Ints = codes.astype(np.int64) * self.span + (times - self.start + self.longest)
        return places


class Coder:
    """Whole numbers for the values of columns, the same in every table, 0 for null; which number a value gets means nothing."""

    def __init__(self) -> None:
        # The numbers of a set of categories are forgotten with the last column that holds it: an empty one keeps each alive.
        self._kept: dict[str, pl.Series] = {}

    def code(self, column: str) -> pl.Expr:
        """The column's codes, under the name of `coded`."""
        if column not in self._kept:
            self._kept[column] = pl.Series(dtype=pl.Categorical(pl.Categories.random()))
        number = pl.col(column).cast(pl.String).cast(self._kept[column].dtype).to_physical().cast(pl.UInt32)
        return (number + 1).fill_null(0).alias(coded(column))


def coded(column: str) -> str:
    """Where a column's codes stand."""
    return f"code of {column}"


def key_codes(lines: Sequence[Line], key: tuple[str, ...]) -> list[Codes]:
    """The key's code of every row of every table; 0 where a part of the key is null."""
    codes = [line.of(coded(key[0])) for line in lines]
    for column in key[1:]:
        others = [line.of(coded(column)) for line in lines]
        size = 1 + max(int(other.max(initial=0)) for other in others)
        pairs = [
            np.where((one == 0) | (other == 0), 0, one.astype(np.int64) * size + other) for one, other in zip(codes, others, strict=True)
        ]
        numbers = _numbered(pl.Series(np.concatenate(pairs)))
        codes = np.split(numbers, np.cumsum([len(pair) for pair in pairs])[:-1])
    return codes


def _numbered(pairs: pl.Series) -> Codes:
    """Each distinct number's own code from 1; 0 stays 0. Which code a number gets means nothing."""
    distinct = pairs.unique()
    distinct = distinct.filter(distinct != 0)
    codes = pl.Series(np.arange(1, distinct.len() + 1, dtype=np.uint32))
    return pairs.replace_strict(distinct, codes, default=0, return_dtype=pl.UInt32).to_numpy()


def in_order(numbers: Ints) -> tuple[Ints, Ints]:
    """Rows in ascending order of their numbers, those of one number as they stood; and the numbers so ordered. None is below zero.

    Notes
    -----
    Number and row become one whole number wherever both fit: numbers are sorted several times faster than rows by their numbers.
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > 63:
        rows = np.argsort(numbers, kind="stable")
        return rows, numbers[rows]
    both = numbers << bits
    both |= np.arange(len(numbers))
    both.sort()
    return both & ((1 << bits) - 1), both >> bits


def of_interest(line: Line, codes: Codes, subject_codes: Codes, where: str | None) -> Ints:
    """Rows of the events that hold ``where`` and whose key some subject has."""
    wanted = np.zeros(1 + max(int(codes.max(initial=0)), int(subject_codes.max(initial=0))), dtype=bool)
    wanted[subject_codes] = True
    wanted[0] = False
    kept = wanted[codes]
    if where:
        kept &= line.frame[where].fill_null(False).to_numpy()
    return np.flatnonzero(kept)


@dataclass(frozen=True)
class Placed:
    """Rows of a table in order of place.

    Parameters
    ----------
    line
        The table.
    rows
        Row of the frame behind each place.
    places
        Ascending.
    """

    line: Line
    rows: Ints
    places: Ints

    @staticmethod
    def of(line: Line, codes: Codes, chosen: Ints, scale: Scale) -> Placed:
        """The chosen rows of a table, given in its order."""
        if len(chosen) == len(codes):
            return Placed(line, *in_order(scale.places(codes, line.times)))
        rows, places = in_order(scale.places(codes[chosen], line.times[chosen]))
        return Placed(line, chosen[rows], places)


def count_up_to(places: Ints, limits: Ints) -> Ints:
    """How many ``places`` are at most each of the ``limits``; both ascending, so that one pass over the two suffices."""
    numbered = pl.DataFrame({"place": places}).with_row_index("count", offset=1).set_sorted("place")
    found = pl.DataFrame({"place": limits}).set_sorted("place").join_asof(numbered, on="place", strategy="backward")
    return found["count"].fill_null(0).cast(pl.Int64).to_numpy()
