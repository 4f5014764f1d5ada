"""A champion that cannot be used never stops the feed: the last good model stands in, or what is unusual, and everybody is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines.registry import Registered
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import faults, manifest, run
from tests.pipelines.test_registry import crown, enter, untrained

# MLflow is not yet written for the newest SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DAYS = ("2026-01-02", "2026-01-03")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return worlds.shop(tmp_path / "shop", {day: [worlds.payment(number, f"{day} 12:00:00")] for number, day in enumerate(DAYS)})


def version(summary: dict[str, Any]) -> str:
    found: str = summary["models"]["payments"]["model_version"]
    return found


def spoil_bundle(home: Path, champion: Registered) -> None:
    path = home / champion.folder / "manifest.json"
    path.write_bytes(path.read_bytes() + b" ")


def lose_bundle(home: Path, champion: Registered) -> None:
    shutil.rmtree(home / champion.folder)


def lose_registry(home: Path, champion: Registered) -> None:
    (home / "mlflow.db").unlink()


def spoil_registry(home: Path, champion: Registered) -> None:
    (home / "mlflow.db").write_bytes(b"no database")


TROUBLES = (spoil_bundle, lose_bundle, lose_registry, spoil_registry)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_model_of_an_earlier_run_stands_in(trouble: Callable[[Path, Registered], None], settings: Settings, shop: Path) -> None:
    first = enter(settings.home, untrained())
    assert run(settings, shop, DAYS[0])["degraded"] is None
    second = crown(settings.home, untrained(rows=150))
    assert first.model_version != second.model_version
    trouble(settings.home, second)
    summary = run(settings, shop, DAYS[1])
    assert version(summary) == first.model_version
    assert summary["degraded"].startswith("payments: ")
    assert f"{first.model_version} stands in" in summary["degraded"]
    assert manifest(settings.home, DAYS[1])["degraded"] is True
    assert faults(settings.home) == {}


def test_without_any_good_model_what_is_unusual_is_scored(settings: Settings, shop: Path) -> None:
    champion = enter(settings.home, untrained())
    run(settings, shop, DAYS[0])
    spoil_bundle(settings.home, champion)
    summary = run(settings, shop, DAYS[1])
    assert version(summary) != champion.model_version
    assert summary["cold"] == ["payments"]
    assert "what is unusual is scored instead" in summary["degraded"]


def test_once_the_champion_is_back_the_day_has_a_sound_revision(settings: Settings, shop: Path) -> None:
    champion = enter(settings.home, untrained())
    run(settings, shop, DAYS[0])
    kept = (settings.home / "mlflow.db").read_bytes()
    lose_registry(settings.home, champion)
    assert run(settings, shop, DAYS[1])["degraded"] is not None
    (settings.home / "mlflow.db").write_bytes(kept)
    again = run(settings, shop, DAYS[1])
    assert (again["revision"], again["degraded"], version(again)) == (2, None, champion.model_version)
    assert manifest(settings.home, DAYS[1])["degraded"] is True
    assert manifest(settings.home, f"{DAYS[1]}.2")["degraded"] is False


def test_before_the_first_training_nothing_is_amiss(settings: Settings, shop: Path) -> None:
    assert [run(settings, shop, day)["degraded"] for day in DAYS] == [None, None]
