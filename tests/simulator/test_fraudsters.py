"""Each typology leaves the trace that its detector hunts, and hides it better when told to."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.clock import DAY, MINUTE, Period
from fairdeal.simulator.difficulty import Difficulty
from fairdeal.simulator.fraudsters import FRAUDSTERS
from fairdeal.simulator.fraudsters.scheme import own_space
from fairdeal.simulator.market import open_market
from fairdeal.simulator.shoppers import SLOTS
from fairdeal.simulator.simulate import Story, cast_of, tell
from tests.simulator.conftest import World

LEVELS = (0.0, 0.5, 1.0)


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    """The same market with careless, ordinary and careful fraudsters."""
    return [tell(open_market(Period(date(2026, 3, 1), 30), 700, 23, Difficulty(level)), lambda line: None) for level in LEVELS]


def test_every_typology_has_its_fraudster() -> None:
    assert sorted(fraudster.typology for fraudster in FRAUDSTERS) == sorted(Typology)


@pytest.mark.parametrize("typology", list(Typology))
def test_campaigns_of_every_typology_start_in_the_last_fifth_of_the_days(stories: list[Story], typology: Typology) -> None:
    for story in stories:
        starts = story.campaigns.filter(pl.col("typology") == typology)["started_at"]
        assert starts.is_not_null().all()
        assert ((starts - story.market.period.start) >= 0.8 * story.market.period.days * DAY).any()


@pytest.mark.parametrize("typology", list(Typology))
def test_a_cheat_that_begins_on_a_day_is_not_there_before_and_is_there_afterwards(typology: Typology) -> None:
    market = open_market(Period(date(2026, 3, 1), 30), 300, 5, Difficulty())
    begins = date(2026, 3, 16)
    story = tell(market, lambda line: None, cast_of(begins={typology: begins}))
    moments = [
        story.orders.filter(pl.col("fake_deal") == typology)["at"],
        story.payments.filter(pl.col("fake_payment") == typology)["at"],
        story.reviews.filter(pl.col("typology") == typology)["at"],
    ]
    assert sum(map(len, moments)) > 0
    assert all((at >= Period(begins, 1).start).all() for at in moments)
    assert typology not in found(tell(market, lambda line: None, cast_of(without=[typology])))


@pytest.mark.parametrize("typology", list(Typology))
def test_a_cheat_occurs_alone_or_not_at_all_when_told_so(typology: Typology) -> None:
    market = open_market(Period(date(2026, 3, 1), 14), 300, 5, Difficulty())
    alone = found(tell(market, lambda line: None, cast_of(only=[typology])))
    assert alone == {typology}
    assert found(tell(market, lambda line: None, cast_of(without=[typology]))) == set(Typology) - {typology}


def found(story: Story) -> set[str]:
    """The typologies of a story's subjects."""
    columns = (story.orders["fake_deal"], story.payments["fake_payment"], story.reviews["typology"])
    return {typology for column in columns for typology in column.drop_nulls().unique()}


def test_a_typology_left_out_leaves_the_other_campaigns_as_they_were() -> None:
    market = open_market(Period(date(2026, 3, 1), 14), 300, 5, Difficulty())
    whole = tell(market, lambda line: None).orders
    less = tell(market, lambda line: None, cast_of(without=[Typology.CARD_TESTING])).orders
    names = ["buyer", "listing", "at", "amount", "device", "instrument", "campaign"]
    for kept in (Typology.BRUSHING, Typology.SELF_PURCHASE, Typology.BAIT_LISTING, Typology.REFUND_ABUSE):
        same = [orders.filter(pl.col("fake_deal") == kept).select(names).sort(names) for orders in (whole, less)]
        assert same[0].equals(same[1])


def test_nobody_cheats_where_the_share_is_nothing() -> None:
    market = open_market(Period(date(2026, 3, 1), 10), 300, 5, Difficulty(share=0.0))
    story = tell(market, lambda line: None)
    assert not found(story)
    assert story.campaigns.is_empty()


