"""Decisions as people make them: proposed with the case's alerts as evidence, checked by a second person, turned on appeal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fairdeal.disputes.changing import apply
from fairdeal.disputes.domain import CaseStatus, CloseCode, Event, Role
from fairdeal.disputes.enforcing import carry_out
from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseAlert


def decide(
    case_id: str,
    *,
    maker: str,
    checker: str,
    close_code: str,
    findings: Mapping[str, bool] | None = None,
    reasons: Sequence[str],
    at: datetime,
) -> None:
    """Bring a case from where its review stands to its end: review, proposal, approval by a second person, enforcement, close.

    Parameters
    ----------
    case_id
        A case that is new, accepted or under investigation.
    maker, checker
        Two people.
    close_code
        ``action_confirmed``, ``false_positive`` or one of ``decided_for_buyer``, ``decided_for_merchant``, ``decided_split``.
    findings
        Per member, by subject id or ``kind:id``: True fraud, False honest. Members left out were not judged and teach nothing.
        None: the close code speaks for all members alike.
    reasons
        Why, at least one.
    at
        Aware; the moment of every step.

    Raises
    ------
    RefusedChange
        When a step is not allowed; the case is then as it was before. Deciding a closed case again in the same way is no error.

    Notes
    -----
    The alerts of the case are the evidence. Measures already in force that the decision confirms are urgent, so they need not
    wait for the end of the appeal window; appeals go on as cases of their own or by reopening.
    """
    with changing_history():
        case = Case.objects.select_for_update().filter(pk=case_id).first()
        if case is not None and _is_decided_so(case, maker, checker, close_code):
            return
        status = case.status if case is not None else CaseStatus.NEW
        person: dict[str, Any] = {"actor": maker, "role": Role.ANALYST, "at": at}
        if status == CaseStatus.NEW:
            status = apply(case_id, Event.ACCEPT, **person)["status"]
        if status == CaseStatus.ACCEPTED:
            apply(case_id, Event.START_REVIEW, **person)
        propose(case_id, maker=maker, close_code=close_code, findings=findings, reasons=reasons, at=at)
        apply(case_id, Event.APPROVE, actor=checker, role=Role.APPROVER, at=at)
        carry_out(case_id, at=at)


def propose(
    case_id: str,
    *,
    maker: str,
    close_code: str,
    findings: Mapping[str, Any] | None = None,
    reasons: Sequence[str],
    at: datetime | None = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """Put a decision about a case under investigation before a second person; its alerts and what was put before it are the evidence."""
    event, data = proposal(case_id, close_code=close_code, findings=findings, reasons=reasons)
    return apply(case_id, event, actor=maker, role=Role.ANALYST, revision=revision, at=at, **data)


def proposal(
    case_id: str, *, close_code: str, findings: Mapping[str, Any] | None, reasons: Sequence[str], is_reversal: bool = False
) -> tuple[Event, dict[str, Any]]:
    """The step that puts this decision before a second person, and what comes with it."""
    data: dict[str, Any] = {"reasons": list(reasons), "findings": findings, "evidence_ids": _evidence_of(case_id)}
    if is_reversal:
        return Event.REVERSE, {**data, "close_code": close_code}
    if close_code == CloseCode.FALSE_POSITIVE:
        return Event.PROPOSE_FALSE_POSITIVE, data
    return Event.PROPOSE_DECISION, {**data, "close_code": close_code}


def reverse(
    case_id: str,
    *,
    reviewer: str,
    skills: Sequence[str],
    close_code: str,
    findings: Mapping[str, Any] | None = None,
    reasons: Sequence[str],
    at: datetime | None = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """Let an appeal hold: another decision is put before a second person; the earlier one is kept in the history and named in the new one.

    Parameters
    ----------
    reviewer, skills
        Who took no part in the earlier decision, and what they may do beyond an approver.
    """
    event, data = proposal(case_id, close_code=close_code, findings=findings, reasons=reasons, is_reversal=True)
    return apply(case_id, event, actor=reviewer, role=Role.APPROVER, revision=revision, at=at, skills=list(skills), **data)


def _evidence_of(case_id: str) -> list[str]:
    """What a decision about a case rests on: its alerts, and what was put before it."""
    kept = (CaseAlert.objects.filter(case_id=case_id), CaseEvidence.objects.filter(case_id=case_id))
    return [pk for rows in kept for pk in rows.order_by("pk").values_list("pk", flat=True)]


def _is_decided_so(case: Case, maker: str, checker: str, close_code: str) -> bool:
    decision = case.decision
    same = (decision.get("maker"), decision.get("checker"), case.close_code) == (maker, checker, close_code)
    return same and case.status == CaseStatus.CLOSED
