"""The queue over HTTP: what programs see and do is what people see and do in the console."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseEvent, CaseMember
from tests.disputes.alerts import AT, alert
from tests.disputes.asking import COMPLAINT, Asker, analyst, approver, code_of, holds_card, system, token_of

pytestmark = pytest.mark.usefixtures("home")


def open_ring(*numbers: int) -> str:
    return services.open_cases([alert(n) for n in numbers or (1, 2)], run_id="run-1", at=AT).opened[0]


def console(name: str = "li") -> Client:
    user = User.objects.get(username=name)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    client.force_login(user)
    return client


def revision(case_id: str) -> int:
    return Case.objects.get(pk=case_id).revision


def under_review(asker: Asker, case_id: str) -> int:
    """The case's revision once its review has begun."""
    for event in ("accept", "start_review"):
        answer = asker.post(f"cases/{case_id}/steps", {"event": event, "revision": revision(case_id)})
        assert answer.status_code == 200, answer.content
    return int(answer.json()["revision"])


def propose(asker: Asker, case_id: str, **more: Any) -> Any:
    given = {"revision": revision(case_id), "close_code": "action_confirmed", "reasons": ["one device"], **more}
    return asker.post(f"cases/{case_id}/propose", given)


@pytest.mark.parametrize(
    "narrowed",
    [
        "",
        "status=all",
        "status=NEW",
        "status=CLOSED",
        "case_type=FAKE_DEAL",
        "held=me",
        "held=nobody",
        "close_code=false_positive&status=all",
        "q=O3",
    ],
)
def test_the_queue_is_the_consoles_in_its_order_under_its_filters(narrowed: str) -> None:
    rows = [alert(n, f"M{n % 4}", expected_loss_minor=100 * (n % 3)) for n in range(12)]
    cases = services.open_cases(rows, run_id="run-1", at=AT).opened
    services.decide(cases[0], maker="li", checker="wang", close_code="false_positive", reasons=["r"], at=AT)
    li = analyst()
    li.post("cases/next")
    page = console().get(f"/queue/?{narrowed}").content.decode()
    listed = [row["case_id"] for row in li.get(f"cases?{narrowed}").json()["cases"]]
    assert listed == re.findall(r'class="fd-open" href="/case/(C\w{16})/"', page)
    assert listed


