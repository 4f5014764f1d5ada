from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.features import twins
from fairdeal.features.twins import BANDS, NO_SIGNATURE, WIDTH, WINNOW, find_twins, fingerprints, letters, signature

LONG = "The parcel arrived on time and the shoes fit perfectly, would buy again from this shop"
CHINESE = "卖家发货很快，包装也很用心，质量比想象中好，下次还会再来买，推荐给大家"


def pairs(texts: list[str | None], **options: float) -> dict[tuple[str, str], float]:
    found = find_twins([f"r{number}" for number in range(len(texts))], texts, **options)  # type: ignore[arg-type]
    return {(row["id"], row["twin_id"]): row["similarity"] for row in found.iter_rows(named=True)}


def test_the_examples_in_the_docs_hold() -> None:
    assert doctest.testmod(twins).failed == 0


def test_copies_that_differ_in_dress_only_are_exact_twins() -> None:
    dressed = [CHINESE, CHINESE.replace("，", "!!! ") + "👍👍", CHINESE.replace("很快", " 很 快 ")]
    assert set(pairs(dressed).values()) == {1.0}
    assert len(pairs(dressed)) == 6


def test_a_changed_word_makes_a_near_twin_both_ways() -> None:
    found = pairs([LONG, LONG.replace("shoes", "boots"), CHINESE, CHINESE.replace("包装", "快递"), "something else entirely, not alike"])
    assert set(found) == {("r0", "r1"), ("r1", "r0"), ("r2", "r3"), ("r3", "r2")}
    assert found["r0", "r1"] == found["r1", "r0"]
    assert 0.6 <= found["r0", "r1"] < 1.0


def test_the_similarity_is_the_exact_jaccard_index() -> None:
    one, other = letters(LONG), letters(LONG.replace("shoes", "boots"))
    sets = [{text[at : at + 4] for at in range(len(text) - 3)} for text in (one, other)]
    assert pairs([LONG, LONG.replace("shoes", "boots")])["r0", "r1"] == len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_short_texts_have_no_twins_unless_exact_and_long_enough() -> None:
    assert pairs(["很好", "很好", "good", "good", "", None, "👍👍👍👍👍👍👍👍👍", "👍👍👍👍👍👍👍👍👍"]) == {}
    assert set(pairs(["质量真的很好", "质量真的很好", "质量真的很棒"])) == {("r0", "r1"), ("r1", "r0")}


def test_a_text_tells_its_nearest_twins_and_no_more_than_asked() -> None:
    copies = [LONG] * 50 + [LONG.replace("shoes", "boots")]
    found = pairs(copies, most=3)
    assert all(sum(pair[0] == f"r{number}" for pair in found) == 3 for number in range(51))
    assert {similarity for pair, similarity in found.items() if pair[0] == "r0"} == {1.0}


def test_the_order_of_texts_does_not_matter() -> None:
    texts = [LONG, LONG + " indeed", CHINESE, CHINESE + "哦", LONG.replace("time", "Monday"), "short"]
    ids = [f"r{number}" for number in range(len(texts))]
    turned = find_twins(ids[::-1], texts[::-1])
    assert turned.equals(find_twins(ids, texts))


def test_near_twins_share_a_band_and_strangers_do_not() -> None:
    bands = signature([LONG, LONG.replace("shoes", "boots"), CHINESE, "nice", None])
    assert bands.shape == (5, BANDS)
    assert bands.dtype == np.uint64
    assert (bands[0] == bands[1]).any()
    assert not (bands[0] == bands[2]).any()
    assert (bands[3:] == NO_SIGNATURE).all()
    assert (bands[:3] != NO_SIGNATURE).all()


@given(st.lists(st.text(max_size=40), max_size=8))
def test_a_signature_depends_on_its_text_alone(texts: list[str]) -> None:
    together = signature(texts)
    for row, text in enumerate(texts):
        assert (signature([text])[0] == together[row]).all()


def test_signatures_never_change_from_release_to_release() -> None:
    # Stored as keys of features: another value here means that history has to be computed anew.
    assert int(signature([LONG, CHINESE, "质量真的很好"]).sum(dtype=np.uint64)) == PINNED


PINNED = 10373484790826063294


def test_planted_near_copies_are_found_among_many_texts() -> None:
    rng = np.random.default_rng(0)
    vocabulary = ["".join(rng.choice(list("abcdefghijklmnop"), rng.integers(3, 9))) for _ in range(2_000)]
    texts = [" ".join(rng.choice(vocabulary, 25)) for _ in range(1_500)]
    copies = []
    for text in texts[:300]:
        words = text.split()
        words[int(rng.integers(25))] = str(rng.choice(vocabulary))
        copies.append(" ".join(words))
    found = pairs([*texts, *copies])
    hits = sum((f"r{number}", f"r{1_500 + number}") in found for number in range(300))
    assert hits >= 297
    assert len(found) == 2 * hits


def test_ids_must_be_distinct_and_as_many_as_texts() -> None:
    with pytest.raises(ValueError, match="one distinct id per text"):
        find_twins(["a", "a"], ["x", "y"])
    with pytest.raises(ValueError, match="one distinct id per text"):
        find_twins(["a"], ["x", "y"])


@given(
    before=st.text("abcdef", max_size=12),
    between=st.text("ghijk", min_size=WIDTH + WINNOW - 1, max_size=12),
    after=st.text("lmnop", max_size=12),
)
def test_texts_with_a_long_stretch_in_common_share_a_fingerprint(before: str, between: str, after: str) -> None:
    marks, owners = fingerprints([before + between + after + "z" * 8, "y" * 8 + between, "x" * 8])
    of = [set(marks[owners == number].tolist()) for number in range(3)]
    assert of[0] & of[1]
    assert not (of[0] | of[1]) & of[2]
    assert len(marks) == sum(map(len, of))


def test_a_text_has_the_same_fingerprints_in_any_company() -> None:
    alone, _ = fingerprints([CHINESE])
    marks, owners = fingerprints([LONG, "", CHINESE, "short"])
    assert set(marks[owners == 2].tolist()) == set(alone.tolist())
    assert set(owners.tolist()) == {0, 2}
