"""Replaying: past days whose truth is known by now, as a model would have met them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.capacity import Capacity, capacity_from
from fairdeal.models.choosing import asking, choose_alerts
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.effects import effects
from fairdeal.models.frames import Floats, floats
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from
from fairdeal.pipelines import deciding, scoring
from fairdeal.pipelines.alerting import with_cases
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.keys import hashing_key
from fairdeal.pipelines.label_weights import runs_until, stopped
from fairdeal.pipelines.labelled_frames import labelled_frame, share_that_comes_to_light
from fairdeal.pipelines.labelling import every_label
from fairdeal.pipelines.tables import Tables, feature_table, known_tables, training_subjects
from fairdeal.pipelines.workplace import Workplace, watermark

#: An account seen so short a time ago is a new one.
NEW_ACCOUNT_DAYS = 30
#: Days are counted from here.
DAY_ZERO = date(1970, 1, 1)


@dataclass(frozen=True)
class PastDays:
    """Days whose labels have had their time.

    Parameters
    ----------
    detector
        Whose subjects.
    interval
        First moment and end of the days.
    rows
        Feature rows of the subjects whose truth is known, each once, as known when a run first scored it.
    is_fraud, typology, day
        By row: 1 or 0; what a fraud turned out to be (null where not said); the day it happened, counted from 1970.
    segments
        What splits the subjects, by name, one text per row; null belongs to none.
    tables
        As known when the truth was asked for; features have looked at nothing later than their own moment.
    currency
        Most trade's.
    found
        Share of frauds that come to light; the others stand among the honest rows.
    censored
        Subjects that were held or blocked and that nobody has looked at: nobody knows what they were, and they are left out.
    nights
        By day, who works on the day after, when what the day brought is looked at; see `fairdeal.disputes.services.staffing_for`.
    """

    detector: Detector
    interval: tuple[datetime, datetime]
    rows: pl.DataFrame
    is_fraud: Floats
    typology: pd.Series
    day: np.ndarray[Any, Any]
    segments: Mapping[str, pd.Series]
    tables: Tables
    currency: str | None
    found: float
    censored: int
    nights: Mapping[int, Mapping[str, Any]]


def ripe_days(place: Workplace, until: datetime, days: int) -> tuple[datetime, datetime]:
    """The last ``days`` days before ``until`` whose labels have had their time."""
    end = until - timedelta(days=place.settings.train.ripe_days)
    return end - timedelta(days=days), end


def past_days(place: Workplace, detector: Detector, *, start: datetime, end: datetime, until: datetime) -> PastDays:
    """The subjects of ``start`` to ``end`` with their truth as known at ``until``.

    Raises
    ------
    WrongUse
        When there is no subject whose truth is known.
    """
    source, where = place.mapping.name, f"{detector} from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    tables = known_tables(place.lake, source, watermark=watermark(place.ledger, source), known_before=until, since=start)
    subjects, as_of = training_subjects(detector, tables, start, end, place.settings, looks=(0,))
    if not subjects.height:
        raise WrongUse(f"{where}: {source} has no {detector.table} then; days with rows are needed; give another --until or more --days")
    place.progress(f"{where}: features of {subjects.height} rows")
    rows = feature_table(detector, tables, subjects, as_of, place.settings).rows
    frame = labelled_frame(
        detector,
        rows,
        tables["labels"].collect(),
        until=until,
        ripe_days=place.settings.train.ripe_days,
        names_honest=place.mapping.names_honest(detector.table),
        stops=stopped(place.lake, detector, runs_until(place.lake, source, until)),
    )
    censored = int(frame["is_censored"].sum())
    known = frame["is_fraud"].notna().to_numpy()
    if not known.any():
        raise WrongUse(f"{where}: no label is known of any of its {rows.height} rows; give days about which something was reported")
    frame = frame[known].reset_index(drop=True)
    local = pl.col("event_at").dt.convert_time_zone(place.settings.time_zone).dt.date().cast(pl.Int32)
    kept = rows.filter(pl.Series(known))
    currency = deciding.platform_currency(tables, start, end)
    day = kept.select(local).to_series().to_numpy()
    staffing = place.cases().staffing_for
    return PastDays(
        detector=detector,
        interval=(start, end),
        rows=kept,
        is_fraud=floats(frame["is_fraud"]),
        typology=frame["typology"],
        day=day,
        segments=_segments(detector, kept, tables, currency),
        tables=tables,
        currency=currency,
        found=share_that_comes_to_light(detector, frame, every_label(place.lake, source, known_before=until)),
        censored=censored,
        nights={number: staffing(DAY_ZERO + timedelta(days=number + 1)) for number in np.unique(day).tolist()},
    )


def nights_by_basis(past: PastDays) -> dict[str, int]:
    """How many nights rest on what somebody said of them, on the same weekday before, and on the settings."""
    found = [night["basis"] for night in past.nights.values()]
    return {basis: found.count(basis) for basis in sorted(set(found))}


def replay(
    place: Workplace,
    past: PastDays,
    model: TrainedDetector,
    settings: Mapping[str, Any],
    *,
    priced_by: Mapping[str, Any] | None = None,
    as_staffed: bool = True,
) -> pd.DataFrame:
    """What a model and a policy would have made of past days: columns of `fairdeal.models.comparing.SIDE` and of `effects`, ``action``.

    ``probability`` is that of a fraud that comes to light, which labels can be held against.

    Parameters
    ----------
    settings
        ``capacity``, ``policy`` and ``loss`` as in the settings.
    priced_by
        The policy and losses by which it is told what the decisions came to; ``settings`` when None.
    as_staffed
        Whether as many people look as worked on those days, where that was said; else as many as ``settings`` say, every day.

    Notes
    -----
    Hours said for a detector are its own; the others are shared evenly among the detectors whose tables the source gives.
    """
    scores = scoring.score(model, past.rows)
    decisions = deciding.decide(
        past.detector, scores, past.tables, past.interval, settings=dict(settings), moment=past.interval[1], currency=past.currency
    )
    order = past.rows.select("subject_id").with_row_index("place")
    decided = decisions.join(order, on="subject_id", how="left").sort("place").drop("place")
    prices = settings if priced_by is None else priced_by
    policy, losses = policy_from(prices["policy"]), loss_table(prices["loss"])
    frame = decided.to_pandas()
    told = effects(frame, past.is_fraud, past.typology, policy, losses)
    acted = (frame["action"].astype("str") != "allow").to_numpy()
    return pd.DataFrame(
        {
            **{name: told[name].to_numpy() for name in told.columns},
            "score": floats(frame["score"]),
            "probability": past.found * floats(frame["probability"]),
            "action": frame["action"].astype("str").to_numpy(),
            "acted": acted.astype(np.float64),
            **_looks(place, past, decided, settings, as_staffed),
        }
    )


def _looks(place: Workplace, past: PastDays, decided: pl.DataFrame, settings: Mapping[str, Any], as_staffed: bool) -> dict[str, Floats]:
    """``minutes`` that people would have spent on each subject, night by night, with no backlog; ``breached`` 1 for one of each such case.

    Breached is a case with subjects that are acted upon or worth a look, none of which fits into the minutes of the 24 hours after them.
    """
    capacity = capacity_from(settings["capacity"])
    at_work = sum(detector.table in place.mapping.tables for detector in Detector)
    about = with_cases(past.detector, decided.lazy(), past.tables, past.interval).select(
        pl.exclude("case_subject_kind", "case_subject_id"), case_subject_id=pl.format("{}:{}", "case_subject_kind", "case_subject_id")
    )
    nights = pl.DataFrame({"subject_id": past.rows["subject_id"], "night": past.day})
    spent, breached = dict[str, float](), set[str]()
    for (night,), some in about.join(nights, on="subject_id", how="inner").group_by("night", maintain_order=True):
        subjects, hours = some.drop("night").to_pandas(), past.nights[int(str(night))]["hours"] if as_staffed else {}
        tonight = _tonight(capacity, hours, past.detector, at_work)
        chosen = choose_alerts(subjects, capacity=tonight, backlog=0.0, open_subjects=(), seed_key=hashing_key(place.home), day=str(night))
        spent |= dict(zip(chosen["subject_id"], chosen["minutes"], strict=True))
        case = ["case_type", "case_subject_id"]
        cases = asking(subjects, capacity=tonight).drop_duplicates(case)
        breached |= set(cases["subject_id"][~pd.MultiIndex.from_frame(cases[case]).isin(pd.MultiIndex.from_frame(chosen[case]))])
    ids = past.rows["subject_id"].to_list()
    return {
        "minutes": np.asarray([spent.get(subject, 0.0) for subject in ids], dtype=np.float64),
        "breached": np.asarray([subject in breached for subject in ids], dtype=np.float64),
    }


def _tonight(capacity: Capacity, hours: Mapping[str, float], detector: Detector, at_work: int) -> Capacity:
    """One detector's part of a night."""
    if not hours:
        return replace(capacity, minutes_per_person=capacity.minutes_per_person / at_work)
    return replace(capacity, staffed_minutes=60.0 * (hours.get(detector.value, 0.0) + hours.get("all", 0.0) / at_work))


