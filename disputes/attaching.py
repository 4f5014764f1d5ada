"""Files as evidence: put before a case, read, withdrawn; never deleted, and never out of sight who had them in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils import timezone

from fairdeal.data_contracts.masking import find_sensitive
from fairdeal.disputes import evidence_store
from fairdeal.disputes.custody import Hand, hand
from fairdeal.disputes.domain import AT_REST, CaseStatus, Role
from fairdeal.disputes.events import Note
from fairdeal.disputes.evidence_kinds import EvidenceKind
from fairdeal.disputes.evidence_models import CaseEvidence, EvidenceFile
from fairdeal.disputes.evidencing import Exhibit, add_evidence
from fairdeal.disputes.file_types import CSV, MOST_BYTES, TAKEN, TEXT, FileType, safe_name, type_of
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.noting import case_at, take_note
from fairdeal.disputes.refused import refuse

#: The source of what people put before a case at the desk.
DESK = "desk"


class Visibility(StrEnum):
    """For whom a file is meant."""

    STAFF = "staff"
    PARTIES = "parties"


@dataclass(frozen=True)
class ReadFile:
    """A file as it was put before a case."""

    name: str
    media_type: str
    content: bytes

    @property
    def is_picture(self) -> bool:
        return TAKEN[self.media_type].is_picture


def attach_file(
    case_id: str,
    content: bytes,
    *,
    name: str,
    kind: str,
    text: str = "",
    visibility: str = Visibility.STAFF.value,
    source_system: str = DESK,
    actor: str,
    role: str,
    revision: int | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Put a file before an open case.

    Parameters
    ----------
    content
        The file, at most `MOST_BYTES`; what it is, is told by what is in it.
    name
        What it was called; kept in a form that is safe in headers and file systems.
    text
        What can be seen in it, in words.
    visibility
        Whether a copy of the case for the parties holds it.

    Returns
    -------
    dict
        As `add_evidence`. The same file, given to the same case again, is the one that is there.

    Raises
    ------
    RefusedChange
        When the file is empty, too large, of a kind that is not taken, holds a card number or national id, or the case does not take it.
    """
    where = f"case {case_id}, file {name[:80]!r}"
    found = _checked(where, name, content)
    try:
        seen, what = Visibility(visibility), EvidenceKind(kind)
    except ValueError as error:
        allowed = f"kinds are {', '.join(EvidenceKind)}; it is seen by {' or '.join(Visibility)}"
        raise refuse(where, "unknown_word", str(error), allowed, "use one of these") from None
    sha256 = evidence_store.put(content)  # before it is told of: a file without a row harms nobody, a row without a file is a loss
    with changing_history():
        known = _of_case(case_id).filter(file_sha256=sha256).first()
        if known is not None and known.pk not in withdrawn_from(case_id):
            return {"case_id": case_id, "evidence_id": known.pk, "revision": case_at(case_id, None).revision}
        exhibit = Exhibit(what, text, source_system, file_sha256=sha256)
        about = {"name": safe_name(name, found), "media_type": found.media_type, "size": len(content), "visibility": seen.value}
        moment = timezone.now() if at is None else at
        added = add_evidence(case_id, exhibit, actor=actor, role=role, revision=revision, at=moment, file=about)
        hand(CaseEvidence.objects.get(pk=added["evidence_id"]), Hand.PUT, actor=actor, role=role, at=moment)
    return added