def test_a_larger_share_means_more_cheats_and_more_strength_larger_campaigns() -> None:
    def told(difficulty: Difficulty) -> Story:
        return tell(open_market(Period(date(2026, 3, 1), 20), 500, 5, difficulty), lambda line: None)

    usual, many, strong = told(Difficulty()), told(Difficulty(share=2.5)), told(Difficulty(strength=3.0))
    cheats = [story.orders["fake_deal"].count() + story.payments["fake_payment"].count() for story in (usual, many, strong)]
    assert cheats[1] > 2 * cheats[0]
    assert cheats[2] == pytest.approx(cheats[0], rel=0.35)
    sizes = [story.campaigns.filter(pl.col("typology") == Typology.BRUSHING)["members"].mean() for story in (usual, strong)]
    assert sizes[1] > 1.5 * sizes[0]  # type: ignore[operator]


def test_typologies_never_share_a_code_space() -> None:
    starts = sorted(own_space(typology) for typology in Typology)
    assert all(later - earlier >= 1 << 40 for earlier, later in pairwise(starts))


def share_from_foreign_devices(story: Story) -> float:
    """Stolen payments from a device from which nobody honest pays."""
    stolen = story.payments.filter(pl.col("fake_payment") == Typology.STOLEN_INSTRUMENT)
    honest = story.payments.filter(pl.col("fake_payment").is_null())["device"]
    return float(1 - stolen["device"].is_in(honest.implode()).mean())  # type: ignore[operator]


def share_of_light_parcels(story: Story) -> float:
    brushed = story.orders.filter(pl.col("fake_deal") == Typology.BRUSHING).join(story.parcels, on="order")
    weight = story.market.listings.weight[brushed["listing"].to_numpy()] * brushed["quantity"].to_numpy()
    return float(np.mean(brushed["weight"].to_numpy()[weight > 400] < 0.5 * weight[weight > 400]))


def share_from_shared_devices(story: Story) -> float:
    brushed = story.orders.filter(pl.col("fake_deal") == Typology.BRUSHING)
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


def share_of_tests_within_minutes_of_another(story: Story) -> float:
    """Card tests from a network that was used for another test within the last half hour."""
    tests = story.orders.filter(pl.col("fake_payment") == Typology.CARD_TESTING).sort("at")
    pause = tests.select(pl.col("at").diff().over("network", "campaign").alias("pause"))["pause"]
    return float((pause.fill_null(DAY) < 30 * MINUTE).mean())  # type: ignore[arg-type]


def share_of_taken_accounts_that_were_changed_before(story: Story) -> float:
    taken = story.orders.filter(pl.col("fake_payment") == Typology.ACCOUNT_TAKEOVER)
    first = taken.group_by("buyer", "campaign").agg(pl.col("at").min())
    changes = story.events.filter(pl.col("kind").str.ends_with("_change")).select("account", changed="at")
    before = first.join(changes, left_on="buyer", right_on="account").filter(pl.col("changed").is_between(pl.col("at") - DAY, pl.col("at")))
    return before["buyer"].n_unique() / first["buyer"].n_unique()


def share_of_errors_that_are_gross(story: Story) -> float:
    """Wrong sums that are at least half as much again as was shown."""
    wrong = story.payments.filter((pl.col("fake_payment") == Typology.PAYMENT_ERROR) & (pl.col("amount") > pl.col("shown_amount")))
    return float((wrong["amount"] > 1.5 * wrong["shown_amount"]).mean())  # type: ignore[arg-type]


