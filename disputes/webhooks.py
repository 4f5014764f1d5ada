"""Messages about cases to other systems. The history is their outbox: an entry is written with what happened, and is what is told."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min

from fairdeal.disputes.domain import CaseStatus, Event
from fairdeal.disputes.models import AuditHead, CaseEvent
from fairdeal.disputes.statuses import ActionState
from fairdeal.disputes.verdict_rows import as_utc
from fairdeal.disputes.webhook_models import Delivery, Subscriber

#: What can be told.
OPENED, DECIDED, CLOSED = TOLD = ("case.opened", "case.decided", "case.closed")
#: An attempt that gave no answer within this time is made again, by whoever looks first.
ANSWER_WITHIN = timedelta(minutes=2)
#: The wait after the first failure; it doubles with every further one, to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
#: A message that could not be delivered so long is given up; one that was is forgotten after so long.
KEPT = timedelta(days=30)
#: So many entries are read at once.
_CHUNK = 1_000
_OPEN = (ActionState.WAITING, ActionState.SENT)


def write_messages(subscriptions: Mapping[str, Collection[str]], at: datetime) -> int:
    """Write the messages that the history since the last call gives; how many.

    Parameters
    ----------
    subscriptions
        Per subscriber the messages it wants. One who is new is told what happens from now on.

    Notes
    -----
    A subscriber's messages and up to where they were written are one transaction, and entries become visible in the order of their
    numbers: each gives its message once, whoever is killed when, and however many call.
    """
    return sum(_write(name, frozenset(wanted), at) for name, wanted in sorted(subscriptions.items()))


def _write(name: str, wanted: frozenset[str], at: datetime) -> int:
    written = 0
    while True:
        with transaction.atomic():
            head = AuditHead.objects.get(pk=AuditHead.THE_ONE)
            Subscriber.objects.get_or_create(name=name, defaults={"seen": head.count})
            subscriber = Subscriber.objects.select_for_update().get(name=name)
            entries = list(CaseEvent.objects.filter(seq__gt=subscriber.seen).select_related("case").order_by("seq")[:_CHUNK])
            if not entries:
                return written
            messages = _messages(name, wanted, entries)
            rows = [Delivery(subscriber=subscriber, **message, written_at=at, next_try_at=at) for message in messages]
            Delivery.objects.bulk_create(rows)
            Subscriber.objects.filter(pk=name).update(seen=entries[-1].seq)
            written += len(rows)


def _messages(name: str, wanted: frozenset[str], entries: Collection[CaseEvent]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        kind = kind_of(entry)
        if kind in wanted:
            data = {
                "case_id": entry.case_id,
                "case_type": entry.case.case_type,
                "status": entry.to_status,
                "close_code": None if kind == OPENED else _close_code_at(entry),
                "revision": entry.revision,
                "seq": entry.seq,
            }
            message_id = "msg_" + hashlib.sha256(f"{name}|{entry.seq}|{entry.entry_hash}".encode()).hexdigest()[:32]
            yield {"message_id": message_id, "body": {"type": kind, "timestamp": as_utc(entry.at), "data": data}}


def kind_of(entry: CaseEvent) -> str | None:
    """What an entry of the history is told as; None: it is nobody's else."""
    if entry.event == Event.OPEN:
        return OPENED
    if entry.from_status == entry.to_status:
        return None
    return {CaseStatus.DECIDED.value: DECIDED, CaseStatus.CLOSED.value: CLOSED}.get(entry.to_status)


def _close_code_at(entry: CaseEvent) -> str | None:
    """How the case was found to end when the entry was written, whatever became of it since."""
    said = CaseEvent.objects.filter(case_id=entry.case_id, seq__lte=entry.seq, new__has_key="close_code").order_by("-seq").first()
    return (said.new["close_code"] or None) if said else None


def take_message(name: str, at: datetime) -> dict[str, Any] | None:
    """The oldest message to a subscriber that is due, marked as sent; None when none is.

    Notes
    -----
    One guarded update gives it to one worker. When that worker dies, it is due again after `ANSWER_WITHIN`, under the same id.
    """
    while True:
        due = Delivery.objects.filter(subscriber_id=name, state__in=_OPEN, next_try_at__lte=at).order_by("pk").first()
        if due is None:
            return None
        same = Delivery.objects.filter(pk=due.pk, state=due.state, attempts=due.attempts)
        if same.update(state=ActionState.SENT, attempts=due.attempts + 1, next_try_at=at + ANSWER_WITHIN):
            return {"message_id": due.message_id, "body": due.body, "attempt": due.attempts + 1}


def record_delivered(message_id: str) -> None:
    """Enter that a message arrived."""
    Delivery.objects.filter(message_id=message_id, state__in=_OPEN).update(state=ActionState.DONE, error="")


def record_missed(message_id: str, error: str, at: datetime) -> bool:
    """Enter that an attempt failed: it is made again later, or given up after `KEPT`. Whether it was given up."""
    missed = Delivery.objects.filter(message_id=message_id, state=ActionState.SENT).first()
    if missed is None:
        return False
    is_over = at - missed.written_at >= KEPT
    wait = min(FIRST_WAIT * 2 ** min(missed.attempts - 1, 20), LONGEST_WAIT)
    Delivery.objects.filter(pk=missed.pk).update(
        state=ActionState.FAILED if is_over else ActionState.WAITING, error=error[:200], next_try_at=at + wait
    )
    return is_over


def try_again(name: str, at: datetime) -> int:
    """Let every message to a subscriber that waits or was given up be due now; how many."""
    stuck = Delivery.objects.filter(subscriber_id=name, state__in=(ActionState.WAITING, ActionState.FAILED))
    return stuck.update(state=ActionState.WAITING, next_try_at=at, written_at=at)


def forget_messages(at: datetime) -> int:
    """Remove the messages that arrived long ago; how many."""
    return Delivery.objects.filter(state=ActionState.DONE, written_at__lt=at - KEPT).delete()[0]


def messages_by_state() -> list[dict[str, Any]]:
    """Per subscriber and state: ``name, state, messages, oldest_at, most_attempts``, sorted."""
    rows = Delivery.objects.values("subscriber_id", "state").annotate(n=Count("pk"), oldest=Min("written_at"), most=Max("attempts"))
    return [
        {
            "name": row["subscriber_id"],
            "state": row["state"],
            "messages": row["n"],
            "oldest_at": as_utc(row["oldest"]),
            "most_attempts": row["most"],
        }
        for row in rows.order_by("subscriber_id", "state")
    ]
