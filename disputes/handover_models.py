"""Handovers: what somebody who ends a shift leaves to whom, with a word."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from fairdeal.disputes.models import Case


class Handover(models.Model):
    """One end of a shift. ``to`` is empty where the cases went back to the queue; who read it first is kept."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    by: models.CharField[str, str] = models.CharField(max_length=150)
    to: models.CharField[str, str] = models.CharField(max_length=150, blank=True, default="")
    word: models.TextField[str, str] = models.TextField(blank=True, default="")
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField(db_index=True)
    read_by: models.CharField[str, str] = models.CharField(max_length=150, blank=True, default="")
    read_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.by} {self.at}"


class HandedCase(models.Model):
    """One case of a handover, and what was said of it."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    handover: models.ForeignKey[Handover, Handover] = models.ForeignKey(Handover, models.PROTECT, related_name="handed")
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="handed")
    word: models.TextField[str, str] = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["handover", "case"], name="one_case_per_handover")]

    def __str__(self) -> str:
        return f"{self.handover_id} {self.case_id}"  # type: ignore[attr-defined]
