"""The fifty-six rows of the process: from which status, by which event, to which status, by whom, under which conditions."""

from __future__ import annotations

from dataclasses import dataclass

from fairdeal.disputes import guards as g
from fairdeal.disputes.events import Event as E
from fairdeal.disputes.guards import Guard
from fairdeal.disputes.roles import Role as R
from fairdeal.disputes.roles import Skill
from fairdeal.disputes.statuses import CaseStatus as S


@dataclass(frozen=True)
class Transition:
    """One row of the process.

    Parameters
    ----------
    source
        None for the opening of a case.
    event, target
        What happens, and where it leads.
    who
        Roles that may do it.
    guards
        Conditions, all of which must hold; the first that does not is the one reported.
    skill
        What the actor must be able to do beyond the role.
    """

    source: S | None
    event: E
    target: S
    who: tuple[R, ...]
    guards: tuple[Guard, ...] = ()
    skill: Skill | None = None


_PARTIES = (R.BUYER, R.MERCHANT)
_PROPOSAL = (g.reasoned, g.evidenced, g.proposable, g.findings_fit)

#: What somebody asks for who does not sign in here is written down by these. Who writes down a request to reopen a case agrees to it.
BROUGHT_IN: dict[E, tuple[R, ...]] = {
    E.REOPEN: (R.APPROVER,),
    **dict.fromkeys(
        (E.APPEAL, E.NEW_MATERIAL, E.START_TALKS, E.SETTLE, E.FAIL, E.WITHDRAW, E.TO_ARBITRATION, E.TO_LEGAL), (R.AGENT, R.APPROVER)
    ),
}
#: For whom something can be written down.
SPOKEN_FOR = (*_PARTIES, R.ANALYST)

#: The legal route stays open from these; it can never be closed off (法释〔2022〕8号, Art. 1(4)).
LEGAL_ROUTE_FROM = (
    S.NEW, S.ACCEPTED, S.EVIDENCE, S.INVESTIGATION, S.NEGOTIATION, S.MEDIATION, S.MEDIATION_EXT, S.ARBITRATION, S.DECIDED, S.APPEAL,
)  # fmt: skip

TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, E.OPEN, S.NEW, (R.PIPELINE, R.BUYER, R.MERCHANT, R.AGENT, R.ANALYST, R.OPERATOR), (g.no_other_open_case,)),
    Transition(S.NEW, E.ACCEPT, S.ACCEPTED, (R.AGENT, R.ANALYST)),
    Transition(S.NEW, E.REJECT, S.REJECTED, (R.AGENT,), (g.reasons_and_remedies, g.not_a_machine_block)),
    Transition(S.NEW, E.MERGE_DUPLICATE, S.CLOSED, (R.ANALYST,), (g.target_case,)),
    Transition(S.REJECTED, E.NEW_MATERIAL, S.NEW, _PARTIES, (g.in_window, g.no_other_open_case)),
    Transition(S.REJECTED, E.EXPIRE, S.CLOSED, (R.WORKER,), (g.window_over,)),
    Transition(S.ACCEPTED, E.REQUEST_EVIDENCE, S.EVIDENCE, (R.AGENT, R.ANALYST), (g.due_date_ahead,)),
    Transition(S.ACCEPTED, E.START_REVIEW, S.INVESTIGATION, (R.ANALYST,), (g.holds_case,)),
    Transition(S.ACCEPTED, E.OFFER_NEGOTIATION, S.NEGOTIATION, (R.AGENT,), (g.two_parties,)),
    Transition(S.EVIDENCE, E.CLOSE_EVIDENCE, S.INVESTIGATION, (R.WORKER, R.ANALYST), (g.evidence_done,)),
    Transition(S.EVIDENCE, E.START_TALKS, S.NEGOTIATION, _PARTIES),
    Transition(S.INVESTIGATION, E.REQUEST_EVIDENCE, S.EVIDENCE, (R.ANALYST,), (g.rounds_left, g.due_date_ahead)),
    Transition(S.INVESTIGATION, E.OFFER_NEGOTIATION, S.NEGOTIATION, (R.ANALYST,), (g.two_parties,)),
    Transition(S.INVESTIGATION, E.TO_MEDIATION, S.MEDIATION, (R.ANALYST, *_PARTIES), (g.two_parties, g.talks_tried)),
    Transition(S.INVESTIGATION, E.PROPOSE_DECISION, S.DECISION_PENDING, (R.ANALYST,), (*_PROPOSAL, g.confirms_or_decides)),
    Transition(S.INVESTIGATION, E.PROPOSE_FALSE_POSITIVE, S.DECISION_PENDING, (R.ANALYST,), (g.reasoned, g.findings_fit)),
    Transition(S.NEGOTIATION, E.SETTLE, S.ENFORCING, _PARTIES, (g.both_agree, g.document)),
    Transition(S.NEGOTIATION, E.FAIL, S.MEDIATION, (*_PARTIES, R.WORKER), (g.silence_passed,)),
    Transition(S.NEGOTIATION, E.WITHDRAW, S.FEEDBACK, _PARTIES, (g.by_claimant,)),
    Transition(S.MEDIATION, E.SETTLE, S.ENFORCING, (*_PARTIES, R.MEDIATOR), (g.both_agree, g.mediator_agrees, g.document)),
    Transition(S.MEDIATION, E.TO_THIRD_PARTY, S.MEDIATION_EXT, (R.MEDIATOR,), (g.both_agree,)),
    Transition(S.MEDIATION, E.FAIL, S.ARBITRATION, _PARTIES, (g.arbitration_agreed,)),
    Transition(S.MEDIATION, E.HAND_TO_PLATFORM, S.DECISION_PENDING, (R.MEDIATOR,), (g.neutral_hands_over, *_PROPOSAL)),
    Transition(S.MEDIATION, E.WITHDRAW, S.FEEDBACK, _PARTIES, (g.by_claimant,)),
    Transition(S.MEDIATION_EXT, E.SETTLE, S.ENFORCING, (R.AGENT,)),
    Transition(S.MEDIATION_EXT, E.FAIL, S.ARBITRATION, _PARTIES, (g.arbitration_agreed,)),
    Transition(S.MEDIATION_EXT, E.HAND_TO_PLATFORM, S.DECISION_PENDING, (R.WORKER,), (g.neutral_hands_over, *_PROPOSAL)),
    Transition(S.ARBITRATION, E.DRAFT_AWARD, S.DECISION_PENDING, (R.ARBITRATOR,), (g.disclosed, g.independent, g.reasoned)),
    Transition(S.ARBITRATION, E.SETTLE, S.ENFORCING, _PARTIES, (g.both_agree,)),
    Transition(S.ARBITRATION, E.WITHDRAW, S.FEEDBACK, _PARTIES, (g.by_claimant,)),
    Transition(S.DECISION_PENDING, E.APPROVE, S.DECIDED, (R.APPROVER,), (g.second_eyes, g.within_limit, g.all_judged)),
    Transition(S.DECISION_PENDING, E.RETURN, S.INVESTIGATION, (R.APPROVER,), (g.second_eyes, g.not_award, g.commented)),
    Transition(S.DECISION_PENDING, E.RETURN_AWARD, S.ARBITRATION, (R.APPROVER,), (g.second_eyes, g.award_case, g.commented)),
    Transition(S.DECIDED, E.APPEAL, S.APPEAL, _PARTIES, (g.appeal_open, g.new_evidence, g.not_statutory)),
    Transition(S.DECIDED, E.ENFORCE, S.ENFORCING, (R.WORKER,), (g.time_to_enforce,)),
    Transition(S.DECIDED, E.NO_ACTION, S.FEEDBACK, (R.WORKER,), (g.nothing_to_enforce,)),
    Transition(S.APPEAL, E.UPHOLD, S.ENFORCING, (R.APPROVER,), (g.fresh_reviewer, g.reasoned), Skill.APPEAL_REVIEW),
    Transition(S.APPEAL, E.REVERSE, S.DECISION_PENDING, (R.APPROVER,), (g.fresh_reviewer, *_PROPOSAL), Skill.APPEAL_REVIEW),
    Transition(S.APPEAL, E.TO_ARBITRATION, S.ARBITRATION, _PARTIES),
    Transition(S.ENFORCING, E.CONFIRM_ACTIONS, S.FEEDBACK, (R.WORKER,), (g.all_confirmed,)),
    Transition(S.ENFORCING, E.ACTION_FAILED, S.INVESTIGATION, (R.WORKER,), (g.gave_up,)),
    Transition(S.FEEDBACK, E.CLOSE, S.CLOSED, (R.WORKER,), (g.parties_told,)),
    Transition(
        S.CLOSED,
        E.REOPEN,
        S.INVESTIGATION,
        (*_PARTIES, R.ANALYST),
        (g.in_window, g.reopenable, g.new_evidence, g.second_person_agrees, g.no_other_open_case),
    ),
    *(Transition(source, E.TO_LEGAL, S.LEGAL, _PARTIES) for source in LEGAL_ROUTE_FROM),
    Transition(S.LEGAL, E.RECEIVE_JUDGMENT, S.ENFORCING, (R.APPROVER,), (g.document, g.second_person_agrees), Skill.LEGAL),
    Transition(S.LEGAL, E.RESUME, S.INVESTIGATION, (R.WORKER,)),
    Transition(S.LEGAL, E.SETTLE, S.ENFORCING, _PARTIES, (g.both_agree,)),
)

ROWS: dict[tuple[S | None, E], Transition] = {(row.source, row.event): row for row in TRANSITIONS}
