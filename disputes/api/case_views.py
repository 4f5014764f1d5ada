"""One case: read, held, worked on, decided."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path, Router
from ninja.responses import Status

from fairdeal.disputes import services
from fairdeal.disputes.api.gate import acting
from fairdeal.disputes.api.once import KEY, once
from fairdeal.disputes.api.shapes import (
    CaseId,
    CaseTold,
    ClaimGiven,
    EvidenceAdded,
    EvidenceGiven,
    Held,
    Moved,
    Noted,
    NoteGiven,
    ReleaseGiven,
    SplitGiven,
    StepGiven,
    Stepped,
)
from fairdeal.disputes.api.shown import case_shown
from fairdeal.disputes.api.stepping import step
from fairdeal.disputes.domain import Event, Role
from fairdeal.disputes.noting import case_at

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
    return step(request, key, case_id, Event(given.event), given.revision, lambda case: form)


@router.post("/cases/{case_id}/split", response=Moved, operation_id="split_case")
def split_case(request: HttpRequest, case_id: Path[CaseId], given: SplitGiven, key: str | None = KEY) -> Status:
    """Take a member who does not belong there out of a case; it is judged in one of its own."""
    actor, _ = acting(request)

    def move() -> dict[str, Any]:
        moved = services.split(case_id, [given.member], actor=actor, role=Role.ANALYST, reason=given.reason, revision=given.revision)
        return {"case_id": moved["case_id"], "revision": moved["revision"]}

    return once(request, key, move)
