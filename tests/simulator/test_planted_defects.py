from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fairdeal.simulator.chance import stream
from fairdeal.simulator.defects import MOST, TEST_CARDS, Defect, broken_rows, with_card_numbers
from fairdeal.simulator.provider_files import PROVIDERS
from tests.simulator.conftest import World


def planted(world: World, table: str) -> int:
    return sum(count for kind, count in world.planted.get(table, {}).items() if kind != "card_number_in_text")


@pytest.mark.parametrize("table", ["orders", "payments", "shipments", "account_events"])
def test_about_one_row_in_a_thousand_is_broken(world: World, table: str) -> None:
    assert 0.0003 < planted(world, table) / world.tables[table].height < 0.002


def test_missing_keys_in_orders_are_those_counted(world: World) -> None:
    missing = world.orders.select(pl.col("OrderNo").is_null() | pl.col("BuyerNo").is_null()).to_series().sum()
    assert missing == world.planted["orders"].get("missing_key", 0)
    assert missing > 0


def test_unreadable_amounts_in_orders_are_those_counted(world: World) -> None:
    unreadable = (~world.orders["TotalAmount"].str.contains(r"^\d+\.\d\d$")).sum()
    assert unreadable == world.planted["orders"].get("wrong_amount", 0)


def test_rows_that_come_twice_are_those_counted(world: World) -> None:
    known = world.orders.drop_nulls("OrderNo")
    assert known.height - known["OrderNo"].n_unique() == world.planted["orders"].get("duplicated_row", 0)


def test_unknown_statuses_in_payments_are_those_counted(world: World) -> None:
    unknown = (~world.payments["status"].is_in(["SUCCESS", "DECLINED", "ERROR"])).sum()
    assert unknown == world.planted["payments"].get("unknown_status", 0)


def test_impossible_weights_in_shipments_are_those_counted(world: World) -> None:
    impossible = (~world.shipments["weight_gram"].is_between(0, 100_000_000)).sum()
    assert impossible == world.planted["shipments"].get("impossible_weight", 0)


def test_broken_rows_never_replace_a_sound_one(world: World) -> None:
    broken = world.orders.filter(pl.col("BuyerNo").is_null() | ~pl.col("TotalAmount").str.contains(r"^\d+\.\d\d$"))
    paid_for = world.payments["order_ref"]
    assert not broken["OrderNo"].drop_nulls().is_in(paid_for.implode()).any()


def test_small_files_are_spared() -> None:
    provider = PROVIDERS["orders"]
    few = pl.DataFrame({"OrderNo": ["a"] * 30})
    for seed in range(200):
        assert broken_rows(stream(seed, "few"), few, provider.defects, provider.key, seed, 0) == []


def test_no_file_breaks_its_contracts_limit() -> None:
    rows = pl.DataFrame({"OrderNo": [str(number) for number in range(100)]})
    for seed in range(300):
        assert len(broken_rows(stream(seed, "limit"), rows, (Defect("twice"),), ("OrderNo", "order"), seed, 0)) <= MOST * 100


def test_card_numbers_in_texts_are_those_counted(world: World) -> None:
    for table, column in (("orders", "BuyerNote"), ("reviews", "content")):
        assert world.tables[table][column].str.contains("卡号").sum() >= world.planted[table]["card_number_in_text"]
    assert world.planted["reviews"]["card_number_in_text"] > 0


def test_card_numbers_are_typed_in_many_ways_and_pass_the_check_digit() -> None:
    text, count = with_card_numbers(stream(3, "cards"), pl.Series(["好评"] * 40_000))
    typed = text.filter(text.str.contains("卡号")).str.split("卡号").list.last()
    assert len(typed) == count > 20
    styles = {("-" in card and "dashed") or (" " in card and "spaced") or (card.isascii() and "plain") or "full-width" for card in typed}
    assert styles == {"dashed", "spaced", "plain", "full-width"}
    for card in typed:
        digits = "".join(str(int(sign)) for sign in card if sign.isdigit())
        assert digits in TEST_CARDS
        assert luhn(digits)


def luhn(digits: str) -> bool:
    values = np.array([int(digit) for digit in reversed(digits)])
    values[1::2] *= 2
    return int((values // 10 + values % 10).sum()) % 10 == 0
