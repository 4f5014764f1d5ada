"""Roles of people: whoever manages accounts asks for them, and they bind when an approver confirms; taking roles away binds at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.account_models import AccountEvent
from fairdeal.disputes.domain import Deed, Role, Scope, may, same_person
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.refused import refuse

#: Most characters of what is said of an account.
_LONGEST = 500


class RoleNote(StrEnum):
    """What can happen to an account's roles."""

    ASKED = "roles_asked"
    GRANTED = "roles_granted"
    REFUSED = "roles_refused"
    TAKEN = "roles_taken"


@dataclass(frozen=True)
class Asked:
    """Roles that wait for an approver.

    Parameters
    ----------
    event_id
        Of the account event by which they were asked for.
    """

    event_id: int
    person: str
    roles: tuple[str, ...]
    asked_by: str
    asked_at: datetime


def grant(person: Any, names: Iterable[str], *, actor: str, at: datetime | None = None) -> bool:
    """Give roles and skills to an account, or ask for them where somebody else could confirm; whether they wait.

    Notes
    -----
    Where nobody but the actor and the person approves, as in a new console, they bind at once: who gave them stands in the account events.
    """
    roles = tuple(sorted(set(names)))
    waits = _may_wait(person.get_username(), actor)
    with changing_history():
        if not waits:
            _give(person, roles)
        _note(RoleNote.ASKED if waits else RoleNote.GRANTED, person.get_username(), actor, ", ".join(roles), at)
    return waits


def note_taken(person: Any, names: Iterable[str], *, actor: str, at: datetime | None = None) -> None:
    """Enter that roles were taken away."""
    _note(RoleNote.TAKEN, person.get_username(), actor, ", ".join(sorted(set(names))), at)


def waiting() -> list[Asked]:
    """The roles that wait, those asked for first before others; what was asked for last of a person counts."""
    last: dict[str, AccountEvent] = {}
    for event in AccountEvent.objects.filter(event__in=[RoleNote.ASKED, RoleNote.GRANTED, RoleNote.REFUSED]).order_by("pk"):
        last[event.person] = event
    asked = [event for event in last.values() if event.event == RoleNote.ASKED]
    return [Asked(one.pk, one.person, tuple(one.reason.split(", ")), one.actor, one.at) for one in sorted(asked, key=lambda one: one.pk)]


def confirm_roles(event_id: int, *, actor: str, role: str, at: datetime | None = None) -> Asked:
    """Let roles that wait bind: an approver's to do, who neither asked for them nor gets them.

    Raises
    ------
    RefusedChange
        When nothing like that waits, or it is not the actor's to confirm.
    """
    with changing_history():
        asked = _to_decide(event_id, actor, role)
        _give(get_user_model().objects.get(username=asked.person), asked.roles)
        _note(RoleNote.GRANTED, asked.person, actor, ", ".join(asked.roles), at)
    return asked


def refuse_roles(event_id: int, *, actor: str, role: str, at: datetime | None = None) -> Asked:
    """Say that roles that wait are not given.

    Raises
    ------
    RefusedChange
        As `confirm_roles`.
    """
    with changing_history():
        asked = _to_decide(event_id, actor, role)
        _note(RoleNote.REFUSED, asked.person, actor, ", ".join(asked.roles), at)
    return asked


def _to_decide(event_id: int, actor: str, role: str) -> Asked:
    where = f"roles asked for by event {event_id}"
    asked = next((one for one in waiting() if one.event_id == event_id), None)
    if asked is None:
        raise refuse(where, "does_not_wait", "nothing like that waits", "roles are confirmed once, as last asked for", "look at it again")
    if Scope.NOT_OWN not in may(frozenset({Role(role)}), Deed.MANAGE_PEOPLE):
        raise refuse(where, "role", f"asked by {actor} as {role}", "an approver confirms roles", "ask an approver")
    if same_person(asked.asked_by, actor) or same_person(asked.person, actor):
        rule = "a second person confirms roles, never who asked for them or gets them"
        raise refuse(where, "second_eyes", f"asked for by {asked.asked_by} for {asked.person}", rule, "ask a colleague who may approve")
    return asked


def _may_wait(person: str, actor: str) -> bool:
    """Whether somebody approves who neither asks nor is given."""
    names = get_user_model().objects.filter(is_active=True, groups__name=Role.APPROVER).values_list("username", flat=True)
    return any(not same_person(name, actor) and not same_person(name, person) for name in names)


def _give(person: Any, roles: Iterable[str]) -> None:
    person.groups.add(*Group.objects.filter(name__in=roles))
    if Role.ADMIN in roles:
        get_user_model().objects.filter(pk=person.pk).update(is_superuser=True)


def _note(what: RoleNote, person: str, actor: str, said: str, at: datetime | None) -> None:
    moment = timezone.now() if at is None else at
    AccountEvent.objects.create(at=moment, actor=actor, person=person, event=what.value, reason=mask_text(said)[:_LONGEST])
