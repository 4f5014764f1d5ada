"""Watching: what has moved since the weeks before, how the models do on days whose truth is known, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import FEATURES
from fairdeal.features.trails import Trail
from fairdeal.models import metrics
from fairdeal.models.drift import stability, superiority
from fairdeal.models.frames import Floats, floats
from fairdeal.pipelines import reason_feedback
from fairdeal.pipelines.alarms import alarms
from fairdeal.pipelines.canonical_json import loads
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.label_weights import runs_until, stopped
from fairdeal.pipelines.labelled_frames import labelled_frame, share_that_comes_to_light
from fairdeal.pipelines.labelling import every_label, known_labels
from fairdeal.pipelines.lake import EVERY_BATCH
from fairdeal.pipelines.ledger import Run
from fairdeal.pipelines.workplace import Workplace, instant

#: Days that are held against the days before, and these.
RECENT, BEFORE = 7, 28
#: Rows of a column that are compared, at most; effect sizes do not need more.
COMPARED = 100_000


def watch(place: Workplace, until: datetime) -> dict[str, Any]:
    """The last week of runs before ``until`` against the four weeks before, and the models on the newest days whose labels are ripe.

    Returns
    -------
    dict
        ``source, day`` (the week's last), ``recent, before`` (runs), ``detectors`` (by name: ``features`` with ``stability,
        superiority``, means and shares of nulls, the largest move first, ``filling`` where the window reached back beyond the source's
        first row; ``score``;
        ``actions`` as shares; ``ripe``: calibration and precision, and subjects ``censored`` by having been held or blocked;
        ``reasons``: shares of alerts by first reason;
        ``reasons_wrong``: per code, alerts judged in both stretches and in how many people called it wrong;
        ``label_delay_days``), ``tables`` (rows and shares set aside), ``degraded`` (feeds) and ``alarms``. Figures are None where there
        is too little to say.

    Raises
    ------
    WrongUse
        When there are no runs in either stretch.
    """
    day, until = until.date() - timedelta(days=1), until.astimezone(UTC)
    runs = [run for run in place.ledger.runs(place.mapping.name) if run.status == "done" and instant(run.interval_to) <= until]
    newest = {(run.interval_from, run.interval_to): run for run in runs}  # of several revisions the last
    edge, start = until - timedelta(days=RECENT), until - timedelta(days=RECENT + BEFORE)
    recent = [run for run in newest.values() if instant(run.interval_from) >= edge]
    before = [run for run in newest.values() if start <= instant(run.interval_from) < edge]
    if not recent or not before:
        raise WrongUse(
            f"watch: {len(recent)} runs in the {RECENT} days up to {day} and {len(before)} in the {BEFORE} days before these; "
            "some are needed in both; give a later --until, or run more days"
        )
    detectors = {detector.value: _detector(place, detector, before, recent, until) for detector in Detector}
    services = place.cases()
    reason_feedback.collect(place.ledger, services.reason_marks(reason_feedback.last_mark(place.ledger)))
    marks, judged = reason_feedback.every_mark(place.ledger, known_before=until), services.reasons_judged(start, until)
    for detector in Detector:
        detectors[detector.value]["reasons_wrong"] = reason_feedback.called_wrong(marks, judged, detector, start)
    told = {
        "source": place.mapping.name,
        "day": day.isoformat(),
        "recent": len(recent),
        "before": len(before),
        "detectors": {name: found for name, found in detectors.items() if found["rows"]},
        "tables": _tables(place, before, recent),
        "degraded": sum(bool((run.summary or {}).get("degraded")) for run in recent),
    }
    return {**told, "alarms": [asdict(alarm) for alarm in alarms(told)]}


def _step(place: Workplace, run: Run, name: str) -> dict[str, Any]:
    return place.ledger.step_result(run.run_id, name) or {}


def _rows(place: Workplace, runs: Sequence[Run], step: str, detector: Detector) -> pl.DataFrame:
    """A step's files of several runs, thinned evenly where there are very many rows."""
    files = [file for run in runs if (file := _step(place, run, step).get("files", {}).get(detector.value)) is not None]
    every = sum(file["rows"] for file in files) // COMPARED + 1
    parts = [place.lake.read(file).gather_every(every) for file in files]
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()


