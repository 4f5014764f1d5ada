"""What falls due by itself: pauses that reach their bound, steps the system takes when nobody acted, seniors who are called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from fairdeal.disputes.changing import SYSTEM, apply
from fairdeal.disputes.clocks import CLOCKS, FIRST_RESPONSE, WHEN_DUE, Clock
from fairdeal.disputes.domain import CaseStatus, Event, Role
from fairdeal.disputes.events import Note
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.noting import take_note
from fairdeal.disputes.pausing import is_paused, pauses_of, resume
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.snoozing import wake_due
from fairdeal.disputes.windows import WINDOWED, window_of


def apply_due(at: datetime | None = None) -> dict[str, Any]:
    """Do what has fallen due; doing it again, or in two processes at once, changes nothing more.

    Parameters
    ----------
    at
        Aware; None: now.

    Returns
    -------
    dict
        ``resumed, woken, stepped, escalated`` (lists of ``case_id`` and what was done), ``warned`` (new cases that passed a warning of
        the first answer, by hours) and ``late`` (new cases without an answer in time).
    """
    moment = timezone.now() if at is None else at
    done: dict[str, Any] = {"resumed": [], "stepped": [], "escalated": []}
    for case in Case.objects.filter(paused_until__lte=moment).order_by("case_id"):
        if _attempt(lambda case=case: resume(case.pk, actor=SYSTEM, role=Role.WORKER, revision=case.revision, at=moment)):
            done["resumed"].append({"case_id": case.pk})
    done["woken"] = [{"case_id": case_id} for case_id in wake_due(moment)]
    for case, started_at, due, name in _overdue(moment):
        outcome = WHEN_DUE[CaseStatus(case.status)]
        event = _event(case, outcome.event)
        if event is not None:
            more = {"because": "window_over"} if event is Event.ENFORCE else {}
            if _attempt(
                lambda case=case, event=event, more=more: apply(
                    case.pk, event, actor=SYSTEM, role=Role.WORKER, revision=case.revision, at=moment, **more
                )
            ):
                done["stepped"].append({"case_id": case.pk, "event": event.value})
        elif not CaseEvent.objects.filter(case=case, event=Note.ESCALATED.value, at__gte=started_at).exists() and take_note(
            case, Note.ESCALATED, {}, actor=SYSTEM, role=Role.WORKER, at=moment, clock=name, due=due, comment=outcome.en
        ):
            done["escalated"].append({"case_id": case.pk, "clock": name})
    return {**done, **_first_answers(moment)}


def _overdue(at: datetime) -> Iterator[tuple[Case, datetime, datetime, str]]:
    """Cases whose status should have ended before ``at``: since when it runs, until when it had time, by which clock."""
    for name, clock in CLOCKS.items():
        for case in _running(clock):
            started_at: datetime = case.started_at or case.opened_at  # type: ignore[attr-defined]
            if is_paused(case, at):
                continue
            pauses = pauses_of(CaseEvent.objects.filter(case=case, at__gte=started_at).order_by("seq")) if clock.pauses else []
            due = clock.due(started_at, pauses, at=at)
            if due < at:
                yield case, started_at, due, name
    for status in sorted(WINDOWED):
        for case in _entered(Case.objects.filter(status=status), frozenset({status})):
            started_at = case.started_at or case.opened_at  # type: ignore[attr-defined]
            until = window_of(case, started_at, CaseEvent.objects.filter(case=case).order_by("seq"))
            if until is not None and until < at:
                yield case, started_at, until, "window"


def _running(clock: Clock) -> QuerySet[Case]:
    return _entered(Case.objects.filter(status__in=clock.runs_in), clock.runs_in)


def _entered(cases: QuerySet[Case], statuses: frozenset[CaseStatus]) -> QuerySet[Case]:
    """The cases, with the moment they came from elsewhere into these statuses."""
    entries = CaseEvent.objects.filter(case=OuterRef("pk"), to_status__in=statuses).exclude(from_status__in=statuses)
    return cases.annotate(started_at=Subquery(entries.order_by("-seq").values("at")[:1])).order_by("case_id")


def _event(case: Case, event: Event | None) -> Event | None:
    if event is Event.RESUME and _is_proven(case):
        return None  # a court or authority has taken it up
    if event is Event.ENFORCE and not case.decision.get("actions"):
        return Event.NO_ACTION
    return event


def _is_proven(case: Case) -> bool:
    taken = CaseEvent.objects.filter(case=case, event=Event.TO_LEGAL.value).order_by("-seq").first()
    return bool(taken and taken.new.get("given", {}).get("document_sha256"))


def _attempt(change: Any) -> bool:
    """Whether a change was made; somebody who came first is no error."""
    try:
        change()
    except RefusedChange:
        return False
    return True


def _first_answers(at: datetime) -> dict[str, Any]:
    waiting = _entered(Case.objects.filter(status=CaseStatus.NEW), FIRST_RESPONSE.runs_in).values_list("started_at", "opened_at")
    gone = [at - (started_at or opened_at) for started_at, opened_at in waiting]
    warned = {}
    for warning, end in zip(FIRST_RESPONSE.warnings, (*FIRST_RESPONSE.warnings[1:], FIRST_RESPONSE.length), strict=True):
        warned[str(int(warning.total_seconds() // 3600))] = sum(warning <= age < end for age in gone)
    return {"warned": warned, "late": sum(age > FIRST_RESPONSE.length for age in gone)}
