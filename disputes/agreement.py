"""How far two people agree about the same cases: share and Cohen's kappa, each with an interval."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: Standard errors to either side that hold 95 of 100 intervals.
_Z = 1.959963984540054


@dataclass(frozen=True)
class Agreement:
    """What two people's judgements of the same cases have in common.

    Parameters
    ----------
    share, share_low, share_high
        Part of the cases that both judged alike, and its 95 % interval; None without cases.
    kappa, kappa_low, kappa_high
        Agreement beyond chance: 1 is complete, 0 what chance gives; None without cases, or where both always say one and the same.
    """

    cases: int
    alike: int
    share: float | None
    share_low: float | None
    share_high: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None


def agreement(first: Sequence[str], second: Sequence[str]) -> Agreement:
    """The agreement of two people over the same cases, in the same order.

    Notes
    -----
    The share's interval is Wilson's (1927), kappa's is Cohen's (1960) with the large-sample standard error of Fleiss, Cohen and Everitt
    (1969); it is cut at -1 and 1.

    >>> agreement(["a", "a", "b", "b"], ["a", "b", "b", "b"]).kappa
    0.5
    """
    n = len(first)
    if n != len(second):
        raise ValueError(f"agreement: {n} judgements against {len(second)}; both judge the same cases; give them in pairs")
    if n == 0:
        return Agreement(0, 0, None, None, None, None, None, None)
    alike = sum(one == other for one, other in zip(first, second, strict=True))
    share = alike / n
    low, high = _wilson(share, n)
    of_first, of_second = Counter(first), Counter(second)
    by_chance = sum(of_first[name] * of_second[name] for name in of_first) / n**2
    if math.isclose(by_chance, 1.0):
        return Agreement(n, alike, share, low, high, None, None, None)
    kappa = (share - by_chance) / (1 - by_chance)
    error = _kappa_error(first, second, share, by_chance)
    return Agreement(n, alike, share, low, high, kappa, max(-1.0, kappa - _Z * error), min(1.0, kappa + _Z * error))


def _wilson(share: float, n: int) -> tuple[float, float]:
    middle, spread = share + _Z**2 / (2 * n), _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _kappa_error(first: Sequence[str], second: Sequence[str], share: float, by_chance: float) -> float:
    """The standard error of kappa when it is not zero."""
    n = len(first)
    of_first, of_second = Counter(first), Counter(second)
    pairs = Counter(zip(first, second, strict=True))
    total = 0.0
    for (one, other), count in pairs.items():
        p = count / n
        if one == other:
            total += p * ((1 - by_chance) - (of_first[one] / n + of_second[one] / n) * (1 - share)) ** 2
        else:
            total += (1 - share) ** 2 * p * (of_second[one] / n + of_first[other] / n) ** 2
    total -= (share * by_chance - 2 * by_chance + share) ** 2
    return math.sqrt(max(0.0, total) / n) / (1 - by_chance) ** 2
