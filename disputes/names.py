"""What the console calls the things that are stored as codes: one word per code, in the language that is active."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import TYPOLOGIES, Detector, Typology
from fairdeal.disputes.clocks import PauseReason
from fairdeal.disputes.domain import AT_REST, STATUSES, CaseStatus, Event, Finding, Note, Role, Skill
from fairdeal.disputes.models import in_language
from fairdeal.disputes.statuses import ActionState


def kind_text(kind: str) -> str:
    """What kind of thing a subject is."""
    kinds = {
        "payment": _("payment"),
        "order": _("order"),
        "review": _("review"),
        "merchant": _("merchant"),
        "account": _("account"),
        "instrument": _("instrument"),
        "device": _("device"),
        "network": _("network"),
    }
    return kinds.get(kind, kind)


def typology_text(typology: str) -> str:
    """The kind of cheat that is suspected."""
    if typology not in set(Typology):
        return typology
    facts = TYPOLOGIES[Typology(typology)]
    return in_language(facts.zh, facts.en)


def pause_text(reason: str) -> str:
    """Why a case's clocks stand still."""
    reasons = {
        PauseReason.PARTIES_TALK.value: _("the parties talk on their own"),
        PauseReason.COURT_ANNOUNCED.value: _("court or police announced"),
        PauseReason.POLICE_ACCEPTED.value: _("with the police"),
        PauseReason.EXPERT_TEST.value: _("expert testing"),
        PauseReason.NEUTRAL_CHALLENGED.value: _("mediator or arbitrator challenged"),
        PauseReason.WAITING_FOR_PARTY.value: _("waiting for a party"),
    }
    return reasons.get(reason, reason)


def detector_text(detector: str) -> str:
    """Who raised an alert."""
    return {Detector.PAYMENTS.value: _("payments"), Detector.DEALS.value: _("deals"), Detector.REVIEWS.value: _("reviews")}.get(
        detector, detector
    )


def chosen_by_text(chosen_by: str) -> str:
    """Why somebody is asked to look at this one."""
    texts = {
        "expected_loss": _("by expected loss"),
        "audit_sample": _("random audit sample"),
        "unusual": _("unusual, in a way not known yet"),
    }
    return texts.get(chosen_by, chosen_by)


def action_text(action: str) -> str:
    """A measure, as the policy knows it."""
    actions = {
        Action.ALLOW.value: _("let pass"),
        Action.CONFIRM.value: _("ask to confirm"),
        Action.STEP_UP.value: _("verify identity"),
        Action.HOLD.value: _("hold"),
        Action.BLOCK.value: _("block"),
    }
    return actions.get(action, action)


def status_text(status: str) -> str:
    """Where a case is; nothing for a case that was not there yet."""
    if status not in set(CaseStatus):
        return status
    facts = STATUSES[CaseStatus(status)]
    return in_language(facts.zh, facts.en)


def tone_of(status: str) -> str:
    """In which tone a status is shown: what waits for somebody stands out, what is at rest does not."""
    if status == CaseStatus.NEW:
        return "new"
    if status == CaseStatus.DECISION_PENDING:
        return "waiting"
    return "rest" if status in AT_REST else "active"


def finding_texts() -> dict[str, str]:
    """What a member can be found to be."""
    return {Finding.FRAUD.value: _("fraud"), Finding.HONEST.value: _("honest"), Finding.UNDECIDED.value: _("not judged")}


def role_texts() -> dict[str, str]:
    """In which capacity people and programs act."""
    return {
        Role.BUYER.value: _("buyer"),
        Role.MERCHANT.value: _("merchant"),
        Role.AGENT.value: _("service agent"),
        Role.ANALYST.value: _("analyst"),
        Role.APPROVER.value: _("approver"),
        Role.MEDIATOR.value: _("mediator"),
        Role.ARBITRATOR.value: _("arbitrator"),
        Role.OPERATOR.value: _("operator"),
        Role.EDITOR.value: _("editor"),
        Role.AUDITOR.value: _("auditor"),
        Role.ADMIN.value: _("administrator"),
        Role.PIPELINE.value: _("program"),
        Role.WORKER.value: _("system"),
    }


def skill_texts() -> dict[str, str]:
    """What approvers and analysts can do beyond their role."""
    return {
        Skill.APPEAL_REVIEW.value: _("approver: decides about appeals"),
        Skill.LEGAL.value: _("approver: courts and authorities"),
        Skill.SECOND_LEVEL.value: _("analyst: second level"),
    }


def role_text(role: str) -> str:
    return (role_texts() | skill_texts()).get(role, role)


def action_state_text(state: str) -> str:
    """Where a measure is that a decision asked for."""
    states = {
        ActionState.WAITING.value: _("waiting to be carried out"),
        ActionState.SENT.value: _("sent, no answer yet"),
        ActionState.DONE.value: _("carried out"),
        ActionState.FAILED.value: _("not carried out"),
    }
    return states.get(state, state)


