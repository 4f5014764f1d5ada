"""Merchants, buyers and listings: the tables that describe rather than happen."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id, updated_at

MERCHANTS = Contract(
    name="merchants",
    grain="one shop",
    key=("merchant_id",),
    version_at="updated_at",
    columns=(
        key_id("merchant_id", "the shop"),
        instant("registered_at", "when it joined"),
        Column("name", Kind.TEXT, "the shop's name", max_length=500, holds_prose=True),
        Column("category", Kind.CATEGORY, "its main trade, in the provider's words", max_length=128),
        Column("region", Kind.CATEGORY, "where it is", max_length=128),
        Column("qualification_expires_on", Kind.DATE, "when its qualification must be renewed"),
        updated_at(),
    ),
)

BUYERS = Contract(
    name="buyers",
    grain="one buying account",
    key=("buyer_id",),
    version_at="updated_at",
    columns=(
        key_id("buyer_id", "the account"),
        instant("registered_at", "when it joined"),
        Column("region", Kind.CATEGORY, "where it is", max_length=128),
        Column("has_assistant_account", Kind.BOOLEAN, "a bound assistant payment account can approve in its stead"),
        updated_at(),
    ),
)

LISTINGS = Contract(
    name="listings",
    grain="one listing",
    key=("listing_id",),
    version_at="updated_at",
    columns=(
        key_id("listing_id", "the listing"),
        other_id("merchant_id", "who lists it"),
        instant("listed_at", "when it was listed"),
        Column("title", Kind.TEXT, "its title", max_length=2_000, holds_prose=True),
        Column("category", Kind.CATEGORY, "its category, in the provider's words", max_length=128),
        money("price_minor", "its price per piece"),
        currency(),
        updated_at(),
    ),
)
