"""Changes that leave a case's status alone: a guarded update and an entry in the history, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history, record
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.refused import RefusedChange, refuse
from fairdeal.disputes.roles import Role


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
            old={name: getattr(case, name) for name in changes if not name.startswith("lease")},
            new={**changes, **more, **({"given": {"comment": comment}} if comment.strip() else {})},
        )
    for name, value in {**changes, "revision": case.revision + 1, "changed_at": at}.items():
        setattr(case, name, value)
    return True


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
