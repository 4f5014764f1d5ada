"""Decisions about a case: proposed, checked by a second person, appealed, reopened; and what a court found."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Path, Router
from ninja.responses import Status

from fairdeal.disputes.api.once import KEY
from fairdeal.disputes.api.shapes import (
    AppealGiven,
    ApprovalGiven,
    CaseId,
    JudgmentGiven,
    ProposalGiven,
    ReopeningGiven,
    ReturnGiven,
    Stepped,
    UpholdingGiven,
)
from fairdeal.disputes.api.stepping import findings_of, lines_of, step
from fairdeal.disputes.domain import Event

router = Router(tags=["decisions"])


@router.post("/cases/{case_id}/propose", response=Stepped, operation_id="propose_decision")
def propose_decision(request: HttpRequest, case_id: Path[CaseId], given: ProposalGiven, key: str | None = KEY) -> Status:
    """Put a decision before a second person."""
    return step(
        request,
        key,
        case_id,
        Event.PROPOSE_DECISION,
        given.revision,
        lambda case: {"outcome": given.close_code, "reasons": lines_of(given.reasons), **findings_of(case, given.findings or {})},
    )


@router.post("/cases/{case_id}/approve", response=Stepped, operation_id="approve_decision")
def approve_decision(request: HttpRequest, case_id: Path[CaseId], given: ApprovalGiven, key: str | None = KEY) -> Status:
    """Approve what somebody else proposed; it is carried out."""
    form = {"when": "window"} if given.waits_for_appeal else {}
    return step(request, key, case_id, Event.APPROVE, given.revision, lambda case: form)


@router.post("/cases/{case_id}/return", response=Stepped, operation_id="return_decision")
def return_decision(request: HttpRequest, case_id: Path[CaseId], given: ReturnGiven, key: str | None = KEY) -> Status:
    """Return what somebody else proposed, and say what is missing."""
    return step(request, key, case_id, Event.RETURN, given.revision, lambda case: {"comment": given.comment})


@router.post("/cases/{case_id}/appeal", response=Stepped, operation_id="appeal")
def appeal(request: HttpRequest, case_id: Path[CaseId], given: AppealGiven, key: str | None = KEY) -> Status:
    """Write down a party's appeal of a decision whose window is open."""
    return step(request, key, case_id, Event.APPEAL, given.revision, lambda case: _asked(given))


@router.post("/cases/{case_id}/uphold", response=Stepped, operation_id="uphold_decision")
def uphold_decision(request: HttpRequest, case_id: Path[CaseId], given: UpholdingGiven, key: str | None = KEY) -> Status:
    """Dismiss an appeal; the decision is carried out. For who judges appeals and took no part in the case."""
    return step(request, key, case_id, Event.UPHOLD, given.revision, lambda case: {"reasons": lines_of(given.reasons)})


@router.post("/cases/{case_id}/reverse", response=Stepped, operation_id="reverse_decision")
def reverse_decision(request: HttpRequest, case_id: Path[CaseId], given: ProposalGiven, key: str | None = KEY) -> Status:
    """Let an appeal hold: put another decision before a second person. For who judges appeals and took no part in the case."""
    return step(
        request,
        key,
        case_id,
        Event.REVERSE,
        given.revision,
        lambda case: {"outcome": given.close_code, "reasons": lines_of(given.reasons), **findings_of(case, given.findings or {})},
    )


@router.post("/cases/{case_id}/reopen", response=Stepped, operation_id="reopen_case")
def reopen_case(request: HttpRequest, case_id: Path[CaseId], given: ReopeningGiven, key: str | None = KEY) -> Status:
    """Reopen a closed case at somebody's request, on new evidence; as an approver you agree to it."""
    return step(request, key, case_id, Event.REOPEN, given.revision, lambda case: _asked(given))


@router.post("/cases/{case_id}/judgment", response=Stepped, operation_id="enter_judgment")
def enter_judgment(request: HttpRequest, case_id: Path[CaseId], given: JudgmentGiven, key: str | None = KEY) -> Status:
    """Enter what a court or authority found, or confirm what another approver entered: with the second name it binds."""
    return step(request, key, case_id, Event.RECEIVE_JUDGMENT, given.revision, lambda case: {"document": given.document_sha256})


def _asked(given: AppealGiven | ReopeningGiven) -> dict[str, str]:
    return {"asked_by": given.asked_by, "reasons": lines_of(given.reasons), "new_evidence": lines_of(given.new_evidence)}
