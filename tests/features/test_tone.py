"""Stars against tone: what others gave who wrote the same words, in whatever language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import build
from fairdeal.features.twins import fingerprints

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
TONE, AGAINST = "review_tone_stars_30d", "review_stars_against_tone_30d"
ZH = ("质量非常好，下次还会再来购买", "质量太差了，千万不要上当受骗")
EN = ("works perfectly, would happily buy again", "broke at once, a complete waste of money")
VI = ("sản phẩm dùng rất thích, sẽ mua lại", "hàng kém chất lượng, thất vọng vô cùng")


def told(*rows: tuple[str, float | None], closes_after: int = 1) -> list[dict[str, float | None]]:
    """Tone and stars against it of each ``text, stars``, a minute apart, seen some days after they were posted."""
    table = INBOUND["reviews"].conform(
        pl.DataFrame(
            {
                "review_id": [f"r{at:03}" for at in range(len(rows))],
                "reviewer_id": [f"w{at}" for at in range(len(rows))],
                "merchant_id": [f"m{at}" for at in range(len(rows))],
                "subject_id": [f"l{at}" for at in range(len(rows))],
                "text": [text for text, _ in rows],
                "rating": pl.Series([stars for _, stars in rows], dtype=pl.Float64),
                "posted_at": pl.Series([DAY + timedelta(minutes=at) for at in range(len(rows))], dtype=pl.Datetime("us", "UTC")),
            }
        )
    )
    close = pl.Series([DAY + timedelta(days=closes_after)] * table.height, dtype=pl.Datetime("us", "UTC"))
    return build(Detector.REVIEWS, {"reviews": table}, table, as_of=close).rows.sort("subject_id").select(TONE, AGAINST).to_dicts()


@pytest.mark.parametrize("language", [ZH, EN, VI], ids=["Chinese", "English", "Vietnamese"])
def test_praise_with_one_star_and_anger_with_five_stand_out_in_any_language(language: tuple[str, str]) -> None:
    praise, anger = language
    rows = told(*[(praise, 5.0), (anger, 1.0)] * 6, (praise, 1.0), (anger, 5.0))
    honest_praise, honest_anger, sour_praise, sweet_anger = (row[AGAINST] for row in (*rows[:2], *rows[-2:]))
    assert all(value is not None for row in rows for value in row.values())
    assert rows[-2][TONE] > 4 > 2 > rows[-1][TONE]
    assert abs(honest_praise) < 1.5 > abs(honest_anger)
    assert sour_praise < -3 < 3 < sweet_anger


def test_a_review_s_own_stars_do_not_make_its_tone() -> None:
    others = [(EN[0], 5.0)] * 3 + [(EN[1], 2.0)] * 3
    one_star, five_stars = told(*others, (EN[0], 1.0))[-1], told(*others, (EN[0], 5.0))[-1]
    assert one_star[TONE] == five_stars[TONE]
    assert five_stars[AGAINST] - one_star[AGAINST] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("rows", "days", "tone", "against"),
    [
        ([("ok", 5.0), (EN[0], 5.0)], 1, None, None),  # too short to compare
        ([(EN[0], 5.0)], 1, None, None),  # nobody else gave stars
        ([(EN[0], None), (EN[0], 4.0)], 1, 4.0, None),  # no stars of its own
        ([(EN[0], 4.0), (EN[0], 4.0)], 31, None, None),  # all of it too long ago
        ([(EN[0], 1.0), (EN[1], 3.0), (EN[1], 5.0)], 1, 4.0, -3.0),  # words that nobody else wrote speak for the usual
    ],
)
def test_what_no_history_tells_is_null_and_new_words_have_the_usual_tone(
    rows: list[tuple[str, float | None]], days: int, tone: float | None, against: float | None
) -> None:
    assert told(*rows, closes_after=days)[0] == {TONE: tone, AGAINST: against}


def by_hand(rows: list[tuple[str, float | None]]) -> list[float | None]:
    """The definition, written out: every review is looked at when all have been posted."""
    marks = [set(fingerprints([text])[0]) for text, _ in rows]
    found: list[float | None] = []
    for at, own in enumerate(marks):
        others = [(held, stars) for number, (held, (_, stars)) in enumerate(zip(marks, rows, strict=True)) if number != at and stars]
        if not own or not others:
            found.append(None)
            continue
        usual = sum(stars for _, stars in others) / len(others)
        departs = [
            sum(stars - usual for stars in given) / (len(given) + 2) for given in ([s for held, s in others if m in held] for m in own)
        ]
        weights = [abs(one) + 0.01 for one in departs]
        found.append(usual + sum(one * weight for one, weight in zip(departs, weights, strict=True)) / sum(weights))
    return found


@given(
    st.lists(
        st.tuples(st.sampled_from([*ZH, *EN, EN[0] + EN[1], "ok", ""]), st.sampled_from([None, 1.0, 2.0, 4.0, 5.0])),
        min_size=1,
        max_size=12,
    )
)
def test_the_tone_is_what_its_definition_says_by_hand(rows: list[tuple[str, float | None]]) -> None:
    assert [row[TONE] for row in told(*rows)] == [None if tone is None else pytest.approx(tone) for tone in by_hand(rows)]