def _segments(detector: Detector, rows: pl.DataFrame, tables: Tables, currency: str | None) -> dict[str, pd.Series]:
    """Accounts by age as far as the source shows it, amounts by half, and the language of reviews where given."""
    when = {"payments": ("payments", "payer_id", "paid_at"), "deals": ("orders", "buyer_id", "ordered_at")}.get(
        detector.value, ("reviews", "reviewer_id", "posted_at")
    )
    name, account, moment = when
    first = tables[name].group_by(pl.col(account).alias("account_id")).agg(first=pl.col(moment).min()).collect(engine="streaming")
    with_first = rows.select("account_id", "event_at").join(first, on="account_id", how="left", maintain_order="left")
    is_new = with_first["event_at"] - with_first["first"] < timedelta(days=NEW_ACCOUNT_DAYS)
    ages = {"true": f"first seen in the last {NEW_ACCOUNT_DAYS} days", "false": "known for longer"}
    found = {"account": is_new.cast(pl.String).replace(ages).to_pandas()}
    amount = rows.select(pl.when(pl.col("currency") == currency).then("amount_minor")).to_series()
    if amount.null_count() < rows.height:
        halves = {"true": "upper half", "false": "lower half"}
        found["amount"] = (amount > amount.median()).cast(pl.String).replace(halves).to_pandas()
    if detector is Detector.REVIEWS:
        said = tables["reviews"].select("review_id", "language").collect(engine="streaming")
        language = rows.select("subject_id").join(said, left_on="subject_id", right_on="review_id", how="left", maintain_order="left")
        if language["language"].null_count() < rows.height:
            found["language"] = language["language"].to_pandas()
    return found
