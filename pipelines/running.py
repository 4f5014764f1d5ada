"""One run: an interval's way from files to feed, step by step, each step done once however often the run is killed.

The steps, in order: ``collect_labels ingest build_features score decide raise_alerts open_cases publish_feed``. A step reads what was
frozen and what earlier steps left, writes files that nobody looks at yet, and then enters them together with the fact that it is done,
in one transaction. So a killed run, started again, goes on where it was and ends in the same bytes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

import fairdeal
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.disputes import django_setup
from fairdeal.models.capacity import capacity_from
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from
from fairdeal.pipelines import alerting, deciding, ingest, labelling, publishing, registry, scoring
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.keys import FIRST_MOMENT, hashing_key, signer
from fairdeal.pipelines.lake import Lake, LakeFile
from fairdeal.pipelines.ledger import BATCHES, Ledger, Run, dumps, only_one
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.tables import RESCORED_DAYS, all_blind, feature_table, interval_subjects, known_tables
from fairdeal.sources.mapping import Mapping

STEPS = ("collect_labels", "ingest", "build_features", "score", "decide", "raise_alerts", "open_cases", "publish_feed")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Workplace:
    """What a run works with."""

    settings: Settings
    ledger: Ledger
    lake: Lake
    mapping: Mapping
    progress: Progress

    @property
    def home(self) -> Path:
        return self.settings.home

    def cases(self) -> Any:
        """The dispute queue's services, its database ready."""
        django_setup.configure(self.home, database_url=self.settings.database.disputes_url, time_zone=self.settings.time_zone)
        django_setup.migrate()
        from fairdeal.disputes import services

        return services


def open_workplace(settings: Settings, mapping: Mapping, progress: Progress) -> Workplace:
    """The ledger and lake of the home folder, made where they are not there yet."""
    ledger = Ledger(settings.ledger_url)
    hashing_key(settings.home)  # all keys are made at once, so that a copy of the home carries them
    for purpose in ("feed", "models"):
        signer(settings.home, purpose, since=FIRST_MOMENT)
    return Workplace(settings, ledger, Lake(settings.home, ledger), replace(mapping, memory_mb=settings.memory_mb), progress)


def instant(text: str) -> datetime:
    """An instant as the ledger writes it."""
    return datetime.fromisoformat(text)


def begin(place: Workplace, start: datetime, end: datetime) -> tuple[Run, bool]:
    """The run to carry on with for an interval, and whether there is anything to do.

    An unfinished run is carried on. A finished one stands, unless something became known since: unread files, rows that became known before
    the interval's end, cases decided, another champion, other settings. Then a new revision begins; the old one is never rewritten.
    """
    if end <= start:
        raise WrongUse(
            f"interval: found {start.isoformat()} to {end.isoformat()}; the end must be later than the beginning; swap or correct them"
        )
    source = place.mapping.name
    ends = _ends(start, end)
    runs = place.ledger.runs(source, ends)
    if runs and runs[-1].status == "running":
        place.progress(f"carrying on with run {runs[-1].run_id}")
        return runs[-1], True
    if runs and runs[-1].frozen is not None and runs[-1].frozen["knowledge"] == knowledge(place, end) and not _unread(place, end):
        return runs[-1], False
    revision = len(runs) + 1
    run_id = "R" + hashlib.sha256(dumps([source, *ends, revision]).encode()).hexdigest()[:16]
    run = Run(run_id, source, *ends, revision, "running", {"mapping_sha256": place.mapping.sha256}, None, None)
    place.ledger.start(run)
    return run, True


def _unread(place: Workplace, end: datetime) -> bool:
    delivery = ingest.take_in(place.mapping, place.lake, until=end, progress=lambda text: None)
    return delivery is not None and bool(delivery.files)


def watermark(ledger: Ledger, source: str) -> int:
    """Number of the last batch of a source; 0 before the first."""
    with ledger.engine.connect() as connection:
        return int(
            connection.execute(sa.select(sa.func.coalesce(sa.func.max(BATCHES.c.seq), 0)).where(BATCHES.c.source == source)).scalar() or 0
        )


def knowledge(place: Workplace, end: datetime) -> str:
    """Digest of everything that could make an interval's result another one."""
    with place.ledger.engine.connect() as connection:
        batches = _batches(place, connection, end)
    state = _frozen_state(place)
    return _digest(place, batches, state["champions"], place.cases().verdicts(0), state["settings"])


def _champion(place: Workplace, detector: Detector) -> dict[str, str] | None:
    found = registry.champion(place.home, detector)
    return None if found is None else found.as_dict()


