"""Files as evidence: what is taken, how it is kept, who had it in hand, and that nothing of it changes unseen."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest

from fairdeal.disputes import evidence_store, services
from fairdeal.disputes.attaching import Hand, withdrawn_from
from fairdeal.disputes.evidence_models import CaseEvidence, CustodyEntry, EvidenceFile
from fairdeal.disputes.file_types import MOST_BYTES, TAKEN, safe_name, type_of
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.services import RefusedChange, attach_file, read_file, verify_history, withdraw_evidence
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND" + zlib.crc32(b"IEND").to_bytes(4, "big")
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40 + b"\xff\xd9"


@pytest.fixture
def case_id() -> str:
    return services.open_cases([alert(1)], run_id="run-1", at=AT).opened[0]


def attach(case_id: str, content: bytes = PDF, name: str = "invoice.pdf", **more: str) -> str:
    given = {"kind": "order_record", "actor": "li", "role": "analyst"} | more
    return str(attach_file(case_id, content, name=name, at=AT, **given)["evidence_id"])


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("a.txt", "聊天记录".encode(), "text/plain"),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("a.exe", PDF, "application/pdf"),  # what is in it counts
        ("a.pdf", b"<script>alert(1)</script>", "text/plain"),
        ("a.pdf", b"%PDF-1.7\n cut off", None),
        ("a.png", PNG[:20], None),
        ("a.png", b"MZ\x90\0" + b"\0" * 100, None),
        ("a.zip", b"PK\x03\x04" + b"\0" * 100, None),
        ("a.txt", b"\xff\xfe\0a", None),
        ("a.txt", b"a\0b", None),
        ("a.txt", b"\x1b[2J", None),
        ("a.txt", b" \n", None),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "text/plain"),
    ],
)
def test_what_a_file_is_stands_in_it_and_not_in_its_name(name: str, content: bytes, media_type: str | None) -> None:
    found = type_of(name, content)
    assert (found.media_type if found else None) == media_type


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("收据 3.pdf", "收据 3.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\li\\a.b.pdf", "a_b.pdf"),
        ('x"\r\nSet-Cookie: a=b.pdf', "x___Set-Cookie_ a_b.pdf"),
        ("", "evidence.pdf"),
        ("…", "evidence.pdf"),
        ("n" * 300 + ".pdf", "n" * 80 + ".pdf"),
    ],
)
def test_a_name_is_kept_in_a_form_that_harms_nothing(name: str, kept: str) -> None:
    assert safe_name(name, TAKEN["application/pdf"]) == kept


def test_a_file_is_kept_as_it_came_and_its_hash_stands_in_the_history(case_id: str, home: Path) -> None:
    evidence_id = attach(case_id)
    sha256 = CaseEvidence.objects.get(pk=evidence_id).file_sha256
    path = home / evidence_store.place_of(sha256)
    assert path.read_bytes() == PDF
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    told = CaseEvent.objects.latest("seq").new["evidence"]
    assert told["file"] == {"name": "invoice.pdf", "media_type": "application/pdf", "size": len(PDF), "visibility": "staff"}
    got = read_file(case_id, evidence_id, actor="wang", role="approver", at=AT)
    assert (got.content, got.name, got.is_picture) == (PDF, "invoice.pdf", False)
    assert verify_history().faults == ()


def test_who_had_a_file_in_hand_is_told_in_order(case_id: str) -> None:
    evidence_id = attach(case_id)
    read_file(case_id, evidence_id, actor="wang", role="approver", at=AT)
    withdraw_evidence(case_id, evidence_id, actor="li", role="analyst", reason="of another order", at=AT)
    entries = CustodyEntry.objects.order_by("number").values_list("number", "actor", "role", "what")
    assert list(entries) == [(1, "li", "analyst", "put"), (2, "wang", "approver", "read"), (3, "li", "analyst", "withdrawn")]


def test_reading_a_file_changes_nothing_that_others_work_on(case_id: str) -> None:
    evidence_id = attach(case_id)
    revision = services.show_case(case_id)["revision"]
    read_file(case_id, evidence_id, actor="wang", role="approver")
    assert services.show_case(case_id)["revision"] == revision


def test_the_same_file_given_again_is_the_one_that_is_there(case_id: str) -> None:
    first = attach(case_id)
    assert attach(case_id, name="again.pdf") == first
    assert EvidenceFile.objects.count() == 1
    withdraw_evidence(case_id, first, actor="li", role="analyst", reason="by mistake")
    assert attach(case_id) != first


@pytest.mark.parametrize(
    ("content", "name", "more", "match"),
    [
        (b"", "a.txt", {}, "0 bytes; a file has between"),
        (b"a" * (MOST_BYTES + 1), "a.txt", {}, "a file has between 1 byte and 10 MB"),
        (b"PK\x03\x04", "a.zip", {}, "PDF, PNG, JPEG, and text or CSV"),
        (b"card 4111 1111 1111 1111", "a.txt", {}, "a card number or national id"),
        (PDF, "a.pdf", {"kind": "gossip"}, "kinds are complaint"),
        (PDF, "a.pdf", {"visibility": "everybody"}, "it is seen by staff or parties"),
    ],
)
def test_what_is_not_taken_is_refused_and_leaves_nothing(
    case_id: str, home: Path, content: bytes, name: str, more: dict[str, str], match: str
) -> None:
    with pytest.raises(RefusedChange, match=match):
        attach(case_id, content, name, **more)
    assert not EvidenceFile.objects.exists()
    assert not (home / "evidence").exists()


def test_a_case_at_rest_takes_no_file_and_loses_none(case_id: str) -> None:
    evidence_id = attach(case_id)
    services.decide(case_id, maker="li", checker="wang", close_code="false_positive", findings=None, reasons=["a family"], at=AT)
    with pytest.raises(RefusedChange, match="evidence is put before cases that are open"):
        attach(case_id, PNG, "a.png")
    with pytest.raises(RefusedChange, match="withdrawn from cases that are open"):
        withdraw_evidence(case_id, evidence_id, actor="li", role="analyst", reason="x")


def test_what_is_withdrawn_stays_with_its_reason(case_id: str) -> None:
    evidence_id = attach(case_id)
    with pytest.raises(RefusedChange, match="with a reason"):
        withdraw_evidence(case_id, evidence_id, actor="li", role="analyst", reason=" ")
    withdraw_evidence(case_id, evidence_id, actor="li", role="analyst", reason="of another order")
    assert withdrawn_from(case_id) == {evidence_id: "of another order"}
    assert read_file(case_id, evidence_id, actor="wang", role="approver").content == PDF
    with pytest.raises(RefusedChange, match="withdrawn already"):
        withdraw_evidence(case_id, evidence_id, actor="li", role="analyst", reason="again")


def test_a_file_is_read_through_its_own_case_only(case_id: str) -> None:
    evidence_id = attach(case_id)
    (other,) = services.open_cases([alert(2, "M2")], run_id="run-1", at=AT).opened
    with pytest.raises(RefusedChange, match="no such file"):
        read_file(other, evidence_id, actor="li", role="analyst")


def spoil_file(home: Path, evidence_id: str) -> str:
    path = home / evidence_store.place_of(CaseEvidence.objects.get(pk=evidence_id).file_sha256)
    path.write_bytes(PDF.replace(b"obj", b"OBJ"))
    return "the file is not what was put there"


def lose_file(home: Path, evidence_id: str) -> str:
    (home / evidence_store.place_of(CaseEvidence.objects.get(pk=evidence_id).file_sha256)).unlink()
    return "the file is gone"


def show_to_parties(home: Path, evidence_id: str) -> str:
    EvidenceFile.objects.update(visibility="parties")
    return "what is told of its file is not what entry"


def forget_who_read(home: Path, evidence_id: str) -> str:
    with sqlite3.connect(home / "disputes.db") as raw:
        raw.execute("DROP TRIGGER disputes_custodyentry_no_delete")
        raw.execute("DELETE FROM disputes_custodyentry WHERE number = 2")
    return "entry 2 of its custody is not what was written"


def blame_another(home: Path, evidence_id: str) -> str:
    with sqlite3.connect(home / "disputes.db") as raw:
        raw.execute("DROP TRIGGER disputes_custodyentry_no_update")
        raw.execute("UPDATE disputes_custodyentry SET actor = 'zhao' WHERE number = 1")
    return "entry 1 of its custody is not what was written"


@pytest.mark.parametrize("spoil", [spoil_file, lose_file, show_to_parties, forget_who_read, blame_another])
def test_the_audit_names_what_was_changed_behind_the_queues_back(spoil: object, case_id: str, home: Path) -> None:
    evidence_id = attach(case_id)
    for what in (Hand.READ, Hand.PACKED):
        read_file(case_id, evidence_id, actor="wang", role="approver", what=what)
    assert verify_history().faults == ()
    fault = spoil(home, evidence_id)  # type: ignore[operator]
    (found,) = verify_history().faults
    assert found.startswith(f"evidence {evidence_id}: ")
    assert fault in found


def test_a_spoiled_file_is_handed_to_nobody(case_id: str, home: Path) -> None:
    evidence_id = attach(case_id)
    spoil_file(home, evidence_id)
    with pytest.raises(RefusedChange, match="handed out as it was put there, or not at all"):
        read_file(case_id, evidence_id, actor="li", role="analyst")


def test_custody_cannot_be_changed(case_id: str, home: Path) -> None:
    attach(case_id)
    for statement in ("UPDATE disputes_custodyentry SET actor = 'x'", "DELETE FROM disputes_custodyentry"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"), sqlite3.connect(home / "disputes.db") as raw:
            raw.execute(statement)


@pytest.mark.parametrize("sha256", ["", "../../../etc/passwd", "A" * 64, "0" * 63])
def test_nothing_but_a_hash_leads_to_a_file(sha256: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        evidence_store.get(sha256)


def test_a_copy_for_the_parties_holds_what_is_meant_for_them_and_a_whole_one_everything(case_id: str) -> None:
    seen = attach(case_id, PNG, "王先生的照片.png", visibility="parties")
    kept = attach(case_id, PDF)
    gone = attach(case_id, JPEG, "b.jpg", visibility="parties")
    withdraw_evidence(case_id, gone, actor="li", role="analyst", reason="of another order")
    masked = services.pack_files(case_id, is_masked=True)
    assert [name for name in masked if name.startswith("evidence/")] == [f"evidence/{seen}.png"]
    assert masked[f"evidence/{seen}.png"] == PNG
    assert not any("王先生".encode() in content for content in masked.values())
    whole = services.pack_files(case_id, is_masked=False, actor="chen", role="auditor")
    assert {name: whole[name] for name in whole if name.startswith("evidence/")} == {
        f"evidence/{seen}.png": PNG,
        f"evidence/{kept}.pdf": PDF,
        f"evidence/{gone}.jpg": JPEG,
    }
    assert list(CustodyEntry.objects.filter(evidence=kept).values_list("what", "actor")) == [("put", "li"), ("packed", "chen")]
