"""Whom a measure is put on, and whom a case is about."""

from __future__ import annotations

import doctest

import polars as pl
import pytest

from fairdeal.data_contracts.typologies import CaseType, Detector, Typology
from fairdeal.pipelines import tokens
from fairdeal.pipelines.tokens import PARTIES, case_subject, measure_subject


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(tokens)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("detector", "snapshot", "expected"),
    [
        (Detector.PAYMENTS, {"payment_id": "P1", "payer_id": "B1"}, ("account", "B1")),
        (Detector.PAYMENTS, {"payment_id": "P1", "payer_id": "B1", "instrument_id": "T1"}, ("instrument", "T1")),
        (Detector.DEALS, {"order_id": "O1", "buyer_id": "B1"}, ("order", "O1")),
        (Detector.REVIEWS, {"review_id": "R1", "reviewer_id": "B1"}, ("review", "R1")),
    ],
)
def test_a_measure_is_put_on_what_can_still_be_acted_upon(detector: Detector, snapshot: dict[str, str], expected: tuple[str, str]) -> None:
    assert measure_subject(detector, snapshot) == expected


ORDER = {"order_id": "O1", "buyer_id": "B1", "merchant_id": "M1"}
REVIEW = {"review_id": "R1", "reviewer_id": "B1"}


@pytest.mark.parametrize(
    ("detector", "typology", "snapshot", "expected"),
    [
        (Detector.DEALS, Typology.BRUSHING, ORDER, (CaseType.FAKE_DEAL, "merchant", "M1")),
        (Detector.DEALS, Typology.REFUND_ABUSE, ORDER, (CaseType.CLAIM_ABUSE, "account", "B1")),
        (Detector.DEALS, Typology.REVERSE_BRUSHING, ORDER, (CaseType.FAKE_DEAL, "account", "B1")),
        (Detector.PAYMENTS, Typology.PAYMENT_ERROR, {"payer_id": "B1", "instrument_id": "T1"}, (CaseType.PAY_ERROR, "account", "B1")),
        (Detector.REVIEWS, Typology.PAID_PRAISE, {**REVIEW, "merchant_id": "M1"}, (CaseType.FAKE_REVIEW, "merchant", "M1")),
        (Detector.REVIEWS, Typology.PAID_PRAISE, REVIEW, (CaseType.FAKE_REVIEW, "account", "B1")),
        (Detector.REVIEWS, Typology.IMPERSONATION, {**REVIEW, "merchant_id": "M1"}, (CaseType.PHISHING, "account", "B1")),
        (
            Detector.PAYMENTS,
            Typology.STOLEN_INSTRUMENT,
            {"payer_id": "B1", "instrument_id": "T1"},
            (CaseType.UNAUTH_PAY, "instrument", "T1"),
        ),
    ],
)
def test_a_ring_is_one_case_about_its_shop_and_the_rest_about_who_acted(
    detector: Detector, typology: Typology, snapshot: dict[str, str], expected: tuple[CaseType, str, str]
) -> None:
    row = pl.DataFrame([dict.fromkeys(PARTIES[detector]) | snapshot | {"typology": str(typology)}], infer_schema_length=None)
    assert row.select(*case_subject(detector)).row(0) == expected
