"""The statuses that last until a moment of the case's own: asked-for evidence, an appeal, new material."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import CASE_TYPES, CaseStatus, Event
from fairdeal.disputes.models import Case, CaseEvent

#: These have no clock: each case says itself until when.
WINDOWED: frozenset[CaseStatus] = frozenset({CaseStatus.REJECTED, CaseStatus.EVIDENCE, CaseStatus.DECIDED})


def window_of(case: Case, started_at: datetime, history: Iterable[CaseEvent]) -> datetime | None:
    """Until when a windowed status lasts; None where the case does not say.

    Parameters
    ----------
    started_at
        When the case came into its status.
    history
        The case's entries, in order.
    """
    if case.status == CaseStatus.REJECTED:
        return started_at + timedelta(days=CASE_TYPES[CaseType(case.case_type)].window_days)
    if case.status == CaseStatus.DECIDED:
        until = case.decision.get("appeal_until")
        return datetime.fromisoformat(until) if until else None
    asked = [entry.new.get("given", {}).get("due_at") for entry in history if entry.event == Event.REQUEST_EVIDENCE]
    return datetime.fromisoformat(asked[-1]) if asked and asked[-1] else None
