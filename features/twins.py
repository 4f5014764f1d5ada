"""Twin texts: reviews that say the same in nearly the same words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Characters per shingle, and bands and rows of the MinHash signature: texts with a Jaccard index of 0.6 share a band
#: in 95 of 100 cases, with 0.7 in 999 of 1,000, with 0.2 in 4 of 100.
WIDTH, BANDS, ROWS = 4, 24, 4
#: Neighbouring shingles of which one stands for all as a fingerprint.
WINNOW = 4
#: Texts with fewer letters and digits have no near twins …
SHORTEST = 8
#: … and with fewer than these not even exact ones: half the market writes "很好" or "good".
SHORTEST_EXACT = 6
#: Band hash of a text too short to have twins.
NO_SIGNATURE = 0
#: Texts of one band are compared with so many neighbours each; larger bands are rare once exact copies are set aside.
NEIGHBOURS = 30
CHUNK = 2_000


class _Read(dict[int, int | None]):
    """What each character counts as, looked up once: digits as 0, nothing for what is neither letter, digit nor a mark on one."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        counts = character.isalnum() or unicodedata.category(character).startswith("M")
        self[code] = ord("0") if character in "123456789" else code if counts else None
        return self[code]


_READ = _Read()
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def letters(text: str | None) -> str:
    """What counts when texts are compared: NFKC, lower case, digits as 0, without punctuation, spaces, symbols and emoji.

    Examples
    --------
    >>> letters("质量很好！！ 5星👍"), letters("ＧＯＯＤ  seller :-)")
    ('质量很好0星', 'goodseller')
    """
    if not text:
        return ""
    return unicodedata.normalize("NFKC", text).lower().translate(_READ)


def signature(texts: Sequence[str | None]) -> NDArray[np.uint64]:
    """Band hashes of each text: texts that share any of them are near-duplicates with high probability.

    Parameters
    ----------
    texts
        As written; null is the empty text.

    Returns
    -------
    array of uint64, shape (texts, BANDS)
        Usable as keys of features; `NO_SIGNATURE` in every band where the text is too short. Depends on each text alone, and is
        the same in every process and release that keeps the constants above.

    Notes
    -----
    Broder, "On the resemblance and containment of documents" (1997); banding as in Leskovec, Rajaraman, Ullman, "Mining of Massive
    Datasets", chapter 3.
    """
    bands = np.full((len(texts), BANDS), NO_SIGNATURE, dtype=np.uint64)
    for first in range(0, len(texts), CHUNK):
        read = [letters(text) for text in texts[first : first + CHUNK]]
        bands[first : first + CHUNK] = _bands(read)
    return bands


