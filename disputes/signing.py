"""A judgment is entered by one approver and confirmed by another, each under their own name; one of the two is a legal officer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from fairdeal.disputes.domain import CaseStatus, Event, Role, Skill
from fairdeal.disputes.events import Note
from fairdeal.disputes.guards import document, is_sha256
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.noting import case_at, take_note
from fairdeal.disputes.refused import refuse


@dataclass(frozen=True)
class Signature:
    """What the first of the two signed.

    Parameters
    ----------
    skills
        What they may do beyond an approver.
    """

    signer: str
    document_sha256: str
    skills: frozenset[Skill]


def sign_judgment(
    case_id: str,
    document_sha256: str,
    *,
    actor: str,
    role: str,
    skills: Sequence[str] = (),
    revision: int | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Enter a judgment; nothing is carried out until another approver confirms the same document by the step ``receive_judgment``.

    Whoever signs later than another, another document, takes the first one's place.

    Raises
    ------
    RefusedChange
        When the case is with no court, the role does not approve, or the document is fixed by no SHA-256.
    """
    where, moment = f"case {case_id}, judgment", timezone.now() if at is None else at
    if Role(role) is not Role.APPROVER:
        raise refuse(where, "role", f"asked by {actor} as {role}", "approvers enter judgments", "ask somebody in that role")
    if not is_sha256(document_sha256):
        raise refuse(where, "document", f"{document_sha256!r:.80}", document.rule, document.remedy)
    with changing_history():
        case = case_at(case_id, revision, is_locked=True)
        if case.status != CaseStatus.LEGAL:
            rule = "a judgment is entered while the case is with a court or authority"
            raise refuse(where, "no_such_step", f"the case is {case.status}", rule, "look at the case again")
        signed = {"step": Event.RECEIVE_JUDGMENT.value, "document_sha256": document_sha256, "skills": sorted(skills)}
        take_note(case, Note.JUDGMENT_SIGNED, {}, actor=actor, role=Role.APPROVER, at=moment, signed=signed)
    return {"case_id": case_id, "status": case.status, "close_code": case.close_code, "revision": case.revision}


def signature_in(history: Iterable[CaseEvent]) -> Signature | None:
    """The signature that waits for a second person, of a history in order; a step taken since ends it."""
    waits: Signature | None = None
    for entry in history:
        if entry.event == Note.JUDGMENT_SIGNED:
            signed = entry.new["signed"]
            waits = Signature(entry.actor, signed["document_sha256"], frozenset(map(Skill, signed["skills"])))
        elif entry.from_status != entry.to_status:
            waits = None
    return waits


def signature_of(case: Case) -> Signature | None:
    """The signature under a judgment that waits for a second person; None where none does."""
    if case.status != CaseStatus.LEGAL:
        return None
    return signature_in(CaseEvent.objects.filter(case=case).order_by("seq"))
