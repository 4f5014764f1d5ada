"""Measures and lifts: what is proposed about a subject, and what is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.typologies import Detector


@dataclass(frozen=True)
class Measure:
    """One proposed action on one subject.

    Parameters
    ----------
    subject_kind, subject_token
        Whom it is about; a kind of `FEED_SUBJECT_KINDS` and an opaque token.
    action
        Any but ``allow``; taking an action back is a `Lift`.
    step_up_method
        How identity is verified again; ``none`` unless the action needs it.
    valid_from, valid_until
        Aware instants, the first included, the last not.
    probability
        Calibrated probability of fraud, None when the score is not calibrated.
    expected_loss_minor, currency
        What is at stake in minor units; currency None where no money is named.
    reasons
        Dicts of ``code, value, norm, text_zh, text_en``, strongest first, at least one: whoever is hindered is told why.
    detector, model_version
        Who proposes.
    case_id
        The case where a person looks at it, None when there is none.
    human_reviewed
        A person has confirmed it.
    appeal_text_key
        Which text tells the person affected how to appeal.
    """

    subject_kind: str
    subject_token: str
    action: Action | str
    step_up_method: StepUp | str
    valid_from: datetime
    valid_until: datetime
    probability: float | None
    expected_loss_minor: int
    currency: str | None
    reasons: list[dict[str, Any]]
    detector: Detector | str
    model_version: str
    case_id: str | None
    human_reviewed: bool
    appeal_text_key: str


@dataclass(frozen=True)
class Lift:
    """An action taken back: a case ended without a finding, an appeal held, or a newer score no longer asks for it.

    Parameters
    ----------
    subject_kind, subject_token
        Whose action is taken back.
    case_id
        The case or appeal that decided it, None when there is none.
    reason
        ``code, text_zh, text_en``.
    detector, model_version
        Whose measure is taken back.
    human_reviewed
        A person decided it. Where a machine takes back, what a person confirmed stands.

    Notes
    -----
    反电信网络诈骗法 Art. 32: where the appeal holds, the measure is lifted at once.
    """

    subject_kind: str
    subject_token: str
    case_id: str | None
    reason: dict[str, Any]
    detector: Detector | str
    model_version: str
    human_reviewed: bool = True
