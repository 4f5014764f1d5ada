"""Card numbers and national ids go, order numbers stay."""

from __future__ import annotations

import logging
import random

import polars as pl
import pytest

from fairdeal.data_contracts.masking import CARD_REMOVED, ID_REMOVED, find_cards, is_card, is_national_id, mask_text
from fairdeal.data_contracts.masking_logs import MaskingFilter
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.sources.masking_rows import mask_candidates

CARDS = [
    "4222222222222",
    "4111111111111111",
    "4000000000000000006",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6212345678901265",
    "6200000000000000003",
    "3530111333300000",
    "6011111111111117",
    "30569309025904",
    "2200000000000004",
    "6445644564456445",
    "8171999927660000",
]
NATIONAL_IDS = ["11010519491231002X", "440524188001010014"]


def with_check_digit(body: str) -> str:
    return next(body + str(last) for last in range(10) if is_card_luhn(body + str(last)))


def is_card_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else "\u3000" if sign == " " else sign for sign in text)


@pytest.mark.parametrize("card", CARDS)
def test_every_issuers_numbers_are_found_however_written(card: str) -> None:
    assert is_card(card) == is_card_luhn(card)
    grouped = " ".join(card[at : at + 4] for at in range(0, len(card), 4))
    forms = [
        card,
        grouped,
        grouped.replace(" ", "-"),
        grouped.replace(" ", "."),
        grouped.replace(" ", " - "),
        full_width(card),
        full_width(grouped),
    ]
    forms += [" ".join(card), "\u200b".join(card), grouped.replace(" ", "\u00a0"), card[:6] + " " + card[6:]]
    for form in forms if is_card_luhn(card) else []:
        for text in (form, f"卡号{form}，谢谢", f"my visa card is {form}.", f"pay with {form} please", f"({form})"):
            assert mask_text(text) == text.replace(form, CARD_REMOVED), text
            assert find_cards(text)[0].digits == card


def test_most_sample_cards_are_real_ones() -> None:
    assert sum(map(is_card_luhn, CARDS)) >= 10


@pytest.mark.parametrize(
    "text",
    [
        "41111111111111112",
        "94111111111111111",
        "1234567890123456",
        "0.4111111111111111",
        "订单号 4111111111111111",
        "订单编号：4111111111111111",
        "运单号是4111111111111111",
        "order no. 4111111111111111",
        "Order ID: 4111111111111111",
        "tracking number 4111111111111111",
        "SN4111111111111111",
        "快递单号4111111111111111，4111111111111111",
        "invoice #4111111111111111",
        "SF4111111111111111",
        "ref 4111111111111111",
        "order 123-4567890-1234567",
        "2024-05-06 12:30:45.123456",
        "phone 138 0013 8000 138 0013 8001",
        "no digits",
        "4111 1111 1111",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "订单号 123 的银行卡 4111111111111111",
        "order paid with card 4111111111111111",
        "订单退款到4111111111111111",
        "the reference desk took 4111111111111111",
        "订单号 4111 1111 1111 1111",
        "id 12 4111 1111 1111 1111",
        "卡 41111 111111 11111",
    ],
)
def test_a_card_is_a_card_though_an_order_is_near(text: str) -> None:
    assert CARD_REMOVED in mask_text(text)


@pytest.mark.parametrize("lead", ["订单号", "订单号：", "运单号码为 ", "Order No: ", "tracking "])
def test_ten_thousand_order_numbers_stay(lead: str) -> None:
    chance = random.Random(20180401)
    numbers = [str(chance.randrange(10 ** (size - 1), 10**size)) for size in (16, 17, 18, 19) for _ in range(500)]
    numbers += [with_check_digit("62" + str(chance.randrange(10**13, 10**14))) for _ in range(100)]
    texts = [f"{lead}{number}" for number in numbers]
    assert [mask_text(text) for text in texts] == texts


