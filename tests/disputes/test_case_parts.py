"""Parts of a case's page: files of evidence, what happened side by side, contacts for a reason, and a form for every step."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from fairdeal.disputes import services
from fairdeal.disputes.case_page import page_of
from fairdeal.disputes.case_types import CASE_TYPES
from fairdeal.disputes.domain import BROUGHT_IN, TRANSITIONS, CaseStatus, Event, Role, Skill
from fairdeal.disputes.evidence_models import CaseEvidence, CustodyEntry
from fairdeal.disputes.file_types import MOST_BYTES
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.roles import PARTIES
from fairdeal.disputes.step_forms import FORMS
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person, send, text_of
from tests.disputes.test_evidence_files import PDF, PNG

pytestmark = pytest.mark.usefixtures("home")


def open_case(**changes: Any) -> str:
    return services.open_cases([alert(1, **changes)], run_id="run-1", at=AT).opened[0]


def put(client: Client, case_id: str, content: bytes = PDF, name: str = "a.pdf", **more: str) -> str:
    form = {"kind": "order_record", "visibility": "staff", "text": "the invoice", **more}
    return text_of(client.post(f"/case/{case_id}/attach/", {**form, "file": SimpleUploadedFile(name, content)}, follow=True))


def test_an_analyst_puts_a_file_before_a_case_and_an_auditor_gets_it_as_it_was() -> None:
    case_id = open_case()
    page = put(browser(person("li", "analyst")), case_id, name="收据.pdf")
    kept = CaseEvidence.objects.get()
    assert "The file stands before the case." in page
    address = f"/case/{case_id}/evidence/{kept.pk}/file/"
    assert address in page
    answer = browser(person("sun", "auditor")).get(address)
    assert answer.content == PDF
    assert answer["content-disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["content-type"] == "application/pdf"
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["content-security-policy"] == "default-src 'none'; sandbox"
    assert list(CustodyEntry.objects.values_list("what", "actor", "role")) == [("put", "li", "analyst"), ("read", "sun", "auditor")]


def test_pictures_are_shown_and_nothing_else_is() -> None:
    case_id, client = open_case(), browser(person("li", "analyst"))
    put(client, case_id, PNG, "a.png", kind="photo")
    page = put(client, case_id, b"<script>alert(1)</script>", "b.html")
    picture, text = (CaseEvidence.objects.get(file__media_type=kind).pk for kind in ("image/png", "text/plain"))
    assert re.findall(r'<img class="fd-picture"[^>]* src="([^"]+)"', page) == [f"/case/{case_id}/evidence/{picture}/picture/"]
    shown = client.get(f"/case/{case_id}/evidence/{picture}/picture/")
    assert (shown["content-type"], shown["content-disposition"][:6]) == ("image/png", "inline")
    assert shown["content-security-policy"] == "default-src 'none'; sandbox"
    assert client.get(f"/case/{case_id}/evidence/{text}/picture/").status_code == 404
    handed = client.get(f"/case/{case_id}/evidence/{text}/file/")
    assert (handed["content-type"], handed["content-disposition"][:10]) == ("text/plain; charset=utf-8", "attachment")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"PK\x03\x04", "a.zip", "PDF, PNG, JPEG, and text or CSV in UTF-8 are taken"),
        (b"a" * (MOST_BYTES + 1), "a.txt", "No file came, or one larger than 10 MB"),
    ],
)
def test_what_is_not_taken_is_told(content: bytes, name: str, said: str) -> None:
    assert said in put(browser(person("li", "analyst")), open_case(), content, name)
    assert not CaseEvidence.objects.exists()


def test_what_is_withdrawn_stays_on_the_page_with_its_reason() -> None:
    case_id, client = open_case(), browser(person("li", "analyst"))
    put(client, case_id)
    evidence_id = CaseEvidence.objects.get().pk
    address = f"/case/{case_id}/evidence/{evidence_id}/withdraw/"
    page = text_of(client.post(address, {"reason": "of another order"}, follow=True))
    assert "fd-withdrawn" in page
    assert "of another order" in page
    assert address not in page


def trail() -> list[dict[str, Any]]:
    at = "2026-02-28T03:00:00+00:00"
    return [
        {"table": "orders", "id": "O1", "at": at, "tie": "order", "amount_minor": 500, "currency": "CNY", "device_id": "D1"},
        {"table": "payments", "id": "P1", "at": at, "tie": "order", "amount_minor": 500, "currency": "CNY", "device_id": "D2"},
        {"table": "reviews", "id": "R1", "at": at, "tie": "account", "text": "<i>加微信 fanxian88"},
    ]


def test_what_happened_stands_side_by_side_with_the_flagged_row_and_what_recurs_marked() -> None:
    case_id = open_case(evidence=json.dumps({"trail": trail()}))
    page = text_of(browser(person("li", "analyst")).get(f"/case/{case_id}/"))
    table = page[page.index("fd-trail") : page.index("</table>", page.index("fd-trail"))]
    lines = re.findall(r'<tr class="([^"]*)">(.*?)</tr>', table, re.DOTALL)
    assert [" ".join(classes.split()) for classes, _ in lines] == ["fd-flagged", "", "fd-other"]
    places = [[bool(cell.strip()) for cell in re.findall(r"<td>(.*?)</td>", line, re.DOTALL)] for _, line in lines]
    assert [cells.index(True) for cells in places] == [0, 1, 4]
    assert table.count('class="fd-same fd-same-A"') == 2
    assert "&lt;i&gt;" in table
    assert "<i>" not in table


def test_twin_texts_stand_side_by_side_with_what_both_say_marked() -> None:
    twins = [{"review_id": "R9", "reviewer_id": "B9", "similarity": 0.8, "text": "确实质量很好，推荐"}]
    evidence, snapshot = json.dumps({"twins": twins}), json.dumps({"text": "质量很好，物流很快", "currency": "CNY"})
    page = text_of(browser(person("li", "analyst")).get(f"/case/{open_case(evidence=evidence, snapshot=snapshot)}/"))
    assert "<td><mark>质量很好，</mark>物流很快</td>" in page
    assert "确实<mark>质量很好，</mark>推荐" in page


def test_contacts_are_hidden_until_somebody_says_why_and_that_is_written_down() -> None:
    snapshot = json.dumps({"text": "加微信 fanxian88 返现", "note": "call 138 0013 8000", "currency": "CNY"})
    case_id = open_case(
        snapshot=snapshot, evidence=json.dumps({"trail": trail(), "twins": [{"review_id": "R9", "text": "微信 fanxian88"}]})
    )
    services.add_evidence(case_id, services.Exhibit("chat_log", "QQ：987650123", "crm"), actor="crm", role="pipeline")  # type: ignore[arg-type]
    secrets = ("fanxian88", "138 0013 8000", "987650123")
    li, wang = browser(person("li", "analyst")), browser(person("wang", "approver"))
    for client in (li, wang):
        page = text_of(client.get(f"/case/{case_id}/"))
        assert not [secret for secret in secrets if secret in page]
    assert "not done without a reason" in text_of(li.post(f"/case/{case_id}/reveal/", {"reason": " "}, follow=True))
    page = text_of(li.post(f"/case/{case_id}/reveal/", {"reason": "to call the buyer back"}, follow=True))
    assert [secret for secret in secrets if secret in page] == list(secrets)
    assert not [secret for secret in secrets if secret in text_of(wang.get(f"/case/{case_id}/"))]  # it was shown to one person
    told = CaseEvent.objects.latest("seq")
    assert (told.event, told.actor, told.role, told.new["given"]["comment"]) == ("revealed", "li", "analyst", "to call the buyer back")
    assert services.verify_history().faults == ()


def test_contacts_are_hidden_again_after_a_quarter_of_an_hour() -> None:
    case_id = open_case(snapshot=json.dumps({"text": "加微信 fanxian88"}))
    services.reveal(case_id, actor="li", role="analyst", reason="x", at=timezone.now() - timedelta(minutes=16))
    assert "fanxian88" not in text_of(browser(person("li", "analyst")).get(f"/case/{case_id}/"))


@pytest.mark.parametrize("role", ["auditor", "operator", "admin", "pipeline"])
def test_who_has_no_right_to_contacts_sees_none(role: str) -> None:
    case_id = open_case(snapshot=json.dumps({"text": "加微信 fanxian88"}))
    with pytest.raises(services.RefusedChange, match="agents, analysts and approvers"):
        services.reveal(case_id, actor="sun", role=role, reason="curious")


def test_programs_are_told_no_contacts() -> None:
    case_id = open_case(snapshot=json.dumps({"text": "加微信 fanxian88"}))
    person("li", "analyst")
    token = services.new_token("li", days=1)["token"]
    answer = Client(SERVER_NAME="localhost").get(f"/api/v1/cases/{case_id}", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert "fanxian88" not in answer.content.decode()


#: Forms that stand on the page by themselves, and the proposal that one of them makes where its outcome says so.
OWN_FORMS = {
    "accept", "start_review", "request_evidence", "close_evidence", "propose_decision", "propose_false_positive", "approve", "return",
    "reverse", "uphold", "appeal", "reopen",
}  # fmt: skip
PEOPLE = (Role.AGENT, Role.ANALYST, Role.APPROVER, Role.OPERATOR)


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.source is not None], ids=lambda row: f"{row.source}-{row.event}")
def test_every_step_that_people_of_the_desk_may_take_has_a_form(row: Any) -> None:
    able = [role for role in PEOPLE if role in row.who or (role in BROUGHT_IN.get(row.event, ()) and PARTIES & set(row.who))]
    if row.event is Event.REOPEN:  # an analyst asks an approver, who writes it down and so agrees
        able.remove(Role.ANALYST)
    case_id = open_case(case_type="MAL_REVIEW", typology="malicious_review")
    assert len(next(facts.parties for kind, facts in CASE_TYPES.items() if kind == "MAL_REVIEW")) == 2
    decision = {"maker": "chen", "close_code": "award" if row.event is Event.RETURN_AWARD else "action_confirmed"}
    decision["appeal_until"] = (timezone.now() + timedelta(days=1)).isoformat()
    moments = {"closed_at": timezone.now()} if row.source is CaseStatus.CLOSED else {}
    Case.objects.filter(pk=case_id).update(status=row.source.value, decision=decision, **moments)
    for role in able:
        page = page_of(Case.objects.get(), frozenset({role}), "wang", frozenset(Skill))
        if row.event in (Event.UPHOLD, Event.REVERSE):  # whether the reviewer is a fresh eye, the tests of appeals look at
            assert page["review"]["has_skill"]
            continue
        asking = {page["asking"]["event"]} if page["asking"] else set()
        offered = {form.event for form in page["more_steps"]} | set(page["steps"]) | asking
        own = "propose_decision" if row.event is Event.PROPOSE_FALSE_POSITIVE else row.event.value
        assert own in offered, role
    assert row.event in FORMS or row.event.value in OWN_FORMS or not able


def test_a_duplicate_is_merged_by_its_form() -> None:
    case_id = open_case()
    (other,) = services.open_cases([alert(2, "M2")], run_id="run-1", at=AT).opened
    page = send(browser(person("li", "analyst")), case_id, "merge_duplicate", target_case_id=other)
    assert "Done. The case is now" in page
    assert Case.objects.get(pk=case_id).close_code == "duplicate"


def test_an_agent_rejects_a_complaint_with_reasons_and_what_stays_open() -> None:
    post = services.Exhibit("complaint", "no refund", "crm", "C1", "merchant", "M1")  # type: ignore[arg-type]
    case_id = services.file_complaint(post, actor="crm", role="pipeline")["case_id"]
    client = browser(person("kf", "agent"))
    assert "the other ways that stay open" in send(client, case_id, "reject", reasons="not ours")
    send(client, case_id, "reject", reasons="not ours", remedies="12315")
    assert Case.objects.get(pk=case_id).status == "REJECTED"


def test_a_settlement_is_written_down_for_a_party_with_the_signed_document() -> None:
    case_id, client = open_case(case_type="MAL_REVIEW", typology="malicious_review"), browser(person("kf", "agent"))
    Case.objects.filter(pk=case_id).update(status="NEGOTIATION")
    assert "Put the signed document before the case as a file first." in text_of(client.get(f"/case/{case_id}/"))
    put(client, case_id, visibility="parties", kind="official_document")
    sha256 = CaseEvidence.objects.get().file_sha256
    settled = {"asked_by": "merchant", "agreed": "yes", "document": sha256}
    assert "says why they ask" in send(client, case_id, "settle", **settled)
    send(client, case_id, "settle", reasons="both signed", **settled)
    entry = CaseEvent.objects.get(event="settle")
    assert entry.new["given"]["on_behalf_of"] == "merchant"
    assert entry.new["given"]["document_sha256"] == sha256
    assert entry.role == "agent"


def test_a_judgment_binds_when_a_second_approver_confirms_it_under_their_own_name() -> None:
    case_id = open_case()
    Case.objects.filter(pk=case_id).update(status="LEGAL")
    officer, chen = browser(person("wang", "approver", "legal")), browser(person("chen", "approver"))
    services.attach_file(case_id, PDF, name="judgment.pdf", kind="official_document", actor="kf", role="agent")
    document = CaseEvidence.objects.get().file_sha256
    assert "Enter a judgment" not in text_of(chen.get(f"/case/{case_id}/"))
    assert "judgment entered, waits for a second person" in send(officer, case_id, "receive_judgment", document=document)
    assert Case.objects.get().status == "LEGAL"
    assert "Another approver has to confirm it" in text_of(officer.get(f"/case/{case_id}/"))
    for again in (officer, browser(person("li", "analyst"))):
        send(again, case_id, "receive_judgment", document=document)
        assert Case.objects.get().status == "LEGAL"
    assert "wang entered this judgment" in text_of(chen.get(f"/case/{case_id}/"))
    send(chen, case_id, "receive_judgment", document=document)
    assert Case.objects.get().status == "ENFORCING"
    decision = Case.objects.get().decision
    assert (decision["maker"], decision["checker"], decision["document_sha256"]) == ("wang", "chen", document)
    assert services.verify_history().faults == ()


def test_who_names_another_person_has_not_let_them_sign() -> None:
    case_id, sha256 = open_case(), "a" * 64
    Case.objects.filter(pk=case_id).update(status="LEGAL")
    step: dict[str, Any] = {"role": "approver", "skills": ["legal"], "document_sha256": sha256}
    with pytest.raises(services.RefusedChange, match="second_person given"):
        services.apply(case_id, "receive_judgment", actor="wang", second_person="chen", **step)
    with pytest.raises(services.RefusedChange, match="a second person agrees"):
        services.apply(case_id, "receive_judgment", actor="wang", **step)
    services.sign_judgment(case_id, sha256, actor="chen", role="approver")
    for changes in ({"actor": "Chen "}, {"actor": "wang", "document_sha256": "b" * 64}):
        with pytest.raises(services.RefusedChange, match="a second person agrees"):
            services.apply(case_id, "receive_judgment", **(step | changes))
    with pytest.raises(services.RefusedChange, match="needs the skill legal"):
        services.apply(case_id, "receive_judgment", actor="wang", role="approver", document_sha256=sha256)
    assert services.apply(case_id, "receive_judgment", actor="wang", **step)["status"] == "ENFORCING"
    with pytest.raises(services.RefusedChange):
        services.sign_judgment(case_id, sha256, actor="chen", role="approver")
