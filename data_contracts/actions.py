"""Actions: what the platform does about a subject, mildest first.

Notes
-----
The four measures short of letting pass are those the law names: verify the transaction, re-verify identity, delay settlement,
restrict or stop the business (反电信网络诈骗法, Art. 18).
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What is done about a subject. Order is severity: ``allow`` < ``confirm`` < ``step_up`` < ``hold`` < ``block``."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    STEP_UP = "step_up"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        return list(Action).index(self)


class StepUp(StrEnum):
    """How identity is verified again, weakest first."""

    NONE = "none"
    SMS = "sms"
    PASSWORD = "password"  # noqa: S105 - the name of a factor, not a secret
    FACE = "face"
    CERT = "cert"
    ASSISTANT_APPROVAL = "assistant_approval"


#: A block that no human has looked at expires by itself after this many hours.
UNREVIEWED_BLOCK_HOURS = 72
