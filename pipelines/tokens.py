"""Whom a decision touches: the subject a measure is put on, and the subject a case is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from fairdeal.data_contracts.confirmed import acted_upon
from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType, Detector, Typology


def measure_subject(detector: Detector, snapshot: Mapping[str, Any], typology: str | None = None) -> tuple[str, str]:
    """Kind and token of what a feed record acts upon, see `fairdeal.data_contracts.confirmed.acted_upon`.

    >>> measure_subject(Detector.PAYMENTS, {"payment_id": "P1", "payer_id": "B1", "instrument_id": "I1"})
    ('instrument', 'I1')
    """
    account = {Detector.PAYMENTS: "payer_id", Detector.DEALS: "buyer_id", Detector.REVIEWS: "reviewer_id"}[detector]
    return acted_upon(
        detector.subject_kind,
        str(snapshot[f"{detector.subject_kind}_id"]),
        typology=typology,
        instrument_id=snapshot.get("instrument_id"),
        account_id=snapshot.get(account),
    )


#: Of a subject's own row, what `case_subject` looks at.
PARTIES = {
    Detector.PAYMENTS: ("instrument_id", "payer_id"),
    Detector.DEALS: ("merchant_id", "buyer_id"),
    Detector.REVIEWS: ("merchant_id", "reviewer_id"),
}


def case_subject(detector: Detector) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Case type, and kind and id of whom the case is about; over rows with ``typology`` and the detector's `PARTIES`.

    A ring's case is about its merchant, so that 300 brushed orders are one case; a stolen instrument's about the instrument; paid
    praise about the merchant praised, or the writer where no merchant is known; what an account does on its own about the account, as is
    a wrong charge about who was charged. Orders by which a rival attacks a shop are one case a shop, but about the accounts that ordered,
    told by the first of them: the shop is the victim.

    >>> row = pl.DataFrame({"typology": ["brushing"], "merchant_id": ["M1"], "buyer_id": ["B1"]})
    >>> row.select(*case_subject(Detector.DEALS)).row(0)
    ('FAKE_DEAL', 'merchant', 'M1')
    """
    types = {str(typology): str(facts.case_type) for typology, facts in TYPOLOGIES.items()}
    case_type = pl.col("typology").replace_strict(types, return_dtype=pl.String).alias("case_type")
    first, account = PARTIES[detector]
    personal = {Detector.PAYMENTS: CaseType.PAY_ERROR, Detector.DEALS: CaseType.CLAIM_ABUSE, Detector.REVIEWS: CaseType.PHISHING}[detector]
    is_attack = pl.col("typology") == str(Typology.REVERSE_BRUSHING)
    named = pl.col(first).is_not_null() & (pl.col(first) != "") & (case_type != str(personal)) & ~is_attack
    kind = pl.when(named).then(pl.lit(first.removesuffix("_id"))).otherwise(pl.lit("account")).alias("case_subject_kind")
    attackers = pl.when(is_attack).then(pl.col(account).min().over(first, "typology")).otherwise(account)
    return case_type, kind, pl.when(named).then(first).otherwise(attackers).alias("case_subject_id")
