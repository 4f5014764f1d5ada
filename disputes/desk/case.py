"""The page of one case, and the preview of what a proposal leads to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.case_page import page_of
from fairdeal.disputes.deciding import proposal
from fairdeal.disputes.domain import Event, Role
from fairdeal.disputes.macros import applied
from fairdeal.disputes.models import Case
from fairdeal.disputes.people import roles_of, skills_of
from fairdeal.disputes.previewing import SHOWN, preview_of
from fairdeal.disputes.step_forms import lines_in
from fairdeal.disputes.taking_steps import findings_in
from fairdeal.disputes.wording import refusal_text


def show(request: HttpRequest, case_id: str) -> HttpResponse:
    """The page of a case."""
    case, user = get_object_or_404(Case, pk=case_id), request.user
    page = page_of(case, roles_of(user), user.get_username(), skills_of(user))
    return render(request, "desk/case.html", {"page": page, "filled": _filled(request, case, page["day"])})


def _filled(request: HttpRequest, case: Case, day: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What stands in the page's forms, by form: the reader's drafts, and the macro that they chose over them."""
    filled = {form: dict(draft["fields"]) for form, draft in day["drafts"].items()}
    number = request.GET.get("macro", "")
    chosen = applied(int(number), case, actor=request.user.get_username()) if number.isdecimal() and len(number) < 10 else None
    if chosen is not None:
        filled[chosen["form"]] = {**filled.get(chosen["form"], {}), **{name: value for name, value in chosen["fields"].items() if value}}
    return filled


def preview(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """What a proposal would lead to, with the proposal ready to be made."""
    case = get_object_or_404(Case, pk=case_id)
    is_reversal, form = request.POST.get("preview") == Event.REVERSE, request.POST
    role, skills = (Role.APPROVER if is_reversal else Role.ANALYST), sorted(skills_of(request.user))
    outcome, reasons = form.get("outcome", ""), lines_in(form, "reasons")
    if role not in roles_of(request.user):
        messages.error(request, _("Your role proposes nothing here."))
        return redirect("case", case_id)
    try:
        event, data = proposal(
            case_id, close_code=outcome, findings=findings_in(case, outcome, form), reasons=reasons, is_reversal=is_reversal
        )
        who: dict[str, Any] = {"actor": request.user.get_username(), "role": role, "skills": skills}
        seen = preview_of(case, event, data=data, at=timezone.now(), **who)
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
        return redirect("case", case_id)
    kept = [(name, value) for name, value in form.items() if name in ("revision", "outcome", "reasons") or name.startswith("finding_")]
    button = Event.REVERSE if is_reversal else Event.PROPOSE_DECISION
    context = {"case": case, "preview": seen, "kept": kept, "event": button.value, "most": SHOWN}
    return render(request, "desk/preview.html", context)
