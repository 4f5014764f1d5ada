"""Buyers rate goods, shops rate buyers; people write in many ways."""

from __future__ import annotations

import polars as pl
import pytest

from fairdeal.simulator.phrases_en import ENGLISH
from fairdeal.simulator.phrases_zh import CHINESE, TRADITIONAL
from tests.simulator.conftest import World


def honest(world: World) -> pl.DataFrame:
    return world.reviews.join(world.truth("reviews"), left_on="id", right_on="subject_id", how="anti")


def alike(world: World, look_alike: str) -> pl.DataFrame:
    ids = world.truth("look_alikes").filter((pl.col("subject_kind") == "review") & (pl.col("look_alike") == look_alike))["subject_id"]
    return world.reviews.filter(pl.col("id").is_in(ids.implode())).unique("id", maintain_order=True)


def test_shops_rate_some_of_the_buyers_they_served(world: World) -> None:
    ratings = world.reviews.filter(pl.col("side") == "卖家")
    assert 0.04 < ratings.height / world.reviews.height < 0.3
    ordered = ratings.unique("id").join(world.orders.drop_nulls("OrderNo").unique("OrderNo"), left_on="order", right_on="OrderNo")
    assert ordered.height > 0.98 * ratings.height
    sound = ordered.drop_nulls(["user", "BuyerNo"])
    assert ((sound["user"] == sound["ShopNo"]) & (sound["item"] == sound["BuyerNo"])).mean() > 0.99  # type: ignore[operator]


def test_nobody_on_one_side_writes_on_the_other(world: World) -> None:
    writers = world.reviews.drop_nulls("user").group_by("side").agg(pl.col("user").unique())
    sides = dict(writers.iter_rows())
    assert set(sides["买家"]) <= set(world.buyers["uid"].drop_nulls())
    assert set(sides["卖家"]) <= set(world.merchants["mch_id"])


def test_an_order_is_rated_by_its_shop_once(world: World) -> None:
    ratings = world.reviews.filter(pl.col("side") == "卖家").unique("id").drop_nulls("user")
    assert ratings["order"].is_unique().mean() > 0.99  # type: ignore[operator]


def test_shops_are_mostly_pleased_and_some_are_not(world: World) -> None:
    stars = world.reviews.filter(pl.col("side") == "卖家")["stars"]
    assert (stars == "5").mean() > 0.85  # type: ignore[operator]
    assert stars.is_in(["1", "2"]).any()


@pytest.mark.parametrize("look_alike", ["bad_batch", "wants_refund", "scam_warning", "scanned_code", "won_back", "shop_service", "fan"])
def test_every_honest_likeness_of_a_review_cheat_occurs(world: World, look_alike: str) -> None:
    assert alike(world, look_alike).height >= 10


def test_warnings_speak_of_false_customer_service_and_contacts(world: World) -> None:
    warnings = alike(world, "scam_warning")["content"]
    assert warnings.str.contains("微信|链接|扫码|WhatsApp|link|code|WeChat|V信|验证码|转账").mean() > 0.7  # type: ignore[operator]


def test_a_bad_batch_is_a_burst_of_low_stars_with_one_fault(world: World) -> None:
    sufferers = alike(world, "bad_batch")
    assert sufferers["item"].n_unique() <= 0.5 * sufferers.height
    assert sufferers["stars"].is_in(["1", "2", "3"]).all()
    days = sufferers.group_by("item").agg(days=pl.col("posted").str.slice(0, 10).n_unique(), rows=pl.len())
    assert days.filter(pl.col("rows") >= 5).height >= 1


def test_the_won_back_follow_a_bad_review_of_their_own_with_a_good_one(world: World) -> None:
    back = alike(world, "won_back")
    assert (back["is_append"] == "True").all()
    assert back["stars"].is_in(["4", "5"]).all()
    first = honest(world).filter(pl.col("stars").is_in(["1", "2"]) & (pl.col("is_append") == "False"))
    assert back.join(first.select("user", "order").unique(), on=["user", "order"], how="semi").height > 0.9 * back.height


def test_service_that_answers_stays_on_the_platform(world: World) -> None:
    answers = alike(world, "shop_service")
    assert (answers["side"] == "卖家").all()
    assert not answers["content"].str.contains(r"000\d|http|www").any()


def test_honest_texts_hardly_repeat_but_for_stock_phrases(world: World) -> None:
    stock = {*CHINESE.stock_good, *CHINESE.stock_bad, *ENGLISH.stock_good, *ENGLISH.stock_bad}
    texts = honest(world).filter(pl.col("side") == "买家").unique("id")["content"].drop_nulls()
    own = texts.filter(~texts.is_in(list(stock)))
    assert own.len() > 0.6 * texts.len()
    assert own.is_unique().mean() > 0.95  # type: ignore[operator]


@pytest.mark.parametrize(
    ("habit", "pattern", "at_least"),
    [
        ("Latin words among Chinese ones", r"\p{Han}.*[a-z]{2}|[a-z]{2}.*\p{Han}", 50),
        ("traditional signs", f"[{''.join(TRADITIONAL.values())}]", 20),
        ("emoji", r"[\x{1F300}-\x{1FAFF}]", 100),
        ("full-width stops after English words", r"[a-z][，。！]", 10),
        ("plain commas among Chinese signs", r"\p{Han},\p{Han}", 50),
        ("several lines", "\n", 10),
        ("chat spelling", r"\bu\b|\bgr8\b|\brly\b|稀饭|狠", 10),
    ],
)
def test_people_write_in_many_ways(world: World, habit: str, pattern: str, at_least: int) -> None:
    assert honest(world)["content"].drop_nulls().str.contains(pattern).sum() >= at_least, habit


def test_no_text_is_empty_whoever_writes(world: World) -> None:
    assert world.reviews["content"].drop_nulls().str.contains(r"[\p{L}\p{N}]").mean() == 1.0
