"""Speed of the payments detector on the Handbook's payments: training on a million rows, and scoring a ready table without reasons.

Features are made beforehand and are in neither figure. Training is all that `fairdeal.models.training.train` does: the trees that are
judged, the number of trees, the trees of the final model, calibration, kinds of cheat, what is unusual and the figures. Seconds are those
that one waits, on as many processors as the trees take, two at most.
"""

from __future__ import annotations

import argparse
import statistics
import time

import polars as pl

from benchmarks import parser, peak_mb, tell
from benchmarks.detection import SHIPPED, silent, whole
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import reasons
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.training import Trained, train
from fairdeal.pipelines.benches import made_ready
from fairdeal.pipelines.scoring import AT_ONCE


def timed_training(rows: pl.DataFrame, names: tuple[str, ...]) -> tuple[Trained, float]:
    """A detector from these rows, and the seconds it took."""
    frame = rows.with_columns(group=pl.col("account_id")).to_pandas()
    began = time.perf_counter()
    trained = train(
        Detector.PAYMENTS,
        frame,
        feature_names=names,
        reasons=reasons(Detector.PAYMENTS),
        seed=0,
        data_version="benchmark",
        contract_version="benchmark",
    )
    return trained, time.perf_counter() - began


def scored_per_s(model: TrainedDetector, rows: pl.DataFrame, times: int) -> float:
    """Rows scored in a second, slice by slice as the daily run does; the median of several turns."""
    slices = [some.to_pandas() for some in rows.iter_slices(AT_ONCE)]
    took = []
    for _ in range(times):
        began = time.perf_counter()
        for some in slices:
            model.score(some)
        took.append(time.perf_counter() - began)
    return rows.height / statistics.median(took)


def main(arguments: argparse.Namespace) -> None:
    bench = made_ready(Detector.PAYMENTS, whole(SHIPPED / "handbook.toml", arguments.data), silent)
    rows = bench.rows.sort("event_at", "subject_id").head(arguments.rows)
    trained, seconds = timed_training(rows, bench.names)
    data = f"Fraud Detection Handbook, {rows.height} payments, {len(bench.names)} features, {trained.metrics['trees']} trees"
    tell("training.seconds", seconds, "s", data=data)
    tell("training.rows_per_s", rows.height / seconds, "rows per s", data=data)
    tell("training.scored_rows_per_s", scored_per_s(trained.detector_model, rows, arguments.times), "rows per s", data=data)
    tell("training.peak_mb", peak_mb(), "MB", data=data)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--rows", type=int, default=1_000_000, help="payments, the oldest first (default: %(default)s)")
    options.add_argument("--times", type=int, default=3, help="turns of scoring (default: %(default)s)")
    main(options.parse_args())
