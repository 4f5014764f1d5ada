"""The lines of the queue: what a case is about in words, how much time is left, and who holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes.claiming import CLAIMABLE, is_held
from fairdeal.disputes.clock_rows import ClockRow, clock_rows
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.names import pause_text
from fairdeal.disputes.party_history import COLUMNS
from fairdeal.disputes.queue_rows import QueueRow, queue_row, with_headline
from fairdeal.disputes.statuses import CaseStatus
from fairdeal.disputes.wording import NOTHING


@dataclass(frozen=True)
class Line:
    """A case as a line of the page.

    Parameters
    ----------
    clock
        The first clock that runs; None where none does.
    pause
        Why the clocks stand still; empty where they run.
    holder, until
        Who holds it, and until when where that ends.
    at_risk
        The money at risk, as a part of a sentence; empty where there is none.
    address, party
        Of its page, and of its subject's where that has one.
    """

    row: QueueRow
    address: str
    party: str
    at_risk: str
    clock: ClockRow | None
    pause: str
    holder: str
    until: datetime | None


def lines_of(case_ids: Sequence[str]) -> list[Line]:
    """The lines of cases, in the order of their ids; what an entry of the history says is read only where a clock asks for it."""
    history = Prefetch("events", CaseEvent.objects.defer("old", "new", "entry_hash").order_by("seq"))
    found = with_headline(Case.objects.prefetch_related(history)).in_bulk(list(case_ids))
    now = timezone.now()
    return [_line(found[pk], now) for pk in case_ids if pk in found]


def _line(case: Case, now: datetime) -> Line:
    clocks = clock_rows(case, case.events.all(), now) if case.is_open else []
    row, held = queue_row(case), is_held(case, now)
    return Line(
        row=row,
        address=reverse("case", args=[case.pk]),
        party=reverse("party", args=[case.subject_kind, case.subject_id]) if case.subject_kind in COLUMNS else "",
        at_risk=_("of %(money)s") % {"money": row.money_at_risk} if row.money_at_risk != NOTHING else "",
        clock=clocks[0] if clocks else None,
        pause=pause_text(case.pause_reason) if case.pause_reason else "",
        holder=case.holder if held or CaseStatus(case.status) not in CLAIMABLE else "",
        until=case.lease_until if held else None,
    )
