"""The picture of a ring: its accounts on one side, what they share on the other, and a line for every use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairdeal.disputes.models import CaseAlert
from fairdeal.disputes.shared import Tie, value_of

#: A picture shows so many accounts, those with the most at stake.
ACCOUNTS_SHOWN = 16
#: Fewer accounts make no ring.
TWO = 2
#: Height of a line of the picture, and where its two sides stand, in its own units.
_STEP, _LEFT, _RIGHT, _WIDTH = 26, 170, 410, 660
#: An account's dot grows with its members up to this radius.
_LARGEST = 9


@dataclass(frozen=True)
class Dot:
    """An account or a shared thing."""

    name: str
    kind: str
    y: float
    radius: float
    members: int


@dataclass(frozen=True)
class RingPicture:
    """Where everything stands.

    Parameters
    ----------
    width, height, left, right
        In the picture's own units; the accounts stand at ``left``, what they share at ``right``.
    lines
        Paths from an account to what it used.
    hidden
        Accounts that are not shown.
    """

    width: int
    height: float
    left: int
    right: int
    accounts: tuple[Dot, ...]
    things: tuple[Dot, ...]
    lines: tuple[str, ...]
    hidden: int


def ring_picture(alerts: Sequence[CaseAlert], ties: Sequence[Tie]) -> RingPicture | None:
    """The picture of what several accounts share; None where no two share anything.

    Parameters
    ----------
    alerts
        One per member, the one with the most at stake first.
    ties
        What the members share, see `ties_of`.
    """
    uses: dict[str, dict[str, int]] = {}  # account: thing: members
    members: dict[str, int] = {}
    for alert in alerts:
        if not alert.account_id:
            continue
        used = [tie.name for tie in ties if value_of(alert, tie.column) == tie.name]
        if used:
            members[alert.account_id] = members.get(alert.account_id, 0) + 1
            counts = uses.setdefault(alert.account_id, {})
            for name in used:
                counts[name] = counts.get(name, 0) + 1
    if len(uses) < TWO:
        return None
    shown = list(uses)[:ACCOUNTS_SHOWN]
    things = [tie for tie in ties if any(tie.name in uses[account] for account in shown)]
    places_of = {tie.name: place for place, tie in enumerate(things)}
    shown.sort(key=lambda account: sorted(places_of[name] for name in uses[account]))  # lines cross less
    height = _STEP * max(len(shown), len(things)) + _STEP
    accounts = _column(shown, ["" for _ in shown], [members[account] for account in shown], height)
    right = _column([tie.name for tie in things], [tie.kind for tie in things], [tie.members for tie in things], height)
    places = {dot.name: dot.y for dot in right}
    middle = (_LEFT + _RIGHT) / 2
    lines = tuple(
        f"M{_LEFT} {dot.y:.1f} C{middle:.0f} {dot.y:.1f} {middle:.0f} {places[name]:.1f} {_RIGHT} {places[name]:.1f}"
        for dot in accounts
        for name in uses[dot.name]
        if name in places
    )
    return RingPicture(_WIDTH, height, _LEFT, _RIGHT, accounts, right, lines, len(uses) - len(shown))


def _column(names: Sequence[str], kinds: Sequence[str], members: Sequence[int], height: float) -> tuple[Dot, ...]:
    gap = height / (len(names) + 1)
    return tuple(
        Dot(name, kind, round(gap * place, 1), min(3.0 + count, _LARGEST), count)
        for place, (name, kind, count) in enumerate(zip(names, kinds, members, strict=True), start=1)
    )
