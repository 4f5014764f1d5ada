"""The page of the queue: cases narrowed, ordered and paged as asked, and what is done with several of them at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.desk.queue_form import QueueForm
from fairdeal.disputes.desk.queue_lines import lines_of
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.domain import Deed, Event, Role
from fairdeal.disputes.exporting import MOST, csv_lines
from fairdeal.disputes.listing import Asked, counted, listed, place_of
from fairdeal.disputes.models import Case
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.queue_rows import with_headline
from fairdeal.disputes.saved_filters import default_view
from fairdeal.disputes.second_looks import hidden_from
from fairdeal.disputes.taking_steps import take_step
from fairdeal.disputes.wording import refusal_text

#: A page shows so many cases: making a line is what takes time, and work begins at the top.
ROWS = 25
#: Cases are counted up to here; beyond, that there are more is enough to know.
COUNTED = 10_000
#: How many lines were on the pages before is told in the address, in so many digits.
MOST_DIGITS = 6
#: So many cases of an export are read at once.
_CHUNK = 500


def show(request: HttpRequest) -> HttpResponseBase:
    """One page of the queue; without anything asked for, the view that the reader chose to open it with."""
    actor = request.user.get_username()
    if not request.META.get("QUERY_STRING"):
        view = default_view(actor)
        if view:
            return redirect(f"{reverse('queue')}?{view}")
    form = QueueForm(request.GET)
    if not form.is_valid():
        return render(request, "desk/queue.html", {"form": form, "lines": [], "may_step": False}, status=400)
    behind = request.GET.get("after", "")
    after = place_of(behind) if behind else None
    seen = (
        int(request.GET["seen"]) if after and request.GET.get("seen", "").isdecimal() and len(request.GET["seen"]) < len(str(MOST)) else 0
    )
    pks = listed(form.asked, actor, most=ROWS + 1, order=form.chosen_order, after=after)
    page = {
        "form": form,
        "lines": lines_of(pks[:ROWS]),
        "may_step": Role.ANALYST in roles_of(request.user),
        "first": seen + 1,
        "last": seen + len(pks[:ROWS]),
        "next": _address(request, after=pks[ROWS - 1], seen=str(seen + ROWS)) if len(pks) > ROWS else "",
        "start": _address(request) if after else "",
        "views": services.filters_for(actor),
        "may_keep": bool(roles_for(request.user, Deed.KEEP_OWN)),
        "may_share": bool(roles_for(request.user, Deed.SHARE_WITH_TEAM)),
        **_count(form.asked, actor),
    }
    return render(request, "desk/queue.html", page)


def act_on_selected(request: HttpRequest) -> HttpResponseBase:
    """Do one thing with every case that is marked, and say what became of each; an export without marks is of all that is asked for."""
    hidden = hidden_from(request.user.get_username())
    asked_for, chosen = QueryDict(request.POST.get("asked", "")), [pk for pk in request.POST.getlist("case")[:ROWS] if pk not in hidden]
    what, back = request.POST.get("what", ""), redirect(f"{reverse('queue')}?{asked_for.urlencode()}")
    if what == "export":
        form = QueueForm(asked_for)
        if chosen or form.is_valid():
            return _export(chosen or listed(form.asked, request.user.get_username(), most=MOST, order=form.chosen_order))
    elif what in (Event.ACCEPT, Event.START_REVIEW):
        _step_each(request, chosen, Event(what))
        return back
    messages.error(request, _("This step is not known."))
    return back


def _step_each(request: HttpRequest, chosen: list[str], event: Event) -> None:
    """Take one step with each case under the same rules as alone."""
    cases, done = Case.objects.in_bulk(chosen), 0
    for case in (cases[pk] for pk in chosen if pk in cases):
        try:
            status = take_step(request, case, event, {})
            messages.success(request, _("case %(case)s: now %(status)s") % {"case": case.pk, "status": status})
            done += 1
        except services.RefusedChange as refused:
            messages.warning(request, refusal_text(refused))
    said = _("%(done)d cases changed.") % {"done": done} if chosen else _("No case is marked.")
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, said)


def _export(pks: list[str]) -> HttpResponse:
    def cases() -> Any:
        for start in range(0, len(pks), _CHUNK):
            part = pks[start : start + _CHUNK]
            found = with_headline(Case.objects.all()).in_bulk(part)
            yield from (found[pk] for pk in part if pk in found)

    name = f"cases-{localtime():%Y-%m-%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(b"".join(csv_lines(cases())), content_type="text/csv; charset=utf-8", headers=headers)


def _count(asked: Asked, actor: str) -> dict[str, Any]:
    found = counted(asked, actor, most=COUNTED + 1)
    return {"count": min(found, COUNTED), "has_more": found > COUNTED}


def _address(request: HttpRequest, **changes: str) -> str:
    """The page's own address with other values; where a page begins is left out unless it is given."""
    query = request.GET.copy()
    for name in ("after", "seen"):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    return f"{reverse('queue')}?{query.urlencode()}"