def read_file(case_id: str, evidence_id: str, *, actor: str, role: str, what: Hand = Hand.READ, at: datetime | None = None) -> ReadFile:
    """The file of a piece of evidence, as it was put there; that somebody read it is entered first.

    Raises
    ------
    RefusedChange
        When the case has no such file, or what lies there is not what was put there.
    """
    where = f"evidence {evidence_id} of case {case_id}"
    about = EvidenceFile.objects.select_related("evidence").filter(pk=evidence_id, evidence__case_id=case_id).first()
    if about is None:
        raise refuse(where, "no_such_file", "the case has no such file", "files are read by their evidence's id", "look at the case again")
    hand(about.evidence, what, actor=actor, role=role, at=timezone.now() if at is None else at)
    try:
        content = evidence_store.get(about.evidence.file_sha256)
    except evidence_store.Spoiled as spoiled:
        rule, remedy = "a file is handed out as it was put there, or not at all", "tell whoever keeps the system; a backup has it"
        raise refuse(where, "spoiled", str(spoiled), rule, remedy) from None
    return ReadFile(about.name, about.media_type, content)


def withdraw_evidence(
    case_id: str, evidence_id: str, *, actor: str, role: str, reason: str, revision: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Withdraw a piece of evidence: it stays where it is and counts no more.

    Raises
    ------
    RefusedChange
        When the case has no such evidence, it is withdrawn already, no reason is given, or the case is at rest or changed since.
    """
    where, moment = f"evidence {evidence_id} of case {case_id}", timezone.now() if at is None else at
    if not reason.strip():
        raise refuse(where, "no_word", "no reason is given", "evidence is withdrawn with a reason", "say why")
    with changing_history():
        case = case_at(case_id, revision, is_locked=True)
        kept = _of_case(case_id).filter(pk=evidence_id).first()
        if kept is None or evidence_id in withdrawn_from(case_id):
            found = "it is withdrawn already" if kept else "the case has no such evidence"
            raise refuse(where, "no_such_evidence", found, "what stands before the case can be withdrawn", "look at the case again")
        if CaseStatus(case.status) in AT_REST:
            found, rule = f"the case is {case.status}", "evidence is withdrawn from cases that are open"
            raise refuse(where, "case_at_rest", found, rule, "have the case reopened")
        take_note(case, Note.EVIDENCE_WITHDRAWN, {}, actor=actor, role=Role(role), at=moment, comment=reason, withdrawn=evidence_id)
        if kept.file_sha256 and EvidenceFile.objects.filter(pk=evidence_id).exists():
            hand(kept, Hand.WITHDRAWN, actor=actor, role=role, at=moment)
    return {"case_id": case_id, "evidence_id": evidence_id, "revision": case.revision}


def evidence_places() -> dict[str, str]:
    """SHA-256 by place in the home of every file that was put before a case, as a backup copies them."""
    hashes = EvidenceFile.objects.values_list("evidence__file_sha256", flat=True).distinct()
    return {evidence_store.place_of(sha256): sha256 for sha256 in hashes}


def withdrawn_from(case_id: str) -> dict[str, str]:
    """Evidence of a case that counts no more, by id, and why."""
    entries = CaseEvent.objects.filter(case_id=case_id, event=Note.EVIDENCE_WITHDRAWN.value).values_list("new", flat=True)
    return {entry["withdrawn"]: entry.get("given", {}).get("comment", "") for entry in entries}


def _of_case(case_id: str) -> Any:
    return CaseEvidence.objects.filter(case_id=case_id)


def _checked(where: str, name: str, content: bytes) -> FileType:
    """What the file is.

    Raises
    ------
    RefusedChange
        When it is not taken.
    """
    if not 0 < len(content) <= MOST_BYTES:
        rule = f"a file has between 1 byte and {MOST_BYTES // 1024 // 1024} MB"
        raise refuse(where, "bad_size", f"{len(content)} bytes", rule, "give a smaller file, or the part that matters")
    found = type_of(name, content)
    if found is None:
        rule = "PDF, PNG, JPEG, and text or CSV in UTF-8 are taken, told by what is in the file and not by its name"
        raise refuse(where, "bad_type", "a file of another kind, or one that is cut off", rule, "convert it, or get it again")
    if found in (TEXT, CSV) and find_sensitive(content.decode("utf-8-sig")):
        rule = "no full card number and no national id is kept"
        raise refuse(where, "sensitive_file", "a card number or national id", rule, "take it out and give the file again")
    return found
