"""Defects: the broken rows and careless texts that real files contain, planted and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fairdeal.simulator.chance import happens
from fairdeal.simulator.tokens import space, tokens

#: Share of the rows of a file that are broken copies, and the largest share in one file.
SHARE, MOST = 0.001, 0.02
#: Share of the texts into which somebody typed a card number.
CARD_SHARE = 0.0015

Broken = str | int | float | None


@dataclass(frozen=True)
class Defect:
    """One way in which a row is broken: ``column`` holds one of ``values`` instead of its own. No column: the row comes twice."""

    kind: str
    column: str | None = None
    values: tuple[Broken, ...] = ()


#: Published test numbers of card schemes: right in prefix, length and check digit, never issued.
TEST_CARDS: tuple[str, ...] = (
    "4111111111111111",
    "4242424242424242",
    "5555555555554444",
    "5105105105105100",
    "6200000000000005",
    "378282246310005",
)


def broken_rows(
    rng: np.random.Generator, rows: pl.DataFrame, defects: tuple[Defect, ...], key: tuple[str, str], seed: int, first: int
) -> list[tuple[str, dict[str, object]]]:
    """Broken copies of some rows of one file, each with the kind of its defect.

    Parameters
    ----------
    rows
        The file's sound rows.
    key
        Column of the row's id and the kind of token it is; a broken copy gets an id of its own, a row that comes twice keeps its own.
    first
        Number of the first broken row, so that ids differ between files.
    """
    count = min(int(rng.poisson(SHARE * rows.height)), int(rows.height * MOST))
    if count == 0:
        return []
    column, kind = key
    chosen = rows[rng.integers(0, rows.height, count)].to_dicts()
    fresh = tokens(kind, np.arange(count, dtype=np.int64) + space(90) + first, seed)
    broken: list[tuple[str, dict[str, object]]] = []
    for number, row in enumerate(chosen):
        defect = defects[int(rng.integers(0, len(defects)))]
        if defect.column is not None:
            row[column] = fresh[number]
            row[defect.column] = defect.values[int(rng.integers(0, len(defect.values)))]
        broken.append((defect.kind, row))
    return broken


def with_card_numbers(rng: np.random.Generator, text: pl.Series) -> tuple[pl.Series, int]:
    """The texts, a few with a test card number in them, plain, spaced, dashed or full-width; and how many."""
    chosen = happens(rng, CARD_SHARE, len(text)) & text.is_not_null().to_numpy()
    places = np.flatnonzero(chosen)
    careless = [f"{text[int(place)]} {_typed(rng)}" for place in places]
    return (text.scatter(places, careless) if careless else text), len(careless)


def _typed(rng: np.random.Generator) -> str:
    """A card number the way people type it."""
    card = TEST_CARDS[int(rng.integers(0, len(TEST_CARDS)))]
    style = int(rng.integers(0, 4))
    if style == 3:
        return "卡号" + card.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    return "卡号" + ("", " ", "-")[style].join(card[start : start + 4] for start in range(0, len(card), 4))
