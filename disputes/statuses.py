"""Where a case can be: sixteen states, each in one stage of the process and on one rung of the ladder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The stage of the process a state belongs to."""

    INTAKE = "intake"
    EVIDENCE = "evidence"
    INVESTIGATION = "investigation"
    RESOLUTION = "resolution"
    FEEDBACK = "feedback"
    CLOSED = "closed"


class Rung(StrEnum):
    """How far up the ladder from talking to law a state stands."""

    NONE = "none"
    INTERNAL = "internal"
    NEGOTIATION = "negotiation"
    MEDIATION = "mediation"
    ARBITRATION = "arbitration"
    LEGAL = "legal"
    ANY = "any"


class CaseStatus(StrEnum):
    """Where a case is. What it was found to be is its close code, never its status."""

    NEW = "NEW"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    EVIDENCE = "EVIDENCE"
    INVESTIGATION = "INVESTIGATION"
    NEGOTIATION = "NEGOTIATION"
    MEDIATION = "MEDIATION"
    MEDIATION_EXT = "MEDIATION_EXT"
    ARBITRATION = "ARBITRATION"
    LEGAL = "LEGAL"
    DECISION_PENDING = "DECISION_PENDING"
    DECIDED = "DECIDED"
    APPEAL = "APPEAL"
    ENFORCING = "ENFORCING"
    FEEDBACK = "FEEDBACK"
    CLOSED = "CLOSED"


class ActionState(StrEnum):
    """Where a measure that a decision asks for is."""

    WAITING = "waiting"
    SENT = "sent"  # under way: an answer may or may not have been lost
    DONE = "done"  # there is a receipt
    FAILED = "failed"  # tried as often as is allowed, or no longer asked for


@dataclass(frozen=True)
class StatusFacts:
    """What follows from a status."""

    stage: Stage
    rung: Rung
    zh: str
    en: str


STATUSES: dict[CaseStatus, StatusFacts] = {
    CaseStatus.NEW: StatusFacts(Stage.INTAKE, Rung.NONE, "待受理", "new"),
    CaseStatus.REJECTED: StatusFacts(Stage.INTAKE, Rung.NONE, "不予受理", "rejected"),
    CaseStatus.ACCEPTED: StatusFacts(Stage.INTAKE, Rung.NONE, "已受理", "accepted"),
    CaseStatus.EVIDENCE: StatusFacts(Stage.EVIDENCE, Rung.NONE, "证据收集", "collecting evidence"),
    CaseStatus.INVESTIGATION: StatusFacts(Stage.INVESTIGATION, Rung.INTERNAL, "调查核实", "under investigation"),
    CaseStatus.NEGOTIATION: StatusFacts(Stage.RESOLUTION, Rung.NEGOTIATION, "协商中", "in negotiation"),
    CaseStatus.MEDIATION: StatusFacts(Stage.RESOLUTION, Rung.MEDIATION, "平台调解中", "in mediation by the platform"),
    CaseStatus.MEDIATION_EXT: StatusFacts(Stage.RESOLUTION, Rung.MEDIATION, "第三方调解中", "in mediation by a third party"),
    CaseStatus.ARBITRATION: StatusFacts(Stage.RESOLUTION, Rung.ARBITRATION, "仲裁中", "in arbitration"),
    CaseStatus.LEGAL: StatusFacts(Stage.RESOLUTION, Rung.LEGAL, "法律途径中", "with a court or authority"),
    CaseStatus.DECISION_PENDING: StatusFacts(Stage.RESOLUTION, Rung.ANY, "待复核", "waiting for a second person"),
    CaseStatus.DECIDED: StatusFacts(Stage.RESOLUTION, Rung.ANY, "已裁定", "decided"),
    CaseStatus.APPEAL: StatusFacts(Stage.RESOLUTION, Rung.ANY, "申诉复核", "under appeal"),
    CaseStatus.ENFORCING: StatusFacts(Stage.RESOLUTION, Rung.ANY, "执行中", "being carried out"),
    CaseStatus.FEEDBACK: StatusFacts(Stage.FEEDBACK, Rung.ANY, "结果反馈", "telling the parties"),
    CaseStatus.CLOSED: StatusFacts(Stage.CLOSED, Rung.ANY, "已结案", "closed"),
}

#: A case in one of these takes no further alerts: a new one about the same subject opens a new case, so that none is buried.
AT_REST: frozenset[CaseStatus] = frozenset({CaseStatus.REJECTED, CaseStatus.CLOSED})

#: Here what each member was found to be already stands; an alert that joins now goes to a follow-up case when this one closes.
AFTER_DECISION: frozenset[CaseStatus] = frozenset({CaseStatus.DECIDED, CaseStatus.ENFORCING, CaseStatus.FEEDBACK})
