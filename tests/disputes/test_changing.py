"""Steps with stored cases: all or nothing, on the newest revision, with a second person."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from fairdeal.disputes import services
from fairdeal.disputes.claiming import LEASE
from fairdeal.disputes.models import Case, CaseAlert, CaseEvent, CaseMember
from fairdeal.disputes.services import RefusedChange, apply
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


#: A reopening that an analyst asks for, written down by an approver, who so agrees to it.
AGREED: dict[str, Any] = {
    "actor": "wang", "role": "approver", "on_behalf_of": "analyst", "reasons": ["a film came"], "new_evidence": ["E2"],
}  # fmt: skip


def open_case(*alerts: dict[str, Any]) -> str:
    return services.open_cases(list(alerts) or [alert(1), alert(2)], run_id="run-1", at=AT).opened[0]


def under_review(*alerts: dict[str, Any]) -> str:
    case_id = open_case(*alerts)
    apply(case_id, "accept", actor="li", role="analyst", at=AT)
    apply(case_id, "start_review", actor="li", role="analyst", at=AT)
    return case_id


def history(case_id: str) -> list[tuple[str, str, str, str]]:
    rows = CaseEvent.objects.filter(case_id=case_id).order_by("seq")
    return [(e.event, e.actor, e.from_status, e.to_status) for e in rows]


def test_a_step_moves_the_case_and_is_written_down() -> None:
    case_id = open_case()
    after = apply(case_id, "accept", actor="li", role="analyst", revision=0, at=AT)
    assert (after["status"], after["revision"]) == ("ACCEPTED", 1)
    event = CaseEvent.objects.get(seq=after["seq"])
    assert event.old == {"status": "NEW", "holder": "", "lease_until": None}
    assert event.new == {"status": "ACCEPTED", "holder": "li", "lease_until": (AT + LEASE).isoformat().replace("+00:00", "Z")}


def test_a_refused_step_changes_nothing() -> None:
    case_id = open_case()
    before = services.show_case(case_id)
    with pytest.raises(RefusedChange, match=f"case {case_id}: approve by wang as approver, status NEW; possible steps from here: accept"):
        apply(case_id, "approve", actor="wang", role="approver", at=AT)
    assert services.show_case(case_id) == before


def test_a_stale_revision_is_refused_and_says_who_changed_what() -> None:
    case_id = open_case()
    apply(case_id, "accept", actor="li", role="analyst", revision=0, at=AT)
    with pytest.raises(RefusedChange, match="revision 0, the case is at 1: accept by li at 2026-03-01"):
        apply(case_id, "start_review", actor="li", role="analyst", revision=0, at=AT)


def test_an_alert_that_joins_makes_the_seen_revision_stale() -> None:
    case_id = open_case(alert(1))
    services.open_cases([alert(2)], run_id="run-2", at=AT)
    with pytest.raises(RefusedChange, match="alerts_joined by run-2"):
        apply(case_id, "accept", actor="li", role="analyst", revision=0, at=AT)


@pytest.mark.parametrize(
    ("case_id", "event", "actor", "role", "data", "words"),
    [
        ("C0", "accept", "li", "analyst", {}, "there is no such case"),
        (None, "dance", "li", "analyst", {}, "events are open, accept"),
        (None, "accept", "li", "king", {}, "roles are buyer"),
        (None, "accept", " ", "analyst", {}, "every change has an actor"),
        (None, "accept", "li", "analyst", {"mood": "good"}, "mood given"),
        (None, "accept", "li", "analyst", {"reasons": "because"}, "not a list of texts"),
        (None, "accept", "li", "analyst", {"close_code": "won"}, "close_code is 'won'"),
        (None, "merge_duplicate", "li", "analyst", {"target_case_id": "C404"}, "a duplicate names another case that exists"),
    ],
)
def test_wrong_input_is_named(case_id: str | None, event: str, actor: str, role: str, data: dict[str, Any], words: str) -> None:
    present = open_case()
    with pytest.raises(RefusedChange, match=words):
        apply(case_id or present, event, actor=actor, role=role, at=AT, **data)


def test_a_case_held_by_one_is_not_reviewed_by_another() -> None:
    case_id = open_case()
    apply(case_id, "accept", actor="li", role="analyst", at=AT)
    with pytest.raises(RefusedChange, match="works on it until"):
        apply(case_id, "start_review", actor="wang", role="analyst", at=AT)


def test_a_case_accepted_by_an_agent_is_taken_by_the_first_analyst() -> None:
    case_id = open_case()
    apply(case_id, "accept", actor="agent-1", role="agent", at=AT)
    apply(case_id, "start_review", actor="wang", role="analyst", at=AT)
    assert Case.objects.get().holder == "wang"


def test_a_decision_walks_through_every_step() -> None:
    case_id = open_case()
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["one device"], at=AT)
    assert history(case_id) == [
        ("open", "run-1", "", "NEW"),
        ("accept", "li", "NEW", "ACCEPTED"),
        ("start_review", "li", "ACCEPTED", "INVESTIGATION"),
        ("propose_decision", "li", "INVESTIGATION", "DECISION_PENDING"),
        ("approve", "wang", "DECISION_PENDING", "DECIDED"),
        ("enforce", "system", "DECIDED", "ENFORCING"),
        ("confirm_actions", "system", "ENFORCING", "FEEDBACK"),
        ("close", "system", "FEEDBACK", "CLOSED"),
    ]
    case = Case.objects.get()
    assert (case.close_code, case.closed_at) == ("action_confirmed", AT)
    assert case.decision["actions"] == [{"action_id": f"{case_id}/order:O{n}", "kind": "hold", "target": f"order:O{n}"} for n in (1, 2)]
    assert {(m.verdict, m.reason) for m in CaseMember.objects.all()} == {("fraud", "one device")}


def test_a_false_positive_ends_without_enforcement() -> None:
    case_id = open_case()
    services.decide(case_id, maker="li", checker="wang", close_code="false_positive", reasons=["parcels exist"], at=AT)
    assert [event for event, *_ in history(case_id)][-3:] == ["approve", "no_action", "close"]
    assert {m.verdict for m in CaseMember.objects.all()} == {"honest"}


@pytest.mark.parametrize("checker", ["li", "Li", " LI"])
def test_nobody_checks_what_they_made_and_nothing_stays_behind(checker: str) -> None:
    case_id = open_case()
    before = services.show_case(case_id)
    with pytest.raises(RefusedChange, match="a second person decides about a proposal, never its maker"):
        services.decide(case_id, maker="li", checker=checker, close_code="action_confirmed", reasons=["x"], at=AT)
    assert services.show_case(case_id) == before


def test_deciding_again_in_the_same_way_is_no_error_and_does_nothing() -> None:
    case_id = open_case()
    for _ in range(2):
        services.decide(case_id, maker="li", checker="wang", close_code="false_positive", reasons=["x"], at=AT)
    with pytest.raises(RefusedChange):
        services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["x"], at=AT)
    assert len(history(case_id)) == 7


def test_findings_go_to_the_members_they_name() -> None:
    case_id = open_case(alert(1), alert(2), alert(3))
    services.decide(
        case_id, maker="li", checker="wang", close_code="action_confirmed", findings={"O1": True, "order:O2": False}, reasons=["x"], at=AT
    )
    assert dict(CaseMember.objects.values_list("subject_id", "verdict")) == {"O1": "fraud", "O2": "honest", "O3": "undecided"}


@pytest.mark.parametrize(
    ("findings", "words"), [({"O9": True}, "names 0 members"), ({"1": True}, "names 2 members"), ({"O1": False}, "has a member found")]
)
def test_findings_that_do_not_fit_are_refused(findings: dict[str, bool], words: str) -> None:
    case_id = open_case(alert(1), alert(2, subject_id="1"), alert(3, subject_id="1", subject_kind="payment", detector="payments"))
    with pytest.raises(RefusedChange, match=words):
        services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", findings=findings, reasons=["x"], at=AT)


def test_a_returned_proposal_leaves_no_verdict_behind() -> None:
    case_id = under_review()
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["x"], at=AT)
    apply(case_id, "return", actor="wang", role="approver", comment="whose device?", at=AT)
    case = Case.objects.get()
    assert (case.status, case.close_code, case.decision) == ("INVESTIGATION", "", {})
    assert {m.verdict for m in CaseMember.objects.all()} == {"undecided"}
    proposal = CaseEvent.objects.get(event="propose_decision")
    assert proposal.new["decision"]["maker"] == "li"


def test_a_member_that_joined_after_the_proposal_stops_the_approval() -> None:
    case_id = under_review(alert(1))
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["x"], at=AT)
    services.open_cases([alert(2)], run_id="run-2", at=AT)
    with pytest.raises(RefusedChange, match="the proposal speaks of every member"):
        apply(case_id, "approve", actor="wang", role="approver", at=AT)


def test_a_member_that_joined_after_the_decision_gets_a_case_of_its_own() -> None:
    case_id = under_review(alert(1))
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["x"], at=AT)
    apply(case_id, "approve", actor="wang", role="approver", at=AT)
    late = services.open_cases([alert(2)], run_id="run-2", at=AT)
    assert late.opened == ()
    services.carry_out(case_id, at=AT + timedelta(hours=1))
    follow_up = CaseAlert.objects.get(pk="A2").case
    assert follow_up.pk != case_id
    assert (follow_up.status, follow_up.member_count, Case.objects.get(pk=case_id).member_count) == ("NEW", 1, 1)
    assert [row["subject_id"] for row in services.verdicts()] == ["O1"]
    assert CaseEvent.objects.get(case=follow_up).new["moved_from"] == case_id


def test_who_puts_a_proposal_in_for_somebody_else_does_not_approve_it() -> None:
    case_id = under_review(alert(1))
    more: dict[str, Any] = {"close_code": "action_confirmed", "reasons": ["x"], "evidence_ids": ["A1"], "named_maker": "chen"}
    apply(case_id, "propose_decision", actor="li", role="analyst", at=AT, **more)
    for actor in ("li", "chen", "Chen "):
        with pytest.raises(RefusedChange, match="a second person decides"):
            apply(case_id, "approve", actor=actor, role="approver", at=AT)
    assert apply(case_id, "approve", actor="wang", role="approver", at=AT)["status"] == "DECIDED"


def test_a_reopened_case_is_judged_anew() -> None:
    case_id = open_case(alert(1))
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["x"], at=AT)
    later = AT + timedelta(days=2)
    apply(case_id, "reopen", **AGREED, at=later)
    assert Case.objects.get().closed_at is None
    services.decide(case_id, maker="li", checker="zhao", close_code="false_positive", reasons=["y"], at=later)
    assert [(row["is_fraud"], row["decided_at"]) for row in services.verdicts()] == [
        (True, "2026-03-01T02:00:00+00:00"),
        (False, "2026-03-03T02:00:00+00:00"),
    ]


def test_a_case_is_not_reopened_beside_a_newer_open_one() -> None:
    case_id = open_case(alert(1))
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["x"], at=AT)
    services.open_cases([alert(2)], run_id="run-2", at=AT)
    with pytest.raises(RefusedChange, match="one case of a type may be open about a subject"):
        apply(case_id, "reopen", **AGREED, at=AT)


def test_an_appeal_is_judged_by_somebody_new_and_can_turn_the_decision() -> None:
    case_id = under_review(alert(1))
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["x"], at=AT)
    apply(case_id, "approve", actor="wang", role="approver", at=AT)
    apply(case_id, "appeal", actor="M1", role="merchant", new_evidence=["E1"], at=AT + timedelta(days=7))
    turn: dict[str, Any] = {"close_code": "false_positive", "reasons": ["y"], "evidence_ids": ["E1"], "skills": ["appeal_review"], "at": AT}
    with pytest.raises(RefusedChange, match="took no part in the decision"):
        apply(case_id, "reverse", actor="wang", role="approver", **turn)
    apply(case_id, "reverse", actor="zhao", role="approver", **turn)
    assert Case.objects.get().decision["supersedes"]["maker"] == "li"
    apply(case_id, "approve", actor="sun", role="approver", at=AT + timedelta(days=8))
    services.carry_out(case_id, at=AT + timedelta(days=8))
    (row,) = services.verdicts()
    assert (row["is_fraud"], row["close_code"], row["decided_at"]) == (False, "false_positive", "2026-03-09T02:00:00+00:00")


def test_a_decision_cannot_be_appealed_after_its_window() -> None:
    case_id = under_review(alert(1))
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["x"], at=AT)
    apply(case_id, "approve", actor="wang", role="approver", at=AT)
    with pytest.raises(RefusedChange, match="within its window"):
        apply(case_id, "appeal", actor="M1", role="merchant", new_evidence=["E1"], at=AT + timedelta(days=7, seconds=1))


def test_a_duplicate_names_its_twin_and_teaches_nothing() -> None:
    first, second = open_case(alert(1, "M1")), open_case(alert(2, "M2"))
    apply(second, "merge_duplicate", actor="li", role="analyst", target_case_id=first, at=AT)
    assert [(row["close_code"], row["is_fraud"]) for row in services.verdicts()] == [("duplicate", None)]


def test_a_case_with_a_machine_block_is_not_turned_away() -> None:
    case_id = open_case(alert(1, action="block"))
    with pytest.raises(RefusedChange, match="looked at by a human"):
        apply(case_id, "reject", actor="kf", role="agent", reasons=["no"], remedies=["court"], at=AT)


def test_a_new_alert_about_a_rejected_case_opens_a_new_one() -> None:
    case_id = open_case(alert(1))
    apply(case_id, "reject", actor="kf", role="agent", reasons=["no"], remedies=["court"], at=AT)
    assert services.open_cases([alert(2)], run_id="run-2", at=AT).opened not in ((), (case_id,))


def test_the_database_refuses_to_change_history() -> None:
    open_case()
    for statement in ("UPDATE disputes_caseevent SET actor = 'x'", "DELETE FROM disputes_caseevent"):
        with pytest.raises(DatabaseError, match="added, never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_database_refuses_a_second_open_case(home: Path) -> None:
    open_case(alert(1))
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), sqlite3.connect(home / "disputes.db") as raw:
        raw.execute(
            "INSERT INTO disputes_case SELECT 'C1', case_type, subject_kind, subject_id, 'NEW', holder, close_code, decision, "
            "expected_loss_minor, money, member_count, run_id, opened_at, changed_at, closed_at, revision, "
            "NULL, NULL, '', '', '', '', NULL FROM disputes_case"
        )


def test_the_database_survives_power_loss_by_its_settings() -> None:
    with connection.cursor() as cursor:
        modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(RefusedChange, match="give the time zone"):
        apply(open_case(), "accept", actor="li", role="analyst", at=datetime(2026, 1, 1))
