"""Detection on the Fraud Detection Handbook's payments, by its published protocols.

Protocol B: four folds, each seven days to learn from, seven of delay, seven to be judged on; training starts 2018-08-15, 08-08, 08-01 and
07-25. Protocol A: the last of these alone. Cards known to be compromised are left out: by a fraud in the training days, or on a day that
is at least eight days before the day judged. Everything else is the product's: mapping, conversion, registered features with frauds known
after seven days, training with its own parameters on the seven days alone. Nothing is chosen on the judged days.

Published figures: Le Borgne, Siblini, Lebichot, Bontempi, "Reproducible machine learning for credit card fraud detection", 2022; the best
of each column.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

import fairdeal.sources
from benchmarks import parser, tell
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.data_contracts.verdict import judge
from fairdeal.features.build import FeatureTable, build, history_s, reasons
from fairdeal.models import metrics
from fairdeal.models.training import train
from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import discover
from fairdeal.sources.labelling import label_candidates
from fairdeal.sources.mapping import load_mapping
from fairdeal.sources.reading import FileStatus, read

MAPPING = Path(fairdeal.sources.__path__[0]) / "handbook.toml"
FOLDS = (date(2018, 8, 15), date(2018, 8, 8), date(2018, 8, 1), date(2018, 7, 25))
SINGLE = date(2018, 7, 25)
WEEK = timedelta(days=7)
CARDS_A_DAY = 100
SEED = 0
DATA = "Fraud Detection Handbook, 7 days of training"
PUBLISHED = {
    "B": {"ap": 0.687, "auc": 0.879, "cp100": 0.305},
    "A": {"ap": 0.658, "auc": 0.871},
}


class Fold(NamedTuple):
    """What one fold's judged week gave."""

    ap: float
    auc: float
    cp100: float
    ece: float


def handbook_tables(data: Path) -> dict[str, pl.DataFrame]:
    """The accepted payments and labels of the Handbook's files under ``data``, by the shipped mapping."""
    mapping = load_mapping(MAPPING, data)
    found = discover(mapping)
    if not found.all:
        sys.exit(f"{data}: no file {mapping.files['tx'].path}; allowed is a folder that holds the Handbook's payments; give it with --data")
    reading = read(mapping, found.all)
    for report in reading.files:
        if report.status is not FileStatus.READ:
            sys.exit(str(report.message))
    made = {"payments": candidates(mapping, "payments", reading.raw), "labels": label_candidates(mapping, "payments", reading.raw)}
    tables = {}
    for name, rows in made.items():
        if rows is None:
            sys.exit(f"{MAPPING}: no rule for {name}; allowed is a mapping with both; mend the mapping")
        bad = judge(INBOUND[name], rows).breaches["row"].unique()
        tables[name] = INBOUND[name].conform(rows.with_row_index("__row").filter(~pl.col("__row").is_in(bad.implode())))
    return tables


def days(first: date, last: date) -> pl.Expr:
    """Payments from the first day up to, not including, the last."""
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
    return (pl.col("event_at") >= start) & (pl.col("event_at") < end)


def frames(tables: dict[str, pl.DataFrame], first: date, last: date) -> tuple[FeatureTable, pl.DataFrame]:
    """Features of the payments of these days, and the same rows with ``is_fraud``, ``group`` (the card) and ``day``."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    recent = tables["payments"].filter(pl.col("paid_at") >= start - timedelta(seconds=history_s("payments")) - WEEK)
    subjects = recent.with_columns(event_at="paid_at").filter(days(first, last)).drop("event_at")
    table = build(Detector.PAYMENTS, {"payments": recent, "labels": tables["labels"]}, subjects)
    truth = tables["labels"].select("subject_id", "typology", is_fraud=pl.col("is_fraud").cast(pl.Float64))
    rows = table.rows.join(truth, on="subject_id", how="left", maintain_order="left")
    return table, rows.with_columns(group="account_id", day=pl.col("event_at").dt.date())


def run_fold(table: FeatureTable, rows: pl.DataFrame, start: date) -> Fold:
    """Learn from the seven days from ``start``, judge the seven after the delay."""
    learned, judged = rows.filter(days(start, start + WEEK)), rows.filter(days(start + 2 * WEEK, start + 3 * WEEK))
    names = [name for name in table.names if name not in table.blind]
    trained = train(
        Detector.PAYMENTS,
        learned.to_pandas(),
        feature_names=names,
        reasons=reasons(Detector.PAYMENTS),
        seed=SEED,
        data_version="handbook",
        contract_version="handbook",
        day_zone="UTC",
    )
    judged = without_known_cards(rows, judged, start)
    scores = trained.detector_model.score(judged.to_pandas())
    truth, score = judged["is_fraud"].to_numpy(), scores["score"].to_numpy()
    day = np.asarray(judged["day"].cast(pl.Int32))
    return Fold(
        ap=metrics.average_precision(truth, score),
        auc=metrics.auc(truth, score),
        cp100=metrics.card_precision_at(truth, score, day, judged["group"].to_list(), CARDS_A_DAY),
        ece=metrics.expected_calibration_error(truth, scores["probability"].to_numpy()),
    )


def without_known_cards(rows: pl.DataFrame, judged: pl.DataFrame, start: date) -> pl.DataFrame:
    """The judged rows whose card had no fraud from ``start`` up to eight days before its day."""
    first_fraud = rows.filter((pl.col("is_fraud") > 0) & (pl.col("day") >= start)).group_by("group").agg(first_fraud=pl.col("day").min())
    known = pl.col("first_fraud") <= pl.col("day") - pl.duration(days=8)
    return judged.join(first_fraud, on="group", how="left", maintain_order="left").filter(~known.fill_null(False))


def tell_protocol(name: str, folds: list[Fold]) -> None:
    """One line per figure and, where there are several folds, one for its standard deviation."""
    for figure in Fold._fields:
        values = [getattr(fold, figure) for fold in folds]
        mean, peer = statistics.fmean(values), PUBLISHED[name].get(figure)
        tell(f"handbook.{name}.{figure}", mean, "share", peer=peer, ratio=None if peer is None else mean / peer, data=DATA)
        if len(values) > 1:
            tell(f"handbook.{name}.{figure}_std", statistics.stdev(values), "share", data=DATA)


def main(arguments: argparse.Namespace) -> None:
    tables = handbook_tables(arguments.data)
    table, rows = frames(tables, min(FOLDS), max(FOLDS) + 3 * WEEK)
    folds = {start: run_fold(table, rows, start) for start in FOLDS}
    tell_protocol("B", list(folds.values()))
    tell_protocol("A", [folds[SINGLE]])


if __name__ == "__main__":
    main(parser(__doc__ or "").parse_args())
