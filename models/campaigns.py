"""Campaigns: orders that burst upon one merchant, by people who share what honest buyers do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairdeal.models.frames import Floats
from fairdeal.models.splitting import Ints

Flags = NDArray[np.bool_]

#: Days that one burst may last, orders it needs, and bursts of one merchant that are looked into at most.
LONGEST, FEWEST, MOST = 14, 8, 5
#: Evidence (natural log units) that a burst needs by its number of orders alone to be looked into, and with all that its members show.
LEAST_BURST, LEAST_EVIDENCE = 6.0, 120.0
#: What a member must show on average, in the same units, against an honest order of the merchant: a burst without a sign is a good week.
LEAST_SIGN = 1.0
#: Orders of all merchants by which one merchant's own share of a sign is steadied.
STEADY = 20.0
#: Rounds of telling members from bystanders, and what a share is taken to be at least, and one less it.
ROUNDS, FLOOR = 25, 0.01


@dataclass(frozen=True, eq=False)
class Campaign:
    """One campaign.

    Parameters
    ----------
    target
        Number of the merchant.
    members
        Rows of its orders, ascending.
    first_day, last_day
        Days of the burst.
    expected
        Orders that the merchant's other days explain.
    evidence
        Log-likelihood ratio of a campaign against a good week: of the number of orders, and of what its members show.
    shares
        By sign, the share of members that show it.
    """

    target: int
    members: Ints
    first_day: int
    last_day: int
    expected: float
    evidence: float
    shares: Mapping[str, float]


def find_campaigns(target: Ints, day: Ints, signs: Mapping[str, Flags]) -> tuple[list[Campaign], Floats]:
    """Campaigns among orders, the most evident first, and how surely each order belongs to one, 0 to 1.

    Parameters
    ----------
    target
        Merchant of each order, numbered from 0.
    day
        Day of each order, whole numbers.
    signs
        By name, which orders show it; see `fairdeal.features.campaign_signs`. How often honest orders show a sign is read off the
        merchant's orders outside the burst, steadied by all.

    Notes
    -----
    A burst is the stretch of days of one merchant with the greatest Poisson likelihood ratio against its other days, each day weighed by
    all trade of that day, so that a festival is none (Kulldorff, "A spatial scan statistic", 1997). Within it members are told from
    bystanders by a mixture of independent signs, fitted by expectation and maximisation (Dempster and others, 1977), of which the honest
    part is fixed. A burst whose members show nothing that honest orders do not is a good week, and is not told.
    """
    belongs, found = np.zeros(len(target)), list[Campaign]()
    if not len(target):
        return found, belongs
    since = day - int(day.min())
    volume = np.cumsum(np.r_[0.0, np.bincount(since).astype(np.float64)])
    names = tuple(signs)
    shown = np.column_stack([signs[name] for name in names]).astype(np.float64) if names else np.zeros((len(target), 0))
    left, of_all = np.lexsort((since, target)), STEADY * shown.mean(axis=0)
    for _ in range(MOST):
        bursts = _bursts(target[left], since[left], volume)
        spent = np.zeros(len(left), dtype=bool)
        for burst in bursts:
            rows = left[burst.first : burst.last]
            is_inside = (since[rows] >= burst.low) & (since[rows] <= burst.high)
            inside, outside = rows[is_inside], rows[~is_inside]
            usual = (shown[outside].sum(axis=0) + of_all) / (len(outside) + STEADY)
            told, probability = _members(shown[inside], np.clip(usual, FLOOR, 1.0 - FLOOR), burst)
            spent[burst.first : burst.last] = is_inside
            if told is None:
                continue
            belongs[inside] = np.maximum(belongs[inside], probability)
            members = np.sort(inside[probability > 0.5])
            shares = dict(zip(names, shown[members].mean(axis=0).tolist(), strict=True))
            start = int(day.min())
            found.append(Campaign(int(target[inside[0]]), members, burst.low + start, burst.high + start, burst.expected, told, shares))
        # Merchants with a burst may have another beside it.
        again = np.isin(target[left], [target[left[burst.first]] for burst in bursts])
        left = left[again & ~spent]
        if not len(left):
            break
    return sorted(found, key=lambda one: (-one.evidence, one.target, one.first_day)), belongs


@dataclass(frozen=True)
class _Burst:
    """The strongest burst of one merchant: its rows in the order searched, its days, what was expected, and the evidence."""

    first: int
    last: int
    low: int
    high: int
    expected: float
    evidence: float


def _bursts(target: Ints, day: Ints, volume: Floats) -> list[_Burst]:
    """The strongest burst of every merchant that has one; rows sorted by merchant, then day."""
    is_new = np.r_[True, (np.diff(target) != 0) | (np.diff(day) != 0)]
    starts = np.flatnonzero(is_new)
    row_of, whose, when = np.r_[starts, len(target)], target[starts], day[starts]
    firsts = np.flatnonzero(np.r_[True, np.diff(whose) != 0])
    lasts = np.r_[firsts[1:], len(starts)]
    all_of = np.repeat(row_of[lasts] - row_of[firsts], lasts - firsts).astype(np.float64)
    span = int(day.max()) + LONGEST + 1
    key = whose * span + when
    best = np.zeros(len(starts))
    how = np.zeros((2, len(starts)))
    for length in range(1, LONGEST + 1):
        end = np.searchsorted(key, key + length)
        within = (row_of[end] - row_of[: len(starts)]).astype(np.float64)
        part = (volume[np.minimum(when + length, len(volume) - 1)] - volume[when]) / volume[-1]
        # Half an order more than was seen elsewhere: a shop of a few days is no proof.
        expected = (all_of - within + 0.5) * part / np.maximum(1.0 - part, 1e-9)
        ratio = np.where((within > expected) & (within >= FEWEST), within / np.maximum(expected, 1e-12), 1.0)
        evidence = np.where(ratio > 1.0, within * np.log(ratio) - (within - expected), 0.0)
        better = evidence > best
        best, how = np.where(better, evidence, best), np.where(better, np.array([np.full(len(starts), length), expected]), how)
    found = []
    for first, last in zip(firsts, lasts, strict=True):
        top = first + int(np.argmax(best[first:last]))
        if best[top] >= LEAST_BURST:
            low, expected_there = int(when[top]), float(how[1, top])
            found.append(_Burst(int(row_of[first]), int(row_of[last]), low, low + int(how[0, top]) - 1, expected_there, float(best[top])))
    return found


def _members(rows: Floats, usual: Floats, burst: _Burst) -> tuple[float | None, Floats]:
    """Evidence of the campaign in a burst, None where it is none, and how surely each of its orders belongs."""
    share = min(0.98, max(0.05, 1.0 - burst.expected / len(rows)))
    theirs = np.clip(np.maximum(rows.mean(axis=0), usual), FLOOR, 1.0 - FLOOR)
    probability, odds = np.full(len(rows), share), np.zeros(len(rows))
    for _ in range(ROUNDS):
        odds = rows @ np.log(theirs / usual) + (1.0 - rows) @ np.log((1.0 - theirs) / (1.0 - usual))
        probability = 1.0 / (1.0 + np.exp(-np.clip(odds + np.log(share / (1.0 - share)), -50, 50)))
        weight = float(probability.sum())
        # Members show a sign at least as often as others do.
        theirs = np.clip(np.maximum((probability @ rows + usual) / (weight + 1.0), usual), FLOOR, 1.0 - FLOOR)
        share = min(0.98, max(0.02, weight / len(rows)))
    taken = probability > 0.5
    signs = float(odds[taken].sum())
    if taken.sum() < FEWEST or burst.evidence + signs < LEAST_EVIDENCE or signs < LEAST_SIGN * taken.sum():
        return None, np.zeros(len(rows))
    return burst.evidence + signs, probability
