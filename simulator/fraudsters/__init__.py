"""Fraudsters: one module per typology; each is listed here and nowhere else."""

from __future__ import annotations

from fairdeal.simulator.fraudsters import (
    account_takeover,
    bait_listing,
    brushing,
    card_testing,
    false_shipping,
    impersonation,
    malicious_review,
    paid_praise,
    payment_error,
    refund_abuse,
    reverse_brushing,
    review_extortion,
    self_purchase,
    stolen_instrument,
)
from fairdeal.simulator.fraudsters.scheme import Fraudster

FRAUDSTERS: tuple[Fraudster, ...] = (
    stolen_instrument.FRAUDSTER,
    card_testing.FRAUDSTER,
    account_takeover.FRAUDSTER,
    payment_error.FRAUDSTER,
    brushing.FRAUDSTER,
    self_purchase.FRAUDSTER,
    reverse_brushing.FRAUDSTER,
    refund_abuse.FRAUDSTER,
    false_shipping.FRAUDSTER,
    bait_listing.FRAUDSTER,
    paid_praise.FRAUDSTER,
    malicious_review.FRAUDSTER,
    review_extortion.FRAUDSTER,
    impersonation.FRAUDSTER,
)