def fingerprints(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Stretches that stand for each text, so chosen that texts with a long stretch in common share at least one.

    Returns
    -------
    tuple
        Hash of each stretch of `WIDTH` letters chosen, and the position of its text; each stretch once per text. Texts with fewer than
        `SHORTEST` letters have none.

    Notes
    -----
    Winnowing (Schleimer, Wilkerson and Aiken, 2003): of every `WINNOW` neighbouring stretches the smallest hash stands, so that any
    common run of ``WIDTH + WINNOW - 1`` letters is found.
    """
    marks, owners = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    for first in range(0, len(texts), CHUNK):
        read = [letters(text) for text in texts[first : first + CHUNK]]
        long = np.asarray([at for at, text in enumerate(read) if len(text) >= SHORTEST], dtype=np.int64)
        if len(long) == 0:
            continue
        hashed, starts = _shingles([read[at] for at in long])
        owner = np.repeat(long, np.diff(starts))
        smallest = hashed[: len(hashed) - WINNOW + 1].copy()
        for step in range(1, WINNOW):
            np.minimum(smallest, hashed[step : len(hashed) - WINNOW + 1 + step], out=smallest)
        whole = owner[: len(smallest)] == owner[WINNOW - 1 :]
        mark, owner = smallest[whole], owner[: len(smallest)][whole]
        order = np.lexsort((mark, owner))
        mark, owner = mark[order], owner[order]
        fresh = np.append(True, (mark[1:] != mark[:-1]) | (owner[1:] != owner[:-1]))[: len(mark)]
        owners.append(first + owner[fresh])
        marks.append(mark[fresh])
    return np.concatenate(marks), np.concatenate(owners)


def find_twins(ids: Sequence[str], texts: Sequence[str | None], *, least_similarity: float = 0.6, most: int = 5) -> pl.DataFrame:
    """Near-duplicate texts.

    Parameters
    ----------
    ids
        One distinct id per text.
    texts
        As written; null is the empty text.
    least_similarity
        Jaccard index of the texts' shingles from which they count as twins.
    most
        Twins told per text at most.

    Returns
    -------
    DataFrame of ``id, twin_id, similarity``
        One row per text and twin, both ways; the most similar first, then by id. Exact copies have similarity 1.
        Does not depend on the order of the texts.

    Raises
    ------
    ValueError
        When ids and texts differ in number or an id stands twice.

    Notes
    -----
    Candidates come from shared bands (see `signature`); each is verified by its exact Jaccard index, so what is returned is never
    below ``least_similarity``, while a twin near the limit may be missed. Catches paid praise pasted with a word changed; absence
    of twins says nothing.
    """
    if len(ids) != len(texts) or len(set(ids)) != len(ids):
        raise ValueError(f"twins: {len(ids)} ids ({len(set(ids))} distinct) for {len(texts)} texts; one distinct id per text; correct them")
    order = sorted(range(len(ids)), key=lambda at: ids[at])
    copies: dict[str, list[str]] = {}
    for at in order:
        read = letters(texts[at])
        if len(read) >= SHORTEST_EXACT:
            copies.setdefault(read, []).append(ids[at])
    # Exact copies are one text from here on; its ids stay in order.
    distinct = sorted((text for text in copies if len(text) >= SHORTEST), key=lambda text: copies[text][0])
    similar: dict[str, list[tuple[float, str]]] = {text: [] for text in copies}
    for first, second, similarity in _similar_pairs(distinct, least_similarity):
        similar[distinct[first]].append((similarity, distinct[second]))
        similar[distinct[second]].append((similarity, distinct[first]))
    rows: list[tuple[str, str, float]] = []
    for text, own in copies.items():
        near: list[tuple[float, str]] = []
        for similarity, other in sorted(similar[text], key=lambda pair: (-pair[0], copies[pair[1]][0])):
            near.extend((similarity, twin) for twin in copies[other][:most])
        near = sorted(near, key=lambda pair: (-pair[0], pair[1]))[:most]
        for name in own:
            exact = [(1.0, twin) for twin in own[: most + 1] if twin != name]
            rows.extend((name, twin, similarity) for similarity, twin in [*exact, *near][:most])
    table = pl.DataFrame(rows, schema={"id": pl.String, "twin_id": pl.String, "similarity": pl.Float64}, orient="row")
    return table.sort(["id", "similarity", "twin_id"], descending=[False, True, False])


def _shingles(read: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of all shingles of all texts, text after text, and where each text's begin; the texts have at least WIDTH letters."""
    lengths = np.asarray([len(text) for text in read], dtype=np.int64)
    codes = np.frombuffer("".join(read).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    count = len(codes) - WIDTH + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64), np.zeros(len(read) + 1, dtype=np.int64)
    hashed = np.zeros(count, dtype=np.uint64)
    for offset in range(WIDTH):
        hashed = _mixed(hashed + codes[offset : offset + count] + _GOLDEN)
    ends = np.repeat(np.cumsum(lengths), lengths)[:count]
    whole = np.arange(count) + WIDTH <= ends
    starts = np.concatenate([[0], np.cumsum(np.maximum(lengths - WIDTH + 1, 0))])
    return hashed[whole], starts


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of splitmix64: every input bit moves every output bit."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


#: Odd multipliers, one per MinHash; fixed for ever, like the constants above.
_MULTIPLIERS = _mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64) * _GOLDEN) | np.uint64(1)


def _bands(read: Sequence[str]) -> NDArray[np.uint64]:
    bands = np.full((len(read), BANDS), NO_SIGNATURE, dtype=np.uint64)
    long = [at for at, text in enumerate(read) if len(text) >= SHORTEST]
    if long:
        hashed, starts = _shingles([read[at] for at in long])
        for band in range(BANDS):
            key = np.full(len(long), band + 1, dtype=np.uint64)
            for row in range(ROWS):
                smallest = np.minimum.reduceat(hashed * _MULTIPLIERS[band * ROWS + row], starts[:-1])
                key = _mixed(key + smallest)
            bands[long, band] = np.where(key == NO_SIGNATURE, np.uint64(1), key)
    for at, text in enumerate(read):
        if SHORTEST_EXACT <= len(text) < SHORTEST:
            # Too short for near twins: all bands say the exact text.
            code = np.zeros(1, dtype=np.uint64)
            for letter in text:
                code = _mixed(code + np.uint64(ord(letter)) + _GOLDEN)
            bands[at] = np.maximum(code, np.uint64(1))
    return bands


def _similar_pairs(distinct: Sequence[str], least_similarity: float) -> list[tuple[int, int, float]]:
    """Pairs of different texts of at least so great a Jaccard index, by position, smaller first."""
    if len(distinct) < 2:
        return []
    bands = np.concatenate([_bands(distinct[first : first + CHUNK]) for first in range(0, len(distinct), CHUNK)])
    found = [np.zeros((0, 2), dtype=np.int64)]
    for band in range(BANDS):
        order = np.argsort(bands[:, band], kind="stable")
        ordered = bands[order, band]
        for step in range(1, NEIGHBOURS + 1):
            same = np.flatnonzero(ordered[step:] == ordered[:-step])
            if len(same) == 0:
                break
            found.append(np.column_stack([order[same], order[same + step]]))
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    # Few texts are anybody's twin: only theirs are taken apart.
    sets = {at: _shingle_set(distinct[at]) for at in np.unique(pairs).tolist()}
    verified: list[tuple[int, int, float]] = []
    for one, other in pairs.tolist():
        common = len(sets[one] & sets[other])
        similarity = common / (len(sets[one]) + len(sets[other]) - common)
        if similarity >= least_similarity:
            verified.append((one, other, similarity))
    return verified


def _shingle_set(read: str) -> frozenset[str]:
    return frozenset(read[at : at + WIDTH] for at in range(len(read) - WIDTH + 1))
