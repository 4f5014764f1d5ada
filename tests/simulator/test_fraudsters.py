"""Each typology leaves the trace that its detector hunts, and hides it better when told to."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.clock import Period
from fairdeal.simulator.fraudsters import FRAUDSTERS
from fairdeal.simulator.fraudsters.scheme import own_space
from fairdeal.simulator.market import open_market
from fairdeal.simulator.simulate import Story, tell
from tests.simulator.conftest import World

LEVELS = (0.0, 0.5, 1.0)


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    """The same market with careless, ordinary and careful fraudsters."""
    return [tell(open_market(Period(date(2026, 3, 1), 30), 400, 23, level), lambda line: None) for level in LEVELS]


def test_one_typology_per_detector_at_least() -> None:
    assert {fraudster.typology for fraudster in FRAUDSTERS} >= {Typology.STOLEN_INSTRUMENT, Typology.BRUSHING, Typology.PAID_PRAISE}


def test_typologies_never_share_a_code_space() -> None:
    starts = sorted(own_space(typology) for typology in Typology)
    assert all(later - earlier >= 1 << 40 for earlier, later in pairwise(starts))


def share_from_foreign_devices(story: Story) -> float:
    """Stolen payments from a device from which nobody honest pays."""
    stolen = story.payments.filter(pl.col("fake_payment").is_not_null())
    honest = story.payments.filter(pl.col("fake_payment").is_null())["device"]
    return float(1 - stolen["device"].is_in(honest.implode()).mean())  # type: ignore[operator]


def share_of_light_parcels(story: Story) -> float:
    brushed = story.orders.filter(pl.col("fake_deal").is_not_null()).join(story.parcels, on="order")
    weight = story.market.listings.weight[brushed["listing"].to_numpy()] * brushed["quantity"].to_numpy()
    return float(np.mean(brushed["weight"].to_numpy()[weight > 400] < 0.5 * weight[weight > 400]))


def share_from_shared_devices(story: Story) -> float:
    brushed = story.orders.filter(pl.col("fake_deal").is_not_null())
    accounts = brushed.group_by("campaign", "device").agg(pl.col("buyer").n_unique(), pl.len())
    return float(accounts.filter(pl.col("buyer") > 1)["len"].sum() / brushed.height)


def share_of_repeated_clauses(story: Story) -> float:
    """Fake reviews of which some long stretch stands word for word in another review of the same campaign."""
    paid = story.reviews.filter(pl.col("typology").is_not_null() & (pl.col("text").str.len_chars() >= 16))
    stretch = paid.select("campaign", "review", piece=pl.col("text").str.slice(2, 12))
    twins = stretch.group_by("campaign", "piece").agg(pl.len(), pl.col("review"))
    return float(twins.filter(pl.col("len") > 1)["len"].sum() / paid.height)


def share_posted_from_the_gangs_own_devices(story: Story) -> float:
    """Attacks, threats and lures of buyers' accounts from a device that only their gang uses."""
    typologies = [Typology.MALICIOUS_REVIEW, Typology.REVIEW_EXTORTION, Typology.IMPERSONATION]
    fake = story.reviews.filter(pl.col("typology").is_in(typologies) & pl.col("rated_buyer").is_null())
    return float((fake["device"] >= own_space(next(iter(Typology)))).mean())  # type: ignore[operator]


def share_of_attacks_without_an_order(story: Story) -> float:
    attacks = story.reviews.filter(pl.col("typology") == Typology.MALICIOUS_REVIEW)
    return float(attacks["order"].is_null().mean())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trace",
    [
        share_from_foreign_devices,
        share_of_light_parcels,
        share_from_shared_devices,
        share_of_repeated_clauses,
        share_posted_from_the_gangs_own_devices,
        share_of_attacks_without_an_order,
    ],
    ids=lambda trace: trace.__name__,
)
def test_careful_fraudsters_leave_fewer_traces(stories: list[Story], trace: object) -> None:
    careless, ordinary, careful = (trace(story) for story in stories)  # type: ignore[operator]
    assert careless > ordinary > careful
    assert ordinary > 0.1


def test_thieves_try_an_instrument_again_within_hours(world: World) -> None:
    stolen = world.payments.filter(pl.col("pay_id").is_in(world.truth("payments")["subject_id"].implode())).with_columns(
        at=pl.col("ts").cast(pl.Int64)
    )
    tries = stolen.group_by("token").agg(pl.len(), hours=(pl.col("at").max() - pl.col("at").min()) / 3_600_000)
    assert tries["len"].mean() > 1.5  # type: ignore[operator]
    assert tries.filter(pl.col("len") > 1)["hours"].median() < 12  # type: ignore[operator]
    assert 0.1 < (stolen["status"] == "DECLINED").mean() < 0.5  # type: ignore[operator]


def test_stolen_instruments_belong_to_buyers_who_also_pay_themselves(world: World) -> None:
    stolen = world.truth("payments")["subject_id"]
    tokens = world.payments.filter(pl.col("pay_id").is_in(stolen.implode()))["token"].unique()
    honest = world.payments.filter(~pl.col("pay_id").is_in(stolen.implode()).fill_null(False))["token"]
    assert tokens.is_in(honest.implode()).mean() > 0.6  # type: ignore[operator]


def test_a_ring_orders_from_one_shop_for_three_to_ten_days(world: World) -> None:
    truth = world.truth("orders")
    brushed = world.orders.join(truth, left_on="OrderNo", right_on="subject_id").with_columns(
        day=pl.col("OrderTime").str.slice(0, 10).str.to_date(strict=False)
    )
    rings = brushed.group_by("campaign_id").agg(
        pl.col("ShopNo").n_unique(), pl.col("BuyerNo").n_unique(), days=(pl.col("day").max() - pl.col("day").min()).dt.total_days()
    )
    assert (rings["ShopNo"] == 1).all()
    assert (rings["days"] <= 10).all()
    assert rings["BuyerNo"].max() >= 20  # type: ignore[operator]


def test_ring_members_also_buy_honestly_elsewhere(world: World) -> None:
    brushed = world.truth("orders")["subject_id"]
    members = world.orders.filter(pl.col("OrderNo").is_in(brushed.implode()))["BuyerNo"].unique()
    others = world.orders.filter(~pl.col("OrderNo").is_in(brushed.implode()).fill_null(False))["BuyerNo"]
    assert members.is_in(others.implode()).mean() > 0.4  # type: ignore[operator]


def test_paid_praise_gives_four_or_five_stars_in_both_languages(world: World) -> None:
    truth = world.truth("reviews").filter(pl.col("typology") == "paid_praise")
    paid = world.reviews.join(truth, left_on="id", right_on="subject_id")
    assert set(paid["stars"]) == {"4", "5"}
    assert set(paid["lang"]) == {"zh", "en"}
    assert 0.05 < paid["order"].is_null().mean() < 0.6  # type: ignore[operator]
