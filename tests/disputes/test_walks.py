"""Random walks through the whole process with stored cases: every step is taken or refused, and the history stays whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdeal.disputes import services
from fairdeal.disputes.claiming import CLAIMABLE
from fairdeal.disputes.domain import TRANSITIONS, CaseStatus, Event, Role
from fairdeal.disputes.events import PROPOSALS
from fairdeal.disputes.models import Case, CaseAction, CaseEvent, CaseMember
from fairdeal.disputes.pausing import PAUSABLE
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")

_PEOPLE = ("li", "wang", "zhao", "sun")
_FRESH = count()

#: Everything that a willing person would send along.
_SENT: dict[str, Any] = {
    "reasons": ["because"],
    "evidence_ids": ["E1"],
    "new_evidence": ["E2"],
    "comment": "look",
    "remedies": ["court"],
    "document_sha256": "0" * 64,
    "agreed_by": ["buyer", "merchant", "mediator"],
    "arbitration_agreed": True,
    "evidence_complete": True,
    "attempts": 3,
    "disclosure_signed": True,
    "challenge_open": False,
    "skills": ["appeal_review", "legal", "second_level"],
    "told": ["buyer", "merchant"],
    "named_maker": "chen",
}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_walk_leaves_every_case_whole(data: st.DataObject) -> None:
    number = next(_FRESH)
    row = alert(number, f"M{number}", case_type="MAL_REVIEW", typology="malicious_review", detector="reviews", subject_kind="review")
    (case_id,) = services.open_cases([row], run_id="run-1", at=AT).opened
    at = AT
    for _ in range(data.draw(st.integers(1, 14))):
        if data.draw(st.booleans()):
            lay_over(case_id, data, at)
        check_overlays(case_id)
        status = CaseStatus(Case.objects.get(pk=case_id).status)
        step = data.draw(st.sampled_from([row for row in TRANSITIONS if row.source is status]))
        role = data.draw(st.sampled_from(step.who))
        at += timedelta(hours=data.draw(st.sampled_from([1, 30, 24 * 190])))
        sent = dict(_SENT, due_at=at + timedelta(days=3))
        if step.event in PROPOSALS and step.event is not Event.PROPOSE_FALSE_POSITIVE and role is not Role.ARBITRATOR:
            sent["close_code"] = data.draw(st.sampled_from(["action_confirmed", "decided_for_buyer", "false_positive"]))
        if step.event is Event.MERGE_DUPLICATE:
            sent["target_case_id"] = case_id
        if step.event is Event.ENFORCE:
            sent["because"] = data.draw(st.sampled_from(["window_over", "accepted", "urgent_measure"]))
        if step.event is Event.CONFIRM_ACTIONS:
            sent["receipts"] = {a["action_id"]: "r" for a in Case.objects.get(pk=case_id).decision.get("actions", [])}
        before = services.show_case(case_id)
        try:
            services.apply(case_id, step.event, actor=data.draw(st.sampled_from(_PEOPLE)), role=role, at=at, **sent)
        except services.RefusedChange:
            assert services.show_case(case_id) == before
    check(case_id)
    check_overlays(case_id)


def lay_over(case_id: str, data: st.DataObject, at: datetime) -> None:
    """Somebody tries to take the case, give it back, let it stand still or go on; that changes no status."""
    actor = data.draw(st.sampled_from(_PEOPLE))
    before = Case.objects.get(pk=case_id).status
    tries: list[Callable[[], Any]] = [
        lambda: services.claim(case_id, actor=actor, reason="mine", at=at),
        lambda: services.release(case_id, actor=actor, at=at),
        lambda: services.pause(case_id, "expert_test", actor=actor, role="analyst", at=at),
        lambda: services.resume(case_id, actor=actor, role="analyst", at=at),
    ]
    with suppress(services.RefusedChange):
        data.draw(st.sampled_from(tries))()
    assert Case.objects.get(pk=case_id).status == before


def check_overlays(case_id: str) -> None:
    """What lies over a case lies there only where it may; what a decision orders is in the outbox while it is carried out."""
    case = Case.objects.get(pk=case_id)
    if case.lease_until is not None:
        assert case.status in CLAIMABLE
        assert case.holder
    assert bool(case.pause_reason) == (case.paused_until is not None)
    if case.pause_reason:
        assert case.status in PAUSABLE
    if case.status == CaseStatus.ENFORCING:
        ordered = {action["action_id"] for action in case.decision.get("actions", [])}
        assert ordered <= set(CaseAction.objects.filter(case=case).values_list("action_id", flat=True))


def check(case_id: str) -> None:
    """What holds for every case, wherever its walk has led."""
    case = Case.objects.get(pk=case_id)
    events = list(CaseEvent.objects.filter(case=case).order_by("seq"))
    assert [event.revision for event in events] == list(range(case.revision + 1))
    assert [event.from_status for event in events[1:]] == [event.to_status for event in events[:-1]]
    assert events[-1].to_status == case.status
    assert (case.closed_at is None) == (case.status != CaseStatus.CLOSED)
    members = CaseMember.objects.filter(case=case).count()
    for closing in (event for event in events if event.to_status == CaseStatus.CLOSED):
        assert len(closing.new["verdicts"]) == members
    if case.status == CaseStatus.DECIDED:
        assert case.decision["maker"] != case.decision["checker"]
    services.show_case(case_id)
    services.verdicts()
