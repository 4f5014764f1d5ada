"""The back office: what cases hold, as tables to look things up in. People work on cases at the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from fairdeal.disputes import notices_admin, people_admin
from fairdeal.disputes.list_filters import ActionFilter, ChosenByFilter, DetectorFilter, EventFilter, RoleFilter, TypologyFilter
from fairdeal.disputes.models import CaseAlert, CaseEvent, CaseMember
from fairdeal.disputes.names import (
    chosen_by_text,
    detector_text,
    event_text,
    finding_texts,
    kind_text,
    role_text,
    status_text,
    typology_text,
)
from fairdeal.disputes.people import may_read_queue
from fairdeal.disputes.read_only import ReadOnly
from fairdeal.disputes.wording import NOTHING, money_text

__all__ = ["AlertAdmin", "EventAdmin", "MemberAdmin", "notices_admin", "people_admin"]

admin.site.index_title = _("Back office")


class InsideCase(ReadOnly):
    """A table of what cases hold. A row has no page of its own: it leads to its place on the page of its case."""

    list_select_related = ("case",)

    def anchor(self, row: Any) -> str:
        """Where on its case's page a row is found."""
        raise NotImplementedError

    @admin.display(description=_("case"), ordering="case_id")
    def case_shown(self, row: Any) -> SafeString:
        return format_html('<span class="fd-cell">{}<small><code>{}</code></small></span>', capfirst(row.case.type_text), row.case.pk)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id is not None and request.method == "GET" else None
        if row is None or not may_read_queue(request.user):
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
            return response
        return redirect(f"{reverse('case', args=[row.case_id])}#{self.anchor(row)}")


@admin.register(CaseMember)
class MemberAdmin(InsideCase):
    list_display = ("subject_id", "kind_shown", "typology_shown", "verdict_shown", "case_shown", "joined_at")
    list_filter = (TypologyFilter,)
    search_fields = ("subject_id", "case__case_id")
    ordering = ("-joined_at", "pk")

    def anchor(self, row: CaseMember) -> str:
        return f"member-{row.pk}"

    @admin.display(description=_("kind"), ordering="subject_kind")
    def kind_shown(self, member: CaseMember) -> str:
        return kind_text(member.subject_kind)

    @admin.display(description=_("suspicion"), ordering="typology")
    def typology_shown(self, member: CaseMember) -> str:
        return typology_text(member.typology)

    @admin.display(description=_("verdict"), ordering="verdict")
    def verdict_shown(self, member: CaseMember) -> str:
        return finding_texts()[member.verdict]


@admin.register(CaseAlert)
class AlertAdmin(InsideCase):
    list_display = (
        "alert_id",
        "detector_shown",
        "typology_shown",
        "parties_shown",
        "loss_shown",
        "chosen_shown",
        "case_shown",
        "event_at",
    )
    list_filter = (DetectorFilter, TypologyFilter, ChosenByFilter, ActionFilter)
    search_fields = ("alert_id", "merchant_id", "account_id", "member__subject_id", "case__case_id")
    ordering = ("-event_at", "pk")

    def anchor(self, row: CaseAlert) -> str:
        return f"member-{row.member_id}"

    @admin.display(description=_("detector"), ordering="detector")
    def detector_shown(self, alert: CaseAlert) -> str:
        return detector_text(alert.detector)

    @admin.display(description=_("suspicion"), ordering="typology")
    def typology_shown(self, alert: CaseAlert) -> str:
        return typology_text(alert.typology)

    @admin.display(description=_("merchant and account"), ordering="merchant_id")
    def parties_shown(self, alert: CaseAlert) -> SafeString:
        return format_html('<span class="fd-cell">{}<small>{}</small></span>', alert.merchant_id or NOTHING, alert.account_id or NOTHING)

    @admin.display(description=_("chosen by"), ordering="chosen_by")
    def chosen_shown(self, alert: CaseAlert) -> str:
        return chosen_by_text(alert.chosen_by)

    @admin.display(description=_("expected loss"), ordering="expected_loss_minor")
    def loss_shown(self, alert: CaseAlert) -> SafeString:
        return format_html('<span class="fd-number">{}</span>', money_text(alert.expected_loss_minor, alert.currency))


@admin.register(CaseEvent)
class EventAdmin(InsideCase):
    list_display = ("seq", "at", "what_shown", "actor", "role_shown", "status_shown", "case_shown")
    list_filter = (EventFilter, RoleFilter)
    search_fields = ("case__case_id", "actor")
    ordering = ("-seq",)

    def anchor(self, row: CaseEvent) -> str:
        return f"event-{row.pk}"

    @admin.display(description=_("what"), ordering="event")
    def what_shown(self, event: CaseEvent) -> str:
        return event_text(event.event)

    @admin.display(description=_("as"), ordering="role")
    def role_shown(self, event: CaseEvent) -> str:
        return role_text(event.role)

    @admin.display(description=_("status"), ordering="to_status")
    def status_shown(self, event: CaseEvent) -> str:
        return status_text(event.to_status)
