"""Signs of a campaign: what buyers of one merchant share within days, and others do not."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from fairdeal.features.campaign_signs import DAY, campaign_signs


def order(buyer: str, merchant: str = "M1", day: int = 0, **facts: Any) -> dict[str, Any]:
    given = {"device_id": f"D-{buyer}", "network_id": f"N-{buyer}", "address_id": f"A-{buyer}", "weight_g": 500.0, "refunded_s": None}
    return {"buyer_id": buyer, "merchant_id": merchant, "at": day * DAY, **given, **facts}


def shown(sign: str, *orders: dict[str, Any]) -> list[bool]:
    table = pl.DataFrame(list(orders), infer_schema_length=None, schema_overrides={"refunded_s": pl.Int64, "weight_g": pl.Float64})
    return campaign_signs(table)[sign].to_list()


@pytest.mark.parametrize("thing", ["device_id", "network_id", "address_id"])
def test_what_two_buyers_of_a_merchant_share_within_days_is_a_sign(thing: str) -> None:
    both = [order("B1", **{thing: "X"}), order("B2", day=5, **{thing: "X"})]
    assert shown(f"shares_{thing}", *both) == [True, True]
    assert shown(f"shares_{thing}", order("B1", **{thing: "X"}), order("B1", day=1, **{thing: "X"})) == [False, False]
    assert shown(f"shares_{thing}", order("B1", **{thing: "X"}), order("B2", day=40, **{thing: "X"})) == [False, False]
    assert shown(f"shares_{thing}", order("B1", **{thing: None}), order("B2", **{thing: None})) == [False, False]


def test_a_carriers_network_is_no_tie() -> None:
    others = [order(f"B{number}", f"M{number}", network_id="carrier") for number in range(3, 9)]
    told = shown("shares_network_id", order("B1", network_id="carrier"), order("B2", network_id="carrier"), *others)
    assert not any(told)


def test_who_trades_elsewhere_is_not_new() -> None:
    assert shown("new_buyer", order("B1"), order("B2"), order("B2", "M2")) == [True, False, False]
    assert shown("new_device_id", order("B1", device_id="X"), order("B2", "M2", device_id="X"), order("B3")) == [False, False, True]


def test_ordering_again_within_days_is_a_sign_and_a_regular_buyer_is_none() -> None:
    assert shown("again", order("B1"), order("B1", day=3), order("B2"), order("B2", day=60)) == [True, True, False, False]


def test_refunds_and_parcels_that_weigh_next_to_nothing_are_signs() -> None:
    assert shown("refunded", order("B1", refunded_s=3), order("B2")) == [True, False]
    assert shown("empty", order("B1", weight_g=30.0), order("B2"), order("B3", weight_g=None)) == [True, False, False]


def test_what_a_source_does_not_give_shows_no_sign() -> None:
    table = pl.DataFrame([order("B1"), order("B2")], infer_schema_length=None).select("buyer_id", "merchant_id", "at")
    assert campaign_signs(table).columns == ["new_buyer", "again"]
