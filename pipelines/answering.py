"""Answering for a past action: the score made again bit for bit from what the ledger kept, and all that came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

import fairdeal
from fairdeal.control_center.publishing import JSONL_NAME
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import registry, scoring
from fairdeal.pipelines.canonical_json import loads
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure, WrongUse
from fairdeal.pipelines.freezing import frozen, settings_then, tables_then
from fairdeal.pipelines.labelling import every_label
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import FEEDS, Ledger, Run
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.tables import feature_table, own_rows
from fairdeal.pipelines.tokens import measure_subject
from fairdeal.pipelines.workplace import instant, queue


@dataclass(frozen=True)
class Scored:
    """One look at one subject by one run."""

    run: Run
    detector: Detector
    decision: dict[str, Any]


def answer(settings: Settings, ledger: Ledger, token: str, at: datetime | None = None) -> dict[str, Any]:
    """Everything that stands behind what was done about a subject.

    Parameters
    ----------
    token
        A payment, order or review, or whom a feed acted upon: an instrument or an account.
    at
        Asked is for the last run whose moment is not later than this; None: the last of all.

    Returns
    -------
    dict
        ``token, subject`` (``detector, kind, id, acted_upon``), ``run, model, rebuilt`` (``features, score, probability``: whether
        each is the same to the last bit, and ``differing`` features), ``decision, reasons, feeds`` (every record about whom was acted
        upon, the newest last), ``cases`` (with who did what), ``labels`` and ``code`` (then and now).

    Raises
    ------
    WrongUse
        When no run has scored it.

    Notes
    -----
    Files are used only while they are what the ledger entered. The features are made again from the accepted rows as they were
    known then, and the score by the model that the run froze.
    """
    lake = Lake(settings.home, ledger)
    found = _last_look(lake, token, at)
    if found is None:
        when = "" if at is None else f" up to {at.isoformat()}"
        raise WrongUse(
            f"explain {token}: no run{when} has scored a payment, order or review of that name, or acted upon an instrument or account "
            "so named; give a name as the feed, a case or your own data tells it"
        )
    run, detector, decision = found.run, found.detector, found.decision
    snapshot = _snapshot(lake, run, detector, decision["subject_id"])
    acted_upon = measure_subject(detector, snapshot, decision["typology"])
    subjects = {(detector.subject_kind, decision["subject_id"]), acted_upon}
    rebuilt, reasons = _rebuilt(lake, settings, found)
    champion = frozen(run)["champions"][detector.value]
    return {
        "token": token,
        "subject": {
            "detector": detector.value,
            "kind": detector.subject_kind,
            "id": decision["subject_id"],
            "acted_upon": {"kind": acted_upon[0], "token": acted_upon[1]},
            "row": snapshot,
        },
        "run": {
            "run_id": run.run_id,
            "source": run.source,
            "interval": [run.interval_from, run.interval_to],
            "revision": run.revision,
            "moment": frozen(run)["moment"],
            "watermark": frozen(run)["watermark"],
            "data_version": frozen(run)["data_version"],
        },
        "model": {
            "model_version": decision["model_version"],
            "manifest_sha256": champion["manifest_sha256"] if champion else None,
            "trained_until": registry.facts(settings.home, registry.Registered(**{**champion, "detector": detector}))["trained_until"]
            if champion
            else None,
        },
        "rebuilt": rebuilt,
        "decision": decision,
        "reasons": reasons,
        "feeds": list(_feeds(settings, ledger, acted_upon)),
        "cases": [_told(case) for case in queue(settings, ledger).cases_about(sorted(subjects))],
        "labels": [label for label in every_label(lake, run.source).to_dicts() if (label["subject_kind"], label["subject_id"]) in subjects],
        "code": {"then": frozen(run)["code_version"], "now": fairdeal.__version__},
    }


def _last_look(lake: Lake, token: str, at: datetime | None) -> Scored | None:
    """The newest run's newest look at the token."""
    runs = [run for run in lake.ledger.runs() if run.frozen is not None and run.status == "done"]
    for run in sorted(runs, key=lambda run: (instant(frozen(run)["moment"]), run.interval_to, run.revision), reverse=True):
        if at is not None and instant(frozen(run)["moment"]) > at:
            continue
        files = (lake.ledger.step_result(run.run_id, "decide") or {"files": {}})["files"]
        names = dict.fromkeys(files, token) | _acted_upon(lake, run, token)
        for name, subject in names.items():
            rows = lake.scan(files[name]).filter(pl.col("subject_id") == subject).collect()
            if rows.height:
                return Scored(run, Detector(name), rows.sort("as_of_at").row(-1, named=True))
    return None


def _acted_upon(lake: Lake, run: Run, token: str) -> dict[str, str]:
    """By detector, a subject of the run whose instrument or account is the token."""
    told = lake.scan((lake.ledger.step_result(run.run_id, "raise_alerts") or {})["explanations"])
    likely = told.filter(pl.col("snapshot").str.contains(token, literal=True)).select("detector", "subject_id", "as_of_at", "snapshot")
    return {
        detector: subject
        for detector, subject, _, snapshot in likely.sort("as_of_at", "subject_id").collect().iter_rows()
        if measure_subject(Detector(detector), loads(snapshot))[1] == token
    }


