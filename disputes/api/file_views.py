"""Files as evidence: put before a case, read by right, withdrawn; never deleted."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Path, Router
from ninja.files import UploadedFile
from ninja.responses import Status

from fairdeal.disputes import services
from fairdeal.disputes.api.gate import acting
from fairdeal.disputes.api.once import KEY, once
from fairdeal.disputes.api.shapes import CaseId, EvidenceAdded, EvidenceId, EvidenceWithdrawn, FileGiven, WithdrawalGiven
from fairdeal.disputes.file_types import TAKEN
from fairdeal.disputes.handing_out import handed_out
from fairdeal.disputes.refused import refuse

router = Router(tags=["evidence"])

#: How the document tells of a file that is handed out.
_FILE: dict[str, Any] = {
    "responses": {
        "200": {
            "description": "The file, as it was put there.",
            "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in TAKEN},
        }
    }
}


@router.post("/cases/{case_id}/files", response={201: EvidenceAdded}, operation_id="attach_file")
def attach_file(
    request: HttpRequest, case_id: Path[CaseId], given: Form[FileGiven], file: File[UploadedFile], key: str | None = KEY
) -> Status:
    """Put a file before an open case: PDF, PNG, JPEG, text or CSV, told by what is in it, at most 10 MB.

    The same file given to the same case again is the one that is there.
    """
    actor, role = acting(request)
    content = file.read()
    sha256 = hashlib.sha256(content).hexdigest()

    def attach() -> dict[str, Any]:
        if given.file_sha256 not in (None, sha256):
            found, rule = f"a file with the SHA-256 {sha256}", f"the SHA-256 that came with it is {given.file_sha256}"
            raise refuse(f"case {case_id}, file", "other_file", found, rule, "send the file again")
        said = given.dict(exclude={"file_sha256"})
        return services.attach_file(case_id, content, name=file.name or "", actor=actor, role=role, **said)

    asked = {**given.dict(), "name": file.name, "sha256": sha256}
    return once(request, key, attach, status=201, asked=asked)


@router.get("/cases/{case_id}/evidence/{evidence_id}/file", operation_id="read_file", openapi_extra=_FILE)
def read_file(request: HttpRequest, case_id: Path[CaseId], evidence_id: Path[EvidenceId]) -> HttpResponse:
    """A file of a case. That you read it is entered in its custody first."""
    actor, role = acting(request)
    return handed_out(services.read_file(case_id, evidence_id, actor=actor, role=role))


@router.post("/cases/{case_id}/evidence/{evidence_id}/withdraw", response=EvidenceWithdrawn, operation_id="withdraw_evidence")
def withdraw_evidence(
    request: HttpRequest, case_id: Path[CaseId], evidence_id: Path[EvidenceId], given: WithdrawalGiven, key: str | None = KEY
) -> Status:
    """Let a piece of evidence count no more; it stays where it is, with your reason."""
    actor, role = acting(request)
    return once(
        request,
        key,
        lambda: services.withdraw_evidence(case_id, evidence_id, actor=actor, role=role, reason=given.reason, revision=given.revision),
    )
