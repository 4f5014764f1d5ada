"""What the members of one case have in common: the devices, addresses and accounts that tie a ring together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairdeal.disputes.models import CaseAlert
from fairdeal.disputes.snapshot_rows import column_texts

#: A page shows so many things in common of each kind.
TIES_SHOWN = 3

#: Columns that tie members together, the closest tie first. Many honest buyers share a network, few share a device.
_TYING = ("device_id", "address_id", "instrument_id", "network_id")

#: Columns that are counted and tie nobody: buyers of one listing have only that in common.
_COUNTED = ("listing_id", "payee_id")


@dataclass(frozen=True)
class Tie:
    """One thing that several members share.

    Parameters
    ----------
    kind, name, column
        What it is, in words, its id, and the column that names it.
    members, accounts
        How many members share it, and how many different accounts those have.
    """

    kind: str
    name: str
    column: str
    members: int
    accounts: int


@dataclass(frozen=True)
class Spread:
    """How many different ones of a kind the members have between them."""

    kind: str
    count: int


def ties_of(alerts: Sequence[CaseAlert], subject_id: str) -> tuple[Tie, ...]:
    """What at least two members share, the closest kind of tie first, within a kind the most accounts first.

    Parameters
    ----------
    alerts
        One per member.
    subject_id
        Whom the case is about; that the members share it goes without saying, as it does that one account uses its own device.
    """
    labels = column_texts()
    ties: list[Tie] = []
    for column in _TYING:
        holders: dict[str, list[str]] = {}
        for alert in alerts:
            if (value := value_of(alert, column)) not in ("", subject_id):
                holders.setdefault(value, []).append(alert.account_id)
        found = [Tie(labels[column], value, column, len(accounts), len(set(accounts) - {""})) for value, accounts in holders.items()]
        found = sorted(
            (tie for tie in found if tie.members > 1 and tie.accounts != 1), key=lambda tie: (-tie.accounts, -tie.members, tie.name)
        )
        ties += found[:TIES_SHOWN]
    return tuple(ties)


def spreads_of(alerts: Sequence[CaseAlert]) -> tuple[Spread, ...]:
    """How many accounts, devices, addresses … the members use; kinds of which nothing is known are left out."""
    labels = column_texts()
    accounts = {alert.account_id for alert in alerts} - {""}
    counts = [(labels["account_id"], len(accounts))]
    counts += [(labels[column], len({value_of(alert, column) for alert in alerts} - {""})) for column in (*_TYING, *_COUNTED)]
    return tuple(Spread(kind, count) for kind, count in counts if count)


def value_of(alert: CaseAlert, column: str) -> str:
    """What was known of an alert's subject in one column; empty when nothing was."""
    value = alert.snapshot.get(column) if isinstance(alert.snapshot, dict) else None
    return str(value) if value not in (None, "") else ""
