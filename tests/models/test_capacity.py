"""Capacity: what people can look at, by settings, by measured times and by what was said."""

from __future__ import annotations

import pytest

from fairdeal.data_contracts.typologies import CaseType, Detector
from fairdeal.models.capacity import Capacity, capacity_from, staffed
from fairdeal.models.errors import WrongSetting


def test_measured_minutes_win_over_settings_and_settings_over_defaults() -> None:
    told = capacity_from({"people": 3, "minutes": {"ATO": 9, "FAKE_DEAL": 7}}, measured={"FAKE_DEAL": 5.5})
    assert (told.minutes[CaseType.ATO], told.minutes[CaseType.FAKE_DEAL]) == (9.0, 5.5)
    assert told.minutes[CaseType.CARD_TEST] == Capacity().minutes[CaseType.CARD_TEST]
    assert told.people == 3
    assert capacity_from() == Capacity()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"persons": 3}, "no such setting"),
        ({"people": -1}, "from 0"),
        ({"people": "four"}, "'four'"),
        ({"minutes": {"THEFT": 3}}, "'THEFT'"),
        ({"minutes": 3}, "wanted is a table"),
        ({"audit_share": 1.5}, "from 0 to 1"),
        ({"reserved": {"payments": 0.9, "deals": 0.9}}, "add up"),
    ],
)
def test_wrong_settings_are_refused_by_name(given: dict[str, object], said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        capacity_from(given)


@pytest.mark.parametrize(
    ("hours", "available", "of_payments"),
    [({}, 1440.0, 0.15), ({"all": 2}, 120.0, 0.15), ({"payments": 1, "deals": 1}, 120.0, 0.5), ({"all": 0}, 0.0, 0.0)],
)
def test_hours_that_were_said_count_instead_of_people(hours: dict[str, float], available: float, of_payments: float) -> None:
    told = staffed(Capacity(), hours)
    assert told.available(0) == available
    assert told.reserved.get(Detector.PAYMENTS, 0.0) == pytest.approx(of_payments)
