"""What people do with a case in the console: each a form that is sent, the service that does it, and the page that follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.case_page import presumed_members
from fairdeal.disputes.deciding import proposal
from fairdeal.disputes.domain import BROUGHT_IN, CaseStatus, CloseCode, Deed, Event, Role, may, next_events
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseMember
from fairdeal.disputes.people import analysts, may_read_queue, roles_of, skills_of
from fairdeal.disputes.previewing import SHOWN, preview_of
from fairdeal.disputes.wording import refusal_text

View = Callable[..., HttpResponseBase]
#: Evidence is asked for within days that have so many digits.
MOST_DIGITS = 3


def _queue() -> HttpResponseBase:
    return redirect("admin:disputes_case_changelist")


def _may_do(request: HttpRequest, deed: Deed) -> Role | None:
    """The role in which the signed-in person may do ``deed``, the longest reach first; None, and a word why, where none may."""
    able = [role for role in (Role.APPROVER, Role.ANALYST, Role.AGENT) if role in roles_of(request.user) and may(frozenset({role}), deed)]
    if able and may_read_queue(request.user):
        return able[0]
    refusals = {
        Deed.WORK_CASE: _("Analysts take cases; your account has another role."),
        Deed.REASSIGN_CASE: _("A case is handed on by who holds it, or by an approver."),
        Deed.LEAVE_NOTE: _("Your role reads cases and leaves no word in them."),
    }
    messages.error(request, refusals[deed])
    return None


def _change(request: HttpRequest, case_id: str, change: Callable[[], Any], said: Callable[[Any], str] | None = None) -> HttpResponseBase:
    """Make a change, say what came of it or why not, and show the case again."""
    try:
        done = change()
        if said is not None:
            messages.success(request, said(done))
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("admin:disputes_case_change", case_id)


def _sent(request: HttpRequest) -> dict[str, Any]:
    """Who acts, and which revision they saw."""
    revision = request.POST.get("revision", "")
    return {"actor": request.user.get_username(), "revision": int(revision) if revision.isdecimal() else None}


def take_next(request: HttpRequest) -> HttpResponseBase:
    """Give the signed-in analyst the best case that nobody works on, and open it."""
    if _may_do(request, Deed.WORK_CASE) is None:
        return _queue()
    taken = services.next_case(request.user.get_username())
    if taken is None:
        messages.info(request, _("No case waits to be taken."))
        return _queue()
    return redirect("admin:disputes_case_change", taken["case_id"])


def claim(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Take a case, keep it longer, take it over with a reason, or give it back."""
    if _may_do(request, Deed.WORK_CASE) is None:
        return _queue()
    words = request.POST.get("reason", "")
    if request.POST.get("claim") == "release":
        return _change(
            request,
            case_id,
            lambda: services.release(case_id, comment=words, **_sent(request)),
            lambda done: _("The case is back in the queue."),
        )
    return _change(request, case_id, lambda: services.claim(case_id, reason=words, **_sent(request)))


