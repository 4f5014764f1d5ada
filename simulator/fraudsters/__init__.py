"""Fraudsters: one module per typology; each is listed here and nowhere else."""

from __future__ import annotations

from fairdeal.simulator.fraudsters import brushing, impersonation, malicious_review, paid_praise, review_extortion, stolen_instrument
from fairdeal.simulator.fraudsters.scheme import Fraudster

FRAUDSTERS: tuple[Fraudster, ...] = (
    stolen_instrument.FRAUDSTER,
    brushing.FRAUDSTER,
    paid_praise.FRAUDSTER,
    malicious_review.FRAUDSTER,
    review_extortion.FRAUDSTER,
    impersonation.FRAUDSTER,
)
