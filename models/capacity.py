"""Capacity: how many minutes people have, and how many a look takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairdeal.data_contracts.typologies import CaseType, Detector
from fairdeal.models.errors import WrongSetting

_DEFAULT_MINUTES: dict[CaseType, float] = {
    CaseType.FAKE_DEAL: 12.0,
    CaseType.FAKE_REVIEW: 4.0,
    CaseType.MAL_REVIEW: 8.0,
    CaseType.UNAUTH_PAY: 6.0,
    CaseType.ATO: 8.0,
    CaseType.CARD_TEST: 5.0,
    CaseType.PAY_ERROR: 5.0,
    CaseType.NOT_RECEIVED: 10.0,
    CaseType.NOT_AS_DESC: 15.0,
    CaseType.MERCHANT_FRAUD: 20.0,
    CaseType.CLAIM_ABUSE: 12.0,
    CaseType.PHISHING: 6.0,
    CaseType.APPEAL_ACTION: 15.0,
}


@dataclass(frozen=True)
class Capacity:
    """What people can look at tonight; the written default serves when nobody says.

    Parameters
    ----------
    people, minutes_per_person
        Who looks, and how long each.
    minutes
        Minutes a case of each type takes; measured times replace the defaults.
    minutes_per_member
        Minutes each further subject of the same case takes.
    minute_cost_minor
        What a minute of an analyst costs, minor units; a subject whose expected loss is less than looking at it costs, and whose
        action is allow, counts as not flagged.
    audit_share
        Part of the minutes kept for the audit of what was not flagged.
    unusual_share
        Part of the audit's minutes in which the most unusual are looked at, all of them: what labels do not know yet. In the others
        a random sample of the rest is.
    audit_size
        If given, at most so many subjects per detector in that sample.
    reserved
        Part of the other minutes kept for each detector's own alerts before all compete.
    worth
        Minor units of the currency of ``minute_cost_minor`` per minor unit of another currency; 1 where not named.
    staffed_minutes
        Minutes that somebody said people have; they count instead of ``people`` and ``minutes_per_person``.
    """

    people: int = 4
    minutes_per_person: float = 360.0
    minutes: Mapping[CaseType, float] = field(default_factory=lambda: dict(_DEFAULT_MINUTES))
    minutes_per_member: float = 0.5
    minute_cost_minor: float = 100.0
    audit_share: float = 0.15
    unusual_share: float = 1 / 3
    audit_size: int | None = None
    reserved: Mapping[Detector, float] = field(default_factory=lambda: dict.fromkeys(Detector, 0.15))
    worth: Mapping[str, float] = field(default_factory=dict)
    staffed_minutes: float | None = None

    def __post_init__(self) -> None:
        if sum(self.reserved.values()) > 1.0 + 1e-9:
            raise WrongSetting(f"settings [capacity.reserved]: shares add up to {sum(self.reserved.values()):g}; allowed is 1; lower them")

    def available(self, backlog: float) -> float:
        """Minutes left when ``backlog`` minutes of earlier work are done first; never negative."""
        minutes = self.people * self.minutes_per_person if self.staffed_minutes is None else self.staffed_minutes
        return max(0.0, minutes - backlog)

    def for_what_is_unusual(self, available: float) -> float:
        """Minutes of the audit for the most unusual."""
        return self.audit_share * self.unusual_share * available

    def for_the_draw(self, available: float) -> float:
        """Minutes of the audit for the random sample."""
        return self.audit_share * (1.0 - self.unusual_share) * available


def staffed(capacity: Capacity, hours: Mapping[str, float]) -> Capacity:
    """The capacity when people work so many hours, named by detector or under ``all``; without any, as it was.

    What is said for a detector is kept for its own alerts before all compete; of the rest each detector keeps the share it had.

    >>> staffed(Capacity(), {"payments": 1, "all": 3}).reserved[Detector.PAYMENTS]
    0.3625
    """
    total = sum(hours.values())
    if not hours:
        return capacity
    shared = hours.get("all", 0.0)
    kept = {name: (hours.get(name, 0.0) + shared * capacity.reserved.get(name, 0.0)) / total for name in Detector} if total else {}
    return replace(capacity, staffed_minutes=60.0 * total, reserved=kept)


def capacity_from(
    settings: Mapping[str, Any] | None = None, measured: Mapping[str, float] | None = None, worth: Mapping[str, float] | None = None
) -> Capacity:
    """The capacity from the settings' ``[capacity]`` and from measured times.

    Parameters
    ----------
    settings
        Any field of `Capacity` by name; ``hours`` may stand for ``minutes_per_person``; ``[capacity.minutes]`` case type = minutes;
        ``[capacity.reserved]`` detector = share.
    measured
        Median minutes by case type from closed cases; they win over settings, which win over the defaults.
    worth
        See `Capacity`.

    Raises
    ------
    WrongSetting
        On an unknown name or a value that is not allowed.

    Examples
    --------
    >>> capacity_from({"people": 2, "hours": 5}).available(backlog=60)
    540.0
    """
    given, known = dict(settings or {}), dict[str, Any]()
    minutes, reserved = dict(_DEFAULT_MINUTES), dict.fromkeys(Detector, 0.15)
    limits = {
        "people": 10**5,
        "minutes_per_person": 1_440,
        "minutes_per_member": 1_440,
        "minute_cost_minor": 10**9,
        "audit_share": 1,
        "audit_size": 10**6,
        "unusual_share": 1,
    }
    if "hours" in given:
        known["minutes_per_person"] = 60.0 * _number(given.pop("hours"), "settings [capacity] hours", 24)
    for name, told in given.items():
        where = f"settings [capacity] {name}"
        if name in ("minutes", "reserved"):
            if not isinstance(told, Mapping):
                raise WrongSetting(f"{where}: {told!r}; wanted is a table; write it as one")
            _fill(minutes if name == "minutes" else reserved, CaseType if name == "minutes" else Detector, told, where)
        elif name in limits:
            value = _number(told, where, limits[name])
            known[name] = int(value) if name in ("people", "audit_size") else value
        else:
            raise WrongSetting(f"{where}: no such setting; allowed are hours, minutes, reserved, {', '.join(limits)}; correct the name")
    _fill(minutes, CaseType, measured or {}, "measured minutes")
    return Capacity(**known, minutes=minutes, reserved=reserved, worth=dict(worth or {}))


def _fill(values: dict[Any, float], kind: Any, told: Mapping[str, Any], where: str) -> None:
    for name, value in told.items():
        if name not in tuple(kind):
            raise WrongSetting(f"{where}: {name!r}; allowed are {', '.join(kind)}; correct the name")
        values[kind(name)] = _number(value, f"{where}.{name}", 1_440)


def _number(told: Any, where: str, most: float) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= most:
        raise WrongSetting(f"{where}: {told!r}; allowed is a number from 0 to {most:g}; correct it")
    return float(told)
