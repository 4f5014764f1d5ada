"""What the page of a case shows of appeals and reopening: who may write one down until when, and what a reviewer decides about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.case_facts import facts_of
from fairdeal.disputes.domain import BROUGHT_IN, CASE_TYPES, CaseStatus, CloseCode, Event, Role, Skill
from fairdeal.disputes.guards import fresh_reviewer
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.names import role_text
from fairdeal.disputes.roles import PARTIES


def asking_of(case: Case, roles: frozenset[Role]) -> dict[str, Any] | None:
    """What somebody with these roles may write down for who asks: an appeal or a request to reopen, for whom, until when."""
    event = {CaseStatus.DECIDED: Event.APPEAL, CaseStatus.CLOSED: Event.REOPEN}.get(CaseStatus(case.status))
    if event is None or not roles & set(BROUGHT_IN[event]) or case.decision.get("is_statutory"):
        return None
    until = _appeal_until(case) if event is Event.APPEAL else _reopen_until(case)
    if until is None or until < timezone.now():
        return None
    parties = CASE_TYPES[CaseType(case.case_type)].parties or PARTIES
    askers = [role for role in Role if role in parties] + ([Role.ANALYST] if event is Event.REOPEN else [])
    return {"event": event.value, "until": until, "askers": [(role.value, role_text(role)) for role in askers]}


def review_of(case: Case, roles: frozenset[Role], skills: frozenset[Skill], actor: str) -> dict[str, Any] | None:
    """The appeal that waits for an answer, and whether ``actor`` may give it; None where none waits."""
    if case.status != CaseStatus.APPEAL:
        return None
    asked = CaseEvent.objects.filter(case=case, event=Event.APPEAL.value).order_by("-seq").first()
    given = asked.new.get("given", {}) if asked else {}
    facts = facts_of(case, (), Event.UPHOLD, actor=actor, role=Role.APPROVER, at=timezone.now(), given={})
    has_skill = Role.APPROVER in roles and Skill.APPEAL_REVIEW in skills
    is_fresh = fresh_reviewer.holds(Role.APPROVER, facts)
    return {
        "reasons": given.get("reasons", []),
        "new_evidence": given.get("new_evidence", []),
        "asked_by": role_text(given.get("on_behalf_of") or (asked.role if asked else "")),
        "has_skill": has_skill,
        "is_fresh": is_fresh,
        "may": has_skill and is_fresh,
    }


def _appeal_until(case: Case) -> datetime | None:
    until = case.decision.get("appeal_until")
    return datetime.fromisoformat(until) if until else None


def _reopen_until(case: Case) -> datetime | None:
    if case.close_code == CloseCode.DUPLICATE or case.closed_at is None:
        return None
    return case.closed_at + timedelta(days=CASE_TYPES[CaseType(case.case_type)].window_days)
