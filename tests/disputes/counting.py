"""Clocks counted the slow way, minute by minute and day by day, from the State Council's own notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from fairdeal.disputes.calendars import PLATFORM_ZONE

MINUTE = timedelta(minutes=1)


def days(text: str) -> set[date]:
    """``2026-02-15..23 2026-05-01`` as days."""
    found = set()
    for part in text.split():
        first, _, last = part.partition("..")
        begun = date.fromisoformat(first)
        found |= {begun + timedelta(days=n) for n in range((int(last) if last else begun.day) - begun.day + 1)}
    return found


#: 国务院办公厅关于节假日安排的通知, 2024 to 2026; weekends within are named too.
HOLIDAYS = days(
    "2024-01-01 2024-02-10..17 2024-04-04..06 2024-05-01..05 2024-06-08..10 2024-09-15..17 2024-10-01..07 "
    "2025-01-01 2025-01-28..31 2025-02-01..04 2025-04-04..06 2025-05-01..05 2025-05-31 2025-06-01..02 2025-10-01..08 "
    "2026-01-01..03 2026-02-15..23 2026-04-04..06 2026-05-01..05 2026-06-19..21 2026-09-25..27 2026-10-01..07"
)
WORKED_IN_EXCHANGE = days(
    "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12 "
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 "
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)


def works(day: date) -> bool:
    return day in WORKED_IN_EXCHANGE or (day.weekday() < 5 and day not in HOLIDAYS)


def count_hours(start: datetime, hours: float, still: Sequence[tuple[datetime, datetime]], window: tuple[int, int] | None) -> datetime:
    """Walk on a minute at a time; a minute counts when it lies in the window and in no pause."""
    now, left = start, round(hours * 60)
    while left:
        local = now.astimezone(PLATFORM_ZONE)
        counts = window is None or window[0] <= local.hour < window[1]
        if counts and not any(since <= now < until for since, until in still):
            left -= 1
        now += MINUTE
    return now


def count_days(start: datetime, amount: int, still: Sequence[tuple[datetime, datetime]], only_working: bool) -> datetime:
    """Walk on a minute at a time; at every midnight the day that ended counts when it is of the kind and no pause lasts."""
    now, left, is_first = start.astimezone(PLATFORM_ZONE).replace(second=0, microsecond=0), amount, True
    while left:
        now += MINUTE
        if (now.hour, now.minute) == (0, 0):
            day = (now - MINUTE).date()
            if not is_first and (works(day) or not only_working) and not any(since <= now < until for since, until in still):
                left -= 1
            is_first = False
    return now - timedelta(microseconds=1)
