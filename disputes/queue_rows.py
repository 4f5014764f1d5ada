"""One line per case: what it is about, and the strongest reason for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from fairdeal.disputes.models import Case, CaseAlert
from fairdeal.disputes.names import kind_text, tone_of
from fairdeal.disputes.told_reasons import headline
from fairdeal.disputes.wording import totals_text


@dataclass(frozen=True)
class QueueRow:
    """A case as a line of the queue, in words."""

    case: Case
    kind: str
    why: str
    expected_loss: str
    money_at_risk: str
    tone: str


def with_headline(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with the reasons of the alert that has most at stake, as ``lead_reasons``."""
    leading = CaseAlert.objects.filter(case=OuterRef("pk")).order_by("-expected_loss_minor", "alert_id")
    return cases.annotate(lead_reasons=Subquery(leading.values("reasons")[:1]))


def queue_rows(cases: Iterable[Case]) -> list[QueueRow]:
    """Lines of the cases, which come from `with_headline`."""
    return [queue_row(case) for case in cases]


def queue_row(case: Case) -> QueueRow:
    """The line of one case, which comes from `with_headline`."""
    return QueueRow(
        case=case,
        kind=kind_text(case.subject_kind),
        why=headline(getattr(case, "lead_reasons", None)),
        expected_loss=totals_text(case.money, "expected_loss_minor"),
        money_at_risk=totals_text(case.money, "amount_minor"),
        tone=tone_of(case.status),
    )
