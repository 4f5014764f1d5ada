"""What the members of one case have in common: the devices, addresses and accounts that tie a ring together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairdeal.disputes.models import CaseAlert
from fairdeal.disputes.snapshot_rows import column_texts

#: A page shows so many things in common.
TIES_SHOWN = 8

#: Columns that can tie members together, the closest tie first.
_TYING = ("device_id", "address_id", "instrument_id", "network_id", "listing_id", "payee_id")


@dataclass(frozen=True)
class Tie:
    """One thing that several members share.

    Parameters
    ----------
    kind, name
        What it is, in words, and its id.
    members, accounts
        How many members share it, and how many different accounts those have.
    """

    kind: str
    name: str
    members: int
    accounts: int


@dataclass(frozen=True)
class Spread:
    """How many different ones of a kind the members have between them."""

    kind: str
    count: int


def ties_of(alerts: Sequence[CaseAlert], subject_id: str) -> tuple[Tie, ...]:
    """What at least two members share, the most accounts first; that they share the case's own subject goes without saying.

    Parameters
    ----------
    alerts
        One per member.
    subject_id
        Whom the case is about.
    """
    labels = column_texts()
    holders: dict[tuple[str, str], list[str]] = {}
    for alert in alerts:
        for column in _TYING:
            value = _known(alert, column)
            if value and value != subject_id:
                holders.setdefault((column, value), []).append(alert.account_id)
    ties = [
        (Tie(labels[column], value, len(accounts), len(set(accounts) - {""})), _TYING.index(column))
        for (column, value), accounts in holders.items()
        if len(accounts) > 1
    ]
    ties.sort(key=lambda tie: (-tie[0].accounts, -tie[0].members, tie[1], tie[0].name))
    return tuple(tie for tie, _ in ties[:TIES_SHOWN])


def spreads_of(alerts: Sequence[CaseAlert]) -> tuple[Spread, ...]:
    """How many accounts, devices, addresses … the members use; kinds of which nothing is known are left out."""
    labels = column_texts()
    accounts = {alert.account_id for alert in alerts} - {""}
    counts = [(labels["account_id"], len(accounts))]
    counts += [(labels[column], len({_known(alert, column) for alert in alerts} - {""})) for column in _TYING]
    return tuple(Spread(kind, count) for kind, count in counts if count)


def _known(alert: CaseAlert, column: str) -> str:
    value = alert.snapshot.get(column) if isinstance(alert.snapshot, dict) else None
    return str(value) if value not in (None, "") else ""
