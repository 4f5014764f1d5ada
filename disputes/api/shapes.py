"""What comes in and goes out over the API, field by field; the OpenAPI document is made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, StringConstraints

from fairdeal.data_contracts.labels import SUBJECT_KINDS
from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.attaching import Visibility
from fairdeal.disputes.custody import Hand
from fairdeal.disputes.domain import CaseStatus, CloseCode, Finding
from fairdeal.disputes.evidence_kinds import COMPLAINTS, EvidenceKind
from fairdeal.disputes.evidencing import LONGEST_TEXT
from fairdeal.disputes.noting import LONGEST_NOTE
from fairdeal.disputes.outcomes import PROPOSABLE

#: A sign that no database keeps in a text may not be in one; and there is something in it that can be seen.
_SAYING = r"^[^\x00]*[^\s\x00][^\x00]*$"
_ANY = r"^[^\x00]*$"

Saying = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE, pattern=_SAYING)]
Remark = Annotated[str, StringConstraints(max_length=LONGEST_NOTE, pattern=_ANY)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, pattern=_SAYING)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?$")]
Place = Annotated[str, StringConstraints(max_length=500, pattern=_ANY)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
EvidenceId = Annotated[str, StringConstraints(pattern=r"^E[0-9a-f]{16}$")]
CaseId = Annotated[str, StringConstraints(pattern=r"^C[0-9a-f]{16}$")]
Revision = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, description="The revision you saw; a case changed since is refused, 409.")]


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("an ISO 8601 text with time zone is needed")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_text_only)]


class Given(Schema):
    """A body that comes in; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class ClaimGiven(Given):
    revision: Revision
    reason: Remark = Field("", description="Needed to take over what somebody else holds.")


class ReleaseGiven(Given):
    revision: Revision
    comment: Remark = Field("", description="A word for whoever comes next.")


class NoteGiven(Given):
    text: Saying
    revision: Revision | None = Field(None, description="Left out: whatever others change meanwhile does not matter.")


class EvidenceGiven(Given):
    kind: EvidenceKind
    source_system: Name
    text: Words = Field(description="What it says, or what can be seen in it. Card numbers and national ids are taken out.")
    external_id: Name | None = Field(None, description="Its id at its source; the same piece given again is not kept twice.")
    language: Language | None = None
    location: Place | None = Field(None, description="Where the file lies; it stays there.")
    file_sha256: Sha256 | None = None
    occurred_at: Instant | None = None
    revision: Revision | None = Field(None, description="Left out: whatever others change meanwhile does not matter.")


class FileGiven(Given):
    """What comes with a file, beside it, as fields of the form."""

    kind: EvidenceKind
    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT, pattern=_ANY)] = Field(
        "", description="What can be seen in it. Card numbers and national ids are taken out."
    )
    visibility: Visibility = Field(Visibility.STAFF, description="Whether a copy of the case for the parties holds it.")
    source_system: Name = "api"
    file_sha256: Sha256 | None = Field(
        None, description="What the file is to be; another one is refused, so that none is spoiled on its way."
    )
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(None, description="As for other evidence.")


class WithdrawalGiven(Given):
    reason: Saying
    revision: Revision | None = None


class SplitGiven(Given):
    revision: Revision
    member: Place = Field(description="Who does not belong here, by kind:id.")
    reason: Saying


class RequestGiven(Given):
    revision: Revision
    reasons: Annotated[list[Saying], Field(min_length=1, max_length=50)]
    new_evidence: Annotated[list[Saying], Field(min_length=1, max_length=50)] = Field(description="What was not known before.")


class AppealGiven(RequestGiven):
    asked_by: Literal["buyer", "merchant"] = Field(description="Whose request you write down.")


class ReopeningGiven(RequestGiven):
    asked_by: Literal["buyer", "merchant", "analyst"] = Field(description="Whose request you write down, and so agree to.")


class UpholdingGiven(Given):
    revision: Revision
    reasons: Annotated[list[Saying], Field(min_length=1, max_length=50)]


class JudgmentGiven(Given):
    revision: Revision
    document_sha256: Sha256 = Field(description="Of the judgment, put before the case as a file.")


class StepGiven(Given):
    event: Literal["accept", "start_review", "request_evidence", "close_evidence"]
    revision: Revision
    comment: Remark = Field("", description="For request_evidence: what is wanted.")
    due_days: Annotated[int, Field(strict=True, ge=1, le=999)] | None = Field(
        None, description="For request_evidence: within how many days."
    )
    is_complete: Annotated[bool, Field(strict=True)] = Field(False, description="For close_evidence: all that was asked for has come.")


class ProposalGiven(Given):
    revision: Revision
    close_code: Literal[tuple(sorted(code.value for code in PROPOSABLE))]  # type: ignore[valid-type]
    reasons: Annotated[list[Saying], Field(min_length=1, max_length=50)]
    findings: dict[str, Finding] | None = Field(
        None, description="Per member, by kind:id. Who is left out is what the outcome says of it, where that is presumed."
    )


class ApprovalGiven(Given):
    revision: Revision
    waits_for_appeal: Annotated[bool, Field(strict=True)] = Field(
        False, description="It is carried out when the time for an appeal is over, not at once."
    )


