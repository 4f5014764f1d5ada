"""Who is told what happened to cases, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from fairdeal.disputes.statuses import ActionState


class Subscriber(models.Model):
    """Up to which entry of the history a subscriber's messages were written."""

    name: models.CharField[str, str] = models.CharField(max_length=40, primary_key=True)
    seen: models.BigIntegerField[int, int] = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one subscriber, and what became of it. ``message_id`` is the same at every attempt."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    message_id: models.CharField[str, str] = models.CharField(max_length=40, unique=True)
    subscriber_id: str
    subscriber: models.ForeignKey[Subscriber, Subscriber] = models.ForeignKey(Subscriber, models.CASCADE, related_name="deliveries")
    body: models.JSONField[Any, Any] = models.JSONField(encoder=DjangoJSONEncoder)
    state: models.CharField[str, str] = models.CharField(max_length=16, default=ActionState.WAITING.value)
    attempts: models.IntegerField[int, int] = models.IntegerField(default=0)
    written_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    next_try_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    error: models.CharField[str, str] = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["subscriber", "state", "next_try_at"], name="delivery_next_try")]

    def __str__(self) -> str:
        return self.message_id
