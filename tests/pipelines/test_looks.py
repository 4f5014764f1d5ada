"""When an order is looked at: by the nights when something becomes known of it, by training as long as nobody knew the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.labelled_frames import before_the_verdict
from fairdeal.pipelines.tables import interval_subjects

NIGHT = datetime(2026, 3, 10, tzinfo=UTC)


def looked_at(ordered: dict[str, tuple[int, str]], sent: dict[str, int]) -> list[str]:
    """Orders that a night looks at, of orders placed and parcels sent so many hours before it ends."""
    end = NIGHT + timedelta(days=1)
    tables = {name: contract.empty().lazy() for name, contract in INBOUND.items()}
    orders = {
        "order_id": list(ordered),
        "buyer_id": ["B"] * len(ordered),
        "merchant_id": ["M"] * len(ordered),
        "listing_id": [listing for _, listing in ordered.values()],
        "ordered_at": [end - timedelta(hours=hours) for hours, _ in ordered.values()],
        "amount_minor": [100] * len(ordered),
        "currency": ["CNY"] * len(ordered),
    }
    parcels = {"shipment_id": list(sent), "order_id": list(sent), "shipped_at": [end - timedelta(hours=hours) for hours in sent.values()]}
    tables["orders"] = INBOUND["orders"].conform(pl.DataFrame(orders)).lazy()
    tables["shipments"] = INBOUND["shipments"].conform(pl.DataFrame(parcels)).lazy()
    return interval_subjects(Detector.DEALS, tables, NIGHT, end)[0]["order_id"].to_list()


def test_an_order_is_looked_at_again_on_the_night_on_which_it_becomes_overdue() -> None:
    usual = {"sent long ago": (200, "goods")}
    sent = {"sent long ago": 190}
    for hours, expected in ((60, []), (73, ["waiting"]), (90, ["waiting"]), (97, [])):
        assert looked_at({**usual, "waiting": (hours, "goods")}, sent) == expected
    assert looked_at({**usual, "waiting": (80, "voucher")}, sent) == []
    assert looked_at({**usual, "waiting": (80, "goods")}, {**sent, "waiting": 50}) == []


def test_training_does_not_look_again_once_the_verdict_was_known() -> None:
    features = pl.DataFrame({"subject_id": ["a"] * 3 + ["b"] * 3, "as_of_at": [NIGHT + timedelta(days=day) for day in (0, 2, 7)] * 2})
    labels = pl.DataFrame({"subject_kind": ["order"], "subject_id": ["a"], "is_fraud": [True], "available_at": [NIGHT + timedelta(days=3)]})
    kept = before_the_verdict(Detector.DEALS, features, labels)
    assert kept.filter(pl.col("subject_id") == "a")["as_of_at"].to_list() == [NIGHT, NIGHT + timedelta(days=2)]
    assert kept.filter(pl.col("subject_id") == "b").height == 3
    at_once = labels.with_columns(available_at=pl.lit(NIGHT - timedelta(days=1)))
    assert before_the_verdict(Detector.DEALS, features, at_once).filter(pl.col("subject_id") == "a").height == 1