def test_a_rows_own_identifiers_stay() -> None:
    assert mask_text("about 4111111111111111", {"4111111111111111"}) == "about 4111111111111111"
    assert mask_text("about 4111111111111111", {"4111"}) == f"about {CARD_REMOVED}"


@pytest.mark.parametrize("number", NATIONAL_IDS)
def test_national_ids_are_found(number: str) -> None:
    assert is_national_id(number)
    for form in (number, f"{number[:6]} {number[6:14]} {number[14:]}", f"{number[:6]}-{number[6:14]}-{number[14:]}", full_width(number)):
        assert mask_text(f"身份证{form}。") == f"身份证{ID_REMOVED}。"
        assert mask_text(f"我是{form}") == f"我是{ID_REMOVED}"
    assert mask_text("x" + number[:17] + "X".replace("X", "1" if number[17] != "1" else "2")) != ID_REMOVED


def test_a_lower_case_check_letter_is_one_too() -> None:
    assert mask_text("11010519491231002x") == ID_REMOVED


def test_the_old_form_counts_only_next_to_its_word() -> None:
    assert mask_text("身份证号：110105491231002") == f"身份证号：{ID_REMOVED}"
    assert mask_text("数量 110105491231002") == "数量 110105491231002"
    assert mask_text("身份证号：110105491331002") == "身份证号：110105491331002"


def test_instruments_become_tokens_as_a_whole_and_prose_keeps_its_words() -> None:
    frame = pl.DataFrame(
        {
            "__file": ["4111111111111111.csv"] * 3,
            "payment_id": ["4111111111111111", "b", "c"],
            "instrument_id": ["4111-1111-1111-1111|12/26|123", "wallet-7", "4111111111111111"],
            "method": ["visa 4111111111111111", "card", None],
            "amount_minor__unparsed": ["4111111111111111", None, "12,3"],
            "x_note": ["see 4111111111111111", "卡 4111111111111111", None],
            "x_count": [1.0, 2.0, 3.0],
        }
    )
    masked, changed = mask_candidates(frame, INBOUND["payments"], lambda digits: f"<{digits[-1]}{len(digits)}>")
    assert masked.get_column("instrument_id").to_list() == ["tok_<116>", "wallet-7", "tok_<116>"]
    assert masked.get_column("method").to_list() == ["visa 4111111111111111", "card", None], "equal to the row's own id"
    assert masked.get_column("x_note").to_list() == ["see 4111111111111111", f"卡 {CARD_REMOVED}", None]
    assert masked.get_column("payment_id").to_list() == ["4111111111111111", "b", "c"]
    assert masked.columns == frame.columns
    assert changed == 3


def test_the_instruments_own_value_excuses_no_note() -> None:
    frame = pl.DataFrame(
        {"order_id": ["o1"], "instrument_id": ["4111111111111111"], "note": ["卡号4111111111111111 身份证11010519491231002X"]}
    )
    masked, changed = mask_candidates(frame, INBOUND["orders"], lambda digits: "t")
    assert masked.row(0) == ("o1", "tok_t", f"卡号{CARD_REMOVED} 身份证{ID_REMOVED}")
    assert changed == 2


def test_log_records_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("masking")
    caplog.handler.addFilter(MaskingFilter())
    try:
        logger.warning("card %s of %d", "4111 1111 1111 1111", 2)
        logger.warning("card 5555555555554444")
        logger.warning("%d left", "4111111111111111")
        try:
            raise ValueError("bad value 4111111111111111")
        except ValueError:
            logger.exception("failed")
    finally:
        caplog.handler.removeFilter(caplog.handler.filters[-1])
    assert "4111" not in caplog.text
    assert "5555" not in caplog.text
    assert f"card {CARD_REMOVED} of 2" in caplog.text
    assert "ValueError" in caplog.text


def test_long_digit_texts_take_no_long_time() -> None:
    text = "1 2 3 4 5 6 7 8 9 " * 5_000
    assert mask_text(text[:2]) == text[:2]
    assert len(mask_text(text)) <= len(text)
