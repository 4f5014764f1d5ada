"""What a model learns from: the labels that were known, and of the rest only what the source's way of labelling allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fairdeal.data_contracts.labels import LABELS
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.labelled_frames import LEAST_WEIGHT, labelled_frame
from tests.sources.making import PAYMENTS, source

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("names_honest", "silent"), [(False, 0.0), (True, None)])
def test_a_payment_without_a_label_is_honest_only_where_honest_ones_are_never_named(names_honest: bool, silent: float | None) -> None:
    ages = [30, 30, 30, 30, 5]
    features = pl.DataFrame(
        {
            "subject_id": ["p0", "p1", "p2", "p3", "p4"],
            "account_id": ["a"] * 5,
            "event_at": pl.Series([UNTIL - timedelta(days=age) for age in ages], dtype=pl.Datetime("us", "UTC")),
        }
    ).with_columns(as_of_at="event_at")
    labels = pl.DataFrame(
        {
            "subject_kind": ["payment"] * 2,
            "subject_id": ["p0", "p1"],
            "is_fraud": [True, False],
            "typology": ["stolen_instrument", None],
            "available_at": pl.Series([UNTIL - timedelta(days=1)] * 2, dtype=pl.Datetime("us", "UTC")),
        }
    ).filter(pl.col("subject_id") != ("" if names_honest else "p1"))
    frame = labelled_frame(Detector.PAYMENTS, features, LABELS.conform(labels), until=UNTIL, ripe_days=21, names_honest=names_honest)
    found = [None if value != value else value for value in frame["is_fraud"]]
    assert found == [1.0, 0.0, silent, silent, silent]
    # Young rows are learned from; what is not reported of them yet must bend no probability.
    assert frame["is_ripe"].tolist() == [True, True, True, True, names_honest]


def test_silence_weighs_as_much_as_frauds_are_known_by_its_age_and_is_ripe_when_nearly_all_are() -> None:
    ages = [40] * 20 + [30, 6, 3, 1]
    features = pl.DataFrame(
        {
            "subject_id": [f"p{number}" for number in range(24)],
            "account_id": ["a"] * 24,
            "event_at": pl.Series([UNTIL - timedelta(days=age) for age in ages], dtype=pl.Datetime("us", "UTC")),
        }
    ).with_columns(as_of_at="event_at")
    # Of ten known frauds five came to light after two days, five after five.
    waits = [2] * 5 + [5] * 5
    known = [UNTIL - timedelta(days=40) + timedelta(days=wait) for wait in waits]
    labels = pl.DataFrame(
        {
            "subject_kind": ["payment"] * 10,
            "subject_id": [f"p{number}" for number in range(10)],
            "is_fraud": [True] * 10,
            "typology": ["stolen_instrument"] * 10,
            "available_at": pl.Series(known, dtype=pl.Datetime("us", "UTC")),
        }
    )
    extra = pl.concat([features, features.with_columns(pl.col("subject_id") + "x").filter(pl.col("event_at") < UNTIL - timedelta(days=35))])
    frame = labelled_frame(Detector.PAYMENTS, extra, LABELS.conform(labels), until=UNTIL, ripe_days=21).set_index("subject_id")
    assert frame["weight"].loc[["p0", "p15", "p20", "p21", "p22", "p23"]].tolist() == [1.0, 1.0, 1.0, 1.0, 0.5, LEAST_WEIGHT]
    assert frame["is_ripe"].loc[["p20", "p21", "p22", "p23"]].tolist() == [True, True, False, False]


def test_a_later_look_tells_how_many_had_been_heard_of_by_then_and_a_first_one_none() -> None:
    placed = UNTIL - timedelta(days=40)
    looks = [("o0", 0), ("o0", 3), ("o0", 7), ("o1", 6)]
    features = pl.DataFrame(
        {
            "subject_id": [name for name, _ in looks] + [f"f{number}" for number in range(4)],
            "account_id": ["a"] * 8,
            "event_at": pl.Series([placed] * 8, dtype=pl.Datetime("us", "UTC")),
            "as_of_at": pl.Series([placed + timedelta(days=day) for _, day in looks] + [placed] * 4, dtype=pl.Datetime("us", "UTC")),
        }
    )
    labels = pl.DataFrame(
        {
            "subject_kind": ["order"] * 4,
            "subject_id": [f"f{number}" for number in range(4)],
            "is_fraud": [True] * 4,
            "typology": ["brushing"] * 4,
            "available_at": pl.Series([placed + timedelta(days=day) for day in (1, 2, 5, 9)], dtype=pl.Datetime("us", "UTC")),
        }
    )
    more = pl.concat(
        [features, *(features.filter(pl.col("subject_id") == "o1").with_columns(subject_id=pl.lit(f"x{n}")) for n in range(9))]
    )
    frame = labelled_frame(Detector.DEALS, more, LABELS.conform(labels), until=UNTIL, ripe_days=21)
    assert frame["heard_before"].tolist()[:4] == [0.0, 0.5, 0.75, 0.0]


@pytest.mark.parametrize(("rule", "named"), [("positive = [1]\nnegative = [0]\n", True), ("positive = [1]\n", False), (None, False)])
def test_a_mapping_says_whether_it_names_honest_subjects(tmp_path: Path, rule: str | None, named: bool) -> None:
    label = f'[payments.label]\ncolumn = "f"\n{rule}' if rule else ""
    mapping = source(tmp_path, PAYMENTS + label)
    assert mapping.names_honest("payments") is named
    assert not mapping.names_honest("orders")
