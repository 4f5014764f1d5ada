"""The back office: the queue, its cases and their history to read; the seed's steps to take. Nothing here writes but ``services``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from fairdeal.disputes import services
from fairdeal.disputes.case_page import finding_texts, page_of
from fairdeal.disputes.domain import AT_REST, CASE_TYPES, STATUSES, CloseCode, Event, Role, next_events
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseAlert, CaseEvent, CaseMember, FirstPassword, in_language
from fairdeal.disputes.people import may_read_queue, roles_of
from fairdeal.disputes.statuses import CaseStatus
from fairdeal.disputes.wording import money_text, refusal_text, totals_text


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """A table that people look at and nobody edits."""

    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_read_queue(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_read_queue(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class StatusFilter(admin.SimpleListFilter):
    """The queue's states; open cases unless asked otherwise."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        states = [(status.value, in_language(facts.zh, facts.en)) for status, facts in STATUSES.items()]
        return [("all", _("all, closed too")), *states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() in set(CaseStatus):
            return queryset.filter(status=self.value())
        return queryset if self.value() == "all" else queryset.exclude(status__in=AT_REST)

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        return [{**first, "display": _("open")}, *rest]


class TypeFilter(admin.SimpleListFilter):
    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(case_type.value, in_language(facts.zh, facts.en)) for case_type, facts in CASE_TYPES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.filter(case_type=self.value()) if self.value() else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(code), text) for code, text in CLOSE_CODE_TEXTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.filter(close_code=self.value()) if self.value() else queryset


@admin.register(Case)
class CaseAdmin(ReadOnly):
    """The queue and the page of a case."""

    list_display = (
        "case_id",
        "type_shown",
        "status_shown",
        "subject_shown",
        "loss_shown",
        "risk_shown",
        "member_count",
        "opened_at",
        "holder",
    )
    list_filter = (StatusFilter, TypeFilter, OutcomeFilter)
    list_fullwidth = True
    ordering = ("-expected_loss_minor", "opened_at")
    search_fields = ("case_id", "subject_id", "members__subject_id", "alerts__merchant_id", "alerts__account_id")
    search_help_text = _("case, merchant, account, order, payment or review")
    fields = ("case_id",)
    change_form_template = "admin/disputes/case/change_form.html"
    actions: ClassVar = ["accept_selected", "start_selected"]

    @admin.display(description=_("type"), ordering="case_type")
    def type_shown(self, case: Case) -> str:
        return case.type_text

    @admin.display(description=_("status"), ordering="status")
    def status_shown(self, case: Case) -> str:
        return case.status_text

    @admin.display(description=_("subject"), ordering="subject_id")
    def subject_shown(self, case: Case) -> str:
        return f"{case.subject_kind} {case.subject_id}"

    @admin.display(description=_("expected loss"), ordering="expected_loss_minor")
    def loss_shown(self, case: Case) -> str:
        return totals_text(case.money, "expected_loss_minor")

    @admin.display(description=_("money at risk"))
    def risk_shown(self, case: Case) -> str:
        return totals_text(case.money, "amount_minor")

    @admin.action(description=_("Accept"))
    def accept_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self._step_each(request, cases, Event.ACCEPT)

    @admin.action(description=_("Start review"))
    def start_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        self._step_each(request, cases, Event.START_REVIEW)

    def _step_each(self, request: HttpRequest, cases: QuerySet[Case], event: Event) -> None:
        """Take one step with each case under the same rules as alone; what was refused is said case by case."""
        done = 0
        for case in cases:
            try:
                _take_step(request, case, event, {})
                done += 1
            except services.RefusedChange as refused:
                messages.warning(request, refusal_text(refused))
        messages.success(request, _("%(done)d cases changed.") % {"done": done})

    def get_urls(self) -> list[URLPattern]:
        step = path("<path:case_id>/step/", self.admin_site.admin_view(require_POST(self.step)), name="disputes_case_step")
        return [step, *super().get_urls()]

    def step(self, request: HttpRequest, case_id: str) -> HttpResponseBase:
        """Take the step that the case's page asks for."""
        case = Case.objects.filter(pk=case_id).first()
        if case is None or not may_read_queue(request.user):
            return redirect("admin:disputes_case_changelist")
        try:
            event = Event(request.POST.get("event", ""))
            after = _take_step(request, case, event, request.POST)
            messages.success(request, _("Done. The case is now: %(status)s") % {"status": after})
        except services.RefusedChange as refused:
            messages.error(request, refusal_text(refused))
        except ValueError:
            messages.error(request, _("This step is not known."))
        return redirect("admin:disputes_case_change", case_id)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        case = Case.objects.filter(pk=object_id).first()
        page = page_of(case, roles_of(request.user), request.user.get_username()) if case and may_read_queue(request.user) else {}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "page": page})
        return response