def test_a_list_is_paged_without_a_gap_or_a_repetition() -> None:
    services.open_cases([alert(n, f"M{n}", expected_loss_minor=n // 3) for n in range(11)], run_id="run-1", at=AT)
    li, seen, after = analyst(), [], ""
    while True:
        page = li.get(f"cases?limit=4{after}").json()
        seen += [row["case_id"] for row in page["cases"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [row["case_id"] for row in li.get("cases").json()["cases"]]
    assert len(set(seen)) == 11


@pytest.mark.parametrize(
    ("language", "why"), [("en", "14 accounts ordered from one device; usual is 1"), ("zh-hans", "同一设备下单 14 个账户，通常为 1 个")]
)
def test_a_case_is_told_with_what_its_page_shows(language: str, why: str) -> None:
    case_id = open_ring()
    li = analyst()
    services.note(case_id, "look at the address", actor="li", role="analyst")
    case = li.get(f"cases/{case_id}", Accept_Language=language).json()
    page = console().get(f"/case/{case_id}/").content.decode()
    assert case["why"] == why
    assert [member["subject_id"] for member in case["members"]] == ["O1", "O2"]
    assert case["members"][0]["alerts"][0]["snapshot"]["instrument_id"] == "I1"
    assert [event["words"] for event in case["events"]] == [[], ["look at the address"]]
    assert not {"old", "new", "entry_hash"} & set(case["events"][0])
    for shown in (case_id, "O1", "O2", "O7", "look at the address", "I1"):
        assert shown in page
        assert shown in json.dumps(case)


def test_a_case_goes_from_the_queue_to_its_end_by_two_programs() -> None:
    case_id = open_ring()
    li, wang = analyst(), approver()
    assert li.post("cases/next").json()["taken"]["case_id"] == case_id
    under_review(li, case_id)
    assert propose(li, case_id, findings={"order:O2": "honest"}).json()["status"] == "DECISION_PENDING"
    done = wang.post(f"cases/{case_id}/approve", {"revision": revision(case_id)})
    assert done.json() == {"case_id": case_id, "status": "CLOSED", "close_code": "action_confirmed", "revision": revision(case_id)}
    assert {row["subject_id"]: row["is_fraud"] for row in services.verdicts()} == {"O1": True, "O2": False}
    assert {(event.actor, event.role) for event in CaseEvent.objects.filter(case_id=case_id)} == {
        ("run-1", "pipeline"),
        ("li", "analyst"),
        ("wang", "approver"),
        ("system", "worker"),
    }


def test_findings_that_are_left_out_are_what_the_console_would_make_of_them() -> None:
    case_id = services.open_cases([alert(1), alert(2, chosen_by="audit_sample")], run_id="run-1", at=AT).opened[0]
    under_review(analyst(), case_id)
    propose(analyst(), case_id)
    assert Case.objects.get(pk=case_id).decision["findings"] == {"order:O1": "fraud", "order:O2": "undecided"}


def test_nobody_approves_what_they_proposed_and_a_return_says_what_is_missing() -> None:
    case_id = open_ring()
    both = Asker(token_of("li", "analyst", "approver"))
    under_review(both, case_id)
    propose(both, case_id)
    assert code_of(both.post(f"cases/{case_id}/approve", {"revision": revision(case_id)})) == "403 second_eyes"
    wang = approver()
    assert code_of(wang.post(f"cases/{case_id}/return", {"revision": revision(case_id), "comment": "  "})) == "422 bad_value"
    back = wang.post(f"cases/{case_id}/return", {"revision": revision(case_id), "comment": "ask the carrier"})
    assert back.json()["status"] == "INVESTIGATION"


WRITES: list[tuple[str, dict[str, Any]]] = [
    ("claim", {}),
    ("release", {}),
    ("notes", {"text": "a word"}),
    ("evidence", {"kind": "photo", "text": "a box", "source_system": "app"}),
    ("steps", {"event": "accept"}),
    ("propose", {"close_code": "false_positive", "reasons": ["r"]}),
]


@pytest.mark.parametrize(("address", "given"), WRITES, ids=[address for address, _ in WRITES])
def test_a_write_on_a_stale_revision_is_refused_with_who_changed_what(address: str, given: dict[str, Any]) -> None:
    case_id = open_ring()
    services.note(case_id, "meanwhile", actor="zhao", role="agent", at=AT)
    before = CaseEvent.objects.count()
    answer = analyst().post(f"cases/{case_id}/{address}", {**given, "revision": 0})
    assert code_of(answer) == "409 stale_revision"
    problem = answer.json()
    assert problem["revision"] == 1
    assert problem["changed"] == {"event": "noted", "actor": "zhao", "role": "agent", "at": "2026-03-01T02:00:00+00:00"}
    assert CaseEvent.objects.count() == before


def test_a_claim_is_taken_kept_taken_over_and_given_back() -> None:
    case_id = open_ring()
    li, zhao = analyst(), Asker(token_of("zhao", "analyst"))
    assert li.post(f"cases/{case_id}/claim", {"revision": 0}).json()["holder"] == "li"
    assert li.post(f"cases/{case_id}/claim", {"revision": 1}).json()["revision"] == 2
    assert code_of(zhao.post(f"cases/{case_id}/claim", {"revision": 2})) == "409 held_by_other"
    assert code_of(zhao.post(f"cases/{case_id}/release", {"revision": 2})) == "409 not_yours"
    assert zhao.post(f"cases/{case_id}/claim", {"revision": 2, "reason": "li is ill"}).json()["holder"] == "zhao"
    assert zhao.post(f"cases/{case_id}/release", {"revision": 3, "comment": "later"}).json()["holder"] is None
    assert [event.event for event in CaseEvent.objects.order_by("seq")][1:] == ["claimed", "renewed", "taken_over", "released"]


def test_when_nothing_waits_nothing_is_taken() -> None:
    assert analyst().post("cases/next").json() == {"taken": None}


def test_evidence_is_asked_for_and_the_wait_for_it_ended() -> None:
    case_id = open_ring()
    li = analyst()
    li.post(f"cases/{case_id}/steps", {"event": "accept", "revision": 0})
    asked = li.post(f"cases/{case_id}/steps", {"event": "request_evidence", "revision": 1, "comment": "the invoice", "due_days": 3})
    assert asked.json()["status"] == "EVIDENCE"
    piece = {"kind": "official_document", "text": "invoice 7", "source_system": "mail", "external_id": "7", "file_sha256": "a" * 64}
    assert system().post(f"cases/{case_id}/evidence", piece).status_code == 201
    ended = li.post(f"cases/{case_id}/steps", {"event": "close_evidence", "revision": 3, "is_complete": True})
    assert ended.json()["status"] == "INVESTIGATION"
    (kept,) = li.get(f"cases/{case_id}").json()["evidence"]
    assert (kept["added_by"], kept["text"], kept["external_id"]) == ("crm", "invoice 7", "7")


def test_a_step_that_the_process_or_the_role_does_not_allow_is_refused() -> None:
    case_id = open_ring()
    assert code_of(analyst().post(f"cases/{case_id}/steps", {"event": "close_evidence", "revision": 0})) == "409 no_such_step"
    auditor = Asker(token_of("sun", "auditor"))
    assert code_of(auditor.post(f"cases/{case_id}/steps", {"event": "accept", "revision": 0})) == "403 role"
    assert code_of(propose(analyst(), case_id, findings={"order:O9": "fraud"})) == "422 bad_finding"


def test_a_complaint_from_another_system_is_one_case_however_often_it_comes() -> None:
    crm = system()
    first = crm.post("complaints", COMPLAINT)
    assert (first.status_code, first.json()["outcome"]) == (201, "opened")
    assert crm.post("complaints", COMPLAINT).json()["outcome"] == "known"
    assert crm.post("complaints", {**COMPLAINT, "external_id": "W2"}).json()["outcome"] == "joined"
    assert code_of(crm.post("complaints", {**COMPLAINT, "text": "something else"})) == "409 known_otherwise"
    case = analyst().get(f"cases/{first.json()['case_id']}").json()
    assert (case["case_type"], case["subject_id"], case["members_count"], len(case["evidence"])) == ("MERCHANT_FRAUD", "M9", 1, 2)
    assert CaseMember.objects.count() == 1


def test_no_card_number_comes_in_by_a_complaint_or_goes_out_in_an_error() -> None:
    crm = system()
    filed = crm.post("complaints", {**COMPLAINT, "text": "card 4111 1111 1111 1111"})
    assert filed.status_code == 201
    refused = crm.post("complaints", {**COMPLAINT, "external_id": "W3", "subject_kind": "instrument", "subject_id": "4111111111111111"})
    assert code_of(refused) == "422 sensitive_id"
    wrong = crm.post("complaints", {**COMPLAINT, "kind": "4111111111111111"})
    for answer in (refused, wrong, analyst().get(f"cases/{filed.json()['case_id']}")):
        assert not holds_card(answer.content.decode())


def test_an_auditor_reads_the_history_word_for_word_and_verifies_it() -> None:
    case_id = open_ring()
    sun = Asker(token_of("sun", "auditor"))
    head = sun.get("audit/head").json()
    assert head == services.audit_head()
    services.note(case_id, "a word", actor="li", role="analyst", at=AT)
    entries = sun.get(f"audit/cases/{case_id}").json()["entries"]
    assert [(entry["event"], entry["entry_hash"] == head["hash"]) for entry in entries] == [("open", True), ("noted", False)]
    assert entries[1]["new"] == {"given": {"comment": "a word"}}
    asked = f"audit/verification?count={head['count']}&hash={head['hash']}"
    assert sun.get(asked).json() == {"ok": True, "entries": 2, "anchors": 1, "first_bad": None, "faults": []}
    told = sun.get(f"audit/verification?count=1&hash={'0' * 64}&where=the%20archive").json()
    assert (told["ok"], told["first_bad"]) == (False, 1)
    assert told["faults"] == ["entry 1: the archive knew another history up to here"]
    assert code_of(sun.get("audit/cases/C0123456789abcdef")) == "404 no_such_case"


def test_an_approval_can_wait_for_an_appeal() -> None:
    case_id = open_ring()
    under_review(analyst(), case_id)
    propose(analyst(), case_id)
    done = approver().post(f"cases/{case_id}/approve", {"revision": revision(case_id), "waits_for_appeal": True})
    assert done.json()["status"] == "DECIDED"


def test_no_card_number_that_comes_in_is_kept_anywhere() -> None:
    case_id = open_ring()
    li, words = analyst(), "paid with 4111 1111 1111 1111, or 4111111111111111"
    assert holds_card(words)
    li.post(f"cases/{case_id}/notes", {"text": words}, Idempotency_Key="4111111111111111")
    li.post(f"cases/{case_id}/evidence", {"kind": "chat_log", "text": words, "source_system": "app", "location": words})
    li.post("complaints", {**COMPLAINT, "text": words, "location": words})
    li.post(f"cases/{case_id}/claim", {"revision": revision(case_id), "reason": words})
    li.post(f"cases/{case_id}/release", {"revision": revision(case_id), "comment": words})
    li.post(f"cases/{case_id}/steps", {"event": "accept", "revision": revision(case_id)})
    asked = {"event": "request_evidence", "revision": revision(case_id), "comment": words, "due_days": 3}
    assert li.post(f"cases/{case_id}/steps", asked).status_code == 200
    li.post(f"cases/{case_id}/steps", {"event": "close_evidence", "revision": revision(case_id), "is_complete": True})
    assert propose(li, case_id, reasons=[words]).status_code == 200
    back = approver().post(f"cases/{case_id}/return", {"revision": revision(case_id), "comment": words})
    assert back.status_code == 200
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert not holds_card(repr(cursor.fetchall())), table
    assert "[card number removed]" in analyst().get(f"cases/{case_id}").content.decode()
