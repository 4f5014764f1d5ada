"""Who had a file of evidence in hand: put, read, packed, each entry sealed to the one before it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction

from fairdeal.disputes.evidence_models import CaseEvidence, CustodyEntry

#: What the first entry of a file names as the one before it.
BEGINNING = "0" * 64


class Hand(StrEnum):
    """What somebody did with a file."""

    PUT = "put"
    READ = "read"
    PACKED = "packed"
    WITHDRAWN = "withdrawn"


def hand(evidence: CaseEvidence, what: Hand, *, actor: str, role: str, at: datetime) -> CustodyEntry:
    """Add an entry to the custody of a file."""
    with transaction.atomic():
        CaseEvidence.objects.select_for_update().get(pk=evidence.pk)  # one entry after another
        last = CustodyEntry.objects.filter(evidence=evidence).order_by("-number").first()
        number, before = (last.number + 1, last.seal) if last else (1, BEGINNING)
        entry = CustodyEntry(evidence=evidence, number=number, at=at, actor=actor, role=role, what=what.value, sha256=evidence.file_sha256)
        entry.seal = seal(entry, before)
        entry.save(force_insert=True)
    return entry


def seal(entry: CustodyEntry, before: str) -> str:
    """HMAC-SHA256, under the key of the history, of what an entry says and the seal before it."""
    said = [entry.evidence_id, entry.number, entry.at.astimezone(UTC).isoformat(), entry.actor, entry.role, entry.what, entry.sha256]
    content = json.dumps(["custody", *said, before], ensure_ascii=False)
    return hmac.new(settings.AUDIT_KEY.encode(), hashlib.sha256(content.encode()).digest(), hashlib.sha256).hexdigest()


def custody_faults(evidence_id: str) -> Iterator[str]:
    """One sentence where the custody of a file is not what was written; the first bad entry is named."""
    before, number = BEGINNING, 0
    for number, entry in enumerate(CustodyEntry.objects.filter(evidence_id=evidence_id).order_by("number"), 1):
        is_first = number == 1
        if entry.number != number or is_first != (entry.what == Hand.PUT) or not hmac.compare_digest(entry.seal, seal(entry, before)):
            yield f"evidence {evidence_id}: entry {number} of its custody is not what was written"
            return
        before = entry.seal
    if not number:
        yield f"evidence {evidence_id}: its custody is gone"