def reassign(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Hand a case to another analyst, with a reason."""
    role = _may_do(request, Deed.REASSIGN_CASE)
    if role is None:
        return _queue()
    to, reason = request.POST.get("to", ""), request.POST.get("reason", "")
    if to not in analysts():
        messages.error(request, _("Choose an analyst."))
        return redirect("admin:disputes_case_change", case_id)
    return _change(
        request,
        case_id,
        lambda: services.reassign(case_id, to, role=role, reason=reason, **_sent(request)),
        lambda done: _("Handed on to %(who)s.") % {"who": to},
    )


def pause(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Stop a case's clocks for a typed reason, or let them go on."""
    if _may_do(request, Deed.WORK_CASE) is None:
        return _queue()
    sent = {"role": Role.ANALYST, **_sent(request)}
    if request.POST.get("pause") == "resume":
        return _change(request, case_id, lambda: services.resume(case_id, **sent))
    return _change(request, case_id, lambda: services.pause(case_id, request.POST.get("reason", ""), **sent))


def split(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Take a member out of a case; it gets one of its own."""
    if _may_do(request, Deed.WORK_CASE) is None:
        return _queue()
    member, reason = request.POST.get("member", ""), request.POST.get("reason", "")
    return _change(
        request,
        case_id,
        lambda: services.split(case_id, [member], role=Role.ANALYST, reason=reason, **_sent(request)),
        lambda moved: _("Taken out; it is judged in case %(case)s.") % {"case": moved["case_id"]},
    )


def note(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Leave a word in a case's history."""
    role = _may_do(request, Deed.LEAVE_NOTE)
    if role is None:
        return _queue()
    text, actor = request.POST.get("text", ""), request.user.get_username()
    return _change(request, case_id, lambda: services.note(case_id, text, actor=actor, role=role))


def step(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Take the step of the process that the case's page asks for; who may take it stands in the table of transitions."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None or not may_read_queue(request.user):
        return _queue()
    try:
        event = Event(request.POST.get("event", ""))
    except ValueError:
        messages.error(request, _("This step is not known."))
        return redirect("admin:disputes_case_change", case_id)
    return _change(
        request,
        case_id,
        lambda: take_step(request, case, event, request.POST),
        lambda after: _("Done. The case is now: %(status)s") % {"status": after},
    )


def preview(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Show what a proposal would lead to, with the proposal ready to be made."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None or not may_read_queue(request.user):
        return _queue()
    is_reversal, form = request.POST.get("preview") == Event.REVERSE, request.POST
    role, skills = (Role.APPROVER if is_reversal else Role.ANALYST), sorted(skills_of(request.user))
    outcome, reasons = form.get("outcome", ""), _lines(form, "reasons")
    if role not in roles_of(request.user):
        messages.error(request, _("Your role proposes nothing here."))
        return redirect("admin:disputes_case_change", case_id)
    try:
        event, data = proposal(
            case_id, close_code=outcome, findings=_findings(case, outcome, form), reasons=reasons, is_reversal=is_reversal
        )
        who: dict[str, Any] = {"actor": request.user.get_username(), "role": role, "skills": skills}
        seen = preview_of(case, event, data=data, at=timezone.now(), **who)
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
        return redirect("admin:disputes_case_change", case_id)
    kept = [(name, value) for name, value in form.items() if name in ("revision", "outcome", "reasons") or name.startswith("finding_")]
    button = Event.REVERSE if is_reversal else Event.PROPOSE_DECISION
    context = {
        **admin.site.each_context(request),
        "title": _("What this proposal leads to"),
        "case": case,
        "preview": seen,
        "kept": kept,
        "event": button.value,
        "most": SHOWN,
    }
    return render(request, "admin/disputes/case/preview.html", context)


def take_step(request: HttpRequest, case: Case, event: Event, form: Any) -> str:
    """Take one step in the name of the signed-in person; the case's status afterwards, in words."""
    actor, roles, seen = request.user.get_username(), roles_of(request.user), str(form.get("revision", ""))
    revision = int(seen) if seen.isdecimal() else case.revision
    role = _role_for(case, event, roles)
    if event is Event.PROPOSE_DECISION and role is Role.ANALYST:
        outcome = form.get("outcome", "")
        findings, reasons = _findings(case, outcome, form), _lines(form, "reasons")
        services.propose(case.pk, maker=actor, close_code=outcome, findings=findings, reasons=reasons, revision=revision)
    elif event is Event.REVERSE and role is Role.APPROVER:
        outcome = form.get("outcome", "")
        services.reverse(
            case.pk,
            reviewer=actor,
            skills=sorted(skills_of(request.user)),
            close_code=outcome,
            findings=_findings(case, outcome, form),
            reasons=_lines(form, "reasons"),
            revision=revision,
        )
    elif event in (Event.APPROVE, Event.UPHOLD):
        sent = _sent_along(event, form) | ({"skills": sorted(skills_of(request.user))} if event is Event.UPHOLD else {})
        with changing_history():  # what was decided is carried out, or the decision does not stand
            services.apply(case.pk, event.value, actor=actor, role=role.value, revision=revision, **sent)
            if not Case.objects.get(pk=case.pk).decision.get("waits_for_appeal") or event is Event.UPHOLD:
                services.carry_out(case.pk)
    else:  # a proposal by another role is refused there, which says why
        services.apply(case.pk, event.value, actor=actor, role=role.value, revision=revision, **_sent_along(event, form))
    case.refresh_from_db()
    return case.status_text


#: What people can do with a case: name, address below the queue's, and what does it.
VIEWS: dict[str, tuple[str, View]] = {
    "next": ("next/", take_next),
    **{view.__name__: (f"<path:case_id>/{view.__name__}/", view) for view in (step, preview, claim, reassign, pause, split, note)},
}


def _sent_along(event: Event, form: Any) -> dict[str, Any]:
    """What the form sends along with a step."""
    if event is Event.RETURN:
        return {"comment": form.get("comment", "")}
    if event is Event.APPROVE:
        return {"waits_for_appeal": True} if form.get("when") == "window" else {}
    if event is Event.UPHOLD:
        return {"reasons": _lines(form, "reasons")}
    if event in BROUGHT_IN:
        asked = {"on_behalf_of": form.get("asked_by", ""), "new_evidence": _lines(form, "new_evidence")}
        return {**asked, "reasons": _lines(form, "reasons")}
    if event is Event.REQUEST_EVIDENCE:
        days = form.get("due_days", "")
        due = {"due_at": timezone.now() + timedelta(days=int(days))} if days.isdecimal() and len(days) <= MOST_DIGITS else {}
        return {"comment": form.get("wanted", ""), **due}
    return {"evidence_complete": form.get("complete") == "yes"} if event is Event.CLOSE_EVIDENCE else {}


def _lines(form: Any, name: str) -> list[str]:
    """What a field says, a line each."""
    return [line.strip() for line in form.get(name, "").splitlines() if line.strip()]


def _role_for(case: Case, event: Event, roles: frozenset[Role]) -> Role:
    """The role in which somebody takes a step: analysts before others; where none fits, one that will be refused."""
    if event in BROUGHT_IN and roles & set(BROUGHT_IN[event]):
        return next(role for role in BROUGHT_IN[event] if role in roles)
    fitting = [role for role in Role if role in roles and event in next_events(CaseStatus(case.status), role)]
    return Role.ANALYST if Role.ANALYST in fitting else fitting[0] if fitting else min(roles, default=Role.AUDITOR)


def _findings(case: Case, outcome: str, form: Any) -> dict[str, str] | None:
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
