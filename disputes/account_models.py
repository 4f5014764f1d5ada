"""What was done about the accounts of people."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountEvent(models.Model):
    """One thing that happened to a person's account. Rows are added and never changed: the database refuses it."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    at: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("when"))
    actor: models.CharField[str, str] = models.CharField(_("who"), max_length=150)
    person: models.CharField[str, str] = models.CharField(_("whose account"), max_length=150, db_index=True)
    event: models.CharField[str, str] = models.CharField(_("what"), max_length=32)
    reason: models.CharField[str, str] = models.CharField(_("why"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.id} {self.event} {self.person}"
