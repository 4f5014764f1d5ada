"""The trust-list: looked at, asked for from a case's page, confirmed by a second person, withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.day_part import trust_row
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.desk.steps import change_case, sent_by
from fairdeal.disputes.domain import Deed
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.second_looks import hidden_from
from fairdeal.disputes.trusting import trust_list
from fairdeal.disputes.wording import refusal_text

#: Digits that a number in a form may have.
_DIGITS = 18


def show(request: HttpRequest) -> HttpResponse:
    """Every entry, those that wait or bind first."""
    actor, roles = request.user.get_username(), roles_of(request.user)
    hidden = hidden_from(actor)
    rows = [trust_row(entry, roles, actor) for entry in trust_list() if entry["case_id"] not in hidden]
    return render(request, "desk/trust.html", {"rows": rows})


def propose(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Ask that a party to a false positive be left in peace."""
    role, form = roles_for(request.user, Deed.TRUST_SUBJECT)[0], request.POST
    days = int(form["days"]) if form.get("days", "").isdecimal() and len(form["days"]) < _DIGITS else 0
    return change_case(
        request,
        case_id,
        lambda: services.propose_trust(
            case_id, form.get("key", ""), days=days, reason=form.get("reason", ""), role=role, **sent_by(request)
        ),
        lambda done: _("Asked for; a second person confirms it."),
    )


def change(request: HttpRequest) -> HttpResponseBase:
    """Confirm or withdraw an entry."""
    form, role = request.POST, roles_for(request.user, Deed.TRUST_SUBJECT)[0]
    number = form.get("entry", "")
    entry_id = int(number) if number.isdecimal() and len(number) < _DIGITS else 0
    who: dict[str, Any] = {"actor": request.user.get_username(), "role": role}
    try:
        if form.get("what") == "confirm":
            services.confirm_trust(entry_id, **who)
            messages.success(request, _("It binds from the next run on."))
        else:
            services.withdraw_trust(entry_id, reason=form.get("reason", ""), **who)
            messages.success(request, _("Withdrawn."))
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("trust")
