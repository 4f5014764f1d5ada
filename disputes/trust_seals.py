"""Whether the trust-list is what people said: every entry against what the sealed history holds of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairdeal.disputes.events import Note
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.trust_models import TrustEntry

#: What the history says of an entry when it is asked for, confirmed and withdrawn.
TOLD = ("subject_kind", "subject_id", "detector", "typology", "days")
_NOTES = (Note.TRUST_PROPOSED, Note.TRUSTED, Note.TRUST_ENDED)


def trust_faults() -> Iterator[str]:
    """One sentence per entry of the trust-list that is not what the history says of it, or is gone."""
    said: dict[int, dict[str, CaseEvent]] = {}
    for entry in CaseEvent.objects.filter(event__in=[note.value for note in _NOTES]).order_by("seq"):
        said.setdefault(entry.new["trust"]["entry_id"], {})[entry.event] = entry
    kept = {entry.pk: entry for entry in TrustEntry.objects.order_by("pk")}
    for pk in sorted(said.keys() | kept.keys()):
        if pk not in kept:
            yield f"trust-list entry {pk}: entry {min(event.seq for event in said[pk].values())} says it was asked for, and it is gone"
        elif Note.TRUST_PROPOSED.value not in said.get(pk, {}):
            yield f"trust-list entry {pk}: nobody asked for it"
        elif _as_said(said[pk]) != _as_kept(kept[pk]):
            yield f"trust-list entry {pk}: it is not what entry {max(event.seq for event in said[pk].values())} and those before it say"


def _as_said(events: dict[str, CaseEvent]) -> dict[str, Any]:
    asked = events[Note.TRUST_PROPOSED]
    confirmed, ended = events.get(Note.TRUSTED), events.get(Note.TRUST_ENDED)
    return {
        **{name: asked.new["trust"][name] for name in TOLD},
        "case_id": asked.case_id,
        "reason": asked.new.get("given", {}).get("comment", ""),
        "proposed": (asked.actor, asked.at),
        "confirmed": (confirmed.actor, confirmed.at) if confirmed else ("", None),
        "withdrawn": (ended.actor, ended.at) if ended else ("", None),
    }


def _as_kept(entry: TrustEntry) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in TOLD},
        "case_id": entry.case_id,
        "reason": entry.reason,
        "proposed": (entry.proposed_by, entry.proposed_at),
        "confirmed": (entry.confirmed_by, entry.confirmed_at),
        "withdrawn": (entry.withdrawn_by, entry.withdrawn_at),
    }
