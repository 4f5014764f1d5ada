"""A reason called wrong from a member's place on the page of its case."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from fairdeal.disputes import services
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.desk.steps import change_case
from fairdeal.disputes.domain import Deed


def mark(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Say that a reason is wrong, or take that back."""
    form, role = request.POST, roles_for(request.user, Deed.MARK_REASON)[0]
    return change_case(
        request,
        case_id,
        lambda: services.mark_reason(
            case_id,
            form.get("alert", ""),
            form.get("code", ""),
            is_wrong=form.get("mark") != "back",
            word=form.get("word", ""),
            actor=request.user.get_username(),
            role=role,
        ),
    )
