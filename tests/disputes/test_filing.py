"""Filing alerts under cases."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdeal.data_contracts.alerts import ALERTS
from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


def test_the_sample_alert_keeps_the_contract() -> None:
    assert set(alert(1)) == set(ALERTS.names)


def test_a_ring_is_one_case_with_members() -> None:
    result = services.open_cases([alert(n) for n in range(300)], run_id="run-1", at=AT)
    assert len(result.opened) == 1
    assert {case_id for _, case_id in result.joined} == set(result.opened)
    assert len(result.joined) == 300
    case = Case.objects.get()
    assert case.member_count == CaseMember.objects.count() == 300
    assert case.expected_loss_minor == sum(8_000 + n for n in range(300))
    assert case.money == {"CNY": {"amount_minor": sum(10_000 + n for n in range(300)), "expected_loss_minor": case.expected_loss_minor}}


def test_another_subject_or_type_is_another_case() -> None:
    rows = [alert(1, "M1"), alert(2, "M2"), alert(3, "M1", case_type="MERCHANT_FRAUD", typology="bait_listing")]
    assert len(services.open_cases(rows, run_id="run-1", at=AT).opened) == 3


def test_the_same_run_asking_again_gets_the_same_answer() -> None:
    rows = [alert(1), alert(2), alert(3, "M2")]
    first = services.open_cases(rows, run_id="run-1", at=AT)
    again = services.open_cases(list(reversed(rows)) + rows, run_id="run-1", at=AT + timedelta(hours=1))
    assert again == first
    assert Case.objects.count() == 2
    assert CaseAlert.objects.count() == CaseEvent.objects.count() + 1 == 3


def test_another_run_with_the_same_alerts_opens_nothing() -> None:
    first = services.open_cases([alert(1)], run_id="run-1", at=AT)
    second = services.open_cases([alert(1)], run_id="run-2", at=AT)
    assert second.opened == ()
    assert second.joined == first.joined


def test_a_new_alert_joins_the_open_case_and_is_written_down() -> None:
    first = services.open_cases([alert(1)], run_id="run-1", at=AT)
    second = services.open_cases([alert(2)], run_id="run-2", at=AT + timedelta(days=1))
    assert second.opened == ()
    assert dict(second.joined) == {"A2": first.opened[0]}
    events = [(e.event, e.actor, e.revision, e.new["alerts"]) for e in CaseEvent.objects.order_by("seq")]
    assert events == [("open", "run-1", 0, ["A1"]), ("alerts_joined", "run-2", 1, ["A2"])]


def test_two_alerts_about_one_subject_are_one_member() -> None:
    services.open_cases([alert(1), alert(1, alert_id="A1b", expected_loss_minor=9_999)], run_id="run-1", at=AT)
    case = Case.objects.get()
    assert case.member_count == CaseMember.objects.count() == 1
    assert case.expected_loss_minor == 9_999


def test_money_of_different_currencies_is_kept_apart() -> None:
    services.open_cases([alert(1), alert(2, currency="USD"), alert(3, currency=None, amount_minor=None)], run_id="run-1", at=AT)
    assert {currency: total["amount_minor"] for currency, total in Case.objects.get().money.items()} == {
        "CNY": 10_001,
        "USD": 10_002,
        "XXX": 0,
    }


def test_an_alert_filed_in_a_closed_case_stays_there() -> None:
    first = services.open_cases([alert(1)], run_id="run-1", at=AT)
    _close(first.opened[0])
    again = services.open_cases([alert(1)], run_id="run-1", at=AT)
    assert again == first
    assert Case.objects.count() == 1


def test_a_member_of_a_closed_case_can_be_flagged_anew() -> None:
    old = services.open_cases([alert(1)], run_id="run-1", at=AT).opened[0]
    _close(old)
    result = services.open_cases([alert(1, alert_id="A1-later")], run_id="run-9", at=AT + timedelta(days=3))
    assert len(result.opened) == 1
    assert result.opened[0] != old


def test_case_ids_follow_from_content_alone() -> None:
    case_id = services.open_cases([alert(1)], run_id="run-1", at=AT).opened[0]
    assert case_id == "C" + hashlib.sha256(b"FAKE_DEAL|merchant|M1|2026-02-28|A1").hexdigest()[:16]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_order_and_repetition_of_alerts_change_nothing(order: list[int], repeated: list[int]) -> None:
    rows = [alert(n, f"M{n % 2}", event_at=datetime(2026, 2, 1 + n, tzinfo=UTC)) for n in range(6)]
    answers = []
    for sequence in (range(6), [*order, *repeated]):
        with transaction.atomic():
            answers.append(services.open_cases([rows[n] for n in sequence], run_id="run-1", at=AT))
            transaction.set_rollback(True)
    assert answers[0] == answers[1]
    assert Case.objects.count() == 0


def test_a_broken_row_files_nothing_and_is_named() -> None:
    with pytest.raises(ContractBreach, match=r"alerts row 1 \(A2\): no case_type; every alert has one"):
        services.open_cases([alert(1), alert(2, case_type=None)], run_id="run-1", at=AT)
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("event_at", datetime(2026, 1, 1), "no time zone"),
        ("score", float("inf"), "not a finite number"),
        ("amount_minor", 1.5, "not a whole number"),
        ("reasons", "[{", "Expecting"),
        ("evidence", '{"spans": NaN}', "not JSON"),
        ("typology", "bad", "allowed are"),
        ("subject_id", "x" * 129, "allowed are 128"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused(column: str, value: object, words: str) -> None:
    with pytest.raises(ContractBreach, match=words):
        services.open_cases([alert(1, **{column: value})], run_id="run-1", at=AT)


def test_nulls_of_pandas_count_as_null() -> None:
    frame = pd.DataFrame([alert(1, probability=None, amount_minor=None), alert(2)])
    services.open_cases(frame.to_dict("records"), run_id="run-1", at=AT)  # type: ignore[arg-type]
    assert CaseAlert.objects.get(pk="A1").probability is None
    assert CaseAlert.objects.get(pk="A1").amount_minor is None


def test_no_alerts_open_no_cases() -> None:
    assert services.open_cases([], run_id="run-1", at=AT) == services.OpenedCases((), ())


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(services.RefusedChange, match="give the time zone"):
        services.open_cases([alert(1)], run_id="run-1", at=datetime(2026, 1, 1))


def _close(case_id: str) -> None:
    services.decide(case_id, maker="li", checker="wang", close_code="false_positive", reasons=["a parcel each"], at=AT)
