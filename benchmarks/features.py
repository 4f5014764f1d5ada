"""The Handbook's window features over all its payments: ours against the plain use of Polars, DuckDB and pandas.

Twelve whole numbers per payment, over 1, 7 and 30 days: the payer's payments and their sum; the payee's payments and frauds, both as known
a week later. A mean and a risk are one division each from there, the same for everybody, and not part of the measure. Every contender
starts from the same table in memory and runs in a process of its own: CPU seconds of all its threads, the median of its turns;
its peak is that of its process. Loading is in none of the seconds and in all of the peaks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks import parser, peak_mb, tell

DAY = 86_400
WINDOWS, DELAY = (1, 7, 30), 7
OURS, EXACT = "fairdeal", "duckdb"

#: Per answer: key, what is added up, days, and whether it is known with the delay.
ANSWERS = {
    f"{key}_{measure}_{days}d": (key, measure, days, key == "payee_id")
    for key, measures in (("payer_id", ("one", "amount")), ("payee_id", ("one", "fraud")))
    for measure in measures
    for days in WINDOWS
}

Work = Callable[[], pl.DataFrame]


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


def with_fairdeal(table: pl.DataFrame) -> Work:
    """Our own engine."""
    from fairdeal.features.windows import Aggregate, Trail, evaluate

    trails = {
        name: Trail(
            key,
            (key,),
            "known_later" if delayed else "payments",
            measure,
            Aggregate.COUNT if measure == "one" else Aggregate.SUM,
            days * DAY,
            None if measure == "one" else measure,
        )
        for name, (key, measure, days, delayed) in ANSWERS.items()
    }

    def work() -> pl.DataFrame:
        later = table.with_columns(t=pl.col("t") + DELAY * DAY)
        found = evaluate(table, {"payments": table, "known_later": later}, list(trails.values()))
        return found.select(pl.col(trail.name).alias(name) for name, trail in trails.items())

    return work


def with_polars(table: pl.DataFrame) -> Work:
    """``rolling_sum_by`` over each key; a delayed window is a longer one less the delay."""

    def total(key: str, measure: str, days: int, closed: str = "none") -> pl.Expr:
        return pl.col(measure).rolling_sum_by("t", window_size=f"{days * DAY}i", closed=closed).over(key)  # type: ignore[arg-type]

    def work() -> pl.DataFrame:
        return table.select(
            (total(key, measure, days + DELAY) - total(key, measure, DELAY, "left") if delayed else total(key, measure, days)).alias(name)
            for name, (key, measure, days, delayed) in ANSWERS.items()
        )

    return work


def with_duckdb(table: pl.DataFrame) -> Work:
    """``RANGE`` windows over whole seconds, one named window per key and length."""
    import duckdb

    connection = duckdb.connect()
    connection.register("given", table.to_arrow())
    connection.execute("create table payments as select * from given")

    def bounds(days: int, delayed: bool) -> str:
        start, end = (days + DELAY) * DAY - 1 if delayed else days * DAY - 1, DELAY * DAY + 1 if delayed else 1
        return f"range between {start} preceding and {end} preceding"

    answers = ", ".join(f"cast(sum({measure}) over {key}_{days} as bigint) as {name}" for name, (key, measure, days, _) in ANSWERS.items())
    windows = ", ".join(
        dict.fromkeys(
            f"{key}_{days} as (partition by {key} order by t {bounds(days, delayed)})" for key, _, days, delayed in ANSWERS.values()
        )
    )
    # Columns of our own making only: nothing here comes from outside.
    query = f'select "row", {answers} from payments window {windows}'

    def work() -> pl.DataFrame:
        found = pl.from_arrow(connection.sql(query).to_arrow_table())
        assert isinstance(found, pl.DataFrame)
        return found

    return work


def with_pandas(table: pl.DataFrame) -> Work:
    """``groupby.rolling``; what happened within one second it tells apart by the order of rows, so it differs from the others there."""
    import numpy as np

    frame = table.to_pandas()
    frame["moment"] = np.asarray(frame["t"], dtype="datetime64[s]")
    frame = frame.set_index("moment")

    def work() -> pl.DataFrame:
        found = {}
        for name, (key, measure, days, delayed) in ANSWERS.items():
            groups = frame.groupby(key)[measure]
            total = groups.rolling(f"{days + DELAY if delayed else days}D", closed="neither").sum().to_numpy()
            if delayed:
                total = np.nan_to_num(total) - np.nan_to_num(groups.rolling(f"{DELAY}D", closed="left").sum().to_numpy())
            found[name] = np.nan_to_num(total)
        places = {key: np.argsort(frame.groupby(key).ngroup().to_numpy(), kind="stable") for key in ("payer_id", "payee_id")}
        answers = {}
        for name, (key, *_) in ANSWERS.items():
            answers[name] = np.empty(len(frame), dtype=np.int64)
            answers[name][places[key]] = found[name].round()
        return pl.DataFrame(answers)

    return work


CONTENDERS: dict[str, Callable[[pl.DataFrame], Work]] = {
    OURS: with_fairdeal,
    "polars": with_polars,
    EXACT: with_duckdb,
    "pandas": with_pandas,
}


def contend(name: str, table: Path, answers: Path) -> None:
    """One contender's turn, in a process of its own: prints what it took and leaves its answers behind."""
    work = CONTENDERS[name](pl.read_parquet(table))
    began = time.process_time()
    found = work()
    seconds = time.process_time() - began
    peak = peak_mb()
    found = found.sort("row").drop("row") if "row" in found.columns else found
    found.select(pl.col(column).fill_null(0).cast(pl.Int64) for column in ANSWERS).write_parquet(answers)
    print(json.dumps({"cpu_s": seconds, "peak_mb": peak}))


