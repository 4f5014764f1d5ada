"""Changes cases: a guarded update and an event row in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from fairdeal.disputes.case_facts import facts_of
from fairdeal.disputes.claiming import CLAIMABLE, LEASE, NOT_SNOOZED, held_by_other, is_held
from fairdeal.disputes.domain import (
    CASE_TYPES,
    CaseStatus,
    Event,
    Facts,
    Finding,
    Refusal,
    Role,
    Transition,
    allowed,
    same_person,
)
from fairdeal.disputes.events import PROPOSALS, RESTARTS, UNJUDGED_ENDS
from fairdeal.disputes.given import as_json, read_given
from fairdeal.disputes.history import changing_history, record
from fairdeal.disputes.measures import measures_of, takes_back
from fairdeal.disputes.models import Case, CaseMember
from fairdeal.disputes.moving import move_members
from fairdeal.disputes.noting import case_at, stale
from fairdeal.disputes.outbox import write_actions
from fairdeal.disputes.refused import RefusedChange, refuse
from fairdeal.disputes.snoozing import wake_waiting_for
from fairdeal.disputes.verdict_rows import verdict_rows

#: In whose name the system takes its own steps.
SYSTEM = "system"


def apply(
    case_id: str,
    event: str,
    *,
    actor: str,
    role: str,
    revision: int | None = None,
    at: datetime | None = None,
    **data: Any,
) -> dict[str, Any]:
    """Take one step of the process with a case.

    Parameters
    ----------
    case_id, event
        Which case; which `Event`.
    actor, role
        Who acts, in which `Role`. That the person has the role is the caller's to know.
    revision
        The revision that the actor saw; a case changed since refuses the step. None: whatever it is now.
    at
        Aware; None: now.
    **data
        What comes with the step; the names are those of `fairdeal.disputes.given.READERS`.

    Returns
    -------
    dict
        ``case_id, status, close_code, revision, seq`` after the step.

    Raises
    ------
    RefusedChange
        When there is no such case, the revision is stale, or the process does not allow the step. Nothing has changed then.
    """
    where = f"case {case_id}"
    try:
        step, capacity = Event(event), Role(role)
    except ValueError as error:
        raise refuse(where, "unknown_word", str(error), f"events are {', '.join(Event)}; roles are {', '.join(Role)}", "use one") from None
    if not actor.strip():
        raise refuse(where, "no_actor", "nobody is named as acting", "every change has an actor", "say who acts")
    at = timezone.now() if at is None else at
    if at.tzinfo is None:
        raise refuse(where, "naive_instant", f"at is {at} without time zone", "instants are aware", "give the time zone")
    given = read_given(where, data)
    with changing_history():
        case = case_at(case_id, revision, is_locked=True)
        if capacity is Role.ANALYST and is_held(case, at) and not same_person(case.holder, actor):
            raise held_by_other(case)
        members = list(CaseMember.objects.filter(case=case).order_by("pk"))
        facts = facts_of(case, members, step, actor=actor, role=capacity, at=at, given=given)
        outcome = allowed(CaseStatus(case.status), step, capacity, facts)
        if isinstance(outcome, Refusal):
            raise RefusedChange(where, outcome)
        if step is Event.MERGE_DUPLICATE:
            _check_target(case, facts.target_case_id)
        return _take(case, members, outcome, capacity, facts, given)


def _take(case: Case, members: Sequence[CaseMember], row: Transition, role: Role, facts: Facts, given: Mapping[str, Any]) -> dict[str, Any]:
    """Write what the step changes. Runs inside the transaction that checked it."""
    changes: dict[str, Any] = {"status": row.target.value, **_changes(case, members, row, role, facts, given)}
    old = {name: getattr(case, name) for name in changes if getattr(case, name) != changes[name]}
    seen = case.revision
    updated = Case.objects.filter(pk=case.pk, revision=seen, status=case.status).update(**changes, revision=seen + 1, changed_at=facts.at)
    if updated != 1:
        raise stale(Case.objects.get(pk=case.pk), seen)
    if "decision" in changes:
        _write_verdicts(case, members, changes["decision"])
    for name, value in {**changes, "revision": seen + 1, "changed_at": facts.at}.items():
        setattr(case, name, value)
    new: dict[str, Any] = {name: changes[name] for name in old}
    if given:
        new["given"] = as_json(given)
    if row.target is CaseStatus.CLOSED:
        moved = _move_late_members(case, facts.at)
        if moved:
            new["moved"] = moved
    if row.target is CaseStatus.CLOSED or (row.event is Event.APPROVE and case.decision.get("waits_for_appeal")):
        new["verdicts"] = verdict_rows(case, facts.at)
    if row.target is CaseStatus.ENFORCING:
        write_actions(case, facts.at)
    entry = record(
        case.pk,
        at=facts.at,
        actor=facts.actor,
        role=role.value,
        event=row.event.value,
        from_status=row.source.value if row.source else "",
        to_status=row.target.value,
        revision=case.revision,
        old=as_json(old),
        new=new,
    )
    if row.target in (CaseStatus.DECIDED, CaseStatus.CLOSED):
        wake_waiting_for(case.pk, facts.at)
    return {"case_id": case.case_id, "status": case.status, "close_code": case.close_code, "revision": case.revision, "seq": entry.seq}


def _changes(
    case: Case, members: Sequence[CaseMember], row: Transition, role: Role, facts: Facts, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What the step changes beside the status, as plain JSON values."""
    event = row.event
    changes: dict[str, Any] = {}
    if event in (Event.ACCEPT, Event.START_REVIEW) and role is Role.ANALYST and not is_held(case, facts.at):
        changes["holder"] = facts.actor
    if case.pause_reason:
        changes |= {"paused_until": None, "pause_reason": ""}
    if case.snoozed_until is not None:
        changes |= NOT_SNOOZED
    if row.target not in CLAIMABLE:
        changes["lease_until"] = None
    elif role is Role.ANALYST and same_person(changes.get("holder", case.holder), facts.actor):
        changes["lease_until"] = facts.at + LEASE
    if event in PROPOSALS or event is Event.RECEIVE_JUDGMENT:
        assert facts.proposed is not None  # the guards of these steps see to it
        changes["close_code"] = facts.proposed.value
        changes["decision"] = _proposal(case, facts, given)
        if event is Event.REVERSE:
            changes["decision"]["kind"] = "appeal"
    elif event in UNJUDGED_ENDS:
        assert facts.proposed is not None
        changes["close_code"] = facts.proposed.value
        changes["decision"] = {"members": [member.key for member in members], "made_at": facts.at.isoformat()}
    elif event in RESTARTS:
        changes |= {"close_code": "", "decision": {}}
    elif event is Event.APPROVE:
        until = facts.at + timedelta(days=CASE_TYPES[facts.case_type].window_days)
        changes["decision"] = case.decision | {
            "checker": facts.actor,
            "decided_at": facts.at.isoformat(),
            "appeal_until": until.isoformat(),
        }
        if given.get("waits_for_appeal") and facts.actions and not takes_back(case.decision.get("actions", [])):
            changes["decision"]["waits_for_appeal"] = True
    elif event is Event.ENFORCE:
        changes["decision"] = case.decision | {"enforced_because": facts.because}
    elif event is Event.UPHOLD:
        changes["decision"] = case.decision | {"upheld_by": facts.actor, "upheld_at": facts.at.isoformat()}
    elif event is Event.CONFIRM_ACTIONS:
        changes["decision"] = case.decision | {"receipts": given.get("receipts", {})}
    if row.target is CaseStatus.CLOSED:
        changes["closed_at"] = facts.at
    elif row.source is CaseStatus.CLOSED:
        changes["closed_at"] = None
    return changes


