"""Wording: a grammar that writes reviews clause by clause, for many reviewers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Floats, Ints, happens, pick

#: The places of a review's clauses, in the order of reading.
CLAUSES: tuple[str, ...] = ("opening", "product", "product_too", "product_also", "service", "delivery", "closing")


class Shelf:
    """Phrases by key, ready to be taken for many rows at once."""

    def __init__(self, phrases: Sequence[Sequence[str]]) -> None:
        self._lengths = np.array([len(row) for row in phrases], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._lengths)[:-1]]).astype(np.int64)
        self._phrases = pl.Series([phrase for row in phrases for phrase in row], dtype=pl.String)

    def numbers(self, rng: np.random.Generator, key: Ints) -> Ints:
        """Number of one phrase per row, among those of the row's key."""
        return self._starts[key] + (rng.random(len(key)) * self._lengths[key]).astype(np.int64)

    def take(self, numbers: Ints) -> pl.Series:
        return self._phrases.gather(numbers)

    def any(self, rng: np.random.Generator, key: Ints) -> pl.Series:
        """One phrase per row, among those of the row's key."""
        return self.take(self.numbers(rng, key))


@dataclass(frozen=True)
class Language:
    """What reviewers of one language say.

    ``aspects`` has, per category of goods, the things one can speak of and the group of adjectives that fits each; ``good`` and ``bad``
    the adjectives per group; ``praise`` the lines that are paid for more often than they are felt; ``stock`` what people write who write
    nothing. A product clause is aspect, ``link``, degree, adjective.
    """

    code: str
    link: str
    degrees: tuple[str, ...]
    aspects: tuple[tuple[tuple[str, str], ...], ...]
    good: Mapping[str, tuple[str, ...]]
    bad: Mapping[str, tuple[str, ...]]
    service_good: tuple[str, ...]
    service_bad: tuple[str, ...]
    delivery_good: tuple[str, ...]
    delivery_bad: tuple[str, ...]
    openings: tuple[str, ...]
    closings_good: tuple[str, ...]
    closings_bad: tuple[str, ...]
    praise: tuple[str, ...]
    stock_good: tuple[str, ...]
    stock_bad: tuple[str, ...]
    separators: tuple[str, str, str, str]
    endings: tuple[str, ...]
    emoji: tuple[str, ...]

    @cached_property
    def groups(self) -> tuple[str, ...]:
        return tuple(self.good)

    @cached_property
    def adjectives(self) -> Shelf:
        """Bad adjectives of every group, then good ones."""
        return Shelf([self.bad[group] for group in self.groups] + [self.good[group] for group in self.groups])

    @cached_property
    def things(self) -> Shelf:
        return Shelf([[aspect for aspect, _ in row] for row in self.aspects])

    @cached_property
    def group_of_thing(self) -> Ints:
        return np.array([self.groups.index(group) for row in self.aspects for _, group in row], dtype=np.int64)


def clauses(rng: np.random.Generator, language: Language, category: Ints, goodwill: Floats, talk: Floats) -> pl.DataFrame:
    """The clauses of one review per row, null where nothing is said; columns of `CLAUSES`.

    Parameters
    ----------
    category
        Number of the category of goods.
    goodwill
        Probability that a clause is friendly.
    talk
        Probability that an optional clause is said.
    """
    count = len(category)
    said = np.stack([happens(rng, talk * share, count) for share in (0.55, 1, 1, 0.7, 0.6, 0.7, 0.75)])
    said[1] |= ~said.any(axis=0)
    kind = [happens(rng, goodwill, count).astype(np.int64) for _ in CLAUSES]
    parts = {
        "opening": Shelf([language.openings]).any(rng, np.zeros(count, dtype=np.int64)),
        "product": _product(rng, language, category, kind[1]),
        "product_too": _product(rng, language, category, kind[2]),
        "product_also": _product(rng, language, category, kind[3]),
        "service": Shelf([language.service_bad, language.service_good]).any(rng, kind[4]),
        "delivery": Shelf([language.delivery_bad, language.delivery_good]).any(rng, kind[5]),
        "closing": Shelf([language.closings_bad, language.closings_good]).any(rng, kind[6]),
    }
    return pl.DataFrame({name: part.set(pl.Series(~said[row]), None) for row, (name, part) in enumerate(parts.items())})


