"""Charges that depart from what was shown or is owed: all of them found, none invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.features.reconciling import mischarge_reasons, reconciled

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)


def payment(number: int, **facts: Any) -> dict[str, Any]:
    """An approved charge of 10.00 for order O1, as it was shown."""
    return {
        "payment_id": f"P{number}",
        "payer_id": "B1",
        "payee_id": "M1",
        "paid_at": NOON,
        "amount_minor": 1_000,
        "currency": "CNY",
        "order_id": "O1",
        "status": "approved",
        "method": "card",
        "shown_amount_minor": 1_000,
        "shown_payee_id": "M1",
        "shown_method": "card",
        **facts,
    }


def found(*payments: dict[str, Any], owed: int | None = 1_000, status: str | None = None) -> list[tuple[str, str, int]]:
    """Payment, way and money in question of everything that departs."""
    order = {"order_id": "O1", "buyer_id": "B1", "merchant_id": "M1", "ordered_at": DAY, "amount_minor": owed, "currency": "CNY"}
    orders = [{**order, "status": status}]
    tables = {
        "payments": INBOUND["payments"].conform(pl.DataFrame(list(payments), infer_schema_length=None)),
        "orders": INBOUND["orders"].empty() if owed is None else INBOUND["orders"].conform(pl.DataFrame(orders, infer_schema_length=None)),
    }
    table = reconciled(tables, DAY, DAY + timedelta(days=1))
    return list(table.select("subject_id", "mischarge", "in_question_minor").iter_rows())


@pytest.mark.parametrize(
    ("facts", "way", "in_question"),
    [
        ({"amount_minor": 1_200}, "amount", 200),
        ({"payee_id": "M2"}, "payee", 1_000),
        ({"method": "wallet"}, "method", 1_000),
        ({"method": "wallet", "amount_minor": 1_200}, "method", 1_200),
    ],
)
def test_what_differs_from_what_was_shown_is_found(facts: dict[str, Any], way: str, in_question: int) -> None:
    assert found(payment(1, **facts)) == [("P1", way, in_question)]


def test_a_second_charge_for_a_paid_order_is_a_duplicate_and_the_first_is_none() -> None:
    again = payment(2, paid_at=NOON + timedelta(minutes=1))
    assert found(payment(1), again) == [("P2", "duplicate", 1_000)]
    assert found(payment(1), again, owed=None) == [("P2", "duplicate", 1_000)]
    assert found(payment(1, paid_at=DAY - timedelta(days=3)), again) == [("P2", "duplicate", 1_000)]


def test_of_charges_of_one_instant_only_the_later_by_name_is_a_duplicate() -> None:
    assert found(payment(1), payment(2)) == [("P2", "duplicate", 1_000)]


def test_money_taken_for_an_order_that_was_not_paid_is_found() -> None:
    assert found(payment(1), status="Payment_Failed") == [("P1", "paid_but_failed", 1_000)]
    assert found(payment(1), status="支付失败") == [("P1", "paid_but_failed", 1_000)]
    assert found(payment(1), status="shipped") == []


@pytest.mark.parametrize(
    "payments",
    [
        pytest.param([payment(1)], id="as shown"),
        pytest.param([payment(1, amount_minor=900)], id="a coupon takes something off"),
        pytest.param([payment(number, amount_minor=500, shown_amount_minor=500) for number in (1, 2)], id="halves"),
        pytest.param([payment(1), payment(2, order_id="O2")], id="bought twice"),
        pytest.param([payment(1, order_id=None), payment(2, order_id=None)], id="no order known"),
        pytest.param([payment(1, status="declined"), payment(2)], id="a retry after a decline"),
        pytest.param([payment(1, status="reversed"), payment(2)], id="the first was reversed"),
        pytest.param([payment(1, status="failed", amount_minor=9_000)], id="nothing was taken"),
        pytest.param(
            [payment(1, shown_amount_minor=None, shown_payee_id=None, shown_method=None)], id="nothing is known of what was shown"
        ),
        pytest.param([payment(1, paid_at=DAY - timedelta(days=1), payee_id="M2")], id="another day's"),
    ],
)
def test_what_is_as_it_should_be_is_not_told(payments: list[dict[str, Any]]) -> None:
    assert found(*payments) == []


def test_every_way_is_told_with_its_money_in_both_languages() -> None:
    row = {
        "departures": ["duplicate", "payee", "method", "paid_but_failed", "amount"],
        "amount_minor": 1_200,
        "shown_amount_minor": 1_000,
        "currency": "CNY",
    }
    told = mischarge_reasons(row)
    assert [reason["code"] for reason in told] == [
        "CHARGED_TWICE",
        "PAID_TO_ANOTHER",
        "CHARGED_BY_ANOTHER_METHOD",
        "PAID_BUT_FAILED",
        "CHARGED_MORE",
    ]
    assert told[0]["text_en"] == "Charged twice for one order: 12.00 CNY once more"
    assert told[4]["text_zh"] == "实收 12.00 CNY，显示 10.00 CNY"