def _proposal(case: Case, facts: Facts, given: Mapping[str, Any]) -> dict[str, Any]:
    """The decision as its maker puts it, with the actions it asks for."""
    findings = {key: finding.value for key, finding in facts.findings.items()}
    decision: dict[str, Any] = {
        "maker": facts.named_maker or facts.actor,
        "made_at": facts.at.isoformat(),
        "close_code": facts.proposed,
        "reasons": list(facts.reasons),
        "evidence_ids": list(facts.evidence_ids),
        "members": list(findings),
        "findings": findings,
        "actions": given.get("actions") or measures_of(case, facts.proposed, facts.findings),
    }
    if facts.named_maker:
        decision["proposed_by"] = facts.actor
    if case.decision.get("maker"):
        decision["supersedes"] = {"maker": case.decision["maker"], "made_at": case.decision.get("made_at")}
    if "is_statutory" in given:
        decision["is_statutory"] = given["is_statutory"]
    if facts.second_person:
        signed = {"maker": facts.second_person, "checker": facts.actor, "decided_at": facts.at.isoformat()}
        decision |= {"document_sha256": facts.document_sha256, **signed}
    return decision


def _write_verdicts(case: Case, members: Sequence[CaseMember], decision: Mapping[str, Any]) -> None:
    """Let every member's verdict say what the decision that stands now says of it."""
    findings, reason = decision.get("findings", {}), "; ".join(decision.get("reasons", []))
    changed: list[CaseMember] = []
    for member in members:
        verdict = findings.get(member.key, Finding.UNDECIDED.value)
        why = reason if verdict != Finding.UNDECIDED else ""
        if (member.verdict, member.reason) != (verdict, why):
            member.verdict, member.reason = verdict, why
            changed.append(member)
    CaseMember.objects.bulk_update(changed, ["verdict", "reason"], batch_size=200)


def _move_late_members(case: Case, at: datetime) -> dict[str, Any] | None:
    """Members that joined when the outcome already stood go to a follow-up case, so that nobody's alert ends unseen."""
    judged = case.decision.get("members")
    if judged is None:
        return None
    late = [member for member in CaseMember.objects.filter(case=case).order_by("pk") if member.key not in set(judged)]
    if not late:
        return None
    return move_members(case, late, (case.subject_kind, case.subject_id), actor=SYSTEM, role=Role.PIPELINE, at=at)


def _check_target(case: Case, target_case_id: str) -> None:
    target = Case.objects.filter(pk=target_case_id).first()
    if target is None or target.pk == case.pk:
        raise refuse(
            f"case {case.case_id}",
            "bad_target",
            f"it is to repeat {target_case_id}",
            "a duplicate names another case that exists",
            "give the other case's id",
        )
