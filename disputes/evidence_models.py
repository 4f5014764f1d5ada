"""What people and other systems put before a case."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from fairdeal.disputes.models import Case

#: The longest id and name of a source that is kept.
ID_LENGTH = 128


class CaseEvidence(models.Model):
    """One piece of evidence. Added by ``evidencing`` and ``complaining`` only, never changed; the history holds its SHA-256.

    ``subject_kind`` and ``subject_id`` say whom a complaint is about; evidence of other kinds is about the case. A file stays where it is:
    kept are its place and the SHA-256 by which it is known again.
    """

    evidence_id: models.CharField[str, str] = models.CharField(_("evidence"), max_length=17, primary_key=True)
    case_id: str
    case: models.ForeignKey[Case, Case] = models.ForeignKey("Case", models.PROTECT, related_name="evidence", verbose_name=_("case"))
    kind: models.CharField[str, str] = models.CharField(_("kind"), max_length=32)
    subject_kind: models.CharField[str, str] = models.CharField(_("subject kind"), max_length=32, blank=True, default="")
    subject_id: models.CharField[str, str] = models.CharField(_("subject"), max_length=ID_LENGTH, blank=True, default="")
    source_system: models.CharField[str, str] = models.CharField(max_length=ID_LENGTH)
    external_id: models.CharField[str, str] = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    language: models.CharField[str, str] = models.CharField(_("language"), max_length=35, blank=True, default="")
    text: models.TextField[str, str] = models.TextField()
    location: models.CharField[str, str] = models.CharField(max_length=500, blank=True, default="")
    file_sha256: models.CharField[str, str] = models.CharField(max_length=64, blank=True, default="")
    occurred_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(_("happened"), null=True)
    added_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    added_by: models.CharField[str, str] = models.CharField(max_length=150)
    sha256: models.CharField[str, str] = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["source_system", "external_id"], condition=~models.Q(external_id=""), name="one_evidence_per_source_and_id"
            )
        ]

    def __str__(self) -> str:
        return self.evidence_id


#: What is told of a file, in the history and in copies of a case.
FILE_FACTS = ("name", "media_type", "size", "visibility")


class EvidenceFile(models.Model):
    """What is told of a file that was put before a case; the file itself lies in the home, under its SHA-256. Never changed."""

    evidence: models.OneToOneField[CaseEvidence, CaseEvidence] = models.OneToOneField(
        CaseEvidence, models.PROTECT, primary_key=True, related_name="file"
    )
    name: models.CharField[str, str] = models.CharField(max_length=120)
    media_type: models.CharField[str, str] = models.CharField(max_length=40)
    size: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    visibility: models.CharField[str, str] = models.CharField(max_length=16)

    def __str__(self) -> str:
        return self.name


class CustodyEntry(models.Model):
    """Who had a file in hand. Added by ``custody`` only; the database refuses to change it."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    evidence_id: str
    evidence: models.ForeignKey[CaseEvidence, CaseEvidence] = models.ForeignKey(CaseEvidence, models.PROTECT, related_name="custody")
    number: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("when"))
    actor: models.CharField[str, str] = models.CharField(_("who"), max_length=150)
    role: models.CharField[str, str] = models.CharField(_("as"), max_length=32)
    what: models.CharField[str, str] = models.CharField(_("what"), max_length=16)
    sha256: models.CharField[str, str] = models.CharField(max_length=64)
    seal: models.CharField[str, str] = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["evidence", "number"], name="one_custody_entry_per_evidence_and_number")
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.number} {self.what}"
