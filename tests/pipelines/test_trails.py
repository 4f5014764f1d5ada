"""The trail of an alert: what its order and its account did, from every table, and nothing of others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.pipelines.trails import LONGEST_TEXT, MOST, trails

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def table(name: str, *rows: dict[str, Any]) -> pl.LazyFrame:
    """Rows of a table under its contract; what is not given is null."""
    schema = INBOUND[name].polars_schema()
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema).lazy()


def order(number: str, buyer: str = "B1", hours: float = 0, **more: Any) -> dict[str, Any]:
    money = {"merchant_id": "M1", "amount_minor": 500, "currency": "CNY"}
    return {"order_id": number, "buyer_id": buyer, "ordered_at": NOON + timedelta(hours=hours), **money, **more}


def payment(number: str, of: str | None, payer: str = "B1", hours: float = 0, **more: Any) -> dict[str, Any]:
    money = {"payee_id": "M1", "amount_minor": 500, "currency": "CNY", "order_id": of}
    return {"payment_id": number, "payer_id": payer, "paid_at": NOON + timedelta(hours=hours), **money, **more}


def tables(**given: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    return {name: given.get(name, table(name)) for name in ("orders", "payments", "refunds", "shipments", "reviews")}


def trail(known: dict[str, pl.LazyFrame], detector: str, subject: str, snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    alerts = pl.DataFrame({"detector": [detector], "subject_id": [subject], "event_at": [NOON]})
    return trails(known, alerts, {(detector, subject): snapshot}).get((detector, subject), [])


def test_everything_of_an_order_stands_in_order_of_time_whoever_did_it_and_whenever() -> None:
    known = tables(
        orders=table("orders", order("O1"), order("O2", "B2")),
        payments=table("payments", payment("P1", "O1", "B9", 1, instrument_id="I1"), payment("P2", "O2", "B2")),
        refunds=table(
            "refunds",
            {"refund_id": "R1", "order_id": "O1", "requested_at": NOON + timedelta(days=20), "amount_minor": 500, "currency": "CNY"},
        ),
        shipments=table("shipments", {"shipment_id": "S1", "order_id": "O1", "shipped_at": NOON + timedelta(days=1), "carrier": "SF"}),
        reviews=table(
            "reviews",
            {"review_id": "V1", "reviewer_id": "B1", "subject_id": "L1", "posted_at": NOON + timedelta(days=2), "rating": 5.0,
             "text": "好" * 999, "order_id": "O1"},
        ),
    )  # fmt: skip
    found = trail(known, "deals", "O1", {"order_id": "O1", "buyer_id": "B1"})
    assert [(one["table"], one["id"], one["tie"]) for one in found] == [
        ("orders", "O1", "order"),
        ("payments", "P1", "order"),
        ("shipments", "S1", "order"),
        ("reviews", "V1", "order"),
        ("refunds", "R1", "order"),
    ]
    assert found[1]["instrument_id"] == "I1"
    assert found[1]["at"] == "2026-03-01T13:00:00+00:00"
    assert len(found[3]["text"]) == LONGEST_TEXT + 1


def test_an_account_is_followed_for_a_week_before_and_after() -> None:
    hours = {"P1": 0, "P2": -24, "P3": 6 * 24, "P4": -8 * 24, "P5": 8 * 24}
    known = tables(payments=table("payments", *(payment(name, None, hours=gone) for name, gone in hours.items())))
    found = trail(known, "payments", "P1", {"payment_id": "P1", "payer_id": "B1"})
    assert [(one["id"], one["tie"]) for one in found] == [("P2", "account"), ("P1", "account"), ("P3", "account")]


def test_a_trail_is_bounded_and_the_orders_own_rows_and_the_nearest_stay() -> None:
    many = [payment(f"P{n}", None, hours=n / 10) for n in range(1, 100)]
    known = tables(payments=table("payments", payment("PX", "O1", "B1", 30 * 24), *many), orders=table("orders", order("O1")))
    found = trail(known, "deals", "O1", {"order_id": "O1", "buyer_id": "B1"})
    assert len(found) == MOST
    assert {one["id"] for one in found} == {"O1", "PX", *(f"P{n}" for n in range(1, MOST - 1))}


def test_what_names_neither_order_nor_account_has_no_trail() -> None:
    known = tables(payments=table("payments", payment("P1", "O1")))
    assert trail(known, "reviews", "V9", {"review_id": "V9"}) == []
