"""Gathers what the guards look at from the case, its history and what came with a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.claiming import is_held
from fairdeal.disputes.domain import AT_REST, CASE_TYPES, CaseStatus, CloseCode, Event, Facts, Finding, Role, findings_of
from fairdeal.disputes.events import DECIDING, Note
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from fairdeal.disputes.outcomes import CLOSE_CODE_OF_EVENT
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.signing import signature_in

#: Read from what came with the step as they are.
_CARRIED = (
    "reasons", "evidence_ids", "new_evidence", "comment", "remedies", "target_case_id", "document_sha256", "named_maker",
    "agreed_by", "arbitration_agreed", "due_at", "evidence_complete", "because", "attempts", "disclosure_signed",
    "challenge_open", "approval_limit_minor", "on_behalf_of",
)  # fmt: skip


def facts_of(
    case: Case, members: Sequence[CaseMember], event: Event, *, actor: str, role: Role, at: datetime, given: Mapping[str, Any]
) -> Facts:
    """The facts for one step of ``case``; see `Facts`."""
    history = list(
        CaseEvent.objects.filter(case=case).order_by("seq").only("at", "actor", "role", "event", "from_status", "to_status", "new")
    )
    entered = [e for e in history if e.to_status == case.status and e.from_status != case.status]
    opened_by = history[0].role if history else ""
    decision = case.decision
    close_code = proposed_by(event, given)
    parties = CASE_TYPES[CaseType(case.case_type)].parties
    actions = given.get("actions") or decision.get("actions") or []
    receipts = given.get("receipts") or decision.get("receipts") or {}
    judged = decision.get("members")
    signed = signature_in(history) if event is Event.RECEIVE_JUDGMENT else None
    is_same = signed is not None and signed.document_sha256 == given.get("document_sha256")
    return Facts(
        actor=actor,
        at=at,
        case_type=CaseType(case.case_type),
        opened_at=case.opened_at,
        entered_at=entered[-1].at if entered else case.opened_at,
        # Asked for only where a guard asks; unasked it stays unknown, under which that guard would refuse.
        machine_block=CaseAlert.objects.filter(case=case, action=Action.BLOCK).exists() if event is Event.REJECT else None,
        # Who starts to review a case that nobody holds takes it in the same step.
        holder=actor if event is Event.START_REVIEW and role is Role.ANALYST and not is_held(case, at) else case.holder or None,
        claimant=Role(opened_by) if opened_by in (Role.BUYER, Role.MERCHANT) else None,
        maker=decision.get("maker"),
        proposer=decision.get("proposed_by"),
        deciders=frozenset(e.actor for e in history if e.event in DECIDING or e.event == Note.JUDGMENT_SIGNED)
        | {e.new["given"]["named_maker"] for e in history if _names_maker(e)},
        analysts=frozenset(e.actor for e in history if e.role == Role.ANALYST) | frozenset({case.holder} - {""}),
        mediators=frozenset(e.actor for e in history if e.role == Role.MEDIATOR),
        close_code=CloseCode(case.close_code) if case.close_code else None,
        evidence_rounds=sum(e.event == Event.REQUEST_EVIDENCE for e in history),
        evidence_due_at=_last_due(history),
        negotiation_tried=any(e.to_status == CaseStatus.NEGOTIATION for e in history),
        appeal_until=datetime.fromisoformat(decision["appeal_until"]) if "appeal_until" in decision else None,
        is_statutory=bool(decision.get("is_statutory", False)),
        amount_minor=sum(total["amount_minor"] for total in case.money.values()),
        unjudged=None if judged is None else len({member.key for member in members} - set(judged)),
        other_open_case=_other_open(case) if event in (Event.NEW_MATERIAL, Event.REOPEN) else None,
        actions=len(actions),
        unconfirmed_actions=sum(action["action_id"] not in receipts for action in actions),
        untold_parties=len(parties - given.get("told", frozenset())),
        proposed=close_code,
        second_person=signed.signer if signed is not None and is_same else "",
        # A judgment needs a legal officer among the two who sign it.
        skills=given.get("skills", frozenset()) | (signed.skills if signed is not None and is_same else frozenset()),
        findings=member_findings(case, members, close_code, given) if close_code is not None else {},
        **{name: given[name] for name in _CARRIED if name in given},
    )


def proposed_by(event: Event, given: Mapping[str, Any]) -> CloseCode | None:
    """The close code that a step brings: its own, or the one that was given."""
    code: CloseCode | None = CLOSE_CODE_OF_EVENT.get(event) or given.get("close_code")
    return code


def member_findings(case: Case, members: Sequence[CaseMember], code: CloseCode, given: Mapping[str, Any]) -> dict[str, Finding]:
    """A finding per member key. Findings may be given by ``kind:id`` or by the bare id where only one member has it.

    Raises
    ------
    RefusedChange
        When a finding names nobody, or more than one member.
    """
    found = given.get("findings")
    keys = [member.key for member in members]
    if found is None:
        return findings_of(code, keys, None)
    by_name: dict[str, list[str]] = {key: [key] for key in keys}
    for member in members:
        if member.subject_id not in by_name or member.key != member.subject_id:
            by_name.setdefault(member.subject_id, []).append(member.key)
    settled: dict[str, Finding] = {}
    for name, finding in found.items():
        named = by_name.get(name, [])
        if len(named) != 1:
            raise refuse(
                f"case {case.case_id}",
                "bad_finding",
                f"a finding for {name}, which names {len(named)} members",
                f"members are {', '.join(keys[:10])}{' …' if len(keys) > 10 else ''}",
                "name a member by kind:id",
            )
        settled[named[0]] = finding
    return findings_of(code, keys, settled)


def _names_maker(event: CaseEvent) -> bool:
    return bool(event.new.get("given", {}).get("named_maker"))


def _last_due(history: Sequence[CaseEvent]) -> datetime | None:
    due = [e.new.get("given", {}).get("due_at") for e in history if e.event == Event.REQUEST_EVIDENCE]
    return datetime.fromisoformat(due[-1]) if due and due[-1] else None


def _other_open(case: Case) -> bool:
    same = Case.objects.filter(case_type=case.case_type, subject_kind=case.subject_kind, subject_id=case.subject_id)
    return same.exclude(pk=case.pk).exclude(status__in=AT_REST).exists()
