"""People and their roles, in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static import admin as otp_static
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp import admin as otp_totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from fairdeal.disputes import granting, second_factor
from fairdeal.disputes.account_models import AccountEvent
from fairdeal.disputes.domain import Deed, Role, may
from fairdeal.disputes.models import FirstPassword
from fairdeal.disputes.names import account_event_text, role_text, role_texts, skill_texts
from fairdeal.disputes.people import roles_of
from fairdeal.disputes.read_only import ReadOnly
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.wording import NOTHING, refusal_text

for package in (otp_totp, otp_static):  # imported, they have registered their tables, which show secrets; nobody looks at those
    assert package
admin.site.unregister([User, Group, TOTPDevice, StaticDevice])


class RolesField(forms.ModelMultipleChoiceField):
    """The roles of the process, each under its name in the reader's language."""

    def label_from_instance(self, group: Any) -> str:
        return role_text(group.name)


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc]
    """People. A new person's password is handed over by somebody else, so it must be changed at the first login."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "roles_shown", "second_factor_shown", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username",)
    list_display_links = ("username",)
    filter_horizontal = ()
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "groups")}),)
    fieldsets = ((None, {"fields": ("username", "password", "second_factor_shown", "groups", "is_active", "is_superuser", "last_login")}),)
    readonly_fields = ("last_login", "second_factor_shown")

    @admin.display(description=_("roles"))
    def roles_shown(self, user: User) -> str:
        return "、".join(role_text(name) for name in user.groups.order_by("name").values_list("name", flat=True)) or "—"

    @admin.display(description=_("second factor"))
    def second_factor_shown(self, user: User) -> SafeString | str:
        if not second_factor.has_device(user):
            return NOTHING
        address = reverse("admin:auth_user_second_factor", args=[user.pk])
        return format_html('{} <a href="{}">{}</a>', _("set up"), address, _("take away"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.take_second_factor_away)
        return [path("<int:pk>/second-factor/", view, name="auth_user_second_factor"), *super().get_urls()]

    def take_second_factor_away(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Ask why, and take a lost device away."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method != "POST":
            return render(request, "desk/second_factor_reset.html", {"person": user.get_username()})
        try:
            reason = request.POST.get("reason", "")
            second_factor.reset_second_factor(user.get_username(), actor=request.user.get_username(), reason=reason)
            messages.success(request, _("The second factor of %(who)s is taken away.") % {"who": user.get_username()})
        except RefusedChange as refused:
            messages.error(request, refusal_text(refused))
        return redirect("admin:auth_user_change", pk)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the history names people; a name given away again could approve its former owner's proposals

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "groups" and hasattr(field.widget, "can_add_related"):  # roles are the process's own, not made here
            field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **options)
        return RolesField(
            Group.objects.filter(name__in=[*role_texts(), *skill_texts()]).order_by("name"),
            label=_("roles"),
            required=False,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text=_("An analyst proposes, an approver decides. Nobody approves what they proposed."),
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # the console is the only place to sign in to
        asks_admin = change and obj.is_superuser and not User.objects.get(pk=obj.pk).is_superuser
        obj.is_superuser = obj.is_superuser and not asks_admin
        super().save_model(request, obj, form, change)
        form.asks_for = {Role.ADMIN.value} if asks_admin else set()
        if not change:
            FirstPassword.objects.update_or_create(user=obj, defaults={"issued": obj.password})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Roles that are new wait for an approver; those that are gone are gone."""
        person = form.instance
        before = set(person.groups.values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        after = set(person.groups.values_list("name", flat=True))
        if after - before:
            person.groups.remove(*Group.objects.filter(name__in=after - before))
        asked = (after - before) | form.asks_for
        if asked:
            self._grant(request, person, asked)
        if before - after:
            granting.note_taken(person, before - after, actor=request.user.get_username())

    def _grant(self, request: HttpRequest, person: User, names: set[str]) -> None:
        if granting.grant(person, names, actor=request.user.get_username()):
            roles = "、".join(role_text(name) for name in sorted(names))
            messages.info(request, _("%(roles)s: waits for an approver, who finds it on the first page.") % {"roles": roles})


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Roles, under the names the process knows."""


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly):
    """What was done about accounts, for who audits or manages people."""

    list_display = ("at", "event_shown", "person", "actor", "reason")
    search_fields = ("person", "actor")
    ordering = ("-id",)
    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        roles = roles_of(request.user)
        return bool(may(roles, Deed.READ_AUDIT) or may(roles, Deed.MANAGE_PEOPLE))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=_("what"), ordering="event")
    def event_shown(self, event: AccountEvent) -> str:
        return account_event_text(event.event)
