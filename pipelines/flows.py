"""The flows: the story of a day as Prefect runs it, one coarse task per step.

A task names a run and a step; what it does lies in `pipelines.running`, and what it did lies in the ledger, so that a flow can be killed
and run again at any point, with or without Prefect's own state.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import running, training
from fairdeal.pipelines.errors import FairdealError, OutsideFailure
from fairdeal.pipelines.notifying import notify
from fairdeal.pipelines.prefect_server import hush
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import tell
from fairdeal.pipelines.workplace import Workplace, open_workplace, watermark
from fairdeal.sources.mapping import load_mapping

hush()

#: Where a database, a disk or a server may fail for a moment.
RETRIES: dict[str, Any] = {"retries": 2, "retry_delay_seconds": 2}


def _retry(task: Any, run: Any, state: Any) -> bool:
    """Tries again after a failure of the outside only: wrong data stays wrong."""
    try:
        state.result()
    except OutsideFailure:
        return True
    except FairdealError:
        return False
    except Exception as error:
        return isinstance(error, OSError)
    return False


def _workplace(config: str | None, source: str, data: str | None) -> Workplace:
    settings = load_settings(Path(config) if config else None)
    return open_workplace(settings, load_mapping(Path(source), Path(data) if data else None), tell)


def _step(name: str, run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    place = _workplace(config, source, data)
    try:
        return running.do_step(place, run_id, name)
    finally:
        place.ledger.close()


@task(retry_condition_fn=_retry, **RETRIES)
def collect_labels(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """Verdicts of closed cases into the labels ledger."""
    return _step("collect_labels", run_id, config, source, data)


@task(retry_condition_fn=_retry, **RETRIES)
def ingest(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """New files into accepted and quarantined rows; freezes the run's inputs."""
    return _step("ingest", run_id, config, source, data)


@task
def build_features(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """What was known about each subject at its moment."""
    return _step("build_features", run_id, config, source, data)


@task(retry_condition_fn=_retry, **RETRIES)
def score(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """Every subject's score by the frozen champion."""
    return _step("score", run_id, config, source, data)


@task
def decide(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """Every subject's action by the written policy."""
    return _step("decide", run_id, config, source, data)


@task
def raise_alerts(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """What people look at tonight."""
    return _step("raise_alerts", run_id, config, source, data)


@task(retry_condition_fn=_retry, **RETRIES)
def open_cases(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """Alerts into the dispute queue, grouped into cases."""
    return _step("open_cases", run_id, config, source, data)


@task(retry_condition_fn=_retry, **RETRIES)
def publish_feed(run_id: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """The signed feed, whole or not at all."""
    return _step("publish_feed", run_id, config, source, data)


TASKS = (collect_labels, ingest, build_features, score, decide, raise_alerts, open_cases, publish_feed)


def call_someone(flow: Any, flow_run: Any, state: Any) -> None:
    """What Prefect does when a flow failed or crashed: the webhook of the settings is told which, and why."""
    settings = load_settings(_config_of(flow_run))
    notify(settings, "run_failed", f"The flow {flow.name} failed: {state.message}", parameters=str(flow_run.parameters))


def _config_of(run: Any) -> Path | None:
    config = run.parameters.get("config")
    return Path(config) if config else None


@flow(name="daily", on_failure=[call_someone], on_crashed=[call_someone])
def daily(start: str, end: str, source: str, data: str | None = None, config: str | None = None) -> dict[str, Any]:
    """One interval from files to feed.

    Parameters
    ----------
    start, end
        ISO instants; the interval holds ``start`` and not ``end``.
    source
        Path of the mapping file.
    data
        Folder that the mapping's paths are relative to, when it is not the mapping's own.
    config
        Path of the settings file.

    Returns
    -------
    dict
        What ``fairdeal run --json`` prints.
    """
    place = _workplace(config, source, data)
    try:
        with running.at_work(place, datetime.fromisoformat(start), datetime.fromisoformat(end)) as (run, todo):
            if todo:
                for step in TASKS:
                    step(run.run_id, config, source, data)
            summary = running.summarise(place, run)
    finally:
        place.ledger.close()
    if summary["degraded"] and todo:
        notify(place.settings, "feed_degraded", summary["degraded"], run_id=summary["run_id"])
    create_markdown_artifact(key="daily-summary", markdown=_markdown(summary), description=f"{summary['source']} {summary['interval'][1]}")
    return summary


@task
def train_detector(detector: str, until: str, config: str | None, source: str, data: str | None) -> dict[str, Any]:
    """One detector from what was known at a moment; the first is champion, a later one challenger."""
    place = _workplace(config, source, data)
    try:
        return training.train_and_register(
            Detector(detector),
            place.lake,
            place.mapping.name,
            watermark=watermark(place.ledger, place.mapping.name),
            until=datetime.fromisoformat(until),
            settings=place.settings,
            progress=tell,
            names_honest=place.mapping.names_honest(Detector(detector).table),
        )
    finally:
        place.ledger.close()


@flow(name="train", on_failure=[call_someone], on_crashed=[call_someone])
def train(detectors: list[str], until: str, source: str, data: str | None = None, config: str | None = None) -> list[dict[str, Any]]:
    """Reads what was not read yet up to ``until``, then trains each detector: its first model is champion, a later one challenger."""
    place = _workplace(config, source, data)
    try:
        running.read_up_to(place, datetime.fromisoformat(until))
        results = [train_detector(detector, until, config, source, data) for detector in detectors]
    finally:
        place.ledger.close()
    rows = "\n".join(
        f"| {r['detector']} | {r['model_version']} | {r['rows']} | {r['positives']} | {r['ap']} | {r['auc']} |" for r in results
    )
    create_markdown_artifact(
        key="training-summary", markdown=f"| detector | model | rows | positives | AP | AUC |\n|---|---|---|---|---|---|\n{rows}"
    )
    return results


def _markdown(summary: dict[str, Any]) -> str:
    tables = "\n".join(
        f"| {name} | {rows} | {summary['accepted'][name]} | {summary['quarantined'][name]} |"
        for name, rows in sorted(summary["rows_in"].items())
    )
    actions = "\n".join(f"| {name} | {counts} |" for name, counts in summary["decisions"].items())
    return (
        f"# {summary['source']} {summary['interval'][0]} – {summary['interval'][1]}\n\n"
        f"| table | rows in | accepted | quarantined |\n|---|---|---|---|\n{tables}\n\n"
        f"| detector | decisions |\n|---|---|\n{actions}\n\nAlerts: {summary['alerts']}, cases opened: {summary['cases_opened']}, "
        f"feed rows: {summary['feed']['rows']} ({summary['feed']['sha256'][:12]}…)\n"
    )
