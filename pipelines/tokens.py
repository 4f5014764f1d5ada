"""Whom a decision touches: the subject a measure is put on, and the subject a case is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType, Detector, Typology


def measure_subject(detector: Detector, snapshot: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and token of what a feed record acts upon.

    Yesterday's payment cannot be held any more, but its instrument can, or the account where no instrument is known. Orders and reviews
    are acted upon themselves.

    >>> measure_subject(Detector.PAYMENTS, {"payment_id": "P1", "payer_id": "B1", "instrument_id": "I1"})
    ('instrument', 'I1')
    """
    if detector is Detector.PAYMENTS:
        if snapshot.get("instrument_id"):
            return "instrument", str(snapshot["instrument_id"])
        return "account", str(snapshot["payer_id"])
    if detector is Detector.DEALS:
        return "order", str(snapshot["order_id"])
    return "review", str(snapshot["review_id"])


def case_subject(detector: Detector, typology: Typology, snapshot: Mapping[str, Any]) -> tuple[CaseType, str, str]:
    """Case type, and kind and id of whom the case is about.

    A ring's case is about its merchant, so that 300 brushed orders are one case; a stolen instrument's about the instrument; paid
    praise about the merchant praised, or the writer where no merchant is known.

    >>> case_subject(Detector.DEALS, Typology.BRUSHING, {"order_id": "O1", "merchant_id": "M1"})
    (<CaseType.FAKE_DEAL: 'FAKE_DEAL'>, 'merchant', 'M1')
    """
    case_type = TYPOLOGIES[typology].case_type
    if detector is Detector.PAYMENTS:
        return (case_type, *measure_subject(detector, snapshot))
    if detector is Detector.DEALS:
        if case_type is CaseType.CLAIM_ABUSE:
            return case_type, "account", str(snapshot["buyer_id"])
        return case_type, "merchant", str(snapshot["merchant_id"])
    if snapshot.get("merchant_id") and case_type is not CaseType.PHISHING:
        return case_type, "merchant", str(snapshot["merchant_id"])
    return case_type, "account", str(snapshot["reviewer_id"])
