"""Files and decisions over the API: put, read by right, withdrawn; appealed, turned, judged by a court, split."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fairdeal.disputes import services
from fairdeal.disputes.evidence_models import CaseEvidence, CustodyEntry
from fairdeal.disputes.file_types import MOST_BYTES
from fairdeal.disputes.models import Case, CaseEvent
from tests.disputes.alerts import AT, alert
from tests.disputes.asking import Asker, analyst, approver, check_problem, code_of, system, token_of
from tests.disputes.test_evidence_files import PDF

pytestmark = pytest.mark.usefixtures("home")


def open_case() -> str:
    return services.open_cases([alert(1), alert(2)], run_id="run-1", at=AT).opened[0]


def put(asker: Asker, case_id: str, content: bytes = PDF, name: str = "a.pdf", *, key: str = "", **given: Any) -> Any:
    sent = {"kind": "official_document", **given, "file": SimpleUploadedFile(name, content)}
    headers = {"Authorization": f"Bearer {asker.token}"} | ({"Idempotency-Key": key} if key else {})
    answer = asker.client.post(f"/api/v1/cases/{case_id}/files", sent, headers=headers)
    if answer.status_code >= 400:
        check_problem(answer)
    return answer


def test_a_file_is_put_with_its_hash_and_read_with_its_custody() -> None:
    case_id, li, auditor = open_case(), analyst(), Asker(token_of("shen", "auditor"))
    sha256 = hashlib.sha256(PDF).hexdigest()
    put_there = put(system(), case_id, file_sha256=sha256, visibility="parties", text="a receipt, call 13800138000")
    assert put_there.status_code == 201
    evidence_id = json.loads(put_there.content)["evidence_id"]
    read = li.get(f"cases/{case_id}/evidence/{evidence_id}/file")
    assert (read.content, read.headers["Content-Type"]) == (PDF, "application/pdf")
    assert read.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert read.headers["Content-Disposition"].startswith("attachment")
    (piece,) = json.loads(auditor.get(f"cases/{case_id}").content)["evidence"]
    assert (piece["file"]["visibility"], piece["file"]["size"], piece["file_sha256"]) == ("parties", len(PDF), sha256)
    assert [(hand["actor"], hand["role"], hand["what"]) for hand in piece["file"]["custody"]] == [
        ("crm", "pipeline", "put"),
        ("li", "analyst", "read"),
    ]
    assert services.verify_history().faults == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"file_sha256": "0" * 64}, "422 other_file"),
        ({"content": b"PK\x03\x04", "name": "a.zip"}, "422 bad_type"),
        ({"content": b"card 4111 1111 1111 1111", "name": "a.txt"}, "422 sensitive_file"),
        ({"content": b"a" * (MOST_BYTES + 1), "name": "a.txt"}, "413 too_large"),
        ({"content": b"", "name": "a.txt"}, "413 bad_size"),
        ({"kind": "song"}, "422 bad_value"),
        ({"visibility": "all"}, "422 bad_value"),
        ({"revision": 7}, "409 stale_revision"),
        ({"revision": "x"}, "422 bad_value"),
    ],
)
def test_what_is_not_taken_is_told_and_nothing_is_kept(changes: dict[str, Any], code: str) -> None:
    assert code_of(put(analyst(), open_case(), **changes)) == code
    assert not CaseEvidence.objects.exists()


def test_the_same_file_under_a_key_is_put_once_and_another_one_refused() -> None:
    case_id, li = open_case(), analyst()
    first, again = put(li, case_id, key="k"), put(li, case_id, key="k")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert code_of(put(li, case_id, PDF + b" ", key="k")) == "409 key_used_otherwise"
    assert CustodyEntry.objects.count() == 1


def test_a_form_that_is_cut_off_is_an_error_of_its_sender() -> None:
    li, case_id = analyst(), open_case()
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary="):
        headers = {"Authorization": f"Bearer {li.token}"}
        answer = li.client.generic("POST", f"/api/v1/cases/{case_id}/files", b"--x\r\nContent-Disp", content_type=kind, headers=headers)
        check_problem(answer)
        assert answer.status_code in (400, 422)


def test_what_is_withdrawn_counts_no_more_and_is_still_read() -> None:
    case_id, li = open_case(), analyst()
    evidence_id = json.loads(put(li, case_id).content)["evidence_id"]
    address = f"cases/{case_id}/evidence/{evidence_id}"
    assert li.post(f"{address}/withdraw", {"reason": "of another order"}).status_code == 200
    assert code_of(li.post(f"{address}/withdraw", {"reason": "again"})) == "404 no_such_evidence"
    assert li.get(f"{address}/file").status_code == 200
    assert code_of(li.get(f"cases/{case_id}/evidence/E{'0' * 16}/file")) == "404 no_such_file"
    assert json.loads(li.get(f"cases/{case_id}").content)["evidence"][0]["is_withdrawn"] is True


def revision_of(case_id: str) -> int:
    return Case.objects.get(pk=case_id).revision


def test_a_decision_is_appealed_turned_and_approved_with_an_outcome_per_member() -> None:
    case_id, li, wang = open_case(), analyst(), approver()
    reviewer, agent = Asker(token_of("zhou", "approver", "appeal_review")), Asker(token_of("kf", "agent"))

    def send(asker: Asker, what: str, **body: Any) -> Any:
        return asker.post(f"cases/{case_id}/{what}", {"revision": revision_of(case_id), **body})

    for event in ("accept", "start_review"):
        assert send(li, "steps", event=event).status_code == 200
    assert send(li, "propose", close_code="action_confirmed", reasons=["x"]).status_code == 200
    assert send(wang, "approve", waits_for_appeal=True).status_code == 200
    asked = {"asked_by": "merchant", "reasons": ["they exist"], "new_evidence": ["the carrier's list"]}
    assert code_of(send(li, "appeal", **asked)) == "403 not_brought_in"
    assert send(agent, "appeal", **asked).status_code == 200
    turned = {"close_code": "decided_for_buyer", "reasons": ["y"], "findings": {"order:O1": "fraud", "order:O2": "honest"}}
    assert code_of(send(wang, "reverse", **turned)) == "403 skill"
    assert code_of(send(wang, "uphold", reasons=["y"])) == "403 skill"
    assert send(reviewer, "reverse", **turned).status_code == 200
    assert code_of(send(reviewer, "approve")) == "403 second_eyes"
    done = send(wang, "approve")
    assert json.loads(done.content)["status"] == "CLOSED", done.content
    told = json.loads(li.get(f"cases/{case_id}").content)
    assert {f"{m['subject_kind']}:{m['subject_id']}": m["verdict"] for m in told["members"]} == turned["findings"]
    assert code_of(send(agent, "reopen", **asked)) == "403 not_brought_in"
    assert json.loads(send(wang, "reopen", **(asked | {"asked_by": "analyst"})).content)["status"] == "INVESTIGATION"


def test_a_judgment_needs_two_tokens_and_a_legal_officer() -> None:
    case_id, wang = open_case(), approver()
    officer = Asker(token_of("zhou", "approver", "legal"))
    Case.objects.filter(pk=case_id).update(status="LEGAL")

    def judge(asker: Asker, sha256: str = "a" * 64) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            asker.post(f"cases/{case_id}/judgment", {"revision": revision_of(case_id), "document_sha256": sha256}).content
        )
        return told

    assert [judge(wang)["status"] for _ in range(2)] == ["LEGAL", "LEGAL"]
    assert judge(officer)["status"] == "ENFORCING"
    assert CaseEvent.objects.get(event="receive_judgment").actor == "zhou"


def test_a_member_who_does_not_belong_there_gets_a_case_of_its_own() -> None:
    case_id, li = open_case(), analyst()
    body = {"revision": revision_of(case_id), "member": "order:O2", "reason": "another household"}
    moved = json.loads(li.post(f"cases/{case_id}/split", body).content)
    assert moved["case_id"] != case_id
    assert code_of(li.post(f"cases/{case_id}/split", body)) == "409 stale_revision"
