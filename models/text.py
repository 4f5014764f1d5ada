"""The text model: character n-grams of any language, weighed by how they turned out, with the spans that weigh most."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fairdeal.models.frames import Floats

#: N-gram lengths in characters, the hash space, the texts hashed at a time and the inverse strength of the penalty.
SHORTEST, LONGEST = 2, 4
BITS = 20
CHUNK = 2_000
PENALTY_C = 8.0
#: N-grams of fewer training texts than this say nothing that will come again.
FEWEST_TEXTS = 2
#: Longer texts are read up to here.
LONGEST_TEXT = 20_000

_DIGITS = str.maketrans("123456789", "000000000")
_SPACE = ord(" ")


def normalised(text: str) -> str:
    """The text as the model reads it: NFKC, lower case, digits as 0, any run of white space as one space, a space at both ends.

    Examples
    --------
    >>> normalised("ＶＩＰ  返现5元")
    ' vip 返现0元 '
    """
    return " " + " ".join(unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower().translate(_DIGITS).split()) + " "


def _grams(codes: NDArray[np.uint32], ends: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Per n-gram length: the length, start of every n-gram that crosses no word boundary, and its bucket."""
    found = []
    place = np.arange(len(codes), dtype=np.int64)
    hashed = (codes.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    is_space = codes == _SPACE
    crosses = np.zeros(len(codes), dtype=bool)
    for length in range(2, LONGEST + 1):
        count = len(codes) - length + 1
        if count <= 0:
            break
        # A space inside an n-gram, other than at its two ends, ends the word.
        if length > 2:
            crosses = crosses[:count] | is_space[length - 2 : length - 2 + count]
        else:
            crosses = np.zeros(count, dtype=bool)
        mixed = (hashed[:count] ^ (hashed[:count] >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        hashed = mixed + (codes[length - 1 : length - 1 + count].astype(np.uint64) + np.uint64(1)) * np.uint64(0x94D049BB133111EB)
        if length >= SHORTEST:
            start = place[:count]
            kept = start[(start + length <= ends[:count]) & ~crosses]
            final = hashed[kept]
            final = (final ^ (final >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
            found.append((length, kept, (final >> np.uint64(64 - BITS)).astype(np.int64)))
    return found


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def counts(texts: Sequence[str]) -> sp.csr_array:
    """Dampened n-gram counts (1 + ln count) of each text, shape (texts, 2**BITS); depends on each text alone."""
    parts: list[sp.csr_array] = []
    for first in range(0, len(texts), CHUNK):
        read = [normalised(text) for text in texts[first : first + CHUNK]]
        lengths = np.asarray([len(text) for text in read], dtype=np.int64)
        owner = np.repeat(np.arange(len(read), dtype=np.int64), lengths)
        ends = np.repeat(np.cumsum(lengths), lengths)
        grams = _grams(_codes("".join(read)), ends)
        keys = np.concatenate([np.zeros(0, dtype=np.int64), *((owner[start] << BITS) | bucket for _, start, bucket in grams)])
        keys, times = np.unique(keys, return_counts=True)
        pointer = np.searchsorted(keys >> BITS, np.arange(len(read) + 1))
        parts.append(
            sp.csr_array((1.0 + np.log(times.astype(np.float64)), keys & ((1 << BITS) - 1), pointer), shape=(len(read), 1 << BITS))
        )
    return sp.csr_array(sp.vstack(parts, format="csr")) if parts else sp.csr_array((0, 1 << BITS), dtype=np.float64)


@dataclass(frozen=True)
class TextModel:
    """Character n-grams × tf-idf × logistic regression, as plain arrays.

    Parameters
    ----------
    buckets
        Hash buckets the model knows, ascending, int64.
    rarity
        Inverse document frequency of each, float32.
    weights
        Log-odds per unit of each, float32.
    intercept
        Log-odds of a text of which nothing is known.
    """

    buckets: NDArray[np.int64]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: float

    @cached_property
    def _tables(self) -> tuple[Floats, Floats]:
        squared, weighed = np.zeros(1 << BITS), np.zeros(1 << BITS)
        squared[self.buckets] = self.rarity.astype(np.float64) ** 2
        weighed[self.buckets] = self.rarity.astype(np.float64) * self.weights.astype(np.float64)
        return squared, weighed

    def margin(self, counted: sp.csr_array) -> Floats:
        """Log-odds of each counted text, shape (texts,); a text's value does not depend on its company."""
        squared, weighed = self._tables
        norm = np.sqrt(counted.power(2) @ squared)
        return np.asarray(counted @ weighed) / np.where(norm > 0, norm, 1.0) + self.intercept

    def score(self, texts: Sequence[str]) -> Floats:
        """0 to 1 per text, high reads like known fakes; NaN for an empty text."""
        scored = np.empty(len(texts))
        for first in range(0, len(texts), CHUNK):
            some = texts[first : first + CHUNK]
            scored[first : first + CHUNK] = expit(self.margin(counts(some)))
        scored[[not text.strip() for text in texts]] = np.nan
        return scored

    def spans(self, text: str, most: int = 5) -> list[tuple[int, int, float]]:
        """The parts of a text that raise its score most.

        Parameters
        ----------
        text
            As written; positions count its characters.
        most
            How many parts at most.

        Returns
        -------
        list of (start, end, weight)
            In order of position, end exclusive, whole words or phrases. The weight is the part's share of the log-odds.
            Empty when nothing in the text speaks for a fake.

        Notes
        -----
        Each n-gram's contribution is spread over its characters; characters are joined to words (single characters where a
        script writes no spaces) and neighbouring words that both speak for a fake to phrases. N-gram weights are never shown.
        """
        read, origin = _with_origin(text)
        if not read.strip():
            return []
        codes = _codes(read)
        grams = _grams(codes, np.full(len(codes), len(codes), dtype=np.int64))
        buckets = np.concatenate([bucket for _, _, bucket in grams])
        squared, weighed = self._tables
        unique, inverse, times = np.unique(buckets, return_inverse=True, return_counts=True)
        dampened = 1.0 + np.log(times)
        norm = float(np.sqrt(np.sum(dampened**2 * squared[unique])))
        if norm == 0.0:
            return []
        each = (dampened * weighed[unique] / norm / times)[inverse]
        by_letter = np.zeros(len(codes))
        letters = codes != _SPACE
        at = 0
        for length, start, _ in grams:
            share = each[at : at + len(start)]
            at += len(start)
            within = np.maximum(sum(letters[start + offset].astype(np.float64) for offset in range(length)), 1.0)
            for offset in range(length):
                np.add.at(by_letter, start + offset, share / within * letters[start + offset])
        return _phrases(text, by_letter, origin, most)


def _with_origin(text: str) -> tuple[str, NDArray[np.int64]]:
    """The normalised text and, for each of its characters, the position in the text as written (-1 for the spaces)."""
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    cut = text[:LONGEST_TEXT]
    while start < len(cut):
        end = start + 1
        while end < len(cut) and unicodedata.combining(cut[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", cut[start:end]).lower().translate(_DIGITS)
        for character in piece:
            gap = character.isspace()
            if not (gap and (not pieces or pieces[-1] == " ")):
                pieces.append(" " if gap else character)
                places.append(-1 if gap else start)
        start = end
    if pieces and pieces[-1] == " ":
        pieces.pop()
        places.pop()
    return " " + "".join(pieces) + " ", np.asarray([-1, *places, -1], dtype=np.int64)


def _is_unspaced(character: str) -> bool:
    """Whether the character belongs to a script that writes words without spaces between them."""
    code = ord(character)
    return 0x0E00 <= code <= 0x0EFF or 0x2E80 <= code <= 0x312F or 0x31A0 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def _words(text: str) -> list[tuple[int, int]]:
    """Words by position: runs of letters, digits and marks; single characters in scripts without spaces."""
    found: list[tuple[int, int]] = []
    start = -1
    for place, character in enumerate(text):
        inside = character.isalnum() or unicodedata.category(character).startswith("M")
        alone = inside and _is_unspaced(character)
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


def _phrases(text: str, by_letter: Floats, origin: NDArray[np.int64], most: int) -> list[tuple[int, int, float]]:
    """Neighbouring words with positive weight as one phrase each, the heaviest kept, in order of position."""
    known = origin >= 0
    weight = np.zeros(len(text))
    np.add.at(weight, origin[known], by_letter[known])
    phrases: list[tuple[int, int, float]] = []
    for start, end in _words(text):
        heavy = float(weight[start:end].sum())
        if heavy <= 0:
            continue
        if phrases and not text[phrases[-1][1] : start].strip():
            first, _, before = phrases.pop()
            phrases.append((first, end, before + heavy))
        else:
            phrases.append((start, end, heavy))
    total = sum(heavy for _, _, heavy in phrases)
    kept = [phrase for phrase in phrases if phrase[1] - phrase[0] >= 2 and phrase[2] >= 0.05 * total]
    kept = sorted(kept, key=lambda phrase: (-phrase[2], phrase[0]))[:most]
    return sorted((start, end, round(heavy, 6)) for start, end, heavy in kept)


def fit_text(counted: sp.csr_array, is_fraud: Floats, weight: Floats, seed: int) -> TextModel:
    """A text model from counted texts, shape (texts, 2**BITS), and their labels; both labels must occur."""
    seen = np.bincount(counted.indices, minlength=1 << BITS)
    buckets = np.flatnonzero(seen >= FEWEST_TEXTS).astype(np.int64)
    rarity = (np.log((1.0 + counted.shape[0]) / (1.0 + seen[buckets])) + 1.0).astype(np.float32)
    column = np.full(1 << BITS, -1, dtype=np.int64)
    column[buckets] = np.arange(len(buckets))
    kept = column[counted.indices] >= 0
    pointer = np.concatenate([[0], np.cumsum(kept)])[counted.indptr]
    narrow = sp.csr_array(
        (counted.data[kept] * rarity.astype(np.float64)[column[counted.indices[kept]]], column[counted.indices[kept]], pointer),
        shape=(counted.shape[0], len(buckets)),
    )
    norm = np.sqrt(np.asarray(narrow.power(2).sum(axis=1)).ravel())
    scaled = sp.csr_matrix(sp.diags_array(1.0 / np.where(norm > 0, norm, 1.0)) @ narrow)
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    if scaled.shape[1] == 0:
        positive = float(np.clip(np.average(is_fraud, weights=weight), 1e-6, 1 - 1e-6))
        return TextModel(buckets, rarity, np.zeros(0, dtype=np.float32), float(np.log(positive / (1 - positive))))
    fitted = LogisticRegression(solver="liblinear", C=PENALTY_C, random_state=seed, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # Where the last steps would still move the weights a little, the weights reached are as good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(scaled, is_fraud > 0.5, sample_weight=weight)
    return TextModel(buckets, rarity, fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]))


def out_of_fold_scores(counted: sp.csr_array, is_fraud: Floats, weight: Floats, fold: NDArray[np.int64], seed: int) -> Floats:
    """Each text's score by a model that saw neither the text nor its fold, shape (texts,); NaN where that cannot be had.

    A score from a model that has read the text would tell the next model the label.
    """
    scored = np.full(counted.shape[0], np.nan)
    for number in np.unique(fold):
        left, out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(np.unique(is_fraud[left] > 0.5)) == 2:
            scored[out] = expit(fit_text(counted[left], is_fraud[left], weight[left], seed).margin(counted[out]))
    return scored
