"""The outbox of measures: written with the step that begins their carrying out, taken one at a time, marked done or tried again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from fairdeal.data_contracts.confirmed import CONFIRMED_DAYS
from fairdeal.disputes.measures import target_of
from fairdeal.disputes.models import Case, CaseAction, CaseAlert
from fairdeal.disputes.statuses import ActionState

#: An attempt that gave no answer within this time is made again, by whoever looks first.
ANSWER_WITHIN = timedelta(minutes=2)
#: A measure is tried so often; then people look at it.
MOST_ATTEMPTS = 8
#: The wait after the first failure; it doubles with every further one.
FIRST_WAIT = timedelta(minutes=1)

#: Measures that are still to be carried out.
OPEN = (ActionState.WAITING, ActionState.SENT)


def write_actions(case: Case, at: datetime) -> None:
    """Put what the standing decision asks for into the outbox; runs in the transaction that moves the case into ENFORCING.

    Notes
    -----
    The key derives from the case's revision: a case is carried out again only after it changed, so a repeated transaction gives the
    same key and another carrying out another.
    """
    amounts = _amounts(case)
    CaseAction.objects.bulk_create(
        CaseAction(
            case=case,
            action_id=action["action_id"],
            kind=action["kind"],
            target=action["target"],
            **amounts.get(action["target"], {}),
            expires_at=at + timedelta(days=CONFIRMED_DAYS),
            idempotency_key=_key(case, action["action_id"]),
            next_try_at=at,
        )
        for action in case.decision.get("actions", [])
    )


def take_action(at: datetime) -> dict[str, Any] | None:
    """The measure that has waited longest for an attempt, marked as sent; None when none is due.

    Notes
    -----
    One guarded update gives it to one worker. When that worker dies, it is due again after `ANSWER_WITHIN`, under the same key.
    """
    while True:
        action = CaseAction.objects.filter(state__in=OPEN, next_try_at__lte=at).order_by("next_try_at", "pk").first()
        if action is None:
            return None
        same = CaseAction.objects.filter(pk=action.pk, state=action.state, attempts=action.attempts)
        if same.update(state=ActionState.SENT, attempts=action.attempts + 1, next_try_at=at + ANSWER_WITHIN):
            return {
                "idempotency_key": action.idempotency_key,
                "action_id": action.action_id,
                "case_id": action.case_id,
                "kind": action.kind,
                "target": action.target,
                "amount_minor": action.amount_minor,
                "currency": action.currency or None,
                "expires_at": action.expires_at.isoformat(),
                "attempt": action.attempts + 1,
            }


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts."""
    wait: timedelta = FIRST_WAIT * 2 ** (attempts - 1)
    return wait


def _key(case: Case, action_id: str) -> str:
    return "E" + hashlib.sha256(f"{case.case_id}|{action_id}|{case.revision}".encode()).hexdigest()[:32]


def _amounts(case: Case) -> dict[str, dict[str, Any]]:
    """By target the money of the alerts that lead to it; none where it is not known or in several currencies."""
    found: dict[str, dict[str, Any]] = {}
    mixed: set[str] = set()
    for alert in CaseAlert.objects.filter(case=case, amount_minor__isnull=False).select_related("member").order_by("alert_id"):
        money = found.setdefault(target_of(alert), {"amount_minor": 0, "currency": alert.currency})
        money["amount_minor"] += alert.amount_minor
        if money["currency"] != alert.currency:
            mixed.add(target_of(alert))
    return {target: money for target, money in found.items() if target not in mixed}
