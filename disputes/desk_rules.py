"""What the settings say of the desk's day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeskRules:
    """The written bounds of the desk.

    Parameters
    ----------
    trust_days
        A subject stays on the trust-list at most so many days.
    second_look_share
        Share of closed cases that a second analyst judges blind, 0 to 1.
    """

    trust_days: int = 90
    second_look_share: float = 0.05
