"""Reasons that people call wrong: marked on a member's page, kept in the sealed history, read by whoever trains models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from fairdeal.disputes.domain import CaseStatus, Deed, Role, may
from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import CaseAlert, CaseEvent
from fairdeal.disputes.noting import case_at, stale, take_note
from fairdeal.disputes.outcomes import JUDGED
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.verdict_rows import as_utc

#: Most characters said of a reason.
LONGEST_WORD = 500


def mark_reason(
    case_id: str, alert_id: str, code: str, *, actor: str, role: str, is_wrong: bool = True, word: str = "", at: datetime | None = None
) -> dict[str, Any]:
    """Say that a reason of an alert is wrong, or take that back; whoever holds the case, also when it is closed.

    Raises
    ------
    RefusedChange
        When the role may not, there is no such case, alert or reason, too much is said, or it was said already.
    """
    moment = timezone.now() if at is None else at
    where = f"case {case_id}, reason {code:.80}"
    if not may(frozenset({Role(role)}), Deed.MARK_REASON):
        raise refuse(where, "role", f"asked by {actor} as {role}", "analysts and approvers mark reasons", "ask one of them")
    if len(word) > LONGEST_WORD:
        raise refuse(where, "bad_word", f"{len(word)} characters", f"at most {LONGEST_WORD} are kept", "say it briefly")
    with changing_history():
        case = case_at(case_id, None, is_locked=True)
        alert = CaseAlert.objects.select_related("member").filter(pk=alert_id, case=case).first()
        codes = [reason.get("code") for reason in alert.reasons] if alert is not None else []
        if alert is None or code not in codes:
            known = f"reasons of the alert are {', '.join(map(str, codes[:10])) or 'none'}"
            raise refuse(where, "no_such_reason", f"alert {alert_id:.80}", known, "look at the case again")
        entries = CaseEvent.objects.filter(case=case, event=Note.REASON_MARKED.value).order_by("seq")
        if ((alert_id, code) in wrong_in(entries)) == is_wrong:
            raise refuse(where, "said_already", "it stands so", "a reason is marked once", "look at the case again")
        reason = {
            "alert_id": alert.pk,
            "subject_kind": alert.member.subject_kind,
            "subject_id": alert.member.subject_id,
            "detector": alert.detector,
            "typology": alert.typology,
            "model_version": alert.model_version,
            "code": code,
            "is_wrong": is_wrong,
        }
        if not take_note(case, Note.REASON_MARKED, {}, actor=actor, role=Role(role), at=moment, comment=word, reason=reason):
            raise stale(case, case.revision)
    return {"case_id": case_id, "revision": case.revision, **reason}


def reason_marks(since_seq: int = 0) -> list[dict[str, Any]]:
    """Everything that was said of reasons after an entry of the history, in order: ``seq, at, word`` and of which reason of what."""
    said = CaseEvent.objects.filter(event=Note.REASON_MARKED.value, seq__gt=since_seq).order_by("seq")
    return [{"seq": entry.seq, "at": as_utc(entry.at), "word": word_of(entry), **entry.new["reason"]} for entry in said]


def word_of(entry: CaseEvent) -> str:
    """What was said with a mark."""
    return str(entry.new.get("given", {}).get("comment", ""))


def wrong_in(entries: Iterable[CaseEvent]) -> dict[tuple[str, str], CaseEvent]:
    """The reasons that stand as wrong after these entries of a history, by alert and code, with the entry that says so."""
    found: dict[tuple[str, str], CaseEvent] = {}
    for entry in entries:
        if entry.event == Note.REASON_MARKED:
            reason = entry.new["reason"]
            key = (reason["alert_id"], reason["code"])
            found.pop(key, None)
            if reason["is_wrong"]:
                found[key] = entry
    return found


def reasons_judged(since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    """How many alerts that people judged bore each reason: by detector and code, of cases that closed within a stretch."""
    closed = CaseEvent.objects.filter(to_status=CaseStatus.CLOSED.value, at__gte=since, at__lt=until, case__close_code__in=JUDGED)
    closed = closed.exclude(from_status=CaseStatus.CLOSED.value)
    alerts = CaseAlert.objects.filter(case__in=closed.values("case_id")).only("detector", "reasons")
    counts: dict[str, Counter[str]] = {}
    for alert in alerts.iterator(chunk_size=1_000):
        counts.setdefault(alert.detector, Counter()).update({str(reason.get("code")) for reason in alert.reasons})
    return {detector: dict(found) for detector, found in counts.items()}
