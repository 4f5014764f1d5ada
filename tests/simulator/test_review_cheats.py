"""Attacks, extortion and false notices: what each leaves in the files, and that nothing in them leads to anybody."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Typology
from fairdeal.simulator.chance import stream
from fairdeal.simulator.defects import TEST_CARDS
from fairdeal.simulator.fraudsters.contacts import RESERVED, contacts, links, numbers
from fairdeal.simulator.phrases_zh import TRADITIONAL
from tests.simulator.conftest import DAYS, World

SIMPLIFIED = {new: old for old, new in TRADITIONAL.items()}
ATTACK, EXTORTION, LURE = Typology.MALICIOUS_REVIEW, Typology.REVIEW_EXTORTION, Typology.IMPERSONATION


def told(world: World, typology: str) -> pl.DataFrame:
    """The sound rows of one cheat, with campaign, moment and stars as a number."""
    truth = world.truth("reviews").filter(pl.col("typology") == typology)
    return (
        world.reviews.join(truth, left_on="id", right_on="subject_id")
        .unique("id", maintain_order=True)
        .with_columns(at=pl.col("posted").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False), rating=pl.col("stars").cast(pl.Float64))
    )


def honest(world: World) -> pl.DataFrame:
    return world.reviews.join(world.truth("reviews"), left_on="id", right_on="subject_id", how="anti")


def plain(text: str) -> str:
    """The text without its disguises: full-width and circled signs, traditional ones, hidden dots, spaces between digits."""
    folded = unicodedata.normalize("NFKC", text).translate(str.maketrans(SIMPLIFIED))
    folded = re.sub(r"\s*(?:\[\.\]|\(dot\)|点|。|\.)\s*(?=[a-z])", ".", folded)
    return re.sub(r"(?<=\d) (?=\d)", "", folded).lower()


@pytest.mark.parametrize(("typology", "low", "high"), [(ATTACK, 0.007, 0.015), (EXTORTION, 0.003, 0.010), (LURE, 0.003, 0.010)])
def test_each_cheat_is_rare_and_there(world: World, typology: str, low: float, high: float) -> None:
    assert low < told(world, typology).height / world.reviews.height < high


@pytest.mark.parametrize("typology", [Typology.PAID_PRAISE, ATTACK, EXTORTION, LURE])
def test_new_campaigns_start_in_the_last_fifth(world: World, typology: str) -> None:
    starts = world.truth("campaigns").filter(pl.col("typology") == typology)["started_at"].dt.convert_time_zone("Asia/Shanghai").dt.date()
    days = (starts - pl.Series([world.simulated.first_day])).dt.total_days()
    assert days.filter(days >= 0.8 * DAYS).len() >= 1
    assert days.filter(days < 0.5 * DAYS).len() >= 1


def test_attacks_fall_on_one_shops_listings_within_days_in_low_stars(world: World) -> None:
    attacks = told(world, ATTACK)
    campaigns = attacks.group_by("campaign_id").agg(
        pl.col("shop").n_unique(),
        pl.col("item").n_unique(),
        pl.col("user").n_unique(),
        pl.len(),
        days=(pl.col("at").max() - pl.col("at").min()).dt.total_days(),
    )
    assert (campaigns["shop"] == 1).all()
    assert (campaigns["item"] <= 3).all()
    assert (campaigns["user"] > 0.8 * campaigns["len"]).all()
    assert (campaigns["days"] <= 16).all()
    assert set(attacks["stars"]) == {"1", "2", "3"}
    assert (attacks["stars"] == "3").mean() < 0.3  # type: ignore[operator]
    assert 0.2 < attacks["order"].is_null().mean() < 0.9  # type: ignore[operator]


def test_an_attack_pulls_its_targets_stars_down(world: World) -> None:
    attacks = told(world, ATTACK)
    others = honest(world).with_columns(rating=pl.col("stars").cast(pl.Float64, strict=False))
    before = others.filter(pl.col("item").is_in(attacks["item"].implode())).group_by("item").agg(usual=pl.col("rating").mean())
    shift = attacks.join(before, on="item").select(pl.col("rating") - pl.col("usual")).to_series()
    assert shift.len() > 0.7 * attacks.height
    assert shift.mean() < -1.5  # type: ignore[operator]


def share_of_shared_stretches(texts: pl.DataFrame, who: str) -> float:
    """Longer texts of which a stretch of fourteen signs stands in another text of the same ``who``."""
    stretch = texts.filter(pl.col("content").str.len_chars() >= 20).select(who, piece=pl.col("content").str.slice(4, 14))
    return float(stretch.select(pl.len().over(who, "piece") > 1).to_series().mean())  # type: ignore[arg-type]


def test_the_texts_of_one_attack_are_cut_from_few_templates(world: World) -> None:
    angry = honest(world).filter(pl.col("stars").is_in(["1", "2"]) & (pl.col("side") == "买家"))
    assert share_of_shared_stretches(told(world, ATTACK), "campaign_id") > 0.1
    assert share_of_shared_stretches(angry, "shop") < 0.05


WANTS = (
    "赔|转我|红包|返现|补偿|退款|转账|联系我|来谈|私信|怎么做|表示一下|诚意|说法|差评|一星|"
    "pay|send me|refund|packet|compensation|cashback|contact me|offer|message me|good ?will|what to do|change|gesture|one star"
)


def test_threats_ask_for_something_in_few_stars_and_in_several_shops(world: World) -> None:
    threats = told(world, EXTORTION).filter(pl.col("is_append") == "False")
    asks = [re.search(WANTS, plain(text)) is not None for text in threats["content"]]
    assert np.mean(asks) > 0.93
    assert set(threats["stars"]) == {"1", "2"}
    rounds = threats.group_by("campaign_id").agg(pl.col("shop").n_unique(), pl.col("user").n_unique(), pl.len())
    assert rounds["shop"].max() >= 3  # type: ignore[operator]
    assert (rounds["user"] <= 5).all()
    assert threats["order"].is_not_null().mean() > 0.5  # type: ignore[operator]


def test_some_threats_turn_into_good_stars_days_later_for_the_same_listing(world: World) -> None:
    rows = told(world, EXTORTION)
    threats, paid = rows.filter(pl.col("is_append") == "False"), rows.filter(pl.col("is_append") == "True")
    both = paid.join(threats.select("user", "item", "campaign_id", threat_at="at", threat="rating"), on=["user", "item", "campaign_id"])
    assert both.height > 0.8 * paid.height > 0
    assert 0.1 < paid.height / threats.height < 0.7
    assert (both["rating"] >= 4).all()
    assert (both["at"] > both["threat_at"]).all()


CONTACT = r"000\d{6}|555-01\d\d|\.(?:example|test|invalid)|码|code|qr|scan"


def test_lures_hold_a_contact_an_address_or_a_code(world: World) -> None:
    lures = told(world, LURE)
    assert all(re.search(CONTACT, plain(text)) for text in lures["content"])
    assert set(lures["side"]) == {"买家", "卖家"}
    assert lures["content"].str.contains("(?i)http|hxxp|www").any()


def test_lures_bend_the_names_of_shops() -> None:
    from fairdeal.simulator.fraudsters.impersonation import BENT

    for real, bent in BENT:
        assert bent != real
        assert set(bent) & set(real)


def test_no_word_alone_tells_a_lure_or_a_threat(world: World) -> None:
    """Honest people mention messengers, codes, refunds and red packets, too."""
    texts = honest(world)["content"]
    for words in (
        "微信|WeChat|V信|WhatsApp",
        "扫码|二维码|QR|code",
        "退款|refund",
        "红包|red packet|返现|cashback",
        "客服|customer service",
    ):
        assert texts.str.contains(words).sum() >= 5, words


ADDRESS = re.compile(r"(?:[a-z0-9-]+\.)+(?:com|net|org|cn|io|top|xyz|cc|info|shop|vip|me|app|example|test|invalid)\b")


def test_every_address_ends_in_a_reserved_name(world: World) -> None:
    found = [address for text in world.reviews["content"].drop_nulls() for address in ADDRESS.findall(plain(text))]
    assert len(found) >= 5
    assert [address for address in found if not address.endswith(RESERVED)] == []


def test_every_long_number_is_one_that_nobody_can_have(world: World) -> None:
    for text in world.reviews["content"].drop_nulls():
        for run in re.findall(r"\d[\d -]{4,}\d", plain(text)):
            digits = re.sub(r"\D", "", run)
            assert digits.startswith(("000", "55501")) or digits in TEST_CARDS, text


def test_every_generated_contact_is_reserved_whatever_its_disguise() -> None:
    rng = stream(5, "contacts")
    for address in links(rng, 2000):
        host = ADDRESS.search(plain(address))
        assert host is not None, address
        assert host.group().endswith(RESERVED), address
    assert {re.sub(r"\D", "", plain(number))[:3] for number in numbers(rng, 2000)} == {"000", "555"}
    for language in ("zh", "en"):
        assert contacts(rng, language, 2000).n_unique() > 1000


def test_shops_report_attacks_and_users_false_notices(world: World) -> None:
    reports = world.reports.filter(pl.col("来源").is_in(["用户举报", "商家举报"]))
    by = {kind: set(reports.filter(pl.col("类型") == kind)["来源"]) for kind in ("恶意评价", "差评勒索", "冒充", "有偿好评")}
    assert by == {"恶意评价": {"商家举报"}, "差评勒索": {"商家举报"}, "冒充": {"用户举报"}, "有偿好评": {"用户举报"}}
