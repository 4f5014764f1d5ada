from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fairdeal.simulator.difficulty import Difficulty
from fairdeal.simulator.simulate import simulate


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"days": 0}, "0 days; allowed are 1 to"),
        ({"orders_per_day": 0}, "0 orders a day; allowed are 1 to"),
        ({"seed": -1}, "seed -1; allowed is 0 or more"),
        ({"difficulty": 1.5}, "camouflage 1.5; allowed is 0 to 1"),
        ({"difficulty": float("nan")}, "camouflage nan; allowed is 0 to 1"),
        ({"first_day": date(1970, 1, 1)}, "from 1970-01-01; allowed are"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_says_what_was_found_what_is_allowed_and_what_to_do(tmp_path: Path, change: dict[str, object], told: str) -> None:
    arguments: dict[str, object] = {"days": 2, "orders_per_day": 10, "seed": 1, **change}
    with pytest.raises(ValueError, match=told):
        simulate(tmp_path / "out", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_never_writes_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(ValueError, match="not an empty folder"):
        simulate(tmp_path, days=1, orders_per_day=5, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_never_writes_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("precious", encoding="utf-8")
    with pytest.raises(ValueError, match="not an empty folder"):
        simulate(file, days=1, orders_per_day=5, seed=1)


@pytest.mark.parametrize(("days", "orders_per_day"), [(1, 1), (1, 7), (2, 40), (9, 3)])
def test_the_smallest_markets_trade_too(tmp_path: Path, days: int, orders_per_day: int) -> None:
    told = simulate(tmp_path, days=days, orders_per_day=orders_per_day, seed=3)
    assert told.rows["orders"] >= 1
    assert (tmp_path / "mapping.toml").exists()


@pytest.mark.parametrize("difficulty", [0.0, 1.0])
def test_both_ends_of_difficulty_work(tmp_path: Path, difficulty: float) -> None:
    assert simulate(tmp_path, days=4, orders_per_day=120, seed=3, difficulty=difficulty).rows["orders"] > 400


@pytest.mark.parametrize(
    ("knob", "value", "told"),
    [
        ("strength", 0.0, "strength 0; allowed is 0.1 to 10"),
        ("strength", 11, "strength 11;"),
        ("share", -0.5, "share -0.5; allowed is 0 to"),
    ],
)
def test_no_knob_of_difficulty_turns_too_far(knob: str, value: float, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Difficulty(**{knob: value})


def test_tells_what_it_does_and_what_it_wrote(tmp_path: Path) -> None:
    lines: list[str] = []
    told = simulate(tmp_path, days=2, orders_per_day=30, seed=3, first_day=date(2026, 2, 27), progress=lines.append).as_json()
    assert len(lines) >= 4
    assert told["first_day"] == "2026-02-27"
    assert told["last_day"] == "2026-02-28"
    assert set(told["rows"]) >= {"orders", "payments", "refunds", "reviews", "shipments", "labels", "buyers"}  # type: ignore[call-overload]
