"""Cases as the API shows them: what the console shows, no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairdeal.disputes.contacts import hidden_in
from fairdeal.disputes.evidence_models import CustodyEntry
from fairdeal.disputes.models import Case
from fairdeal.disputes.queue_rows import with_headline
from fairdeal.disputes.reading import show_case, summary
from fairdeal.disputes.told_reasons import headline


def row_of(case: Case) -> dict[str, Any]:
    """One line of the queue; the case comes from `with_headline`."""
    return {**summary(case), "why": headline(getattr(case, "lead_reasons", None))}


def case_shown(case_id: str) -> dict[str, Any]:
    """One case whole, contacts in what people wrote hidden. What a step changed word for word is the auditor's to read, as in the console.

    Raises
    ------
    RefusedChange
        When there is no such case.
    """
    case = hidden_in(show_case(case_id))
    (row,) = with_headline(Case.objects.filter(pk=case_id))
    events = [{**event, "words": words_of(event["new"])} for event in case["events"]]
    for piece in case["evidence"]:
        if piece["file"]:
            piece["file"] = {**piece["file"], "custody": _custody_of(piece["evidence_id"])}
    return {**case, "why": headline(getattr(row, "lead_reasons", None)), "events": events}


def _custody_of(evidence_id: str) -> list[dict[str, Any]]:
    """Who had a file in hand, the first entry first."""
    entries = CustodyEntry.objects.filter(evidence_id=evidence_id).order_by("number")
    return [{"at": entry.at, "actor": entry.actor, "role": entry.role, "what": entry.what} for entry in entries]


def words_of(new: Mapping[str, Any]) -> list[str]:
    """Reasons and comments that came with an entry of the history."""
    given = new.get("given", {})
    return [word for word in (*given.get("reasons", []), *given.get("new_evidence", []), given.get("comment", "")) if word]
