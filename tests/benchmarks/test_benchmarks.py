"""Every benchmark runs as a program and prints one JSON object per figure; how fast or how good is no matter of tests."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.benchmarks.handbook_files import handbook_files

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")
SMALL_MARKET = ("--days", "40", "--orders-per-day", "60", "--run-days", "1")


def run(module: str, *options: str) -> dict[str, dict[str, Any]]:
    """The figures of a benchmark by name."""
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines
    for line in lines:
        assert {"figure", "value", "unit"} <= set(line) <= {"figure", "value", "unit", "peer", "ratio", "data"}
        assert line["figure"].startswith(f"{module}.")
        assert line["value"] is None or math.isfinite(line["value"])
    figures = {line["figure"]: line for line in lines}
    assert len(figures) == len(lines)
    return figures


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the Handbook's customers, in its files' format."""
    return handbook_files(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_takes_the_folder_of_the_data(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{module}", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--data" in done.stdout
    assert "../shared/data" in done.stdout


def test_window_features_are_the_same_by_every_contender(data: Path) -> None:
    figures = run("features", "--data", str(data), "--runs", "1")
    assert figures["features.differences"]["value"] == 0
    assert figures["features.polars.differences"]["value"] == 0
    assert figures["features.best_library_ratio"]["value"] == figures["features.cpu_s"]["ratio"]
    assert figures["features.peak_mb"]["value"] > 0


def test_both_protocols_of_the_handbook_are_told_with_the_published_figures(data: Path) -> None:
    figures = run("handbook", "--data", str(data))
    for protocol in ("B", "A"):
        for name in ("ap", "auc", "cp100"):
            assert 0 <= figures[f"handbook.{protocol}.{name}"]["value"] <= 1
    assert figures["handbook.B.ap"]["ratio"] == figures["handbook.B.ap"]["value"] / figures["handbook.B.ap"]["peer"]
    assert "handbook.B.ap_std" in figures
    assert "handbook.A.ap_std" not in figures


def test_a_folder_without_the_data_is_named_without_a_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.handbook", "--data", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_simulated_market_is_judged_for_every_detector() -> None:
    figures = run("simulator", *SMALL_MARKET)
    assert figures["simulator.orders_per_cpu_s"]["value"] > 0
    assert {f"simulator.{detector}.{name}" for detector in ("payments", "deals", "reviews") for name in ("ap", "auc", "ece")} < set(figures)


@pytest.mark.slow
def test_a_small_day_is_told_step_by_step_and_its_growth() -> None:
    sizes = ("--payments", "2000", "--orders", "600", "--reviews", "200", "--days", "3")
    figures = run("daily", *sizes, "--growth-payments", "1000", "--shorter", "2", "--longer", "4")
    steps = ("ingest", "contracts", "build_features", "score", "decide", "raise_alerts", "open_cases", "publish_feed")
    assert {f"daily.{step}.rows_per_s" for step in steps} | {"daily.total_s", "daily.peak_mb", "daily.growth"} == set(figures)
    assert all(figure["value"] > 0 for figure in figures.values())


def test_cards_known_to_be_compromised_leave_eight_days_later() -> None:
    from benchmarks.handbook import without_known_cards

    days = pl.date_range(pl.date(2018, 8, 1), pl.date(2018, 8, 20), eager=True)
    rows = pl.DataFrame({"day": days, "group": "card", "is_fraud": (np.arange(len(days)) == 4).astype(float)})
    left = without_known_cards(rows, rows, days[0])
    assert left["day"].to_list() == days[:12].to_list()
    assert without_known_cards(rows, rows, days[5])["day"].to_list() == days.to_list()
