"""The steps of a run: what each reads of what was frozen and of what earlier steps left, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import (
    alerting,
    deciding,
    freezing,
    ingest,
    labelling,
    publishing,
    reason_feedback,
    scoring,
    shadowing,
    trusting,
    upstream,
)
from fairdeal.pipelines.freezing import frozen, tables_then
from fairdeal.pipelines.lake import LakeFile
from fairdeal.pipelines.ledger import BATCHES, Run
from fairdeal.pipelines.tables import feature_table, interval_subjects
from fairdeal.pipelines.workplace import Workplace, instant

Entry = Callable[[sa.Connection], None]


def _nothing(tx: sa.Connection) -> None:
    return None


def _collect_labels(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    services = place.cases()
    labels = labelling.collect(place.ledger, services.verdicts(labelling.last_verdict(place.ledger)))
    marks = reason_feedback.collect(place.ledger, services.reason_marks(reason_feedback.last_mark(place.ledger)))
    return {"labels": labels, "reason_marks": marks}, _nothing


def _ingest(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    end = instant(run.interval_to)
    delivery = ingest.take_in(place.mapping, place.lake, until=end, progress=place.progress)
    report = delivery.report if delivery is not None else {"files": [], "tables": {}, "absent": []}
    if delivery is not None:
        ingest.refuse_over_limit(place.lake, place.mapping.name, delivery)
    frozen_then = {**freezing.cases_then(place, run), **freezing.state_then(place), **freezing.desk_then(place, end)}

    def enter(tx: sa.Connection) -> None:
        if delivery is not None:
            ingest.commit(tx, place.mapping, delivery)
        mark = tx.execute(sa.select(sa.func.coalesce(sa.func.max(BATCHES.c.seq), 0)).where(BATCHES.c.source == place.mapping.name)).scalar()
        place.ledger.freeze(
            tx, run.run_id, freezing.inputs(place, run, int(mark or 0), freezing.batches_before(place, tx, end), frozen_then)
        )

    return report, enter


def _place(run: Run, name: str) -> str:
    return f"runs/{run.interval_to[:10]}/{run.run_id}/{name}"


def _file(file: LakeFile) -> dict[str, Any]:
    return {"path": file.path, "sha256": file.sha256, "rows": file.rows}


def _build_features(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    tables = tables_then(place.lake, run)
    result: dict[str, Any] = {"files": {}, "names": {}, "blind": []}
    blind: set[str] = set()
    for detector in Detector:
        subjects, as_of = interval_subjects(detector, tables, instant(run.interval_from), instant(run.interval_to))
        if not subjects.height:
            continue
        place.progress(f"features of {subjects.height} {detector.table}")
        table = feature_table(detector, tables, subjects, as_of, place.settings)
        result["files"][detector.value] = _file(place.lake.write(_place(run, f"{detector.value}-features"), table.rows))
        result["names"][detector.value] = list(table.names)
        blind |= set(table.blind)
    result["blind"] = sorted(blind)
    result["missing"] = upstream.missing(place, run, result["files"])
    return result, _nothing


def _score(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    features = place.ledger.step_result(run.run_id, "build_features") or {}
    result: dict[str, Any] = {"files": {}, "models": {}, "cold": [], "shadows": {}}
    for name, file in features["files"].items():
        detector = Detector(name)
        rows = place.lake.read(file)
        champion = frozen(run)["champions"][name]
        if champion is None:
            place.progress(f"{detector}: no champion yet; scoring by what is unusual, without probabilities")
        model = scoring.model_of(place.home, run, detector, rows, features["names"][name])
        gone = sorted(set(model.feature_names) - set(rows.columns))
        if gone:
            place.progress(f"{detector}: {model.model_version} reads what is no longer made ({', '.join(gone)}); it counts as not known")
        scores = scoring.score(model, rows)
        result["files"][name] = _file(place.lake.write(_place(run, f"{name}-scores"), scores))
        result["models"][name] = {
            "model_version": model.model_version,
            "calibrated": model.is_calibrated,
            "manifest_sha256": champion["manifest_sha256"] if champion else None,
        }
        if not model.is_calibrated:
            result["cold"].append(name)
        challenger = frozen(run).get("challengers", {}).get(name)
        if challenger is not None:
            shadow = shadowing.score(place, challenger, rows)
            result["shadows"][name] = (
                shadow if isinstance(shadow, str) else _file(place.lake.write(_place(run, f"{name}-shadow-scores"), shadow))
            )
    return result, _nothing


def _decide(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    scores = place.ledger.step_result(run.run_id, "score") or {}
    tables = tables_then(place.lake, run)
    currency = deciding.platform_currency(tables, instant(run.interval_from), instant(run.interval_to))
    result: dict[str, Any] = {"files": {}, "actions": {}, "shadows": {}, "trusted": None}
    interval, moment = (instant(run.interval_from), instant(run.interval_to)), instant(frozen(run)["moment"])
    trust, trusted = frozen(run).get("trust"), [pl.DataFrame(schema=trusting.TRUSTED)]

    def decided(name: str, file: dict[str, Any]) -> pl.DataFrame:
        return deciding.decide(
            Detector(name),
            place.lake.read(file),
            tables,
            interval,
            settings=frozen(run)["settings"],
            moment=moment,
            currency=currency,
        )

    for name, file in scores["files"].items():
        decisions = decided(name, file)
        shadow = scores.get("shadows", {}).get(name)  # a step done by an earlier version has none
        if shadow is not None:
            result["shadows"][name] = (
                {"trouble": shadow} if isinstance(shadow, str) else shadowing.differences(decisions, decided(name, shadow))
            )
        if trust is not None and trust["known"]:  # a run frozen by an earlier version knows of no trust
            some = trusting.trusted_rows(Detector(name), decisions, tables, interval, trust=trust, moment=moment)
            decisions = trusting.eased(Detector(name), decisions, some, policy=frozen(run)["settings"]["policy"], moment=moment)
            trusted.append(some)
        result["files"][name] = _file(place.lake.write(_place(run, f"{name}-decisions"), decisions))
        result["actions"][name] = dict(sorted(decisions.group_by("action").len().iter_rows()))
    if any(some.height for some in trusted):
        result["trusted"] = _file(place.lake.write(_place(run, "trusted"), pl.concat(trusted)))
    return result, _nothing


def _raise_alerts(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    decided = place.ledger.step_result(run.run_id, "decide") or {}
    features = place.ledger.step_result(run.run_id, "build_features") or {}
    alerts, explanations, night = alerting.raise_alerts(
        place,
        run,
        decisions={name: place.lake.scan(file) for name, file in decided["files"].items()},
        features=features,
        tables=tables_then(place.lake, run),
        trusted=place.lake.read(decided["trusted"]) if decided.get("trusted") else pl.DataFrame(schema=trusting.TRUSTED),
    )
    return {
        "alerts": _file(place.lake.write(_place(run, "alerts"), alerts)),
        "explanations": _file(place.lake.write(_place(run, "explanations"), explanations)),
        "count": alerts.height,
        "audit_sample": alerts.filter(pl.col("chosen_by") == "audit_sample").height,
        "unusual": alerts.filter(pl.col("chosen_by") == "unusual").height,
        "capacity": night,
    }, _nothing


def _open_cases(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    raised = place.ledger.step_result(run.run_id, "raise_alerts") or {}
    alerts = place.lake.read(raised["alerts"])
    moment = instant(frozen(run)["moment"])
    opened = place.cases().open_cases(alerts.to_dicts(), run_id=run.run_id, at=moment)
    kept = raised["capacity"].get("trusted", {})
    place.cases().note_suppressed(run.run_id, {int(entry): night for entry, night in kept.items()}, at=moment)
    joined = dict(opened.joined)
    return {
        "opened": len({joined[alert["alert_id"]] for alert in alerts.to_dicts()} - {case["case_id"] for case in frozen(run)["open_cases"]}),
        "joined": joined,
    }, _nothing


def _publish_feed(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    return publishing.publish_feed(place, run)


STEPS: dict[str, Callable[[Workplace, Run], tuple[dict[str, Any], Entry]]] = {
    "collect_labels": _collect_labels,
    "ingest": _ingest,
    "build_features": _build_features,
    "score": _score,
    "decide": _decide,
    "raise_alerts": _raise_alerts,
    "open_cases": _open_cases,
    "publish_feed": _publish_feed,
}
