"""How long cases really take: the minutes from the start of a review to its proposal."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from statistics import median

from fairdeal.disputes.events import PROPOSALS, Event
from fairdeal.disputes.models import CaseEvent

#: With fewer reviews of a type nothing is measured yet.
FEWEST = 20
#: A review left open longer than this was not worked on all the time.
LONGEST_MINUTES = 240.0


def measured_minutes(fewest: int = FEWEST) -> dict[str, float]:
    """Median minutes a review takes, by case type, for the types with enough reviews to tell.

    Parameters
    ----------
    fewest
        Reviews of a type that are needed.

    Notes
    -----
    Proposals made in the same instant as the review began came from a program, and reviews over `LONGEST_MINUTES` lay idle in between:
    neither tells how long people take.
    """
    begun: dict[str, datetime] = {}
    taken: dict[str, list[float]] = defaultdict(list)
    wanted = [Event.START_REVIEW.value, *(event.value for event in PROPOSALS)]
    for case_id, case_type, event, at in (
        CaseEvent.objects.filter(event__in=wanted).order_by("seq").values_list("case_id", "case__case_type", "event", "at")
    ):
        if event == Event.START_REVIEW.value:
            begun[case_id] = at
        elif case_id in begun:
            minutes = (at - begun.pop(case_id)).total_seconds() / 60
            if 0 < minutes <= LONGEST_MINUTES:
                taken[case_type].append(minutes)
    return {case_type: round(median(some), 2) for case_type, some in sorted(taken.items()) if len(some) >= fewest}
