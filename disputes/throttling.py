"""How often somebody may ask: a bucket per name that fills evenly, kept in the queue's database for all processes that answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from fairdeal.disputes.access import keyed_hash
from fairdeal.disputes.access_models import AskedBucket

#: A process takes a minute's requests out of a bucket in so many parts, so that not every request writes.
PARTS = 20
#: Seconds after which what a process took out and nobody used is gone.
KEPT_S = 60.0
#: A bucket that nobody touched for so long is full again, and needs no row.
FORGOTTEN_AFTER = timedelta(hours=1)


class Throttle:
    """Buckets that hold a minute's requests and fill at their pace; what any process takes out is gone for all.

    Parameters
    ----------
    clock
        Seconds since a moment that all processes share.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, tuple[int, float]] = {}

    def wait(self, name: str, per_minute: int) -> float:
        """Seconds until ``name`` may ask again; 0 when it may now, which then counts as asked."""
        now = self._clock()
        with self._lock:
            here, until = self._taken.pop(name, (0, now))
            if here and now < until:
                self._hold(name, here - 1, until)
                return 0.0
        got, seconds = _take(name, per_minute, now)
        with self._lock:
            self._hold(name, got - 1, now + KEPT_S)
        return seconds

    def _hold(self, name: str, count: int, until: float) -> None:
        if count > 0:
            self._taken[name] = count, until


def forget_buckets(at: datetime | None = None) -> int:
    """Remove the buckets that are full again; how many."""
    moment = timezone.now() if at is None else at
    return AskedBucket.objects.filter(at__lt=(moment - FORGOTTEN_AFTER).timestamp()).delete()[0]


def _take(name: str, per_minute: int, now: float) -> tuple[int, float]:
    """How many requests a process is given out of a bucket, and where none, for how many seconds to wait.

    The bucket is locked meanwhile. A name may be anything that somebody typed: its keyed hash stands for it.
    """
    pace = per_minute / 60
    with transaction.atomic():
        start = {"left": float(per_minute), "at": now}
        bucket, _ = AskedBucket.objects.select_for_update().get_or_create(name=keyed_hash(f"asked {name}"), defaults=start)
        left = min(float(per_minute), bucket.left + max(0.0, now - bucket.at) * pace)
        given = min(int(left), max(1, per_minute // PARTS))
        AskedBucket.objects.filter(pk=bucket.pk).update(left=left - given, at=max(now, bucket.at))
    return given, 0.0 if given else (1 - left) / pace
