from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from fairdeal.models.ngrams import codes_of, counts, grams, normalised
from fairdeal.models.spans import with_origin
from fairdeal.models.text import TextModel, fit_text, out_of_fold_views

TEXTS = [
    "好评返现 加微信",
    "质量不错，物流很快",
    "GREAT product!! 100% recommend",
    "great PRODUCT, would buy again",
    "",
    "  ",
    "👍👍",
    "Hàng rất tốt",
]


def model() -> TextModel:
    fakes = [f"好评返现 加微信 {number}" for number in range(20)] + [f"get cash back now {number}" for number in range(20)]
    honest = [f"质量不错 物流很快 {number}" for number in range(20)] + [f"arrived late but works {number}" for number in range(20)]
    return fit_text(counts([*fakes, *honest]), np.repeat([1.0, 0.0], 40), np.ones(80), 0)


def test_character_ngrams_are_those_of_scikit_learn() -> None:
    text = normalised("ab c 中文好 d")
    found = grams(codes_of(text))
    ours = sorted(text[start:end] for start, end in zip(found.start, found.end, strict=True) if 2 <= end - start <= 4)
    words = {"ab", "c", "中文", "文好", "d", "ab c", "c 中", "好 d"}
    theirs = CountVectorizer(analyzer="char_wb", ngram_range=(2, 4), lowercase=False).build_analyzer()("ab c 中文好 d")
    left = list(ours)
    for gram in theirs:
        left.remove(gram)
    # What remains are the words and pairs of words of two to four characters.
    assert sorted(left) == sorted(word for word in words if 2 <= len(word) <= 4)


def test_the_same_word_has_the_same_bucket_anywhere_and_in_any_case() -> None:
    for text in ("cash", "get cash", "some long words before CASH and after", "，cash。"):
        read = normalised(text)
        found = grams(codes_of(read))
        at = read.lower().index("cash")
        mine = [int(b) for s, e, b in zip(found.start, found.end, found.bucket, strict=True) if (s, e) == (at, at + 4)]
        whole = normalised("cash")
        only = grams(codes_of(whole))
        alone = {int(b) for s, e, b in zip(only.start, only.end, only.bucket, strict=True) if (s, e) == (1, 5)}
        assert alone & set(mine)


def test_a_text_is_counted_alike_in_any_company() -> None:
    together = counts(TEXTS)
    for row, text in enumerate(TEXTS):
        alone = counts([text])
        assert (together[[row]] != alone).nnz == 0
        assert model().margin(alone)[0] == model().margin(together)[row]


def test_empty_texts_have_no_score() -> None:
    assert np.isnan(model().score(TEXTS)).tolist() == [False, False, False, False, True, True, False, False]


def test_fakes_score_higher_in_either_language() -> None:
    score = model().score(["好评返现 加微信 朋友", "质量不错 朋友", "cash back now friend", "works but late"])
    assert score[0] > 0.6 > 0.4 > score[1]
    assert score[2] > 0.6 > 0.4 > score[3]


def test_spans_are_whole_words_where_the_fake_speaks() -> None:
    text = "arrived late but get cash back now, works"
    spans = model().spans(text)
    assert "cash back" in " ".join(text[start:end] for start, end, _ in spans)
    for start, end, weight in spans:
        assert weight > 0
        assert start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
        assert end == len(text) or not (text[end - 1].isalnum() and text[end].isalnum())
    assert model().spans("质量不错 物流很快") == []


def test_spans_point_into_the_text_as_written() -> None:
    text = "质量不错……   ＣＡＳＨ　ＢＡＣＫ　now"
    joined = " ".join(text[start:end] for start, end, _ in model().spans(text))
    assert "ＢＡＣＫ" in joined
    assert "质量" not in joined


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_can_be_read_scored_and_spanned(text: str) -> None:
    one = model_once()
    score = one.score([text])[0]
    assert np.isnan(score) if not text.strip() else 0 <= score <= 1
    last = 0
    for start, end, _ in one.spans(text):
        assert last <= start < end <= len(text)
        last = end


@given(st.text(st.characters(exclude_categories=["Mn", "Mc", "Me", "Lo", "Cs"]), max_size=40))
def test_reading_with_origin_gives_the_same_text(text: str) -> None:
    read, origin = with_origin(text)
    assert read == (normalised(text) if text.strip() else "  ")
    assert len(read) == len(origin)


ONCE: list[TextModel] = []


def model_once() -> TextModel:
    if not ONCE:
        ONCE.append(model())
    return ONCE[0]


def test_out_of_fold_views_come_from_models_that_never_saw_the_fold() -> None:
    texts = [f"unique{number}" for number in range(40)]
    truth = np.tile([1.0, 0.0], 20)
    fold = np.arange(40) % 4
    scored = out_of_fold_views(counts(texts), truth, np.ones(40), fold, 0)
    turned = truth.copy()
    turned[fold == 0] = 1.0 - turned[fold == 0]
    # The labels of a fold change every score but its own.
    again = out_of_fold_views(counts(texts), turned, np.ones(40), fold, 0)
    assert (scored[fold == 0] == again[fold == 0]).all()
    assert not (scored[fold != 0] == again[fold != 0]).all()


def test_a_fold_whose_rest_holds_one_label_has_no_score() -> None:
    scored = out_of_fold_views(counts(["a b", "c d", "e f"]), np.asarray([1.0, 0.0, 0.0]), np.ones(3), np.asarray([0, 1, 1]), 0)
    assert np.isnan(scored[0]).all()


def test_texts_without_anything_in_common_give_the_base_rate() -> None:
    told = fit_text(counts(["ab", "cd", "ef", "gh"]), np.asarray([1.0, 0.0, 0.0, 0.0]), np.ones(4), 0)
    assert told.score(["xy"])[0] == pytest.approx(0.25)
