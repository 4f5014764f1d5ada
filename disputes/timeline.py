"""What happened, in its order: the trade that was flagged, gathered, and what was done with the case since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from fairdeal.disputes.models import CaseAlert
from fairdeal.disputes.names import kind_text, typology_text
from fairdeal.disputes.wording import instant_text, totals_text

#: A timeline has at most so many entries for what was flagged; what lies closest together is gathered.
MOST = 8
#: What took no time is drawn so wide.
_THIN = 1.0


@dataclass(frozen=True)
class Stretch:
    """Flagged trade of one kind within one stretch of time.

    Parameters
    ----------
    since, until
        When the first and the last of it happened.
    when
        The same in words.
    kind, suspicion
        What it is, and what is suspected most.
    number, parties
        How many, and how many accounts had a part in them.
    money
        What they are worth.
    share, width
        Where the stretch begins and how long it is on a line from the first to the last thing that happened, in percent.
    """

    since: datetime
    until: datetime
    when: str
    kind: str
    suspicion: str
    number: int
    parties: int
    money: str
    share: float
    width: float


def stretches_of(alerts: Iterable[CaseAlert], until: datetime) -> tuple[Stretch, ...]:
    """The flagged trade of a case, in order.

    Parameters
    ----------
    alerts
        One per member.
    until
        Where the line ends: now, or when the case came to rest.
    """
    by_kind: dict[str, list[CaseAlert]] = {}
    for alert in sorted(alerts, key=lambda alert: (alert.event_at, alert.pk)):
        by_kind.setdefault(alert.member.subject_kind, []).append(alert)
    if not by_kind:
        return ()
    start = min(found[0].event_at for found in by_kind.values())
    whole = max((until - start).total_seconds(), 1.0)
    groups = [group for found in by_kind.values() for group in _gathered(found, max(1, MOST // len(by_kind)))]
    return tuple(sorted((_stretch(group, start, whole) for group in groups), key=lambda stretch: (stretch.since, stretch.kind)))


def _gathered(alerts: Sequence[CaseAlert], most: int) -> list[list[CaseAlert]]:
    """The alerts, which come in order, in groups of what lies within an hour, a day, a week: the finest that are at most ``most``."""
    for gap in (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7), timedelta(days=30)):
        groups: list[list[CaseAlert]] = []
        for alert in alerts:
            if groups and alert.event_at - groups[-1][-1].event_at <= gap:
                groups[-1].append(alert)
            else:
                groups.append([alert])
        if len(groups) <= most:
            return groups
    return [list(alerts)]


def _stretch(group: Sequence[CaseAlert], start: datetime, whole: float) -> Stretch:
    since, until = group[0].event_at, group[-1].event_at
    suspicions = [alert.member.typology for alert in group]
    return Stretch(
        since=since,
        until=until,
        when=_when(since, until),
        kind=kind_text(group[0].member.subject_kind),
        suspicion=typology_text(max(sorted(set(suspicions)), key=suspicions.count)),
        number=len(group),
        parties=len({alert.account_id for alert in group} - {""}),
        money=totals_text(_money(group), "amount_minor"),
        share=round(100 * (since - start).total_seconds() / whole, 2),
        width=max(_THIN, round(100 * (until - since).total_seconds() / whole, 2)),
    )


def _when(since: datetime, until: datetime) -> str:
    first, last = instant_text(since), instant_text(until)
    if first == last:
        return first
    is_one_day = timezone.localtime(since).date() == timezone.localtime(until).date()
    return f"{first} – {last[11:]}" if is_one_day else f"{first} – {last}"


def _money(group: Iterable[CaseAlert]) -> dict[str, dict[str, int]]:
    money: dict[str, dict[str, int]] = {}
    for alert in group:
        sums = money.setdefault(alert.currency, {"amount_minor": 0})
        sums["amount_minor"] += alert.amount_minor or 0
    return dict(sorted(money.items()))
