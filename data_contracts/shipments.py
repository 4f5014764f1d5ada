"""Shipments: parcels on their way."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, instant, key_id, other_id, updated_at

SHIPMENTS = Contract(
    name="shipments",
    grain="one parcel",
    key=("shipment_id",),
    event_at="shipped_at",
    version_at="updated_at",
    columns=(
        key_id("shipment_id", "the parcel"),
        key_id("order_id", "the order it belongs to"),
        instant("shipped_at", "when the carrier took it", required=True),
        other_id("merchant_id", "who sent it"),
        other_id("address_id", "where it was sent"),
        other_id("tracking_id", "the carrier's number"),
        Column("carrier", Kind.CATEGORY, "who carries it", max_length=64),
        Column("weight_g", Kind.INTEGER, "weight measured by the carrier", unit="grams", at_least=0, at_most=100_000_000),
        Column("status", Kind.CATEGORY, "state of the parcel, in the provider's words", max_length=64),
        instant("delivered_at", "when it arrived", absent="not yet arrived, or not told"),
        updated_at(),
    ),
)
