"""What falls due by itself is done once, also when two look at once; what waits for people calls a senior."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.clocks import BOUNDS, PauseReason
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.services import RefusedChange, apply, apply_due
from tests.disputes.alerts import AT, alert
from tests.disputes.many import do_what_is_due, together

pytestmark = pytest.mark.usefixtures("home")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REVIEW = {"case_type": "MAL_REVIEW", "typology": "malicious_review", "detector": "reviews", "subject_kind": "review"}


def open_case(number: int = 1, at: datetime = AT, **changes: Any) -> str:
    (case_id,) = services.open_cases([alert(number, f"M{number}", **changes)], run_id="run-1", at=at).opened
    return case_id


def status_of(case_id: str) -> str:
    return Case.objects.get(pk=case_id).status


def in_review(number: int = 1, at: datetime = AT, **changes: Any) -> str:
    case_id = open_case(number, at, **changes)
    apply(case_id, "accept", actor="li", role="analyst", at=at)
    apply(case_id, "start_review", actor="li", role="analyst", at=at)
    return case_id


def stepped(at: datetime) -> list[tuple[str, str]]:
    return [(step["case_id"], step["event"]) for step in apply_due(at)["stepped"]]


def test_nothing_is_due_before_its_time_and_at_its_very_end() -> None:
    open_case()
    for gone in (HOUR, 23 * HOUR, 24 * HOUR):
        assert apply_due(AT + gone)["escalated"] == []
    assert apply_due(AT + 24 * HOUR + timedelta(seconds=1))["escalated"] != []


def test_a_first_answer_that_is_late_calls_a_senior_once() -> None:
    case_id = open_case()
    at = AT + 25 * HOUR
    done = apply_due(at)
    assert done["escalated"] == [{"case_id": case_id, "clock": "first_response"}]
    assert done["late"] == 1
    before = services.audit_head()
    assert apply_due(at + HOUR)["escalated"] == []
    assert services.audit_head() == before
    assert status_of(case_id) == "NEW"


@pytest.mark.parametrize(("hours", "warned"), [(11, {}), (12, {"12": 1}), (18, {"18": 1}), (23, {"22": 1}), (25, {})])
def test_warnings_of_the_first_answer_are_counted(hours: int, warned: dict[str, int]) -> None:
    open_case()
    assert {name: count for name, count in apply_due(AT + hours * HOUR)["warned"].items() if count} == warned


def test_evidence_that_did_not_come_is_gone_without() -> None:
    case_id = in_review()
    apply(case_id, "request_evidence", actor="li", role="analyst", due_at=AT + 3 * DAY, at=AT)
    assert stepped(AT + 3 * DAY) == []
    assert stepped(AT + 3 * DAY + HOUR) == [(case_id, "close_evidence")]
    assert status_of(case_id) == "INVESTIGATION"


def test_talks_without_an_answer_go_to_mediation() -> None:
    case_id = in_review(**REVIEW)
    apply(case_id, "offer_negotiation", actor="li", role="analyst", at=AT)
    assert stepped(AT + 24 * HOUR) == []
    assert stepped(AT + 25 * HOUR) == [(case_id, "fail")]
    assert status_of(case_id) == "MEDIATION"


def test_a_refused_case_closes_when_its_window_is_over() -> None:
    case_id = open_case()
    apply(case_id, "reject", actor="kf", role="agent", reasons=["no"], remedies=["court"], at=AT)
    assert stepped(AT + 7 * DAY) == []
    assert stepped(AT + 8 * DAY) == [(case_id, "expire")]
    assert status_of(case_id) == "CLOSED"


@pytest.mark.parametrize(
    ("code", "event", "status"), [("action_confirmed", "enforce", "ENFORCING"), ("false_positive", "no_action", "FEEDBACK")]
)
def test_a_decision_is_carried_out_when_nobody_appealed(code: str, event: str, status: str) -> None:
    case_id = in_review()
    services.propose(case_id, maker="li", close_code=code, reasons=["looked"], at=AT)
    apply(case_id, "approve", actor="wang", role="approver", at=AT)
    assert stepped(AT + 7 * DAY) == []
    assert stepped(AT + 8 * DAY) == [(case_id, event)]
    assert status_of(case_id) == status


def test_a_case_taken_to_court_goes_on_without_proof_and_waits_with_it() -> None:
    without, proven = in_review(1, **REVIEW), in_review(2, **REVIEW)
    apply(without, "to_legal", actor="M1", role="merchant", at=AT)
    apply(proven, "to_legal", actor="M2", role="merchant", document_sha256="0" * 64, at=AT)
    done = apply_due(AT + 20 * DAY)
    assert [(step["case_id"], step["event"]) for step in done["stepped"]] == [(without, "resume")]
    assert [step["case_id"] for step in done["escalated"]] == [proven]
    assert (status_of(without), status_of(proven)) == ("INVESTIGATION", "LEGAL")


def test_a_case_that_stands_still_is_not_late_not_given_out_and_goes_on_at_the_bound() -> None:
    case_id = in_review()
    paused = services.pause(case_id, "waiting_for_party", actor="li", role="analyst", at=AT + HOUR)
    bound = BOUNDS[PauseReason.WAITING_FOR_PARTY]
    assert paused["paused_until"] == bound.calendar.due(AT + HOUR, bound.amount)
    assert services.next_case("zhao", at=AT + 5 * HOUR) is None
    assert apply_due(AT + 6 * DAY) | {"warned": {}} == {"resumed": [], "woken": [], "stepped": [], "escalated": [], "warned": {}, "late": 0}
    after = paused["paused_until"] + HOUR
    assert apply_due(after)["resumed"] == [{"case_id": case_id}]
    assert apply_due(after)["escalated"] == []
    assert services.next_case("zhao", at=after) is not None
    assert [step["case_id"] for step in apply_due(after + 10 * DAY)["escalated"]] == [case_id]


def test_a_pause_ends_with_a_word_or_with_any_step() -> None:
    one, other = in_review(1), in_review(2)
    for case_id in (one, other):
        services.pause(case_id, "expert_test", actor="li", role="analyst", at=AT)
    services.resume(one, actor="li", role="analyst", at=AT + HOUR)
    services.propose(other, maker="li", close_code="false_positive", reasons=["the report came"], at=AT + HOUR)
    for case_id in (one, other):
        case = Case.objects.get(pk=case_id)
        assert (case.paused_until, case.pause_reason) == (None, "")


@pytest.mark.parametrize(
    ("reason", "actor", "told"),
    [("lunch", "li", "reasons are parties_talk, court_announced"), ("expert_test", "zhao", "li works on it until")],
)
def test_a_pause_needs_a_known_reason_and_the_holder(reason: str, actor: str, told: str) -> None:
    with pytest.raises(RefusedChange, match=told):
        services.pause(in_review(), reason, actor=actor, role="analyst", at=AT)


def test_the_first_answer_never_stands_still() -> None:
    with pytest.raises(RefusedChange, match="the case is NEW"):
        services.pause(open_case(), "expert_test", actor="li", role="analyst", at=AT)


def test_a_case_stands_still_for_one_reason_at_a_time_and_on_the_newest_revision() -> None:
    case_id = in_review()
    with pytest.raises(RefusedChange, match="the change was made on revision 0"):
        services.pause(case_id, "expert_test", actor="li", role="analyst", revision=0, at=AT)
    services.pause(case_id, "expert_test", actor="li", role="analyst", at=AT)
    with pytest.raises(RefusedChange, match="stands still already"):
        services.pause(case_id, "waiting_for_party", actor="li", role="analyst", at=AT)
    services.resume(case_id, actor="li", role="analyst", at=AT)
    with pytest.raises(RefusedChange, match="does not stand still"):
        services.resume(case_id, actor="li", role="analyst", at=AT)


def test_two_that_look_at_once_do_each_thing_once(home: Path) -> None:
    late = [open_case(number) for number in range(30)]
    for number in range(30, 45):
        case_id = open_case(number)
        apply(case_id, "reject", actor="kf", role="agent", reasons=["no"], remedies=["court"], at=AT)
    answers = together(do_what_is_due, home, 3)
    escalated = [step["case_id"] for answer in answers for step in answer["escalated"]]
    assert sorted(escalated) == sorted(late)
    assert CaseEvent.objects.filter(event="escalated").count() == 30
    assert CaseEvent.objects.filter(event="expire").count() == 15
    assert sum(len(answer["stepped"]) for answer in answers) == 15
    assert services.verify_history().faults == ()
