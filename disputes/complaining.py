"""Takes in what other systems and social media say of a subject: it opens a case, or joins the open one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from fairdeal.data_contracts.labels import SUBJECT_KINDS
from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import AFTER_DECISION, AT_REST, CaseStatus, Event, Role
from fairdeal.disputes.events import Note
from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.evidencing import Exhibit, cleaned, entry_of, keep, known_evidence, told
from fairdeal.disputes.filing import case_id_for, open_case, sum_up
from fairdeal.disputes.history import changing_history, record
from fairdeal.disputes.models import Case, CaseMember
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.snoozing import Trigger, wake_for

#: What a complaint about such a subject is about, where it does not say so and no case is open.
USUAL_TYPE: dict[str, CaseType] = {
    "payment": CaseType.UNAUTH_PAY,
    "instrument": CaseType.UNAUTH_PAY,
    "account": CaseType.ATO,
    "device": CaseType.ATO,
    "order": CaseType.NOT_AS_DESC,
    "review": CaseType.MAL_REVIEW,
    "merchant": CaseType.MERCHANT_FRAUD,
}


def file_complaint(exhibit: Exhibit, *, case_type: str | None = None, actor: str, role: str, at: datetime | None = None) -> dict[str, Any]:
    """Put a complaint or a social post into the open case of its subject, opening one where there is none.

    Parameters
    ----------
    exhibit
        With source, external id and subject.
    case_type
        What it is about. None: the open case about the subject, then the open case that the subject is a member of, whichever has the most
        at stake; where none is open, what such a subject usually is about.

    Returns
    -------
    dict
        ``case_id, evidence_id, revision`` and ``outcome``: ``opened``, ``joined``, or ``known`` when the same source gave the same before.

    Raises
    ------
    RefusedChange
        When the source's id stands for something else already, or a card number was given as an id.

    Notes
    -----
    One transaction; any number of processes may call with the same complaint. Whom it names is a member of the case that it opens; a case
    that is there is about that subject already, and a word more about it does not undo what is proposed. Where the outcome stands it is a
    member too, and goes to a case of its own when this one closes, so that no complaint ends unseen.
    """
    moment = timezone.now() if at is None else at
    given = cleaned(exhibit)
    if given.subject_kind not in SUBJECT_KINDS or not given.external_id:
        found = f"subject kind {given.subject_kind or 'missing'}, external id {given.external_id or 'missing'}"
        rule = f"a complaint has an id and a subject, one of {', '.join(SUBJECT_KINDS)}"
        raise refuse("complaint", "bad_complaint", found, rule, "name both")
    with changing_history():
        known = known_evidence(given)
        if known is not None:
            return {**told(known.case, known), "outcome": "known"}
        case, is_new = _case_for(given, case_type, moment)
        kept = keep(case, given, actor=actor, at=moment)
        if is_new or CaseStatus(case.status) in AFTER_DECISION:
            CaseMember.objects.get_or_create(
                case=case, subject_kind=given.subject_kind, subject_id=given.subject_id, defaults={"typology": "", "joined_at": moment}
            )
        _record(case, is_new, kept, actor=actor, role=Role(role), at=moment)
        wake_for(case, Trigger.PARTY, Trigger.EVIDENCE, at=moment)
    return {**told(case, kept), "outcome": "opened" if is_new else "joined"}


def _case_for(given: Exhibit, case_type: str | None, at: datetime) -> tuple[Case, bool]:
    """The case that a complaint belongs to, locked, and whether it was made just now."""
    if case_type is None:
        found = _open_about(given)
        if found is not None:
            return found, False
    kind = CaseType(case_type) if case_type is not None else USUAL_TYPE[given.subject_kind]
    key = (kind.value, given.subject_kind, given.subject_id)
    case_id = case_id_for(*key, given.occurred_at or at, f"{given.source_system}/{given.external_id}")
    return open_case(key, case_id, f"complaint:{given.source_system}"[:128], at)


def _open_about(given: Exhibit) -> Case | None:
    """The open case about the subject, else the one it is a member of; of several the one with the most at stake."""
    still_open = Case.objects.exclude(status__in=AT_REST).order_by("-expected_loss_minor", "opened_at", "case_id")
    subject = {"subject_kind": given.subject_kind, "subject_id": given.subject_id}
    found = still_open.filter(**subject).first()
    if found is None:
        of_member = CaseMember.objects.filter(**subject).values("case_id")
        found = still_open.filter(pk__in=of_member).first()
    return None if found is None else Case.objects.select_for_update().get(pk=found.pk)


def _record(case: Case, is_new: bool, kept: CaseEvidence, *, actor: str, role: Role, at: datetime) -> None:
    """Bring the case's totals up to date and write what happened."""
    if not is_new:
        case.revision += 1
    sum_up(case)
    case.changed_at = at
    case.save(update_fields=["revision", "member_count", "money", "expected_loss_minor", "changed_at"])
    record(
        case.pk,
        at=at,
        actor=actor,
        role=role.value,
        event=(Event.OPEN if is_new else Note.EVIDENCE_ADDED).value,
        from_status="" if is_new else case.status,
        to_status=case.status,
        revision=case.revision,
        old={},
        new={"evidence": entry_of(kept), "members": case.member_count},
    )
