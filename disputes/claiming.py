"""Claims: who works on a case, until when, and how it changes hands. A case goes to one person by one guarded update, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from fairdeal.disputes.clocks import FIRST_RESPONSE
from fairdeal.disputes.domain import CaseStatus, Deed, Role, Scope, may, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case
from fairdeal.disputes.noting import case_at, stale, take_note
from fairdeal.disputes.refused import RefusedChange, refuse

#: How long a case stays with somebody who does nothing with it; every step of the holder begins it anew.
LEASE = timedelta(minutes=30)
#: Where an analyst has something to do.
CLAIMABLE = (CaseStatus.NEW, CaseStatus.ACCEPTED, CaseStatus.INVESTIGATION)
#: What of a case says that it sleeps, as it is when it does not.
NOT_SNOOZED: dict[str, Any] = {"snoozed_until": None, "snoozed_by": "", "snooze_for": "", "snooze_case": ""}
#: How much more urgent a case is so long after it was opened: with every warning of the first answer, and when that is late.
URGENCY: tuple[tuple[timedelta, float], ...] = tuple(
    zip((FIRST_RESPONSE.length, *reversed(FIRST_RESPONSE.warnings), timedelta(0)), (4.0, 3.0, 2.0, 1.5, 1.0), strict=True)
)
#: What a case without money at stake counts as, in minor units: it comes too, later.
LEAST_AT_STAKE = 1_000

#: Fewer cases of one status and urgency than this are few.
MANY = 500
#: How many there are of one status, opened after one moment and not after another; counting ends at `MANY`.
_UP_TO_MANY = (
    f"(SELECT count(*) FROM (SELECT 1 FROM disputes_case WHERE status = %s AND opened_at > %s AND opened_at <= %s LIMIT {MANY}) AS counted)"  # noqa: S608 - a number of ours
)
#: The largest of them that is free, as `_free`; ``since`` and ``loss`` say by which index it is found.
_BEST = (
    "SELECT * FROM (SELECT * FROM disputes_case WHERE status = %s AND {since} > %s AND {since} <= %s"
    " AND (paused_until IS NULL OR paused_until <= %s) AND (snoozed_until IS NULL OR snoozed_until <= %s)"
    " AND (holder = '' OR lease_until IS NULL OR lease_until <= %s)"
    " ORDER BY {loss} DESC, opened_at, case_id LIMIT 1) AS best"
)
_BEST_OF_FEW = _BEST.format(since="opened_at", loss="+expected_loss_minor")
_BEST_OF_MANY = _BEST.format(since="COALESCE(opened_at, opened_at)", loss="expected_loss_minor")


def next_case(actor: str, *, at: datetime | None = None) -> dict[str, Any] | None:
    """Give somebody the best case that nobody works on: the largest expected loss times urgency, the older one on a tie.

    Parameters
    ----------
    actor
        An analyst; that the person has the role is the caller's to know.
    at
        Aware; None: now.

    Returns
    -------
    dict or None
        ``case_id, holder, lease_until, revision``; None when there is none to give.

    Notes
    -----
    Whoever looks for a case looks alone: of many who ask at once each is given the best that is left, and nobody is sent to a case that
    somebody else has just taken.
    """
    moment = timezone.now() if at is None else at
    with changing_history():
        for case in sorted(_candidates(moment), key=lambda case: (-priority(case, moment), case.opened_at, case.pk)):
            if hand_to(case, actor, moment, Note.CLAIMED, only_free=True):
                return _told(case)
    return None


def priority(case: Case, at: datetime) -> float:
    """Expected loss in minor units, at least `LEAST_AT_STAKE`, times urgency."""
    age = at - case.opened_at
    factor = next((factor for least, factor in URGENCY if age >= least), 1.0)
    return max(case.expected_loss_minor, LEAST_AT_STAKE) * factor


def claim(case_id: str, *, actor: str, reason: str = "", revision: int | None = None, at: datetime | None = None) -> dict[str, Any]:
    """Take a certain case, renew one's own lease of it, or take it over from somebody with a reason.

    Raises
    ------
    RefusedChange
        When there is no such case, an analyst has nothing to do with it, somebody else holds it and no reason is given, or the revision
        that was seen is not the newest.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, revision)
    if CaseStatus(case.status) not in CLAIMABLE:
        raise _not_claimable(case)
    is_mine = same_person(case.holder, actor)
    if is_held(case, moment) and not is_mine and not reason.strip():
        raise held_by_other(case)
    note = Note.RENEWED if is_mine and is_held(case, moment) else Note.TAKEN_OVER if is_held(case, moment) else Note.CLAIMED
    if not hand_to(case, actor, moment, note, reason=reason):
        raise _changed(case)
    return _told(case)