def event_texts() -> dict[str, str]:
    """Everything that can happen to a case, as the history tells it."""
    return {
        Note.ALERTS_JOINED.value: _("alerts joined"),
        Note.CLAIMED.value: _("taken"),
        Note.RENEWED.value: _("kept longer"),
        Note.TAKEN_OVER.value: _("taken over"),
        Note.RELEASED.value: _("given back"),
        Note.REASSIGNED.value: _("handed over"),
        Note.PAUSED.value: _("clocks stopped"),
        Note.RESUMED.value: _("goes on"),
        Note.NOTED.value: _("word left"),
        Note.EVIDENCE_ADDED.value: _("evidence added"),
        Note.EVIDENCE_WITHDRAWN.value: _("evidence withdrawn"),
        Note.JUDGMENT_SIGNED.value: _("judgment entered, waits for a second person"),
        Note.REVEALED.value: _("personal data shown"),
        Note.SPLIT.value: _("members taken out"),
        Note.TRUST_PROPOSED.value: _("trust asked for"),
        Note.TRUSTED.value: _("put on the trust-list"),
        Note.TRUST_ENDED.value: _("trust withdrawn"),
        Note.REASON_MARKED.value: _("a reason was judged"),
        Note.LOOKED_AT_AGAIN.value: _("judged again, blind"),
        Note.ADJUDICATED.value: _("said which judgement holds"),
        Note.HANDED_OVER.value: _("handed over at the end of a shift"),
        Note.SNOOZED.value: _("put aside"),
        Note.WOKEN.value: _("woken"),
        Note.ESCALATED.value: _("a senior was called"),
        Event.OPEN.value: _("opened"),
        Event.ACCEPT.value: _("accepted"),
        Event.REJECT.value: _("rejected"),
        Event.MERGE_DUPLICATE.value: _("merged with another case"),
        Event.NEW_MATERIAL.value: _("new material came"),
        Event.EXPIRE.value: _("time ran out"),
        Event.REQUEST_EVIDENCE.value: _("evidence asked for"),
        Event.START_REVIEW.value: _("review started"),
        Event.OFFER_NEGOTIATION.value: _("talks offered"),
        Event.CLOSE_EVIDENCE.value: _("evidence complete"),
        Event.START_TALKS.value: _("talks started"),
        Event.TO_MEDIATION.value: _("sent to mediation"),
        Event.PROPOSE_DECISION.value: _("decision proposed"),
        Event.PROPOSE_FALSE_POSITIVE.value: _("false positive proposed"),
        Event.SETTLE.value: _("settled"),
        Event.FAIL.value: _("talks failed"),
        Event.WITHDRAW.value: _("withdrawn"),
        Event.TO_THIRD_PARTY.value: _("sent to a third party"),
        Event.HAND_TO_PLATFORM.value: _("handed to the platform"),
        Event.DRAFT_AWARD.value: _("award drafted"),
        Event.APPROVE.value: _("approved"),
        Event.RETURN.value: _("returned"),
        Event.RETURN_AWARD.value: _("award returned"),
        Event.APPEAL.value: _("appealed"),
        Event.ENFORCE.value: _("carrying out began"),
        Event.NO_ACTION.value: _("nothing to carry out"),
        Event.UPHOLD.value: _("appeal dismissed"),
        Event.REVERSE.value: _("appeal held"),
        Event.TO_ARBITRATION.value: _("sent to arbitration"),
        Event.CONFIRM_ACTIONS.value: _("carried out"),
        Event.ACTION_FAILED.value: _("carrying out failed"),
        Event.CLOSE.value: _("closed"),
        Event.REOPEN.value: _("reopened"),
        Event.TO_LEGAL.value: _("sent to a court or authority"),
        Event.RECEIVE_JUDGMENT.value: _("judgment received"),
        Event.RESUME.value: _("resumed"),
    }


def hand_text(what: str) -> str:
    """What somebody did with a file of evidence."""
    hands = {"put": _("put before the case"), "read": _("read"), "packed": _("packed"), "withdrawn": _("withdrawn")}
    return hands.get(what, what)


def visibility_text(visibility: str) -> str:
    """For whom a file of evidence is meant."""
    return {"staff": _("staff only"), "parties": _("the parties too")}.get(visibility, visibility)


def account_event_text(event: str) -> str:
    """What was done about a person's account."""
    events = {
        "second_factor_enrolled": _("second factor set up"),
        "recovery_code_used": _("recovery code used"),
        "second_factor_reset": _("second factor taken away"),
        "roles_asked": _("roles asked for"),
        "roles_granted": _("roles given"),
        "roles_refused": _("roles not given"),
        "roles_taken": _("roles taken away"),
    }
    return events.get(event, event)


def event_text(event: str) -> str:
    return event_texts().get(event, event)
