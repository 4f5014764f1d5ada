"""The conditions on steps, each a rule in words and the same rule in code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fairdeal.disputes.case_types import CASE_TYPES
from fairdeal.disputes.facts import Facts
from fairdeal.disputes.outcomes import PROPOSABLE, CloseCode, Finding
from fairdeal.disputes.roles import PARTIES, Role, Skill, same_person

#: A side that has not answered for this long lets the other side go on. The founding rules' own number.
SILENCE = timedelta(hours=24)
#: How often a case may go back for more evidence before a senior has to say so.
EVIDENCE_ROUNDS = 2
#: How often an action is tried before people have to look at it.
ACTION_ATTEMPTS = 3
#: Why a decision may be carried out at once.
ENFORCE_BECAUSE = ("window_over", "accepted", "urgent_measure")

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Guard:
    """One condition on a step.

    Parameters
    ----------
    name
        For code and tests.
    holds
        The condition; role and facts in, yes or no out.
    rule
        What is allowed, as a sentence.
    remedy
        What to do when it does not hold.
    """

    name: str
    holds: Callable[[Role, Facts], bool]
    rule: str
    remedy: str


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 in hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def _in_list(person: str, people: frozenset[str]) -> bool:
    return any(same_person(person, other) for other in people)


def _is_second(person: str, actor: str) -> bool:
    return bool(person.strip()) and not same_person(person, actor)


def _within_window(facts: Facts) -> bool:
    window = timedelta(days=CASE_TYPES[facts.case_type].window_days)
    return facts.entered_at is not None and facts.at <= facts.entered_at + window


def _silent_since(facts: Facts) -> bool:
    return facts.entered_at is not None and facts.at >= facts.entered_at + SILENCE


def _may_enforce(facts: Facts) -> bool:
    if facts.because == "window_over":
        return facts.appeal_until is not None and facts.at > facts.appeal_until
    return facts.because in ENFORCE_BECAUSE


def _findings_fit(facts: Facts) -> bool:
    found = set(facts.findings.values())
    if facts.proposed is CloseCode.FALSE_POSITIVE:
        return Finding.FRAUD not in found
    return facts.proposed is not CloseCode.ACTION_CONFIRMED or Finding.FRAUD in found


no_other_open_case = Guard(
    "no_other_open_case",
    lambda role, facts: facts.other_open_case is False,
    "one case of a type may be open about a subject",
    "work on the open case",
)
reasons_and_remedies = Guard(
    "reasons_and_remedies",
    lambda role, facts: bool(facts.reasons) and bool(facts.remedies),
    "a refusal states its reason and the other ways that stay open",
    "give reasons and remedies",
)
not_a_machine_block = Guard(
    "not_a_machine_block",
    lambda role, facts: facts.machine_block is False,
    "a block by a machine is always looked at by a human",
    "accept the case and review it",
)
target_case = Guard(
    "target_case",
    lambda role, facts: bool(facts.target_case_id),
    "a duplicate names the case it repeats",
    "give the other case's id",
)
in_window = Guard(
    "in_window",
    lambda role, facts: _within_window(facts),
    "this is possible only within the window of the case's type",
    "open a new case that names this one",
)
window_over = Guard(
    "window_over",
    lambda role, facts: facts.entered_at is not None and not _within_window(facts),
    "a refused case stays open for new material until its window is over",
    "wait until the window is over",
)
due_date_ahead = Guard(
    "due_date_ahead",
    lambda role, facts: facts.due_at is not None and facts.due_at > facts.at,
    "a request for evidence has a due date in the future",
    "give a due date",
)
rounds_left = Guard(
    "rounds_left",
    lambda role, facts: facts.evidence_rounds < EVIDENCE_ROUNDS or Skill.SECOND_LEVEL in facts.skills,
    "two rounds of evidence; further ones by the second level only",
    "decide on what there is, or ask the second level",
)
holds_case = Guard(
    "holds_case",
    lambda role, facts: facts.holder is not None and same_person(facts.holder, facts.actor),
    "only the analyst who holds a case reviews it",
    "take another case, or ask the holder to hand this one over",
)
two_parties = Guard(
    "two_parties",
    lambda role, facts: facts.parties >= PARTIES,
    "talks need two sides",
    "decide the case without talks",
)
talks_tried = Guard(
    "talks_tried",
    lambda role, facts: facts.negotiation_tried or (facts.opened_at is not None and facts.at >= facts.opened_at + SILENCE),
    "mediation comes after talks, or after 24 hours",
    "offer negotiation first",
)
evidence_done = Guard(
    "evidence_done",
    lambda role, facts: facts.evidence_complete or (facts.evidence_due_at is not None and facts.at >= facts.evidence_due_at),
    "evidence is closed when it is complete or its due date has passed",
    "wait for the due date, or say that it is complete",
)
reasoned = Guard(
    "reasoned",
    lambda role, facts: bool(facts.reasons) and all(reason.strip() for reason in facts.reasons),
    "a proposal gives its reasons",
    "say why",
)
evidenced = Guard(
    "evidenced",
    lambda role, facts: bool(facts.evidence_ids),
    "a proposal names the evidence it rests on",
    "name alerts or evidence",
)
proposable = Guard(
    "proposable",
    lambda role, facts: facts.proposed in PROPOSABLE,
    "one may propose action_confirmed, false_positive, decided_for_buyer, decided_for_merchant or decided_split",
    "choose one of these close codes",
)
confirms_or_decides = Guard(
    "confirms_or_decides",
    lambda role, facts: facts.proposed is not CloseCode.FALSE_POSITIVE,
    "a false positive is proposed by its own step, which releases holds",
    "use the step propose_false_positive",
)
findings_fit = Guard(
    "findings_fit",
    lambda role, facts: _findings_fit(facts),
    "a confirmed case has a member found fraudulent, a false positive has none",
    "correct the findings or choose the other outcome",
)
both_agree = Guard(
    "both_agree",
    lambda role, facts: facts.agreed_by >= PARTIES,
    "both sides agree",
    "record the consent of both sides",
)
mediator_agrees = Guard(
    "mediator_agrees",
    lambda role, facts: Role.MEDIATOR in facts.agreed_by,
    "the mediator signs the record",
    "record the mediator's signature",
)
document = Guard(
    "document",
    lambda role, facts: is_sha256(facts.document_sha256),
    "the signed document is fixed by its SHA-256",
    "give the document's hash, 64 hexadecimal digits",
)
silence_passed = Guard(
    "silence_passed",
    lambda role, facts: role is not Role.WORKER or _silent_since(facts),
    "talks fail by themselves only after 24 hours without an answer",
    "wait for the answer",
)
by_claimant = Guard(
    "by_claimant",
    lambda role, facts: facts.claimant is not None and role is facts.claimant,
    "only the side that opened the case withdraws it",
    "ask the claimant",
)
arbitration_agreed = Guard(
    "arbitration_agreed",
    lambda role, facts: facts.arbitration_agreed,
    "arbitration needs an agreement, or the platform's rule accepted",
    "record the agreement, or let the platform decide",
)
neutral_hands_over = Guard(
    "neutral_hands_over",
    lambda role, facts: (
        bool(facts.named_maker)
        and not _in_list(facts.named_maker, facts.mediators)
        and not (role is Role.MEDIATOR and same_person(facts.named_maker, facts.actor))
    ),
    "a person who did not mediate the case makes the decision",
    "name an analyst who did not mediate it",
)
independent = Guard(
    "independent",
    lambda role, facts: not _in_list(facts.actor, facts.analysts | facts.mediators),
    "the arbitrator was neither analyst nor mediator of the case",
    "appoint another arbitrator",
)
disclosed = Guard(
    "disclosed",
    lambda role, facts: facts.disclosure_signed and facts.challenge_open is False,
    "the arbitrator has signed the disclosure and no challenge is open",
    "sign the disclosure, or wait for the ruling",
)
second_eyes = Guard(
    "second_eyes",
    lambda role, facts: facts.maker is not None and not _in_list(facts.actor, frozenset({facts.maker, facts.proposer or facts.maker})),
    "a second person decides about a proposal, never its maker",
    "ask a colleague who may approve",
)
within_limit = Guard(
    "within_limit",
    lambda role, facts: facts.approval_limit_minor is None or facts.amount_minor <= facts.approval_limit_minor,
    "the amount is within the approver's limit",
    "ask an approver with a higher limit",
)
all_judged = Guard(
    "all_judged",
    lambda role, facts: facts.unjudged == 0,
    "the proposal speaks of every member of the case",
    "return it: members joined after it was made",
)
commented = Guard(
    "commented",
    lambda role, facts: bool(facts.comment.strip()),
    "a return says what is missing",
    "add a comment",
)
award_case = Guard(
    "award_case",
    lambda role, facts: facts.close_code is CloseCode.AWARD,
    "only an award goes back to the arbitrator",
    "return the proposal to the analyst",
)
not_award = Guard(
    "not_award",
    lambda role, facts: facts.close_code is not CloseCode.AWARD,
    "an award goes back to the arbitrator, for its form only",
    "use the step return_award",
)
appeal_open = Guard(
    "appeal_open",
    lambda role, facts: facts.appeal_until is not None and facts.at <= facts.appeal_until,
    "a decision can be appealed within its window",
    "the legal route stays open",
)
not_statutory = Guard(
    "not_statutory",
    lambda role, facts: not facts.is_statutory,
    "a statutory award is final",
    "the courts may be asked to set it aside",
)
new_evidence = Guard(
    "new_evidence",
    lambda role, facts: bool(facts.new_evidence),
    "new evidence is needed",
    "give evidence that was not known before",
)
told_why = Guard(
    "told_why",
    lambda role, facts: facts.on_behalf_of is None or bool("".join(facts.reasons).strip()),
    "who writes down what somebody else asks for says why they ask",
    "say why",
)
time_to_enforce = Guard(
    "time_to_enforce",
    lambda role, facts: _may_enforce(facts),
    "a decision is carried out when its window is over, the parties accept it, or the measure is urgent",
    "say because of which, and wait for the window",
)
nothing_to_enforce = Guard(
    "nothing_to_enforce",
    lambda role, facts: facts.actions == 0,
    "a case ends without enforcement when its decision asks for no action",
    "carry the actions out",
)
fresh_reviewer = Guard(
    "fresh_reviewer",
    lambda role, facts: bool(facts.deciders) and not _in_list(facts.actor, facts.deciders | facts.analysts),
    "an appeal is judged by somebody who took no part in the decision",
    "ask another reviewer",
)
all_confirmed = Guard(
    "all_confirmed",
    lambda role, facts: facts.unconfirmed_actions == 0,
    "every action has a receipt",
    "wait for the receipts",
)
gave_up = Guard(
    "gave_up",
    lambda role, facts: facts.attempts >= ACTION_ATTEMPTS,
    "an action has failed when three attempts failed",
    "try again",
)
parties_told = Guard(
    "parties_told",
    lambda role, facts: facts.untold_parties == 0,
    "every party has been told, or telling was tried three times",
    "send the notices",
)
second_person_agrees = Guard(
    "second_person_agrees",
    lambda role, facts: facts.on_behalf_of is not None or _is_second(facts.second_person, facts.actor),
    "a second person agrees, under their own name",
    "let another approver look at it",
)
reopenable = Guard(
    "reopenable",
    lambda role, facts: facts.close_code is not CloseCode.DUPLICATE and not facts.is_statutory,
    "neither a duplicate nor a statutory award is reopened",
    "open a new case that names this one",
)
