"""Campaigns: bursts upon one merchant are told when their orders show what honest ones do not."""

from __future__ import annotations

import numpy as np
import pytest

from fairdeal.models.campaigns import Campaign, find_campaigns

MERCHANTS, DAYS = 60, 120


def market(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Merchant and day of honest orders, a festival in the middle."""
    random = np.random.default_rng(seed)
    day = np.concatenate([random.integers(0, DAYS, 6_000), random.integers(60, 63, 900)])
    return random.integers(0, MERCHANTS, len(day)), day


def with_burst(size: int, days: int, *, shown: float, seed: int = 0) -> tuple[list[Campaign], np.ndarray, np.ndarray]:
    """What is found beside a burst on merchant 7, of which so many orders show the signs; and which orders are the burst's."""
    merchant, day = market(seed)
    random = np.random.default_rng(seed + 1)
    merchant, day = np.r_[merchant, np.full(size, 7)], np.r_[day, 30 + random.integers(0, days, size)]
    planted = np.arange(len(day)) >= len(day) - size
    signs = {name: random.random(len(day)) < np.where(planted, shown, 0.04) for name in ("shares_device", "refunded", "again")}
    mixed = random.permutation(len(day))
    found, belongs = find_campaigns(merchant[mixed], day[mixed], {name: sign[mixed] for name, sign in signs.items()})
    return found, belongs, planted[mixed]


def test_a_burst_whose_orders_share_what_others_do_not_is_told_with_its_members() -> None:
    found, belongs, planted = with_burst(120, 6, shown=0.8)
    (campaign,) = found
    told = np.zeros(len(planted), dtype=bool)
    told[campaign.members] = True
    assert campaign.target == 7
    assert 30 <= campaign.first_day <= campaign.last_day <= 36
    assert (told & planted).sum() >= 0.97 * planted.sum()
    assert (told & planted).sum() >= 0.97 * told.sum()
    assert campaign.shares["refunded"] > 0.7
    assert belongs[told].min() > 0.5 > belongs[~told].max()


def test_a_good_week_is_no_campaign() -> None:
    assert with_burst(120, 6, shown=0.04)[0] == []


def test_a_festival_is_no_campaign_of_any_shop() -> None:
    merchant, day = market()
    signs = {"again": np.random.default_rng(3).random(len(day)) < 0.04}
    assert find_campaigns(merchant, day, signs)[0] == []


def test_two_campaigns_at_one_merchant_are_two() -> None:
    merchant, day = market()
    merchant, day = np.r_[merchant, np.full(160, 7)], np.r_[day, np.repeat((20, 21, 90, 91), 40)]
    signs = {name: np.arange(len(day)) >= len(day) - 160 for name in ("shares_device", "refunded")}
    found, _ = find_campaigns(merchant, day, signs)
    assert sorted((campaign.first_day, campaign.last_day) for campaign in found) == [(20, 21), (90, 91)]


def test_the_order_of_rows_changes_nothing() -> None:
    first, second = (with_burst(120, 6, shown=0.8)[0][0] for _ in range(2))
    assert first.evidence == second.evidence
    assert with_burst(120, 6, shown=0.8)[1].max() <= 1.0


@pytest.mark.parametrize("signs", [{}, {"again": np.zeros(0, dtype=bool)}])
def test_nothing_is_found_in_nothing(signs: dict[str, np.ndarray]) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    found, belongs = find_campaigns(nothing, nothing, signs)
    assert (found, len(belongs)) == ([], 0)
