"""The first page: what came in, what is late, what was done, who has how much to do, and what to take first."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import add
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes.at_a_glance import at_a_glance
from fairdeal.disputes.desk.bars import bars_of
from fairdeal.disputes.desk.staffing import staffing_notice
from fairdeal.disputes.domain import Role
from fairdeal.disputes.granting import waiting
from fairdeal.disputes.models import Notice
from fairdeal.disputes.people import leads_team, may_read_queue
from fairdeal.disputes.turnover import Turnover, turnover_by_day
from fairdeal.disputes.watched import newest_week
from fairdeal.disputes.wording import NOTHING, share_text
from fairdeal.disputes.workload import workload


def show(request: HttpRequest) -> HttpResponse:
    """The page; who may not read the queue sees none of its figures."""
    user: Any = request.user
    page: dict[str, Any] = {"lacks_approver": user.has_perm("auth.add_user") and not _others_who_approve(user)}
    if may_read_queue(user):
        now = timezone.now()
        page |= {
            "glance": at_a_glance(user.get_username()),
            "turnover": _turnover_rows(now),
            "load": workload(now),
            "week": newest_week(settings.WATCH_FOLDER),
            "staffing_notice": staffing_notice(),
            "roles_wait": len(waiting()) if leads_team(user) else 0,
            "unseen": Notice.objects.filter(seen_at=None).count() if leads_team(user) else 0,
        }
    return render(request, "desk/today.html", page)


def _turnover_rows(now: datetime) -> list[dict[str, Any]]:
    """What happened in the last 24 hours and seven days, a line for each measure, with a bar for each day where counts are told."""
    days = turnover_by_day(now)
    last, week = days[-1], reduce(add, days)
    counts = {_("came in"): "came", _("done"): "done", _("first answer late"): "late"}
    rows = [
        {"name": name, "day": getattr(last, column), "week": getattr(week, column), "bars": bars_of([getattr(day, column) for day in days])}
        for name, column in counts.items()
    ]
    rows.append({"name": _("second person agreed"), "day": _agreement(last), "week": _agreement(week)})
    rows.append({"name": _("overturned on appeal"), "day": _overturned(last), "week": _overturned(week)})
    return rows


def _agreement(span: Turnover) -> str:
    looked_at = span.agreed + span.returned
    return f"{share_text(span.agreement)} ({span.agreed} / {looked_at})" if looked_at else NOTHING


def _overturned(span: Turnover) -> str:
    return f"{span.overturned} / {span.appeals}" if span.appeals else NOTHING


def _others_who_approve(user: Any) -> bool:
    approvers = get_user_model().objects.filter(is_active=True, groups__name=Role.APPROVER)
    return approvers.exclude(pk=user.pk).exists()
