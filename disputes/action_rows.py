"""The measures of a decision as the page of its case shows them: what, on whom, until when, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fairdeal.disputes.models import Case, CaseAction
from fairdeal.disputes.names import action_state_text, action_text, kind_text
from fairdeal.disputes.statuses import ActionState
from fairdeal.disputes.wording import NOTHING, instant_text, money_text

#: So many measures are told one by one.
SHOWN = 50


@dataclass(frozen=True)
class ActionRow:
    """One measure.

    Parameters
    ----------
    kind, on_kind, on_id
        What is done; on what kind of thing, and which.
    state
        Where it is, in words; nothing while the decision is only proposed or waits for an appeal.
    outcome
        The receipt, or the last error with the time of the next try.
    """

    kind: str
    on_kind: str
    on_id: str
    amount: str
    until: str
    state: str
    tone: str
    attempts: int
    outcome: str
    is_done: bool


def action_rows(case: Case) -> list[ActionRow]:
    """The measures that the case's present decision asks for, in order of their targets."""
    asked = case.decision.get("actions") or []
    receipts = case.decision.get("receipts") or {}
    newest: dict[str, CaseAction] = {}
    if case.decision.get("enforced_because") or case.decision.get("upheld_at"):
        newest = {action.action_id: action for action in CaseAction.objects.filter(case=case).order_by("pk")}
    return [_row(action, newest.get(action["action_id"]), receipts.get(action["action_id"], "")) for action in asked]


def _row(asked: dict[str, str], action: CaseAction | None, receipt: str) -> ActionRow:
    kind, _, subject = asked["target"].partition(":")
    state = action.state if action else ActionState.DONE.value if receipt else ""
    return ActionRow(
        kind=action_text(asked["kind"]),
        on_kind=kind_text(kind),
        on_id=subject,
        amount=money_text(action.amount_minor, action.currency) if action else NOTHING,
        until=instant_text(action.expires_at) if action else NOTHING,
        state=action_state_text(state),
        tone={ActionState.DONE.value: "honest", ActionState.FAILED.value: "fraud"}.get(state, "waiting"),
        attempts=action.attempts if action else 0,
        outcome=_outcome(action, receipt),
        is_done=state == ActionState.DONE,
    )


def _outcome(action: CaseAction | None, receipt: str) -> str:
    if action is None or action.receipt:
        return action.receipt if action else receipt
    if action.state == ActionState.WAITING and action.error:
        return _("%(error)s; next try %(when)s") % {"error": action.error, "when": instant_text(action.next_try_at)}
    return action.error
