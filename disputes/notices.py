"""Notices to whoever leads the team: first answers that near their end, each warning told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from fairdeal.disputes.clocks import FIRST_RESPONSE
from fairdeal.disputes.domain import CaseStatus
from fairdeal.disputes.models import Case, CaseEvent, Notice

#: After how long a notice is written: at every warning of the first answer, and when it is late.
TOLD_AFTER: tuple[timedelta, ...] = (*FIRST_RESPONSE.warnings, FIRST_RESPONSE.length)


def write_notices(at: datetime | None = None) -> int:
    """Write what nobody was told yet about cases that wait for their first answer; how many notices were written.

    Notes
    -----
    Of several warnings that passed since the last look only the latest is told. Looking again, or in two processes at once, writes
    nothing twice. A case that comes back to NEW is told of anew.
    """
    moment = timezone.now() if at is None else at
    entries = CaseEvent.objects.filter(case=OuterRef("pk"), to_status=CaseStatus.NEW.value).exclude(from_status=CaseStatus.NEW.value)
    waiting = Case.objects.filter(status=CaseStatus.NEW.value)
    waiting = waiting.annotate(started_at=Subquery(entries.order_by("-seq").values("at")[:1])).order_by("case_id")
    told = set(Notice.objects.filter(case__status=CaseStatus.NEW.value).values_list("case_id", "started_at", "hours"))
    due = [notice for case in waiting if (notice := _notice(case, moment)) and (case.pk, notice.started_at, notice.hours) not in told]
    before = Notice.objects.count()
    Notice.objects.bulk_create(due, batch_size=100, ignore_conflicts=True)
    return Notice.objects.count() - before


def mark_seen(notices: list[int], *, actor: str, at: datetime | None = None) -> int:
    """Enter that somebody has seen notices; who saw one first stays. How many it was first for."""
    moment = timezone.now() if at is None else at
    return Notice.objects.filter(pk__in=notices, seen_at=None).update(seen_by=actor, seen_at=moment)


def _notice(case: Case, at: datetime) -> Notice | None:
    started_at: datetime = case.started_at or case.opened_at  # type: ignore[attr-defined]
    gone = at - started_at
    passed = [after for after in TOLD_AFTER if (gone > after if after == FIRST_RESPONSE.length else gone >= after)]
    if not passed:
        return None
    hours = int(passed[-1].total_seconds() // 3600)
    return Notice(case=case, started_at=started_at, hours=hours, due_at=started_at + FIRST_RESPONSE.length, written_at=at)
