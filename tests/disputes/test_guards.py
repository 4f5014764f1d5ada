"""The conditions on steps, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import ROWS, CaseStatus, CloseCode, Event, Finding, Refusal, Role, allowed
from tests.disputes.alerts import AT
from tests.disputes.test_transitions import willing

S, E = CaseStatus, Event


@pytest.mark.parametrize(
    ("status", "event", "role", "changes", "guard"),
    [
        (S.NEW, E.REJECT, Role.AGENT, {"machine_block": True}, "not_a_machine_block"),
        (S.NEW, E.REJECT, Role.AGENT, {"remedies": ()}, "reasons_and_remedies"),
        (S.NEW, E.MERGE_DUPLICATE, Role.ANALYST, {"target_case_id": ""}, "target_case"),
        (S.REJECTED, E.NEW_MATERIAL, Role.BUYER, {"entered_at": AT - timedelta(days=181)}, "in_window"),
        (S.REJECTED, E.NEW_MATERIAL, Role.BUYER, {"other_open_case": True}, "no_other_open_case"),
        (S.REJECTED, E.EXPIRE, Role.WORKER, {"entered_at": AT - timedelta(days=180)}, "window_over"),
        (S.ACCEPTED, E.REQUEST_EVIDENCE, Role.AGENT, {"due_at": AT}, "due_date_ahead"),
        (S.ACCEPTED, E.START_REVIEW, Role.ANALYST, {"holder": "wang"}, "holds_case"),
        (S.ACCEPTED, E.OFFER_NEGOTIATION, Role.AGENT, {"case_type": CaseType.FAKE_DEAL}, "two_parties"),
        (
            S.EVIDENCE,
            E.CLOSE_EVIDENCE,
            Role.WORKER,
            {"evidence_complete": False, "evidence_due_at": AT + timedelta(seconds=1)},
            "evidence_done",
        ),
        (S.INVESTIGATION, E.REQUEST_EVIDENCE, Role.ANALYST, {"evidence_rounds": 2, "skills": frozenset()}, "rounds_left"),
        (
            S.INVESTIGATION,
            E.TO_MEDIATION,
            Role.BUYER,
            {"negotiation_tried": False, "opened_at": AT - timedelta(hours=23)},
            "talks_tried",
        ),
        (S.INVESTIGATION, E.PROPOSE_DECISION, Role.ANALYST, {"reasons": (" ",)}, "reasoned"),
        (S.INVESTIGATION, E.PROPOSE_DECISION, Role.ANALYST, {"evidence_ids": ()}, "evidenced"),
        (S.INVESTIGATION, E.PROPOSE_DECISION, Role.ANALYST, {"proposed": CloseCode.SETTLED}, "proposable"),
        (S.INVESTIGATION, E.PROPOSE_DECISION, Role.ANALYST, {"findings": {"review:1": Finding.HONEST}}, "findings_fit"),
        (
            S.INVESTIGATION,
            E.PROPOSE_DECISION,
            Role.ANALYST,
            {"proposed": CloseCode.FALSE_POSITIVE, "findings": {}},
            "confirms_or_decides",
        ),
        (S.INVESTIGATION, E.PROPOSE_FALSE_POSITIVE, Role.ANALYST, {"findings": {"review:1": Finding.FRAUD}}, "findings_fit"),
        (S.NEGOTIATION, E.SETTLE, Role.BUYER, {"agreed_by": frozenset({Role.BUYER})}, "both_agree"),
        (S.NEGOTIATION, E.SETTLE, Role.BUYER, {"document_sha256": "signed"}, "document"),
        (S.NEGOTIATION, E.FAIL, Role.WORKER, {"entered_at": AT - timedelta(hours=23)}, "silence_passed"),
        (S.NEGOTIATION, E.WITHDRAW, Role.BUYER, {"claimant": Role.MERCHANT}, "by_claimant"),
        (S.MEDIATION, E.SETTLE, Role.BUYER, {"agreed_by": frozenset({Role.BUYER, Role.MERCHANT})}, "mediator_agrees"),
        (S.MEDIATION, E.FAIL, Role.BUYER, {"arbitration_agreed": False}, "arbitration_agreed"),
        (S.MEDIATION, E.HAND_TO_PLATFORM, Role.MEDIATOR, {"named_maker": " LI "}, "neutral_hands_over"),
        (S.MEDIATION, E.HAND_TO_PLATFORM, Role.MEDIATOR, {"mediators": frozenset({"chen"})}, "neutral_hands_over"),
        (S.ARBITRATION, E.DRAFT_AWARD, Role.ARBITRATOR, {"challenge_open": True}, "disclosed"),
        (S.ARBITRATION, E.DRAFT_AWARD, Role.ARBITRATOR, {"mediators": frozenset({"li"})}, "independent"),
        (S.ARBITRATION, E.DRAFT_AWARD, Role.ARBITRATOR, {"analysts": frozenset({"Li"})}, "independent"),
        (S.DECISION_PENDING, E.APPROVE, Role.APPROVER, {"maker": "Li "}, "second_eyes"),
        (S.DECISION_PENDING, E.APPROVE, Role.APPROVER, {"maker": None}, "second_eyes"),
        (S.DECISION_PENDING, E.APPROVE, Role.APPROVER, {"proposer": "LI"}, "second_eyes"),
        (S.DECISION_PENDING, E.APPROVE, Role.APPROVER, {"amount_minor": 101, "approval_limit_minor": 100}, "within_limit"),
        (S.DECISION_PENDING, E.APPROVE, Role.APPROVER, {"unjudged": 1}, "all_judged"),
        (S.DECISION_PENDING, E.RETURN, Role.APPROVER, {"comment": ""}, "commented"),
        (S.DECISION_PENDING, E.RETURN, Role.APPROVER, {"close_code": CloseCode.AWARD}, "not_award"),
        (S.DECISION_PENDING, E.RETURN_AWARD, Role.APPROVER, {"close_code": CloseCode.ACTION_CONFIRMED}, "award_case"),
        (S.DECIDED, E.APPEAL, Role.BUYER, {"appeal_until": AT - timedelta(seconds=1)}, "appeal_open"),
        (S.DECIDED, E.APPEAL, Role.BUYER, {"new_evidence": ()}, "new_evidence"),
        (S.DECIDED, E.APPEAL, Role.BUYER, {"is_statutory": True}, "not_statutory"),
        (S.DECIDED, E.ENFORCE, Role.WORKER, {"because": "window_over"}, "time_to_enforce"),
        (S.DECIDED, E.ENFORCE, Role.WORKER, {"because": "hurry"}, "time_to_enforce"),
        (S.DECIDED, E.NO_ACTION, Role.WORKER, {"actions": 1}, "nothing_to_enforce"),
        (S.APPEAL, E.UPHOLD, Role.APPROVER, {"deciders": frozenset({"li"})}, "fresh_reviewer"),
        (S.ENFORCING, E.CONFIRM_ACTIONS, Role.WORKER, {"unconfirmed_actions": 1}, "all_confirmed"),
        (S.ENFORCING, E.ACTION_FAILED, Role.WORKER, {"attempts": 2}, "gave_up"),
        (S.FEEDBACK, E.CLOSE, Role.WORKER, {"untold_parties": 1}, "parties_told"),
        (S.CLOSED, E.REOPEN, Role.ANALYST, {"second_person": "li"}, "second_person_agrees"),
        (S.CLOSED, E.REOPEN, Role.ANALYST, {"close_code": CloseCode.DUPLICATE}, "reopenable"),
        (S.CLOSED, E.REOPEN, Role.ANALYST, {"is_statutory": True}, "reopenable"),
        (S.CLOSED, E.REOPEN, Role.ANALYST, {"entered_at": AT - timedelta(days=181)}, "in_window"),
        (S.LEGAL, E.RECEIVE_JUDGMENT, Role.APPROVER, {"second_person": ""}, "second_person_agrees"),
    ],
)
def test_a_guard_that_does_not_hold_is_the_one_reported(
    status: CaseStatus, event: Event, role: Role, changes: dict[str, Any], guard: str
) -> None:
    facts = willing(ROWS[status, event], role)
    assert not isinstance(allowed(status, event, role, facts), Refusal)
    outcome = allowed(status, event, role, replace(facts, **changes))
    assert isinstance(outcome, Refusal)
    assert outcome.code == guard


def test_the_windows_differ_by_type() -> None:
    closed_20_days_ago = replace(willing(ROWS[S.CLOSED, E.REOPEN], Role.ANALYST), entered_at=AT - timedelta(days=20))
    for case_type, opens in ((CaseType.FAKE_DEAL, False), (CaseType.UNAUTH_PAY, True), (CaseType.FAKE_REVIEW, True)):
        outcome = allowed(S.CLOSED, E.REOPEN, Role.ANALYST, replace(closed_20_days_ago, case_type=case_type))
        assert isinstance(outcome, Refusal) is not opens


def test_a_party_may_end_talks_at_once_and_silence_needs_a_day() -> None:
    just_now = replace(willing(ROWS[S.NEGOTIATION, E.FAIL], Role.BUYER), entered_at=AT)
    assert not isinstance(allowed(S.NEGOTIATION, E.FAIL, Role.BUYER, just_now), Refusal)
    assert isinstance(allowed(S.NEGOTIATION, E.FAIL, Role.WORKER, just_now), Refusal)
