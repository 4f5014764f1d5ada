"""A parcel that cannot hold what was sold is a sign from the moment at which it can be seen, and not before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.features.parcel_signs import parcel_signs

START = datetime(2026, 3, 1, tzinfo=UTC)
PARCEL = tuple[str, int, int | None, int | None, int]
#: Order, hours of the order, of the parcel, of its delivery, and grams: what is usual of the listing.
USUAL: list[PARCEL] = [(f"U{number}", 0, 10, 60, 1_000) for number in range(5)]


def signs(*parcels: PARCEL, listing: str = "L") -> dict[str, tuple[str, int]]:
    """Sign and hour by order, of parcels beside five usual ones of listing ``L``."""
    both = [*((parcel, "L") for parcel in USUAL), *((parcel, listing) for parcel in parcels)]
    at = [START + timedelta(hours=parcel[1]) for parcel, _ in both]
    orders = INBOUND["orders"].conform(
        pl.DataFrame(
            {
                "order_id": [parcel[0] for parcel, _ in both],
                "buyer_id": ["B"] * len(both),
                "merchant_id": ["M"] * len(both),
                "ordered_at": at,
                "amount_minor": [100] * len(both),
                "currency": ["CNY"] * len(both),
                "listing_id": [listing for _, listing in both],
                "quantity": [1] * len(both),
            }
        )
    )
    sent = [parcel for parcel, _ in both if parcel[2] is not None]
    shipments = INBOUND["shipments"].conform(
        pl.DataFrame(
            {
                "shipment_id": [f"S{parcel[0]}" for parcel in sent],
                "order_id": [parcel[0] for parcel in sent],
                "shipped_at": [START + timedelta(hours=parcel[2] or 0) for parcel in sent],
                "delivered_at": [None if parcel[3] is None else START + timedelta(hours=parcel[3]) for parcel in sent],
                "weight_g": [parcel[4] for parcel in sent],
            }
        )
    )
    found = parcel_signs({"orders": orders, "shipments": shipments})
    seconds = found["t"] - int(START.timestamp())
    return {order: (sign, t // 3600) for order, sign, t in zip(found["order_id"], found["sign"], seconds, strict=True)}


@pytest.mark.parametrize(
    ("parcel", "sign"),
    [
        (("X", 20, 30, 80, 400), ("light", 30)),
        (("X", 20, 30, 40, 1_000), ("soon", 40)),
        (("X", 20, None, None, 0), ("overdue", 92)),
        (("X", 20, 130, 180, 1_000), ("overdue", 92)),
        (("X", 20, 30, 80, 600), None),
        (("X", 20, 30, None, 1_000), None),
    ],
)
def test_each_sign_counts_from_the_hour_at_which_it_shows(parcel: PARCEL, sign: tuple[str, int] | None) -> None:
    assert signs(parcel) == ({} if sign is None else {"X": sign})


def test_what_is_never_sent_as_a_parcel_is_never_overdue() -> None:
    assert signs(("X", 20, None, None, 0), listing="voucher") == {}
