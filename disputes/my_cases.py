"""My cases: what came back to somebody, what they hold, what of theirs waits for another, what they put aside or follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from fairdeal.disputes.domain import CaseStatus, Event, same_person
from fairdeal.disputes.events import PROPOSALS
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.noting import case_at
from fairdeal.disputes.own_models import Follow
from fairdeal.disputes.second_looks import hidden_from

#: Cases shown of each kind.
SHOWN = 100


def my_cases(actor: str, at: datetime | None = None) -> dict[str, list[Case]]:
    """Somebody's cases by why they are theirs: ``returned, held, waiting, snoozed, followed``, each case once, returned ones first.

    Each kind begins with the most at stake.
    """
    moment = timezone.now() if at is None else at
    cases = Case.objects.exclude(pk__in=hidden_from(actor, moment)).order_by("-expected_loss_minor", "case_id")
    kinds = {
        "returned": list(cases.filter(pk__in=_returned_to(actor))),
        "held": list(cases.filter(holder__iexact=actor, lease_until__gt=moment)[:SHOWN]),
        "waiting": [
            case
            for case in cases.filter(status=CaseStatus.DECISION_PENDING, decision__has_key="maker")
            if same_person(str(case.decision["maker"]), actor)
        ],
        "snoozed": list(cases.filter(snoozed_by__iexact=actor, snoozed_until__isnull=False)[:SHOWN]),
        "followed": list(cases.filter(pk__in=Follow.objects.filter(owner=actor).values("case_id"))[:SHOWN]),
    }
    seen: set[str] = set()
    told: dict[str, list[Case]] = {}
    for kind, found in kinds.items():
        told[kind] = [case for case in found if case.pk not in seen][:SHOWN]
        seen |= {case.pk for case in told[kind]}
    return told


def follow(case_id: str, *, actor: str, is_followed: bool = True) -> dict[str, Any]:
    """See a case among one's own, or no longer; its history knows nothing of it.

    Raises
    ------
    RefusedChange
        When there is no such case.
    """
    case = case_at(case_id, None)
    if is_followed:
        Follow.objects.get_or_create(owner=actor, case=case)
    else:
        Follow.objects.filter(owner=actor, case=case).delete()
    return {"case_id": case_id, "is_followed": is_followed}


def is_followed(case_id: str, actor: str) -> bool:
    """Whether somebody follows a case."""
    return Follow.objects.filter(owner=actor, case_id=case_id).exists()


def _returned_to(actor: str) -> list[str]:
    """Cases under investigation because what somebody proposed came back, and nothing was proposed since."""
    proposed = CaseEvent.objects.filter(event__in=PROPOSALS, actor__iexact=actor, case__status=CaseStatus.INVESTIGATION.value)
    found = []
    for case_id in sorted(set(proposed.values_list("case_id", flat=True))):
        steps = CaseEvent.objects.filter(case_id=case_id, event__in=(Event.RETURN.value, *PROPOSALS)).order_by("-seq")[:2]
        last = [(entry.event, entry.actor) for entry in steps]
        if len(last) == 2 and last[0][0] == Event.RETURN and same_person(last[1][1], actor):
            found.append(case_id)
    return found
