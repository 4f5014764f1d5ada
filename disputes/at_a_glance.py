"""The open cases in figures: what they are worth, what waits for whom, and what to take first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from fairdeal.disputes.clocks import FIRST_RESPONSE
from fairdeal.disputes.domain import AT_REST, CASE_TYPES, CaseStatus
from fairdeal.disputes.models import Case, in_language
from fairdeal.disputes.queue_rows import queue_rows, with_headline
from fairdeal.disputes.wording import totals_text

#: So many cases are named as the first to take.
FIRST_SHOWN = 8


def at_a_glance(actor: str) -> dict[str, Any]:
    """The open cases in figures, for ``actor``.

    Returns
    -------
    dict
        ``open, new, late, waiting, mine`` (counts; late are those without a first answer in time), ``expected_loss`` and
        ``money_at_risk`` in words, ``types`` (per case type with open cases: its counts and its money, the largest expected loss
        first) and ``first`` (the first cases of the queue).
    """
    cases = list(Case.objects.exclude(status__in=AT_REST).only("case_type", "status", "holder", "money", "expected_loss_minor"))
    types = [_type_row(case_type, [case for case in cases if case.case_type == case_type]) for case_type in CASE_TYPES]
    due = timezone.now() - FIRST_RESPONSE.length
    fresh = Case.objects.filter(status=CaseStatus.NEW).order_by("-expected_loss_minor", "opened_at", "case_id")
    return {
        "open": len(cases),
        **_counts(cases),
        "late": Case.objects.filter(status__in=FIRST_RESPONSE.runs_in, opened_at__lt=due).count(),
        "mine": sum(case.holder == actor for case in cases),
        "expected_loss": totals_text(_total(case.money for case in cases), "expected_loss_minor"),
        "money_at_risk": totals_text(_total(case.money for case in cases), "amount_minor"),
        "types": sorted((row for row in types if row["open"]), key=lambda row: -row["rank"]),
        "first": queue_rows(with_headline(fresh)[:FIRST_SHOWN]),
    }


def _type_row(case_type: str, cases: list[Case]) -> dict[str, Any]:
    facts = CASE_TYPES[case_type]  # type: ignore[index]
    money = _total(case.money for case in cases)
    return {
        "code": str(case_type),
        "name": in_language(facts.zh, facts.en),
        "open": len(cases),
        **_counts(cases),
        "expected_loss": totals_text(money, "expected_loss_minor"),
        "money_at_risk": totals_text(money, "amount_minor"),
        "rank": sum(case.expected_loss_minor for case in cases),
    }


def _counts(cases: list[Case]) -> dict[str, int]:
    new = sum(case.status == CaseStatus.NEW for case in cases)
    waiting = sum(case.status == CaseStatus.DECISION_PENDING for case in cases)
    return {"new": new, "waiting": waiting, "in_hand": len(cases) - new - waiting}


def _total(moneys: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Money of many cases, currency by currency."""
    total: dict[str, dict[str, int]] = {}
    for money in moneys:
        for currency, parts in money.items():
            sums = total.setdefault(currency, {"amount_minor": 0, "expected_loss_minor": 0})
            for column in sums:
                sums[column] += parts[column]
    return total
