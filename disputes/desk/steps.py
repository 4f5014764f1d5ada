"""What people do with a case: each a form that is sent, the service that does it, and the page that follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.domain import Deed, Event, Role
from fairdeal.disputes.drafts import Form
from fairdeal.disputes.models import Case
from fairdeal.disputes.people import analysts
from fairdeal.disputes.taking_steps import take_step
from fairdeal.disputes.wording import refusal_text


def change_case(
    request: HttpRequest, case_id: str, change: Callable[[], Any], said: Callable[[Any], str] | None = None
) -> HttpResponseBase:
    """Make a change, say what came of it or why not, and show the case again."""
    try:
        done = change()
        if said is not None:
            messages.success(request, said(done))
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("case", case_id)


def sent_by(request: HttpRequest) -> dict[str, Any]:
    """Who acts, and which revision they saw."""
    revision = request.POST.get("revision", "")
    return {"actor": request.user.get_username(), "revision": int(revision) if revision.isdecimal() else None}


def take_next(request: HttpRequest) -> HttpResponseBase:
    """Give the signed-in analyst the best case that nobody works on, and open it."""
    taken = services.next_case(request.user.get_username())
    if taken is None:
        messages.info(request, _("No case waits to be taken."))
        return redirect("queue")
    return redirect("case", taken["case_id"])


def claim(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Take a case, keep it longer, take it over with a reason, or give it back."""
    words = request.POST.get("reason", "")
    if request.POST.get("claim") == "release":
        return change_case(
            request,
            case_id,
            lambda: services.release(case_id, comment=words, **sent_by(request)),
            lambda done: _("The case is back in the queue."),
        )
    return change_case(request, case_id, lambda: services.claim(case_id, reason=words, **sent_by(request)))


def reassign(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Hand a case to another analyst, with a reason."""
    role = roles_for(request.user, Deed.REASSIGN_CASE)[0]
    to, reason = request.POST.get("to", ""), request.POST.get("reason", "")
    if to not in analysts():
        messages.error(request, _("Choose an analyst."))
        return redirect("case", case_id)
    return change_case(
        request,
        case_id,
        lambda: services.reassign(case_id, to, role=role, reason=reason, **sent_by(request)),
        lambda done: _("Handed on to %(who)s.") % {"who": to},
    )


def pause(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Stop a case's clocks for a typed reason, or let them go on."""
    sent = {"role": Role.ANALYST, **sent_by(request)}
    if request.POST.get("pause") == "resume":
        return change_case(request, case_id, lambda: services.resume(case_id, **sent))
    return change_case(request, case_id, lambda: services.pause(case_id, request.POST.get("reason", ""), **sent))


def split(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Take a member out of a case; it gets one of its own."""
    member, reason = request.POST.get("member", ""), request.POST.get("reason", "")
    return change_case(
        request,
        case_id,
        lambda: services.split(case_id, [member], role=Role.ANALYST, reason=reason, **sent_by(request)),
        lambda moved: _("Taken out; it is judged in case %(case)s.") % {"case": moved["case_id"]},
    )


def note(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Leave a word in a case's history."""
    role = roles_for(request.user, Deed.LEAVE_NOTE)[0]
    text, actor = request.POST.get("text", ""), request.user.get_username()

    def write() -> None:
        services.note(case_id, text, actor=actor, role=role)
        services.forget_draft(case_id, Form.NOTE, actor=actor)

    return change_case(request, case_id, write)


def step(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Take the step of the process that the case's page asks for; who may take it stands in the table of transitions."""
    case = get_object_or_404(Case, pk=case_id)
    try:
        event = Event(request.POST.get("event", ""))
    except ValueError:
        messages.error(request, _("This step is not known."))
        return redirect("case", case_id)
    return change_case(
        request,
        case_id,
        lambda: _step_and_forget(request, case, event),
        lambda after: _("Done. The case is now: %(status)s") % {"status": after},
    )


def _step_and_forget(request: HttpRequest, case: Case, event: Event) -> str:
    """Take a step; what was kept of its form is sent now and forgotten."""
    status = take_step(request, case, event, request.POST)
    form = {Event.PROPOSE_DECISION: Form.DECISION, Event.REVERSE: Form.DECISION, Event.REQUEST_EVIDENCE: Form.EVIDENCE}.get(event)
    if form is not None:
        services.forget_draft(case.pk, form, actor=request.user.get_username())
    return status
