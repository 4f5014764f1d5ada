"""Tables of the back office that people look at and nobody edits."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from fairdeal.disputes.people import may_read_queue
from fairdeal.disputes.second_looks import hidden_from


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what belongs to a case that the reader judges blind just now."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.exclude(case_id__in=hidden_from(request.user.get_username())) if hasattr(self.model, "case_id") else rows

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
