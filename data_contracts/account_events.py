"""Account events: what happened to an account short of trading."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, instant, key_id, other_id

ACCOUNT_EVENTS = Contract(
    name="account_events",
    grain="one thing that happened to one account",
    key=("event_id",),
    event_at="occurred_at",
    columns=(
        key_id("event_id", "the event"),
        key_id("account_id", "the account it happened to"),
        instant("occurred_at", "when", required=True),
        Column(
            "kind",
            Kind.CATEGORY,
            "what happened",
            required=True,
            allowed=("login", "login_failed", "new_device", "password_change", "payee_change", "limit_change", "permission_change"),
        ),
        other_id("device_id", "the device it came from"),
        other_id("network_id", "the network or address block it came from"),
    ),
)
