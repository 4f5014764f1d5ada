"""Members change their case: those that came too late for a decision, and those that do not belong to a ring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from fairdeal.disputes.claiming import CLAIMABLE, held_by_other, is_held
from fairdeal.disputes.domain import CaseStatus, Role, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.filing import case_id_for, open_case, record_filing, sum_up
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseAlert, CaseMember
from fairdeal.disputes.noting import case_at, stale, take_note
from fairdeal.disputes.refused import refuse


def move_members(
    case: Case, members: Sequence[CaseMember], subject: tuple[str, str], *, actor: str, role: Role, at: datetime
) -> dict[str, Any]:
    """Put members with their alerts and complaints into the open case of the same type about ``subject``, made where there is none.

    Parameters
    ----------
    case
        Where they are now; its totals are brought up to date. What happened to it the caller records.
    subject
        Kind and id.

    Returns
    -------
    dict
        ``case_id`` of the other case and the ``alerts`` that moved.
    """
    alerts = list(CaseAlert.objects.filter(member__in=members).order_by("event_at", "alert_id"))
    key = (case.case_type, *subject)
    # whom only a complaint named has no alert: its case is told apart by the one it leaves
    begins = (alerts[0].event_at, alerts[0].alert_id) if alerts else (case.opened_at, case.pk)
    target, is_new = open_case(key, case_id_for(*key, *begins), alerts[0].run_id if alerts else case.run_id, at)
    there = {(member.subject_kind, member.subject_id): member for member in CaseMember.objects.filter(case=target)}
    for member in members:
        known = there.get((member.subject_kind, member.subject_id))
        if known is None:
            CaseAlert.objects.filter(member=member).update(case=target)
            CaseMember.objects.filter(pk=member.pk).update(case=target)
        else:  # the other case suspects it already: its alerts go there, and it is a member once
            CaseAlert.objects.filter(member=member).update(case=target, member=known)
            CaseMember.objects.filter(pk=member.pk).delete()
        CaseEvidence.objects.filter(case=case, subject_kind=member.subject_kind, subject_id=member.subject_id).update(case=target)
    ids = [alert.pk for alert in alerts]
    record_filing(target, is_new, ids, at, actor, role=role, moved_from=case.case_id)
    sum_up(case)
    case.save(update_fields=["member_count", "money", "expected_loss_minor"])
    return {"case_id": target.case_id, "alerts": ids}


def split(
    case_id: str,
    members: Sequence[str],
    *,
    actor: str,
    role: str,
    reason: str,
    subject: tuple[str, str] | None = None,
    revision: int | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Take members out of a case that they do not belong to; they are judged in another one, and none is lost.

    Parameters
    ----------
    members
        Their keys, ``kind:id``.
    reason
        Why they do not belong.
    subject
        Whom their case is about, kind and id; None, for one member: that member itself.

    Returns
    -------
    dict
        ``case_id`` of their case, its ``alerts``, and the ``revision`` of the one they left.

    Raises
    ------
    RefusedChange
        Without a reason, for members that are not in the case or are all of it, where several are taken out and nothing says whom they are
        about, once a decision is under way, while somebody else works on the case, or on an older revision.
    """
    moment = timezone.now() if at is None else at
    where = f"case {case_id}"
    with changing_history():
        case = case_at(case_id, revision, is_locked=True)
        if CaseStatus(case.status) not in CLAIMABLE:
            rule = f"members change their case while it is {', '.join(CLAIMABLE)}"
            raise refuse(where, "not_splittable", f"the case is {case.status}", rule, "return the proposal first")
        if is_held(case, moment) and not same_person(case.holder, actor):
            raise held_by_other(case)
        if not reason.strip():
            raise refuse(where, "no_reason", "no reason is given", "a member leaves a case with a reason", "say why it does not belong")
        present = {member.key: member for member in CaseMember.objects.filter(case=case).order_by("pk")}
        chosen = [present[key] for key in dict.fromkeys(members) if key in present]
        if not chosen or len(chosen) != len(set(members)) or len(chosen) == len(present):
            found = f"{len(set(members))} named, {len(chosen)} of them among its {len(present)} members"
            rule = "some of a case's members can be taken out, never all"
            raise refuse(where, "bad_split", found, rule, "name members by kind:id and leave one at least")
        about = subject or ((chosen[0].subject_kind, chosen[0].subject_id) if len(chosen) == 1 else None)
        if about is None or about == (case.subject_kind, case.subject_id):
            rule = "several members go to a case about a subject that they share"
            raise refuse(where, "no_subject", "it is not said whom the other case is about", rule, "name its kind and id")
        moved = move_members(case, chosen, about, actor=actor, role=Role(role), at=moment)
        gone: dict[str, Any] = {"moved": moved, "members": [member.key for member in chosen]}
        if not take_note(case, Note.SPLIT, {}, actor=actor, role=Role(role), at=moment, comment=reason, **gone):
            raise stale(Case.objects.get(pk=case_id), case.revision)
    return {**moved, "revision": case.revision}
