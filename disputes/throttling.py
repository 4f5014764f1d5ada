"""How often somebody may ask: a bucket per name that fills evenly, kept in the memory of the process that answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """Buckets that hold a minute's requests and fill at their pace.

    Parameters
    ----------
    clock
        Seconds, never going back.

    Notes
    -----
    A console with several worker processes has a bucket in each: its bound is then so many times as high.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, name: str, per_minute: int) -> float:
        """Seconds until ``name`` may ask again; 0 when it may now, which then counts as asked."""
        pace = per_minute / 60
        with self._lock:
            now = self._clock()
            left, at = self._buckets.get(name, (float(per_minute), now))
            left = min(float(per_minute), left + (now - at) * pace)
            if left < 1:
                self._buckets[name] = (left, now)
                return (1 - left) / pace
            self._buckets[name] = (left - 1, now)
            return 0.0
