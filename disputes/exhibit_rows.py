"""The evidence put before a case, as people read it."""

from __future__ import annotations

from dataclasses import dataclass

from fairdeal.disputes.evidence_kinds import EVIDENCE_KINDS, EvidenceKind
from fairdeal.disputes.evidence_models import CaseEvidence
from fairdeal.disputes.models import Case, CaseAlert, CaseMember, in_language
from fairdeal.disputes.names import kind_text

#: A page shows so many pieces; the newest are shown.
EXHIBITS_SHOWN = 50


@dataclass(frozen=True)
class ExhibitRow:
    """One piece of evidence.

    Parameters
    ----------
    subject
        Whom it is about, kind and id; empty for the case as a whole.
    unscored
        The member it is about, where no alert shows that member on the page; None otherwise.
    """

    kept: CaseEvidence
    kind: str
    subject: str
    unscored: CaseMember | None


def exhibit_rows(case: Case) -> tuple[ExhibitRow, ...]:
    """The evidence of a case, the newest first."""
    scored = CaseAlert.objects.filter(case=case).values("member_id")
    unscored = {member.key: member for member in CaseMember.objects.filter(case=case).exclude(pk__in=scored)}
    rows = []
    for kept in CaseEvidence.objects.filter(case=case).order_by("-added_at", "evidence_id")[:EXHIBITS_SHOWN]:
        facts = EVIDENCE_KINDS[EvidenceKind(kept.kind)]
        subject = f"{kind_text(kept.subject_kind)} {kept.subject_id}" if kept.subject_kind else ""
        member = unscored.pop(f"{kept.subject_kind}:{kept.subject_id}", None)
        rows.append(ExhibitRow(kept, in_language(facts.zh, facts.en), subject, member))
    return tuple(rows)
