"""Clocks: until when somebody must hear from us, and how near that is. Reckoned from what happened, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairdeal.disputes.statuses import CaseStatus


class Nearness(StrEnum):
    """How near the end of a clock is."""

    FAR = "far"
    WARNED = "warned"  # a first warning has passed
    NEAR = "near"  # the last warning has passed
    LATE = "late"


@dataclass(frozen=True)
class Clock:
    """A time within which something must be done.

    Parameters
    ----------
    length
        From the start to the end, day and night, without pauses.
    warnings
        After how long people are warned, ascending.
    runs_in
        Statuses in which it runs.
    source
        What asks for it.
    """

    length: timedelta
    warnings: tuple[timedelta, ...]
    runs_in: frozenset[CaseStatus]
    source: str


#: The first answer to whoever is concerned: the one hard number of the platform's promise. It runs until a person takes the case up.
FIRST_RESPONSE = Clock(
    timedelta(hours=24),
    (timedelta(hours=12), timedelta(hours=18), timedelta(hours=22)),
    frozenset({CaseStatus.NEW}),
    "24小时内给予回复",
)


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a clock; negative when it ran out."""

    left: timedelta
    nearness: Nearness


def time_left(clock: Clock, status: CaseStatus, started_at: datetime, at: datetime) -> TimeLeft | None:
    """What is left of a clock at a moment; None where it does not run.

    Notes
    -----
    At the very end nothing is late yet: 24:00:00 after the start is in time, a second later is not.
    """
    if status not in clock.runs_in:
        return None
    gone = at - started_at
    if gone > clock.length:
        nearness = Nearness.LATE
    elif gone >= clock.warnings[-1]:
        nearness = Nearness.NEAR
    elif gone >= clock.warnings[0]:
        nearness = Nearness.WARNED
    else:
        nearness = Nearness.FAR
    return TimeLeft(clock.length - gone, nearness)
