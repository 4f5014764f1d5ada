"""Difficulty: how hard the fraudsters make it to find them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Difficulty:
    """Three knobs that turn independently.

    Parameters
    ----------
    camouflage
        How well the fraudsters hide, 0 (careless) to 1 (careful): what they share, how fast they work, how their words vary.
    strength
        How much one campaign does, relative to the usual: members, tries, orders; 0.1 to 10. Weak campaigns are harder to see.
    share
        How much of all trade is fake, relative to the usual; 0 (nobody cheats) to 5.

    Raises
    ------
    ValueError
        When a knob is turned too far.
    """

    camouflage: float = 0.5
    strength: float = 1.0
    share: float = 1.0

    def __post_init__(self) -> None:
        for name, least, most in (("camouflage", 0.0, 1.0), ("strength", 0.1, 10.0), ("share", 0.0, 5.0)):
            value = getattr(self, name)
            if not (math.isfinite(value) and least <= value <= most):
                raise ValueError(f"simulate: {name} {value:g}; allowed is {least:g} to {most:g}; give another number")
