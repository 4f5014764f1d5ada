"""Days of many payments: a whole history computed anew, one day of it as the daily run does, and more rows than fit in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.windows.contenders import DAY, trails

#: Accounts that pay and are paid on the days that are made up.
PAYERS, PAYEES = 50_000, 10_000
#: Subjects that are answered for together where there are too many to hold.
SLICE = 500_000


def history(path: Path, days: int, per_day: int, seed: int = 7) -> None:
    """Made-up payments of so many days, in the columns of the Handbook's."""
    rng, rows = np.random.default_rng(seed), days * per_day
    pl.DataFrame(
        {
            "t": np.sort(rng.integers(0, days * DAY, rows)),
            "payer": rng.integers(0, PAYERS, rows),
            "payee": rng.integers(0, PAYEES, rows),
            "amount": rng.integers(100, 90_000, rows),
            "fraud": (rng.random(rows) < 0.01).astype(np.int64),
        }
    ).select("t", "amount", "fraud", payer_id=pl.format("C{}", "payer"), payee_id=pl.format("T{}", "payee")).write_parquet(path)


def last_day(path: Path, days: int) -> tuple[float, pl.DataFrame]:
    """CPU seconds of the last day's answers as the daily run makes them, reading only what it needs; and the answers."""
    from fairdeal.features.windows import evaluate

    began = time.process_time()
    table = pl.scan_parquet(path)
    subjects = table.filter(pl.col("t") >= (days - 1) * DAY).collect()
    found = evaluate(subjects, {"payments": table}, list(trails().values()))
    return time.process_time() - began, found


def every_day(path: Path, days: int) -> tuple[float, pl.DataFrame]:
    """CPU seconds of all days' answers, computed anew, and those of the last day."""
    from fairdeal.features.windows import evaluate

    began = time.process_time()
    table = pl.scan_parquet(path)
    subjects = table.collect()
    found = evaluate(subjects, {"payments": table}, list(trails().values()))
    return time.process_time() - began, found.filter(subjects["t"] >= (days - 1) * DAY)


def by_slices(path: Path, answers: Path) -> tuple[float, int]:
    """CPU seconds of all rows' answers, slice after slice onto the disk, and how many rows there were."""
    from fairdeal.features.windows import evaluate

    began, rows = time.process_time(), 0
    answers.mkdir()
    for number, subjects in enumerate(_slices(path)):
        found = evaluate(subjects, {"payments": pl.scan_parquet(path)}, list(trails().values()))
        found.write_parquet(answers / f"{number}.parquet")
        rows += found.height
    return time.process_time() - began, rows


def _slices(path: Path) -> Iterator[pl.DataFrame]:
    table = pl.scan_parquet(path).select("t", "payer_id", "payee_id")
    height = table.select(pl.len()).collect().item()
    for start in range(0, height, SLICE):
        yield table.slice(start, SLICE).collect(engine="streaming")
