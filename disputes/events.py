"""What can happen to a case: the names of the steps, and of the notes that move no case."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """A step of the process. From one status one event leads to one status."""

    OPEN = "open"
    ACCEPT = "accept"
    REJECT = "reject"
    MERGE_DUPLICATE = "merge_duplicate"
    NEW_MATERIAL = "new_material"
    EXPIRE = "expire"
    REQUEST_EVIDENCE = "request_evidence"
    START_REVIEW = "start_review"
    OFFER_NEGOTIATION = "offer_negotiation"
    CLOSE_EVIDENCE = "close_evidence"
    START_TALKS = "start_talks"
    TO_MEDIATION = "to_mediation"
    PROPOSE_DECISION = "propose_decision"
    PROPOSE_FALSE_POSITIVE = "propose_false_positive"
    SETTLE = "settle"
    FAIL = "fail"
    WITHDRAW = "withdraw"
    TO_THIRD_PARTY = "to_third_party"
    HAND_TO_PLATFORM = "hand_to_platform"
    DRAFT_AWARD = "draft_award"
    APPROVE = "approve"
    RETURN = "return"
    RETURN_AWARD = "return_award"
    APPEAL = "appeal"
    ENFORCE = "enforce"
    NO_ACTION = "no_action"
    UPHOLD = "uphold"
    REVERSE = "reverse"
    TO_ARBITRATION = "to_arbitration"
    CONFIRM_ACTIONS = "confirm_actions"
    ACTION_FAILED = "action_failed"
    CLOSE = "close"
    REOPEN = "reopen"
    TO_LEGAL = "to_legal"
    RECEIVE_JUDGMENT = "receive_judgment"
    RESUME = "resume"


class Note(StrEnum):
    """An entry in a case's history that leaves its status alone."""

    ALERTS_JOINED = "alerts_joined"
    CLAIMED = "claimed"
    RENEWED = "renewed"
    TAKEN_OVER = "taken_over"
    RELEASED = "released"
    REASSIGNED = "reassigned"
    PAUSED = "paused"
    RESUMED = "resumed"
    ESCALATED = "escalated"
    SPLIT = "split"
    NOTED = "noted"
    EVIDENCE_ADDED = "evidence_added"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    JUDGMENT_SIGNED = "judgment_signed"
    REVEALED = "revealed"
    TRUST_PROPOSED = "trust_proposed"
    TRUSTED = "trusted"
    TRUST_ENDED = "trust_ended"
    REASON_MARKED = "reason_marked"
    LOOKED_AT_AGAIN = "looked_at_again"
    ADJUDICATED = "adjudicated"
    HANDED_OVER = "handed_over"
    SNOOZED = "snoozed"
    WOKEN = "woken"


#: Steps that put a decision before a second person.
PROPOSALS: frozenset[Event] = frozenset(
    {Event.PROPOSE_DECISION, Event.PROPOSE_FALSE_POSITIVE, Event.HAND_TO_PLATFORM, Event.DRAFT_AWARD, Event.REVERSE}
)

#: Steps that make, check or review a decision: who took one is no fresh eye afterwards.
DECIDING: frozenset[Event] = PROPOSALS | {Event.APPROVE, Event.RETURN, Event.RETURN_AWARD, Event.UPHOLD, Event.RECEIVE_JUDGMENT}

#: Steps that end a case without anybody judging its members.
UNJUDGED_ENDS: frozenset[Event] = frozenset({Event.REJECT, Event.MERGE_DUPLICATE, Event.SETTLE, Event.WITHDRAW})

#: Steps after which an earlier proposal or decision no longer stands.
RESTARTS: frozenset[Event] = frozenset(
    {Event.NEW_MATERIAL, Event.RETURN, Event.RETURN_AWARD, Event.TO_ARBITRATION, Event.ACTION_FAILED, Event.REOPEN, Event.RESUME}
)
