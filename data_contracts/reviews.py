"""Reviews: what a person wrote about a listing, shop or product."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, instant, key_id, other_id, updated_at

REVIEWS = Contract(
    name="reviews",
    grain="one review",
    key=("review_id",),
    event_at="posted_at",
    version_at="updated_at",
    columns=(
        key_id("review_id", "the review"),
        key_id("reviewer_id", "the account that wrote it: a buyer's, or a shop's where shops rate buyers"),
        key_id("subject_id", "what is reviewed: listing, product or shop, or the buyer whom a shop rates"),
        instant("posted_at", "when it was posted", required=True),
        Column("rating", Kind.NUMBER, "stars given", unit="stars", required=True, at_least=0, at_most=10),
        Column("text", Kind.TEXT, "the review's words, possibly none", required=True, max_length=50_000, holds_prose=True),
        other_id("order_id", "the order behind the review", absent="no order is known behind it"),
        other_id("merchant_id", "the shop whose trade is reviewed"),
        other_id("device_id", "the device it was posted from"),
        other_id("network_id", "the network or address block it was posted from"),
        Column("language", Kind.CATEGORY, "language of the text as the provider gives it", max_length=16),
        Column("is_follow_up", Kind.BOOLEAN, "added to an earlier review of the same order"),
        Column("author_kind", Kind.CATEGORY, "which side wrote it", allowed=("buyer", "merchant"), absent="a buyer wrote it"),
        updated_at(),
    ),
)