def _detector(place: Workplace, detector: Detector, before: Sequence[Run], recent: Sequence[Run], until: datetime) -> dict[str, Any]:
    then, now = (_rows(place, runs, "build_features", detector) for runs in (before, recent))
    decided = [_rows(place, runs, "decide", detector) for runs in (before, recent)]
    if not then.height or not now.height:
        return {"rows": 0}
    names = [name for name in _step(place, recent[-1], "build_features")["names"][detector.value] if name in then.columns]
    filling = _filling(place, detector, min(instant(run.interval_from) for run in before))
    features = [
        {"name": name, **_moved(_values(then, name), _values(now, name)), "filling": name in filling}
        for name in names
        if name in now.columns
    ]
    versions = [sorted(rows["model_version"].unique()) for rows in decided]
    return {
        "rows": now.height,
        "features": sorted(features, key=lambda feature: -(feature["stability"] or 0.0)),
        "score": {**_moved(*(_values(rows, "score") for rows in decided)), "models_before": versions[0], "models": versions[1]},
        "actions": {"before": _shares(decided[0], "action"), "now": _shares(decided[1], "action")},
        "ripe": _ripe(place, detector, until),
        "reasons": {"before": _reasons(place, detector, before), "now": _reasons(place, detector, recent)},
        "label_delay_days": _label_delay(place, detector, until),
    }


def _filling(place: Workplace, detector: Detector, start: datetime) -> set[str]:
    """Features whose window reached back beyond the source's first row: they grow by themselves until it is full."""
    contract = INBOUND[detector.table]
    rows = place.lake.rows(place.mapping.name, detector.table, watermark=EVERY_BATCH, known_before=start)
    first = rows.select(pl.col(contract.event_at or "").min()).collect(engine="streaming").item()
    known = (start - first).total_seconds() if first is not None else 0.0
    definitions = {feature.name: feature.definition for feature in FEATURES[detector]}
    return {name for name, definition in definitions.items() if isinstance(definition, Trail) and definition.window > known}


def _values(rows: pl.DataFrame, name: str) -> Floats:
    return rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _moved(before: Floats, now: Floats) -> dict[str, float | None]:
    return {
        "stability": stability(before, now),
        "superiority": superiority(before, now),
        "mean_before": _mean(before),
        "mean_now": _mean(now),
        "null_before": float(np.isnan(before).mean()),
        "null_now": float(np.isnan(now).mean()),
    }


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _shares(rows: pl.DataFrame, column: str) -> dict[str, float]:
    counts = rows.group_by(column).len().sort(column)
    return {str(name): count / rows.height for name, count in counts.iter_rows()}


def _reasons(place: Workplace, detector: Detector, runs: Sequence[Run]) -> dict[str, float]:
    """Shares of alerts by the reason that stands first, the commonest first."""
    counts: Counter[str] = Counter()
    for run in runs:
        alerts = place.lake.read(_step(place, run, "raise_alerts")["alerts"]).filter(pl.col("detector") == detector.value)
        counts.update(loads(reasons)[0]["code"] for reasons in alerts["reasons"])
    return {code: count / counts.total() for code, count in counts.most_common()}