def praise(rng: np.random.Generator, language: Language, count: int) -> pl.Series:
    """One line of praise per row."""
    return Shelf([language.praise]).any(rng, np.zeros(count, dtype=np.int64))


def stock_phrases(rng: np.random.Generator, language: Language, goodwill: Floats) -> pl.Series:
    """What people write who have nothing to say."""
    return Shelf([language.stock_bad, language.stock_good]).any(rng, happens(rng, goodwill, len(goodwill)).astype(np.int64))


def _product(rng: np.random.Generator, language: Language, category: Ints, kind: Ints) -> pl.Series:
    thing = language.things.numbers(rng, category)
    adjective = language.adjectives.any(rng, language.group_of_thing[thing] + kind * len(language.groups))
    degree = Shelf([language.degrees]).any(rng, np.zeros(len(category), dtype=np.int64))
    return language.things.take(thing) + language.link + degree + adjective


def write_out(rng: np.random.Generator, language: Language, said: pl.DataFrame) -> pl.Series:
    """The clauses as one text per row: separators, capitals, an ending, now and then a slip of the finger or an emoji."""
    count = said.height
    style = pick(rng, np.array([0.5, 0.25, 0.17, 0.08]), count)
    joined = [pl.concat_str(pl.all(), separator=separator, ignore_nulls=True) for separator in language.separators]
    by_style = pl.coalesce([pl.when(pl.lit(pl.Series(style == number))).then(text) for number, text in enumerate(joined)])
    ending = pl.Series(language.endings).gather(rng.integers(0, len(language.endings), count))
    text = said.select(by_style.alias("text"))["text"] + ending
    if language.code == "en":
        capital = pl.Series(happens(rng, 0.75, count))
        text = pl.DataFrame({"text": text}).select(
            pl.when(capital)
            .then(pl.concat_str(pl.col("text").str.head(1).str.to_uppercase(), pl.col("text").str.slice(1)))
            .otherwise("text")
        )["text"]
    return _adorn(rng, language, _slip(rng, text, 0.07))


def _slip(rng: np.random.Generator, text: pl.Series, rate: float) -> pl.Series:
    """Two neighbouring characters swapped, one left out or one doubled, in the share ``rate`` of the texts."""
    count = len(text)
    length = text.str.len_chars().to_numpy()
    table = pl.DataFrame({"text": text, "spot": (rng.random(count) * np.maximum(length - 2, 0)).astype(np.int64)})
    head, tail = pl.col("text").str.slice(0, pl.col("spot")), pl.col("text").str.slice(pl.col("spot") + 2)
    one, two = pl.col("text").str.slice(pl.col("spot"), 1), pl.col("text").str.slice(pl.col("spot") + 1, 1)
    kind = pl.lit(pl.Series(np.where(happens(rng, rate, count) & (length >= 3), rng.integers(1, 4, count), 0)))
    return table.select(
        pl.when(kind == 1)
        .then(pl.concat_str(head, two, one, tail))
        .when(kind == 2)
        .then(pl.concat_str(head, two, tail))
        .when(kind == 3)
        .then(pl.concat_str(head, one, one, two, tail))
        .otherwise("text")
        .alias("text")
    )["text"]


def _adorn(rng: np.random.Generator, language: Language, text: pl.Series) -> pl.Series:
    count = len(text)
    emoji = pl.Series(language.emoji).gather(rng.integers(0, len(language.emoji), count))
    return text + emoji.set(pl.Series(~happens(rng, 0.09, count)), "")
