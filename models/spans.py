"""Spans: the words and phrases of a text that speak for a fake, in place of n-gram weights that nobody can read."""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

from fairdeal.models.frames import Floats
from fairdeal.models.ngrams import LONGEST_TEXT, Grams, folded, is_letter, is_unspaced

#: A phrase must hold at least this part of all that speaks for a fake.
LEAST_SHARE = 0.05


def with_origin(text: str) -> tuple[str, NDArray[np.int64]]:
    """The normalised text and, for each of its characters, its position in the text as written (-1 for the spaces)."""
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    cut = text[:LONGEST_TEXT]
    while start < len(cut):
        end = start + 1
        while end < len(cut) and unicodedata.combining(cut[end]):
            end += 1
        # A letter and the marks on it are normalised together, as they are in the whole text.
        for character in folded(cut[start:end]):
            gap = character.isspace()
            if not (gap and (not pieces or pieces[-1] == " ")):
                pieces.append(" " if gap else character)
                places.append(-1 if gap else start)
        start = end
    if pieces and pieces[-1] == " ":
        pieces.pop()
        places.pop()
    return " " + "".join(pieces) + " ", np.asarray([-1, *places, -1], dtype=np.int64)


def spread(found: Grams, each: Floats, is_space: NDArray[np.bool_]) -> Floats:
    """Each n-gram's contribution divided evenly among its letters, added up per character; shape (characters,)."""
    letters = np.concatenate([[0], np.cumsum(~is_space)])
    share = each / np.maximum(letters[found.end] - letters[found.start], 1)
    steps = np.zeros(len(is_space) + 1)
    np.add.at(steps, found.start, share)
    np.subtract.at(steps, found.end, share)
    return np.where(is_space, 0.0, np.cumsum(steps)[:-1])


def phrases(text: str, by_letter: Floats, origin: NDArray[np.int64], most: int) -> list[tuple[int, int, float]]:
    """Neighbouring words with positive weight as one phrase each, the heaviest ``most`` of them in order of position.

    Parameters
    ----------
    text
        As written.
    by_letter, origin
        Weight and place in ``text`` of each normalised character.
    most
        How many at most.
    """
    known = origin >= 0
    weight = np.zeros(len(text))
    np.add.at(weight, origin[known], by_letter[known])
    joined: list[tuple[int, int, float]] = []
    for start, end in _words(text):
        heavy = float(weight[start:end].sum())
        if heavy <= 1e-9:
            continue
        if joined and not text[joined[-1][1] : start].strip():
            first, _, before = joined.pop()
            joined.append((first, end, before + heavy))
        else:
            joined.append((start, end, heavy))
    total = sum(heavy for _, _, heavy in joined)
    kept = [phrase for phrase in joined if phrase[1] - phrase[0] >= 2 and phrase[2] >= LEAST_SHARE * total]
    kept = sorted(kept, key=lambda phrase: (-phrase[2], phrase[0]))[:most]
    return sorted((start, end, round(heavy, 6)) for start, end, heavy in kept)


def _words(text: str) -> list[tuple[int, int]]:
    """Words by position: runs of letters, digits and marks; single characters in scripts without spaces."""
    found: list[tuple[int, int]] = []
    start = -1
    for place, character in enumerate(text):
        inside = is_letter(character)
        alone = inside and is_unspaced(character)
        if start >= 0 and (not inside or alone):
            found.append((start, place))
            start = -1
        if alone:
            found.append((place, place + 1))
        elif inside and start < 0:
            start = place
    if start >= 0:
        found.append((start, len(text)))
    return found
