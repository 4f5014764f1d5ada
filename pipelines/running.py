"""One run: an interval's way from files to feed, step by step, each step done once however often the run is killed.

The steps, in order: ``collect_labels ingest build_features score decide raise_alerts open_cases publish_feed``. A step reads what was
frozen and what earlier steps left, writes files that nobody looks at yet, and then enters them together with the fact that it is done,
in one transaction. So a killed run, started again, goes on where it was and ends in the same bytes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from fairdeal.models.capacity import capacity_from
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from
from fairdeal.pipelines import ingest, labelling, reason_feedback
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.freezing import as_frozen, knowledge
from fairdeal.pipelines.ingest import is_anything_new
from fairdeal.pipelines.ledger import Run, only_one
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.steps import STEPS
from fairdeal.pipelines.workplace import Progress, Workplace, open_workplace
from fairdeal.sources.mapping import Mapping


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
    if (
        runs
        and runs[-1].frozen is not None
        and runs[-1].frozen["knowledge"] == knowledge(place, end)
        and not is_anything_new(place.mapping, place.lake, until=end)
    ):
        return runs[-1], False
    revision = len(runs) + 1
    run_id = "R" + hashlib.sha256(dumps([source, *ends, revision]).encode()).hexdigest()[:16]
    run = Run(run_id, source, *ends, revision, "running", {"mapping_sha256": place.mapping.sha256}, None, None)
    place.ledger.start(run)
    return run, True


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
    result, enter = STEPS[name](as_frozen(place, run), run)
    result = {**result, "seconds": round(time.perf_counter() - began, 3)}
    reach(f"computed {name}")
    with place.ledger.transaction() as tx:
        enter(tx)
        reach(f"entered {name}")
        place.ledger.step_done(tx, run_id, name, result)
    reach(f"after {name}")
    place.progress(f"{name} done in {time.perf_counter() - began:.1f} s")
    return result


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
        "missing": [english for _, english in results["build_features"].get("missing", [])],
        "cold": results["score"]["cold"],
        "models": results["score"]["models"],
        "decisions": results["decide"]["actions"],
        "shadows": results["decide"].get("shadows", {}),
        "alerts": results["raise_alerts"]["count"],
        "audit_sample": results["raise_alerts"]["audit_sample"],
        "unusual": results["raise_alerts"].get("unusual", 0),
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
    """0 fine, empty files included · 1 a file was unreadable or partial · 3 promised files, or rows that came every day, are absent."""
    files = summary["files"]
    if files.get("unreadable") or files.get("partial"):
        return 1
    return 3 if summary["absent"] or summary["missing"] else 0


def read_up_to(place: Workplace, until: datetime) -> None:
    """Takes in what was not read yet and became known before ``until``, and the labels of closed cases, as training needs them."""
    with only_one(place.home, "run"):
        services = place.cases()
        labelling.collect(place.ledger, services.verdicts(labelling.last_verdict(place.ledger)))
        reason_feedback.collect(place.ledger, services.reason_marks(reason_feedback.last_mark(place.ledger)))
        delivery = ingest.take_in(place.mapping, place.lake, until=until, progress=place.progress)
        if delivery is None:
            return
        ingest.refuse_over_limit(place.lake, place.mapping.name, delivery)
        with place.ledger.transaction() as tx:
            ingest.commit(tx, place.mapping, delivery)


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
