from __future__ import annotations

from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from fairdeal.simulator.chance import stream
from fairdeal.simulator.goods import CATEGORIES
from fairdeal.simulator.phrases_en import ENGLISH
from fairdeal.simulator.phrases_zh import CHINESE
from fairdeal.simulator.wording import CLAUSES, Language, clauses, every, write_out

BOTH = pytest.mark.parametrize("language", [CHINESE, ENGLISH], ids=lambda language: language.code)


def written(language: Language, count: int, goodwill: float = 1.0, talk: float = 0.7) -> pl.Series:
    rng = stream(1, "wording")
    category = rng.integers(0, len(CATEGORIES), count)
    return write_out(rng, language, clauses(rng, language, category, np.full(count, goodwill), np.full(count, talk)))


@BOTH
def test_speaks_of_every_category_with_adjectives_for_every_aspect(language: Language) -> None:
    assert len(language.aspects) == len(CATEGORIES)
    groups = {group for row in language.aspects for _, group in row}
    assert groups <= set(language.good) == set(language.bad)


@BOTH
def test_writes_a_large_variety_of_texts(language: Language) -> None:
    text = written(language, 3000)
    assert text.n_unique() > 0.95 * len(text)


@BOTH
def test_no_phrase_is_missing_where_one_is_taken(language: Language) -> None:
    for field in fields(language):
        value = getattr(language, field.name)
        if isinstance(value, tuple) and field.name != "spellings":
            assert len(value) > 3, field.name
    assert sum(share for share, _ in language.spellings) < 0.25


def test_phrases_of_several_parts_come_in_every_combination() -> None:
    assert every(("it came", "it left"), (" late", " early")) == ("it came late", "it came early", "it left late", "it left early")


@BOTH
def test_no_review_is_empty(language: Language) -> None:
    assert (written(language, 2000, talk=0.0).str.len_chars() > 0).all()


@BOTH
def test_lengths_differ(language: Language) -> None:
    rng = stream(2, "lengths")
    said = clauses(rng, language, rng.integers(0, len(CATEGORIES), 2000), np.ones(2000), rng.random(2000))
    count = said.select(pl.sum_horizontal(pl.all().is_not_null()))["opening"]
    assert said.columns == list(CLAUSES)
    assert count.min() == 1
    assert count.max() == len(CLAUSES)


@BOTH
def test_ill_will_never_praises_the_goods(language: Language) -> None:
    rng = stream(3, "ill")
    said = clauses(rng, language, rng.integers(0, len(CATEGORIES), 2000), np.zeros(2000), np.ones(2000))
    assert said["service"].drop_nulls().is_in(list(language.service_bad)).all()
    assert said["closing"].drop_nulls().is_in(list(language.closings_bad)).all()
    adjectives = {word for words in language.bad.values() for word in words}
    assert all(any(text.endswith(word) for word in adjectives) for text in said["product"].drop_nulls())


def test_a_product_clause_reads_as_a_sentence() -> None:
    rng = stream(4, "sentence")
    said = clauses(rng, ENGLISH, np.zeros(200, dtype=np.int64), np.ones(200), np.ones(200))
    assert said["product"].str.contains(r"^the [a-z]+ is ([a-z]+ )*[a-z]+$").all()
