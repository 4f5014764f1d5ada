"""Changes that leave a case's status alone: a guarded update and an entry in the history, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history, record
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.refused import RefusedChange, no_such_case, refuse
from fairdeal.disputes.roles import Role

#: Most characters of a word left in a case.
LONGEST_NOTE = 4_000


def take_note(
    case: Case,
    note: Note,
    changes: Mapping[str, Any],
    *,
    actor: str,
    role: Role,
    at: datetime,
    comment: str = "",
    condition: Q | None = None,
    **more: Any,
) -> bool:
    """Change columns of a case, unless it changed since it was read; whether it was done.

    Parameters
    ----------
    case
        As it was read; brought up to date when the change is made.
    comment
        What a person said; card numbers and national ids in it are taken out.
    condition
        What must still hold of the row beside its revision and status.
    **more
        What else the entry says.
    """
    with changing_history():
        same = Case.objects.filter(condition or Q(), pk=case.pk, revision=case.revision, status=case.status)
        if not same.update(**changes, revision=case.revision + 1, changed_at=at):
            return False
        record(
            case.pk,
            at=at,
            actor=actor,
            role=role.value,
            event=note.value,
            from_status=case.status,
            to_status=case.status,
            revision=case.revision + 1,
            old={name: getattr(case, name) for name in changes},
            new={**changes, **more, **({"given": {"comment": mask_text(comment)}} if comment.strip() else {})},
        )
    for name, value in {**changes, "revision": case.revision + 1, "changed_at": at}.items():
        setattr(case, name, value)
    return True


def case_at(case_id: str, revision: int | None, *, is_locked: bool = False) -> Case:
    """The case, when it is still as somebody saw it.

    Parameters
    ----------
    revision
        What was seen; None: whatever it is now.
    is_locked
        Keep others from changing it until the transaction ends.

    Raises
    ------
    RefusedChange
        When there is no such case, or it changed since.
    """
    cases = Case.objects.select_for_update() if is_locked else Case.objects.all()
    case = cases.filter(pk=case_id).first()
    if case is None:
        raise no_such_case(case_id)
    if revision is not None and revision != case.revision:
        raise stale(case, revision)
    return case


def stale(case: Case, seen: int) -> RefusedChange:
    """The refusal of a change that was made on an older revision, with who changed what since."""
    last = CaseEvent.objects.filter(case=case).order_by("-revision").first()
    what = f": {last.event} by {last.actor} at {last.at.isoformat()}" if last else ""
    return refuse(
        f"case {case.case_id}",
        "stale_revision",
        f"the change was made on revision {seen}, the case is at {case.revision}{what}",
        "a change is made on the newest revision",
        "look at the case again and repeat the change if it still holds",
    )


def note(case_id: str, text: str, *, actor: str, role: str, at: datetime | None = None) -> dict[str, Any]:
    """Leave a word in a case's history, whoever holds it and wherever it is; what others change meanwhile does not matter.

    Raises
    ------
    RefusedChange
        When there is no such case, or nothing is said, or too much.
    """
    moment = timezone.now() if at is None else at
    if not text.strip() or len(text) > LONGEST_NOTE:
        found, rule = f"{len(text.strip())} characters", f"a word has between 1 and {LONGEST_NOTE} characters"
        raise refuse(f"case {case_id}", "bad_note", found, rule, "say something, briefly")
    with changing_history():
        case = case_at(case_id, None, is_locked=True)
        take_note(case, Note.NOTED, {}, actor=actor, role=Role(role), at=moment, comment=text.strip())
    return {"case_id": case_id, "revision": case.revision}