class ReturnGiven(Given):
    revision: Revision
    comment: Saying = Field(description="What is missing.")


class ComplaintGiven(Given):
    source_system: Name
    external_id: Name = Field(description="Its id at its source; the same complaint given again is filed once.")
    subject_kind: Literal[SUBJECT_KINDS]  # type: ignore[valid-type]
    subject_id: Name = Field(description="The token of whom or what it is about; never a card number.")
    text: Words = Field(description="What is said. Card numbers and national ids are taken out.")
    occurred_at: Instant
    kind: Literal[tuple(sorted(kind.value for kind in COMPLAINTS))] = EvidenceKind.COMPLAINT.value  # type: ignore[valid-type]
    language: Language | None = None
    location: Place | None = Field(None, description="Address of the post, or of what was attached.")
    case_type: CaseType | None = Field(
        None,
        description="What it is about. Left out: whatever the open case of the subject is about, else what is usual for such a subject.",
    )


class CaseRow(Schema):
    """A case as a line of the queue."""

    case_id: str
    case_type: str
    subject_kind: str
    subject_id: str
    status: str
    close_code: str | None
    holder: str | None
    lease_until: datetime | None
    members_count: int
    money: dict[str, dict[str, int]] = Field(description="Per currency, in minor units.")
    expected_loss_minor: int
    run_id: str
    opened_at: datetime
    closed_at: datetime | None
    revision: int
    why: str = Field(description="The strongest reason, in the language that Accept-Language asks for.")


class QueuePage(Schema):
    cases: list[CaseRow]
    next: str | None = Field(description="Give it as `after` for the following page; null on the last.")


class AlertTold(Schema):
    alert_id: str
    detector: str
    typology: str
    chosen_by: str
    selection_probability: float
    score: float
    probability: float | None
    amount_minor: int | None
    expected_loss_minor: int
    currency: str | None
    action: str
    event_at: datetime
    as_of_at: datetime
    model_version: str
    merchant_id: str | None
    account_id: str | None
    reasons: list[Any]
    evidence: dict[str, Any]
    snapshot: dict[str, Any]


class MemberTold(Schema):
    subject_kind: str
    subject_id: str
    typology: str
    verdict: Finding
    reason: str
    joined_at: datetime
    alerts: list[AlertTold]


class HandTold(Schema):
    at: datetime
    actor: str
    role: str
    what: Hand


class FileTold(Schema):
    name: str
    media_type: str
    size: int
    visibility: Visibility
    custody: list[HandTold] = Field(description="Who had it in hand, the first entry first; read, it is entered here.")


class EvidenceTold(Schema):
    evidence_id: str
    kind: EvidenceKind
    source_system: str
    external_id: str | None
    subject_kind: str | None
    subject_id: str | None
    language: str | None
    text: str
    location: str | None
    file_sha256: str | None
    file: FileTold | None = Field(description="A file that lies here; null where there is none, or it lies elsewhere.")
    is_withdrawn: bool = Field(description="It counts no more; the history says why.")
    occurred_at: datetime | None
    added_at: datetime
    added_by: str
    sha256: str


class EventTold(Schema):
    seq: int
    at: datetime
    actor: str
    role: str
    event: str
    from_status: str
    to_status: str
    revision: int
    words: list[str] = Field(description="Reasons and comments that came with it.")


class CaseTold(CaseRow):
    decision: dict[str, Any]
    members: list[MemberTold]
    evidence: list[EvidenceTold]
    events: list[EventTold]
    next_events: list[str]


class Held(Schema):
    case_id: str
    holder: str | None
    lease_until: datetime | None
    revision: int


class Taken(Schema):
    taken: Held | None = Field(description="Null when no case waits.")


class Noted(Schema):
    case_id: str
    revision: int


class EvidenceAdded(Schema):
    case_id: str
    evidence_id: str
    revision: int


class ComplaintFiled(EvidenceAdded):
    outcome: Literal["opened", "joined", "known"]


class EvidenceWithdrawn(EvidenceAdded):
    """It stays where it is and counts no more."""


class Moved(Schema):
    case_id: str = Field(description="Where who was taken out is judged now.")
    revision: int = Field(description="Of the case that was left.")


class Stepped(Schema):
    case_id: str
    status: CaseStatus
    close_code: CloseCode | None
    revision: int


class HeadTold(Schema):
    count: int = Field(description="Entries of the history.")
    hash: str = Field(description="Seal of the newest entry.")


class VerificationTold(Schema):
    ok: bool
    entries: int
    anchors: int = Field(description="Heads told from outside that were compared.")
    first_bad: int | None
    faults: list[str]


class EntryTold(EventTold):
    old: dict[str, Any]
    new: dict[str, Any]
    content_sha256: str
    entry_hash: str


class HistoryTold(Schema):
    case_id: str
    entries: list[EntryTold]


class ProblemTold(Schema):
    """An error, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="urn:fairdeal:problem: and a word for programs.")
    title: str
    status: int
    detail: str = Field(description="Where: what was found; what is allowed; what to do.")
