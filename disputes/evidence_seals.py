"""Whether the evidence is what was put before the cases: every piece against the SHA-256 that the history holds."""

from __future__ import annotations

from collections.abc import Iterator

from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.evidencing import SEALED_OF_EVIDENCE, content_sha256
from fairdeal.disputes.models import CaseEvent

_CHUNK = 1_000


def evidence_faults() -> Iterator[str]:
    """One sentence per piece of evidence that is not what was given, or is gone."""
    entries = CaseEvent.objects.filter(new__has_key="evidence").order_by("seq").values_list("seq", "new")
    for seq, new in entries.iterator(chunk_size=_CHUNK):
        told = new["evidence"]
        kept = CaseEvidence.objects.filter(pk=told["evidence_id"]).first()
        if kept is None:
            yield f"evidence {told['evidence_id']}: entry {seq} says it was given, and it is gone"
        elif content_sha256({name: getattr(kept, name) for name in SEALED_OF_EVIDENCE}) != told["sha256"]:
            yield f"evidence {told['evidence_id']}: it is not what entry {seq} says was given"
