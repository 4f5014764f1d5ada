"""The process of a dispute, pure: what is allowed, to whom, and what a closed case teaches. Knows no database and no clock."""

from __future__ import annotations

from dataclasses import dataclass

from fairdeal.disputes.case_types import CASE_TYPES, CaseTypeFacts
from fairdeal.disputes.events import Event, Note
from fairdeal.disputes.facts import Facts
from fairdeal.disputes.guards import told_why
from fairdeal.disputes.outcomes import LABEL_RULES, CloseCode, Finding, LabelRule, findings_of, label_for
from fairdeal.disputes.roles import RIGHTS, SECOND_FACTOR, Deed, Role, Scope, Skill, may, same_person
from fairdeal.disputes.statuses import AFTER_DECISION, AT_REST, STATUSES, CaseStatus, Rung, Stage, StatusFacts
from fairdeal.disputes.transitions import BROUGHT_IN, ROWS, SPOKEN_FOR, TRANSITIONS, Transition

__all__ = [
    "AFTER_DECISION",
    "AT_REST",
    "BROUGHT_IN",
    "CASE_TYPES",
    "LABEL_RULES",
    "RIGHTS",
    "ROWS",
    "SECOND_FACTOR",
    "STATUSES",
    "TRANSITIONS",
    "CaseStatus",
    "CaseTypeFacts",
    "CloseCode",
    "Deed",
    "Event",
    "Facts",
    "Finding",
    "LabelRule",
    "Note",
    "Refusal",
    "Role",
    "Rung",
    "Scope",
    "Skill",
    "Stage",
    "StatusFacts",
    "Transition",
    "allowed",
    "findings_of",
    "label_for",
    "may",
    "next_events",
    "same_person",
]


@dataclass(frozen=True)
class Refusal:
    """Why a step is not allowed.

    Parameters
    ----------
    code
        ``no_such_step``, ``role``, ``skill``, or the name of the guard that does not hold.
    found, rule, remedy
        What was asked; what is allowed; what to do.
    """

    code: str
    found: str
    rule: str
    remedy: str

    def message(self, where: str) -> str:
        """The refusal as one line: where: what was found; what is allowed; what to do."""
        return f"{where}: {self.found}; {self.rule}; {self.remedy}"


def allowed(status: CaseStatus | None, event: Event, role: Role, facts: Facts) -> Transition | Refusal:
    """The row that a step would take, or why it may not be taken.

    Parameters
    ----------
    status
        Where the case is; None when it is to be opened.
    event
        What is to happen.
    role
        In which capacity the actor of ``facts`` acts.
    facts
        The case, the actor, and what came with the step.
    """
    found = f"{event} by {facts.actor} as {role}, status {status or 'none'}"
    row = ROWS.get((status, event))
    if row is None:
        steps = ", ".join(next_events(status)) or "none"
        return Refusal("no_such_step", found, f"possible steps from here: {steps}", "look at the case again and choose one of these")
    capacity = facts.on_behalf_of or role
    if facts.on_behalf_of is not None and (role not in BROUGHT_IN.get(event, ()) or facts.on_behalf_of not in SPOKEN_FOR):
        writers = ", ".join(BROUGHT_IN.get(event, ())) or "nobody"
        return Refusal("not_brought_in", found, f"for somebody else this step is written down by: {writers}", "take the step yourself")
    if capacity not in row.who:
        return Refusal("role", found, f"this step is for: {', '.join(row.who)}", "ask somebody in that role")
    if row.skill is not None and row.skill not in facts.skills:
        return Refusal("skill", found, f"this step needs the skill {row.skill}", "ask an approver who has it")
    for guard in (*row.guards, told_why):
        if not guard.holds(capacity, facts):
            return Refusal(guard.name, found, guard.rule, guard.remedy)
    return row


def next_events(status: CaseStatus | None, role: Role | None = None) -> tuple[Event, ...]:
    """Events that lead on from ``status``, in table order; guards are not looked at.

    For anybody, or those that one ``role`` takes, or writes down for somebody else.
    """
    return tuple(
        row.event
        for row in TRANSITIONS
        if row.source is status and (role is None or role in row.who or role in BROUGHT_IN.get(row.event, ()))
    )
