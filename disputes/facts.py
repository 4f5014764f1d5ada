"""What a guard may look at: the case as it stands, who acts, and what came with the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.case_types import CASE_TYPES
from fairdeal.disputes.outcomes import CloseCode, Finding
from fairdeal.disputes.roles import Role, Skill


@dataclass(frozen=True)
class Facts:
    """Everything a guard may look at. What is not known stays at a default under which the guard refuses.

    Parameters
    ----------
    actor, at
        Who acts, and when (aware).
    case_type
        Fixes the parties and the windows.
    opened_at, entered_at
        When the case was opened, and when it came into its present status.
    machine_block
        A block that no human has looked at is in force on a member.
    holder
        The analyst who works on the case.
    claimant
        The side that opened the case; None when the platform did.
    maker, proposer, deciders
        Who made the decision that is pending, who put it in for a maker they named (None: the maker), and everybody who made or
        checked an earlier one.
    analysts, mediators
        Who acted on this case in that capacity.
    close_code
        Of the decision that is pending or stands.
    skills
        What the actor may do beyond the plain role.
    evidence_rounds, evidence_due_at, negotiation_tried
        What the case has been through.
    second_person
        Who signed the same before, under their own name; empty where nobody did.
    on_behalf_of
        Whose request the actor writes down; None: the actor's own step.
    appeal_until, is_statutory
        How long the standing decision can be appealed; a statutory award is final.
    amount_minor, approval_limit_minor
        Money the decision moves, and up to how much the actor may approve (None: no limit is set).
    unjudged
        Members that the pending proposal does not speak of because they joined later.
    other_open_case
        Another open case has the same type and subject.
    actions, unconfirmed_actions, untold_parties
        What the decision wants carried out, how much of it has no receipt, and who has still to be told.

    The rest came with the step: ``proposed`` close code, ``findings`` by member key, ``reasons``, ``evidence_ids``,
    ``new_evidence``, ``comment``, ``remedies`` that are open to the person refused, ``target_case_id``, ``document_sha256``,
    ``named_maker``, ``agreed_by``, ``due_at``, ``because``, ``attempts`` and what the neutral declares.
    """

    actor: str
    at: datetime
    case_type: CaseType
    opened_at: datetime | None = None
    entered_at: datetime | None = None
    machine_block: bool | None = None
    holder: str | None = None
    claimant: Role | None = None
    maker: str | None = None
    proposer: str | None = None
    deciders: frozenset[str] = frozenset()
    analysts: frozenset[str] = frozenset()
    mediators: frozenset[str] = frozenset()
    close_code: CloseCode | None = None
    skills: frozenset[Skill] = frozenset()
    evidence_rounds: int = 0
    evidence_due_at: datetime | None = None
    negotiation_tried: bool = False
    appeal_until: datetime | None = None
    is_statutory: bool = False
    amount_minor: int = 0
    approval_limit_minor: int | None = None
    unjudged: int | None = None
    other_open_case: bool | None = None
    actions: int | None = None
    unconfirmed_actions: int | None = None
    untold_parties: int | None = None
    proposed: CloseCode | None = None
    findings: Mapping[str, Finding] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    evidence_ids: tuple[str, ...] = ()
    new_evidence: tuple[str, ...] = ()
    comment: str = ""
    remedies: tuple[str, ...] = ()
    target_case_id: str = ""
    document_sha256: str = ""
    second_person: str = ""
    named_maker: str = ""
    on_behalf_of: Role | None = None
    agreed_by: frozenset[Role] = frozenset()
    arbitration_agreed: bool = False
    due_at: datetime | None = None
    evidence_complete: bool = False
    because: str = ""
    attempts: int = 0
    disclosure_signed: bool = False
    challenge_open: bool | None = None

    @property
    def parties(self) -> frozenset[Role]:
        return CASE_TYPES[self.case_type].parties
