"""Closed cases like this one, and how they ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case
from fairdeal.disputes.outcomes import CloseCode
from fairdeal.disputes.queue_rows import with_headline
from fairdeal.disputes.statuses import CaseStatus
from fairdeal.disputes.wording import totals_text

#: So many of the cases of this type that closed last are compared.
COMPARED = 200
#: A case shares at least this part of the strongest member's reasons.
LIKE = 0.3
#: A page shows so many.
SHOWN = 5


@dataclass(frozen=True)
class Similar:
    """One closed case.

    Parameters
    ----------
    shared
        How many of the reasons of the member with most at stake this case's has too.
    """

    case: Case
    outcome: str
    shared: int
    of: int
    money: str


def similar_to(case: Case, hidden: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """Closed cases of the same type whose member with most at stake was flagged for the same reasons; none of those hidden.

    Returns
    -------
    dict or None
        ``cases`` (`Similar`, the most alike first, then the newest) and ``ended`` (each outcome and how often, over all that are alike);
        None where there is none.
    """
    closed = Case.objects.filter(case_type=case.case_type, status=CaseStatus.CLOSED.value).exclude(pk__in={case.pk, *hidden})
    closed = closed.exclude(close_code=CloseCode.DUPLICATE.value)
    newest = list(closed.order_by("-closed_at", "pk").values_list("pk", flat=True)[:COMPARED])
    found = with_headline(Case.objects.all()).in_bulk([*newest, case.pk])
    ours = _codes(found[case.pk])
    if not ours:
        return None
    shared = {pk: len(ours & _codes(found[pk])) for pk in newest if pk in found}
    alike = [pk for pk in newest if shared.get(pk, 0) >= LIKE * len(ours)]
    if not alike:
        return None
    ended = Counter(str(CLOSE_CODE_TEXTS.get(found[pk].close_code, "")) for pk in alike)
    first = sorted(alike, key=lambda pk: -shared[pk])[:SHOWN]
    return {
        "cases": [_similar(found[pk], shared[pk], len(ours)) for pk in first],
        "ended": ended.most_common(),
        "number": len(alike),
    }


def _similar(case: Case, shared: int, of: int) -> Similar:
    return Similar(case, str(CLOSE_CODE_TEXTS.get(case.close_code, "")), shared, of, totals_text(case.money, "expected_loss_minor"))


def _codes(case: Case) -> set[str]:
    reasons = getattr(case, "lead_reasons", None)
    return {str(reason.get("code")) for reason in reasons if isinstance(reason, dict)} if isinstance(reasons, list) else set()