@contextmanager
def at_work(place: Workplace, start: datetime, end: datetime) -> Iterator[tuple[Run, bool]]:
    """Holds the house for one run and gives it, and whether its steps are to be done.

    One run at a time: feeds follow each other without a gap. A run of another interval that was interrupted is brought to its end first.
    A run that is refused before its inputs were frozen leaves no trace; what was wrong can be mended and the command given again.
    """
    with only_one(place.home, "run"):
        for other in place.ledger.runs():
            if other.status == "running" and (other.source, other.interval_from, other.interval_to) != (
                place.mapping.name,
                *_ends(start, end),
            ):
                _bring_to_end(place, other)
        _refuse_unusable(place.settings)
        run, todo = begin(place, start, end)
        with _no_trace_unless_frozen(place, run):
            yield run, todo


@contextmanager
def _no_trace_unless_frozen(place: Workplace, run: Run) -> Iterator[None]:
    try:
        yield
    except Exception:
        place.ledger.discard_unfrozen(run.run_id)
        raise


def _refuse_unusable(settings: Settings) -> None:
    """Raises on settings that a later step would stumble over, before a run freezes them."""
    capacity_from(settings.capacity)
    policy_from(settings.policy)
    loss_table(settings.loss)


def _bring_to_end(place: Workplace, run: Run) -> None:
    if run.source != place.mapping.name:
        raise WrongUse(
            f"run {run.run_id} of source {run.source}, {run.interval_from} to {run.interval_to}: it was interrupted; "
            "feeds follow each other, so it comes first; run it again with its own mapping"
        )
    place.progress(f"bringing the interrupted run {run.run_id} to its end first")
    with _no_trace_unless_frozen(place, run):
        for name in STEPS:
            do_step(place, run.run_id, name)
        summarise(place, run)


def _ends(start: datetime, end: datetime) -> tuple[str, str]:
    return (start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat())


def do_step(place: Workplace, run_id: str, name: str) -> dict[str, Any]:
    """Does one step, or gives what it left when it was done before."""
    done = place.ledger.step_result(run_id, name)
    if done is not None:
        return done
    run = place.ledger.run(run_id)
    began = time.perf_counter()
    reach(f"before {name}")
    result, enter = _STEPS[name](as_frozen(place, run), run)
    result = {**result, "seconds": round(time.perf_counter() - began, 3)}
    reach(f"computed {name}")
    with place.ledger.transaction() as tx:
        enter(tx)
        reach(f"entered {name}")
        place.ledger.step_done(tx, run_id, name, result)
    reach(f"after {name}")
    place.progress(f"{name} done in {time.perf_counter() - began:.1f} s")
    return result


Entry = Callable[[sa.Connection], None]


def _nothing(tx: sa.Connection) -> None:
    return None


