"""Appeals and reopening: written down for who asks, decided by somebody new, and what they change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseAction, CaseEvent
from fairdeal.disputes.services import RefusedChange, apply
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person, send, text_of

pytestmark = pytest.mark.usefixtures("home")

#: A reopening that an analyst asks for, written down by an approver, who so agrees to it.
AGREED: dict[str, Any] = {
    "actor": "wang", "role": "approver", "on_behalf_of": "analyst", "reasons": ["a film came"], "new_evidence": ["E2"],
}  # fmt: skip
ASKED = {"asked_by": "merchant", "reasons": "the parcels exist", "new_evidence": "the carrier's list\nphotos"}


def decided(*, when: str = "window", outcome: str = "action_confirmed", **changes: Any) -> str:
    """A case that li proposed and wang approved just now; the time for an appeal runs."""
    (case_id,) = services.open_cases([alert(1, **changes)], run_id="run-1", at=timezone.now()).opened
    analyst, checker = browser(person("li", "analyst")), browser(person("wang", "approver", "appeal_review"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    send(analyst, case_id, "propose_decision", outcome=outcome, reasons="one device")
    send(checker, case_id, "approve", when=when)
    return case_id


def status_of(case_id: str) -> str:
    return Case.objects.get(pk=case_id).status


def test_a_decision_that_waits_for_an_appeal_speaks_at_once_and_is_carried_out_later() -> None:
    case_id = decided()
    assert status_of(case_id) == "DECIDED"
    assert [row["is_fraud"] for row in services.verdicts()] == [True]
    assert not CaseAction.objects.exists()
    services.apply_due(timezone.now() + timedelta(days=8))
    services.finish_cases(timezone.now() + timedelta(days=8))
    assert status_of(case_id) == "CLOSED"
    assert CaseAction.objects.get().state == "done"


def test_a_decision_without_measures_waits_for_nothing() -> None:
    assert status_of(decided(outcome="false_positive")) == "CLOSED"


def test_an_appeal_that_holds_turns_the_decision_and_the_verdict_and_keeps_the_old_one() -> None:
    case_id = decided()
    page = send(browser(person("kf", "agent")), case_id, "appeal", **ASKED)
    assert "service agent, for the merchant" in page
    assert "the carrier&#x27;s list" in page
    reviewer = browser(person("zhao", "approver", "appeal_review"))
    assert "The merchant appeals:" in text_of(reviewer.get(f"/case/{case_id}/"))
    page = send(reviewer, case_id, "reverse", outcome="false_positive", reasons="the carrier confirms")
    assert "It replaces the decision that li proposed" in page
    assert "never its maker" in send(reviewer, case_id, "approve")
    send(browser(person("sun", "approver")), case_id, "approve")
    assert status_of(case_id) == "CLOSED"
    before, after = services.verdicts()
    assert [(row["is_fraud"], row["on_appeal"]) for row in (before, after)] == [(True, False), (False, True)]
    assert before["closed_at"] < after["closed_at"]
    first = CaseEvent.objects.filter(event="propose_decision").get()
    assert (first.new["decision"]["maker"], first.new["decision"]["close_code"]) == ("li", "action_confirmed")
    assert not CaseAction.objects.exists()
    assert services.verify_history().faults == ()


def test_a_reviewer_sees_what_turning_the_decision_leads_to() -> None:
    case_id = decided()
    send(browser(person("kf", "agent")), case_id, "appeal", **ASKED)
    form = {"preview": "reverse", "outcome": "false_positive", "reasons": "the carrier confirms"}
    where = f"/case/{case_id}/preview/"
    page = text_of(browser(person("zhao", "approver", "appeal_review")).post(where, form, follow=True))
    assert "What is lifted" in page
    assert 'name="event" value="reverse"' in page
    assert "needs a skill" in text_of(browser(person("sun", "approver")).post(where, form, follow=True))
    assert status_of(case_id) == "APPEAL"


def test_an_appeal_that_does_not_hold_leaves_the_decision_which_is_carried_out() -> None:
    case_id = decided()
    send(browser(person("kf", "agent")), case_id, "appeal", **ASKED)
    reviewer = browser(person("zhao", "approver", "appeal_review"))
    assert "a proposal gives its reasons" in send(reviewer, case_id, "uphold", reasons=" ")
    send(reviewer, case_id, "uphold", reasons="the list is of another month")
    case = Case.objects.get()
    assert (case.status, case.close_code, case.decision["upheld_by"]) == ("CLOSED", "action_confirmed", "zhao")
    assert {row["is_fraud"] for row in services.verdicts()} == {True}


@pytest.mark.parametrize(
    ("name", "roles", "told"),
    [
        ("wang", (), "took no part in the decision"),
        ("li", (), "your role may not take this step"),
        ("zhao", ("approver",), "needs a skill"),
        ("zhou", ("analyst",), "your role may not take this step"),
    ],
)
def test_who_took_part_or_lacks_the_skill_decides_no_appeal(name: str, roles: tuple[str, ...], told: str) -> None:
    case_id = decided()
    send(browser(person("kf", "agent")), case_id, "appeal", **ASKED)
    from django.contrib.auth.models import User

    client = browser(person(name, *roles) if roles else User.objects.get(username=name))
    page = text_of(client.get(f"/case/{case_id}/"))
    assert 'value="reverse"' not in page
    assert 'value="uphold"' not in page
    for event in ("uphold", "reverse"):
        assert told in send(client, case_id, event, outcome="false_positive", reasons="x")
    assert status_of(case_id) == "APPEAL"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"new_evidence": " "}, "new evidence is needed"),
        ({"reasons": ""}, "says why they ask"),
        ({"asked_by": "analyst"}, "your role may not take this step"),
        ({"asked_by": "king"}, "not changed"),
    ],
)
def test_an_appeal_has_reasons_new_evidence_and_a_party(change: dict[str, str], told: str) -> None:
    case_id = decided()
    assert told in send(browser(person("kf", "agent")), case_id, "appeal", **(ASKED | change))
    assert status_of(case_id) == "DECIDED"


@pytest.mark.parametrize(("name", "role", "told"), [("zhou", "analyst", "your role may not"), ("sun", "auditor", "your role may not")])
def test_only_agents_and_approvers_write_an_appeal_down(name: str, role: str, told: str) -> None:
    case_id = decided()
    client = browser(person(name, role))
    assert "Write down an appeal" not in text_of(client.get(f"/case/{case_id}/"))
    page = send(client, case_id, "appeal", **ASKED)
    assert told in page or "is not written down for somebody else by your role" in page
    assert status_of(case_id) == "DECIDED"


def test_an_appeal_on_an_older_revision_is_refused() -> None:
    case_id = decided()
    old = str(Case.objects.get().revision - 1)
    assert "somebody changed the case" in send(browser(person("kf", "agent")), case_id, "appeal", **(ASKED | {"revision": old}))


def test_a_closed_case_is_reopened_by_an_approver_for_who_asks() -> None:
    case_id = decided(when="now")
    assert status_of(case_id) == "CLOSED"
    agent, approver = browser(person("kf", "agent")), browser(person("zhao", "approver"))
    assert "Reopen the case" not in text_of(agent.get(f"/case/{case_id}/"))
    assert "is not written down for somebody else by your role" in send(agent, case_id, "reopen", **ASKED)
    assert "Reopen the case" in text_of(approver.get(f"/case/{case_id}/"))
    assert "approver, for the analyst" in send(approver, case_id, "reopen", **(ASKED | {"asked_by": "analyst"}))
    assert status_of(case_id) == "INVESTIGATION"


def test_who_is_analyst_and_approver_reopens_as_approver() -> None:
    case_id = decided(when="now")
    assert "approver, for the merchant" in send(browser(person("qian", "analyst", "approver")), case_id, "reopen", **ASKED)
    assert status_of(case_id) == "INVESTIGATION"


def test_a_measure_that_is_ordered_again_is_another_one() -> None:
    case_id = decided(when="now")
    apply(case_id, "reopen", **AGREED)
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["again"], at=timezone.now())
    keys = CaseAction.objects.values_list("idempotency_key", flat=True)
    assert len(set(keys)) == 2


@pytest.mark.parametrize("days", [8, 400])
def test_after_its_window_neither_an_appeal_nor_a_reopening_is_offered_or_taken(days: int) -> None:
    case_id = decided(when="now")
    late = timezone.now() + timedelta(days=days)
    more: dict[str, Any] = {"on_behalf_of": "merchant", "reasons": ["x"], "new_evidence": ["y"], "at": late}
    with pytest.raises(RefusedChange, match="within the window"):
        apply(case_id, "reopen", actor="zhao", role="approver", **more)
    Case.objects.update(closed_at=AT - timedelta(days=400))
    approver = browser(person("zhao", "approver"))
    assert "Reopen the case" not in text_of(approver.get(f"/case/{case_id}/"))
