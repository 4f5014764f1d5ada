"""Payments: one attempt to pay, with its outcome."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id, updated_at

PAYMENTS = Contract(
    name="payments",
    grain="one attempt to pay",
    key=("payment_id",),
    event_at="paid_at",
    version_at="updated_at",
    columns=(
        key_id("payment_id", "the attempt"),
        key_id("payer_id", "the account or card that pays"),
        key_id("payee_id", "the merchant or terminal that is paid"),
        instant("paid_at", "when the attempt was made", required=True),
        money("amount_minor", "what was charged", required=True),
        currency(required=True),
        other_id("order_id", "the order paid for"),
        other_id("instrument_id", "tokenised card, wallet or bank account", holds_instrument=True),
        other_id("device_id", "the device the attempt came from"),
        other_id("network_id", "the network or address block the attempt came from"),
        Column("status", Kind.CATEGORY, "outcome of the attempt", allowed=("approved", "declined", "failed", "pending", "reversed")),
        Column("method", Kind.CATEGORY, "card, wallet, transfer, voucher …, in the provider's words", max_length=64),
        money("shown_amount_minor", "the amount the payer was shown"),
        other_id("shown_payee_id", "the payee the payer was shown"),
        Column("shown_method", Kind.CATEGORY, "the method the payer was shown", max_length=64),
        Column("safety_tier", Kind.INTEGER, "safety of the instrument, 1 lowest to 4 highest", at_least=1, at_most=4),
        Column("is_weak_credential", Kind.BOOLEAN, "the account's password or factor is known to be weak"),
        Column("is_unsafe_channel", Kind.BOOLEAN, "the attempt came over a channel or network known to be unsafe"),
        updated_at(),
    ),
)
