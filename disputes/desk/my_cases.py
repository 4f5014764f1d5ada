"""My cases: what came back, what one holds, what waits for another, what sleeps, what one follows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.desk.queue_lines import lines_of
from fairdeal.disputes.desk.steps import change_case
from fairdeal.disputes.second_look_models import SecondLook


def show(request: HttpRequest) -> HttpResponse:
    """The page."""
    actor = request.user.get_username()
    titles = {
        "returned": _("Came back to you"),
        "held": _("You hold"),
        "waiting": _("You proposed; a second person decides"),
        "snoozed": _("You put aside"),
        "followed": _("You follow"),
    }
    kinds = [(titles[kind], lines_of([case.pk for case in cases])) for kind, cases in services.my_cases(actor).items()]
    waits = SecondLook.objects.filter(judged_at=None).exists()
    return render(request, "desk/my_cases.html", {"kinds": kinds, "second_look_waits": waits})


def follow(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """See a case among one's own, or no longer."""
    follows = request.POST.get("follow") == "yes"
    return change_case(request, case_id, lambda: services.follow(case_id, actor=request.user.get_username(), is_followed=follows))