def share_of_self_purchases_by_one_purse(story: Story) -> float:
    own = story.orders.filter(pl.col("fake_deal") == Typology.SELF_PURCHASE)
    foreign = own.filter(pl.col("instrument") // SLOTS != pl.col("buyer"))
    return foreign.height / own.height


def share_of_reverse_brushing_sent_back(story: Story) -> float:
    return share_sent_back(story, Typology.REVERSE_BRUSHING)


def share_of_refund_abuse_claimed(story: Story) -> float:
    return share_sent_back(story, Typology.REFUND_ABUSE)


def share_sent_back(story: Story, typology: Typology) -> float:
    """Of the orders whose buyer had the time to ask."""
    early = story.market.period.end - 14 * DAY
    mine = story.orders.filter((pl.col("fake_deal") == typology) & (pl.col("at") < early) & pl.col("paid_at").is_not_null())
    return float(mine["order"].is_in(story.refunds["order"].implode()).mean())  # type: ignore[arg-type]


def discount_of_baits(story: Story) -> float:
    bait = story.orders.filter(pl.col("fake_deal") == Typology.BAIT_LISTING)
    full = story.market.listings.price[bait["listing"].to_numpy()] * bait["quantity"].to_numpy()
    return float(1 - np.median(bait["amount"].to_numpy() / full))


def share_of_a_cheating_shops_orders_that_it_does_not_send(story: Story) -> float:
    """Of the orders of goods that such shops had while it went on."""
    campaigns = story.campaigns.filter(pl.col("typology") == Typology.FALSE_SHIPPING)
    near = story.orders.join(campaigns.select("merchant", "started_at", "ended_at"), on="merchant").filter(
        pl.col("at").is_between("started_at", "ended_at") & (pl.col("fake_deal").is_null() | (pl.col("fake_deal") == "false_shipping"))
    )
    return float(near["fake_deal"].is_not_null().mean())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trace",
    [
        share_of_tests_within_minutes_of_another,
        share_of_taken_accounts_that_were_changed_before,
        share_of_errors_that_are_gross,
        share_of_self_purchases_by_one_purse,
        share_of_reverse_brushing_sent_back,
        share_of_refund_abuse_claimed,
        discount_of_baits,
        share_of_a_cheating_shops_orders_that_it_does_not_send,
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
    thefts = world.truth("payments").filter(pl.col("typology") == "stolen_instrument")["subject_id"]
    stolen = world.payments.filter(pl.col("pay_id").is_in(thefts.implode())).with_columns(at=pl.col("ts").cast(pl.Int64))
    tries = stolen.group_by("token").agg(pl.len(), hours=(pl.col("at").max() - pl.col("at").min()) / 3_600_000)
    assert tries["len"].mean() > 1.5  # type: ignore[operator]
    assert tries.filter(pl.col("len") > 1)["hours"].median() < 12  # type: ignore[operator]
    assert 0.1 < (stolen["status"] == "DECLINED").mean() < 0.5  # type: ignore[operator]


def test_stolen_instruments_belong_to_buyers_who_also_pay_themselves(world: World) -> None:
    stolen = world.truth("payments").filter(pl.col("typology") == "stolen_instrument")["subject_id"]
    tokens = world.payments.filter(pl.col("pay_id").is_in(stolen.implode()))["token"].unique()
    honest = world.payments.filter(~pl.col("pay_id").is_in(stolen.implode()).fill_null(False))["token"]
    assert tokens.is_in(honest.implode()).mean() > 0.6  # type: ignore[operator]


def test_a_ring_orders_from_one_shop_for_three_to_ten_days(world: World) -> None:
    truth = world.truth("orders").filter(pl.col("typology") == "brushing")
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
    brushed = world.truth("orders").filter(pl.col("typology") == "brushing")["subject_id"]
    members = world.orders.filter(pl.col("OrderNo").is_in(brushed.implode()))["BuyerNo"].unique()
    others = world.orders.filter(~pl.col("OrderNo").is_in(brushed.implode()).fill_null(False))["BuyerNo"]
    assert members.is_in(others.implode()).mean() > 0.4  # type: ignore[operator]


def test_paid_praise_gives_four_or_five_stars_in_both_languages(world: World) -> None:
    truth = world.truth("reviews").filter(pl.col("typology") == "paid_praise")
    paid = world.reviews.join(truth, left_on="id", right_on="subject_id")
    assert set(paid["stars"]) == {"4", "5"}
    assert set(paid["lang"]) == {"zh", "en"}
    assert 0.05 < paid["order"].is_null().mean() < 0.6  # type: ignore[operator]
