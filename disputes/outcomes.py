"""What a case was found to be, and what that teaches the models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType
from fairdeal.disputes.events import Event


class CloseCode(StrEnum):
    """How a case ended."""

    SETTLED = "settled"
    DECIDED_FOR_BUYER = "decided_for_buyer"
    DECIDED_FOR_MERCHANT = "decided_for_merchant"
    DECIDED_SPLIT = "decided_split"
    ACTION_CONFIRMED = "action_confirmed"
    FALSE_POSITIVE = "false_positive"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    AWARD = "award"
    JUDGMENT = "judgment"


class Finding(StrEnum):
    """What one member of a case was found to be, for the typology it was flagged for."""

    FRAUD = "fraud"
    HONEST = "honest"
    UNDECIDED = "undecided"


class LabelRule(StrEnum):
    """How a close code speaks of the flagged subjects."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    BY_FINDING = "by_finding"  # who won says nothing; only what was found about the flagged typology counts
    NONE = "none"


_RULE_OF_CLOSE_CODE: dict[CloseCode, LabelRule] = {
    CloseCode.ACTION_CONFIRMED: LabelRule.POSITIVE,
    CloseCode.FALSE_POSITIVE: LabelRule.NEGATIVE,
    CloseCode.DECIDED_FOR_BUYER: LabelRule.BY_FINDING,
    CloseCode.DECIDED_FOR_MERCHANT: LabelRule.BY_FINDING,
    CloseCode.DECIDED_SPLIT: LabelRule.BY_FINDING,
    CloseCode.AWARD: LabelRule.BY_FINDING,
    CloseCode.JUDGMENT: LabelRule.BY_FINDING,
    CloseCode.SETTLED: LabelRule.NONE,
    CloseCode.WITHDRAWN: LabelRule.NONE,
    CloseCode.REJECTED: LabelRule.NONE,
    CloseCode.DUPLICATE: LabelRule.NONE,
}

#: Close codes under which somebody judged the members.
JUDGED: frozenset[CloseCode] = frozenset(code for code, rule in _RULE_OF_CLOSE_CODE.items() if rule is not LabelRule.NONE)

#: Case types that some typology opens. The others (not received, not as described, an appeal) accuse nobody of a cheat that a
#: detector hunts: a merchant who loses one has disappointed a buyer, not defrauded anybody.
HUNTED: frozenset[CaseType] = frozenset(facts.case_type for facts in TYPOLOGIES.values())

#: The one table: every close code and case type, and how they speak.
LABEL_RULES: dict[tuple[CloseCode, CaseType], LabelRule] = {
    (code, case_type): rule if case_type in HUNTED else LabelRule.NONE
    for code, rule in _RULE_OF_CLOSE_CODE.items()
    for case_type in CaseType
}


def label_for(close_code: CloseCode, case_type: CaseType, finding: Finding | None = None) -> bool | None:
    """What a closed case says about one flagged subject.

    Parameters
    ----------
    close_code
        How the case ended.
    case_type
        What the case was about.
    finding
        What this member was found to be; None where nothing was recorded for it and the close code speaks for all.

    Returns
    -------
    bool or None
        True: fraud. False: honest. None: the case teaches nothing about this subject.

    Notes
    -----
    A member's own finding outranks a case's close code: in a confirmed ring a member found honest is honest, and one nobody
    judged stays unlabelled. A false positive with a member found fraudulent contradicts itself and teaches nothing.
    """
    rule = LABEL_RULES[CloseCode(close_code), CaseType(case_type)]
    if rule is LabelRule.NONE or finding is Finding.UNDECIDED:
        return None
    if rule is LabelRule.NEGATIVE:
        return None if finding is Finding.FRAUD else False
    if finding is None:
        return True if rule is LabelRule.POSITIVE else None
    return Finding(finding) is Finding.FRAUD


#: Close codes that a person may propose. The rest follow from what happened.
PROPOSABLE: frozenset[CloseCode] = frozenset(
    {
        CloseCode.ACTION_CONFIRMED,
        CloseCode.FALSE_POSITIVE,
        CloseCode.DECIDED_FOR_BUYER,
        CloseCode.DECIDED_FOR_MERCHANT,
        CloseCode.DECIDED_SPLIT,
    }
)

#: The close code that an event brings by itself.
CLOSE_CODE_OF_EVENT: dict[Event, CloseCode] = {
    Event.REJECT: CloseCode.REJECTED,
    Event.MERGE_DUPLICATE: CloseCode.DUPLICATE,
    Event.PROPOSE_FALSE_POSITIVE: CloseCode.FALSE_POSITIVE,
    Event.SETTLE: CloseCode.SETTLED,
    Event.WITHDRAW: CloseCode.WITHDRAWN,
    Event.DRAFT_AWARD: CloseCode.AWARD,
    Event.RECEIVE_JUDGMENT: CloseCode.JUDGMENT,
}


def findings_of(close_code: CloseCode, members: Iterable[str], given: Mapping[str, Finding] | None) -> dict[str, Finding]:
    """A finding for every member of the case.

    Parameters
    ----------
    close_code
        What is proposed.
    members
        Keys of the case's members.
    given
        What the maker found, by member key. None: the close code speaks for all members alike. A member left out of a given
        mapping was not judged.
    """
    if given is None:
        rule = _RULE_OF_CLOSE_CODE[close_code]
        for_all = {LabelRule.POSITIVE: Finding.FRAUD, LabelRule.NEGATIVE: Finding.HONEST}.get(rule, Finding.UNDECIDED)
        return dict.fromkeys(members, for_all)
    return {member: given.get(member, Finding.UNDECIDED) for member in members}
