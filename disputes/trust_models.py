"""The trust-list: subjects that were wrongly suspected and are left in peace for a while, and what that kept from people."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from fairdeal.disputes.models import ID_LENGTH, Case


class TrustEntry(models.Model):
    """One subject, one suspicion, until a day. It binds from when a second person confirmed it until it lapses or is withdrawn."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey(Case, models.PROTECT, related_name="trust_entries")
    subject_kind: models.CharField[str, str] = models.CharField(max_length=32)
    subject_id: models.CharField[str, str] = models.CharField(max_length=ID_LENGTH)
    detector: models.CharField[str, str] = models.CharField(max_length=32)
    typology: models.CharField[str, str] = models.CharField(max_length=32)
    reason: models.TextField[str, str] = models.TextField()
    days: models.PositiveSmallIntegerField[int, int] = models.PositiveSmallIntegerField()
    proposed_by: models.CharField[str, str] = models.CharField(max_length=150)
    proposed_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    confirmed_by: models.CharField[str, str] = models.CharField(max_length=150, blank=True, default="")
    confirmed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    withdrawn_by: models.CharField[str, str] = models.CharField(max_length=150, blank=True, default="")
    withdrawn_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject_kind", "subject_id"], name="trust_subject")]

    def __str__(self) -> str:
        return f"{self.subject_kind}:{self.subject_id} {self.typology}"


class TrustNight(models.Model):
    """How many alerts an entry of the trust-list kept from people in one run, and how many of them were looked at all the same."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    entry_id: int
    entry: models.ForeignKey[TrustEntry, TrustEntry] = models.ForeignKey(TrustEntry, models.PROTECT, related_name="nights")
    run_id: models.CharField[str, str] = models.CharField(max_length=ID_LENGTH)
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    suppressed: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    sampled: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["entry", "run_id"], name="one_trust_night_per_entry_and_run")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.run_id}"
