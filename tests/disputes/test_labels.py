"""What a closed case teaches."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType
from fairdeal.disputes.domain import LABEL_RULES, CloseCode, Finding, LabelRule, findings_of, label_for


def test_every_close_code_and_case_type_has_a_rule() -> None:
    assert set(LABEL_RULES) == set(itertools.product(CloseCode, CaseType))


@pytest.mark.parametrize("case_type", [facts.case_type for facts in TYPOLOGIES.values()])
def test_confirmed_is_positive_and_false_positive_negative_for_every_hunted_type(case_type: CaseType) -> None:
    assert label_for(CloseCode.ACTION_CONFIRMED, case_type) is True
    assert label_for(CloseCode.FALSE_POSITIVE, case_type) is False


@pytest.mark.parametrize("code", [CloseCode.SETTLED, CloseCode.WITHDRAWN, CloseCode.REJECTED, CloseCode.DUPLICATE])
def test_an_end_without_a_finding_teaches_nothing(code: CloseCode) -> None:
    for case_type, finding in itertools.product(CaseType, (None, *Finding)):
        assert label_for(code, case_type, finding) is None


@pytest.mark.parametrize(
    "code",
    [CloseCode.DECIDED_FOR_BUYER, CloseCode.DECIDED_FOR_MERCHANT, CloseCode.DECIDED_SPLIT, CloseCode.AWARD, CloseCode.JUDGMENT],
)
def test_who_won_says_nothing_only_the_finding_does(code: CloseCode) -> None:
    assert label_for(code, CaseType.MAL_REVIEW, Finding.FRAUD) is True
    assert label_for(code, CaseType.MAL_REVIEW, Finding.HONEST) is False
    assert label_for(code, CaseType.MAL_REVIEW, Finding.UNDECIDED) is None
    assert label_for(code, CaseType.MAL_REVIEW) is None


def test_a_merchant_who_loses_about_quality_is_no_fraud() -> None:
    for code, finding in itertools.product(CloseCode, (None, *Finding)):
        for case_type in (CaseType.NOT_AS_DESC, CaseType.NOT_RECEIVED, CaseType.APPEAL_ACTION):
            assert label_for(code, case_type, finding) is None


def test_in_a_confirmed_ring_each_member_is_what_it_was_found_to_be() -> None:
    assert label_for(CloseCode.ACTION_CONFIRMED, CaseType.FAKE_DEAL, Finding.FRAUD) is True
    assert label_for(CloseCode.ACTION_CONFIRMED, CaseType.FAKE_DEAL, Finding.HONEST) is False
    assert label_for(CloseCode.ACTION_CONFIRMED, CaseType.FAKE_DEAL, Finding.UNDECIDED) is None


def test_a_contradiction_teaches_nothing() -> None:
    assert label_for(CloseCode.FALSE_POSITIVE, CaseType.FAKE_DEAL, Finding.FRAUD) is None


@given(st.sampled_from(CloseCode), st.sampled_from(CaseType), st.sampled_from([None, *Finding]))
def test_the_table_rules_the_labels(code: CloseCode, case_type: CaseType, finding: Finding | None) -> None:
    label = label_for(code, case_type, finding)
    match LABEL_RULES[code, case_type]:
        case LabelRule.NONE:
            assert label is None
        case LabelRule.NEGATIVE:
            assert label is not True
        case _:
            assert label in (True, False, None)


@given(st.sampled_from(CloseCode), st.sets(st.text(min_size=1, max_size=3)), st.dictionaries(st.text(max_size=3), st.sampled_from(Finding)))
def test_every_member_gets_exactly_one_finding(code: CloseCode, members: set[str], given_findings: dict[str, Finding]) -> None:
    for given_ in (None, given_findings):
        assert set(findings_of(code, members, given_)) == members
    settled = findings_of(code, members, given_findings)
    assert all(settled[m] is given_findings.get(m, Finding.UNDECIDED) for m in members)
