"""A small picture of a few numbers in a row, one bar each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Width of a bar with the gap behind it, and height of the picture, in its own units.
STEP, HEIGHT = 9, 24


@dataclass(frozen=True)
class Bar:
    """One number: where its bar stands, and how high it is."""

    value: int
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Bars:
    """All of them, the highest filling the picture."""

    width: int
    height: int
    bars: tuple[Bar, ...]


def bars_of(values: Sequence[int]) -> Bars:
    """The picture of ``values`` from left to right; nothing is a thin line."""
    most = max([*values, 1])
    heights = [max(1.0, round(HEIGHT * value / most, 1)) for value in values]
    bars = tuple(
        Bar(value, STEP * place, round(HEIGHT - height, 1), height)
        for place, (value, height) in enumerate(zip(values, heights, strict=True))
    )
    return Bars(STEP * len(values), HEIGHT, bars)
