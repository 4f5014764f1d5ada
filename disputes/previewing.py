"""What a proposal would lead to, before it is made: measures, lifts, labels, and who is concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from fairdeal.data_contracts.confirmed import CONFIRMED_DAYS
from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.case_facts import facts_of, member_findings, proposed_by
from fairdeal.disputes.domain import CaseStatus, Event, Finding, Refusal, Role, allowed, label_for
from fairdeal.disputes.given import read_given
from fairdeal.disputes.measures import lifted_by, measures_of
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseAlert, CaseMember
from fairdeal.disputes.names import action_text, finding_texts, kind_text
from fairdeal.disputes.refused import RefusedChange, refuse

#: So many of each list are told one by one.
SHOWN = 50


@dataclass(frozen=True)
class Preview:
    """What follows once a second person approves.

    Parameters
    ----------
    measures
        What is done, on what kind of thing, and which.
    lifted
        On whom no measure stays: kind and id.
    findings
        What members are found to be, and how many.
    taught
        How many labels of fraud and of honesty the models learn from.
    accounts, merchants
        Of the members that are judged, sorted.
    """

    outcome: str
    measures: tuple[tuple[str, str, str], ...]
    lifted: tuple[tuple[str, str], ...]
    findings: tuple[tuple[str, int], ...]
    taught: tuple[int, int]
    accounts: tuple[str, ...]
    merchants: tuple[str, ...]
    days: int
    is_posted: bool


def preview_of(
    case: Case, event: Event, *, actor: str, role: Role, skills: Sequence[str], data: Mapping[str, Any], at: datetime
) -> Preview:
    """What the proposal ``event`` with ``data`` would lead to; nothing is changed.

    Raises
    ------
    RefusedChange
        When the proposal itself would be refused, with the same words.
    """
    where = f"case {case.case_id}"
    given = read_given(where, {**data, "skills": list(skills)})
    members = list(CaseMember.objects.filter(case=case).order_by("pk"))
    facts = facts_of(case, members, event, actor=actor, role=role, at=at, given=given)
    outcome = allowed(CaseStatus(case.status), event, role, facts)
    if isinstance(outcome, Refusal):
        raise RefusedChange(where, outcome)
    code = proposed_by(event, given)
    if code is None:
        raise refuse(where, "bad_data", "no outcome is given", "a proposal has an outcome", "choose one")
    findings = member_findings(case, members, code, given)
    judged = [key for key, finding in findings.items() if finding is not Finding.UNDECIDED]
    labels = [label_for(code, CaseType(case.case_type), finding) for finding in findings.values()]
    concerned = [alert for alert in CaseAlert.objects.filter(case=case).select_related("member") if alert.member.key in set(judged)]
    return Preview(
        outcome=str(CLOSE_CODE_TEXTS[code]),
        measures=tuple((action_text(m["kind"]), *_told(m["target"])) for m in measures_of(case, code, findings)),
        lifted=tuple(_told(target) for target in lifted_by(case, code, findings)),
        findings=tuple((finding_texts()[finding.value], count) for finding, count in Counter(findings.values()).most_common()),
        taught=(labels.count(True), labels.count(False)),
        accounts=tuple(sorted({alert.account_id for alert in concerned} - {""})),
        merchants=tuple(sorted({alert.merchant_id for alert in concerned} - {""})),
        days=CONFIRMED_DAYS,
        is_posted=settings.ACTIONS_ELSEWHERE,
    )


def _told(target: str) -> tuple[str, str]:
    kind, _, subject = target.partition(":")
    return kind_text(kind), subject
