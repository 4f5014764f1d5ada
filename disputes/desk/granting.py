"""Roles that wait for an approver: looked at, confirmed, refused."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.domain import Deed, same_person
from fairdeal.disputes.granting import confirm_roles, refuse_roles, waiting
from fairdeal.disputes.names import role_text
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.wording import refusal_text

#: Digits that a number in a form may have.
_DIGITS = 18


def show(request: HttpRequest) -> HttpResponse:
    """What waits."""
    actor = request.user.get_username()
    rows = [
        {
            "asked": one,
            "roles": ", ".join(role_text(name) for name in one.roles),
            "may_decide": not same_person(one.asked_by, actor) and not same_person(one.person, actor),
        }
        for one in waiting()
    ]
    return render(request, "desk/roles.html", {"rows": rows})


def change(request: HttpRequest) -> HttpResponseBase:
    """Confirm or refuse what was asked for."""
    form, role = request.POST, roles_for(request.user, Deed.MANAGE_PEOPLE)[0]
    number = form.get("event", "")
    event_id = int(number) if number.isdecimal() and len(number) < _DIGITS else 0
    who: dict[str, Any] = {"actor": request.user.get_username(), "role": role}
    try:
        if form.get("what") == "confirm":
            done = confirm_roles(event_id, **who)
            messages.success(request, _("%(who)s has the roles now.") % {"who": done.person})
        else:
            done = refuse_roles(event_id, **who)
            messages.success(request, _("%(who)s does not get the roles.") % {"who": done.person})
    except RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("roles")
