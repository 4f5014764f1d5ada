"""Pauses: a case stands still for a typed reason, and no longer than that reason allows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from fairdeal.disputes.claiming import held_by_other, is_held
from fairdeal.disputes.clocks import BOUNDS, CLOCKS, Pause, PauseReason
from fairdeal.disputes.domain import CaseStatus, Role, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.noting import case_at, stale, take_note
from fairdeal.disputes.refused import refuse

#: Statuses in which a clock runs that may stand still. The first answer never waits.
PAUSABLE: frozenset[CaseStatus] = frozenset(status for clock in CLOCKS.values() if clock.pauses for status in clock.runs_in)


def pause(
    case_id: str, reason: str, *, actor: str, role: str, comment: str = "", revision: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Let a case stand still; it goes on by itself when the reason's bound is reached, and with any step.

    Raises
    ------
    RefusedChange
        For an unknown reason, in a status that does not wait, while it stands still already, while somebody else works on it, or when
        the case changed meanwhile.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, revision)
    where = f"case {case_id}"
    if reason not in set(PauseReason):
        raise refuse(where, "bad_pause", f"paused because of {reason}", f"reasons are {', '.join(PauseReason)}", "choose one of these")
    if CaseStatus(case.status) not in PAUSABLE:
        rule = f"clocks stand still in {', '.join(sorted(PAUSABLE))} only"
        raise refuse(where, "not_pausable", f"the case is {case.status}", rule, "go on with it")
    if is_paused(case, moment):
        found = f"it stands still already: {case.pause_reason}"
        raise refuse(where, "paused_already", found, "a case stands still for one reason at a time", "let it go on first")
    if is_held(case, moment) and not same_person(case.holder, actor):
        raise held_by_other(case)
    bound = BOUNDS[PauseReason(reason)]
    until = bound.calendar.due(moment, bound.amount)
    changes = {"paused_until": until, "pause_reason": str(reason), "lease_until": None}
    if not take_note(case, Note.PAUSED, changes, actor=actor, role=Role(role), at=moment, comment=comment):
        raise stale(Case.objects.get(pk=case_id), case.revision)
    return {"case_id": case_id, "paused_until": until, "pause_reason": str(reason), "revision": case.revision}


def resume(
    case_id: str, *, actor: str, role: str, comment: str = "", revision: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Let a case that stands still go on.

    Raises
    ------
    RefusedChange
        When it does not stand still, or changed meanwhile.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, revision)
    if not case.pause_reason:
        raise refuse(f"case {case_id}", "not_paused", "it does not stand still", "what stands still can go on", "look at the case again")
    changes = {"paused_until": None, "pause_reason": ""}
    if not take_note(case, Note.RESUMED, changes, actor=actor, role=Role(role), at=moment, comment=comment):
        raise stale(Case.objects.get(pk=case_id), case.revision)
    return {"case_id": case_id, "revision": case.revision}


def is_paused(case: Case, at: datetime) -> bool:
    """Whether the case stands still."""
    return case.paused_until is not None and case.paused_until > at


def pauses_of(history: Iterable[CaseEvent]) -> list[Pause]:
    """The pauses of a case from its history, in order; any step ends one."""
    found: list[Pause] = []
    for entry in history:
        ends = entry.event == Note.RESUMED or entry.from_status != entry.to_status
        if ends and found and found[-1].until is None:
            found[-1] = Pause(found[-1].reason, found[-1].since, entry.at)
        if entry.event == Note.PAUSED:
            found.append(Pause(PauseReason(entry.new["pause_reason"]), entry.at))
    return found
