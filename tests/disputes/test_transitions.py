"""The table of the process: fifty-six rows, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import (
    ROWS,
    STATUSES,
    TRANSITIONS,
    CaseStatus,
    CloseCode,
    Event,
    Facts,
    Finding,
    Refusal,
    Role,
    Rung,
    Skill,
    Stage,
    Transition,
    allowed,
)
from tests.disputes.alerts import AT

#: The process as the domain paper writes it: from, event, to, who.
WRITTEN = """
-                open                   NEW              pipeline buyer merchant agent analyst operator
NEW              accept                 ACCEPTED         agent analyst
NEW              reject                 REJECTED         agent
NEW              merge_duplicate        CLOSED           analyst
REJECTED         new_material           NEW              buyer merchant
REJECTED         expire                 CLOSED           worker
ACCEPTED         request_evidence       EVIDENCE         agent analyst
ACCEPTED         start_review           INVESTIGATION    analyst
ACCEPTED         offer_negotiation      NEGOTIATION      agent
EVIDENCE         close_evidence         INVESTIGATION    worker analyst
EVIDENCE         start_talks            NEGOTIATION      buyer merchant
INVESTIGATION    request_evidence       EVIDENCE         analyst
INVESTIGATION    offer_negotiation      NEGOTIATION      analyst
INVESTIGATION    to_mediation           MEDIATION        analyst buyer merchant
INVESTIGATION    propose_decision       DECISION_PENDING analyst
INVESTIGATION    propose_false_positive DECISION_PENDING analyst
NEGOTIATION      settle                 ENFORCING        buyer merchant
NEGOTIATION      fail                   MEDIATION        buyer merchant worker
NEGOTIATION      withdraw               FEEDBACK         buyer merchant
MEDIATION        settle                 ENFORCING        buyer merchant mediator
MEDIATION        to_third_party         MEDIATION_EXT    mediator
MEDIATION        fail                   ARBITRATION      buyer merchant
MEDIATION        hand_to_platform       DECISION_PENDING mediator
MEDIATION        withdraw               FEEDBACK         buyer merchant
MEDIATION_EXT    settle                 ENFORCING        agent
MEDIATION_EXT    fail                   ARBITRATION      buyer merchant
MEDIATION_EXT    hand_to_platform       DECISION_PENDING worker
ARBITRATION      draft_award            DECISION_PENDING arbitrator
ARBITRATION      settle                 ENFORCING        buyer merchant
ARBITRATION      withdraw               FEEDBACK         buyer merchant
DECISION_PENDING approve                DECIDED          approver
DECISION_PENDING return                 INVESTIGATION    approver
DECISION_PENDING return_award           ARBITRATION      approver
DECIDED          appeal                 APPEAL           buyer merchant
DECIDED          enforce                ENFORCING        worker
DECIDED          no_action              FEEDBACK         worker
APPEAL           uphold                 ENFORCING        approver
APPEAL           reverse                DECISION_PENDING approver
APPEAL           to_arbitration         ARBITRATION      buyer merchant
ENFORCING        confirm_actions        FEEDBACK         worker
ENFORCING        action_failed          INVESTIGATION    worker
FEEDBACK         close                  CLOSED           worker
CLOSED           reopen                 INVESTIGATION    buyer merchant analyst
NEW              to_legal               LEGAL            buyer merchant
ACCEPTED         to_legal               LEGAL            buyer merchant
EVIDENCE         to_legal               LEGAL            buyer merchant
INVESTIGATION    to_legal               LEGAL            buyer merchant
NEGOTIATION      to_legal               LEGAL            buyer merchant
MEDIATION        to_legal               LEGAL            buyer merchant
MEDIATION_EXT    to_legal               LEGAL            buyer merchant
ARBITRATION      to_legal               LEGAL            buyer merchant
DECIDED          to_legal               LEGAL            buyer merchant
APPEAL           to_legal               LEGAL            buyer merchant
LEGAL            receive_judgment       ENFORCING        approver
LEGAL            resume                 INVESTIGATION    worker
LEGAL            settle                 ENFORCING        buyer merchant
"""
ROWS_WRITTEN = [tuple(line.split(maxsplit=3)) for line in WRITTEN.strip().splitlines()]
PAIRS_WRITTEN = {(source, target) for source, _, target, _ in ROWS_WRITTEN if source != "-"}

#: Facts under which every guard holds, for the row's own sake.
WILLING = Facts(
    actor="li",
    at=AT,
    case_type=CaseType.MAL_REVIEW,
    opened_at=AT - timedelta(days=3),
    entered_at=AT - timedelta(days=2),
    machine_block=False,
    holder="li",
    claimant=None,
    maker="zhao",
    deciders=frozenset({"zhao", "sun"}),
    skills=frozenset(Skill),
    evidence_due_at=AT - timedelta(hours=1),
    negotiation_tried=True,
    appeal_until=AT + timedelta(days=1),
    unjudged=0,
    other_open_case=False,
    actions=0,
    unconfirmed_actions=0,
    untold_parties=0,
    proposed=CloseCode.ACTION_CONFIRMED,
    findings={"review:1": Finding.FRAUD},
    reasons=("because",),
    evidence_ids=("A1",),
    new_evidence=("E9",),
    comment="look again",
    remedies=("court",),
    target_case_id="C0",
    document_sha256="0" * 64,
    second_person="wang",
    named_maker="chen",
    agreed_by=frozenset({Role.BUYER, Role.MERCHANT, Role.MEDIATOR}),
    arbitration_agreed=True,
    due_at=AT + timedelta(days=1),
    evidence_complete=True,
    because="accepted",
    attempts=3,
    disclosure_signed=True,
    challenge_open=False,
)


def willing(row: Transition, role: Role) -> Facts:
    """Facts under which every guard of ``row`` holds."""
    facts = replace(WILLING, claimant=role)
    if row.event is Event.PROPOSE_FALSE_POSITIVE:
        return replace(facts, proposed=CloseCode.FALSE_POSITIVE, findings={"review:1": Finding.HONEST})
    if row.event is Event.RETURN_AWARD:
        return replace(facts, close_code=CloseCode.AWARD)
    if row.event is Event.EXPIRE:
        return replace(facts, entered_at=AT - timedelta(days=400))
    return facts


def test_the_table_is_the_written_one() -> None:
    ours = [(str(row.source or "-"), str(row.event), str(row.target), set(map(str, row.who))) for row in TRANSITIONS]
    assert sorted(ours, key=str) == sorted([(s, e, t, set(who.split())) for s, e, t, who in ROWS_WRITTEN], key=str)


def test_there_are_sixteen_states_fifty_six_rows_and_fifty_three_pairs() -> None:
    assert len(CaseStatus) == len(STATUSES) == 16
    assert len(TRANSITIONS) == len(ROWS) == 56
    assert len(PAIRS_WRITTEN) == 53


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: f"{row.source or 'start'}-{row.event}")
def test_every_row_is_taken_by_those_it_names_and_nobody_else(row: Transition) -> None:
    for role in Role:
        outcome = allowed(row.source, row.event, role, willing(row, role))
        if role in row.who:
            assert outcome is row, role
        else:
            assert isinstance(outcome, Refusal), role
            assert outcome.code == "role"


def test_the_203_other_pairs_are_refused_for_every_event_and_role() -> None:
    reached = set()
    for status in CaseStatus:
        for event in Event:
            for role in Role:
                row = ROWS.get((status, event))
                outcome = allowed(status, event, role, WILLING if row is None else willing(row, role))
                if isinstance(outcome, Transition):
                    reached.add((str(status), str(outcome.target)))
                elif row is None:
                    assert outcome.code == "no_such_step"
    assert reached == PAIRS_WRITTEN
    assert len(CaseStatus) ** 2 - len(reached) == 203


def test_every_state_is_reached_and_leads_to_the_end() -> None:
    steps = {(row.source, row.target) for row in TRANSITIONS}
    reached: set[CaseStatus | None] = {None}
    while new := {target for source, target in steps if source in reached} - reached:
        reached |= new
    assert reached == {None, *CaseStatus}
    ending: set[CaseStatus | None] = {CaseStatus.CLOSED}
    while back := {source for source, target in steps if target in ending} - ending:
        ending |= back
    assert ending == {None, *CaseStatus}


def test_a_case_closes_from_three_states_only() -> None:
    assert {row.source for row in TRANSITIONS if row.target is CaseStatus.CLOSED} == {
        CaseStatus.FEEDBACK,
        CaseStatus.NEW,
        CaseStatus.REJECTED,
    }


def test_a_proposal_leaves_its_state_only_by_a_second_person() -> None:
    rows = [row for row in TRANSITIONS if row.source is CaseStatus.DECISION_PENDING]
    assert {row.event for row in rows} == {Event.APPROVE, Event.RETURN, Event.RETURN_AWARD}
    for row in rows:
        own = replace(willing(row, Role.APPROVER), maker="li")
        outcome = allowed(row.source, row.event, Role.APPROVER, own)
        assert isinstance(outcome, Refusal)
        assert outcome.code == "second_eyes"


def test_every_proposal_comes_from_a_human() -> None:
    machines = {Role.PIPELINE, Role.WORKER}
    for row in TRANSITIONS:
        if row.target is CaseStatus.DECISION_PENDING and machines & set(row.who):
            outcome = allowed(row.source, row.event, row.who[0], replace(willing(row, row.who[0]), named_maker=""))
            assert isinstance(outcome, Refusal)
            assert outcome.code == "neutral_hands_over"


def test_every_guard_can_refuse() -> None:
    """From facts that are not known, every guarded row is refused by one of its own guards."""
    for row in TRANSITIONS:
        if row.guards:
            unknown = Facts("li", AT, CaseType.CARD_TEST, skills=frozenset(Skill), machine_block=True)
            outcome = allowed(row.source, row.event, row.who[-1], unknown)
            assert isinstance(outcome, Refusal), row
            assert outcome.code in {guard.name for guard in row.guards}


def test_a_skill_is_asked_for() -> None:
    for row in TRANSITIONS:
        if row.skill is not None:
            outcome = allowed(row.source, row.event, row.who[0], replace(willing(row, row.who[0]), skills=frozenset()))
            assert isinstance(outcome, Refusal)
            assert outcome.code == "skill"


@given(st.sampled_from(CaseStatus), st.sampled_from(Event), st.sampled_from(Role), st.text(max_size=8))
def test_a_refusal_says_where_what_is_allowed_and_what_to_do(status: CaseStatus, event: Event, role: Role, actor: str) -> None:
    outcome = allowed(status, event, role, Facts(actor, AT, CaseType.FAKE_DEAL))
    if isinstance(outcome, Refusal):
        message = outcome.message("case C1")
        assert message.startswith("case C1: ")
        assert outcome.found in message and outcome.rule in message and outcome.remedy in message  # noqa: PT018


def test_stages_and_rungs_are_the_written_ones() -> None:
    assert {status for status, facts in STATUSES.items() if facts.stage is Stage.INTAKE} == {
        CaseStatus.NEW,
        CaseStatus.REJECTED,
        CaseStatus.ACCEPTED,
    }
    assert {status: facts.rung for status, facts in STATUSES.items() if facts.rung not in (Rung.NONE, Rung.ANY)} == {
        CaseStatus.INVESTIGATION: Rung.INTERNAL,
        CaseStatus.NEGOTIATION: Rung.NEGOTIATION,
        CaseStatus.MEDIATION: Rung.MEDIATION,
        CaseStatus.MEDIATION_EXT: Rung.MEDIATION,
        CaseStatus.ARBITRATION: Rung.ARBITRATION,
        CaseStatus.LEGAL: Rung.LEGAL,
    }
