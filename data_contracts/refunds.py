"""Refunds: money asked back or given back."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id, updated_at

REFUNDS = Contract(
    name="refunds",
    grain="one request to give money back",
    key=("refund_id",),
    event_at="requested_at",
    version_at="updated_at",
    columns=(
        key_id("refund_id", "the request"),
        key_id("order_id", "the order it concerns"),
        instant("requested_at", "when it was asked for", required=True),
        money("amount_minor", "what was asked back", required=True),
        currency(required=True),
        other_id("payment_id", "the payment it reverses"),
        other_id("buyer_id", "who asked"),
        other_id("merchant_id", "who is to give"),
        Column("reason", Kind.TEXT, "why, in the buyer's or provider's words", max_length=20_000, holds_prose=True),
        Column("status", Kind.CATEGORY, "state of the request, in the provider's words", max_length=64),
        instant("completed_at", "when the money went back", absent="not yet"),
        updated_at(),
    ),
)
