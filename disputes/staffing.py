"""Staffing: how many hours people work on a day, who says so, and what is taken where nobody did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.data_contracts.typologies import Detector
from fairdeal.disputes.desk_models import Staffing
from fairdeal.disputes.domain import Deed, Role, may
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.verdict_rows import as_utc

#: Hours that belong to no detector in particular.
ALL = "all"
#: Most hours of people that a day may have.
MOST_HOURS = 100_000
#: A weekday's hours are taken from the same weekday at most so many weeks before.
WEEKS_BACK = 4
#: Days ahead for which staffing may be said.
DAYS_AHEAD = 60


class Basis(StrEnum):
    """On what a day's staffing rests."""

    SET = "set"  # somebody said so
    SAME_WEEKDAY = "same_weekday"  # nobody did; the newest same weekday of the last weeks is taken
    DEFAULT = "default"  # nobody did then either; the settings' capacity is taken


@dataclass(frozen=True)
class Night:
    """What a day is staffed with.

    Parameters
    ----------
    hours
        People's hours by detector or under `ALL`; empty where the settings' capacity is taken.
    of_day
        The day for which they were said.
    """

    day: date
    basis: Basis
    hours: Mapping[str, float] = field(default_factory=dict)
    of_day: date | None = None
    set_by: str = ""


def night_of(day: date, said: Mapping[date, tuple[Mapping[str, float], str]]) -> Night:
    """A day's staffing from what was said of it and of the weeks before.

    >>> night_of(date(2026, 3, 9), {date(2026, 3, 2): ({"all": 18.0}, "wu")}).basis.value
    'same_weekday'
    """
    for back in range(WEEKS_BACK + 1):
        of_day = day - timedelta(weeks=back)
        hours, set_by = said.get(of_day, ({}, ""))
        if hours:
            return Night(day, Basis.SET if back == 0 else Basis.SAME_WEEKDAY, dict(hours), of_day, set_by)
    return Night(day, Basis.DEFAULT)


def set_staffing(
    day: date, hours: Mapping[str, float], *, actor: str, role: str, word: str = "", at: datetime | None = None
) -> dict[str, Any]:
    """Say how many hours people work on a day, in all or per detector; without any, what was said is taken back.

    Raises
    ------
    RefusedChange
        When the role does not lead, the day is past or far ahead, or the hours cannot be.
    """
    moment = timezone.now() if at is None else at
    where, today = f"staffing of {day.isoformat()}", timezone.localtime(moment).date()
    if not may(frozenset({Role(role)}), Deed.SET_STAFFING):
        raise refuse(where, "not_a_lead", f"asked by {actor} as {role}", "who leads the team says who works", "ask an approver")
    if not today <= day <= today + timedelta(days=DAYS_AHEAD):
        rule = f"days from today to {DAYS_AHEAD} days ahead are staffed"
        raise refuse(where, "bad_day", f"today is {today.isoformat()}", rule, "choose such a day")
    kept = {name: _hours(where, name, value) for name, value in hours.items()}
    if kept and (sum(kept.values()) > MOST_HOURS):
        raise refuse(where, "bad_hours", f"{sum(kept.values()):g} hours", f"at most {MOST_HOURS:g} hours in all", "correct them")
    with changing_history():  # whoever freezes a run and whoever says this come one after the other
        Staffing.objects.create(day=day, hours=kept, word=mask_text(word.strip())[:200], set_by=actor, set_at=moment)
    return staffing_for(day)


def staffing_for(day: date) -> dict[str, Any]:
    """What a day is staffed with, JSON-able: ``day, basis, hours, of_day, set_by``."""
    night = night_of(day, _said(day - timedelta(weeks=WEEKS_BACK), day))
    return {
        "day": night.day.isoformat(),
        "basis": night.basis.value,
        "hours": dict(night.hours),
        "of_day": night.of_day.isoformat() if night.of_day else None,
        "set_by": night.set_by or None,
    }


def staffing_said(day: date) -> list[dict[str, Any]]:
    """Everything that was said of a day, the newest first: ``hours, word, set_by, set_at``."""
    rows = Staffing.objects.filter(day=day).order_by("-pk")
    return [{"hours": row.hours, "word": row.word, "set_by": row.set_by, "set_at": as_utc(row.set_at)} for row in rows]


def _said(first: date, last: date) -> dict[date, tuple[Mapping[str, float], str]]:
    """What stands of each day: its newest row."""
    with transaction.atomic():
        rows = Staffing.objects.filter(day__range=(first, last)).order_by("pk")
        return {row.day: (row.hours, row.set_by) for row in rows}


def _hours(where: str, name: str, value: Any) -> float:
    if name != ALL and name not in set(Detector):
        raise refuse(where, "unknown_detector", f"hours for {name!r:.40}", f"allowed are {ALL}, {', '.join(Detector)}", "correct the name")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_HOURS:
        raise refuse(where, "bad_hours", f"{value!r:.40} hours", f"a number from 0 to {MOST_HOURS:g} is allowed", "correct it")
    return float(value)
