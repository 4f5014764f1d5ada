"""The evidence put before a case, as people read it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from fairdeal.disputes.attaching import withdrawn_from
from fairdeal.disputes.contacts import without_contacts
from fairdeal.disputes.evidence_kinds import EVIDENCE_KINDS, EvidenceKind
from fairdeal.disputes.evidence_models import CaseEvidence, CustodyEntry, EvidenceFile
from fairdeal.disputes.file_types import TAKEN
from fairdeal.disputes.models import Case, CaseAlert, CaseMember, in_language
from fairdeal.disputes.names import hand_text, kind_text, role_text, visibility_text

#: A page shows so many pieces; the newest are shown.
EXHIBITS_SHOWN = 50
#: And so many of the last who had a file in hand.
HANDS_SHOWN = 10


@dataclass(frozen=True)
class ExhibitRow:
    """One piece of evidence.

    Parameters
    ----------
    text
        Its words, contacts hidden where they are to be.
    subject
        Whom it is about, kind and id; empty for the case as a whole.
    unscored
        The member it is about, where no alert shows that member on the page; None otherwise.
    file, seen_by, is_picture
        What is told of a file that lies here, for whom it is meant, and whether the page may show it; None where there is none.
    hands
        Who had it in hand: entry, what was done and in which role, in words; the newest first.
    withdrawn
        Why it counts no more; None where it does.
    """

    kept: CaseEvidence
    text: str
    kind: str
    subject: str
    unscored: CaseMember | None
    file: EvidenceFile | None
    seen_by: str
    is_picture: bool
    hands: tuple[tuple[CustodyEntry, str, str], ...]
    withdrawn: str | None


def exhibit_rows(case: Case, *, is_masked: bool = True) -> tuple[ExhibitRow, ...]:
    """The evidence of a case, the newest first."""
    scored = CaseAlert.objects.filter(case=case).values("member_id")
    unscored = {member.key: member for member in CaseMember.objects.filter(case=case).exclude(pk__in=scored)}
    gone, hands, rows = withdrawn_from(case.pk), _hands_of(case), []
    for kept in CaseEvidence.objects.filter(case=case).select_related("file").order_by("-added_at", "evidence_id")[:EXHIBITS_SHOWN]:
        facts = EVIDENCE_KINDS[EvidenceKind(kept.kind)]
        about: EvidenceFile | None = getattr(kept, "file", None)
        rows.append(
            ExhibitRow(
                kept=kept,
                text=without_contacts(kept.text) if is_masked else kept.text,
                kind=in_language(facts.zh, facts.en),
                subject=f"{kind_text(kept.subject_kind)} {kept.subject_id}" if kept.subject_kind else "",
                unscored=unscored.pop(f"{kept.subject_kind}:{kept.subject_id}", None),
                file=about,
                seen_by=visibility_text(about.visibility) if about else "",
                is_picture=about is not None and TAKEN[about.media_type].is_picture,
                hands=tuple(hands[kept.pk][:HANDS_SHOWN]),
                withdrawn=gone.get(kept.pk),
            )
        )
    return tuple(rows)


def _hands_of(case: Case) -> dict[str, list[tuple[CustodyEntry, str, str]]]:
    found: dict[str, list[tuple[CustodyEntry, str, str]]] = defaultdict(list)
    for entry in CustodyEntry.objects.filter(evidence__case=case).order_by("evidence", "-number"):
        found[entry.evidence_id].append((entry, hand_text(entry.what), role_text(entry.role)))
    return found
