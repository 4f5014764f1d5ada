"""Reasons are told in the order of what they weigh: one fact is one reason, however many windows tell it."""

from __future__ import annotations

import numpy as np

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.models.explaining import reasons_of_row


def told(*rows: tuple[str, int, float, float, float]) -> list[str]:
    """Codes of the reasons of a row made of (feature, direction, value, norm, what it added)."""
    names = [name for name, *_ in rows]
    templates = {name: ReasonTemplate(name.upper(), "{value}", "{value}", "number", direction) for name, direction, *_ in rows}
    values, norms, added = (np.array([row[at] for row in rows]) for at in (2, 3, 4))
    return [reason["code"] for reason in reasons_of_row(names, values, added, norms, templates)]


def test_a_fact_that_several_windows_tell_weighs_what_they_add_together() -> None:
    assert told(
        ("merchant_device_sharing", -1, 0.8, 1.0, 0.5),
        ("merchant_order_fraud_count_3d", 0, 2.0, 0.0, 0.3),
        ("merchant_order_fraud_count_7d", 0, 6.0, 0.0, 0.4),
        ("merchant_order_fraud_count_30d", 0, 9.0, 0.0, 0.1),
    ) == ["MERCHANT_ORDER_FRAUD_COUNT_7D", "MERCHANT_DEVICE_SHARING"]


def test_a_window_that_speaks_for_honesty_lends_its_fact_no_weight() -> None:
    assert told(
        ("order_price", 1, 3.0, 1.0, 0.5),
        ("buyer_refund_rate_7d", 1, 2.0, 1.0, 0.4),
        ("buyer_refund_rate_30d", 1, 0.5, 1.0, 0.4),
    ) == ["ORDER_PRICE", "BUYER_REFUND_RATE_7D"]


def test_what_is_as_usual_is_no_reason_while_anything_else_is() -> None:
    assert told(("order_quantity", 0, 1.0, 1.0, 0.9), ("order_amount", 0, 5.0, 1.0, 0.4)) == ["ORDER_AMOUNT"]
    assert told(("order_quantity", 0, 1.0, 1.0, 0.9)) == ["ORDER_QUANTITY"]
