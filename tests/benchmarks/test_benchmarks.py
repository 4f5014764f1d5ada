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
import scipy.sparse as sp

from benchmarks.campaigns import judged
from benchmarks.planting import KINDS, Host, planted
from fairdeal.models.campaigns import Campaign
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
        # Figures of public sets bear the set's name, so that a set's page reads as one.
        assert module == "detection" or line["figure"].startswith((f"{module}.", "claims."))
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


@pytest.mark.slow
def test_no_case_goes_to_two_of_a_team_at_work() -> None:
    figures = run("console", "--cases", "60", "--analysts", "4", "--seconds", "4", "--pause", "1", "--database", "sqlite")
    timed = {f"console.sqlite.{name}" for name in ("queue_p95_ms", "next_case_p95_ms", "cpu_ms_per_request")}
    assert set(figures) == timed | {"claims.sqlite.double"}
    assert all(figures[name]["value"] > 0 for name in timed)
    assert figures["claims.sqlite.double"]["value"] == 0
    assert int(figures["claims.sqlite.double"]["data"].split()[0]) > 0


def test_window_features_are_the_same_by_every_contender(data: Path) -> None:
    figures = run("features", "--data", str(data), "--runs", "1", "--per-day", "500")
    for one in ("", "kernel.", "polars.", "daily_"):
        assert figures[f"features.{one}differences"]["value"] == 0, one
    for one in ("limit_ratio", "handbook_ratio", "daily_ratio", "daily_growth", "rows_8m_peak_mb"):
        assert figures[f"features.{one}"]["value"] > 0, one
    assert figures["features.best_library_ratio"]["value"] == figures["features.cpu_s"]["ratio"]
    assert figures["features.peak_mb"]["value"] > 0


@pytest.mark.slow
def test_a_public_set_is_told_with_what_was_published(data: Path) -> None:
    figures = run("detection", "--data", str(data), "--set", "fdh")
    for protocol in ("B", "A"):
        for name in ("ap", "auc", "cp100"):
            assert 0 <= figures[f"fdh.{protocol}.{name}"]["value"] <= 1
    assert figures["fdh.B.ap"]["ratio"] == figures["fdh.B.ap"]["value"] / figures["fdh.B.ap"]["peer"]
    assert "fdh.B.ap_std" in figures
    assert "fdh.A.ap_std" not in figures
    assert {"fdh.A.unsupervised.ap", "fdh.A.cold.ap"} < set(figures)


@pytest.mark.slow
def test_training_and_scoring_are_timed_on_so_many_payments(data: Path) -> None:
    figures = run("training", "--data", str(data), "--rows", "4000", "--times", "1")
    assert set(figures) == {f"training.{name}" for name in ("seconds", "rows_per_s", "scored_rows_per_s", "peak_mb")}
    assert figures["training.seconds"]["data"].startswith("Fraud Detection Handbook, 4000 payments")
    assert figures["training.rows_per_s"]["value"] == pytest.approx(4000 / figures["training.seconds"]["value"])
    assert figures["training.scored_rows_per_s"]["value"] > 0


@pytest.mark.slow
def test_texts_are_told_with_a_simple_baseline_on_the_same_folds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["room", "staff", "lovely", "luxury", "husband", "desk", "towel", "floor", "view", "bed"])
    rows = []
    for number in range(160):
        lies = number % 2 == 0
        text = " ".join(rng.choice(words[2:5] if lies and rng.random() < 0.9 else words, 25))
        rows.append({"deceptive": "deceptive" if lies else "truthful", "hotel": f"h{number % 8}", "text": text})
    (tmp_path / "op-spam").mkdir()
    pl.DataFrame(rows).write_csv(tmp_path / "op-spam" / "deceptive-opinion.csv")
    figures = run("detection", "--data", str(tmp_path), "--set", "op-spam", "--seeds", "1")
    for name in ("op_spam.accuracy", "op_spam.hotel_disjoint"):
        assert 0.5 < figures[name]["value"] <= 1
        assert 0.5 < figures[f"{name}_simple"]["value"] <= 1


def test_planted_blocks_are_told_with_greedy_peeling_beside() -> None:
    from benchmarks.blocks import densest, f1, ours
    from benchmarks.blocks import planted as with_block

    rng = np.random.default_rng(0)
    host = sp.csr_array((np.ones(25_000), (rng.integers(0, 3_000, 25_000), rng.integers(0, 3_000, 25_000))), shape=(3_000, 3_000))
    graph, truth = with_block(host, 0.2, "random", 1)
    assert truth.sum() == 400
    member, score = ours(graph, 0)
    assert f1(truth, member) > 0.9
    assert score[truth > 0].mean() > score[truth == 0].mean()
    assert 0 <= f1(truth, densest(graph)) <= 1


def little_host() -> Host:
    """Two thousand orders of 120 days at thirty merchants."""
    rng = np.random.default_rng(0)
    count = 2_000
    return Host(
        "little",
        pl.DataFrame(
            {
                "order_id": [f"o{number}" for number in range(count)],
                "buyer_id": [f"b{buyer}" for buyer in rng.integers(0, 700, count)],
                "merchant_id": [f"m{merchant}" for merchant in rng.integers(0, 30, count)],
                "at": rng.integers(0, 120 * 86_400, count),
                "amount_minor": rng.integers(500, 9_000, count),
                "weight_g": rng.lognormal(6, 0.1, count),
                "refunded_s": pl.Series([None] * count, dtype=pl.Int64),
            }
        ),
    )


