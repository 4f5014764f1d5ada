"""A small market in our own tables, random but seeded, for checks that every registered feature must pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from fairdeal.data_contracts.tables import INBOUND

START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = [
    "质量很好物流很快推荐购买",
    "quality is great and shipping was fast",
    "一般般吧包装有点破",
    "arrived late, box was torn",
    "五星好评卖家服务热情下次再来",
]


def market(seed: int = 1, rows: int = 120, days: int = 12, *, in_order: bool = False) -> dict[str, pl.DataFrame]:
    """Tables by name, every table there, many ties and shared keys; parcels and refunds may come before their order unless ``in_order``."""
    rng = np.random.default_rng(seed)

    def moments(count: int) -> list[datetime]:
        return [START + timedelta(seconds=int(second)) for second in rng.integers(0, days * 86_400 // 600, count) * 600]

    def some(prefix: str, kinds: int, count: int, missing: float = 0.1) -> list[str | None]:
        return [None if rng.random() < missing else f"{prefix}{number}" for number in rng.integers(0, kinds, count)]

    def sure(prefix: str, kinds: int, count: int) -> list[str]:
        return [f"{prefix}{number}" for number in rng.integers(0, kinds, count)]

    orders = {
        "order_id": [f"O{n}" for n in range(rows)],
        "buyer_id": sure("B", 12, rows),
        "merchant_id": sure("M", 5, rows),
        "ordered_at": moments(rows),
        "amount_minor": rng.integers(100, 90_000, rows),
        "currency": ["CNY"] * rows,
        "listing_id": some("L", 9, rows),
        "quantity": rng.integers(1, 4, rows),
        "list_price_minor": rng.integers(100, 40_000, rows),
        "device_id": some("D", 8, rows),
        "network_id": some("N", 4, rows),
        "address_id": some("A", 9, rows),
    }
    payments = {
        "payment_id": [f"P{n}" for n in range(rows)],
        "payer_id": sure("B", 12, rows),
        "payee_id": sure("M", 5, rows),
        "paid_at": moments(rows),
        "amount_minor": rng.integers(100, 90_000, rows),
        "currency": ["CNY"] * rows,
        "instrument_id": some("I", 14, rows),
        "device_id": some("D", 8, rows),
        "network_id": some("N", 4, rows),
        "status": [("approved", "declined", None)[n] for n in rng.integers(0, 3, rows)],
        "safety_tier": rng.integers(1, 5, rows),
        "is_weak_credential": [bool(n) for n in rng.integers(0, 2, rows)],
        "is_unsafe_channel": [bool(n) for n in rng.integers(0, 2, rows)],
        "shown_amount_minor": rng.integers(100, 90_000, rows),
    }
    reviews = {
        "review_id": [f"R{n}" for n in range(rows)],
        "reviewer_id": sure("B", 12, rows),
        "subject_id": sure("L", 9, rows),
        "posted_at": moments(rows),
        "rating": rng.integers(1, 6, rows).astype(float),
        "text": [WORDS[n] + str(m) for n, m in zip(rng.integers(0, 5, rows), rng.integers(0, 3, rows), strict=True)],
        "order_id": some("O", rows, rows, 0.3),
        "merchant_id": some("M", 5, rows),
        "device_id": some("D", 8, rows),
        "network_id": some("N", 4, rows),
        "is_follow_up": [bool(n) for n in rng.integers(0, 2, rows)],
    }
    shipped = [at + timedelta(hours=5) for at in orders["ordered_at"]] if in_order else moments(rows)
    shipments = {
        "shipment_id": [f"S{n}" for n in range(rows)],
        "order_id": orders["order_id"] if in_order else sure("O", rows, rows),
        "shipped_at": shipped,
        "weight_g": rng.integers(10, 3_000, rows),
        "delivered_at": [at + timedelta(hours=int(hours)) for at, hours in zip(shipped, rng.integers(2, 90, rows), strict=True)],
    }
    refunds = {
        "refund_id": [f"F{n}" for n in range(rows // 3)],
        "order_id": orders["order_id"][: rows // 3] if in_order else sure("O", rows, rows // 3),
        "requested_at": [at + timedelta(hours=50) for at in orders["ordered_at"][: rows // 3]] if in_order else moments(rows // 3),
        "amount_minor": rng.integers(100, 9_000, rows // 3),
        "currency": ["CNY"] * (rows // 3),
    }
    kinds = INBOUND["account_events"].column("kind").allowed or ()
    events = {
        "event_id": [f"E{n}" for n in range(rows)],
        "account_id": sure("B", 12, rows),
        "occurred_at": moments(rows),
        "kind": [kinds[n] for n in rng.integers(0, len(kinds), rows)],
    }
    subjects = [("payment", "P"), ("order", "O"), ("review", "R")]
    labels = pl.concat(
        [
            pl.DataFrame(
                {
                    "subject_kind": [kind] * 15,
                    "subject_id": [f"{letter}{n}" for n in range(15)],
                    "is_fraud": [bool(n) for n in rng.integers(0, 2, 15)],
                    "available_at": moments(15),
                }
            )
            for kind, letter in subjects
        ]
    )
    made = {
        "orders": pl.DataFrame(orders),
        "payments": pl.DataFrame(payments),
        "reviews": pl.DataFrame(reviews),
        "shipments": pl.DataFrame(shipments),
        "refunds": pl.DataFrame(refunds),
        "account_events": pl.DataFrame(events),
        "labels": labels,
        "buyers": pl.DataFrame(
            {"buyer_id": [f"B{n}" for n in range(12)], "registered_at": [START - timedelta(days=int(d)) for d in rng.integers(1, 900, 12)]}
        ),
        "merchants": pl.DataFrame(
            {"merchant_id": [f"M{n}" for n in range(5)], "registered_at": [START - timedelta(days=int(d)) for d in rng.integers(1, 900, 5)]}
        ),
    }
    return {name: INBOUND[name].conform(table) for name, table in made.items()}


def known_before(tables: dict[str, pl.DataFrame], moment: datetime) -> dict[str, pl.DataFrame]:
    """The tables without anything that happened, or became known, at or after a moment."""
    cut = {}
    for name, table in tables.items():
        event_at = INBOUND[name].event_at
        cut[name] = table if event_at is None else table.filter(pl.col(event_at) < moment)
    cut["shipments"] = cut["shipments"].with_columns(pl.when(pl.col("delivered_at") < moment).then("delivered_at").alias("delivered_at"))
    return cut
