"""Snoozes: a case is put aside until a moment or until something happens, never longer than a clock allows; its clocks go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils import timezone

from fairdeal.disputes.claiming import CLAIMABLE, LEASE, NOT_SNOOZED, held_by_other, is_held
from fairdeal.disputes.clock_rows import clock_rows
from fairdeal.disputes.domain import CaseStatus, Deed, Role, may, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.noting import case_at, stale, take_note
from fairdeal.disputes.refused import refuse

#: A case sleeps at most so long, whatever its clocks allow.
LONGEST = timedelta(days=14)
#: In whose name a case is woken.
SYSTEM = "system"


class Trigger(StrEnum):
    """What wakes a case before its time."""

    EVIDENCE = "evidence"  # something is put before it
    ALERT = "alert"  # another alert joins it
    PARTY = "party"  # a party answers or complains
    CASE = "case"  # another case is decided


def snooze(
    case_id: str,
    *,
    actor: str,
    role: str,
    until: datetime | None = None,
    trigger: str = "",
    other_case: str = "",
    word: str = "",
    revision: int | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Put a case aside; it comes back to whoever put it aside.

    Parameters
    ----------
    until
        Aware; None: as long as it may sleep.
    trigger
        A `Trigger` that wakes it earlier.
    other_case
        With `Trigger.CASE`: the case whose decision is waited for.

    Raises
    ------
    RefusedChange
        When neither a moment nor a trigger is given, the moment lies behind or beyond the next clock, somebody else holds the case, or it
        is not where cases are held.
    """
    moment = timezone.now() if at is None else at
    where = f"case {case_id}"
    if not may(frozenset({Role(role)}), Deed.WORK_CASE):
        raise refuse(where, "role", f"asked by {actor} as {role}", "analysts put cases aside", "ask an analyst")
    case = case_at(case_id, revision)
    if CaseStatus(case.status) not in CLAIMABLE:
        found, rule = f"the case is {case.status}", f"cases sleep while {', '.join(CLAIMABLE)}"
        raise refuse(where, "not_snoozable", found, rule, "go on with it")
    if is_held(case, moment) and not same_person(case.holder, actor):
        raise held_by_other(case)
    if until is None and not trigger:
        raise refuse(where, "no_end", "neither a moment nor an occasion", "a case sleeps until one of them", "say until when")
    if trigger and trigger not in set(Trigger):
        raise refuse(where, "bad_trigger", f"{trigger!r:.40}", f"allowed are {', '.join(Trigger)}", "choose one")
    if (trigger == Trigger.CASE) is not bool(other_case):
        raise refuse(
            where, "bad_trigger", f"{trigger or 'none'} with case {other_case or 'none'}", "one waits for a certain case", "name it"
        )
    if trigger == Trigger.CASE and not Case.objects.filter(pk=other_case).exclude(pk=case_id).exclude(status=CaseStatus.CLOSED).exists():
        raise refuse(where, "bad_target", f"waiting for case {other_case:.40}", "another case that is not closed", "give its id")
    longest = bound_of(case, moment)
    ends = longest if until is None else until
    if not moment < ends <= longest:
        found = f"until {ends.isoformat(timespec='minutes')}"
        rule = f"a case sleeps from now to {longest.isoformat(timespec='minutes')} at most, when the next clock ends"
        raise refuse(where, "sleep_too_long", found, rule, "choose an earlier moment, or stop the clock for its reason")
    changes = {
        "snoozed_until": ends,
        "snoozed_by": actor,
        "snooze_for": trigger,
        "snooze_case": other_case,
        "holder": "",
        "lease_until": None,
    }
    if not take_note(case, Note.SNOOZED, changes, actor=actor, role=Role(role), at=moment, comment=word):
        raise stale(Case.objects.get(pk=case_id), case.revision)
    return {"case_id": case_id, "snoozed_until": ends, "snooze_for": trigger, "revision": case.revision}


def bound_of(case: Case, at: datetime) -> datetime:
    """Until when a case may sleep: the end of the first of its clocks, `LONGEST` at most."""
    due = [row.due_at for row in clock_rows(case, CaseEvent.objects.filter(case=case).order_by("seq"), at)]
    return min([*due, at + LONGEST])


def is_snoozed(case: Case, at: datetime) -> bool:
    """Whether the case sleeps."""
    return case.snoozed_until is not None and case.snoozed_until > at


def wake(case: Case, because: str, *, actor: str = SYSTEM, role: Role = Role.WORKER, at: datetime) -> bool:
    """Wake a case and give it back to whoever put it aside; whether it slept and was woken."""
    if case.snoozed_until is None:
        return False
    is_back = CaseStatus(case.status) in CLAIMABLE and not is_held(case, at)
    held = {"holder": case.snoozed_by, "lease_until": at + LEASE} if is_back else {}
    return take_note(case, Note.WOKEN, {**NOT_SNOOZED, **held}, actor=actor, role=role, at=at, because=because)


def wake_for(case: Case, *occasions: Trigger, at: datetime) -> None:
    """Wake a case that waits for one of these occasions."""
    for occasion in occasions:
        if case.snoozed_until is not None and case.snooze_for == occasion:
            wake(case, occasion.value, at=at)


def wake_waiting_for(case_id: str, at: datetime) -> None:
    """Wake the cases that wait until this one is decided."""
    for case in Case.objects.filter(snoozed_until__isnull=False, snooze_for=Trigger.CASE.value, snooze_case=case_id).order_by("pk"):
        wake(case, Trigger.CASE.value, at=at)


def wake_due(at: datetime) -> list[str]:
    """Wake what slept its time; ids of these cases. Doing it again, or in two processes at once, wakes nothing twice."""
    slept = Q(snoozed_until__isnull=False) & Q(snoozed_until__lte=at)
    return [case.pk for case in Case.objects.filter(slept).order_by("pk") if wake(case, "time", at=at)]


def rouse(case_id: str, *, actor: str, role: str, revision: int | None = None, at: datetime | None = None) -> dict[str, Any]:
    """Wake a case by hand.

    Raises
    ------
    RefusedChange
        When the role may not, it does not sleep, or it changed meanwhile.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, revision)
    if not may(frozenset({Role(role)}), Deed.WORK_CASE):
        raise refuse(f"case {case_id}", "role", f"asked by {actor} as {role}", "analysts wake cases", "ask an analyst")
    if case.snoozed_until is None:
        raise refuse(f"case {case_id}", "not_snoozed", "it does not sleep", "what sleeps can be woken", "look at the case again")
    if not wake(case, "by hand", actor=actor, role=Role(role), at=moment):
        raise stale(Case.objects.get(pk=case_id), case.revision)
    return {"case_id": case_id, "revision": case.revision}
