"""People and their roles, in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from fairdeal.disputes.models import FirstPassword
from fairdeal.disputes.names import role_text, role_texts, skill_texts

admin.site.unregister(User)
admin.site.unregister(Group)


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
    list_display = ("username", "roles_shown", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username",)
    list_display_links = ("username",)
    filter_horizontal = ()
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "groups")}),)
    fieldsets = ((None, {"fields": ("username", "password", "groups", "is_active", "is_superuser", "last_login")}),)
    readonly_fields = ("last_login",)

    @admin.display(description=_("roles"))
    def roles_shown(self, user: User) -> str:
        return "、".join(role_text(name) for name in user.groups.order_by("name").values_list("name", flat=True)) or "—"

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
        super().save_model(request, obj, form, change)
        if not change:
            FirstPassword.objects.update_or_create(user=obj, defaults={"issued": obj.password})


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Roles, under the names the process knows."""
