from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.data_contracts import reasons
from fairdeal.data_contracts.reasons import ReasonTemplate, Unit, format_value


def test_the_examples_in_the_docs_hold() -> None:
    assert doctest.testmod(reasons).failed == 0


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (3.0, "count", "3", "3"),
        (1234567.0, "count", "1,234,567", "1,234,567"),
        (2.5, "count", "2.5", "2.5"),
        (0.0, "count", "0", "0"),
        (-0.04, "number", "-0.04", "-0.04"),
        (-0.001, "number", "0", "0"),
        (0.333, "share", "33.3%", "33.3%"),
        (3.0, "ratio", "3倍", "3 times"),
        (1.0, "days", "1天", "1 day"),
        (12.5, "days", "12.5天", "12.5 days"),
        (0.98765, "score", "0.99", "0.99"),
        (23.75, "hour", "23:45", "23:45"),
        (23.9999, "hour", "00:00", "00:00"),
        (1.0, "flag", "是", "yes"),
        (0.0, "flag", "否", "no"),
        (4.5, "stars", "4.5", "4.5"),
        (59.6, "seconds", "1分钟", "1 min"),
        (0.0, "seconds", "0秒", "0 s"),
        (90.0, "seconds", "1分钟30秒", "1 min 30 s"),
        (90_061.0, "seconds", "1天1小时", "1 d 1 h"),
        (86_400.0, "seconds", "1天", "1 d"),
        (-90.0, "seconds", "-1分钟30秒", "-1 min 30 s"),
    ],
)
def test_values_are_written_as_people_write_them(value: float, unit: str, zh: str, en: str) -> None:
    assert format_value(value, unit, "zh") == zh
    assert format_value(value, unit, "en") == en


@pytest.mark.parametrize(
    ("currency", "written"),
    [(None, "1,234.50"), ("CNY", "1,234.50 CNY"), ("JPY", "123,450 JPY"), ("KWD", "123.450 KWD"), ("ZZZ", "1,234.50 ZZZ")],
)
def test_money_is_written_in_major_units_of_its_currency(currency: str | None, written: str) -> None:
    assert format_value(123_450.0, "money", "en", currency) == written


def test_a_null_norm_is_said_to_be_unknown() -> None:
    told = ReasonTemplate("x", "见{value}，常{norm}", "saw {value}, usual {norm}", "count", 1)
    assert told.sentence(2.0, math.nan, "zh") == "见2，常未知"
    assert told.sentence(2.0, math.nan, "en") == "saw 2, usual not known"
    assert format_value(None, "count", "en") == "not known"


@given(st.floats(), st.sampled_from(list(Unit)), st.sampled_from(["zh", "en"]))
def test_any_number_can_be_written(value: float, unit: Unit, language: reasons.Language) -> None:
    assert format_value(value, unit, language)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"unit": "furlongs"}, "unit 'furlongs'"),
        ({"direction": 2}, "direction 2"),
        ({"zh": "{amount}"}, "amount"),
        ({"en": "{value.__class__}"}, "allowed are value and norm"),
        ({"en": "{}"}, "allowed are value and norm"),
    ],
)
def test_a_template_that_could_not_be_told_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ReasonTemplate(**{"code": "x", "zh": "{value}", "en": "{value}", "unit": "count", **fields})  # type: ignore[arg-type]
