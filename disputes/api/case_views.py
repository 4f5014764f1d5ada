"""One case: read, held, worked on, decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Path, Router
from ninja.responses import Status

from fairdeal.disputes import services
from fairdeal.disputes.api.gate import acting
from fairdeal.disputes.api.once import KEY, once
from fairdeal.disputes.api.shapes import (
    ApprovalGiven,
    CaseId,
    CaseTold,
    ClaimGiven,
    EvidenceAdded,
    EvidenceGiven,
    Held,
    Noted,
    NoteGiven,
    ProposalGiven,
    ReleaseGiven,
    ReturnGiven,
    StepGiven,
    Stepped,
)
from fairdeal.disputes.api.shown import case_shown
from fairdeal.disputes.domain import Event, Finding
from fairdeal.disputes.models import Case, CaseMember
from fairdeal.disputes.noting import case_at
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.taking_steps import take_step

router = Router(tags=["cases"])


@router.get("/cases/{case_id}", response=CaseTold, operation_id="read_case")
def read_case(request: HttpRequest, case_id: Path[CaseId]) -> dict[str, Any]:
    """All that the console shows of a case: members with alerts and reasons, evidence, what happened, which steps lead on."""
    return case_shown(case_id)


@router.post("/cases/{case_id}/claim", response=Held, operation_id="claim_case")
def claim_case(request: HttpRequest, case_id: Path[CaseId], given: ClaimGiven, key: str | None = KEY) -> Status:
    """Take a case, keep your own longer, or take one over from somebody with a reason."""
    actor, _ = acting(request)
    return once(request, key, lambda: services.claim(case_id, actor=actor, reason=given.reason, revision=given.revision))


@router.post("/cases/{case_id}/release", response=Held, operation_id="release_case")
def release_case(request: HttpRequest, case_id: Path[CaseId], given: ReleaseGiven, key: str | None = KEY) -> Status:
    """Give a case back to the queue."""
    actor, _ = acting(request)
    return once(request, key, lambda: services.release(case_id, actor=actor, comment=given.comment, revision=given.revision))


@router.post("/cases/{case_id}/notes", response={201: Noted}, operation_id="leave_note")
def leave_note(request: HttpRequest, case_id: Path[CaseId], given: NoteGiven, key: str | None = KEY) -> Status:
    """Leave a word in a case's history for whoever reads it."""
    actor, role = acting(request)

    def write() -> dict[str, Any]:
        case_at(case_id, given.revision, is_locked=True)
        return services.note(case_id, given.text, actor=actor, role=role)

    return once(request, key, write, status=201)


@router.post("/cases/{case_id}/evidence", response={201: EvidenceAdded}, operation_id="add_evidence")
def add_evidence(request: HttpRequest, case_id: Path[CaseId], given: EvidenceGiven, key: str | None = KEY) -> Status:
    """Put a piece of evidence before an open case. A file stays where it lies; its place and SHA-256 are kept."""
    actor, role = acting(request)
    exhibit = services.Exhibit(**{name: value for name, value in given.dict(exclude={"revision"}).items() if value is not None})
    return once(request, key, lambda: services.add_evidence(case_id, exhibit, actor=actor, role=role, revision=given.revision), status=201)


@router.post("/cases/{case_id}/steps", response=Stepped, operation_id="take_step")
def step_case(request: HttpRequest, case_id: Path[CaseId], given: StepGiven, key: str | None = KEY) -> Status:
    """Accept a case, start its review, ask for evidence, end the wait for it. Your role decides which of these you may do."""
    form = {
        "wanted": given.comment,
        "due_days": "" if given.due_days is None else str(given.due_days),
        "complete": "yes" if given.is_complete else "",
    }
    return _step(request, key, case_id, Event(given.event), given.revision, lambda case: form)


@router.post("/cases/{case_id}/propose", response=Stepped, operation_id="propose_decision")
def propose_decision(request: HttpRequest, case_id: Path[CaseId], given: ProposalGiven, key: str | None = KEY) -> Status:
    """Put a decision before a second person."""
    reasons = "\n".join(" ".join(reason.split()) for reason in given.reasons)
    return _step(
        request,
        key,
        case_id,
        Event.PROPOSE_DECISION,
        given.revision,
        lambda case: {"outcome": given.close_code, "reasons": reasons, **_findings(case, given.findings or {})},
    )


@router.post("/cases/{case_id}/approve", response=Stepped, operation_id="approve_decision")
def approve_decision(request: HttpRequest, case_id: Path[CaseId], given: ApprovalGiven, key: str | None = KEY) -> Status:
    """Approve what somebody else proposed; it is carried out."""
    form = {"when": "window"} if given.waits_for_appeal else {}
    return _step(request, key, case_id, Event.APPROVE, given.revision, lambda case: form)


@router.post("/cases/{case_id}/return", response=Stepped, operation_id="return_decision")
def return_decision(request: HttpRequest, case_id: Path[CaseId], given: ReturnGiven, key: str | None = KEY) -> Status:
    """Return what somebody else proposed, and say what is missing."""
    return _step(request, key, case_id, Event.RETURN, given.revision, lambda case: {"comment": given.comment})


def _step(
    request: HttpRequest, key: str | None, case_id: str, event: Event, revision: int, form_of: Callable[[Case], Mapping[str, str]]
) -> Status:
    """Take a step by the form that the console would send, so that both are bound by the same guards."""

    def write() -> dict[str, Any]:
        case = case_at(case_id, revision, is_locked=True)
        take_step(request, case, event, {**form_of(case), "revision": str(revision)})
        return {"case_id": case.pk, "status": case.status, "close_code": case.close_code or None, "revision": case.revision}

    return once(request, key, write)


def _findings(case: Case, findings: Mapping[str, Finding]) -> dict[str, str]:
    """Findings by member as the console's form names them."""
    keys = {member.key: member.pk for member in CaseMember.objects.filter(case=case)}
    strange = sorted(set(findings) - set(keys))
    if strange:
        known = f"members are {', '.join(sorted(keys)[:10])}{' …' if len(keys) > 10 else ''}"
        raise refuse(
            f"case {case.pk}", "bad_finding", f"a finding for {strange[0][:160]}, who is no member", known, "name a member by kind:id"
        )
    return {f"finding_{keys[name]}": finding.value for name, finding in findings.items()}
