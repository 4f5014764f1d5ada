"""Random steps through the pure process: whoever tries whatever, a case only ever goes where the process lets it go."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.domain import (
    CASE_TYPES,
    STATUSES,
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
    next_events,
    same_person,
)
from fairdeal.disputes.events import DECIDING, PROPOSALS, RESTARTS
from fairdeal.disputes.outcomes import CLOSE_CODE_OF_EVENT
from fairdeal.disputes.transitions import BROUGHT_IN, LEGAL_ROUTE_FROM
from tests.disputes.alerts import AT
from tests.disputes.test_transitions import ROWS_WRITTEN

S, E = CaseStatus, Event

#: From, event, to and who, as the domain paper writes them.
WRITTEN = {(source, event): (target, set(who.split())) for source, event, target, who in ROWS_WRITTEN}
PEOPLE = ("li", "Li ", "wang", "zhao", "sun", "system", "M1")
PARTIES = (Role.BUYER, Role.MERCHANT)
LADDER = {Rung.NEGOTIATION: 1, Rung.MEDIATION: 2, Rung.ARBITRATION: 3, Rung.LEGAL: 4}
STAGE_OF_TARGET = {
    Stage.INTAKE: {"NEW", "REJECTED", "ACCEPTED"},
    Stage.EVIDENCE: {"EVIDENCE"},
    Stage.INVESTIGATION: {"INVESTIGATION"},
    Stage.FEEDBACK: {"FEEDBACK"},
    Stage.CLOSED: {"CLOSED"},
}


@dataclass
class Walked:
    """A case as far as the process itself goes."""

    case_type: CaseType
    at: datetime = AT
    status: CaseStatus | None = None
    opened_at: datetime = AT
    entered_at: datetime = AT
    holder: str = ""
    claimant: Role | None = None
    maker: str = ""
    close_code: CloseCode | None = None
    appeal_until: datetime | None = None
    deciders: set[str] = field(default_factory=set)
    analysts: set[str] = field(default_factory=set)
    mediators: set[str] = field(default_factory=set)
    rounds: int = 0
    talked: bool = False


def draw(rng: random.Random, case: Walked) -> tuple[Event, Role, Facts]:
    """Somebody tries something: half the time what leads on from here, and mostly with what that needs."""
    ahead = next_events(case.status)
    event = rng.choice(ahead) if ahead and rng.random() < 0.7 else rng.choice(list(Event))
    who = [Role(name) for name in WRITTEN.get((str(case.status or "-"), str(event)), ("", set()))[1]]
    role = rng.choice(who) if who and rng.random() < 0.8 else rng.choice(list(Role))
    brought = event in BROUGHT_IN and rng.random() < 0.5
    willing = rng.random() < 0.8

    def sent(value: Any, nothing: Any) -> Any:
        return value if willing or rng.random() < 0.5 else nothing

    actor = rng.choice(PEOPLE)
    proposed = CLOSE_CODE_OF_EVENT.get(event) or sent(
        rng.choice([CloseCode.ACTION_CONFIRMED, CloseCode.DECIDED_FOR_BUYER, *CloseCode]), None
    )
    finding = Finding.HONEST if proposed is CloseCode.FALSE_POSITIVE else rng.choice(list(Finding))
    facts = Facts(
        actor,
        case.at,
        case.case_type,
        opened_at=case.opened_at,
        entered_at=case.entered_at,
        machine_block=rng.random() < 0.3,
        holder=case.holder or None,
        claimant=case.claimant,
        maker=case.maker or None,
        deciders=frozenset(case.deciders),
        analysts=frozenset(case.analysts),
        mediators=frozenset(case.mediators),
        close_code=case.close_code,
        skills=frozenset(sent(Skill, ())),
        evidence_rounds=case.rounds,
        evidence_due_at=case.entered_at + timedelta(days=3) if case.status is S.EVIDENCE else None,
        negotiation_tried=case.talked,
        appeal_until=case.appeal_until,
        is_statutory=rng.random() < 0.1,
        amount_minor=100,
        approval_limit_minor=sent(None, 50),
        unjudged=sent(0, rng.choice([None, 1])),
        other_open_case=sent(False, rng.choice([None, True])),
        actions=rng.choice([0, 2]),
        unconfirmed_actions=sent(0, 1),
        untold_parties=sent(0, 1),
        proposed=proposed,
        findings={"order:1": finding},
        reasons=sent(("because",), rng.choice([(), (" ",)])),
        evidence_ids=sent(("E1",), ()),
        new_evidence=sent(("E2",), ()),
        comment=sent("look", " "),
        remedies=sent(("court",), ()),
        target_case_id=sent("C2", ""),
        document_sha256=sent("0" * 64, "x"),
        second_person=sent(rng.choice(PEOPLE), ""),
        named_maker=sent(rng.choice(PEOPLE), ""),
        on_behalf_of=rng.choice([*PARTIES, *Role]) if brought else None,
        agreed_by=frozenset(sent((*PARTIES, Role.MEDIATOR), rng.choice([PARTIES[:1], PARTIES]))),
        arbitration_agreed=sent(True, False),
        due_at=sent(case.at + timedelta(days=3), None),
        evidence_complete=sent(True, False),
        because=sent(rng.choice(["window_over", "accepted", "urgent_measure"]), "mood"),
        attempts=sent(3, 1),
        disclosure_signed=sent(True, False),
        challenge_open=sent(False, None),
    )
    return event, rng.choice(BROUGHT_IN[event]) if brought and rng.random() < 0.7 else role, facts


def check(case: Walked, event: Event, role: Role, facts: Facts, row: Transition) -> None:
    """What holds of every step that is taken."""
    target, who = WRITTEN[str(case.status or "-"), str(event)]
    assert str(row.target) == target
    if facts.on_behalf_of is None:
        assert str(role) in who
    else:
        assert role in BROUGHT_IN[event]
        assert str(facts.on_behalf_of) in who
        assert facts.reasons
    before, after = (STATUSES[status] if status else None for status in (case.status, row.target))
    assert after is not None
    assert str(row.target) in STAGE_OF_TARGET.get(after.stage, {str(row.target)})
    if before is not None and before.rung in LADDER and after.rung in LADDER:
        assert LADDER[after.rung] >= LADDER[before.rung]  # down the ladder only through the platform's own review
    if case.status is S.CLOSED:
        assert event is E.REOPEN
        assert facts.new_evidence
        assert case.close_code is not CloseCode.DUPLICATE
        assert facts.at <= case.entered_at + timedelta(days=CASE_TYPES[case.case_type].window_days)
        assert facts.on_behalf_of is not None or (facts.second_person and not same_person(facts.second_person, facts.actor))
    if row.target is S.CLOSED:
        assert case.status in (S.FEEDBACK, S.NEW, S.REJECTED)
    if case.status is S.DECISION_PENDING:
        assert role is Role.APPROVER
        assert case.maker
        assert not same_person(case.maker, facts.actor)
    if row.target is S.DECIDED:
        assert case.close_code is not None
    if case.status is S.APPEAL and role is Role.APPROVER and facts.on_behalf_of is None:
        assert not any(same_person(facts.actor, other) for other in case.deciders | case.analysts)
    if event in PROPOSALS:
        assert role not in (Role.PIPELINE, Role.WORKER) or facts.named_maker  # a human made it
    if event is E.APPEAL:
        assert case.appeal_until is not None
        assert facts.at <= case.appeal_until
    if row.target is S.FEEDBACK and event is E.CONFIRM_ACTIONS:
        assert facts.unconfirmed_actions == 0


def take(case: Walked, event: Event, role: Role, facts: Facts, row: Transition) -> None:
    """What a step leaves behind, as far as later steps ask for it."""
    if case.status is not row.target:
        case.entered_at = facts.at
    if event is E.OPEN:
        case.opened_at, case.claimant = facts.at, role if role in PARTIES else None
    if event in (E.ACCEPT, E.START_REVIEW) and role is Role.ANALYST:
        case.holder = case.holder or facts.actor
    if role is Role.ANALYST:
        case.analysts.add(facts.actor)
    if role is Role.MEDIATOR:
        case.mediators.add(facts.actor)
    if event in PROPOSALS or event is E.RECEIVE_JUDGMENT:
        case.maker, case.close_code, case.appeal_until = facts.named_maker or facts.actor, facts.proposed, None
        case.deciders |= {case.maker}
    elif event in CLOSE_CODE_OF_EVENT:
        case.close_code, case.maker = facts.proposed, ""
    elif event in RESTARTS:
        case.maker, case.close_code, case.appeal_until = "", None, None
    if event is E.APPROVE:
        case.appeal_until = facts.at + timedelta(days=CASE_TYPES[case.case_type].window_days)
    if event in DECIDING:
        case.deciders.add(facts.actor)
    case.rounds += event is E.REQUEST_EVIDENCE
    case.talked |= row.target is S.NEGOTIATION
    case.status = row.target


def walk(steps: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """So many tries, a new case now and then; how often each row was taken, and each reason for a refusal given."""
    rng = random.Random(seed)
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    case = Walked(rng.choice(list(CaseType)))
    for _ in range(steps):
        if rng.random() < 0.02:
            case = Walked(rng.choice(list(CaseType)))
        case.at += timedelta(hours=rng.choice([0, 0, 1, 1, 25, 24 * 8]))
        event, role, facts = draw(rng, case)
        outcome = allowed(case.status, event, role, facts)
        if case.status in LEGAL_ROUTE_FROM:
            own = facts if facts.on_behalf_of is None else Facts("M1", case.at, case.case_type)
            assert isinstance(allowed(case.status, E.TO_LEGAL, Role.BUYER, own), Transition)  # always open
        if isinstance(outcome, Refusal):
            assert outcome.found
            assert outcome.rule
            assert outcome.remedy
            refused[outcome.code] += 1
            continue
        check(case, event, role, facts, outcome)
        taken[f"{case.status or '-'} {event}"] += 1
        take(case, event, role, facts, outcome)
    return taken, refused


def test_random_steps_keep_what_the_process_promises() -> None:
    taken, refused = walk(30_000, seed=1)
    assert sum(taken.values()) > 3_000
    assert refused["no_such_step"] > 1_000


@pytest.mark.slow
def test_a_million_random_steps_keep_what_the_process_promises_and_take_every_row() -> None:
    taken, refused = walk(1_000_000, seed=2)
    assert set(taken) == {f"{source} {event}" for source, event in WRITTEN}
    guards = {guard.name for rows in (next_rows(status) for status in (None, *CaseStatus)) for row in rows for guard in row.guards}
    assert guards | {"no_such_step", "role", "skill", "not_brought_in", "told_why"} == set(refused)


def next_rows(status: CaseStatus | None) -> list[Transition]:
    from fairdeal.disputes.domain import ROWS

    return [ROWS[status, event] for event in next_events(status)]


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("second_eyes", "approve"),
        ("fresh_reviewer", "uphold"),
        ("new_evidence", "reopen"),
        ("in_window", "reopen"),
        ("appeal_open", "appeal"),
        ("all_confirmed", "confirm_actions"),
    ],
)
def test_a_process_without_this_guard_is_found_out(name: str, mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from fairdeal.disputes import domain

    lax = {
        place: replace(row, guards=tuple(guard for guard in row.guards if guard.name != name)) if row.event == mutant else row
        for place, row in domain.ROWS.items()
    }
    monkeypatch.setattr(domain, "ROWS", lax)
    with pytest.raises(AssertionError):
        walk(200_000, seed=3)
