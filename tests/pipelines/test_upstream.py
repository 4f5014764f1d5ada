"""A day whose rows were not sent is told from a day on which nothing happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairdeal.pipelines import running, upstream
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import faults, manifest, run

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DAYS = tuple(f"2026-01-{day:02}" for day in range(2, 7))


def lines(day: str, rows: int) -> list[str]:
    start = 1_000 * int(day[-2:])
    return [worlds.payment(start + row, f"{day} {8 + row % 12:02}:{row % 60:02}:00", payer=f"B{row % 9}") for row in range(rows)]


def play(settings: Settings, folder: Path, rows: dict[str, int]) -> dict[str, dict[str, object]]:
    """Runs the days of a shop that sends so many payments on each, a file for each; None sends no file."""
    mapping = worlds.shop(folder, {day: lines(day, count) for day, count in rows.items() if count >= 0})
    return {day: run(settings, mapping, day) for day in rows}


@pytest.mark.parametrize("sent", [-1, 0], ids=["no file", "an empty file"])
def test_a_table_that_came_every_day_and_does_not_come_is_missed(sent: int, settings: Settings, tmp_path: Path) -> None:
    told = play(settings, tmp_path / "shop", dict(zip(DAYS, (30, 30, 30, sent, 30), strict=True)))
    assert [told[day]["missing"] for day in DAYS[:3]] == [[], [], []]
    gone = told[DAYS[3]]
    assert gone["missing"] == ["upstream missing: the last 3 runs had payments and this one has none"]
    assert "upstream missing" in str(gone["degraded"])
    assert running.exit_code(gone) == 3
    assert manifest(settings.home, DAYS[3])["degraded"] is True
    assert told[DAYS[4]]["missing"] == []
    assert faults(settings.home) == {}


def test_when_the_rows_come_after_all_the_day_has_a_sound_revision(settings: Settings, tmp_path: Path) -> None:
    play(settings, tmp_path / "shop", dict(zip(DAYS[:4], (30, 30, 30, -1), strict=True)))
    mapping = worlds.shop(tmp_path / "shop", {DAYS[3]: lines(DAYS[3], 30)})
    again = run(settings, mapping, DAYS[3])
    assert again["revision"] == 2
    assert again["missing"] == []
    assert again["degraded"] is None
    assert running.exit_code(again) == 0


@pytest.mark.parametrize("usual", [(30, 30), (30, 30, upstream.ROWS - 1), (30, 2, 30)], ids=str)
def test_a_short_or_thin_history_makes_no_rule(usual: tuple[int, ...], settings: Settings, tmp_path: Path) -> None:
    days = DAYS[: len(usual) + 1]
    told = play(settings, tmp_path / "shop", dict(zip(days, (*usual, 0), strict=True)))
    assert told[days[-1]]["missing"] == []
    assert told[days[-1]]["degraded"] is None
