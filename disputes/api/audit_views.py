"""The history for auditors: word for word, its head, and whether it is what was written."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field, StringConstraints

from fairdeal.disputes import services
from fairdeal.disputes.api.gate import only_known_names
from fairdeal.disputes.api.shapes import CaseId, HeadTold, HistoryTold, Sha256, VerificationTold
from fairdeal.disputes.api.shown import words_of
from fairdeal.disputes.history import BEGINNING, content_sha256
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.refused import no_such_case

router = Router(tags=["audit"])


class AnchorAsked(Schema):
    """A head that was told outside, as the manifest of a feed does."""

    count: int | None = Field(None, ge=1, le=2**62)
    hash: Sha256 | None = None
    where: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")] = "the head given"


@router.get("/audit/head", response=HeadTold, operation_id="read_head")
def read_head(request: HttpRequest) -> dict[str, Any]:
    """How many entries the history has, and the seal of the newest."""
    return services.audit_head() or {"count": 0, "hash": BEGINNING}


@router.get("/audit/verification", response=VerificationTold, operation_id="verify_history")
def verify_history(request: HttpRequest, asked: Query[AnchorAsked]) -> dict[str, Any]:
    """Look at every entry, from the first; with a head that you were told earlier, a tail that was cut off is noticed too."""
    only_known_names(request, asked)
    anchors = [services.Anchor(asked.count, asked.hash, asked.where)] if asked.count is not None and asked.hash is not None else []
    audit = services.verify_history(anchors)
    return {**asdict(audit), "ok": not audit.faults}


@router.get("/audit/cases/{case_id}", response=HistoryTold, operation_id="read_history")
def read_history(request: HttpRequest, case_id: Path[CaseId]) -> dict[str, Any]:
    """Every entry of a case word for word, with the SHA-256 of its content and its seal."""
    entries = list(CaseEvent.objects.filter(case_id=case_id).order_by("seq"))
    if not entries:
        raise no_such_case(case_id)
    names = ("seq", "at", "actor", "role", "event", "from_status", "to_status", "revision", "old", "new", "entry_hash")
    told = [
        {**{name: getattr(entry, name) for name in names}, "words": words_of(entry.new), "content_sha256": content_sha256(entry)}
        for entry in entries
    ]
    return {"case_id": case_id, "entries": told}
