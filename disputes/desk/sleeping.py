"""A case put aside from its page, and woken."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.desk.steps import change_case, sent_by
from fairdeal.disputes.domain import Role


def snooze(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Put a case aside until a moment or an occasion, or wake it."""
    form = request.POST
    if form.get("snooze") == "wake":
        return change_case(request, case_id, lambda: services.rouse(case_id, role=Role.ANALYST, **sent_by(request)))
    try:
        until = _moment(form.get("until", ""))
    except ValueError:
        messages.error(request, _("This is no moment."))
        return redirect("case", case_id)
    return change_case(
        request,
        case_id,
        lambda: services.snooze(
            case_id,
            role=Role.ANALYST,
            until=until,
            trigger=form.get("trigger", ""),
            other_case=form.get("other_case", "").strip(),
            word=form.get("word", ""),
            **sent_by(request),
        ),
        lambda done: _("Put aside until %(when)s at the latest.") % {"when": f"{localtime(done['snoozed_until']):%Y-%m-%d %H:%M}"},
    )


def _moment(text: str) -> datetime | None:
    """A moment on the reader's clock; None where nothing was given."""
    if not text.strip():
        return None
    found = parse_datetime(text.strip())
    if found is None:
        raise ValueError(text)
    return make_aware(found) if is_naive(found) else found
