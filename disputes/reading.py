"""Reads the queue into plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, Q

from fairdeal.disputes.attaching import withdrawn_from
from fairdeal.disputes.domain import AT_REST, CaseStatus, Event, Note, next_events
from fairdeal.disputes.evidence_models import FILE_FACTS, CaseEvidence
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.verdict_rows import as_utc


def open_snapshot() -> list[dict[str, Any]]:
    """The open cases and whom they hold, JSON-able, sorted by case id.

    Returns
    -------
    list of dict
        ``case_id, case_type, subject_kind, subject_id, status, run_id`` (of the run that opened it), ``opened_at`` (ISO 8601, UTC)
        and ``alerts``: per alert ``subject_kind, subject_id, alert_id, detector``, sorted by alert id.
    """
    alerts = Prefetch("alerts", CaseAlert.objects.select_related("member").order_by("alert_id"), to_attr="sorted_alerts")
    return [
        {
            "case_id": case.case_id,
            "case_type": case.case_type,
            "subject_kind": case.subject_kind,
            "subject_id": case.subject_id,
            "status": case.status,
            "run_id": case.run_id,
            "opened_at": as_utc(case.opened_at),
            "alerts": [
                {
                    "subject_kind": alert.member.subject_kind,
                    "subject_id": alert.member.subject_id,
                    "alert_id": alert.alert_id,
                    "detector": alert.detector,
                }
                for alert in case.sorted_alerts  # type: ignore[attr-defined]
            ],
        }
        for case in Case.objects.exclude(status__in=AT_REST).order_by("case_id").prefetch_related(alerts)
    ]


def verdicts(since_seq: int = 0) -> list[dict[str, Any]]:
    """What the cases decided after event ``since_seq`` say about their members, in the order in which they said so.

    A case speaks when it closes, and before that when its decision is approved and waits for an appeal.

    Parameters
    ----------
    since_seq
        The largest ``seq`` seen so far; 0 for all.

    Returns
    -------
    list of dict
        One row per member and such event: its ``seq``, ``case_id, case_type, close_code, case_subject_kind,
        case_subject_id, subject_kind, subject_id, alert_id, detector, typology, chosen_by, selection_probability, is_fraud``
        (None: the case teaches nothing about this member), ``decided_at, closed_at, event_at`` (ISO 8601, UTC; ``closed_at`` is
        when the case spoke), ``action`` (the measure in force meanwhile), ``on_appeal`` (the decision turned an earlier one) and
        ``merchant_id, account_id, instrument_id, device_id`` (None where not known); ``second_look`` where it is what holds of two
        people's judgements: it teaches, and changes no measure.
        A case that was reopened and closed again gives rows at both closings; the later ones supersede.
    """
    speaking = Q(to_status=CaseStatus.CLOSED.value) | Q(event=Event.APPROVE.value) | Q(event=Note.ADJUDICATED.value)
    said = CaseEvent.objects.filter(speaking, seq__gt=since_seq).order_by("seq")
    return [{"seq": event.seq, **row} for event in said.only("seq", "new") for row in event.new.get("verdicts", [])]


def list_cases(status: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Cases in the order of the queue: largest expected loss first, then the oldest.

    Parameters
    ----------
    status
        A `CaseStatus`, or ``open``; None for all.
    limit
        At most so many.
    """
    cases = Case.objects.order_by("-expected_loss_minor", "opened_at", "case_id")
    if status == "open":
        cases = cases.exclude(status__in=AT_REST)
    elif status is not None:
        if status.upper() not in set(CaseStatus):
            raise refuse("cases", "unknown_status", f"status {status}", f"allowed are open, {', '.join(CaseStatus)}", "choose one")
        cases = cases.filter(status=status.upper())
    return [summary(case) for case in cases[: max(limit, 0)]]


