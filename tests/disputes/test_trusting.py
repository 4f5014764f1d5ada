"""The trust-list: asked for after a false positive, bound by a second person, ended in time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.trusting import trust_list, trust_of, trustable_of
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")

LATER = AT + timedelta(hours=1)
ACCOUNT = "deals:brushing:account:B1"


def closed(close_code: str = "false_positive", number: int = 1, **changes: Any) -> str:
    snapshot = json.dumps({"instrument_id": "I1", "device_id": "D1"})
    (case_id,) = services.open_cases([alert(number, snapshot=snapshot, **changes)], run_id="run-1", at=AT).opened
    services.decide(case_id, maker="ana", checker="bo", close_code=close_code, reasons=["looked at it"], at=AT)
    return case_id


def asked(case_id: str, key: str = ACCOUNT, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"days": 30, "reason": "a large family", "actor": "ana", "role": "analyst", "at": LATER}
    return services.propose_trust(case_id, key, **(given | changes))


def test_a_false_positive_lets_trust_its_parties_each_for_what_it_was_suspected_of() -> None:
    keys = [one.key for one in trustable_of(Case.objects.get(pk=closed()))]
    assert keys == [f"deals:brushing:{who}" for who in ("account:B1", "merchant:M1", "instrument:I1", "device:D1")]


def test_trust_binds_once_a_second_person_confirmed_it_and_lapses_by_itself() -> None:
    case_id = closed()
    entry = asked(case_id)["entry_id"]
    assert services.trusted() == []
    told = services.confirm_trust(entry, actor="wu", role="approver", at=LATER)
    (row,) = services.trusted()
    assert (row["subject_kind"], row["subject_id"], row["typology"]) == ("account", "B1", "brushing")
    assert told["until"] == LATER + timedelta(days=30)
    states = [trust_list(LATER + timedelta(days=days))[0]["state"] for days in (29, 30)]
    assert states == ["in_force", "lapsed"]
    assert list(CaseEvent.objects.filter(case_id=case_id).values_list("event", "actor"))[-2:] == [
        ("trust_proposed", "ana"),
        ("trusted", "wu"),
    ]
    assert not services.verify_history([]).faults


def test_who_asked_for_it_never_confirms_it() -> None:
    entry = asked(closed(), actor="wu", role="approver")["entry_id"]
    for actor, role, code in (("wu", "approver", "second_eyes"), (" WU", "approver", "second_eyes"), ("ana", "analyst", "role")):
        with pytest.raises(services.RefusedChange) as refused:
            services.confirm_trust(entry, actor=actor, role=role, at=LATER)
        assert refused.value.refusal.code == code
    assert services.trusted() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"days": 91}, "trust_too_long"),
        ({"days": 0}, "trust_too_long"),
        ({"reason": "  "}, "no_word"),
        ({"role": "agent"}, "role"),
        ({"key": "deals:brushing:account:B2"}, "not_of_case"),
        ({"key": "payments:stolen_instrument:account:B1"}, "not_of_case"),
    ],
)
def test_trust_is_refused_where_it_cannot_be(changes: dict[str, Any], code: str) -> None:
    case_id = closed()
    with pytest.raises(services.RefusedChange) as refused:
        asked(case_id, **changes)
    assert refused.value.refusal.code == code


def test_trust_follows_false_positives_only() -> None:
    with pytest.raises(services.RefusedChange) as refused:
        asked(closed("action_confirmed"))
    assert refused.value.refusal.code == "no_false_positive"


def test_a_subject_is_trusted_once_for_each_suspicion_until_that_ended() -> None:
    case_id = closed()
    entry = asked(case_id)["entry_id"]
    with pytest.raises(services.RefusedChange, match="trusted once"):
        asked(case_id)
    services.withdraw_trust(entry, reason="asked too early", actor="ana", role="analyst", at=LATER)
    asked(case_id)


def test_trust_is_withdrawn_at_once_by_an_approver_and_with_a_reason() -> None:
    entry = asked(closed())["entry_id"]
    services.confirm_trust(entry, actor="wu", role="approver", at=LATER)
    with pytest.raises(services.RefusedChange, match="approver withdraws"):
        services.withdraw_trust(entry, reason="no", actor="ana", role="analyst", at=LATER)
    with pytest.raises(services.RefusedChange, match="with a reason"):
        services.withdraw_trust(entry, reason="", actor="wu", role="approver", at=LATER)
    services.withdraw_trust(entry, reason="seen again", actor="wu", role="approver", at=LATER + timedelta(hours=1))
    (row,) = services.trusted()
    assert row["until"] == (LATER + timedelta(hours=1)).isoformat()


def test_trust_ends_when_its_case_no_longer_stands() -> None:
    case_id = closed()
    services.confirm_trust(asked(case_id)["entry_id"], actor="wu", role="approver", at=LATER)
    services.apply(
        case_id, "reopen", actor="wu", role="approver", on_behalf_of="analyst", reasons=["a film"], new_evidence=["a film"], at=LATER
    )
    assert services.trusted() == []


def test_what_an_entry_kept_from_people_is_told_once_per_run() -> None:
    case_id = closed()
    entry = asked(case_id)["entry_id"]
    services.confirm_trust(entry, actor="wu", role="approver", at=LATER)
    for run_id, kept in (("R1", 2), ("R1", 2), ("R2", 3)):
        services.note_suppressed(run_id, {entry: {"suppressed": kept, "sampled": 1}}, at=LATER)
    (told,) = trust_of(Case.objects.get(pk=case_id), LATER)
    assert (told["suppressed"], told["sampled"]) == (5, 2)


def test_card_numbers_in_a_reason_are_taken_out() -> None:
    assert "4111" not in asked(closed(), reason="card 4111 1111 1111 1111")["reason"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disputes_trustentry SET days = 89",
        "UPDATE disputes_trustentry SET subject_id = 'B2'",
        "UPDATE disputes_trustentry SET until = NULL",
        "UPDATE disputes_trustentry SET confirmed_by = 'ana'",
        "DELETE FROM disputes_trustentry",
        "UPDATE disputes_trustnight SET suppressed = 0",
        "DELETE FROM disputes_trustnight",
        "UPDATE disputes_staffing SET hours = '{}'",
        "DELETE FROM disputes_staffing",
    ],
)
def test_the_database_refuses_to_change_what_was_said_of_trust_and_staffing(either: str | None, statement: str) -> None:
    entry = asked(closed())["entry_id"]
    services.confirm_trust(entry, actor="wu", role="approver", at=LATER)
    services.note_suppressed("run-2", {entry: {"suppressed": 3, "sampled": 1}}, at=LATER)
    services.set_staffing(AT.date(), {"all": 8.0}, actor="wu", role="approver", at=AT)
    with pytest.raises(DatabaseError, match=r"trust-list|night|staffing"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert services.withdraw_trust(entry, reason="seen again", actor="wu", role="approver", at=LATER)["state"] == "withdrawn"
    with pytest.raises(DatabaseError, match="withdrawn once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE disputes_trustentry SET withdrawn_at = NULL, withdrawn_by = ''")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE disputes_trustentry SET subject_id = 'B2'", "it is not what entry"),
        ("UPDATE disputes_trustentry SET days = 89", "it is not what entry"),
        ("UPDATE disputes_trustentry SET confirmed_by = 'ana'", "it is not what entry"),
        ("DELETE FROM disputes_trustentry", "and it is gone"),
        (
            (
                "INSERT INTO disputes_trustentry (case_id, subject_kind, subject_id, detector, typology, reason, days, proposed_by,"
                " proposed_at, confirmed_by, withdrawn_by) SELECT case_id, 'account', 'B9', detector, typology, reason, days, 'ana',"
                " proposed_at, '', '' FROM disputes_trustentry"
            ),
            "nobody asked for it",
        ),
    ],
)
def test_an_audit_names_an_entry_of_the_trust_list_that_nobody_said(statement: str, fault: str) -> None:
    services.confirm_trust(asked(closed())["entry_id"], actor="wu", role="approver", at=LATER)
    assert services.verify_history().faults == ()
    with connection.cursor() as cursor:
        for name in ("disputes_trustentry_once", "disputes_trustentry_no_delete"):
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement)
    (found,) = services.verify_history().faults
    assert found.startswith("trust-list entry ")
    assert fault in found
