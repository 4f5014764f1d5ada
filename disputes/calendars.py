"""Calendars: how time is counted towards a clock. Around the clock, within hours of every day, by days, by working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import chinese_calendar

#: The rules counted here are mainland China's, and so are their days, wherever the console's people see their clocks.
PLATFORM_ZONE = ZoneInfo("Asia/Shanghai")
_SATURDAY = 5


class Calendar(Protocol):
    """How time is counted."""

    def due(self, start: datetime, amount: float, paused: tuple[tuple[datetime, datetime], ...] = ()) -> datetime:
        """The last moment in time when ``amount`` is counted from ``start``, leaving out what was paused (disjoint, in order)."""
        ...


@dataclass(frozen=True)
class AroundTheClock:
    """Every hour of every day counts; ``amount`` is in hours."""

    def due(self, start: datetime, amount: float, paused: tuple[tuple[datetime, datetime], ...] = ()) -> datetime:
        start = start.astimezone(UTC)  # where clocks are put forward an hour is not one of the 24
        due = start + timedelta(hours=amount)
        for since, until in paused:
            if since < due:
                due += until - max(since, start) if until > start else timedelta(0)
        return due


@dataclass(frozen=True)
class DailyWindow:
    """Only the hours from ``opens`` to ``closes`` of every day count; ``amount`` is in hours.

    Parameters
    ----------
    opens, closes
        Hours of the day on the platform's clock.
    """

    opens: int
    closes: int

    def due(self, start: datetime, amount: float, paused: tuple[tuple[datetime, datetime], ...] = ()) -> datetime:
        left, now = timedelta(hours=amount), start
        day = start.astimezone(PLATFORM_ZONE).date()
        while True:
            opens, closes = (_at(day, hour) for hour in (self.opens, self.closes))
            for since, until in _running(max(now, opens), closes, paused):
                if until - since >= left:
                    return since + left
                left -= until - since
            day += timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Whole days on the platform's clock; the day of the start does not count, and the last one ends at midnight.

    Parameters
    ----------
    only_working
        Count working days only: the State Council's holidays do not count, the days worked in exchange do.

    Notes
    -----
    That the first day does not count and the last one counts to its end is 民法典 Art. 201 and 203. A day counts when it
    ends while the clock runs. Where a year's holidays are not published yet, Monday to Friday count.
    """

    only_working: bool = False

    def due(self, start: datetime, amount: float, paused: tuple[tuple[datetime, datetime], ...] = ()) -> datetime:
        day, left = start.astimezone(PLATFORM_ZONE).date(), int(amount)
        while left:
            day += timedelta(days=1)
            ends = _at(day + timedelta(days=1), 0)
            left -= self._counts(day) and not any(since <= ends < until for since, until in paused)
        return _at(day + timedelta(days=1), 0) - timedelta(microseconds=1)

    def _counts(self, day: date) -> bool:
        return not self.only_working or is_working_day(day)


@lru_cache(maxsize=4_096)
def is_working_day(day: date) -> bool:
    """Whether people work on a day in mainland China, holidays and the days worked in exchange included."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the State Council has not said yet
        return day.weekday() < _SATURDAY


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), PLATFORM_ZONE)


def _running(since: datetime, until: datetime, paused: tuple[tuple[datetime, datetime], ...]) -> list[tuple[datetime, datetime]]:
    """What of a stretch is not paused."""
    parts = []
    for begun, ended in paused:
        if ended > since and begun < until:
            if begun > since:
                parts.append((since, begun))
            since = max(since, ended)
    if since < until:
        parts.append((since, until))
    return parts
