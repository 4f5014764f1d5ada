"""The history of all cases as one chain: every entry is sealed with a key over its content and the entry before it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from fairdeal.disputes.models import AuditHead, CaseAlert, CaseEvent

#: What the first entry names as the one before it.
BEGINNING = "0" * 64
#: What of an event is sealed, in this order.
SEALED = ("case_id", "at", "actor", "role", "event", "from_status", "to_status", "revision", "old", "new")
#: What of an alert is sealed with the event that files it.
SEALED_OF_ALERTS = (
    "alert_id", "run_id", "detector", "typology", "chosen_by", "selection_probability", "as_of_at", "event_at", "score", "probability",
    "amount_minor", "expected_loss_minor", "currency", "action", "reasons", "evidence", "snapshot", "model_version", "data_version",
    "merchant_id", "account_id",
)  # fmt: skip


@contextmanager
def changing_history() -> Iterator[AuditHead]:
    """One transaction that may change cases and add to their history; others that want to wait until it ends.

    Notes
    -----
    The head is locked before any case is, so that two writers wait for each other and never for a ring of locks; and so that the
    numbers of entries follow the order in which they became visible, without a gap.
    """
    with transaction.atomic():
        yield AuditHead.objects.select_for_update().get(pk=AuditHead.THE_ONE)


def record(
    case_id: str,
    *,
    at: datetime,
    actor: str,
    role: str,
    event: str,
    from_status: str,
    to_status: str,
    revision: int,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> CaseEvent:
    """Add one entry to the history, sealed to all before it."""
    entry = CaseEvent(
        case_id=case_id,
        at=at,
        actor=actor,
        role=role,
        event=event,
        from_status=from_status,
        to_status=to_status,
        revision=revision,
        old=_plain(old),
        new=_plain(new),
    )
    with changing_history() as head:
        entry.seq = head.count + 1
        entry.entry_hash = seal(entry.seq, head.entry_hash, content_sha256(entry))
        entry.save(force_insert=True)
        AuditHead.objects.filter(pk=head.pk).update(count=entry.seq, entry_hash=entry.entry_hash)
    return entry


def seal(seq: int, before: str, content: str) -> str:
    """An entry's hash: HMAC-SHA256, under the key of the history, of its number, the hash before it, and its content's SHA-256."""
    return hmac.new(settings.AUDIT_KEY.encode(), f"{seq}|{before}|{content}".encode(), hashlib.sha256).hexdigest()


def content_sha256(entry: CaseEvent) -> str:
    """SHA-256 of what an entry says; anybody can compute it again."""
    return hashlib.sha256(content_of(entry)).hexdigest()


def content_of(entry: CaseEvent) -> bytes:
    """What an entry says, as canonical JSON."""
    return _canonical({name: getattr(entry, name) for name in SEALED})


def alerts_sha256(alerts: list[CaseAlert]) -> str:
    """SHA-256 of alerts as they came, in order of their ids."""
    ordered = sorted(alerts, key=lambda alert: alert.alert_id)
    return hashlib.sha256(_canonical([{name: getattr(alert, name) for name in SEALED_OF_ALERTS} for alert in ordered])).hexdigest()


def head() -> dict[str, Any] | None:
    """How many entries there are, and the newest one's hash; None before the first."""
    present = AuditHead.objects.get(pk=AuditHead.THE_ONE)
    return {"count": present.count, "hash": present.entry_hash} if present.count else None


def _canonical(value: Any) -> bytes:
    return json.dumps(_same_everywhere(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _same_everywhere(value: Any) -> Any:
    """The value without what databases keep differently: instants in UTC, whole floats as whole numbers."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _same_everywhere(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_same_everywhere(item) for item in value]
    return value


def _plain(value: Mapping[str, Any]) -> Any:
    """The value as it comes back from the database."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))
