"""The notices in the console: who leads the team reads them, goes to their cases, and marks them as seen."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from fairdeal.disputes.clocks import FIRST_RESPONSE
from fairdeal.disputes.domain import CaseStatus
from fairdeal.disputes.list_filters import SeenFilter
from fairdeal.disputes.models import Notice
from fairdeal.disputes.names import status_text
from fairdeal.disputes.notices import mark_seen
from fairdeal.disputes.people import leads_team
from fairdeal.disputes.read_only import ReadOnly
from fairdeal.disputes.wording import NOTHING


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    list_display = ("written_at", "what_shown", "case_shown", "status_shown", "due_at", "seen_shown")
    list_filter = (SeenFilter,)
    list_select_related = ("case",)
    ordering = ("-written_at", "-pk")
    actions = ("seen_selected",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return leads_team(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return leads_team(request.user)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        notice = self.get_object(request, object_id) if object_id is not None and request.method == "GET" else None
        if notice is None or not self.has_view_permission(request):
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
            return response
        return redirect("case", notice.case_id)

    @admin.action(description=_("Mark as seen"))
    def seen_selected(self, request: HttpRequest, notices: QuerySet[Notice]) -> None:
        first = mark_seen(list(notices.values_list("pk", flat=True)), actor=request.user.get_username())
        messages.success(request, _("%(n)d notices marked as seen.") % {"n": first})

    @admin.display(description=_("what"), ordering="hours")
    def what_shown(self, notice: Notice) -> SafeString:
        is_late = notice.hours >= FIRST_RESPONSE.amount
        words = _("first answer late") if is_late else _("first answer: %(n)d hours passed") % {"n": notice.hours}
        return format_html('<span class="fd-chip fd-{}">{}</span>', "late" if is_late else "warned", words)

    @admin.display(description=_("case"), ordering="case_id")
    def case_shown(self, notice: Notice) -> SafeString:
        case = notice.case
        return format_html('<span class="fd-cell">{}<small><code>{}</code></small></span>', capfirst(case.type_text), case.pk)

    @admin.display(description=_("now"), ordering="case__status")
    def status_shown(self, notice: Notice) -> str:
        return status_text(CaseStatus(notice.case.status))

    @admin.display(description=_("seen by"), ordering="seen_by")
    def seen_shown(self, notice: Notice) -> str:
        return notice.seen_by or NOTHING
