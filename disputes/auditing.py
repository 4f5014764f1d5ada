"""Whether the history is what was written: every seal, the head, what was said outside, and the cases and alerts that lean on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairdeal.disputes.events import Event, Note
from fairdeal.disputes.evidence_seals import evidence_faults
from fairdeal.disputes.history import BEGINNING, alerts_sha256, changing_history, content_sha256, seal
from fairdeal.disputes.models import AuditHead, Case, CaseAlert, CaseEvent
from fairdeal.disputes.trust_seals import trust_faults

#: So many rows are read at once.
_CHUNK = 2_000


@dataclass(frozen=True)
class Anchor:
    """What was said of the history outside of it: how many entries there were, the newest one's hash, and where that stands."""

    count: int
    hash: str
    where: str


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    entries
        Entries read.
    anchors
        Heads told outside that were compared.
    first_bad
        Number of the first entry that is not what was written; None when all are.
    faults
        What is wrong, one sentence each, the first bad entry first; empty when nothing is.
    """

    entries: int
    anchors: int
    first_bad: int | None
    faults: tuple[str, ...]


def verify_history(anchors: Iterable[Anchor] = ()) -> Audit:
    """Look at the whole history, from the first entry.

    Parameters
    ----------
    anchors
        Heads that were told outside, as the manifests of feeds do. Without any, a tail that was cut off is not noticed.
    """
    told: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        told.setdefault(anchor.count, []).append(anchor)
    checked, entries, first_bad, faults = sum(map(len, told.values())), 0, None, []
    before, expected = BEGINNING, 1
    last: dict[str, tuple[str, int]] = {}
    begun = _head()
    at_begun = BEGINNING
    for entry in CaseEvent.objects.order_by("seq").iterator(chunk_size=_CHUNK):
        entries += 1
        fault = _fault_of(entry, expected, before, told.get(entry.seq, []))
        if fault is not None:
            first_bad = min(entry.seq, expected)
            faults.append(fault)
            break
        before, expected = entry.entry_hash, entry.seq + 1
        last[entry.case_id] = entry.to_status, entry.revision
        if entry.seq == begun[0]:
            at_begun = entry.entry_hash
    if first_bad is None:
        missing = sorted(count for count in told if count >= expected)
        if missing:
            first_bad = expected
            where = told[missing[0]][0].where
            faults.append(f"entry {expected}: it is missing; {where} knew of {missing[0]} entries, here are {entries}")
    if first_bad is None:
        faults += [*_head_faults(begun, at_begun, (expected - 1, before)), *_case_faults(last), *_alert_faults()]
        faults += [*evidence_faults(), *_trust_faults()]
    return Audit(entries, checked, first_bad, tuple(faults))


def _fault_of(entry: CaseEvent, expected: int, before: str, anchors: list[Anchor]) -> str | None:
    if entry.seq != expected:
        return f"entry {min(entry.seq, expected)}: the next entry is number {entry.seq}, it should be {expected}"
    if seal(entry.seq, before, content_sha256(entry)) != entry.entry_hash:
        return (
            f"entry {entry.seq}: it is not what was written ({entry.event} by {entry.actor} at {entry.at.isoformat()}, "
            f"case {entry.case_id}), or the key of the history is another one"
        )
    for anchor in anchors:
        if anchor.hash != entry.entry_hash:
            return f"entry {entry.seq}: {anchor.where} knew another history up to here"
    return None


def _head() -> tuple[int, str]:
    head = AuditHead.objects.filter(pk=AuditHead.THE_ONE).first()
    return (head.count, head.entry_hash) if head else (0, "")


def _head_faults(begun: tuple[int, str], at_begun: str, read: tuple[int, str]) -> Iterator[str]:
    """A head that is not the history's. People go on working meanwhile: what was read ends between the head before and after."""
    ended = _head()
    is_whole = begun == (0, BEGINNING) or begun[1] == at_begun
    if not (is_whole and begun[0] <= read[0] <= ended[0] and (read == ended or read[0] < ended[0])):
        yield f"the head: it says {ended[0]} entries, the history has {read[0]}"


def _case_faults(last: dict[str, tuple[str, int]]) -> Iterator[str]:
    """Cases that are not where their history left them."""
    rows = Case.objects.order_by("case_id").values_list("case_id", "status", "revision")
    for case_id, *state in rows.iterator(chunk_size=_CHUNK):
        if last.get(case_id) == tuple(state):
            continue
        with changing_history():  # it may have changed while the history was read
            status, revision = Case.objects.values_list("status", "revision").get(pk=case_id)
            entry = CaseEvent.objects.filter(case_id=case_id).order_by("-seq").first()
        if entry is None:
            yield f"case {case_id}: it has no history"
        elif (entry.to_status, entry.revision) != (status, revision):
            yield f"case {case_id}: it is {status} at revision {revision}, its history ends at {entry.to_status}, {entry.revision}"


def _trust_faults() -> Iterator[str]:
    """Entries of the trust-list that are not what was said; looked at again alone when one seems so, since people go on working."""
    if list(trust_faults()):
        with changing_history():
            yield from list(trust_faults())


def _alert_faults() -> Iterator[str]:
    """Alerts that are not what was filed."""
    filings = CaseEvent.objects.filter(event__in=(Event.OPEN.value, Note.ALERTS_JOINED.value)).order_by("seq").only("seq", "new")
    for filing in filings.iterator(chunk_size=200):
        sealed = filing.new.get("alerts_sha256")
        ids = filing.new.get("alerts", [])
        stored = [alert for start in range(0, len(ids), 500) for alert in CaseAlert.objects.filter(pk__in=ids[start : start + 500])]
        if sealed is not None and alerts_sha256(stored) != sealed:
            yield f"the alerts that entry {filing.seq} filed: they are not what was filed"
