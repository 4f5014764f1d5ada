"""Files alerts under cases: one open case per type and subject, every alert in exactly one case."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from fairdeal.data_contracts.reasons import NO_CURRENCY
from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.alert_rows import AlertRow, read_alert
from fairdeal.disputes.domain import AT_REST, Event, Facts, Note, Refusal, Role, allowed
from fairdeal.disputes.history import alerts_sha256, changing_history, record
from fairdeal.disputes.models import Case, CaseAlert, CaseMember
from fairdeal.disputes.refused import RefusedChange, refuse
from fairdeal.disputes.snoozing import Trigger, wake_for

#: Ids asked for in one query; SQLite bounds the parameters of a statement.
_CHUNK = 500


@dataclass(frozen=True)
class OpenedCases:
    """What became of a run's alerts.

    Parameters
    ----------
    opened
        Ids of the cases that this run opened for these alerts, sorted. The same run asking again gets the same answer.
    joined
        (alert id, case id) of every alert, old and new, sorted.
    """

    opened: tuple[str, ...]
    joined: tuple[tuple[str, str], ...]


def open_cases(alerts: Sequence[Mapping[str, Any]], *, run_id: str, at: datetime) -> OpenedCases:
    """Put every alert into the open case of its type and subject, opening the case where there is none.

    Parameters
    ----------
    alerts
        Rows of the contract ``alerts``, in any order; repetitions are harmless.
    run_id
        Of the run that asks; new cases carry it.
    at
        Aware; when the cases count as opened.

    Returns
    -------
    OpenedCases
        Which case each alert is in. An alert that was filed earlier, also in a case closed since, stays where it is.

    Raises
    ------
    ContractBreach
        When a row breaks the contract. Nothing is filed then.

    Notes
    -----
    One transaction: all alerts of a call are filed, or none. Any number of processes may call at once with the same alerts.
    """
    if at.tzinfo is None:
        raise refuse("open_cases", "naive_instant", f"at is {at} without time zone", "instants are aware", "give the time zone")
    rows = {row["alert_id"]: row for row in sorted((read_alert(a, n) for n, a in enumerate(alerts)), key=_filing_order, reverse=True)}
    groups: dict[tuple[str, str, str], list[AlertRow]] = {}
    for row in sorted(rows.values(), key=_filing_order):
        groups.setdefault(row.case_key, []).append(row)
    with changing_history():
        for key in sorted(groups):
            _file(key, groups[key], run_id, at)
        homes = homes_of(rows)
        opened: set[str] = set()
        for chunk in _chunks(sorted(set(homes.values()))):
            opened.update(Case.objects.filter(pk__in=chunk, run_id=run_id).values_list("pk", flat=True))
    return OpenedCases(tuple(sorted(opened)), tuple(sorted(homes.items())))


def homes_of(alert_ids: Iterable[str]) -> dict[str, str]:
    """The case that each alert is in; alerts that are in none are left out."""
    found: dict[str, str] = {}
    for chunk in _chunks(sorted(alert_ids)):
        found.update(CaseAlert.objects.filter(pk__in=chunk).values_list("alert_id", "case_id"))
    return found


def case_id_for(case_type: str, subject_kind: str, subject_id: str, first_event_at: datetime, first_alert_id: str) -> str:
    """A case's id, derived from what the case is about: the same alerts give the same id on every machine."""
    day = timezone.localtime(first_event_at).date().isoformat()
    content = "|".join((case_type, subject_kind, subject_id, day, first_alert_id))
    return "C" + hashlib.sha256(content.encode()).hexdigest()[:16]


def _filing_order(row: AlertRow) -> tuple[Any, ...]:
    return (row.case_key, row["event_at"], row["alert_id"], row["as_of_at"])


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _file(key: tuple[str, str, str], rows: list[AlertRow], run_id: str, at: datetime) -> None:
    """File the alerts of one case type and subject, in filing order."""
    known = homes_of(row["alert_id"] for row in rows)
    fresh = [row for row in rows if row["alert_id"] not in known]
    if not fresh:
        return
    first = fresh[0]
    case_id = case_id_for(*key, first["event_at"], first["alert_id"])
    case, is_new = open_case(key, case_id, run_id, at)
    if not is_new:  # between our look and the lock another process may have filed some
        known = homes_of(row["alert_id"] for row in fresh)
        fresh = [row for row in fresh if row["alert_id"] not in known]
        if not fresh:
            return
    _attach(case, fresh, at)
    record_filing(case, is_new, [row["alert_id"] for row in fresh], at, run_id)
    wake_for(case, Trigger.ALERT, at=at)


