"""Merchants and their listings: few large shops and many small ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairdeal.simulator.chance import Floats, Ints, pick
from fairdeal.simulator.clock import DAY, Period
from fairdeal.simulator.goods import CATEGORIES, DEMAND, REGION_SHARE


@dataclass(frozen=True)
class Merchants:
    """Columns of one value per shop; row number is the shop's code.

    ``size`` is relative turnover (Zipf), ``promptness`` the hours it usually takes to hand a parcel over.
    """

    size: Floats
    category: Ints
    region: Ints
    registered_at: Ints
    expires_day: Ints
    promptness: Floats
    name_parts: Ints

    def __len__(self) -> int:
        return len(self.size)


@dataclass(frozen=True)
class Listings:
    """Columns of one value per listing, ordered by category; row number is the listing's code.

    ``price`` in fen, ``weight`` in grams, ``price_rank`` the log price in standard deviations of its category,
    ``quality`` shifts the stars that buyers give.
    """

    merchant: Ints
    category: Ints
    price: Ints
    price_rank: Floats
    weight: Floats
    popularity: Floats
    quality: Floats
    listed_at: Ints
    noun: Ints
    model: Ints

    def __len__(self) -> int:
        return len(self.merchant)

    @cached_property
    def _ladder(self) -> Floats:
        return np.concatenate([[0.0], np.cumsum(self.popularity)])

    @cached_property
    def _bounds(self) -> Ints:
        return np.searchsorted(self.category, np.arange(len(CATEGORIES) + 1)).astype(np.int64)

    def pick_in(self, rng: np.random.Generator, category: Ints) -> Ints:
        """A listing of each row's category, in proportion to popularity."""
        low, high = self._bounds[category], self._bounds[category + 1]
        height = self._ladder[low] + rng.random(len(category)) * (self._ladder[high] - self._ladder[low])
        return np.clip(np.searchsorted(self._ladder, height, side="right") - 1, low, high - 1).astype(np.int64)

    def of_merchant(self, merchant: int) -> Ints:
        return np.flatnonzero(self.merchant == merchant).astype(np.int64)


def open_shops(rng: np.random.Generator, period: Period, count: int) -> tuple[Merchants, Listings]:
    """``count`` shops, at least one per category, and what they list."""
    rank = rng.permutation(count) + 1
    size = 1.0 / rank.astype(np.float64) ** 0.85
    category = pick(rng, DEMAND, count)
    category[: len(CATEGORIES)] = np.arange(len(CATEGORIES))
    merchants = Merchants(
        size=size,
        category=category,
        region=pick(rng, REGION_SHARE, count),
        registered_at=((period.start - (30 + rng.beta(1.1, 2.0, count) * 2800) * DAY) // 1000 * 1000).astype(np.int64),
        expires_day=rng.integers(-20, 720, count),
        promptness=np.exp(rng.normal(np.log(16), 0.45, count)),
        name_parts=rng.integers(0, 2**31, count),
    )
    return merchants, _listings(rng, period, merchants)


def _listings(rng: np.random.Generator, period: Period, merchants: Merchants) -> Listings:
    per_shop = 3 + rng.poisson(3 + 25 * np.sqrt(merchants.size))
    merchant = np.repeat(np.arange(len(merchants), dtype=np.int64), per_shop)
    count = len(merchant)
    category = np.where(rng.random(count) < 0.88, merchants.category[merchant], pick(rng, DEMAND, count))
    first = np.concatenate([[0], np.cumsum(per_shop)[:-1]])
    category[first] = merchants.category
    order = np.lexsort((rng.random(count), category))
    merchant, category = merchant[order], category[order]
    median = np.array([item.price for item in CATEGORIES])[category]
    spread = np.array([item.spread for item in CATEGORIES])[category]
    grams = np.array([item.weight for item in CATEGORIES])[category]
    rank = rng.normal(0, 1, count)
    yuan = np.maximum(median * np.exp(rank * spread), 3.0)
    popularity = merchants.size[merchant] / per_shop[merchant] * np.exp(rng.normal(0, 0.9, count))
    # Every category sells in proportion to its demand, whichever shops happen to list it.
    totals = np.bincount(category, popularity, minlength=len(CATEGORIES))
    lifetime = period.start - merchants.registered_at[merchant]
    return Listings(
        merchant=merchant,
        category=category.astype(np.int64),
        price=(np.floor(yuan).astype(np.int64) * 100 + rng.choice(np.array([0, 90, 80, 99, 50]), count)).astype(np.int64),
        price_rank=rank,
        weight=grams * np.exp(rng.normal(0, 0.6, count)),
        popularity=popularity * DEMAND[category] / totals[category],
        quality=rng.normal(0, 0.45, count),
        listed_at=((period.start - lifetime * rng.beta(1, 2, count) - DAY) // 1000 * 1000).astype(np.int64),
        noun=rng.integers(0, 2**31, count),
        model=rng.integers(0, 2**31, count),
    )
