"""Who may do what: the roles of the dispute queue and the one table of their rights."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """In which capacity somebody acts.

    Checker, appeal reviewer, legal officer and director are approvers with that skill; an external body's message is imported
    by an agent; the claimant is the party who opened the case.
    """

    BUYER = "buyer"
    MERCHANT = "merchant"
    AGENT = "agent"
    ANALYST = "analyst"
    APPROVER = "approver"
    MEDIATOR = "mediator"
    ARBITRATOR = "arbitrator"
    OPERATOR = "operator"
    EDITOR = "editor"
    AUDITOR = "auditor"
    ADMIN = "admin"
    PIPELINE = "pipeline"
    WORKER = "worker"  # the system itself: what falls due, what was carried out


class Skill(StrEnum):
    """What an approver or analyst may do beyond the plain role."""

    APPEAL_REVIEW = "appeal_review"
    LEGAL = "legal"
    SECOND_LEVEL = "second_level"


#: Whose people sign in with a second factor: they approve, audit or manage accounts.
SECOND_FACTOR: frozenset[Role] = frozenset({Role.APPROVER, Role.AUDITOR, Role.ADMIN})

#: The sides of a dispute.
PARTIES: frozenset[Role] = frozenset({Role.BUYER, Role.MERCHANT})


class Deed(StrEnum):
    """What the table of rights speaks of."""

    OPEN_CASE = "open_case"
    READ_CASE = "read_case"
    WORK_CASE = "work_case"  # take it, stop its clocks, take members out
    REASSIGN_CASE = "reassign_case"
    LEAVE_NOTE = "leave_note"
    ADD_EVIDENCE = "add_evidence"
    PROPOSE_DECISION = "propose_decision"
    APPROVE_DECISION = "approve_decision"
    REVEAL_CONTACT = "reveal_contact"
    PUBLISH_CASE = "publish_case"
    SET_SURGE_LEVEL = "set_surge_level"
    CHANGE_RULES = "change_rules"
    MANAGE_PEOPLE = "manage_people"
    READ_AUDIT = "read_audit"
    SET_STAFFING = "set_staffing"
    TRUST_SUBJECT = "trust_subject"  # put a subject on the trust-list after a false positive
    MARK_REASON = "mark_reason"  # say that a reason is wrong
    REVIEW_BLIND = "review_blind"  # judge a closed case a second time without knowing the first
    ADJUDICATE_REVIEW = "adjudicate_review"  # say which of two judgements holds
    KEEP_OWN = "keep_own"  # filters, drafts, macros and cases followed
    SHARE_WITH_TEAM = "share_with_team"  # filters and macros for all
    CHANGE_HISTORY = "change_history"  # edit or delete audit, evidence, decisions: nobody


class Scope(StrEnum):
    """How far a right reaches. A role without an entry has none."""

    ALL = "all"
    OWN = "own"  # the person's own orders, cases or evidence; cases that the person holds
    MASKED = "masked"  # the queue, personal data masked
    SUMMARY = "summary"
    PUBLISHED = "published"  # approved text only
    LOGGED = "logged"  # with a reason, and the look is recorded
    NOT_OWN = "not_own"  # anything but what the person made
    SETTLEMENT = "settlement"  # settlements only
    AWARD = "award"  # awards only
    URGENT_HOLD = "urgent_hold"  # holds that cannot wait only
    PROPOSE = "propose"  # takes effect when somebody else approves


_S, _R = Scope, Role

RIGHTS: dict[Deed, dict[Role, Scope]] = {
    Deed.OPEN_CASE: {
        _R.BUYER: _S.OWN, _R.MERCHANT: _S.OWN, _R.AGENT: _S.ALL, _R.ANALYST: _S.ALL, _R.OPERATOR: _S.ALL, _R.PIPELINE: _S.ALL,
    },
    Deed.READ_CASE: {
        _R.BUYER: _S.OWN, _R.MERCHANT: _S.OWN, _R.AGENT: _S.MASKED, _R.ANALYST: _S.MASKED, _R.APPROVER: _S.ALL, _R.MEDIATOR: _S.OWN,
        _R.ARBITRATOR: _S.OWN, _R.OPERATOR: _S.SUMMARY, _R.EDITOR: _S.PUBLISHED, _R.AUDITOR: _S.MASKED,
    },
    Deed.WORK_CASE: {_R.ANALYST: _S.ALL},
    Deed.LEAVE_NOTE: {_R.AGENT: _S.ALL, _R.ANALYST: _S.ALL, _R.APPROVER: _S.ALL},
    Deed.REASSIGN_CASE: {_R.ANALYST: _S.OWN, _R.APPROVER: _S.ALL},
    Deed.ADD_EVIDENCE: {
        _R.BUYER: _S.OWN, _R.MERCHANT: _S.OWN, _R.AGENT: _S.ALL, _R.ANALYST: _S.ALL, _R.MEDIATOR: _S.OWN, _R.ARBITRATOR: _S.OWN,
        _R.PIPELINE: _S.ALL,
    },
    Deed.PROPOSE_DECISION: {
        _R.ANALYST: _S.ALL, _R.MEDIATOR: _S.SETTLEMENT, _R.ARBITRATOR: _S.AWARD, _R.OPERATOR: _S.URGENT_HOLD,
    },
    Deed.APPROVE_DECISION: {_R.APPROVER: _S.NOT_OWN},
    Deed.REVEAL_CONTACT: {_R.AGENT: _S.LOGGED, _R.ANALYST: _S.LOGGED, _R.APPROVER: _S.LOGGED},
    Deed.PUBLISH_CASE: {_R.APPROVER: _S.NOT_OWN, _R.EDITOR: _S.PROPOSE},
    Deed.SET_SURGE_LEVEL: {_R.APPROVER: _S.ALL, _R.OPERATOR: _S.PROPOSE},
    Deed.CHANGE_RULES: {_R.ANALYST: _S.PROPOSE, _R.APPROVER: _S.NOT_OWN, _R.ADMIN: _S.ALL},
    Deed.MANAGE_PEOPLE: {_R.APPROVER: _S.NOT_OWN, _R.ADMIN: _S.PROPOSE},
    Deed.READ_AUDIT: {_R.AUDITOR: _S.ALL},
    Deed.SET_STAFFING: {_R.APPROVER: _S.ALL},
    Deed.TRUST_SUBJECT: {_R.ANALYST: _S.PROPOSE, _R.APPROVER: _S.NOT_OWN},
    Deed.MARK_REASON: {_R.ANALYST: _S.ALL, _R.APPROVER: _S.ALL},
    Deed.REVIEW_BLIND: {_R.ANALYST: _S.NOT_OWN},
    Deed.ADJUDICATE_REVIEW: {_R.APPROVER: _S.NOT_OWN},
    Deed.KEEP_OWN: {_R.AGENT: _S.OWN, _R.ANALYST: _S.OWN, _R.APPROVER: _S.OWN},
    Deed.SHARE_WITH_TEAM: {_R.APPROVER: _S.ALL},
    Deed.CHANGE_HISTORY: {},
}  # fmt: skip


def may(roles: frozenset[Role], deed: Deed) -> frozenset[Scope]:
    """How far somebody with these ``roles`` may do ``deed``; empty when not at all."""
    return frozenset(RIGHTS[deed][role] for role in roles if role in RIGHTS[deed])


def same_person(one: str, other: str) -> bool:
    """Whether two account names mean one person; letter case and surrounding space do not make two people."""
    return one.strip().casefold() == other.strip().casefold()
