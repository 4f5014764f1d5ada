"""One step of the process taken by whoever signed in, from the values of a form: the desk's, or a program's that sends the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from fairdeal.disputes import services
from fairdeal.disputes.case_page import presumed_members
from fairdeal.disputes.domain import BROUGHT_IN, CaseStatus, CloseCode, Event, Role, next_events, same_person
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseMember
from fairdeal.disputes.people import roles_of, skills_of
from fairdeal.disputes.signing import signature_of
from fairdeal.disputes.step_forms import FORMS, given_in, lines_in

#: Evidence is asked for within days that have so many digits.
MOST_DIGITS = 3


def take_step(request: HttpRequest, case: Case, event: Event, form: Any) -> str:
    """Take one step in the name of the signed-in person; the case's status afterwards, in words."""
    actor, roles, seen = request.user.get_username(), roles_of(request.user), str(form.get("revision", ""))
    revision = int(seen) if seen.isdecimal() else case.revision
    role = _role_for(case, event, roles, is_spoken_for=bool(form.get("asked_by")))
    if event is Event.PROPOSE_DECISION and role is Role.ANALYST:
        outcome = form.get("outcome", "")
        findings, reasons = findings_in(case, outcome, form), lines_in(form, "reasons")
        services.propose(case.pk, maker=actor, close_code=outcome, findings=findings, reasons=reasons, revision=revision)
    elif event is Event.REVERSE and role is Role.APPROVER:
        outcome = form.get("outcome", "")
        services.reverse(
            case.pk,
            reviewer=actor,
            skills=sorted(skills_of(request.user)),
            close_code=outcome,
            findings=findings_in(case, outcome, form),
            reasons=lines_in(form, "reasons"),
            revision=revision,
        )
    elif event in (Event.APPROVE, Event.UPHOLD):
        sent = _sent_along(event, form) | ({"skills": sorted(skills_of(request.user))} if event is Event.UPHOLD else {})
        with changing_history():  # what was decided is carried out, or the decision does not stand
            services.apply(case.pk, event.value, actor=actor, role=role.value, revision=revision, **sent)
            if not Case.objects.get(pk=case.pk).decision.get("waits_for_appeal") or event is Event.UPHOLD:
                services.carry_out(case.pk)
    elif event is Event.RECEIVE_JUDGMENT and role is Role.APPROVER:
        _judge(case, request.user, given_in(event, form)["document_sha256"], revision)
    else:  # a proposal by another role is refused there, which says why
        services.apply(case.pk, event.value, actor=actor, role=role.value, revision=revision, **_sent_along(event, form))
    case.refresh_from_db()
    return case.status_text


def _judge(case: Case, user: Any, document: str, revision: int) -> None:
    """Enter a judgment, or confirm the one that another approver has entered."""
    sent = {"actor": user.get_username(), "role": Role.APPROVER.value, "skills": sorted(skills_of(user)), "revision": revision}
    signed = signature_of(case)
    if signed is None or same_person(signed.signer, sent["actor"]) or signed.document_sha256 != document:
        services.sign_judgment(case.pk, document, **sent)
        return
    services.apply(case.pk, Event.RECEIVE_JUDGMENT.value, document_sha256=document, **sent)


def _sent_along(event: Event, form: Any) -> dict[str, Any]:
    """What the form sends along with a step."""
    if event is Event.RETURN:
        return {"comment": form.get("comment", "")}
    if event is Event.APPROVE:
        return {"waits_for_appeal": True} if form.get("when") == "window" else {}
    if event is Event.UPHOLD:
        return {"reasons": lines_in(form, "reasons")}
    if event in (Event.APPEAL, Event.REOPEN):
        asked = {"on_behalf_of": form.get("asked_by", ""), "new_evidence": lines_in(form, "new_evidence")}
        return {**asked, "reasons": lines_in(form, "reasons")}
    if event in FORMS:
        return given_in(event, form)
    if event is Event.REQUEST_EVIDENCE:
        days = form.get("due_days", "")
        due = {"due_at": timezone.now() + timedelta(days=int(days))} if days.isdecimal() and len(days) <= MOST_DIGITS else {}
        return {"comment": form.get("wanted", ""), **due}
    return {"evidence_complete": form.get("complete") == "yes"} if event is Event.CLOSE_EVIDENCE else {}


def _role_for(case: Case, event: Event, roles: frozenset[Role], *, is_spoken_for: bool) -> Role:
    """The role in which somebody takes a step: analysts before others; where none fits, one that will be refused.

    What is asked for by somebody else is written down in a role that may.
    """
    if is_spoken_for and event in BROUGHT_IN and roles & set(BROUGHT_IN[event]):
        return next(role for role in BROUGHT_IN[event] if role in roles)
    fitting = [role for role in Role if role in roles and event in next_events(CaseStatus(case.status), role)]
    return Role.ANALYST if Role.ANALYST in fitting else fitting[0] if fitting else min(roles, default=Role.AUDITOR)


def findings_in(case: Case, outcome: str, form: Any) -> dict[str, str] | None:
    """Findings as the form gives them; a member left alone is what the outcome says, where that is presumed of it."""
    chosen = {name.removeprefix("finding_"): value for name, value in form.items() if name.startswith("finding_") and value}
    members = list(CaseMember.objects.filter(case=case))
    if outcome == CloseCode.ACTION_CONFIRMED:
        presumed = presumed_members(case)
        defaults = {member.pk: "fraud" if member.pk in presumed else "undecided" for member in members}
    elif not chosen:
        return None  # the outcome speaks for all alike
    else:
        defaults = {member.pk: "honest" if outcome == CloseCode.FALSE_POSITIVE else "undecided" for member in members}
    return {member.key: chosen.get(str(member.pk), defaults[member.pk]) for member in members}
