"""Second looks: closed cases that somebody else judges again without knowing what was found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from fairdeal.disputes.models import Case


class SecondLook(models.Model):
    """One closed case that was drawn to be judged again, who judges it, and which of two judgements holds where they differ."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="second_looks")
    closing_seq: models.BigIntegerField[int, int] = models.BigIntegerField(unique=True)
    drawn_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    first_outcome: models.CharField[str, str] = models.CharField(max_length=32)
    first_findings: models.JSONField[Any, Any] = models.JSONField(default=dict)
    reviewer: models.CharField[str, str] = models.CharField(max_length=150, blank=True, default="")
    taken_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    outcome: models.CharField[str, str] = models.CharField(max_length=32, blank=True, default="")
    findings: models.JSONField[Any, Any] = models.JSONField(default=dict)
    word: models.TextField[str, str] = models.TextField(blank=True, default="")
    judged_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    agrees: models.BooleanField[bool | None, bool | None] = models.BooleanField(null=True)
    holds: models.CharField[str, str] = models.CharField(max_length=8, blank=True, default="")
    adjudicated_by: models.CharField[str, str] = models.CharField(max_length=150, blank=True, default="")
    adjudicated_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["judged_at", "taken_at"], name="second_look_open")]

    def __str__(self) -> str:
        return f"second look {self.pk}"
