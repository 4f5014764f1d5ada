"""N-grams: what a text of any language is made of, hashed; characters within words, and words alone and in pairs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

#: Lengths of the character n-grams, the hash space, and the texts hashed at a time. Characters hash into the lower half of the space,
#: words and their pairs into the upper.
SHORTEST, LONGEST = 2, 5
BITS = 21
WORDS_FROM = 1 << (BITS - 1)
CHUNK = 1_000
#: Longer texts are read up to here.
LONGEST_TEXT = 20_000

_DIGITS = str.maketrans("123456789", "000000000")
_SPACE = ord(" ")
_BASE = 0xD6E8FEB86659FD93  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)


def normalised(text: str) -> str:
    """The text as the model reads it: NFKC, digits as 0, any run of white space as one space, a space at both ends.

    Case is kept: shouting tells. Words are hashed in lower case besides.

    Examples
    --------
    >>> normalised("ＶＩＰ  返现5元")
    ' VIP 返现0元 '
    """
    return " " + " ".join(folded(text[:LONGEST_TEXT]).split()) + " "


def folded(text: str) -> str:
    """NFKC with digits as 0, white space as it comes."""
    return unicodedata.normalize("NFKC", text).translate(_DIGITS)


@dataclass(frozen=True)
class Grams:
    """N-grams of a run of characters: where each starts and ends (exclusive) and its hash bucket; int64."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    bucket: NDArray[np.int64]


def codes_of(text: str) -> NDArray[np.uint64]:
    """The text's characters as code points."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def grams(codes: NDArray[np.uint64]) -> Grams:
    """All n-grams of normalised texts joined together; each text begins and ends with a space, so none crosses from text to text.

    Notes
    -----
    Character n-grams lie within a word, the space before or after it included (scikit-learn's ``char_wb``). A word is a run of
    letters and digits, a single character of a script without spaces, or a single sign.
    """
    parts = [*_characters(codes), *_words(codes)]
    return Grams(
        start=np.concatenate([np.zeros(0, dtype=np.int64), *(part.start for part in parts)]),
        end=np.concatenate([np.zeros(0, dtype=np.int64), *(part.end for part in parts)]),
        bucket=np.concatenate([np.zeros(0, dtype=np.int64), *(part.bucket for part in parts)]),
    )


def counts(texts: Sequence[str]) -> sp.csr_array:
    """Dampened n-gram counts (1 + ln count) of each text, shape (texts, 2**BITS); depends on each text alone."""
    parts: list[sp.csr_array] = []
    for first in range(0, len(texts), CHUNK):
        read = [normalised(text) for text in texts[first : first + CHUNK]]
        owner = np.repeat(np.arange(len(read), dtype=np.int64), [len(text) for text in read])
        found = grams(codes_of("".join(read)))
        keys, times = np.unique((owner[found.start] << BITS) | found.bucket, return_counts=True)
        pointer = np.searchsorted(keys >> BITS, np.arange(len(read) + 1))
        damped = 1.0 + np.log(times.astype(np.float64))
        parts.append(sp.csr_array((damped, keys & ((1 << BITS) - 1), pointer), shape=(len(read), 1 << BITS)))
    return sp.csr_array(sp.vstack(parts, format="csr")) if parts else sp.csr_array((0, 1 << BITS), dtype=np.float64)


def is_unspaced(character: str) -> bool:
    """Whether the character belongs to a script that writes words without spaces between them (Han, kana, Thai, Lao …)."""
    code = ord(character)
    return 0x0E00 <= code <= 0x0EFF or 0x2E80 <= code <= 0x312F or 0x31A0 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def is_letter(character: str) -> bool:
    """Whether the character is part of a word: a letter, a digit or a mark on one."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _bucket(hashed: NDArray[np.uint64]) -> NDArray[np.int64]:
    mixed = (hashed ^ (hashed >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(65 - BITS)).astype(np.int64)


def _characters(codes: NDArray[np.uint64]) -> list[Grams]:
    place = np.arange(len(codes), dtype=np.int64)
    is_space = codes == _SPACE
    hashed = (codes + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    crosses = np.zeros(len(codes), dtype=bool)
    found = []
    for length in range(2, LONGEST + 1):
        count = len(codes) - length + 1
        if count <= 0:
            break
        # A space inside an n-gram, other than at its two ends, ends the word; two spaces in a row end the text.
        inner = is_space[length - 2 : length - 2 + count]
        crosses = crosses[:count] | (inner if length > 2 else inner & is_space[1 : 1 + count])
        mixed = (hashed[:count] ^ (hashed[:count] >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        hashed = mixed + (codes[length - 1 : length - 1 + count] + np.uint64(1)) * np.uint64(0x94D049BB133111EB)
        if length >= SHORTEST:
            start = place[:count][~crosses]
            found.append(Grams(start=start, end=start + length, bucket=_bucket(hashed[start])))
    return found


def _words(codes: NDArray[np.uint64]) -> list[Grams]:
    known, where = np.unique(codes, return_inverse=True)
    letters = [chr(int(code)) for code in known]
    # 0 space, 1 part of a longer word, 2 a word or sign of its own
    kinds = [0 if letter == " " else 1 if is_letter(letter) and not is_unspaced(letter) else 2 for letter in letters]
    kind = np.asarray(kinds, dtype=np.int64)[where]
    lowered = np.asarray([ord(letter.lower()) if len(letter.lower()) == 1 else ord(letter) for letter in letters], dtype=np.uint64)[where]
    joined = np.concatenate([[False], (kind[1:] == 1) & (kind[:-1] == 1)]) if len(kind) else np.zeros(0, dtype=bool)
    start = np.flatnonzero((kind > 0) & ~joined)
    if len(start) == 0:
        return []
    # A word ends where the next character does not join it.
    breaks = np.flatnonzero(np.append(~joined, True))
    end = breaks[np.searchsorted(breaks, start, side="right")]
    # Polynomial hash of any stretch from running sums, modulo 2**64.
    powers, inverses = _powers(_BASE, len(codes)), _powers(_INVERSE, len(codes))
    running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum((lowered + np.uint64(1)) * powers[:-1])])
    hashed = (running[end] - running[start]) * inverses[start]
    hashed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
    # Two words make a pair when nothing but one space lies between; texts are parted by two.
    paired = np.flatnonzero(start[1:] - end[:-1] <= 1)
    pair = (hashed[paired] ^ (hashed[paired] >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9) + hashed[paired + 1]
    return [
        Grams(start=start, end=end, bucket=WORDS_FROM + _bucket(hashed)),
        Grams(start=start[paired], end=end[paired + 1], bucket=WORDS_FROM + _bucket(pair)),
    ]


def _powers(base: int, most: int) -> NDArray[np.uint64]:
    """``base`` to the power of 0 … ``most``, modulo 2**64."""
    factors = np.full(most + 1, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)
