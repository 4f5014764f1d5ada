"""Puts evidence before a case: kept as it came, sealed by its SHA-256 in the history, card numbers and national ids taken out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from fairdeal.data_contracts.masking import find_sensitive, mask_text
from fairdeal.disputes.domain import AT_REST, CaseStatus, Role
from fairdeal.disputes.events import Note
from fairdeal.disputes.evidence_kinds import EvidenceKind
from fairdeal.disputes.evidence_models import CaseEvidence, EvidenceFile
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case
from fairdeal.disputes.noting import case_at, take_note
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.roles import PARTIES
from fairdeal.disputes.snoozing import Trigger, wake_for

_SHA256 = re.compile(r"[0-9a-f]{64}")  # half of its signs are digits, and no card number stands among them
#: Most characters of the words of one piece of evidence.
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Exhibit:
    """What somebody gives as evidence.

    Parameters
    ----------
    text
        What it says, or what can be seen in it.
    source_system, external_id
        Where it comes from, and what it is called there; empty where it has no id of its own.
    subject_kind, subject_id
        Whom a complaint is about; empty for evidence about the case as a whole.
    language
        Of the text, as a language tag; empty where not known.
    location, file_sha256
        Where a file lies, and how it is known again; empty where there is none.
    occurred_at
        When what it shows happened; None where not known.
    """

    kind: EvidenceKind
    text: str
    source_system: str
    external_id: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    language: str = ""
    location: str = ""
    file_sha256: str = ""
    occurred_at: datetime | None = None


#: What of a piece of evidence its SHA-256 covers.
SEALED_OF_EVIDENCE = tuple(Exhibit.__dataclass_fields__)


def add_evidence(
    case_id: str,
    exhibit: Exhibit,
    *,
    actor: str,
    role: str,
    revision: int | None = None,
    at: datetime | None = None,
    file: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Put a piece of evidence before an open case, whoever holds it.

    Parameters
    ----------
    file
        What is told of its file, where the file lies here: ``name, media_type, size, visibility``.

    Returns
    -------
    dict
        ``case_id, evidence_id, revision``. The same piece from the same source, given again, is the one that is there.

    Raises
    ------
    RefusedChange
        When there is no such case, it is at rest, it changed since ``revision``, or the source's id stands for something else already.
    """
    moment = timezone.now() if at is None else at
    given = cleaned(exhibit)
    with changing_history():
        known = known_evidence(given)
        if known is not None:
            if known.case_id != case_id:
                raise refuse(
                    f"case {case_id}",
                    "known_elsewhere",
                    f"{given.source_system}/{given.external_id} is evidence {known.pk} of case {known.case_id}",
                    "one piece of evidence belongs to one case",
                    "leave a word in this case that names the other",
                )
            return told(known.case, known)
        case = case_at(case_id, revision, is_locked=True)
        if CaseStatus(case.status) in AT_REST:
            found, rule = f"the case is {case.status}", "evidence is put before cases that are open"
            raise refuse(f"case {case_id}", "case_at_rest", found, rule, "have the case reopened, or file a complaint")
        kept = keep(case, given, actor=actor, at=moment)
        if file is not None:
            EvidenceFile.objects.create(evidence=kept, **file)
        entry = entry_of(kept) | ({"file": dict(file)} if file is not None else {})
        take_note(case, Note.EVIDENCE_ADDED, {}, actor=actor, role=Role(role), at=moment, evidence=entry)
        wake_for(case, Trigger.EVIDENCE, *([Trigger.PARTY] if Role(role) in PARTIES else []), at=moment)
    return told(case, kept)


def cleaned(exhibit: Exhibit) -> Exhibit:
    """The exhibit as it is kept: card numbers and national ids in its words replaced, and refused where an id should be."""
    for name in ("source_system", "external_id", "subject_id", "file_sha256"):
        value = getattr(exhibit, name)
        if not _SHA256.fullmatch(value) and find_sensitive(value, prose=False):
            rule = "ids are tokens; no card number and no national id is kept"
            raise refuse(f"evidence, {name}", "sensitive_id", "a card number or national id", rule, "give the token that stands for it")
    changed = {"kind": EvidenceKind(exhibit.kind), "text": mask_text(exhibit.text.strip()), "location": mask_text(exhibit.location.strip())}
    return Exhibit(**{**_fields(exhibit), **changed})


def known_evidence(exhibit: Exhibit) -> CaseEvidence | None:
    """The piece that came under the same id of the same source; None where there is none.

    Raises
    ------
    RefusedChange
        When that id stands for something else.
    """
    if not exhibit.external_id:
        return None
    known = CaseEvidence.objects.filter(source_system=exhibit.source_system, external_id=exhibit.external_id).first()
    if known is not None and known.sha256 != content_sha256(_fields(exhibit)):
        raise refuse(
            f"evidence {exhibit.source_system}/{exhibit.external_id}",
            "known_otherwise",
            f"it came on {known.added_at.astimezone(UTC).isoformat(timespec='seconds')} and said something else",
            "what a source has said stands under its id",
            "give what is new an id of its own",
        )
    return known


def keep(case: Case, exhibit: Exhibit, *, actor: str, at: datetime) -> CaseEvidence:
    """Store a piece of evidence with a case; what happened the caller records."""
    sealed = content_sha256(_fields(exhibit))
    name = f"{case.pk}|{exhibit.source_system}|{exhibit.external_id or f'{at.isoformat()}|{case.revision}'}|{sealed}"
    evidence_id = "E" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return CaseEvidence.objects.create(evidence_id=evidence_id, case=case, added_at=at, added_by=actor, sha256=sealed, **_fields(exhibit))


def content_sha256(fields: Mapping[str, Any]) -> str:
    """SHA-256 of what a piece of evidence says, from its fields by name; anybody can compute it again."""
    plain = {name: _plain(fields[name]) for name in SEALED_OF_EVIDENCE}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def entry_of(kept: CaseEvidence) -> dict[str, str]:
    """What the history says of a piece of evidence."""
    return {"evidence_id": kept.pk, "kind": kept.kind, "sha256": kept.sha256}


def told(case: Case, kept: CaseEvidence) -> dict[str, Any]:
    """What somebody who gave evidence is told."""
    return {"case_id": case.pk, "evidence_id": kept.pk, "revision": case.revision}


def _fields(exhibit: Exhibit) -> dict[str, Any]:
    return asdict(exhibit)


def _plain(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return None if value is None else str(value)
