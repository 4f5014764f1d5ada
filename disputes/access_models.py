"""Who may ask the API: tokens, and the answers that were given to writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class AccessToken(models.Model):
    """A bearer token of a person or a system. The token itself was shown once; kept is its keyed hash."""

    token_id: models.CharField[str, str] = models.CharField(max_length=12, primary_key=True)
    user_id: int
    user: models.ForeignKey[Any, Any] = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name: models.CharField[str, str] = models.CharField(max_length=100, blank=True, default="")
    keyed_hash: models.CharField[str, str] = models.CharField(max_length=64)
    per_minute: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    made_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    expires_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    last_used_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    revoked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.token_id


class KeptAnswer(models.Model):
    """What a write under an idempotency key was answered, so that it is answered so again and done once. ``key`` is its keyed hash."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    user: models.ForeignKey[Any, Any] = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key: models.CharField[str, str] = models.CharField(max_length=64)
    request_sha256: models.CharField[str, str] = models.CharField(max_length=64)
    status: models.PositiveSmallIntegerField[int, int] = models.PositiveSmallIntegerField(default=0)
    body: models.JSONField[Any, Any] = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    kept_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_person_and_key")]

    def __str__(self) -> str:
        return self.key


class AskedBucket(models.Model):
    """How many requests somebody has left at a moment, for all processes. ``name`` is a keyed hash, ``at`` seconds since 1970."""

    name: models.CharField[str, str] = models.CharField(max_length=64, primary_key=True)
    left: models.FloatField[float, float] = models.FloatField()
    at: models.FloatField[float, float] = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.name
