"""Everything the queue knows of one merchant or account: its cases and how they ended, its alerts, its measures, over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseAction, CaseAlert, CaseMember
from fairdeal.disputes.names import (
    action_state_text,
    action_text,
    chosen_by_text,
    detector_text,
    finding_texts,
    kind_text,
    tone_of,
    typology_text,
)
from fairdeal.disputes.outcomes import CloseCode
from fairdeal.disputes.statuses import ActionState
from fairdeal.disputes.wording import money_text, share_text, totals_text

#: Which kinds have a history here, and the column of an alert that names them.
COLUMNS = {"merchant": "merchant_id", "account": "account_id"}
#: A page shows so many cases, alerts and measures, the newest first.
SHOWN = 100
#: The picture over time has so many months.
MONTHS = 12


@dataclass(frozen=True)
class CaseLine:
    """One case in which the party turns up.

    Parameters
    ----------
    is_subject
        The case is about the party; otherwise the party is in it.
    alerts, findings
        How many of its alerts are the party's, and what was found of the members these are about.
    money
        At risk in those alerts.
    """

    case: Case
    tone: str
    outcome: str
    is_subject: bool
    alerts: int
    findings: tuple[tuple[str, int], ...]
    money: str


@dataclass(frozen=True)
class AlertLine:
    """One alert of the party, in words."""

    alert: CaseAlert
    detector: str
    typology: str
    likelihood: str
    amount: str
    expected_loss: str
    action: str
    chosen_by: str
    verdict: str


@dataclass(frozen=True)
class MeasureLine:
    """One measure that a decision put on the party, or on something of the party's that was judged."""

    action: CaseAction
    kind: str
    on_kind: str
    on_id: str
    state: str
    is_in_force: bool


def history_of(kind: str, party_id: str, hidden: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """The values of the page of a party; None where the queue knows nothing of it.

    Parameters
    ----------
    kind
        One of `COLUMNS`.
    hidden
        Cases of which the reader may know nothing now.
    """
    theirs = CaseAlert.objects.filter(**{COLUMNS[kind]: party_id}).exclude(case_id__in=hidden)
    about = Q(subject_kind=kind, subject_id=party_id)
    within = Q(pk__in=theirs.values("case_id")) | Q(pk__in=CaseMember.objects.filter(about).values("case_id"))
    cases = list(Case.objects.filter(about | within).exclude(pk__in=hidden).order_by("-opened_at", "pk"))
    if not cases:
        return None
    alerts = list(theirs.select_related("member").defer("evidence", "snapshot", "reasons").order_by("-event_at", "pk"))
    judged, now = {f"{kind}:{party_id}", *(alert.member.key for alert in alerts)}, timezone.now()
    put = CaseAction.objects.filter(case__in=Case.objects.filter(about | within).exclude(pk__in=hidden)).order_by("-pk")
    measures = [_measure_line(action, now) for action in put if action.target in judged]
    by_case: dict[str, list[CaseAlert]] = {}
    for alert in alerts:
        by_case.setdefault(alert.case_id, []).append(alert)
    outcomes = Counter(case.close_code for case in cases if not case.is_open)
    findings = Counter({alert.member_id: alert.member.verdict for alert in alerts}.values())
    return {
        "cases": [_case_line(case, by_case.get(case.pk, []), (kind, party_id)) for case in cases[:SHOWN]],
        "alerts": [_alert_line(alert) for alert in alerts[:SHOWN]],
        "measures": measures[:SHOWN],
        "figures": {
            "cases": len(cases),
            "open": sum(case.is_open for case in cases),
            "confirmed": outcomes[CloseCode.ACTION_CONFIRMED.value],
            "cleared": outcomes[CloseCode.FALSE_POSITIVE.value],
            "alerts": len(alerts),
            "fraud": findings["fraud"],
            "honest": findings["honest"],
            "money_at_risk": totals_text(_money(alerts), "amount_minor"),
            "expected_loss": totals_text(_money(alerts), "expected_loss_minor"),
            "in_force": sum(measure.is_in_force for measure in measures),
        },
        "months": _by_month([alert.event_at for alert in alerts] or [case.opened_at for case in cases]),
    }


def _case_line(case: Case, alerts: Sequence[CaseAlert], party: tuple[str, str]) -> CaseLine:
    texts = finding_texts()
    verdicts = {alert.member_id: texts[alert.member.verdict] for alert in alerts}
    return CaseLine(
        case=case,
        tone=tone_of(case.status),
        outcome=str(CLOSE_CODE_TEXTS.get(case.close_code, "")),
        is_subject=(case.subject_kind, case.subject_id) == party,
        alerts=len(alerts),
        findings=tuple(sorted(Counter(verdicts.values()).items(), key=lambda entry: (-entry[1], entry[0]))),
        money=totals_text(_money(alerts) or case.money, "amount_minor"),
    )


def _alert_line(alert: CaseAlert) -> AlertLine:
    return AlertLine(
        alert=alert,
        detector=detector_text(alert.detector),
        typology=typology_text(alert.typology),
        likelihood=share_text(alert.probability),
        amount=money_text(alert.amount_minor, alert.currency),
        expected_loss=money_text(alert.expected_loss_minor, alert.currency),
        action=action_text(alert.action),
        chosen_by=chosen_by_text(alert.chosen_by),
        verdict=finding_texts()[alert.member.verdict],
    )


def _measure_line(action: CaseAction, now: datetime) -> MeasureLine:
    on_kind, _, on_id = action.target.partition(":")
    return MeasureLine(
        action=action,
        kind=action_text(action.kind),
        on_kind=kind_text(on_kind),
        on_id=on_id,
        state=action_state_text(action.state),
        is_in_force=action.state == ActionState.DONE and action.expires_at > now,
    )


def _money(alerts: Iterable[CaseAlert]) -> dict[str, dict[str, int]]:
    """Money by currency; a member's largest claim counts once, as in its case."""
    largest: dict[int, tuple[int, int, str]] = {}
    for alert in alerts:
        claim = (alert.expected_loss_minor, alert.amount_minor or 0, alert.currency)
        largest[alert.member_id] = max(largest.get(alert.member_id, claim), claim)
    money: dict[str, dict[str, int]] = {}
    for loss, amount, currency in largest.values():
        sums = money.setdefault(currency, {"amount_minor": 0, "expected_loss_minor": 0})
        sums["amount_minor"] += amount
        sums["expected_loss_minor"] += loss
    return dict(sorted(money.items()))


def _by_month(moments: Sequence[datetime]) -> list[tuple[str, int]]:
    """How many moments lie in each of the last months up to the newest of them, the oldest first."""
    months = Counter(f"{timezone.localtime(moment):%Y-%m}" for moment in moments)
    year, month = map(int, max(months).split("-"))
    last = year * 12 + month - 1
    names = [f"{place // 12}-{place % 12 + 1:02}" for place in range(last - MONTHS + 1, last + 1)]
    return [(name, months[name]) for name in names]
