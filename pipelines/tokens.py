"""Whom a decision touches: the subject a measure is put on, and the subject a case is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType, Detector


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


#: Of a subject's own row, what `case_subject` looks at.
PARTIES = {
    Detector.PAYMENTS: ("instrument_id", "payer_id"),
    Detector.DEALS: ("merchant_id", "buyer_id"),
    Detector.REVIEWS: ("merchant_id", "reviewer_id"),
}


def case_subject(detector: Detector) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Case type, and kind and id of whom the case is about; over rows with ``typology`` and the detector's `PARTIES`.

    A ring's case is about its merchant, so that 300 brushed orders are one case; a stolen instrument's about the instrument; paid
    praise about the merchant praised, or the writer where no merchant is known; what an account does on its own about the account.

    >>> row = pl.DataFrame({"typology": ["brushing"], "merchant_id": ["M1"], "buyer_id": ["B1"]})
    >>> row.select(*case_subject(Detector.DEALS)).row(0)
    ('FAKE_DEAL', 'merchant', 'M1')
    """
    types = {str(typology): str(facts.case_type) for typology, facts in TYPOLOGIES.items()}
    case_type = pl.col("typology").replace_strict(types, return_dtype=pl.String).alias("case_type")
    first, account = PARTIES[detector]
    personal = {Detector.DEALS: CaseType.CLAIM_ABUSE, Detector.REVIEWS: CaseType.PHISHING}.get(detector)
    named = pl.col(first).is_not_null() & (pl.col(first) != "") & (pl.lit(True) if personal is None else case_type != str(personal))
    kind = pl.when(named).then(pl.lit(first.removesuffix("_id"))).otherwise(pl.lit("account")).alias("case_subject_kind")
    return case_type, kind, pl.when(named).then(first).otherwise(account).alias("case_subject_id")
