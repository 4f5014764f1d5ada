"""Stretches that others wrote at the same shop, and charges that depart from what was shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import build

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEMPLATE = "the colours are lovely and the seller is so kind"


def reviews(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Reviews by ``review, reviewer, shop, text``, an hour apart."""
    return INBOUND["reviews"].conform(
        pl.DataFrame(
            {
                "review_id": [row[0] for row in rows],
                "reviewer_id": [row[1] for row in rows],
                "merchant_id": [row[2] for row in rows],
                "subject_id": ["L" + row[2] for row in rows],
                "text": [row[3] for row in rows],
                "rating": [5.0] * len(rows),
                "posted_at": pl.Series([DAY + timedelta(hours=at) for at in range(len(rows))], dtype=pl.Datetime("us", "UTC")),
            }
        )
    )


def test_words_of_others_at_the_same_shop_are_told_and_one_s_own_and_other_shops_are_not() -> None:
    table = reviews(
        ("r0", "ann", "m1", TEMPLATE + ", thank you"),
        ("r1", "bob", "m1", "well. " + TEMPLATE.upper()),
        ("r2", "eve", "m2", TEMPLATE),
        ("r3", "dan", "m3", TEMPLATE),
        ("r4", "dan", "m3", TEMPLATE + "!"),
        ("r5", "pat", "m1", "nothing of the kind was ever written here before"),
        ("r6", "kim", "m1", "ok"),
    )
    close = pl.Series([DAY + timedelta(days=1)] * table.height, dtype=pl.Datetime("us", "UTC"))
    rows = build(Detector.REVIEWS, {"reviews": table}, table, as_of=close).rows.sort("subject_id")
    most = rows["review_shared_most_30d"].to_list()
    assert most == [1, 1, 0, 0, 0, 0, None]
    shared, surprise = rows["review_shared_share_30d"].to_list(), rows["review_shared_surprise_30d"].to_list()
    assert shared[0] > 0.5
    assert shared[5] == 0
    assert surprise[0] > surprise[2]


@pytest.mark.parametrize(
    ("shown", "payee", "method", "paid_before", "told"),
    [
        (100, "m1", "card", False, 0),
        (120, "m1", "card", False, 0),  # a coupon took something off
        (90, "m1", "card", False, 1),
        (90, "m2", "wallet", True, 4),
        (100, "m1", "card", True, 1),
        (None, None, None, False, 0),
    ],
)
def test_a_charge_is_held_against_what_was_shown_and_paid(
    shown: int | None, payee: str | None, method: str | None, paid_before: bool, told: int
) -> None:
    table = INBOUND["payments"].conform(
        pl.DataFrame(
            {
                "payment_id": ["p0", "p1"],
                "payer_id": ["ann"] * 2,
                "payee_id": ["m1"] * 2,
                "order_id": ["o1", "o1"],
                "paid_at": pl.Series([DAY, DAY + timedelta(minutes=1)], dtype=pl.Datetime("us", "UTC")),
                "amount_minor": [100] * 2,
                "currency": ["CNY"] * 2,
                "status": ["approved" if paid_before else "declined", "approved"],
                "method": ["card"] * 2,
                "shown_amount_minor": [100, shown],
                "shown_payee_id": ["m1", payee],
                "shown_method": ["card", method],
            }
        )
    )
    rows = build(Detector.PAYMENTS, {"payments": table}, table).rows.sort("subject_id")
    assert rows["payment_difference_count"].to_list() == [0, told]
