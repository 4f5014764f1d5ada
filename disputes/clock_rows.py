"""The clocks that run for a case, as people read them: how long it runs, where it stood still, until when there is time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairdeal.disputes.clocks import CLOCKS, WHEN_DUE, Nearness, TimeLeft, time_left
from fairdeal.disputes.domain import CaseStatus
from fairdeal.disputes.models import Case, CaseEvent, in_language
from fairdeal.disputes.names import pause_text, status_text
from fairdeal.disputes.pausing import pauses_of
from fairdeal.disputes.windows import WINDOWED, window_of
from fairdeal.disputes.wording import time_left_text


@dataclass(frozen=True)
class Stretch:
    """A part of a clock's time: what share of the whole it is, and why it stood still, if it did."""

    share: float
    reason: str


@dataclass(frozen=True)
class ClockRow:
    """One clock of a case.

    Parameters
    ----------
    stretches
        What has passed so far of the time until it is due, in order; they sum to 100 at most.
    when_due
        What happens when nobody acts in time.
    """

    name: str
    started_at: datetime
    due_at: datetime
    left: TimeLeft
    left_text: str
    stretches: tuple[Stretch, ...]
    source: str
    when_due: str


def clock_rows(case: Case, entries: Iterable[CaseEvent], at: datetime) -> list[ClockRow]:
    """The clocks that run for a case at a moment; ``entries`` are its history, in order."""
    history = list(entries)
    status = CaseStatus(case.status)
    rows = [_window_row(case, history, at)] if status in WINDOWED else []
    for clock in CLOCKS.values():
        if status not in clock.runs_in:
            continue
        entered = [entry.at for entry in history if entry.to_status in clock.runs_in and entry.from_status not in clock.runs_in]
        started_at = entered[-1] if entered else case.opened_at
        pauses = pauses_of(entry for entry in history if entry.at >= started_at)
        left = time_left(clock, status, started_at, at, pauses)
        assert left is not None  # it runs in this status
        due, outcome = clock.due(started_at, pauses, at=at), WHEN_DUE[status]
        still = [(since, until, pause_text(pause.reason)) for pause in pauses for since, until in clock.stretches([pause], at)]
        rows.append(
            ClockRow(
                name=in_language(clock.zh, clock.en),
                started_at=started_at,
                due_at=due,
                left=left,
                left_text=time_left_text(left),
                stretches=_stretches(started_at, min(at, due), due, still),
                source=clock.source,
                when_due=in_language(outcome.zh, outcome.en),
            )
        )
    return [row for row in rows if row is not None]


def _window_row(case: Case, history: Sequence[CaseEvent], at: datetime) -> ClockRow | None:
    """The window of a status that has one of its own."""
    status = CaseStatus(case.status)
    entered = [entry.at for entry in history if entry.to_status == status and entry.from_status != status]
    started_at = entered[-1] if entered else case.opened_at
    due = window_of(case, started_at, history)
    if due is None:
        return None
    left, outcome = TimeLeft(due - at, Nearness.LATE if due < at else Nearness.FAR), WHEN_DUE[status]
    return ClockRow(
        name=status_text(status),
        started_at=started_at,
        due_at=due,
        left=left,
        left_text=time_left_text(left),
        stretches=_stretches(started_at, min(at, due), due, ()),
        source="",
        when_due=in_language(outcome.zh, outcome.en),
    )


def _stretches(start: datetime, now: datetime, due: datetime, still: Sequence[tuple[datetime, datetime, str]]) -> tuple[Stretch, ...]:
    whole, found, seen = (due - start).total_seconds(), [], start
    for since, until, reason in still:
        found += [(seen, since, ""), (since, min(until, now), reason)]
        seen = min(until, now)
    found.append((seen, now, ""))
    shares = [((until - since).total_seconds() / whole * 100, reason) for since, until, reason in found if until > since]
    return tuple(Stretch(round(share, 2), reason) for share, reason in shares)
