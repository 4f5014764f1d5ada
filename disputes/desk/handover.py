"""The end of a shift, and what the shift before left."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.desk.queue_lines import lines_of
from fairdeal.disputes.domain import Role, same_person
from fairdeal.disputes.handing_over import held_by
from fairdeal.disputes.people import analysts, roles_of
from fairdeal.disputes.wording import refusal_text


def show(request: HttpRequest) -> HttpResponse:
    """The cases that one holds, to be handed over, and the handovers of the last hours, to be read."""
    actor = request.user.get_username()
    hands = Role.ANALYST in roles_of(request.user)
    page = {
        "hands": hands,
        "lines": lines_of(held_by(actor, timezone.now())) if hands else [],
        "colleagues": [name for name in analysts() if not same_person(name, actor)],
        "left": [{**one, "may_read": not one["read_by"] and not same_person(one["by"], actor)} for one in services.handovers()],
    }
    return render(request, "desk/handover.html", page)


def hand_over(request: HttpRequest) -> HttpResponseBase:
    """Hand the marked cases over, and say what became of each."""
    form = request.POST
    chosen = form.getlist("case")
    try:
        told = services.hand_over(
            actor=request.user.get_username(),
            role=Role.ANALYST,
            to=form.get("to", ""),
            cases=chosen,
            words={pk: form.get(f"word_{pk}", "") for pk in chosen},
            word=form.get("word", ""),
        )
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
        return redirect("handover")
    for one in told["cases"]:
        if not one["is_done"]:
            messages.warning(request, refusal_text(one["refused"]))
    done = sum(one["is_done"] for one in told["cases"])
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, _("%(n)d cases handed over.") % {"n": done})
    return redirect("handover")


def read(request: HttpRequest) -> HttpResponseBase:
    """Enter that a handover was read."""
    number = request.POST.get("handover", "")
    if number.isdecimal() and len(number) < 19:
        services.mark_read(int(number), actor=request.user.get_username())
    return redirect("handover")
