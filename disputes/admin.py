"""The back office: the queue, its cases and their history to read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from fairdeal.disputes import case_steps, notices_admin, people_admin, services
from fairdeal.disputes.case_page import page_of
from fairdeal.disputes.claiming import CLAIMABLE, is_held
from fairdeal.disputes.clock_rows import clock_rows
from fairdeal.disputes.domain import Event
from fairdeal.disputes.exporting import MOST, csv_lines
from fairdeal.disputes.list_filters import (
    ActionFilter,
    ChosenByFilter,
    DetectorFilter,
    EventFilter,
    HolderFilter,
    OutcomeFilter,
    RoleFilter,
    StatusFilter,
    TypeFilter,
    TypologyFilter,
)
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from fairdeal.disputes.names import (
    chosen_by_text,
    detector_text,
    event_text,
    finding_texts,
    kind_text,
    pause_text,
    role_text,
    status_text,
    typology_text,
)
from fairdeal.disputes.people import may_read_queue, roles_of, skills_of
from fairdeal.disputes.queue_rows import queue_row, with_headline
from fairdeal.disputes.read_only import ReadOnly
from fairdeal.disputes.searching import search_cases
from fairdeal.disputes.statuses import CaseStatus
from fairdeal.disputes.wording import NOTHING, money_text, refusal_text

__all__ = ["AlertAdmin", "CaseAdmin", "EventAdmin", "MemberAdmin", "notices_admin", "people_admin"]

admin.site.index_title = _("The queue at a glance")


@admin.register(Case)
class CaseAdmin(ReadOnly):
    """The queue and the page of a case."""

    list_display = (
        "case_shown",
        "subject_shown",
        "why_shown",
        "loss_shown",
        "time_left_shown",
        "members_shown",
        "status_shown",
        "holder_shown",
        "opened_at",
    )
    list_display_links = ("case_shown",)
    list_filter = (StatusFilter, TypeFilter, HolderFilter, OutcomeFilter)
    list_fullwidth = True
    list_per_page = 25  # making a line is what takes time, and work begins at the top
    ordering = ("-expected_loss_minor", "case_id")
    search_fields = ("case_id",)  # there is a search; what it looks at stands in search_cases
    search_help_text = _("id, merchant, account, kind of cheat, words of a reason or review")
    fields = ("case_id",)
    change_form_template = "admin/disputes/case/change_form.html"
    list_before_template = "admin/disputes/case/take_next.html"
    actions: ClassVar = ["accept_selected", "start_selected", "export_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return with_headline(super().get_queryset(request)).prefetch_related("events")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Case], search_term: str) -> tuple[QuerySet[Case], bool]:
        return search_cases(queryset, search_term), False

    @admin.display(description=_("case"), ordering="case_type")
    def case_shown(self, case: Case) -> SafeString:
        return format_html(
            '<span class="fd-cell"><strong>{}</strong><small><code>{}</code></small></span>', capfirst(case.type_text), case.case_id
        )

    @admin.display(description=_("subject"), ordering="subject_id")
    def subject_shown(self, case: Case) -> SafeString:
        return format_html('<span class="fd-cell">{}<small><code>{}</code></small></span>', kind_text(case.subject_kind), case.subject_id)

    @admin.display(description=_("strongest reason"))
    def why_shown(self, case: Case) -> SafeString:
        why = queue_row(case).why
        return format_html('<span class="fd-why-cell" title="{}">{}</span>', why, why)

    @admin.display(description=_("expected loss"), ordering="expected_loss_minor")
    def loss_shown(self, case: Case) -> SafeString:
        row = queue_row(case)
        at_risk = _("of %(money)s") % {"money": row.money_at_risk} if row.money_at_risk != NOTHING else ""
        return format_html('<span class="fd-cell fd-number">{}<small>{}</small></span>', row.expected_loss, at_risk)

    @admin.display(description=_("members"), ordering="member_count")
    def members_shown(self, case: Case) -> int:
        return case.member_count

    @admin.display(description=_("status"), ordering="status")
    def status_shown(self, case: Case) -> SafeString:
        return format_html('<span class="fd-chip fd-{}">{}</span>', queue_row(case).tone, case.status_text)

    @admin.display(description=_("time left"), ordering="opened_at")
    def time_left_shown(self, case: Case) -> SafeString | str:
        clocks = clock_rows(case, case.events.all(), timezone.now()) if case.is_open else []
        if not clocks:
            return NOTHING
        first = clocks[0]
        still = format_html("<small>{}</small>", pause_text(case.pause_reason)) if case.pause_reason else ""
        return format_html(
            '<span class="fd-cell"><span class="fd-chip fd-{}" title="{}">{}</span>{}</span>',
            first.left.nearness,
            first.name,
            first.left_text,
            still,
        )

    @admin.display(description=_("held by"), ordering="holder")
    def holder_shown(self, case: Case) -> SafeString | str:
        if is_held(case, timezone.now()):
            until = f"{localtime(case.lease_until):%H:%M}"
            return format_html('<span class="fd-cell">{}<small>{} {}</small></span>', case.holder, _("until"), until)
        return NOTHING if CaseStatus(case.status) in CLAIMABLE else case.holder or NOTHING

    @admin.action(description=_("Accept"))
    def accept_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self._step_each(request, cases, Event.ACCEPT)

    @admin.action(description=_("Start review"))
    def start_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self._step_each(request, cases, Event.START_REVIEW)

    @admin.action(description=_("Export as CSV"))
    def export_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> HttpResponseBase:
        lines = csv_lines(cases[:MOST].iterator(chunk_size=1_000))
        name = f"cases-{localtime():%Y-%m-%d-%H%M}.csv"
        return HttpResponse(
            b"".join(lines), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    def _step_each(self, request: HttpRequest, cases: QuerySet[Case], event: Event) -> None:
        """Take one step with each case under the same rules as alone; what was refused is said case by case."""
        done = 0
        for case in cases:
            try:
                case_steps.take_step(request, case, event, {})
                done += 1
            except services.RefusedChange as refused:
                messages.warning(request, refusal_text(refused))
        messages.success(request, _("%(done)d cases changed.") % {"done": done})

    def get_urls(self) -> list[URLPattern]:
        ours = [
            path(address, self.admin_site.admin_view(require_POST(view)), name=f"disputes_case_{name}")
            for name, (address, view) in case_steps.VIEWS.items()
        ]
        return [*ours, *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        case = Case.objects.filter(pk=object_id).first()
        user = request.user
        page = page_of(case, roles_of(user), user.get_username(), skills_of(user)) if case and may_read_queue(user) else {}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "page": page})
        return response


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
        return redirect(f"{reverse('admin:disputes_case_change', args=[row.case_id])}#{self.anchor(row)}")


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
