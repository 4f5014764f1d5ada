"""How money, shares and moments are written, and that no code is left without a word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import translation

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.orders import ORDERS
from fairdeal.data_contracts.payments import PAYMENTS
from fairdeal.data_contracts.reviews import REVIEWS
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.disputes import names
from fairdeal.disputes.domain import CaseStatus, Event, Finding, Note, Role
from fairdeal.disputes.snapshot_rows import column_texts
from fairdeal.disputes.wording import instant_text, money_text, share_text, totals_text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123_450, "CNY", "1,234.50 CNY"),
        (1_234, "JPY", "1,234 JPY"),
        (1_234, "KWD", "1.234 KWD"),
        (-5, "CNY", "-0.05 CNY"),
        (5, "", "0.05"),
        (5, "XXX", "0.05"),
        (None, "CNY", "—"),
    ],
)
def test_money_has_its_currencys_digits_and_no_code_where_none_is_known(minor: int | None, currency: str, text: str) -> None:
    assert money_text(minor, currency) == text


def test_totals_name_every_currency_and_leave_out_what_is_nothing() -> None:
    money = {"CNY": {"amount_minor": 0, "expected_loss_minor": 100}, "USD": {"amount_minor": 200, "expected_loss_minor": 300}}
    assert totals_text(money, "expected_loss_minor") == "1.00 CNY + 3.00 USD"
    assert totals_text(money, "amount_minor") == "2.00 USD"
    assert totals_text({}, "amount_minor") == "—"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "—"),
        (0.0, "0%"),
        (0.0001, "< 0.1%"),
        (0.034, "3.4%"),
        (0.5, "50%"),
        (0.991, "99.1%"),
        (0.99, "99%"),
        (0.9999, "> 99.9%"),
        (1.0, "100%"),
    ],
)
def test_a_share_reads_as_nothing_or_all_only_when_it_is(share: float | None, text: str) -> None:
    assert share_text(share) == text


@pytest.mark.usefixtures("home")
def test_moments_are_told_on_the_readers_clock() -> None:
    assert instant_text(datetime(2026, 2, 28, 16, 5, 59, tzinfo=UTC)) == "2026-03-01 00:05"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_code_has_a_word(language: str) -> None:
    kinds = ("payment", "order", "review", "merchant", "account", "instrument", "device")
    with translation.override(language):
        told = {
            names.kind_text: kinds,
            names.typology_text: tuple(Typology),
            names.detector_text: tuple(Detector),
            names.chosen_by_text: ("expected_loss", "audit_sample"),
            names.action_text: tuple(Action),
            names.status_text: tuple(CaseStatus),
            names.role_text: tuple(Role),
            names.event_text: (*Event, *Note),
        }
        for word, codes in told.items():
            for code in codes:
                assert "_" not in word(code), code
                if language == "zh-hans":
                    assert word(code) != code
        assert names.finding_texts().keys() == set(Finding)
        assert names.role_texts().keys() == set(Role)


def test_every_column_that_a_scored_subject_can_have_has_a_label() -> None:
    columns = {column.name for contract in (PAYMENTS, ORDERS, REVIEWS) for column in contract.columns}
    assert columns - column_texts().keys() == {"text", "currency"}