def open_case(key: tuple[str, str, str], case_id: str, run_id: str, at: datetime) -> tuple[Case, bool]:
    """The open case of ``key``, locked for this transaction, and whether it was made just now."""
    case_type, subject_kind, subject_id = key
    present = Case.objects.select_for_update().filter(case_type=case_type, subject_kind=subject_kind, subject_id=subject_id)
    present = present.exclude(status__in=AT_REST)
    found = present.first()
    if found is not None:
        return found, False
    outcome = allowed(None, Event.OPEN, Role.PIPELINE, Facts(run_id, at, CaseType(case_type), other_open_case=False))
    if isinstance(outcome, Refusal):
        raise RefusedChange(f"case {case_id}", outcome)
    case = Case(
        case_id=case_id,
        case_type=case_type,
        subject_kind=subject_kind,
        subject_id=subject_id,
        status=outcome.target.value,
        run_id=run_id,
        opened_at=at,
        changed_at=at,
    )
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:  # another process opened it first; the constraint says there is one
        found = present.first()
        if found is None:
            raise
        return found, False
    return case, True


def _attach(case: Case, rows: Sequence[AlertRow], at: datetime) -> None:
    """Store the alerts, and a member for every subject that is not one yet."""
    members = {(m.subject_kind, m.subject_id): m for m in CaseMember.objects.filter(case=case)}
    for row in rows:
        if row.member_key not in members:
            kind, subject_id = row.member_key
            members[row.member_key] = CaseMember.objects.create(
                case=case, subject_kind=kind, subject_id=subject_id, typology=row["typology"], joined_at=at
            )
    CaseAlert.objects.bulk_create(_stored(row, case, members[row.member_key], at) for row in rows)


def _stored(row: AlertRow, case: Case, member: CaseMember, at: datetime) -> CaseAlert:
    return CaseAlert(
        alert_id=row["alert_id"],
        case=case,
        member=member,
        run_id=row["run_id"],
        detector=row["detector"],
        typology=row["typology"],
        chosen_by=row["chosen_by"],
        selection_probability=row["selection_probability"],
        as_of_at=row["as_of_at"],
        event_at=row["event_at"],
        score=row["score"],
        probability=row["probability"],
        amount_minor=row["amount_minor"],
        expected_loss_minor=row["expected_loss_minor"],
        currency=row["currency"] or "",
        action=row["action"],
        reasons=row["reasons"],
        evidence=row["evidence"],
        snapshot=row["snapshot"],
        model_version=row["model_version"],
        data_version=row["data_version"],
        merchant_id=row["merchant_id"] or "",
        account_id=row["account_id"] or "",
        joined_at=at,
    )


def record_filing(
    case: Case, is_new: bool, alert_ids: Sequence[str], at: datetime, actor: str, *, role: Role = Role.PIPELINE, **more: Any
) -> None:
    """Bring the case's totals up to date and write what happened."""
    old = {"members": case.member_count, "expected_loss_minor": case.expected_loss_minor}
    if not is_new:
        case.revision += 1
    sum_up(case)
    case.changed_at = at
    case.save(update_fields=["revision", "member_count", "money", "expected_loss_minor", "changed_at"])
    stored = [alert for chunk in _chunks(alert_ids) for alert in CaseAlert.objects.filter(pk__in=chunk)]
    record(
        case.pk,
        at=at,
        actor=actor,
        role=role.value,
        event=(Event.OPEN if is_new else Note.ALERTS_JOINED).value,
        from_status="" if is_new else case.status,
        to_status=case.status,
        revision=case.revision,
        old={} if is_new else old,
        new={
            "members": case.member_count,
            "expected_loss_minor": case.expected_loss_minor,
            "alerts": list(alert_ids),
            "alerts_sha256": alerts_sha256(stored),
            **more,
        },
    )


def sum_up(case: Case) -> None:
    """Set the case's number of members and its money, per currency, from its alerts; a subject's largest claim counts once."""
    largest: dict[int, tuple[int, int, str]] = {}
    columns = ("member_id", "expected_loss_minor", "amount_minor", "currency")
    for member_id, loss, amount, currency in CaseAlert.objects.filter(case=case).order_by("pk").values_list(*columns):
        claim = (loss, amount or 0, currency or NO_CURRENCY)
        largest[member_id] = max(largest.get(member_id, claim), claim)
    money: dict[str, dict[str, int]] = {}
    for loss, amount, currency in largest.values():
        total = money.setdefault(currency, {"amount_minor": 0, "expected_loss_minor": 0})
        total["amount_minor"] += amount
        total["expected_loss_minor"] += loss
    case.money = dict(sorted(money.items()))
    case.member_count = CaseMember.objects.filter(case=case).count()
    case.expected_loss_minor = sum(total["expected_loss_minor"] for total in money.values())