def _snapshot(lake: Lake, run: Run, detector: Detector, subject: str) -> dict[str, Any]:
    """The subject's own row as the run knew it, nulls left out."""
    tables = tables_then(lake, run)
    interval = (instant(run.interval_from), instant(run.interval_to))
    rows = own_rows(detector, tables, pl.DataFrame({"subject_id": [subject]}), interval).collect()
    if not rows.height:
        raise OutsideFailure(f"{detector} {subject}: its row is not in the lake as run {run.run_id} knew it; restore the home folder")
    return {name: value for name, value in rows.row(0, named=True).items() if value is not None}


def _rebuilt(lake: Lake, settings: Settings, found: Scored) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Features and score made again and held against what was kept; and the reasons."""
    run, detector, decision = found.run, found.detector, found.decision
    subject, moment = decision["subject_id"], decision["as_of_at"]
    features = lake.ledger.step_result(run.run_id, "build_features") or {}
    kept_rows = lake.read(features["files"][detector.value])
    mine = (pl.col("subject_id") == subject) & (pl.col("as_of_at") == moment)
    kept = kept_rows.filter(mine)
    names = features["names"][detector.value]
    model = scoring.model_of(lake.home, run, detector, kept_rows, names)
    tables = tables_then(lake, run)
    contract = INBOUND[detector.table]
    subjects = tables[detector.table].filter(pl.col(contract.key[0]) == subject).collect(engine="streaming")
    as_of = None if detector is Detector.PAYMENTS else pl.Series([moment], dtype=pl.Datetime("us", "UTC"))
    again = feature_table(detector, tables, subjects, as_of, settings_then(settings, run)).rows
    differing = [name for name in names if name not in again.columns or not again[name].equals(kept[name], null_equal=True)]
    scores = scoring.score(model, again if not differing else kept)
    made = scores.row(0, named=True)
    told = {
        "features": not differing,
        "differing": differing,
        **{name: made[name] == decision[name] for name in ("score", "probability")},
        "values": {name: kept[name][0] for name in model.feature_names if name in kept.columns},
    }
    missing = [name for name in model.feature_names if name not in kept.columns]
    frame = kept.with_columns(*(pl.lit(None, pl.Float64).alias(name) for name in missing)).to_pandas()
    return told, model.explain(frame)[0]


def _feeds(settings: Settings, ledger: Ledger, acted_upon: tuple[str, str]) -> Iterator[dict[str, Any]]:
    """Every record of a feed about whom was acted upon, oldest first; feeds that are not what was published are named."""
    query = sa.select(FEEDS.c.feed_seq, FEEDS.c.path, FEEDS.c.manifest).order_by(FEEDS.c.feed_seq)
    with ledger.engine.connect() as connection:
        published = list(connection.execute(query))
    for seq, path, manifest in published:
        file = settings.home / path / JSONL_NAME
        try:
            content = file.read_bytes()
        except OSError as error:
            raise OutsideFailure(f"{file}: cannot be read ({error.strerror}); restore the home folder from its backup") from None
        if hashlib.sha256(content).hexdigest() != loads(manifest)["content_sha256"]:
            raise DataIsWrong(f"{file}: it is not what was published; restore the home folder from its backup")
        for line in content.splitlines():
            if acted_upon[1].encode() in line:
                record = loads(line.decode())
                if (record["subject_kind"], record["subject_token"]) == acted_upon:
                    yield {"feed_seq": seq, "path": path, "record": record}


def _told(case: dict[str, Any]) -> dict[str, Any]:
    """Of a case what answers for it: how it stands, how it ended, who did what."""
    events = [{name: event[name] for name in ("at", "actor", "role", "event", "to_status")} for event in case["events"]]
    decision = case["decision"] or {}
    return {
        **{name: case[name] for name in ("case_id", "case_type", "status", "close_code", "opened_at", "closed_at")},
        "decided": {name: decision[name] for name in ("maker", "checker", "reasons") if name in decision},
        "events": events,
    }


def timeline(told: dict[str, Any]) -> list[tuple[datetime, str]]:
    """What happened about the subject, in order of time, in words."""
    decision, subject = told["decision"], told["subject"]
    moments: list[tuple[datetime, str]] = [
        (decision["event_at"], f"{subject['kind']} {subject['id']} happened"),
        (instant(told["run"]["moment"]), f"run {told['run']['run_id']} decided {decision['action']} by {decision['policy_rule']}"),
    ]
    for feed in told["feeds"]:
        record = feed["record"]
        words = f"feed {feed['feed_seq']}: {record['action']}, until {record['valid_until']}"
        moments.append((instant(record["valid_from"]), words + (", takes an earlier action back" if record["action"] == "allow" else "")))
    for case in told["cases"]:
        moments += [(instant(event["at"]), f"case {case['case_id']}: {event['event']} by {event['actor']}") for event in case["events"]]
    for label in told["labels"]:
        found = "fraud" if label["is_fraud"] else "honest"
        moments.append((label["available_at"], f"label: {found}, said by {label['source'] or 'the provider'}"))
    return sorted(((moment.astimezone(UTC), words) for moment, words in moments), key=lambda entry: entry[0])
