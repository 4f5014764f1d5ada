"""What each address of the desk is in the table of rights. An address without a row here is open to nobody."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from fairdeal.disputes.domain import Deed, Role, Scope, may
from fairdeal.disputes.people import may_read_queue, roles_of


class Door(StrEnum):
    """What is open without a right of its own."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed_in"


#: Method and address of everything the desk answers, and the deed it is. A step of the process is open to who may read the queue: who
#: may take which stands in the table of transitions.
DEEDS: dict[str, Deed | Door] = {
    "GET ": Door.SIGNED_IN,
    "GET login/": Door.ANYBODY,
    "POST login/": Door.ANYBODY,
    "POST logout/": Door.SIGNED_IN,
    "GET password/": Door.SIGNED_IN,
    "POST password/": Door.SIGNED_IN,
    "GET second-factor/": Door.SIGNED_IN,
    "POST second-factor/": Door.SIGNED_IN,
    "GET second-factor/new/": Door.SIGNED_IN,
    "POST second-factor/new/": Door.SIGNED_IN,
    "POST theme/": Door.ANYBODY,
    "GET queue/": Deed.READ_CASE,
    "POST queue/next/": Deed.WORK_CASE,
    "POST queue/selected/": Deed.READ_CASE,
    "GET case/{case_id}/": Deed.READ_CASE,
    "GET party/{kind}/{party_id}/": Deed.READ_CASE,
    "POST case/{case_id}/step/": Deed.READ_CASE,
    "POST case/{case_id}/preview/": Deed.READ_CASE,
    "POST case/{case_id}/claim/": Deed.WORK_CASE,
    "POST case/{case_id}/pause/": Deed.WORK_CASE,
    "POST case/{case_id}/split/": Deed.WORK_CASE,
    "POST case/{case_id}/reassign/": Deed.REASSIGN_CASE,
    "POST case/{case_id}/note/": Deed.LEAVE_NOTE,
    "POST case/{case_id}/attach/": Deed.ADD_EVIDENCE,
    "POST case/{case_id}/reveal/": Deed.REVEAL_CONTACT,
    "GET case/{case_id}/evidence/{evidence_id}/file/": Deed.READ_CASE,
    "GET case/{case_id}/evidence/{evidence_id}/picture/": Deed.READ_CASE,
    "POST case/{case_id}/evidence/{evidence_id}/withdraw/": Deed.ADD_EVIDENCE,
    "POST case/{case_id}/draft/": Deed.KEEP_OWN,
    "POST case/{case_id}/follow/": Deed.KEEP_OWN,
    "POST case/{case_id}/mark/": Deed.MARK_REASON,
    "POST case/{case_id}/snooze/": Deed.WORK_CASE,
    "POST case/{case_id}/trust/": Deed.TRUST_SUBJECT,
    "GET my/": Deed.KEEP_OWN,
    "GET own/": Deed.KEEP_OWN,
    "POST own/macros/": Deed.KEEP_OWN,
    "POST own/filters/": Deed.KEEP_OWN,
    "GET handover/": Deed.KEEP_OWN,
    "POST handover/": Deed.WORK_CASE,
    "POST handover/read/": Deed.KEEP_OWN,
    "GET staffing/": Deed.READ_CASE,
    "POST staffing/": Deed.SET_STAFFING,
    "GET trust/": Deed.READ_CASE,
    "POST trust/": Deed.TRUST_SUBJECT,
    "GET roles/": Deed.MANAGE_PEOPLE,
    "POST roles/": Deed.MANAGE_PEOPLE,
    "GET second-look/": Deed.REVIEW_BLIND,
    "POST second-look/": Deed.REVIEW_BLIND,
    "GET agreement/": Deed.ADJUDICATE_REVIEW,
    "POST agreement/": Deed.ADJUDICATE_REVIEW,
}


def roles_for(user: Any, deed: Deed) -> list[Role]:
    """The roles in which ``user`` may do ``deed`` here, the longest reach first; none for who may not read the cases of others."""
    if not may_read_queue(user):
        return []
    able = [role for role in reversed(Role) if role in roles_of(user) and may(frozenset({role}), deed)]
    return sorted(able, key=lambda role: Scope.ALL not in may(frozenset({role}), deed))


def refusal_of(deed: Deed) -> str:
    """Why somebody may not, in words."""
    return {
        Deed.READ_CASE: _("Your account has no role in the queue. Whoever manages people can give you one."),
        Deed.WORK_CASE: _("Analysts take cases; your account has another role."),
        Deed.REASSIGN_CASE: _("A case is handed on by who holds it, or by an approver."),
        Deed.ADD_EVIDENCE: _("Agents and analysts put evidence before a case; your account has another role."),
        Deed.SET_STAFFING: _("Who leads the team says who works."),
        Deed.TRUST_SUBJECT: _("Analysts and approvers speak of trust."),
        Deed.MARK_REASON: _("Analysts and approvers judge reasons."),
        Deed.REVIEW_BLIND: _("Analysts judge a second time."),
        Deed.ADJUDICATE_REVIEW: _("Who leads the team looks at two judgements."),
        Deed.MANAGE_PEOPLE: _("Approvers confirm roles."),
        Deed.KEEP_OWN: _("Your role keeps nothing of its own here."),
        Deed.LEAVE_NOTE: _("Your role reads cases and leaves no word in them."),
    }.get(deed, _("Your role may not do this."))
