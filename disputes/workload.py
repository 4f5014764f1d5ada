"""Who has how much to do and how much they did: for the first page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from fairdeal.disputes.domain import AT_REST, CaseStatus, Event, Note
from fairdeal.disputes.events import PROPOSALS
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.people import analysts

_TAKING = (Note.CLAIMED.value, Note.TAKEN_OVER.value, Event.ACCEPT.value)
_PROPOSING = tuple(sorted(event.value for event in PROPOSALS))
_SECOND = (Event.APPROVE.value, Event.RETURN.value, Event.RETURN_AWARD.value, Event.UPHOLD.value)


@dataclass(frozen=True)
class Load:
    """One person.

    Parameters
    ----------
    holds
        Open cases that carry the person's name now.
    taken_day, taken_week, proposed_week, second_week
        Cases that the person took, put a decision for, or looked at as the second person, in the last day or week.
    """

    name: str
    holds: int
    taken_day: int
    taken_week: int
    proposed_week: int
    second_week: int


def workload(now: datetime) -> list[Load]:
    """Everybody who can be given cases or did something with one in the last week, by name."""
    holds: dict[str, int] = {}
    for row in Case.objects.filter(holder__gt="").values("holder", "status").annotate(n=Count("pk")).order_by():
        if CaseStatus(row["status"]) not in AT_REST:
            holds[row["holder"]] = holds.get(row["holder"], 0) + row["n"]
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    taken_day, taken_week = _cases_by(_TAKING, day), _cases_by(_TAKING, week)
    proposed, second = _cases_by(_PROPOSING, week), _cases_by(_SECOND, week)
    names = sorted({*analysts(), *holds, *taken_week, *proposed, *second})
    return [Load(name, *(found.get(name, 0) for found in (holds, taken_day, taken_week, proposed, second))) for name in names]


def _cases_by(events: Iterable[str], since: datetime) -> dict[str, int]:
    """How many cases each person did one of ``events`` with."""
    done = CaseEvent.objects.filter(event__in=list(events), at__gte=since).values("actor").annotate(n=Count("case", distinct=True))
    return {row["actor"]: row["n"] for row in done.order_by()}
