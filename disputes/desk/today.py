"""The first page: what came in, what is late, what was done, and what to take first."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fairdeal.disputes.at_a_glance import at_a_glance
from fairdeal.disputes.desk.staffing import staffing_notice
from fairdeal.disputes.domain import Role
from fairdeal.disputes.models import Notice
from fairdeal.disputes.people import leads_team, may_read_queue
from fairdeal.disputes.watched import newest_week


def show(request: HttpRequest) -> HttpResponse:
    """The page; who may not read the queue sees none of its figures."""
    user: Any = request.user
    page: dict[str, Any] = {"lacks_approver": user.has_perm("auth.add_user") and not _others_who_approve(user)}
    if may_read_queue(user):
        page |= {"glance": at_a_glance(user.get_username()), "week": newest_week(settings.WATCH_FOLDER)}
        page["staffing_notice"] = staffing_notice()
        page["unseen"] = Notice.objects.filter(seen_at=None).count() if leads_team(user) else 0
    return render(request, "desk/today.html", page)


def _others_who_approve(user: Any) -> bool:
    approvers = get_user_model().objects.filter(is_active=True, groups__name=Role.APPROVER)
    return approvers.exclude(pk=user.pk).exists()