def _take_step(request: HttpRequest, case: Case, event: Event, form: Any) -> str:
    """Take one step in the name of the signed-in person; the case's status afterwards, in words."""
    actor, roles = request.user.get_username(), roles_of(request.user)
    revision = int(form["revision"]) if "revision" in form else case.revision
    if event is Event.PROPOSE_DECISION:
        role = _role_for(case, event, roles)
        if role is not Role.ANALYST:
            services.apply(case.pk, event.value, actor=actor, role=role.value, revision=revision)  # refuses, and says why
        reasons = [line.strip() for line in form.get("reasons", "").splitlines() if line.strip()]
        outcome = form.get("outcome", "")
        services.propose(
            case.pk, maker=actor, close_code=outcome, findings=_findings(case, outcome, form), reasons=reasons, revision=revision
        )
    elif event is Event.APPROVE:
        with transaction.atomic():  # an approved decision is carried out, or the approval does not stand
            services.apply(case.pk, event.value, actor=actor, role=_role_for(case, event, roles).value, revision=revision)
            services.carry_out(case.pk)
    else:
        data = {"comment": form.get("comment", "")} if event is Event.RETURN else {}
        services.apply(case.pk, event.value, actor=actor, role=_role_for(case, event, roles).value, revision=revision, **data)
    case.refresh_from_db()
    return case.status_text


def _role_for(case: Case, event: Event, roles: frozenset[Role]) -> Role:
    """The role in which somebody takes a step: analysts before others; where none fits, one that will be refused."""
    fitting = [role for role in Role if role in roles and event in next_events(CaseStatus(case.status), role)]
    return Role.ANALYST if Role.ANALYST in fitting else fitting[0] if fitting else min(roles, default=Role.AUDITOR)


def _findings(case: Case, outcome: str, form: Any) -> dict[str, str] | None:
    """Findings as the form gives them; a member left alone is what the outcome says of all. None when all are left alone."""
    chosen = {name.removeprefix("finding_"): value for name, value in form.items() if name.startswith("finding_") and value}
    if not chosen:
        return None
    default = {CloseCode.ACTION_CONFIRMED: "fraud", CloseCode.FALSE_POSITIVE: "honest"}.get(outcome, "undecided")  # type: ignore[call-overload]
    return {member.key: chosen.get(str(member.pk), default) for member in CaseMember.objects.filter(case=case)}


@admin.register(CaseMember)
class MemberAdmin(ReadOnly):
    list_display = ("subject_id", "subject_kind", "typology", "verdict_shown", "case_shown", "joined_at")
    list_select_related = ("case",)
    search_fields = ("subject_id", "case__case_id")
    ordering = ("-joined_at", "pk")

    @admin.display(description=_("verdict"), ordering="verdict")
    def verdict_shown(self, member: CaseMember) -> str:
        return finding_texts()[member.verdict]

    @admin.display(description=_("case"), ordering="case_id")
    def case_shown(self, member: CaseMember) -> str:
        return _case_link(member.case)


@admin.register(CaseAlert)
class AlertAdmin(ReadOnly):
    list_display = ("alert_id", "detector", "typology", "merchant_id", "account_id", "loss_shown", "chosen_by", "case_shown", "event_at")
    list_select_related = ("case",)
    list_filter = ("detector", "typology", "chosen_by", "action")
    search_fields = ("alert_id", "merchant_id", "account_id", "member__subject_id", "case__case_id")
    ordering = ("-event_at", "pk")

    @admin.display(description=_("expected loss"), ordering="expected_loss_minor")
    def loss_shown(self, alert: CaseAlert) -> str:
        return money_text(alert.expected_loss_minor, alert.currency)

    @admin.display(description=_("case"), ordering="case_id")
    def case_shown(self, alert: CaseAlert) -> str:
        return _case_link(alert.case)


@admin.register(CaseEvent)
class EventAdmin(ReadOnly):
    list_display = ("seq", "at", "actor", "role", "event", "from_status", "to_status", "case_shown")
    list_select_related = ("case",)
    list_filter = ("event", "role")
    search_fields = ("case__case_id", "actor")
    ordering = ("-seq",)

    @admin.display(description=_("case"), ordering="case_id")
    def case_shown(self, event: CaseEvent) -> str:
        return _case_link(event.case)


def _case_link(case: Case) -> str:
    return format_html('<a class="fd-link" href="{}">{}</a>', reverse("admin:disputes_case_change", args=[case.pk]), case.pk)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc]
    """People. A new person's password is handed over by somebody else, so it must be changed at the first login."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    add_fieldsets: Sequence[Any] = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2", "groups")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # the console is the only place to sign in to
        super().save_model(request, obj, form, change)
        if not change:
            FirstPassword.objects.update_or_create(user=obj, defaults={"issued": obj.password})


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Roles, under the names the process knows."""
