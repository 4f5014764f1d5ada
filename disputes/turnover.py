"""What came in and what was done, day by day: counted over the history, for the first page."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db.models import F

from fairdeal.disputes.clocks import FIRST_RESPONSE
from fairdeal.disputes.domain import AT_REST, TRANSITIONS, CaseStatus, Event
from fairdeal.disputes.models import Case, CaseEvent

#: So many days are looked back upon.
DAYS = 7
_DAY = timedelta(days=1)
_ENDING = sorted({row.event.value for row in TRANSITIONS if row.target in AT_REST})
_ANSWERING = sorted({row.event.value for row in TRANSITIONS if row.source is CaseStatus.NEW})
_RETURNING = (Event.RETURN.value, Event.RETURN_AWARD.value)


@dataclass(frozen=True)
class Turnover:
    """Counts of a stretch of time.

    Parameters
    ----------
    came, done
        Cases opened, and cases that came to rest.
    late
        Cases whose first answer was given too late then, or fell due then and is still not given.
    agreed, returned
        Proposals that a second person approved, and that were returned.
    upheld, overturned
        Appeals that did not hold, and that did.
    """

    came: int = 0
    done: int = 0
    late: int = 0
    agreed: int = 0
    returned: int = 0
    upheld: int = 0
    overturned: int = 0

    def __add__(self, other: Turnover) -> Turnover:
        return Turnover(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def agreement(self) -> float | None:
        """Share of the proposals looked at that the second person agreed to; None where none was looked at."""
        return self.agreed / (self.agreed + self.returned) if self.agreed + self.returned else None

    @property
    def appeals(self) -> int:
        """Appeals that were decided."""
        return self.upheld + self.overturned


def turnover_by_day(now: datetime) -> list[Turnover]:
    """The last `DAYS` times 24 hours, the oldest first."""
    return [turnover(now - (days + 1) * _DAY, now - days * _DAY) for days in reversed(range(DAYS))]


def turnover(since: datetime, until: datetime) -> Turnover:
    """What happened from ``since`` until before ``until``."""
    answer_due = FIRST_RESPONSE.length
    then = CaseEvent.objects.filter(at__gte=since, at__lt=until)
    answered = then.filter(event__in=_ANSWERING, from_status=CaseStatus.NEW.value, case__opened_at__lt=F("at") - answer_due)
    waiting = Case.objects.filter(status=CaseStatus.NEW.value, opened_at__gte=since - answer_due, opened_at__lt=until - answer_due)
    return Turnover(
        came=Case.objects.filter(opened_at__gte=since, opened_at__lt=until).count(),
        done=then.filter(event__in=_ENDING, to_status__in=AT_REST).exclude(from_status__in=AT_REST).count(),
        late=answered.count() + waiting.count(),
        agreed=then.filter(event=Event.APPROVE.value).count(),
        returned=then.filter(event__in=_RETURNING).count(),
        upheld=then.filter(event=Event.UPHOLD.value).count(),
        overturned=then.filter(event=Event.REVERSE.value).count(),
    )