def show_case(case_id: str) -> dict[str, Any]:
    """All of one case, JSON-able: its summary, ``members`` with their alerts and reasons, ``events``, ``evidence``, and ``next_events``.

    Raises
    ------
    RefusedChange
        When there is no such case.
    """
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise refuse(
            f"case {case_id}", "no_such_case", "there is no such case", "a case id is C and 16 hexadecimal digits", "list the cases"
        )
    alerts: dict[int, list[dict[str, Any]]] = {}
    for alert in CaseAlert.objects.filter(case=case).order_by("alert_id"):
        alerts.setdefault(alert.member_id, []).append(_alert(alert))
    return summary(case) | {
        "decision": case.decision,
        "members": [
            {
                "subject_kind": member.subject_kind,
                "subject_id": member.subject_id,
                "typology": member.typology,
                "verdict": member.verdict,
                "reason": member.reason,
                "joined_at": as_utc(member.joined_at),
                "alerts": alerts.get(member.pk, []),
            }
            for member in CaseMember.objects.filter(case=case).order_by("subject_kind", "subject_id")
        ],
        "events": [
            {
                "seq": event.seq,
                "at": as_utc(event.at),
                "actor": event.actor,
                "role": event.role,
                "event": event.event,
                "from_status": event.from_status,
                "to_status": event.to_status,
                "revision": event.revision,
                "old": event.old,
                "new": event.new,
            }
            for event in CaseEvent.objects.filter(case=case).order_by("seq")
        ],
        "evidence": _evidence_of(case),
        "next_events": [event.value for event in next_events(CaseStatus(case.status))],
    }


def cases_about(subjects: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Every case that is about one of the subjects or has one as member, as `show_case` gives it, the oldest first.

    Parameters
    ----------
    subjects
        Kind and id.
    """
    wanted = Q(pk__in=[])
    for kind, subject in subjects:
        wanted |= Q(subject_kind=kind, subject_id=subject) | Q(members__subject_kind=kind, members__subject_id=subject)
    found = Case.objects.filter(wanted).order_by("opened_at", "case_id").distinct()
    return [show_case(case.case_id) for case in found]


def summary(case: Case) -> dict[str, Any]:
    """One line of the queue, JSON-able."""
    return {
        "case_id": case.case_id,
        "case_type": case.case_type,
        "subject_kind": case.subject_kind,
        "subject_id": case.subject_id,
        "status": case.status,
        "close_code": case.close_code or None,
        "holder": case.holder or None,
        "lease_until": as_utc(case.lease_until) if case.lease_until else None,
        "members_count": case.member_count,
        "money": case.money,
        "expected_loss_minor": case.expected_loss_minor,
        "run_id": case.run_id,
        "opened_at": as_utc(case.opened_at),
        "closed_at": as_utc(case.closed_at) if case.closed_at else None,
        "revision": case.revision,
    }


def _alert(alert: CaseAlert) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "detector": alert.detector,
        "typology": alert.typology,
        "chosen_by": alert.chosen_by,
        "selection_probability": alert.selection_probability,
        "score": alert.score,
        "probability": alert.probability,
        "amount_minor": alert.amount_minor,
        "expected_loss_minor": alert.expected_loss_minor,
        "currency": alert.currency or None,
        "action": alert.action,
        "event_at": as_utc(alert.event_at),
        "as_of_at": as_utc(alert.as_of_at),
        "model_version": alert.model_version,
        "merchant_id": alert.merchant_id or None,
        "account_id": alert.account_id or None,
        "reasons": alert.reasons,
        "evidence": alert.evidence,
        "snapshot": alert.snapshot,
    }


def _evidence_of(case: Case) -> list[dict[str, Any]]:
    gone = withdrawn_from(case.pk)
    pieces = CaseEvidence.objects.filter(case=case).select_related("file").order_by("added_at", "evidence_id")
    return [_evidence(kept, gone.get(kept.pk)) for kept in pieces]


def _evidence(kept: CaseEvidence, withdrawn: str | None) -> dict[str, Any]:
    about = getattr(kept, "file", None)
    return {
        "evidence_id": kept.pk,
        "kind": kept.kind,
        "source_system": kept.source_system,
        "external_id": kept.external_id or None,
        "subject_kind": kept.subject_kind or None,
        "subject_id": kept.subject_id or None,
        "language": kept.language or None,
        "text": kept.text,
        "location": kept.location or None,
        "file_sha256": kept.file_sha256 or None,
        "file": {name: getattr(about, name) for name in FILE_FACTS} if about else None,
        "is_withdrawn": withdrawn is not None,
        "occurred_at": as_utc(kept.occurred_at) if kept.occurred_at else None,
        "added_at": as_utc(kept.added_at),
        "added_by": kept.added_by,
        "sha256": kept.sha256,
    }
