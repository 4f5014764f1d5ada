"""What each operation of the API is in the table of rights. An operation without a row here is open to nobody."""

from __future__ import annotations

from fairdeal.disputes.domain import Deed, Role, Scope, may

#: Below this the API's own addresses begin.
PREFIX = "api/v1/"

#: Scopes under which an operation serves somebody. People with a narrower reach, as a buyer has to the own case, are not served here.
_WHOLE = frozenset({Scope.ALL, Scope.MASKED, Scope.NOT_OWN})

#: Method and address of every operation, and the deed it is. A step of the process is open to who may read the queue, as in the console:
#: who may take which stands in the table of transitions.
DEEDS: dict[str, Deed] = {
    "GET cases": Deed.READ_CASE,
    "GET cases/{case_id}": Deed.READ_CASE,
    "POST cases/next": Deed.WORK_CASE,
    "POST cases/{case_id}/claim": Deed.WORK_CASE,
    "POST cases/{case_id}/release": Deed.WORK_CASE,
    "POST cases/{case_id}/notes": Deed.LEAVE_NOTE,
    "POST cases/{case_id}/evidence": Deed.ADD_EVIDENCE,
    "POST cases/{case_id}/files": Deed.ADD_EVIDENCE,
    "GET cases/{case_id}/evidence/{evidence_id}/file": Deed.READ_CASE,
    "POST cases/{case_id}/evidence/{evidence_id}/withdraw": Deed.ADD_EVIDENCE,
    "POST cases/{case_id}/split": Deed.WORK_CASE,
    "POST cases/{case_id}/steps": Deed.READ_CASE,
    "POST cases/{case_id}/propose": Deed.PROPOSE_DECISION,
    "POST cases/{case_id}/approve": Deed.APPROVE_DECISION,
    "POST cases/{case_id}/return": Deed.APPROVE_DECISION,
    "POST cases/{case_id}/appeal": Deed.READ_CASE,
    "POST cases/{case_id}/uphold": Deed.APPROVE_DECISION,
    "POST cases/{case_id}/reverse": Deed.APPROVE_DECISION,
    "POST cases/{case_id}/reopen": Deed.READ_CASE,
    "POST cases/{case_id}/judgment": Deed.APPROVE_DECISION,
    "POST complaints": Deed.OPEN_CASE,
    "GET audit/head": Deed.READ_AUDIT,
    "GET audit/verification": Deed.READ_AUDIT,
    "GET audit/cases/{case_id}": Deed.READ_AUDIT,
}


def roles_for(roles: frozenset[Role], deed: Deed) -> list[Role]:
    """Those of ``roles`` in which somebody may do ``deed`` here, in the order of `Role`."""
    return [role for role in Role if role in roles and may(frozenset({role}), deed) & _WHOLE]


def who_may(deed: Deed) -> list[Role]:
    """All roles that may do ``deed`` here."""
    return roles_for(frozenset(Role), deed)
