"""Complaints and other evidence: each in one case, once, sealed, and judged like what a detector found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from fairdeal.disputes import services
from fairdeal.disputes.evidence_kinds import EvidenceKind
from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.models import Case, CaseEvent, CaseMember
from fairdeal.disputes.packing import pack_files
from fairdeal.disputes.services import Exhibit
from tests.disputes.alerts import AT, alert
from tests.disputes.many import complain, together

pytestmark = pytest.mark.usefixtures("home")

POST = Exhibit(EvidenceKind.SOCIAL_POST, "店家刷单，全是假的", "weibo", "W1", "merchant", "M1", "zh", occurred_at=AT)


def file(exhibit: Exhibit = POST, **more: Any) -> dict[str, Any]:
    return services.file_complaint(exhibit, actor="crm", role="pipeline", **{"at": AT, **more})


def test_a_complaint_opens_a_case_about_its_subject_with_a_member_to_judge() -> None:
    done = file()
    case = Case.objects.get(pk=done["case_id"])
    assert done["outcome"] == "opened"
    assert (case.status, case.case_type, case.subject_kind, case.subject_id, case.member_count) == (
        "NEW",
        "MERCHANT_FRAUD",
        "merchant",
        "M1",
        1,
    )
    (event,) = CaseEvent.objects.filter(case=case)
    assert (event.event, event.actor, event.role) == ("open", "crm", "pipeline")
    assert event.new["evidence"] == {
        "evidence_id": done["evidence_id"],
        "kind": "social_post",
        "sha256": CaseEvidence.objects.get().sha256,
    }


@pytest.mark.parametrize(
    ("about", "case_type", "outcome"),
    [
        (("merchant", "M1"), None, "joined"),  # the open case about it
        (("order", "O1"), None, "joined"),  # a member of it
        (("merchant", "M1"), "FAKE_DEAL", "joined"),
        (("merchant", "M1"), "MERCHANT_FRAUD", "opened"),  # said to be about something else
        (("merchant", "M2"), None, "opened"),
    ],
)
def test_a_complaint_joins_the_open_case_of_its_subject(about: tuple[str, str], case_type: str | None, outcome: str) -> None:
    (ring,) = services.open_cases([alert(1), alert(2)], run_id="run-1", at=AT).opened
    done = file(replace(POST, subject_kind=about[0], subject_id=about[1]), case_type=case_type)
    assert done["outcome"] == outcome
    assert (done["case_id"] == ring) == (outcome == "joined")


def test_a_complaint_about_a_case_that_waits_for_approval_does_not_undo_the_proposal() -> None:
    (ring,) = services.open_cases([alert(1), alert(2)], run_id="run-1", at=AT).opened
    for event in ("accept", "start_review"):
        services.apply(ring, event, actor="li", role="analyst", at=AT)
    services.propose(ring, maker="li", close_code="action_confirmed", reasons=["seen"], at=AT)
    assert file()["case_id"] == ring
    assert Case.objects.get(pk=ring).member_count == 2
    assert services.apply(ring, "approve", actor="wang", role="approver", at=AT)["status"] == "DECIDED"


def test_alerts_join_a_case_that_a_complaint_opened() -> None:
    case_id = file(case_type="FAKE_DEAL")["case_id"]
    assert services.open_cases([alert(1)], run_id="run-1", at=AT).joined == (("A1", case_id),)
    assert Case.objects.get(pk=case_id).member_count == 2


def test_the_same_complaint_again_changes_nothing_and_another_under_its_id_is_refused() -> None:
    first = file()
    assert file() == {**first, "outcome": "known"}
    assert CaseEvent.objects.count() == 1
    with pytest.raises(services.RefusedChange, match="said something else") as refused:
        file(replace(POST, text="another story"))
    assert refused.value.refusal.code == "known_otherwise"


def test_processes_that_file_one_complaint_at_once_file_it_once(home: Path) -> None:
    assert sorted(together(complain, home, 4)) == ["known", "known", "known", "opened"]
    assert CaseEvidence.objects.count() == Case.objects.count() == 1


def test_card_numbers_in_words_are_taken_out_and_refused_as_ids() -> None:
    done = file(replace(POST, text="my card 4111 1111 1111 1111 was charged twice"))
    assert CaseEvidence.objects.get(pk=done["evidence_id"]).text == "my card [card number removed] was charged twice"
    with pytest.raises(services.RefusedChange, match="no card number"):
        file(replace(POST, external_id="W2", subject_kind="instrument", subject_id="4111111111111111"))


def decide(case_id: str, code: str, **more: Any) -> None:
    services.decide(case_id, maker="li", checker="wang", close_code=code, reasons=["seen"], at=AT, **more)


def test_a_case_that_only_a_complaint_opened_comes_to_its_end_and_teaches_nothing() -> None:
    case_id = file()["case_id"]
    decide(case_id, "action_confirmed")
    assert Case.objects.get(pk=case_id).status == "CLOSED"
    assert Case.objects.get(pk=case_id).decision["evidence_ids"] == [CaseEvidence.objects.get().pk]
    assert CaseMember.objects.get().verdict == "fraud"
    assert services.verdicts() == []


def test_a_complaint_that_comes_when_the_outcome_stands_goes_to_a_case_of_its_own() -> None:
    (ring,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    for event, actor in (("accept", "li"), ("start_review", "li")):
        services.apply(ring, event, actor=actor, role="analyst", at=AT)
    services.propose(ring, maker="li", close_code="action_confirmed", reasons=["seen"], at=AT)
    services.apply(ring, "approve", actor="wang", role="approver", at=AT)
    late = file()
    assert late["case_id"] == ring
    services.carry_out(ring, at=AT)
    member = CaseMember.objects.get(subject_kind="merchant")
    assert Case.objects.get(pk=ring).status == "CLOSED"
    assert Case.objects.get(pk=member.case.pk).status == "NEW"
    assert CaseEvidence.objects.get().case.pk == member.case.pk != ring
    assert services.verify_history().faults == ()


def test_evidence_is_put_before_open_cases_only() -> None:
    case_id = services.open_cases([alert(1)], run_id="run-1", at=AT).opened[0]
    letter = Exhibit(EvidenceKind.OFFICIAL_DOCUMENT, "立案通知", "police", location="s3://letters/7", file_sha256="a" * 64)
    done = services.add_evidence(case_id, letter, actor="li", role="analyst", revision=0, at=AT)
    assert done["revision"] == 1
    with pytest.raises(services.RefusedChange, match="revision 0"):
        services.add_evidence(case_id, letter, actor="li", role="analyst", revision=0, at=AT)
    decide(case_id, "false_positive")
    with pytest.raises(services.RefusedChange, match="the case is CLOSED"):
        services.add_evidence(case_id, letter, actor="li", role="analyst", at=AT)


def test_one_piece_of_evidence_belongs_to_one_case() -> None:
    here, there = services.open_cases([alert(1, "M1"), alert(2, "M2")], run_id="run-1", at=AT).opened
    chat = Exhibit(EvidenceKind.CHAT_LOG, "hello", "im", "7")
    first = services.add_evidence(here, chat, actor="li", role="analyst", at=AT)
    assert services.add_evidence(here, chat, actor="li", role="analyst", at=AT + timedelta(hours=1)) == first
    with pytest.raises(services.RefusedChange, match=f"of case {here}"):
        services.add_evidence(there, chat, actor="li", role="analyst", at=AT)


@pytest.mark.parametrize("tamper", ["change", "delete"])
def test_an_audit_names_evidence_that_is_not_what_was_given(tamper: str) -> None:
    evidence_id = file()["evidence_id"]
    kept = CaseEvidence.objects.filter(pk=evidence_id)
    assert services.verify_history().faults == ()
    if tamper == "change":
        kept.update(text="nothing to see")
    else:
        kept.delete()
    (fault,) = services.verify_history().faults
    assert fault.startswith(f"evidence {evidence_id}: ")


def test_a_masked_pack_holds_no_word_of_a_complaint() -> None:
    done = file(replace(POST, subject_kind="account", subject_id="B12345", text="B12345 is Zhang San of Lane 5"))
    files = pack_files(done["case_id"], is_masked=True)
    for name, content in files.items():
        for word in (b"Zhang San", b"B12345", b"W1", b"crm"):
            assert word not in content, (name, word)
    assert "社交媒体帖子 social post" in files["read.html"].decode()
    whole = pack_files(done["case_id"], is_masked=False)
    assert b"Zhang San" in whole["case.json"]
    assert b"Zhang San" in whole["read.html"]


@pytest.mark.parametrize(("language", "words"), [("en", ["Evidence", "social post"]), ("zh-hans", ["证据", "社交媒体帖子"])])
def test_the_page_of_a_case_shows_its_evidence_and_lets_it_be_judged(language: str, words: list[str]) -> None:
    case_id = file(replace(POST, text="<b>fake</b>"), case_type="FAKE_DEAL")["case_id"]
    user = User.objects.create(username="li", is_staff=True)
    user.groups.set(Group.objects.filter(name="analyst"))
    for event in ("accept", "start_review"):
        services.apply(case_id, event, actor="li", role="analyst")
    client = Client(SERVER_NAME="localhost", headers={"accept-language": language})
    client.force_login(user)
    page = client.get(f"/case/{case_id}/").content.decode()
    for word in [*words, "&lt;b&gt;fake&lt;/b&gt;", "weibo", f'name="finding_{CaseMember.objects.get().pk}"']:
        assert word in page, word
    form = {
        "event": "propose_decision",
        "revision": Case.objects.get().revision,
        "outcome": "action_confirmed",
        "reasons": "seen in the open",
    }
    client.post(f"/case/{case_id}/step/", form)
    assert Case.objects.get().status == "DECISION_PENDING"
    assert Case.objects.get().decision["findings"] == {"merchant:M1": "fraud"}
