"""What the team arranges for its day beside the cases themselves: who works when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from django.db import models


class Staffing(models.Model):
    """How many hours people work on a day, as somebody who leads said. Rows are added and never changed; the newest of a day counts.

    ``hours`` holds hours by detector, or under ``all`` those that are nobody's in particular; empty: what was said is taken back.
    """

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    day: models.DateField[date, date] = models.DateField()
    hours: models.JSONField[Any, Any] = models.JSONField(default=dict)
    word: models.CharField[str, str] = models.CharField(max_length=200, blank=True, default="")
    set_by: models.CharField[str, str] = models.CharField(max_length=150)
    set_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["day", "-id"], name="staffing_newest")]

    def __str__(self) -> str:
        return f"{self.day} {self.hours}"
