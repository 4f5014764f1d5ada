"""The queue as a list, for the desk and for programs alike: narrowed, in an order, page after page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from fairdeal.disputes.domain import AT_REST, CaseStatus
from fairdeal.disputes.models import Case
from fairdeal.disputes.searching import search_cases
from fairdeal.disputes.second_looks import hidden_from

#: In which orders cases are listed; each ends in what no two cases share.
ORDERS: dict[str, tuple[str, ...]] = {
    "loss": ("-expected_loss_minor", "opened_at", "case_id"),
    "oldest": ("opened_at", "case_id"),
    "newest": ("-opened_at", "-case_id"),
    "members": ("-member_count", "case_id"),
}


@dataclass(frozen=True)
class Asked:
    """Which cases.

    Parameters
    ----------
    status
        A `CaseStatus`, ``open`` for every case that is not at rest, or ``all``.
    case_type, close_code
        Empty: any.
    held
        ``me``, ``nobody``, or empty for anybody's.
    words
        Which all turn up in the case; see `search_cases`.
    """

    status: str = "open"
    case_type: str = ""
    held: str = ""
    close_code: str = ""
    words: str = ""

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that are asked for."""
        if self.status == "all":
            return tuple(status.value for status in CaseStatus)
        return tuple(status.value for status in CaseStatus if status not in AT_REST) if self.status == "open" else (self.status,)


def narrowed(asked: Asked, actor: str) -> QuerySet[Case]:
    """The cases that ``actor`` asks for, in any status and no order; none that they judge blind just now."""
    cases = Case.objects.exclude(pk__in=hidden_from(actor))
    if asked.held:
        cases = cases.filter(holder=actor if asked.held == "me" else "")
    for column in ("case_type", "close_code"):
        value = getattr(asked, column)
        cases = cases.filter(**{column: value}) if value else cases
    return search_cases(cases, asked.words) if asked.words else cases


def listed(asked: Asked, actor: str, *, most: int, order: str = "loss", after: Mapping[str, Any] | None = None) -> list[str]:
    """Ids of the first cases in an order.

    Parameters
    ----------
    most
        At most so many.
    order
        One of `ORDERS`.
    after
        The values of the order's columns of the case behind which the page begins; None: from the start.

    Notes
    -----
    Each status is asked for by itself: so an index gives the order, and the look ends after a page. Words are looked for in all
    statuses at once, because the look is what takes long then.
    """
    columns = ORDERS[order]
    names = [column.removeprefix("-") for column in columns]
    cases = narrowed(asked, actor)
    if after is not None:
        cases = cases.filter(_beyond(columns, after))
    wanted: Iterable[Sequence[str]] = [asked.statuses] if asked.words else [[status] for status in asked.statuses]
    rows: list[dict[str, Any]] = []
    for statuses in wanted:
        part = cases.filter(status=statuses[0]) if len(statuses) == 1 else cases.filter(status__in=statuses)
        rows += part.order_by(*columns).values(*dict.fromkeys((*names, "case_id")))[:most]
    for column in reversed(columns):  # a sort keeps the order of equals
        rows.sort(key=lambda row: row[column.removeprefix("-")], reverse=column.startswith("-"))
    return [row["case_id"] for row in rows[:most]]


def counted(asked: Asked, actor: str, *, most: int) -> int:
    """How many cases there are, counted up to ``most``."""
    return narrowed(asked, actor).filter(status__in=asked.statuses)[:most].count()


def place_of(case_id: str) -> dict[str, Any] | None:
    """The values of a case that say where it stands in every order; None where there is no such case."""
    names = {column.removeprefix("-") for columns in ORDERS.values() for column in columns}
    return Case.objects.filter(pk=case_id).values(*sorted(names)).first()


def _beyond(columns: Sequence[str], place: Mapping[str, Any]) -> Q:
    """What stands behind ``place`` in the order of ``columns``."""
    behind, same = Q(), Q()
    for column in columns:
        name = column.removeprefix("-")
        side = "lt" if column.startswith("-") else "gt"
        behind |= same & Q(**{f"{name}__{side}": place[name]})
        same &= Q(**{name: place[name]})
    first = columns[0].removeprefix("-")
    bound = Q(**{f"{first}__{'lte' if columns[0].startswith('-') else 'gte'}": place[first]})  # lets an index begin there
    return bound & behind
