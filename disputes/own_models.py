"""What people keep for their own work: filters of the queue, drafts, macros, cases that they follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from fairdeal.disputes.models import Case


class SavedFilter(models.Model):
    """A view of the queue under a name: its owner's, or the team's where a lead shared it."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    owner: models.CharField[str, str] = models.CharField(max_length=150)
    name: models.CharField[str, str] = models.CharField(max_length=60)
    query: models.CharField[str, str] = models.CharField(max_length=500, blank=True)
    is_shared: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="one_filter_per_owner_and_name")]

    def __str__(self) -> str:
        return self.name


class DefaultFilter(models.Model):
    """With which filter the queue opens for somebody."""

    owner: models.CharField[str, str] = models.CharField(max_length=150, primary_key=True)
    filter: models.ForeignKey[SavedFilter, SavedFilter] = models.ForeignKey(SavedFilter, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return self.owner


class Draft(models.Model):
    """What somebody has written in a form of a case and not sent: theirs alone."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    owner: models.CharField[str, str] = models.CharField(max_length=150)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.CASCADE, related_name="+")
    form: models.CharField[str, str] = models.CharField(max_length=16)
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    revision: models.IntegerField[int, int] = models.IntegerField()
    saved_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "case", "form"], name="one_draft_per_owner_case_and_form")]

    def __str__(self) -> str:
        return f"{self.owner} {self.case_id} {self.form}"


class Macro(models.Model):
    """Text for a form, in both languages, with an outcome or a due day; its owner's, or the team's where a lead shared it."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    owner: models.CharField[str, str] = models.CharField(max_length=150)
    name: models.CharField[str, str] = models.CharField(max_length=60)
    form: models.CharField[str, str] = models.CharField(max_length=16)
    outcome: models.CharField[str, str] = models.CharField(max_length=32, blank=True, default="")
    text_zh: models.TextField[str, str] = models.TextField(blank=True, default="")
    text_en: models.TextField[str, str] = models.TextField(blank=True, default="")
    due_days: models.PositiveSmallIntegerField[int | None, int | None] = models.PositiveSmallIntegerField(null=True)
    is_shared: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="one_macro_per_owner_and_name")]

    def __str__(self) -> str:
        return self.name


class Follow(models.Model):
    """Somebody wants to see a case among their own though another works on it."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    owner: models.CharField[str, str] = models.CharField(max_length=150)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "case"], name="one_follow_per_owner_and_case")]

    def __str__(self) -> str:
        return f"{self.owner} {self.case_id}"
