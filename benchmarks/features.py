"""The Handbook's window features over all its payments: our engine beside plain libraries, the Handbook's method and a kernel by hand.

Twelve whole numbers per payment, over 1, 7 and 30 days: the payer's payments and their sum; the payee's payments and frauds, both as known
a week later. A mean and a risk are one division each from there, the same for everybody, and not part of the measure. Every contender
starts from the same table in memory and runs in a process of its own: CPU seconds of all its threads, the median of its turns (the
Handbook's method, which takes minutes, has one); its peak is that of its process. Loading is in none of the seconds and in all of the
peaks. The days are made up: one day as the daily run computes it against all of them anew, with a short and a long history; and all rows of
the Handbook five times over, answered slice by slice.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import parser, peak_mb, tell
from benchmarks.windows.contenders import ANSWERS, CONTENDERS, EXACT, HANDBOOK, KERNEL, LIBRARIES, OURS
from benchmarks.windows.days import by_slices, every_day, history, last_day

#: Days of the shorter and the longer history; copies of the Handbook's payments where there are too many to hold.
SHORT, LONG, COPIES = 40, 120, 5


def payments(data: Path) -> pl.DataFrame:
    """``row, t`` (whole seconds, ascending), ``payer_id, payee_id, one, amount`` (minor units), ``fraud`` (1 or 0)."""
    # Here, so that what it brings along is in no contender's peak.
    from benchmarks.detection import SHIPPED, whole

    tables = whole(SHIPPED / "handbook.toml", data).tables
    frauds = tables["labels"].select("subject_id", fraud=pl.col("is_fraud").cast(pl.Int64))
    return (
        tables["payments"]
        .join(frauds, left_on="payment_id", right_on="subject_id", how="left")
        .select(
            "payer_id",
            "payee_id",
            t=pl.col("paid_at").dt.epoch("s").cast(pl.Int64),
            one=pl.lit(1, pl.Int64),
            amount="amount_minor",
            fraud=pl.col("fraud").fill_null(0),
        )
        .sort("t")
        .with_row_index("row")
    )


def contend(name: str, folder: Path) -> dict[str, float]:
    """One contender's turn, in a process of its own: gives what it took and leaves its answers behind."""
    work = CONTENDERS[name](pl.read_parquet(folder / "table.parquet"))
    began = time.process_time()
    found = work()
    seconds = time.process_time() - began
    peak = peak_mb()
    found = found.sort("row").drop("row") if "row" in found.columns else found
    found.select(pl.col(column).fill_null(0).cast(pl.Int64) for column in ANSWERS).write_parquet(folder / f"{name}.parquet")
    return {"cpu_s": seconds, "peak_mb": peak}


def turn(name: str, folder: Path) -> dict[str, float]:
    """What one turn took: a contender's, the last day of a history, all its days, or many rows by slices."""
    if name in CONTENDERS:
        return contend(name, folder)
    if name == "many":
        seconds, rows = by_slices(folder / "many.parquet", folder / "many")
        return {"cpu_s": seconds, "rows": rows, "peak_mb": peak_mb()}
    kind, days = name.split("-")
    seconds, found = (every_day if kind == "every" else last_day)(folder / f"{days}.parquet", int(days))
    found.write_parquet(folder / f"{name}.parquet")
    return {"cpu_s": seconds}


def apart(name: str, folder: Path) -> dict[str, float]:
    """A turn in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.features", "--turn", name, "--within", str(folder)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(f"{name}: its turn ended with {answer.returncode}; allowed is 0; see what it printed above")
    told: dict[str, float] = json.loads(answer.stdout)
    return told


def medians(names: list[str], folder: Path, runs: int) -> dict[str, dict[str, float]]:
    """What each took in the median; in turns, so that a busy minute of the machine meets everybody."""
    turns = [{name: apart(name, folder) for name in names} for _ in range(runs)]
    return {name: {what: statistics.median(one[name][what] for one in turns) for what in turns[0][name]} for name in names}


def differences(folder: Path, name: str, other: str = EXACT) -> int:
    """Values that differ between the answers of two."""
    one, two = (pl.read_parquet(folder / f"{each}.parquet") for each in (name, other))
    return int(sum((one[column] != two[column]).sum() for column in one.columns))


def tell_contenders(folder: Path, runs: int, data: str) -> None:
    took = medians([OURS, KERNEL, *LIBRARIES], folder, runs) | medians([HANDBOOK], folder, 1)
    seconds = {name: one["cpu_s"] for name, one in took.items()}
    best = min(seconds[name] for name in LIBRARIES)
    tell("features.cpu_s", seconds[OURS], "CPU s", peer=best, ratio=best / seconds[OURS], data=data)
    tell("features.best_library_ratio", best / seconds[OURS], "times", data=data)
    tell("features.limit_ratio", seconds[OURS] / seconds[KERNEL], "times", data=data)
    tell("features.handbook_ratio", seconds[HANDBOOK] / seconds[OURS], "times", data=data)
    tell("features.peak_mb", took[OURS]["peak_mb"], "MB", data=data)
    tell("features.differences", differences(folder, OURS), "values", data=data)
    for name in took:
        if name != OURS:
            tell(f"features.{name}.cpu_s", seconds[name], "CPU s", data=data)
            tell(f"features.{name}.peak_mb", took[name]["peak_mb"], "MB", data=data)
        if name not in (OURS, EXACT):
            tell(f"features.{name}.differences", differences(folder, name), "values", data=data)


def tell_days(folder: Path, runs: int, per_day: int) -> None:
    for days in (SHORT, LONG):
        history(folder / f"{days}.parquet", days, per_day)
    every, day, later = f"every-{SHORT}", f"day-{SHORT}", f"day-{LONG}"
    took = {name: one["cpu_s"] for name, one in medians([every, day, later], folder, runs).items()}
    data = f"{per_day} made-up payments a day"
    tell("features.daily_s", took[day], "CPU s", data=f"{data}, {SHORT} days")
    tell("features.daily_ratio", took[every] / took[day], "times", data=f"{data}, {SHORT} days")
    tell("features.daily_growth", took[later] / took[day], "times", data=f"{data}, {LONG} days over {SHORT}")
    tell("features.daily_differences", differences(folder, day, every), "values", data=f"{data}, {SHORT} days")


def tell_many(folder: Path) -> None:
    table = pl.scan_parquet(folder / "table.parquet")
    copies = [
        table.with_columns(pl.format("{}-{}", name, pl.lit(number)).alias(name) for name in ("payer_id", "payee_id"))
        for number in range(COPIES)
    ]
    pl.concat(copies).sort("t").sink_parquet(folder / "many.parquet")
    took = apart("many", folder)
    data = f"{int(took['rows'])} payments, the Handbook's {COPIES} times over"
    tell("features.rows_8m_peak_mb", took["peak_mb"], "MB", data=data)
    tell("features.rows_8m_cpu_s", took["cpu_s"], "CPU s", data=data)


def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        table = payments(arguments.data)
        table.write_parquet(folder / "table.parquet")
        data = f"Fraud Detection Handbook, {table.height} payments"
        del table
        tell_contenders(folder, arguments.runs, data)
        tell_many(folder)
        tell_days(folder, arguments.runs, arguments.per_day)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--runs", type=int, default=3, help="turns of each contender; the median counts (default: %(default)s)")
    options.add_argument("--per-day", type=int, default=100_000, help="made-up payments a day (default: %(default)s)")
    options.add_argument("--turn", help=argparse.SUPPRESS)
    options.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    given: Any = options.parse_args()
    if given.turn:
        print(json.dumps(turn(given.turn, given.within)))
    else:
        main(given)
