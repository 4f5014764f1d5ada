"""What the tables of the back office can be narrowed to, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.alerts import AUDITED
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.disputes.domain import Role
from fairdeal.disputes.names import action_text, chosen_by_text, detector_text, event_texts, role_text, typology_text


class ColumnFilter(admin.SimpleListFilter):
    """Narrows to the rows that hold one code in the column ``parameter_name``; subclasses say the codes and their words."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.words())

    def words(self) -> Iterable[tuple[str, Any]]:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class DetectorFilter(ColumnFilter):
    title = _("detector")
    parameter_name = "detector"

    def words(self) -> Iterable[tuple[str, Any]]:
        return [(detector.value, detector_text(detector)) for detector in Detector]


class TypologyFilter(ColumnFilter):
    title = _("suspicion")
    parameter_name = "typology"

    def words(self) -> Iterable[tuple[str, Any]]:
        return [(typology.value, typology_text(typology)) for typology in Typology]


class ChosenByFilter(ColumnFilter):
    title = _("chosen by")
    parameter_name = "chosen_by"

    def words(self) -> Iterable[tuple[str, Any]]:
        return [(code, chosen_by_text(code)) for code in ("expected_loss", *AUDITED)]


class ActionFilter(ColumnFilter):
    title = _("measure meanwhile")
    parameter_name = "action"

    def words(self) -> Iterable[tuple[str, Any]]:
        return [(action.value, action_text(action)) for action in Action]


class EventFilter(ColumnFilter):
    title = _("what")
    parameter_name = "event"

    def words(self) -> Iterable[tuple[str, Any]]:
        return event_texts().items()


class RoleFilter(ColumnFilter):
    title = _("as")
    parameter_name = "role"

    def words(self) -> Iterable[tuple[str, Any]]:
        return [(role.value, role_text(role)) for role in Role]


class SeenFilter(admin.SimpleListFilter):
    """Notices that nobody has seen; all when asked."""

    title = _("seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all, seen too"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(seen_at=None)

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        return [{**first, "display": _("not seen yet")}, *rest]