def _collect_labels(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    verdicts = place.cases().verdicts(labelling.last_verdict(place.ledger))
    return {"labels": labelling.collect(place.ledger, verdicts)}, _nothing


def _ingest(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    end = instant(run.interval_to)
    delivery = ingest.take_in(place.mapping, place.lake, until=end, progress=place.progress)
    report = delivery.report if delivery is not None else {"files": [], "tables": {}, "absent": []}
    if delivery is None or not delivery.files:
        written: dict[str, LakeFile] = {}
    else:
        ingest.refuse_over_limit(delivery)
        written = ingest.write(delivery, place.lake)
    frozen_then = {**_frozen_cases(place, run), **_frozen_state(place)}

    def enter(tx: sa.Connection) -> None:
        if delivery is not None:
            ingest.commit(tx, place.mapping, delivery, written)
        mark = tx.execute(sa.select(sa.func.coalesce(sa.func.max(BATCHES.c.seq), 0)).where(BATCHES.c.source == place.mapping.name)).scalar()
        place.ledger.freeze(tx, run.run_id, _frozen(place, run, int(mark or 0), _batches(place, tx, end), frozen_then))

    return report, enter


def _frozen_cases(place: Workplace, run: Run) -> dict[str, Any]:
    services = place.cases()
    verdicts = services.verdicts(0)
    oldest = (instant(run.interval_from) - timedelta(days=RESCORED_DAYS)).isoformat()
    return {
        "open_cases": services.open_snapshot(),
        "judged": sorted({(row["subject_kind"], row["subject_id"]) for row in verdicts if str(row["event_at"]) >= oldest}),
        "verdicts": verdicts,
        "measured_minutes": services.measured_minutes(),
        "audit_head": {"count": len(verdicts), "hash": hashlib.sha256(dumps(verdicts).encode()).hexdigest()},
    }


def _frozen_state(place: Workplace) -> dict[str, Any]:
    return {
        "previous_feed": publishing.latest(place.ledger),
        "brake_history": publishing.history(place.ledger),
        "champions": {detector.value: _champion(place, detector) for detector in Detector},
        "settings": place.settings.model_dump(
            include=dict.fromkeys(("time_zone", "capacity", "policy", "loss"), True) | {"train": {"seed"}}
        ),
        "code_version": fairdeal.__version__,
        "last_label": labelling.last_label(place.ledger),
    }


def _frozen(place: Workplace, run: Run, mark: int, batches: list[str], then: dict[str, Any]) -> dict[str, Any]:
    previous, verdicts = then["previous_feed"], then["verdicts"]
    moments = [instant(run.interval_to), *(instant(str(verdict["closed_at"])) for verdict in verdicts)]
    if previous is not None:
        moments.append(instant(previous["generated_at"]))
    published = previous["verdict_seq"] if previous is not None else 0
    return {
        **then,
        "watermark": mark,
        "knowledge": _digest(place, batches, then["champions"], verdicts, then["settings"]),
        "verdicts": [verdict for verdict in verdicts if verdict["seq"] > published],
        "verdict_seq": verdicts[-1]["seq"] if verdicts else 0,
        "moment": max(moments).astimezone(UTC).isoformat(),
        "data_version": hashlib.sha256(dumps([run.source, run.interval_from, run.interval_to, batches]).encode()).hexdigest()[:16],
    }


def _digest(
    place: Workplace, batches: list[str], champions: dict[str, Any], verdicts: list[dict[str, Any]], settings: dict[str, Any]
) -> str:
    return hashlib.sha256(
        dumps([batches, champions, verdicts[-1]["seq"] if verdicts else 0, settings, place.mapping.sha256]).encode()
    ).hexdigest()


def _batches(place: Workplace, connection: sa.Connection, end: datetime) -> list[str]:
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
    if run.frozen is None:
        return place
    then = run.frozen["settings"]
    train = place.settings.train.model_copy(update=then["train"])
    return replace(place, settings=place.settings.model_copy(update={**then, "train": train}))


def _tables(place: Workplace, run: Run) -> dict[str, pl.DataFrame]:
    return known_tables(
        place.lake,
        run.source,
        watermark=frozen(run)["watermark"],
        known_before=instant(run.interval_to),
        since=instant(run.interval_from),
        labels_until=frozen(run)["last_label"],
    )


def _place(run: Run, name: str) -> str:
    return f"runs/{run.interval_to[:10]}/{run.run_id}/{name}"


def _file(file: LakeFile) -> dict[str, Any]:
    return {"path": file.path, "sha256": file.sha256, "rows": file.rows}


def _build_features(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    tables = _tables(place, run)
    result: dict[str, Any] = {"files": {}, "names": {}, "blind": []}
    made = []
    for detector in Detector:
        subjects, as_of = interval_subjects(detector, tables, instant(run.interval_from), instant(run.interval_to))
        if not subjects.height:
            continue
        place.progress(f"features of {subjects.height} {detector.table}")
        table = feature_table(detector, tables, subjects, as_of, place.settings)
        result["files"][detector.value] = _file(place.lake.write(_place(run, f"{detector.value}-features"), table.rows))
        result["names"][detector.value] = list(table.names)
        made.append(table)
    result["blind"] = all_blind(made)
    return result, _nothing


def _score(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    features = place.ledger.step_result(run.run_id, "build_features") or {}
    result: dict[str, Any] = {"files": {}, "models": {}, "cold": []}
    for name, file in features["files"].items():
        detector = Detector(name)
        rows = place.lake.read(file)
        champion = frozen(run)["champions"][name]
        model = (
            registry.load(place.home, champion)
            if champion is not None
            else scoring.cold_model(place, run, detector, rows, features["names"][name])
        )
        scores = scoring.score(model, rows)
        result["files"][name] = _file(place.lake.write(_place(run, f"{name}-scores"), scores))
        result["models"][name] = {
            "model_version": model.model_version,
            "calibrated": model.is_calibrated,
            "manifest_sha256": champion["manifest_sha256"] if champion else None,
        }
        if not model.is_calibrated:
            result["cold"].append(name)
    return result, _nothing


def _decide(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    scores = place.ledger.step_result(run.run_id, "score") or {}
    tables = _tables(place, run)
    currency = deciding.platform_currency(tables)
    result: dict[str, Any] = {"files": {}, "actions": {}}
    for name, file in scores["files"].items():
        decisions = deciding.decide(
            Detector(name),
            place.lake.read(file),
            tables[INBOUND[Detector(name).table].name],
            settings=frozen(run)["settings"],
            moment=instant(frozen(run)["moment"]),
            currency=currency,
        )
        result["files"][name] = _file(place.lake.write(_place(run, f"{name}-decisions"), decisions))
        result["actions"][name] = dict(sorted(decisions.group_by("action").len().iter_rows()))
    return result, _nothing


def _raise_alerts(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    decided = place.ledger.step_result(run.run_id, "decide") or {}
    features = place.ledger.step_result(run.run_id, "build_features") or {}
    alerts, explanations, night = alerting.raise_alerts(
        place,
        run,
        decisions={name: place.lake.read(file) for name, file in decided["files"].items()},
        features={name: place.lake.read(file) for name, file in features["files"].items()},
        names=features["names"],
        tables=_tables(place, run),
    )
    return {
        "alerts": _file(place.lake.write(_place(run, "alerts"), alerts)),
        "explanations": _file(place.lake.write(_place(run, "explanations"), explanations)),
        "count": alerts.height,
        "audit_sample": alerts.filter(pl.col("chosen_by") == "audit_sample").height,
        "capacity": night,
    }, _nothing


def _open_cases(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    raised = place.ledger.step_result(run.run_id, "raise_alerts") or {}
    alerts = place.lake.read(raised["alerts"])
    opened = place.cases().open_cases(alerts.to_dicts(), run_id=run.run_id, at=instant(frozen(run)["moment"]))
    joined = dict(opened.joined)
    return {
        "opened": len({joined[alert["alert_id"]] for alert in alerts.to_dicts()} - {case["case_id"] for case in frozen(run)["open_cases"]}),
        "joined": joined,
    }, _nothing


def _publish_feed(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    return publishing.publish_feed(place, run)


_STEPS: dict[str, Callable[[Workplace, Run], tuple[dict[str, Any], Entry]]] = {
    "collect_labels": _collect_labels,
    "ingest": _ingest,
    "build_features": _build_features,
    "score": _score,
    "decide": _decide,
    "raise_alerts": _raise_alerts,
    "open_cases": _open_cases,
    "publish_feed": _publish_feed,
}


def summarise(place: Workplace, run: Run) -> dict[str, Any]:
    """What `fairdeal run --json` prints; the first time it also marks the run as done."""
    run = place.ledger.run(run.run_id)
    if run.summary is not None:
        return run.summary
    results = {name: place.ledger.step_result(run.run_id, name) or {} for name in STEPS}
    tables = results["ingest"]["tables"]
    statuses = [(file["path"], file["status"]) for file in results["ingest"]["files"]]
    summary = {
        "run_id": run.run_id,
        "source": run.source,
        "interval": [run.interval_from, run.interval_to],
        "revision": run.revision,
        "rows_in": {name: table["rows_in"] for name, table in tables.items()},
        "accepted": {name: table["accepted"] for name, table in tables.items()},
        "quarantined": {name: table["quarantined"] for name, table in tables.items()},
        "files": {
            status: sorted(path for path, found in statuses if found == status) for status in sorted({found for _, found in statuses})
        },
        "absent": results["ingest"]["absent"],
        "blind": results["build_features"]["blind"],
        "cold": results["score"]["cold"],
        "models": results["score"]["models"],
        "decisions": results["decide"]["actions"],
        "alerts": results["raise_alerts"]["count"],
        "audit_sample": results["raise_alerts"]["audit_sample"],
        "capacity": results["raise_alerts"]["capacity"],
        "cases_opened": results["open_cases"]["opened"],
        "labels_collected": results["collect_labels"]["labels"],
        "feed": results["publish_feed"]["feed"],
        "degraded": results["publish_feed"]["degraded"],
        "seconds": round(sum(result.get("seconds", 0.0) for result in results.values()), 3),
    }
    place.ledger.finish(run.run_id, summary)
    return summary


def exit_code(summary: dict[str, Any]) -> int:
    """0 fine, empty files included · 1 a file was unreadable or partial · 3 files that the source promises are absent."""
    files = summary["files"]
    if files.get("unreadable") or files.get("partial"):
        return 1
    return 3 if summary["absent"] else 0


def read_up_to(place: Workplace, until: datetime) -> None:
    """Takes in what was not read yet and became known before ``until``, and the labels of closed cases, as training needs them."""
    with only_one(place.home, "run"):
        labelling.collect(place.ledger, place.cases().verdicts(labelling.last_verdict(place.ledger)))
        delivery = ingest.take_in(place.mapping, place.lake, until=until, progress=place.progress)
        if delivery is None:
            return
        written: dict[str, LakeFile] = {}
        if delivery.files:
            ingest.refuse_over_limit(delivery)
            written = ingest.write(delivery, place.lake)
        with place.ledger.transaction() as tx:
            ingest.commit(tx, place.mapping, delivery, written)


def run_interval(settings: Settings, mapping: Mapping, start: datetime, end: datetime, progress: Progress) -> dict[str, Any]:
    """Runs an interval to its end by the ledger's steps alone, without Prefect; gives the summary."""
    place = open_workplace(settings, mapping, progress)
    try:
        with at_work(place, start, end) as (run, todo):
            if todo:
                for name in STEPS:
                    do_step(place, run.run_id, name)
            return summarise(place, run)
    finally:
        place.ledger.close()
