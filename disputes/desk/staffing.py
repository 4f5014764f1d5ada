"""Who works tonight: the days ahead, on what each rests, and who leads says otherwise."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fairdeal.data_contracts.typologies import Detector
from fairdeal.disputes import services
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.domain import Deed
from fairdeal.disputes.names import detector_text
from fairdeal.disputes.staffing import ALL, Basis
from fairdeal.disputes.wording import refusal_text

#: Days that the page shows from today on.
DAYS = 14


def show(request: HttpRequest) -> HttpResponse:
    """The days ahead."""
    today = localtime().date()
    days = [_row(today + timedelta(days=ahead)) for ahead in range(DAYS)]
    page = {
        "days": days,
        "fields": [(ALL, _("for all")), *((detector.value, detector_text(detector.value)) for detector in Detector)],
        "may_set": bool(roles_for(request.user, Deed.SET_STAFFING)),
        "today": today.isoformat(),
    }
    return render(request, "desk/staffing.html", page)


def set_hours(request: HttpRequest) -> HttpResponseBase:
    """Say how many hours people work on a day; all fields empty takes back what was said."""
    form = request.POST
    try:
        day = date.fromisoformat(form.get("day", ""))
        given = {name: form.get(f"hours_{name}", "").strip().replace(",", ".") for name in (ALL, *(one.value for one in Detector))}
        hours = {name: float(text) for name, text in given.items() if text}
    except ValueError:
        messages.error(request, _("Give a day and hours as numbers."))
        return redirect("staffing")
    try:
        role = roles_for(request.user, Deed.SET_STAFFING)[0]
        services.set_staffing(day, hours, actor=request.user.get_username(), role=role, word=form.get("word", ""))
        messages.success(
            request, _("Said for %(day)s.") % {"day": day.isoformat()} if hours else _("Taken back for %(day)s.") % {"day": day.isoformat()}
        )
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("staffing")


def staffing_notice() -> str:
    """What is to be said of tonight where nobody said who works; empty where somebody did."""
    night = services.staffing_for(localtime().date())
    if night["basis"] == Basis.SET:
        return ""
    if night["basis"] == Basis.SAME_WEEKDAY:
        return _("Nobody said who works today; it is assumed as on %(day)s.") % {"day": night["of_day"]}
    return _("Nobody said who works today; the settings' capacity is assumed.")


def _row(day: date) -> dict[str, object]:
    night = services.staffing_for(day)
    texts = {Basis.SET: _("said"), Basis.SAME_WEEKDAY: _("assumed"), Basis.DEFAULT: _("assumed from the settings")}
    hours = [(_("for all") if name == ALL else detector_text(name), f"{value:g}") for name, value in night["hours"].items()]
    return {**night, "told": hours, "total": f"{sum(night['hours'].values()):g}", "basis_text": texts[Basis(night["basis"])]}
