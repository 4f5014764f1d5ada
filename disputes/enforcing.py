"""Carrying decisions out: from DECIDED through the outbox to CLOSED, each step once, whoever takes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.changing import SYSTEM, apply
from fairdeal.disputes.domain import CASE_TYPES, CaseStatus, Event, Role
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseAction, CaseEvent
from fairdeal.disputes.outbox import MOST_ATTEMPTS, OPEN, wait_after, write_actions
from fairdeal.disputes.statuses import ActionState

#: Most characters of a receipt or an error that are kept.
LONGEST = 200


def carry_out(case_id: str, *, at: datetime | None = None, because: str = "urgent_measure") -> dict[str, Any]:
    """Take the system's own steps with a decided case, as far as they lead: to its end, or to the outbox.

    Returns
    -------
    dict
        As `apply` gives it, after the last step.

    Notes
    -----
    Where nothing else carries measures out, the feed does: it confirms or lifts by what the closed case says, and tells the person affected
    through the text its record names. The receipt of a measure is then the entry of the history that began it. Where measures are sent
    elsewhere, the case stays in ENFORCING until every one of them has its receipt.
    """
    moment = timezone.now() if at is None else at
    system: dict[str, Any] = {"actor": SYSTEM, "role": Role.WORKER, "at": moment}
    with changing_history():
        case = Case.objects.filter(pk=case_id).first()
        if case is not None and case.status == CaseStatus.DECIDED and case.decision.get("actions"):
            apply(case_id, Event.ENFORCE, because=because, **system)
        elif case is None or case.status not in (CaseStatus.ENFORCING, CaseStatus.FEEDBACK):
            apply(case_id, Event.NO_ACTION, **system)
        return _go_on(case_id, moment)


def record_receipt(idempotency_key: str, receipt: str, *, at: datetime | None = None) -> bool:
    """Enter that a measure was carried out; the last one's receipt moves its case on. Whether this receipt was the first.

    A receipt that comes again, or for a measure no longer asked for, changes nothing.
    """
    moment = timezone.now() if at is None else at
    with changing_history():
        action = CaseAction.objects.filter(idempotency_key=idempotency_key, state__in=OPEN).first()
        if action is None:
            return False
        CaseAction.objects.filter(pk=action.pk).update(state=ActionState.DONE, receipt=receipt[:LONGEST], error="")
        _go_on(action.case_id, moment)
        return True


def record_failure(idempotency_key: str, error: str, *, at: datetime | None = None) -> bool:
    """Enter that an attempt failed: it is made again later, after `MOST_ATTEMPTS` the case goes back to people. Whether it did."""
    moment = timezone.now() if at is None else at
    with changing_history():
        action = CaseAction.objects.filter(idempotency_key=idempotency_key, state=ActionState.SENT).first()
        if action is None:
            return False
        failed = CaseAction.objects.filter(pk=action.pk)
        if action.attempts < MOST_ATTEMPTS:
            failed.update(state=ActionState.WAITING, error=error[:LONGEST], next_try_at=moment + wait_after(action.attempts))
            return False
        failed.update(state=ActionState.FAILED, error=error[:LONGEST])
        withdraw_actions(action.case_id, f"not sent: {action.action_id} failed")
        more: dict[str, Any] = {"attempts": action.attempts, "comment": f"{action.target}: {error[:LONGEST]}"}
        apply(action.case_id, Event.ACTION_FAILED, actor=SYSTEM, role=Role.WORKER, at=moment, **more)
        return True


def withdraw_actions(case_id: str, why: str) -> None:
    """Let what a case still has in the outbox not be sent any more."""
    CaseAction.objects.filter(case_id=case_id, state__in=OPEN).update(state=ActionState.FAILED, error=why[:LONGEST])


def finish_cases(at: datetime | None = None) -> list[str]:
    """Bring on what nothing holds up any more: cases whose measures are all done, and cases whose parties are to be told; their ids."""
    moment = timezone.now() if at is None else at
    waiting = Case.objects.filter(status__in=(CaseStatus.ENFORCING, CaseStatus.FEEDBACK)).order_by("case_id")
    if settings.ACTIONS_ELSEWHERE:
        waiting = waiting.exclude(actions__state__in=OPEN)
    finished = []
    for case_id in waiting.values_list("case_id", flat=True):
        with changing_history():
            if Case.objects.filter(pk=case_id, status__in=(CaseStatus.ENFORCING, CaseStatus.FEEDBACK)).exists():
                finished += [case_id] if _go_on(case_id, moment)["status"] == CaseStatus.CLOSED else []
    return finished


def _go_on(case_id: str, at: datetime) -> dict[str, Any]:
    """Confirm what is done and close the case, as far as it goes. Runs inside the transaction of what came before."""
    system: dict[str, Any] = {"actor": SYSTEM, "role": Role.WORKER, "at": at}
    case = Case.objects.get(pk=case_id)
    if case.status == CaseStatus.ENFORCING:
        present = _present(case, at)
        if any(action.state in OPEN for action in present) or any(action.state == ActionState.FAILED for action in present):
            return {"case_id": case_id, "status": case.status, "close_code": case.close_code, "revision": case.revision, "seq": None}
        receipts = {action.action_id: action.receipt for action in present}
        apply(case_id, Event.CONFIRM_ACTIONS, receipts=receipts, **system)
    return apply(case_id, Event.CLOSE, told=CASE_TYPES[CaseType(case.case_type)].parties, **system)


def _present(case: Case, at: datetime) -> list[CaseAction]:
    """The measures of the carrying out that is under way; carried out at once where the feed is all there is."""
    wanted = {action["action_id"] for action in case.decision.get("actions", [])}
    rows = CaseAction.objects.filter(case=case).order_by("pk")
    newest = {action.action_id: action for action in rows if action.action_id in wanted}
    if len(newest) < len(wanted):  # it came here before there was an outbox
        write_actions(case, at)
        return _present(case, at)
    if not settings.ACTIONS_ELSEWHERE:
        seq = CaseEvent.objects.filter(case=case).order_by("-seq").values_list("seq", flat=True)[0]
        for action in newest.values():
            if action.state in OPEN:
                action.state, action.receipt = ActionState.DONE.value, f"event {seq}"
        CaseAction.objects.bulk_update(newest.values(), ["state", "receipt"], batch_size=200)
    return list(newest.values())