def _ripe(place: Workplace, detector: Detector, until: datetime) -> dict[str, Any]:
    """The decisions of the last four weeks of ripe days against what is known of their subjects now."""
    end = until - timedelta(days=place.settings.train.ripe_days)
    start = end - timedelta(days=BEFORE)
    runs = [run for run in place.ledger.runs(place.mapping.name) if run.status == "done" and start <= instant(run.interval_from) < end]
    first = {(run.interval_from, run.interval_to): run for run in reversed(runs)}  # what was decided at first
    looks = []
    for run in first.values():
        file = _step(place, run, "decide").get("files", {}).get(detector.value)
        if file is not None:
            looks.append(place.lake.read(file).filter(pl.col("event_at") >= instant(run.interval_from)))
    nothing = dict.fromkeys(("ece", "frauds_told", "ratio", "precision", "recall"))
    if not looks:
        return {"days": 0, "rows": 0, "frauds": 0, "censored": 0, **nothing}
    labels = known_labels(place.lake, place.mapping.name, watermark=EVERY_BATCH, known_before=until)
    frame = labelled_frame(
        detector,
        pl.concat(looks).with_columns(account_id=pl.lit(None, pl.String)),
        labels,
        until=until,
        ripe_days=place.settings.train.ripe_days,
        names_honest=place.mapping.names_honest(detector.table),
        stops=stopped(place.lake, detector, runs_until(place.lake, place.mapping.name, until)),
    )
    censored = int(frame["is_censored"].sum())
    found_share = share_that_comes_to_light(detector, frame, every_label(place.lake, place.mapping.name, known_before=until))
    frame = frame[frame["is_fraud"].notna()]
    # What is told is the probability of a fraud; labels name those that come to light.
    fraud, told, acted = floats(frame["is_fraud"]), found_share * floats(frame["probability"]), (frame["action"] != "allow").to_numpy()
    claimed = np.isfinite(told)
    found = {"days": len(first), "rows": len(frame), "frauds": int(fraud.sum()), "censored": censored, **nothing}
    if len(frame):
        found["precision"] = float(fraud[acted].mean()) if acted.any() else None
        found["recall"] = float(acted[fraud > 0.5].mean()) if (fraud > 0.5).any() else None
    if claimed.any():
        expected = float(told[claimed].sum())
        found["ece"] = metrics.expected_calibration_error(fraud[claimed], told[claimed])
        found["frauds_told"] = expected
        found["ratio"] = float(fraud[claimed].sum()) / expected if expected else None
    return found


def _label_delay(place: Workplace, detector: Detector, until: datetime) -> dict[str, Any]:
    """Median days from event to label, of labels that came in the last week and in the weeks before."""
    contract = INBOUND[detector.table]
    labels = every_label(place.lake, place.mapping.name)
    found: dict[str, Any] = {"before": None, "now": None, "labels_before": 0, "labels_now": 0}
    if not labels.height:
        return found
    events = place.lake.rows(place.mapping.name, detector.table, watermark=EVERY_BATCH, known_before=until)
    own = labels.filter((pl.col("subject_kind") == detector.subject_kind) & pl.col("is_fraud")).select("subject_id", "available_at")
    with_event = own.join(
        events.select(subject_id=contract.key[0], event_at=contract.event_at or "").collect(engine="streaming"), on="subject_id"
    )
    days = with_event.select("available_at", days=(pl.col("available_at") - pl.col("event_at")).dt.total_seconds() / 86_400)
    edge = until - timedelta(days=RECENT)
    stretches = {"before": (edge - timedelta(days=BEFORE), edge), "now": (edge, until)}
    for name, (start, end) in stretches.items():
        some = days.filter(pl.col("available_at").is_between(start, end, closed="left"))["days"]
        found |= {f"labels_{name}": some.len(), name: some.median() if some.len() else None}
    return found


def _tables(place: Workplace, before: Sequence[Run], recent: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Rows a day, and the share set aside, by table."""
    found: dict[str, dict[str, Any]] = {}
    for stretch, runs in (("before", before), ("now", recent)):
        summaries = [run.summary or {} for run in runs]
        for name in sorted({name for summary in summaries for name in summary["rows_in"]}):
            rows = sum(summary["rows_in"].get(name, 0) for summary in summaries)
            aside = sum(summary["quarantined"].get(name, 0) for summary in summaries)
            entry = found.setdefault(name, {"rows_before": 0.0, "aside_before": None, "rows_now": 0.0, "aside_now": None})
            entry |= {f"rows_{stretch}": rows / len(runs), f"aside_{stretch}": aside / rows if rows else None}
    return found
