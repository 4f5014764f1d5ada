"""A case that is put aside comes back in time, or when what it waits for happens, to whoever put it aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseEvent
from tests.disputes.alerts import AT, alert

LATER, MORNING = AT + timedelta(hours=1), AT + timedelta(hours=8)


@pytest.fixture
def case_id(either: str | None) -> str:
    """A case that li holds, on both databases."""
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    services.claim(case_id, actor="li", at=AT)
    return case_id


def asleep(case_id: str, **given: Any) -> dict[str, Any]:
    return services.snooze(case_id, **({"actor": "li", "role": "analyst", "at": LATER, "until": MORNING} | given))


def case_of(case_id: str) -> Case:
    return Case.objects.get(pk=case_id)


def test_a_case_that_sleeps_is_nobodys_and_is_not_given_as_the_next_one(case_id: str) -> None:
    asleep(case_id, word="the shop opens at nine")
    case = case_of(case_id)
    assert (case.holder, case.snoozed_by, case.snoozed_until) == ("", "li", MORNING)
    assert services.next_case("mo", at=LATER) is None
    entry = CaseEvent.objects.filter(case=case).latest("seq")
    assert (entry.event, entry.new["given"]["comment"]) == ("snoozed", "the shop opens at nine")


def test_in_time_the_worker_wakes_it_and_gives_it_back(case_id: str) -> None:
    asleep(case_id)
    assert services.apply_due(MORNING - timedelta(minutes=1))["woken"] == []
    assert services.apply_due(MORNING)["woken"] == [{"case_id": case_id}]
    assert services.apply_due(MORNING)["woken"] == []
    case = case_of(case_id)
    assert (case.holder, case.snoozed_until, case.lease_until) == ("li", None, MORNING + timedelta(minutes=30))
    assert CaseEvent.objects.filter(case=case).latest("seq").new["because"] == "time"
    assert not services.verify_history([]).faults


def test_without_a_worker_it_is_given_to_others_once_it_slept_its_time(case_id: str) -> None:
    asleep(case_id)
    taken = services.next_case("mo", at=MORNING)
    assert taken is not None
    assert case_of(case_id).snoozed_until is None


def evidence(case_id: str, role: str) -> None:
    exhibit = services.Exhibit(kind="other", source_system="desk", external_id=f"X-{role}", text="a photo")
    services.add_evidence(case_id, exhibit, actor="someone", role=role, at=LATER)


def another_alert(case_id: str) -> None:
    services.open_cases([alert(2)], run_id="run-2", at=LATER)


@pytest.mark.parametrize(
    ("trigger", "wakes", "does_not"),
    [
        ("evidence", lambda case_id: evidence(case_id, "agent"), another_alert),
        ("alert", another_alert, lambda case_id: evidence(case_id, "agent")),
        ("party", lambda case_id: evidence(case_id, "merchant"), lambda case_id: evidence(case_id, "agent")),
    ],
)
def test_the_occasion_wakes_it_and_others_do_not(case_id: str, trigger: str, wakes: Any, does_not: Any) -> None:
    asleep(case_id, trigger=trigger, until=None)
    does_not(case_id)
    assert case_of(case_id).snoozed_until is not None
    wakes(case_id)
    case = case_of(case_id)
    assert (case.snoozed_until, case.holder) == (None, "li")
    assert CaseEvent.objects.filter(case=case).latest("seq").new["because"] == trigger


def test_a_complaint_about_its_subject_is_a_partys_answer(case_id: str) -> None:
    asleep(case_id, trigger="party", until=None)
    given = services.Exhibit(kind="complaint", source_system="12315", external_id="N1", subject_kind="merchant", subject_id="M1", text="no")
    assert services.file_complaint(given, actor="ag", role="agent", at=LATER)["case_id"] == case_id
    assert case_of(case_id).snoozed_until is None


def test_another_cases_decision_wakes_what_waits_for_it(case_id: str) -> None:
    (other,) = services.open_cases([alert(5, "M5")], run_id="run-1", at=AT).opened
    asleep(case_id, trigger="case", other_case=other, until=None)
    services.decide(other, maker="ana", checker="bo", close_code="false_positive", reasons=["looked"], at=LATER)
    assert case_of(case_id).holder == "li"


def test_a_step_with_it_ends_its_sleep(case_id: str) -> None:
    asleep(case_id)
    services.apply(case_id, "accept", actor="ag", role="agent", at=LATER)
    assert case_of(case_id).snoozed_until is None


def test_it_is_woken_by_hand(case_id: str) -> None:
    asleep(case_id)
    services.rouse(case_id, actor="li", role="analyst", at=LATER)
    assert case_of(case_id).holder == "li"
    with pytest.raises(services.RefusedChange, match="does not sleep"):
        services.rouse(case_id, actor="li", role="analyst", at=LATER)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"until": None}, "no_end"),
        ({"until": AT}, "sleep_too_long"),
        ({"until": AT + timedelta(hours=25)}, "sleep_too_long"),  # the first answer is due after 24 hours
        ({"trigger": "rain"}, "bad_trigger"),
        ({"trigger": "case"}, "bad_trigger"),
        ({"trigger": "case", "other_case": "C0"}, "bad_target"),
        ({"actor": "mo"}, "held_by_other"),
        ({"role": "agent"}, "role"),
        ({"revision": 0}, "stale_revision"),
    ],
)
def test_sleep_is_refused_where_it_cannot_be(case_id: str, given: dict[str, Any], code: str) -> None:
    if "actor" in given:
        services.claim(case_id, actor="li", at=LATER)
    with pytest.raises(services.RefusedChange) as refused:
        asleep(case_id, **given)
    assert refused.value.refusal.code == code
    assert case_of(case_id).snoozed_until is None


def test_no_sleep_outlasts_the_first_answers_clock(case_id: str) -> None:
    until: datetime = asleep(case_id, until=None, trigger="alert")["snoozed_until"]
    assert until == AT + timedelta(hours=24)


def test_after_the_clock_ran_out_nothing_is_put_aside(case_id: str) -> None:
    with pytest.raises(services.RefusedChange, match="sleeps from now"):
        asleep(case_id, at=AT + timedelta(hours=25), until=AT + timedelta(hours=26))


def test_a_decided_case_does_not_sleep(case_id: str) -> None:
    services.decide(case_id, maker="li", checker="bo", close_code="false_positive", reasons=["looked"], at=LATER)
    with pytest.raises(services.RefusedChange, match="go on with it"):
        asleep(case_id)
