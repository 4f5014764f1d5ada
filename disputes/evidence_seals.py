"""Whether the evidence is what was put before the cases: every piece against the SHA-256 that the history holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairdeal.disputes import evidence_store
from fairdeal.disputes.custody import custody_faults
from fairdeal.disputes.evidence_models import FILE_FACTS, CaseEvidence, EvidenceFile
from fairdeal.disputes.evidencing import SEALED_OF_EVIDENCE, content_sha256
from fairdeal.disputes.models import CaseEvent

_CHUNK = 1_000


def evidence_faults() -> Iterator[str]:
    """One sentence per piece of evidence that is not what was given, or is gone."""
    entries = CaseEvent.objects.filter(new__has_key="evidence").order_by("seq").values_list("seq", "new")
    for seq, new in entries.iterator(chunk_size=_CHUNK):
        told = new["evidence"]
        if "file" in told:
            yield from _file_faults(seq, told)
        kept = CaseEvidence.objects.filter(pk=told["evidence_id"]).first()
        if kept is None:
            yield f"evidence {told['evidence_id']}: entry {seq} says it was given, and it is gone"
        elif content_sha256({name: getattr(kept, name) for name in SEALED_OF_EVIDENCE}) != told["sha256"]:
            yield f"evidence {told['evidence_id']}: it is not what entry {seq} says was given"


def _file_faults(seq: int, told: Mapping[str, Any]) -> Iterator[str]:
    """What is told of a file, the file itself, and who had it in hand."""
    evidence_id = told["evidence_id"]
    about = EvidenceFile.objects.select_related("evidence").filter(pk=evidence_id).first()
    if about is None or told["file"] != {name: getattr(about, name) for name in FILE_FACTS}:
        yield f"evidence {evidence_id}: what is told of its file is not what entry {seq} says"
        return
    try:
        evidence_store.get(about.evidence.file_sha256)
    except (evidence_store.Spoiled, ValueError) as spoiled:
        yield f"evidence {evidence_id}: {spoiled}"
    yield from custody_faults(evidence_id)
