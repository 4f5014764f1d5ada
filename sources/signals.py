"""Which columns each signal needs: what a source that lacks them is blind to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fairdeal.data_contracts.typologies import Detector


@dataclass(frozen=True)
class Signal:
    """Something that a detector can see, given columns of ours (``table.column``), all of which it needs."""

    name: str
    detector: Detector
    needs: tuple[str, ...]
    sees: str


@dataclass(frozen=True)
class Blind:
    """A signal that a source cannot give, and the columns it lacks for it."""

    signal: Signal
    lacks: tuple[str, ...]


def _signals(detector: Detector, *entries: tuple[str, str, str]) -> tuple[Signal, ...]:
    return tuple(Signal(name, detector, tuple(needs.split()), sees) for name, needs, sees in entries)


SIGNALS: tuple[Signal, ...] = (
    *_signals(
        Detector.PAYMENTS,
        (
            "payer history",
            "payments.payer_id payments.paid_at payments.amount_minor",
            "spending that is unlike the payer: stolen instrument",
        ),
        ("payee history", "payments.payee_id payments.paid_at", "terminals and shops through which stolen instruments run"),
        ("instrument velocity", "payments.instrument_id payments.paid_at", "bursts on one card: card testing, stolen instrument"),
        ("decline pattern", "payments.status payments.paid_at", "many declines before an approval: card testing"),
        ("device sharing", "payments.device_id", "one device behind many accounts or cards: takeover, card testing"),
        ("network sharing", "payments.network_id", "one network behind many accounts or cards: takeover, card testing"),
        (
            "account changes",
            "account_events.account_id account_events.kind account_events.occurred_at",
            "new device or password first: takeover",
        ),
        ("order reconciliation", "payments.order_id orders.order_id orders.amount_minor", "charged twice or wrongly: payment error"),
        ("shown and charged", "payments.shown_amount_minor", "another amount than the payer saw: payment error"),
        ("shown payee", "payments.shown_payee_id", "another payee than the payer saw: payment error, impersonation"),
        ("instrument safety", "payments.safety_tier", "weakly protected instruments"),
        ("credential safety", "payments.is_weak_credential", "weak passwords: takeover"),
        ("channel safety", "payments.is_unsafe_channel", "unsafe networks: takeover"),
        ("refund history", "refunds.order_id refunds.requested_at payments.order_id", "money that soon comes back"),
    ),
    *_signals(
        Detector.DEALS,
        ("shop history", "orders.merchant_id orders.ordered_at", "sudden growth of one shop: brushing"),
        ("buyer history", "orders.buyer_id orders.ordered_at", "accounts that buy for hire: brushing"),
        ("device sharing", "orders.device_id", "many buyers on one device: brushing, self-purchase"),
        ("network sharing", "orders.network_id", "many buyers on one network: brushing, self-purchase"),
        ("address sharing", "orders.address_id", "many buyers at one address: brushing, refund abuse"),
        ("price and quantity", "orders.amount_minor orders.quantity orders.list_price_minor", "prices no honest deal has: brushing, bait"),
        ("listing concentration", "orders.listing_id", "one listing pushed: brushing"),
        ("parcel weight", "shipments.order_id shipments.weight_g", "empty parcels: brushing, false shipping"),
        ("delivery", "shipments.order_id shipments.shipped_at shipments.delivered_at", "late or false shipping"),
        ("refunds", "refunds.order_id refunds.requested_at refunds.amount_minor", "money back after the deal: brushing, refund abuse"),
        ("money loop", "payments.order_id payments.instrument_id", "one instrument pays for many buyers: self-purchase"),
        ("reviews of the deal", "reviews.order_id reviews.rating", "praise that follows a fake deal"),
        ("buyer's note", "orders.note", "words of hired buyers"),
        ("buyer's age", "buyers.registered_at", "fresh accounts"),
        ("shop's age", "merchants.registered_at", "fresh shops"),
    ),
    *_signals(
        Detector.REVIEWS,
        ("words", "reviews.text", "copied, hired or threatening words"),
        ("rating", "reviews.rating", "ratings against the rest"),
        ("reviewer history", "reviews.reviewer_id reviews.posted_at", "accounts that review for hire"),
        ("bursts", "reviews.subject_id reviews.posted_at", "waves of praise or malice"),
        ("order behind", "reviews.order_id", "reviews without a purchase"),
        ("shop under review", "reviews.merchant_id", "campaigns for or against a shop"),
        ("device sharing", "reviews.device_id", "many reviewers on one device"),
        ("network sharing", "reviews.network_id", "many reviewers on one network"),
        ("follow-up", "reviews.is_follow_up", "praise turned after a threat or a bribe: extortion"),
        ("refund after review", "reviews.order_id refunds.order_id refunds.requested_at", "bad review, refund, silence: extortion"),
    ),
)


def blind_signals(given: Collection[str]) -> tuple[Blind, ...]:
    """Signals that detectors whose own table is given cannot see.

    Parameters
    ----------
    given
        Columns that the source gives, as ``table.column``.
    """
    tables = {name.partition(".")[0] for name in given}
    found = []
    for signal in SIGNALS:
        lacks = tuple(need for need in signal.needs if need not in given)
        if lacks and signal.detector.table in tables:
            found.append(Blind(signal, lacks))
    return tuple(found)