def release(case_id: str, *, actor: str, comment: str = "", revision: int | None = None, at: datetime | None = None) -> dict[str, Any]:
    """Give a case back to the queue, with a word for whoever comes next.

    Raises
    ------
    RefusedChange
        When it is not the actor's to give back, or the revision that was seen is not the newest.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, revision)
    if not case.holder or not same_person(case.holder, actor):
        found = f"held by {case.holder or 'nobody'}"
        raise refuse(f"case {case_id}", "not_yours", found, "only the holder gives a case back", "take it first")
    if not hand_to(case, "", moment, Note.RELEASED, reason=comment, by=actor):
        raise _changed(case)
    return _told(case)


def reassign(
    case_id: str, to: str, *, actor: str, role: str, reason: str, revision: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Hand a case to somebody else: its holder's to do or an approver's, never without a reason.

    Raises
    ------
    RefusedChange
        Without a reason or a person, when it is not the actor's to do, or when the case changed meanwhile or cannot be held now.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, revision)
    if not to.strip() or not reason.strip():
        raise refuse(
            f"case {case_id}", "no_reason", "a person or the reason is missing", "a case changes hands with a reason", "say to whom and why"
        )
    if CaseStatus(case.status) not in CLAIMABLE:
        raise _not_claimable(case)
    scopes = may(frozenset({Role(role)}), Deed.REASSIGN_CASE)
    if Scope.ALL not in scopes and not (Scope.OWN in scopes and is_held(case, moment) and same_person(case.holder, actor)):
        found = f"asked by {actor} as {role}, held by {case.holder or 'nobody'}"
        rule = "a case is handed on by who holds it, or by an approver"
        raise refuse(f"case {case_id}", "not_yours_to_hand_on", found, rule, "take it first, or ask an approver")
    if not hand_to(case, to.strip(), moment, Note.REASSIGNED, reason=reason, by=actor, role=Role(role)):
        raise _changed(case)
    return _told(case)


def is_held(case: Case, at: datetime) -> bool:
    """Whether somebody holds the case and the lease has not run out."""
    return bool(case.holder) and case.lease_until is not None and case.lease_until > at


def held_by_other(case: Case) -> RefusedChange:
    """The refusal of what somebody else's lease forbids."""
    until = case.lease_until.isoformat(timespec="minutes") if case.lease_until else ""
    return refuse(
        f"case {case.pk}",
        "held_by_other",
        f"{case.holder} works on it until {until}",
        "one person works on a case at a time",
        "take another case, or take this one over and say why",
    )


def _candidates(at: datetime) -> Iterator[Case]:
    """The largest of each urgency and status among the cases that nobody holds: the best of all is among them.

    Two statements, since others wait meanwhile: how many there are of each, and the best of each. Few are found by their age and put in
    order; many are walked through in the queue's order, their age looked at on the way. So a look ends after a few rows however long
    the queue is.
    """
    edges = [datetime.min.replace(tzinfo=UTC), *(at - least for least, _ in URGENCY if least), datetime.max.replace(tzinfo=UTC)]
    now, *moments = (connection.ops.adapt_datetimefield_value(moment) for moment in (at, *edges))
    bands = [(status.value, older, younger) for older, younger in pairwise(moments) for status in CLAIMABLE]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([_UP_TO_MANY] * len(bands))}", [value for band in bands for value in band])
        counts = cursor.fetchone()
    found = [(band, _BEST_OF_MANY if count == MANY else _BEST_OF_FEW) for band, count in zip(bands, counts, strict=True) if count]
    if found:
        values = [value for band, _ in found for value in (*band, now, now, now)]
        yield from Case.objects.raw(" UNION ALL ".join(statement for _, statement in found), values)


def _free(at: datetime) -> Q:
    """Nobody holds it, and it neither stands still nor sleeps."""
    is_running = Q(paused_until__isnull=True) | Q(paused_until__lte=at)
    is_awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=at)
    return is_running & is_awake & (Q(holder="") | Q(lease_until__isnull=True) | Q(lease_until__lte=at))


def hand_to(
    case: Case,
    holder: str,
    at: datetime,
    note: Note,
    *,
    only_free: bool = False,
    reason: str = "",
    by: str = "",
    role: Role = Role.ANALYST,
    lease: timedelta = LEASE,
    **more: Any,
) -> bool:
    """Change the holder, unless the case changed since it was read; whether it was done. Who takes a case that sleeps wakes it."""
    changes = {"holder": holder, "lease_until": at + lease if holder else None, **(NOT_SNOOZED if case.snoozed_until else {})}
    condition = _free(at) if only_free else Q()
    return take_note(case, note, changes, actor=by or holder, role=role, at=at, comment=reason, condition=condition, **more)


def _not_claimable(case: Case) -> RefusedChange:
    found, rule = f"the case is {case.status}", f"cases are held while {', '.join(CLAIMABLE)}"
    return refuse(f"case {case.pk}", "not_claimable", found, rule, "take another case")


def _changed(case: Case) -> RefusedChange:
    return stale(Case.objects.get(pk=case.pk), case.revision)


def _told(case: Case) -> dict[str, Any]:
    return {"case_id": case.pk, "holder": case.holder or None, "lease_until": case.lease_until, "revision": case.revision}
