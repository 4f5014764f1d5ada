"""Tonight's alerts fit the hours that somebody said people work, or those that are taken where nobody did."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fairdeal.pipelines.screens import _left_over
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import run, workplace

#: A Friday; who works on the Saturday looks at its alerts.
DAY, NIGHT, WEEK_BEFORE = "2026-01-02", date(2026, 1, 3), date(2025, 12, 27)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    lines = [worlds.payment(n, f"{DAY} 12:{n:02}:00", payer=f"B{n}", amount=f"{n + 1}00.00") for n in range(30)]
    return worlds.shop(tmp_path / "shop", {DAY: lines})


def say(settings: Settings, mapping: Path, day: date, **hours: float) -> None:
    with workplace(settings, mapping) as place:
        at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        place.cases().set_staffing(day, hours, actor="wu", role="approver", at=at)


def test_the_capacity_is_what_the_lead_said(settings: Settings, shop: Path) -> None:
    say(settings, shop, NIGHT, payments=0.5)
    night = run(settings, shop, DAY)["capacity"]
    assert (night["minutes"], night["people"], night["is_default"]) == (30.0, None, False)
    assert night["staffing"]["basis"] == "set"
    assert 0 < night["minutes_used"] <= 30.0
    (end,) = night["uncaught"]
    assert (end["detector"], end["currency"]) == ("payments", "CNY")
    assert 0 < end["looked_at"] <= 5  # at six minutes each
    assert 0 < end["left_loss_minor"] <= end["left"] * end["least_loss_minor"]  # what is left is worth less than what is looked at
    assert _left_over({**end, "looked_at": 2, "left": 3, "left_loss_minor": 123_456, "least_loss_minor": 5_000}) == (
        "3 flagged payments left for want of time, expected loss 1,234.56 CNY; 2 looked at, from 50.00 CNY on"
    )
    assert _left_over({**end, "looked_at": 0, "least_loss_minor": None}).endswith("; none looked at")


def test_where_nobody_said_the_same_weekday_before_is_taken_and_told(settings: Settings, shop: Path) -> None:
    say(settings, shop, WEEK_BEFORE, all=1)
    night = run(settings, shop, DAY)["capacity"]
    assert (night["minutes"], night["staffing"]["basis"], night["staffing"]["of_day"]) == (60.0, "same_weekday", "2025-12-27")


def test_where_nobody_ever_said_the_settings_are_taken(settings: Settings, shop: Path) -> None:
    night = run(settings, shop, DAY)["capacity"]
    assert (night["minutes"], night["people"], night["staffing"]["basis"]) == (4 * 360.0, 4, "default")


def test_staffing_said_later_makes_a_new_revision_and_the_old_one_stands(settings: Settings, shop: Path) -> None:
    first = run(settings, shop, DAY)
    assert run(settings, shop, DAY)["revision"] == 1
    say(settings, shop, NIGHT, all=0)
    second = run(settings, shop, DAY)
    assert (second["revision"], second["capacity"]["minutes"], first["capacity"]["minutes"]) == (2, 0.0, 1440.0)
    assert second["alerts"] == 0
