"""The clock of the marketplace: Shanghai days, the weekly and the daily rhythm of trade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np

from fairdeal.simulator.chance import Flags, Floats, Ints, pick

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

TIME_ZONE = "Asia/Shanghai"
#: Shanghai has kept one offset from UTC, without summer time, since September 1991.
OFFSET = 8 * HOUR

#: Share of a day's orders by local hour: quiet before dawn, a midday rise, the evening peak.
HOURLY: Floats = np.array(
    [2.6, 1.5, 0.9, 0.6, 0.5, 0.7, 1.3, 2.4, 3.6, 4.8, 5.6, 5.6, 5.7, 5.0, 4.7, 4.7, 4.6, 4.4, 4.7, 5.9, 7.4, 8.0, 6.8, 4.6],
    dtype=np.float64,
)
#: Relative volume of Monday to Sunday.
WEEKLY: Floats = np.array([0.95, 0.93, 0.94, 0.97, 1.02, 1.11, 1.08], dtype=np.float64)
#: Shopping festivals by month and day of their peak (年货节, 女王节, 618, 818, 双11, 双12); volume of the eve, the day and the day after.
FESTIVALS: tuple[tuple[int, int], ...] = ((1, 18), (3, 8), (6, 18), (8, 18), (11, 11), (12, 12))
FESTIVE: tuple[float, float, float] = (1.4, 2.3, 1.3)


def festivity(day: date) -> float:
    """How much more is traded on a day than on others of its weekday: 1 on most."""
    for offset, volume in zip((1, 0, -1), FESTIVE, strict=True):
        near = day + timedelta(days=offset)
        if (near.month, near.day) in FESTIVALS:
            return volume
    return 1.0


@dataclass(frozen=True)
class Period:
    """The simulated days.

    Instants are integer milliseconds since the Unix epoch; ``start`` is the first day's midnight in Shanghai.
    """

    first_day: date
    days: int

    @cached_property
    def start(self) -> int:
        return int(datetime(self.first_day.year, self.first_day.month, self.first_day.day, tzinfo=UTC).timestamp()) * SECOND - OFFSET

    @property
    def end(self) -> int:
        return self.start + self.days * DAY

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    @cached_property
    def festivities(self) -> Floats:
        """`festivity` of each day."""
        return np.array([festivity(day) for day in self.dates()], dtype=np.float64)

    def is_festive(self, at: Ints) -> Flags:
        """Which instants of the period lie on a day of a festival."""
        festive: Flags = self.festivities[np.clip(self.day_of(at), 0, self.days - 1)] > 1
        return festive

    def dates(self) -> list[date]:
        return [self.first_day + timedelta(days=number) for number in range(self.days)]

    def day_of(self, at: Ints) -> Ints:
        """Number of the Shanghai day, 0 for the first; negative before it."""
        return (at - self.start) // DAY

    def holds(self, at: Ints) -> Flags:
        """Which instants lie within the period."""
        held: Flags = (at >= self.start) & (at < self.end)
        return held

    def trading_moments(self, rng: np.random.Generator, count: int) -> Ints:
        """Moments, whole seconds, in the rhythm of week, day and festivals, some days livelier than others; not sorted."""
        weekday = (self.first_day.weekday() + np.arange(self.days)) % 7
        volume = self.festivities * WEEKLY[weekday] * np.exp(rng.normal(0, 0.06, self.days))
        return self.start + pick(rng, volume, count) * DAY + time_of_day(rng, count)


def time_of_day(rng: np.random.Generator, count: int) -> Ints:
    """Milliseconds after local midnight in the rhythm of trade, whole seconds."""
    return pick(rng, HOURLY, count) * HOUR + rng.integers(0, 3600, count) * SECOND


def midnight(at: int) -> int:
    """The local midnight at or before an instant."""
    return (at + OFFSET) // DAY * DAY - OFFSET


def waking(at: Ints, hours: int = 7) -> Ints:
    """The moments, those between one and seven at night put off by ``hours``."""
    asleep = (hour_of(at) >= 1) & (hour_of(at) < 7)
    return np.where(asleep, at + hours * HOUR, at)


def hour_of(at: Ints) -> Ints:
    """Local hour of the day, 0 to 23."""
    return (at + OFFSET) // HOUR % 24


def weekday_of(at: Ints) -> Ints:
    """Local weekday, 0 for Monday (the epoch was a Thursday)."""
    return ((at + OFFSET) // DAY + 3) % 7
