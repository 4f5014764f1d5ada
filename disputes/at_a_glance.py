"""The open cases in figures: what they are worth, what waits for whom, and what to take first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from fairdeal.disputes.clocks import FIRST_RESPONSE
from fairdeal.disputes.domain import AT_REST, CASE_TYPES, CaseStatus
from fairdeal.disputes.listing import Asked, listed
from fairdeal.disputes.models import Case, in_language
from fairdeal.disputes.queue_rows import queue_rows, with_headline
from fairdeal.disputes.wording import totals_text

#: So many cases are named as the first to take.
FIRST_SHOWN = 8


def at_a_glance(actor: str) -> dict[str, Any]:
    """The open cases in figures, for ``actor``; the database counts and adds, whatever their number.

    Returns
    -------
    dict
        ``open, new, late, waiting, mine`` (counts; late are those without a first answer in time), ``expected_loss`` and
        ``money_at_risk`` in words, ``types`` (per case type with open cases: its counts and its money, the largest expected loss
        first) and ``first`` (the first cases of the queue).
    """
    money = _money_by_type()
    counts = Case.objects.exclude(status__in=AT_REST).values("case_type", "status").annotate(n=Count("pk"), loss=Sum("expected_loss_minor"))
    by_type: dict[str, list[dict[str, Any]]] = {}
    for count in counts.order_by():
        by_type.setdefault(count["case_type"], []).append(count)
    types = [_type_row(case_type, found, money.get(case_type, {})) for case_type, found in by_type.items()]
    whole, due = _total(money.values()), timezone.now() - FIRST_RESPONSE.length
    first = listed(Asked(status=CaseStatus.NEW), actor, most=FIRST_SHOWN)
    cases = with_headline(Case.objects.all()).in_bulk(first)
    return {
        **{name: sum(row[name] for row in types) for name in ("open", "new", "waiting", "in_hand")},
        "late": Case.objects.filter(status__in=FIRST_RESPONSE.runs_in, opened_at__lt=due).count(),
        "mine": Case.objects.filter(holder=actor, status__in=Asked().statuses).count(),
        "expected_loss": totals_text(whole, "expected_loss_minor"),
        "money_at_risk": totals_text(whole, "amount_minor"),
        "types": sorted(types, key=lambda row: -row["rank"]),
        "first": queue_rows(cases[pk] for pk in first if pk in cases),
    }


def _type_row(case_type: str, counts: list[dict[str, Any]], money: dict[str, dict[str, int]]) -> dict[str, Any]:
    facts, number = CASE_TYPES[case_type], {count["status"]: count["n"] for count in counts}  # type: ignore[index]
    new, waiting = number.get(CaseStatus.NEW.value, 0), number.get(CaseStatus.DECISION_PENDING.value, 0)
    return {
        "code": case_type,
        "name": in_language(facts.zh, facts.en),
        "open": sum(number.values()),
        "new": new,
        "waiting": waiting,
        "in_hand": sum(number.values()) - new - waiting,
        "expected_loss": totals_text(money, "expected_loss_minor"),
        "money_at_risk": totals_text(money, "amount_minor"),
        "rank": sum(count["loss"] for count in counts),
    }


def _money_by_type() -> dict[str, dict[str, dict[str, int]]]:
    """Money of the open cases by type and currency. It is kept as JSON, which no aggregate of the models reaches."""
    each, rest = ("jsonb_each" if connection.vendor == "postgresql" else "json_each"), sorted(status.value for status in AT_REST)
    sums = ", ".join(f"SUM(CAST(part.value ->> '{name}' AS BIGINT))" for name in ("amount_minor", "expected_loss_minor"))
    table, places = Case._meta.db_table, ", ".join(["%s"] * len(rest))
    asked = f"SELECT case_type, part.key, {sums} FROM {table}, {each}(money) AS part WHERE status NOT IN ({places}) GROUP BY 1, 2"  # noqa: S608 - our own words only
    money: dict[str, dict[str, dict[str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(asked, rest)
        for case_type, currency, amount, loss in cursor.fetchall():
            money.setdefault(case_type, {})[currency] = {"amount_minor": int(amount or 0), "expected_loss_minor": int(loss or 0)}
    return {case_type: dict(sorted(found.items())) for case_type, found in money.items()}


def _total(moneys: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Money of several, currency by currency."""
    total: dict[str, dict[str, int]] = {}
    for money in moneys:
        for currency, parts in money.items():
            sums = total.setdefault(currency, {"amount_minor": 0, "expected_loss_minor": 0})
            for column in sums:
                sums[column] += parts[column]
    return dict(sorted(total.items()))
