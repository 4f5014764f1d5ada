"""Showing ways to reach people that stand in a case: to one person, for a reason, for a while, and the history says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from fairdeal.disputes.domain import Deed, Role, may
from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.noting import case_at, take_note
from fairdeal.disputes.refused import refuse

#: So long the person who said why sees them.
SHOWN_FOR = timedelta(minutes=15)


def reveal(case_id: str, *, actor: str, role: str, reason: str, at: datetime | None = None) -> dict[str, Any]:
    """Let somebody see the ways to reach people that stand in a case.

    Returns
    -------
    dict
        ``case_id, until, revision``.

    Raises
    ------
    RefusedChange
        When there is no such case, the role does not allow it, or no reason is given.
    """
    where, moment = f"case {case_id}", timezone.now() if at is None else at
    if not may(frozenset({Role(role)}), Deed.REVEAL_CONTACT):
        rule = "agents, analysts and approvers may have contacts shown"
        raise refuse(where, "role", f"asked by {actor} as {role}", rule, "ask somebody in that role")
    if not reason.strip():
        raise refuse(where, "no_word", "no reason is given", "contacts are shown for a reason", "say what they are needed for")
    with changing_history():
        case = case_at(case_id, None, is_locked=True)
        take_note(case, Note.REVEALED, {}, actor=actor, role=Role(role), at=moment, comment=reason)
    return {"case_id": case_id, "until": moment + SHOWN_FOR, "revision": case.revision}


def shown_until(case: Case, actor: str, at: datetime) -> datetime | None:
    """Until when ``actor`` sees the contacts in a case; None where not."""
    since = CaseEvent.objects.filter(case=case, event=Note.REVEALED.value, actor=actor, at__gt=at - SHOWN_FOR, at__lte=at)
    last = since.order_by("-seq").first()
    return last.at + SHOWN_FOR if last else None