def test_campaigns_are_planted_as_they_are_described_and_honest_orders_stay_what_they_were() -> None:
    host = little_host()
    market = planted(host, 20.0, 3)
    honest = market.filter(pl.col("campaign").is_null()).sort("order_id")
    told = ["order_id", "buyer_id", "merchant_id", "at", "amount_minor"]
    assert honest.select(told).equals(host.orders.sort("order_id").select(told))
    rings = market.drop_nulls("campaign").group_by("campaign").agg(pl.col("at"), pl.col("merchant_id").n_unique(), pl.col("kind").first())
    assert sorted(rings["kind"].to_list()) == sorted(2 * KINDS)
    assert (rings["merchant_id"] == 1).all()
    for at in rings["at"].to_list():
        days = (max(at) - min(at)) / 86_400
        assert 20 <= len(at) <= 300
        assert 2 <= days <= 14
        assert len(at) / (days + 1) >= 14
    assert market.equals(planted(host, 20.0, 3))
    assert not market.equals(planted(host, 20.0, 4))


def test_campaigns_found_are_judged_by_orders_and_by_rings() -> None:
    market = planted(little_host(), 20.0, 3)
    whose = market["campaign"].fill_null(-1).to_numpy()
    rings = [Campaign(0, np.flatnonzero(whose == number), 0, 0, 0.0, 0.0, {}) for number in range(10)]
    assert set(judged(market, rings).values()) == {1.0}
    wrong = Campaign(0, np.flatnonzero(whose == -1)[:100], 0, 0, 0.0, 0.0, {})
    found = judged(market, [*rings[:5], wrong])
    assert found["ring_recall"] == 0.5
    assert found["ring_precision"] == pytest.approx(5 / 6)
    assert found["precision"] < 1
    assert judged(market, [])["recall"] == 0


def test_rings_of_a_large_graph_are_timed() -> None:
    figures = run("graph", "--edges", "20000")
    assert figures["graph.ring_s"]["value"] > 0
    assert figures["graph.ring_cpu_s"]["value"] > 0


@pytest.mark.parametrize("module", ["detection", "blocks", "campaigns", "features", "training"])
def test_a_folder_without_the_data_is_named_without_a_traceback(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", "--data", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_simulated_market_is_judged_for_every_detector() -> None:
    figures = run("simulator", *SMALL_MARKET)
    assert figures["simulator.orders_per_cpu_s"]["value"] > 0
    assert {"simulator.reviews.false_flags", "simulator.novel.recall"} < set(figures)
    assert {f"simulator.{detector}.{name}" for detector in ("payments", "deals", "reviews") for name in ("ap", "auc", "ece")} < set(figures)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_month_is_lived_with_the_loop_without_it_and_without_its_audit() -> None:
    figures = run("loop", "--before", "25", "--days", "9", "--orders-per-day", "40", "--people", "1")
    for figure in ("ap", "value"):
        gain = figures[f"loop.gain_{figure}"]["value"]
        means = {way: np.mean([figures[f"loop.{way}.{name}.{figure}"]["value"] for name in ("payments", "deals", "reviews")]) for way in
                 ("frozen", "loop", "no_audit")}  # fmt: skip
        assert gain == pytest.approx(means["loop"] - means["frozen"])
        assert figures[f"loop.gain_{figure}_without_audit"]["value"] == pytest.approx(means["no_audit"] - means["frozen"])
    told = [figures[f"loop.loop.{name}.ece"]["value"] for name in ("payments", "deals", "reviews")]
    assert all(ece is None or 0 <= ece <= 1 for ece in told)  # so small a market has too few labels for some detector's probabilities
    assert any(ece is not None for ece in told)


def test_two_people_find_guilty_only_together() -> None:
    from benchmarks.loop import found_guilty

    subjects = [f"s{number}" for number in range(4_000)]
    accused = np.mean([found_guilty("order", subject, False, 0.1) for subject in subjects])
    missed = np.mean([not found_guilty("order", subject, True, 0.1) for subject in subjects])
    assert accused == pytest.approx(0.01, abs=0.006)
    assert missed == pytest.approx(0.19, abs=0.03)


@pytest.mark.slow
def test_a_small_day_is_told_step_by_step_and_its_growth() -> None:
    sizes = ("--payments", "2000", "--orders", "600", "--reviews", "200", "--days", "3")
    figures = run("daily", *sizes, "--growth-payments", "1000", "--shorter", "2", "--longer", "4")
    steps = ("ingest", "contracts", "build_features", "score", "decide", "raise_alerts", "open_cases", "publish_feed")
    assert {f"daily.{step}.rows_per_s" for step in steps} | {"daily.total_s", "daily.peak_mb", "daily.growth"} == set(figures)
    assert all(figure["value"] > 0 for figure in figures.values())


def test_texts_are_scored_and_near_duplicates_found_as_well_as_by_the_peer(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["room", "staff", "lovely", "luxury", "husband", "desk", "towel", "floor", "view", "bed", "river", "garden"])
    for name, text, label in (("cg-or", "Text", "True_Label"), ("dianping", "text", "label")):
        (tmp_path / name).mkdir()
        rows = {text: [" ".join(rng.choice(words, 20)) for _ in range(300)], label: [number % 2 for number in range(300)]}
        pl.DataFrame(rows).write_parquet(tmp_path / name / "reviews.parquet")
    figures = run("text", "--data", str(tmp_path))
    assert figures["text.per_cpu_second"]["value"] > 0
    assert figures["text.neardup_ratio"]["value"] > 0
    assert figures["text.neardup_recall"]["value"] > 0.95
    assert figures["text.neardup_precision"]["value"] == 1.0
