"""Orders: what a buyer bought from a merchant."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id, updated_at

ORDERS = Contract(
    name="orders",
    grain="one order",
    key=("order_id",),
    event_at="ordered_at",
    version_at="updated_at",
    columns=(
        key_id("order_id", "the order"),
        key_id("buyer_id", "the account that bought"),
        key_id("merchant_id", "the shop that sold"),
        instant("ordered_at", "when the order was placed", required=True),
        money("amount_minor", "what the order costs in all", required=True),
        currency(required=True),
        other_id("listing_id", "the listing that was bought"),
        Column("quantity", Kind.INTEGER, "pieces ordered", unit="pieces", at_least=0, at_most=1_000_000),
        money("list_price_minor", "the listing's price per piece when the order was placed"),
        Column("category", Kind.CATEGORY, "the listing's category, in the provider's words", max_length=128),
        Column(
            "status",
            Kind.CATEGORY,
            "the order's state, in the provider's words; payment_failed or unpaid where it says that it was not paid",
            max_length=64,
        ),
        other_id("device_id", "the device the order came from"),
        other_id("network_id", "the network or address block the order came from"),
        other_id("address_id", "where the goods go"),
        other_id("instrument_id", "the instrument named at checkout", holds_instrument=True),
        Column("note", Kind.TEXT, "what the buyer wrote to the merchant", max_length=20_000, holds_prose=True, absent="nothing written"),
        updated_at(),
    ),
)
