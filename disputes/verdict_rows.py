"""What a closed case says about each of its members, as rows that become labels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import CloseCode, Finding, label_for
from fairdeal.disputes.models import Case, CaseAlert, CaseMember


def verdict_rows(case: Case, closed_at: datetime, *, judged: tuple[CloseCode, Mapping[str, Finding]] | None = None) -> list[dict[str, Any]]:
    """One row per member of a case that closes now, or whose decision stands from now on, JSON-able, sorted by member.

    Parameters
    ----------
    judged
        An outcome and findings by member key that speak instead of the case's own; then it was decided when it speaks.

    Notes
    -----
    A member that only a complaint named has no row: no detector scored it, so there is nothing that its verdict could teach.
    Where several alerts name one member, the first speaks: it is the one that brought the member before people, so its
    probability of selection is the member's.
    """
    decided_at = (judged is None and case.decision.get("decided_at")) or closed_at.isoformat()
    close_code, findings = judged or (CloseCode(case.close_code), None)
    first: dict[int, CaseAlert] = {}
    for alert in CaseAlert.objects.filter(case=case).order_by("-as_of_at", "-alert_id"):
        first[alert.member_id] = alert
    rows = []
    for member in CaseMember.objects.filter(case=case, pk__in=first).order_by("subject_kind", "subject_id"):
        alert = first[member.pk]
        finding = Finding(member.verdict) if findings is None else findings.get(member.key, Finding.UNDECIDED)
        rows.append(
            {
                "case_id": case.case_id,
                "case_type": case.case_type,
                "close_code": close_code.value,
                "case_subject_kind": case.subject_kind,
                "case_subject_id": case.subject_id,
                "subject_kind": member.subject_kind,
                "subject_id": member.subject_id,
                "alert_id": alert.alert_id,
                "detector": alert.detector,
                "typology": alert.typology,
                "chosen_by": alert.chosen_by,
                "selection_probability": alert.selection_probability,
                "is_fraud": label_for(close_code, CaseType(case.case_type), finding),
                "decided_at": as_utc(datetime.fromisoformat(decided_at)),
                "closed_at": as_utc(closed_at),
                "event_at": as_utc(alert.event_at),
                "action": alert.action,
                "on_appeal": judged is None and case.decision.get("kind") == "appeal",
                "merchant_id": alert.merchant_id or _named(alert, "merchant_id"),
                "account_id": alert.account_id or _named(alert, "account_id"),
                "instrument_id": _named(alert, "instrument_id"),
                "device_id": _named(alert, "device_id"),
            }
        )
    return rows


def as_utc(at: datetime) -> str:
    """The instant as ISO 8601 text in UTC."""
    return at.astimezone(UTC).isoformat()


def _named(alert: CaseAlert, column: str) -> str | None:
    value = alert.snapshot.get(column) if isinstance(alert.snapshot, dict) else None
    return None if value is None else str(value)
