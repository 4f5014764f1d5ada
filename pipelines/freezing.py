"""Freezing: everything that could change a run's result, written down before anything is computed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

import fairdeal
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import champions, labelling, publishing
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import BATCHES, Run
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.tables import RESCORED_DAYS, Tables, known_tables
from fairdeal.pipelines.workplace import Workplace, instant


def knowledge(place: Workplace, end: datetime) -> str:
    """Digest of everything that could make an interval's result another one."""
    with place.ledger.engine.connect() as connection:
        batches = batches_before(place, connection, end)
    state = {**state_then(place), **desk_then(place, end)}
    return _digest(place, batches, state, place.cases().verdicts(0))


def cases_then(place: Workplace, run: Run) -> dict[str, Any]:
    services = place.cases()
    verdicts = services.verdicts(0)
    oldest = (instant(run.interval_from) - timedelta(days=RESCORED_DAYS)).isoformat()
    return {
        "open_cases": services.open_snapshot(),
        "judged": sorted({(row["subject_kind"], row["subject_id"]) for row in verdicts if str(row["event_at"]) >= oldest}),
        "verdicts": verdicts,
        "measured_minutes": services.measured_minutes(),
        "audit_head": services.audit_head(),
    }


def desk_then(place: Workplace, end: datetime) -> dict[str, Any]:
    """What people arranged for whoever looks at an interval's alerts: they work on the day that begins when it ends."""
    services = place.cases()
    desk = place.settings.desk
    return {
        "staffing": services.staffing_for(end.astimezone(place.settings.zone).date()),
        "trust": {"known": services.trusted(), "ceiling": desk.trust_ceiling, "looks": desk.trust_looks},
    }


def state_then(place: Workplace) -> dict[str, Any]:
    chosen = {detector.value: champions.choose(place, detector) for detector in Detector}
    return {
        "previous_feed": publishing.latest(place.ledger),
        "brake_history": publishing.history(place.ledger),
        "champions": {name: found.champion for name, found in chosen.items()},
        "challengers": {detector.value: champions.challenger(place, detector) for detector in Detector},  # decide nothing: no knowledge
        "stand_ins": [found.trouble for found in chosen.values() if found.trouble is not None],
        "settings": place.settings.model_dump(
            include=dict.fromkeys(("time_zone", "capacity", "policy", "loss"), True) | {"train": {"seed"}}
        ),
        "code_version": fairdeal.__version__,
        "last_label": labelling.last_label(place.ledger),
    }


def inputs(place: Workplace, run: Run, mark: int, batches: list[str], then: dict[str, Any]) -> dict[str, Any]:
    previous, verdicts = then["previous_feed"], then["verdicts"]
    moments = [instant(run.interval_to), *(instant(str(verdict["closed_at"])) for verdict in verdicts)]
    moments += [instant(entry["since"]) for entry in then["trust"]["known"]]
    if previous is not None:
        moments.append(instant(previous["generated_at"]))
    published = previous["verdict_seq"] if previous is not None else 0
    return {
        **then,
        "watermark": mark,
        "knowledge": _digest(place, batches, then, verdicts),
        # What a second look teaches changes no measure: the case stays as it was decided.
        "verdicts": [verdict for verdict in verdicts if verdict["seq"] > published and not verdict.get("second_look")],
        "verdict_seq": verdicts[-1]["seq"] if verdicts else 0,
        "moment": max(moments).astimezone(UTC).isoformat(),
        "data_version": hashlib.sha256(dumps([run.source, run.interval_from, run.interval_to, batches]).encode()).hexdigest()[:16],
    }


def _digest(place: Workplace, batches: list[str], state: dict[str, Any], verdicts: list[dict[str, Any]]) -> str:
    last = verdicts[-1]["seq"] if verdicts else 0
    known = [
        batches,
        state["champions"],
        bool(state["stand_ins"]),
        last,
        state["settings"],
        place.mapping.sha256,
        state["staffing"]["hours"],
    ]
    return hashlib.sha256(dumps(known).encode()).hexdigest()


def batches_before(place: Workplace, connection: sa.Connection, end: datetime) -> list[str]:
    """The batches that hold something known before ``end``, or something that only describes."""
    known = sa.or_(BATCHES.c.first_known_s.is_(None), BATCHES.c.first_known_s < int(end.timestamp()))
    query = sa.select(BATCHES.c.batch_id).where(BATCHES.c.source == place.mapping.name, known).order_by(BATCHES.c.seq)
    return list(connection.execute(query).scalars())


def frozen(run: Run) -> dict[str, Any]:
    """A run's frozen inputs."""
    if run.frozen is None:
        raise WrongUse(f"run {run.run_id}: its inputs are not frozen yet; the step `ingest` freezes them; run the steps in order")
    return run.frozen


def as_frozen(place: Workplace, run: Run) -> Workplace:
    """The workplace with the settings that the run froze; what was changed since is for the next run."""
    return place if run.frozen is None else replace(place, settings=settings_then(place.settings, run))


def tables_then(lake: Lake, run: Run) -> Tables:
    """Every table as the run knew it."""
    then = frozen(run)
    return known_tables(
        lake,
        run.source,
        watermark=then["watermark"],
        known_before=instant(run.interval_to),
        since=instant(run.interval_from),
        labels_until=then["last_label"],
    )


def settings_then(settings: Settings, run: Run) -> Settings:
    """Settings with those in place that a run froze."""
    then = frozen(run)["settings"]
    return settings.model_copy(update={**then, "train": settings.train.model_copy(update=then["train"])})
