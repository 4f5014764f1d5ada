"""Wording: a grammar that writes reviews clause by clause, for many reviewers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import polars as pl

from fairdeal.simulator.chance import Floats, Ints, happens, pick

#: The places of a review's clauses, in the order of reading.
CLAUSES: tuple[str, ...] = ("opening", "product", "product_too", "product_also", "service", "delivery", "closing")


def every(*parts: Sequence[str]) -> tuple[str, ...]:
    """Every way to join one phrase of each part.

    >>> every(("it came", "it left"), (" late", " early"))
    ('it came late', 'it came early', 'it left late', 'it left early')
    """
    return tuple("".join(chosen) for chosen in product(*parts))


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
    """What people of one language say when they rate each other.

    ``aspects`` has, per category of goods, the things one can speak of and the group of adjectives that fits each; ``good`` and ``bad``
    the adjectives per group. A product clause is aspect, ``link``, degree, adjective. ``praise`` and ``scorn`` are the lines that are paid
    for more often than they are felt; ``stock`` what people write who write nothing.

    ``money`` speaks of refunds and compensation without asking for any, ``warnings`` of cheats that the writer met, ``scans`` of codes on
    the goods, ``solved`` of complaints that the shop made good: honest lines that hold a cheat's words. ``faults`` are what a bad batch
    suffers from, each behind one of ``finds``. ``buyers_good`` and ``buyers_bad`` are what shops say of buyers, ``excuses`` what a shop's
    own customer service answers.

    ``spellings`` are ways to spell and to punctuate, each with the share of texts that keep to it.
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
    scorn: tuple[str, ...]
    stock_good: tuple[str, ...]
    stock_bad: tuple[str, ...]
    money: tuple[str, ...]
    warnings: tuple[str, ...]
    scans: tuple[str, ...]
    solved: tuple[str, ...]
    finds: tuple[str, ...]
    faults: tuple[str, ...]
    buyers_good: tuple[str, ...]
    buyers_bad: tuple[str, ...]
    excuses: tuple[str, ...]
    separators: tuple[str, str, str, str]
    endings: tuple[str, ...]
    emoji: tuple[str, ...]
    spellings: tuple[tuple[float, Mapping[str, str]], ...]

    @cached_property
    def _shelves(self) -> dict[tuple[str, ...], Shelf]:
        return {}

    def shelf(self, *names: str) -> Shelf:
        """The phrases of the fields of these names, one key each; made once."""
        if names not in self._shelves:
            self._shelves[names] = Shelf([getattr(self, name) for name in names])
        return self._shelves[names]

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


def lines(rng: np.random.Generator, language: Language, name: str, count: int) -> pl.Series:
    """``count`` phrases of one field."""
    return language.shelf(name).any(rng, np.zeros(count, dtype=np.int64))


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
        "opening": lines(rng, language, "openings", count),
        "product": _product(rng, language, category, kind[1]),
        "product_too": _product(rng, language, category, kind[2]),
        "product_also": _product(rng, language, category, kind[3]),
        "service": language.shelf("service_bad", "service_good").any(rng, kind[4]),
        "delivery": language.shelf("delivery_bad", "delivery_good").any(rng, kind[5]),
        "closing": language.shelf("closings_bad", "closings_good").any(rng, kind[6]),
    }
    return pl.DataFrame({name: part.set(pl.Series(~said[row]), None) for row, (name, part) in enumerate(parts.items())})


def stock_phrases(rng: np.random.Generator, language: Language, goodwill: Floats) -> pl.Series:
    """What people write who have nothing to say."""
    return language.shelf("stock_bad", "stock_good").any(rng, happens(rng, goodwill, len(goodwill)).astype(np.int64))


def _product(rng: np.random.Generator, language: Language, category: Ints, kind: Ints) -> pl.Series:
    thing = language.things.numbers(rng, category)
    adjective = language.adjectives.any(rng, language.group_of_thing[thing] + kind * len(language.groups))
    degree = lines(rng, language, "degrees", len(category))
    return language.things.take(thing) + language.link + degree + adjective


def write_out(rng: np.random.Generator, language: Language, said: pl.DataFrame) -> pl.Series:
    """The clauses as one text per row: separators, capitals, an ending, now and then a slip of the finger, a spelling or an emoji."""
    count = said.height
    text = _joined(said, pick(rng, np.array([0.5, 0.25, 0.17, 0.08]), count), language.separators)
    text = text + lines(rng, language, "endings", count)
    if language.code == "en":
        capital = pl.Series(happens(rng, 0.75, count))
        text = text.zip_with(~capital, text.str.head(1).str.to_uppercase() + text.str.slice(1))
    return _spelt(rng, language, _adorn(rng, language, _slip(rng, text, 0.07)))


def _joined(said: pl.DataFrame, style: Ints, separators: Sequence[str]) -> pl.Series:
    """The clauses of each row with the separator of its style between them."""
    order = np.argsort(style, kind="stable")
    edges = np.searchsorted(style[order], np.arange(len(separators) + 1))
    by_style = said[order]
    parts = [
        by_style[int(edges[number]) : int(edges[number + 1])].select(text=pl.concat_str(pl.all(), separator=separator, ignore_nulls=True))
        for number, separator in enumerate(separators)
    ]
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pl.concat(parts)["text"].gather(back)


def _slip(rng: np.random.Generator, text: pl.Series, rate: float) -> pl.Series:
    """Two neighbouring characters swapped, one left out or one doubled, in the share ``rate`` of the texts."""
    rows = np.flatnonzero(happens(rng, rate, len(text)))
    some = text.gather(rows)
    length = some.str.len_chars().to_numpy()
    spot = (rng.random(len(rows)) * np.maximum(length - 2, 0)).astype(np.int64)
    kind = pl.lit(pl.Series(np.where(length >= 3, rng.integers(1, 4, len(rows)), 0)))
    table = pl.DataFrame({"text": some, "spot": spot})
    head, tail = pl.col("text").str.slice(0, pl.col("spot")), pl.col("text").str.slice(pl.col("spot") + 2)
    one, two = pl.col("text").str.slice(pl.col("spot"), 1), pl.col("text").str.slice(pl.col("spot") + 1, 1)
    slipped = table.select(
        pl.when(kind == 1)
        .then(pl.concat_str(head, two, one, tail))
        .when(kind == 2)
        .then(pl.concat_str(head, two, tail))
        .when(kind == 3)
        .then(pl.concat_str(head, one, one, two, tail))
        .otherwise("text")
        .alias("text")
    )["text"]
    return text.scatter(rows, slipped)


def _adorn(rng: np.random.Generator, language: Language, text: pl.Series) -> pl.Series:
    """One emoji at the end of some texts, two or three of a kind at the end of a few."""
    count = len(text)
    rows = np.flatnonzero(happens(rng, 0.09, count))
    emoji = pl.Series(language.emoji).gather(rng.integers(0, len(language.emoji), len(rows)))
    often = pick(rng, np.array([0.75, 0.15, 0.1]), len(rows))
    more = (emoji + emoji).zip_with(pl.Series(often == 1), emoji + emoji + emoji)
    return text.scatter(rows, text.gather(rows) + emoji.zip_with(pl.Series(often == 0), more))


def _spelt(rng: np.random.Generator, language: Language, text: pl.Series) -> pl.Series:
    """The texts, some of them in one of the language's other spellings."""
    draw = rng.random(len(text))
    below = 0.0
    for share, spelling in language.spellings:
        rows = np.flatnonzero((draw >= below) & (draw < below + share))
        text = text.scatter(rows, text.gather(rows).str.replace_many(spelling))
        below += share
    return text