def compete(folder: Path, name: str) -> dict[str, float]:
    """Starts one contender's turn and gives what it took."""
    turn = [sys.executable, "-m", "benchmarks.features", "--contender", name, "--within", str(folder)]
    answer = subprocess.run(turn, stdout=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(f"{name}: its turn ended with {answer.returncode}; allowed is 0; see what it printed above")
    told: dict[str, float] = json.loads(answer.stdout)
    return told


def differences(folder: Path, name: str) -> int:
    """Values that differ from the answers of the exact contender."""
    exact, found = (pl.read_parquet(folder / f"{each}.parquet") for each in (EXACT, name))
    return int(sum((exact[column] != found[column]).sum() for column in ANSWERS))


def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        table = payments(arguments.data)
        table.write_parquet(folder / "table.parquet")
        data = f"Fraud Detection Handbook, {table.height} payments"
        del table
        # In turns, so that a busy minute of the machine meets everybody.
        turns = [{name: compete(folder, name) for name in CONTENDERS} for _ in range(arguments.runs)]
        seconds = {name: statistics.median(turn[name]["cpu_s"] for turn in turns) for name in CONTENDERS}
        peaks = {name: statistics.median(turn[name]["peak_mb"] for turn in turns) for name in CONTENDERS}
        best = min(seconds[name] for name in CONTENDERS if name != OURS)
        tell("features.cpu_s", seconds[OURS], "CPU s", peer=best, ratio=best / seconds[OURS], data=data)
        tell("features.best_library_ratio", best / seconds[OURS], "times", data=data)
        tell("features.peak_mb", peaks[OURS], "MB", data=data)
        tell("features.differences", differences(folder, OURS), "values", data=data)
        for name in CONTENDERS:
            if name != OURS:
                tell(f"features.{name}.cpu_s", seconds[name], "CPU s", data=data)
                tell(f"features.{name}.peak_mb", peaks[name], "MB", data=data)
            if name not in (OURS, EXACT):
                tell(f"features.{name}.differences", differences(folder, name), "values", data=data)


if __name__ == "__main__":
    options = parser(__doc__ or "")
    options.add_argument("--runs", type=int, default=3, help="turns of each contender; the median counts (default: %(default)s)")
    options.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    options.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.contender:
        contend(given.contender, given.within / "table.parquet", given.within / f"{given.contender}.parquet")
    else:
        main(given)
