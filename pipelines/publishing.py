"""Publishing: the day's measures, lifts and what still stands become one signed feed, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from fairdeal.control_center.brake import apply_brake
from fairdeal.control_center.composing import compose
from fairdeal.control_center.manifest import build_manifest, manifest_sha256, render_manifest, sign_manifest
from fairdeal.control_center.measures import Lift, Measure
from fairdeal.control_center.publishing import CSV_NAME, JSONL_NAME, MANIFEST_NAME, publish
from fairdeal.control_center.rendering import render_csv, render_jsonl
from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.confirmed import CONFIRMED_DAYS, acted_upon, confirmed_action
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.deciding import RECONCILED
from fairdeal.pipelines.alerting import reasons_of
from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure
from fairdeal.pipelines.keys import FIRST_MOMENT, signer
from fairdeal.pipelines.ledger import FEEDS, Ledger
from fairdeal.pipelines.tokens import measure_subject

if TYPE_CHECKING:
    from fairdeal.pipelines.ledger import Run
    from fairdeal.pipelines.steps import Entry
    from fairdeal.pipelines.workplace import Workplace

#: A consumer stops trusting a feed that is older than this.
TRUSTED_HOURS = 48
CLEARED = {
    "code": "CASE_CLEARED",
    "value": None,
    "norm": None,
    "text_zh": "经人工核查，未发现问题，措施解除",
    "text_en": "A person looked and found nothing wrong; the measure is lifted",
}
RESCORED = {
    "code": "SCORED_AGAIN",
    "value": None,
    "norm": None,
    "text_zh": "获知新情况后重新评分，措施不再需要",
    "text_en": "Scored again with what became known since; the measure is no longer needed",
}
CONFIRMED = {
    "code": "CASE_CONFIRMED",
    "value": None,
    "norm": None,
    "text_zh": "经人工核查确认",
    "text_en": "A person looked and confirmed it",
}


def latest(ledger: Ledger) -> dict[str, Any] | None:
    """The last published feed, as a run freezes it; None before the first."""
    with ledger.engine.connect() as connection:
        row = connection.execute(sa.select(FEEDS).order_by(FEEDS.c.feed_seq.desc()).limit(1)).mappings().first()
        if row is None:
            return None
        run = ledger.run(row["run_id"])
    manifest = loads(row["manifest"])
    return {
        "feed_seq": row["feed_seq"],
        "day": row["day"],
        "revision": row["revision"],
        "path": row["path"],
        "manifest_sha256": row["manifest_sha256"],
        "generated_at": manifest["generated_at"],
        "content_sha256": manifest["content_sha256"],
        "verdict_seq": (run.frozen or {}).get("verdict_seq", 0),
    }


def history(ledger: Ledger, most: int = 28) -> list[dict[str, Any]]:
    """Manifests of the last feeds, oldest first, cut to what the volume brake reads."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(sa.select(FEEDS.c.manifest).order_by(FEEDS.c.feed_seq.desc()).limit(most)).scalars().all()
    wanted = ("feed_seq", "by_action", "money_by_action_and_currency", "degraded")
    return [{name: manifest[name] for name in wanted} for manifest in map(loads, reversed(rows))]


def measures(
    decisions: dict[str, pl.DataFrame],
    explanations: pl.DataFrame,
    cases: dict[tuple[str, str], str],
    verdicts: list[dict[str, Any]],
    moment: datetime,
) -> list[Measure]:
    """One measure per decision other than allow, and one per finding that a person confirmed since the feed before.

    Parameters
    ----------
    decisions
        By detector.
    explanations
        As the alerting step left them.
    cases
        Case id by (subject kind, subject id) of every member of an open case.
    verdicts
        Findings since the feed before.
    moment
        The run's frozen moment.
    """
    told = reasons_of(explanations)
    found = []
    for name, rows in decisions.items():
        latest_rows = rows.sort("as_of_at").unique("subject_id", keep="last", maintain_order=True)
        for row in latest_rows.filter((pl.col("action") != Action.ALLOW) & (pl.col("valid_until") > moment)).iter_rows(named=True):
            reasons, snapshot = told[name, row["subject_id"]]
            kind, token = measure_subject(Detector(name), snapshot, row["typology"])
            found.append(
                Measure(
                    kind,
                    token,
                    row["action"],
                    row["step_up_method"],
                    moment,
                    row["valid_until"],
                    None if row["policy_rule"].startswith(RECONCILED) else row["probability"],
                    row["expected_loss_minor"],
                    row["currency"],
                    reasons,
                    name,
                    row["model_version"],
                    cases.get((row["subject_kind"], row["subject_id"])),
                    False,
                    f"appeal.{name}",
                )
            )
    for (kind, token), verdict in _findings(verdicts):
        if verdict["is_fraud"]:
            detector = Detector(verdict["detector"])
            found.append(
                Measure(
                    kind,
                    token,
                    confirmed_action(detector, verdict["typology"]),
                    StepUp.NONE,
                    moment,
                    moment + timedelta(days=CONFIRMED_DAYS),
                    None,
                    0,
                    None,
                    [CONFIRMED],
                    detector.value,
                    "human",
                    verdict["case_id"],
                    True,
                    f"appeal.{detector}",
                )
            )
    return found


def of_interest(decided: dict[str, pl.LazyFrame], earlier: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """By detector the decisions that a feed may speak of: what is acted upon, and what was acted upon in the feed before."""
    standing = pl.DataFrame(
        [(record["subject_kind"], record["subject_token"]) for record in earlier],
        schema={"subject_kind": pl.String, "subject_id": pl.String},
        orient="row",
    ).unique()
    found = {}
    for name, rows in decided.items():
        last = rows.group_by("subject_id").agg(pl.col("as_of_at").max())
        newest = rows.join(last, on=["subject_id", "as_of_at"], how="semi")
        acted = newest.filter(pl.col("action") != Action.ALLOW)
        stood = newest.filter(pl.col("action") == Action.ALLOW).join(standing.lazy(), on=["subject_kind", "subject_id"], how="semi")
        found[name] = pl.concat([acted, stood]).collect(engine="streaming").sort("as_of_at", "subject_id")
    return found


def lifts(decisions: dict[str, pl.DataFrame], verdicts: list[dict[str, Any]], earlier: list[dict[str, Any]]) -> list[Lift]:
    """What is taken back: subjects a person cleared, and orders and reviews whose newer score no longer asks for a measure."""
    found = [
        Lift(*subject, verdict["case_id"], CLEARED, verdict["detector"], "human")
        for subject, verdict in _findings(verdicts)
        if verdict["is_fraud"] is False
    ]
    standing = {(record["subject_kind"], record["subject_token"]): record for record in earlier if not record["human_reviewed"]}
    for name, rows in decisions.items():
        if Detector(name) is Detector.PAYMENTS:
            continue  # its measures are on instruments and accounts: one honest payment does not clear them
        latest_rows = rows.sort("as_of_at").unique("subject_id", keep="last", maintain_order=True).filter(pl.col("action") == Action.ALLOW)
        for kind, subject, version in latest_rows.select("subject_kind", "subject_id", "model_version").iter_rows():
            if (kind, subject) in standing:
                found.append(Lift(kind, subject, standing[kind, subject]["case_id"], RESCORED, name, version, human_reviewed=False))
    return found


def _findings(verdicts: list[dict[str, Any]]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """What each case's last closing says about whom a measure is put on.

    Several payments of a case may lean on one instrument: when one of them was fraud, the honest ones do not clear it.
    """
    found: dict[tuple[str, tuple[str, str]], dict[str, Any]] = {}
    for verdict in verdicts:
        place = verdict["case_id"], _verdict_subject(verdict)
        earlier = found.get(place)
        if earlier is None or earlier["seq"] < verdict["seq"] or _weight(earlier) < _weight(verdict):
            found[place] = verdict
    return [(subject, verdict) for (_, subject), verdict in found.items()]


def _weight(verdict: dict[str, Any]) -> int:
    return [None, False, True].index(verdict["is_fraud"])


def _verdict_subject(verdict: dict[str, Any]) -> tuple[str, str]:
    return acted_upon(
        verdict["subject_kind"],
        verdict["subject_id"],
        typology=verdict["typology"],
        instrument_id=verdict["instrument_id"],
        account_id=verdict["account_id"],
    )


def publish_feed(place: Workplace, run: Run) -> tuple[dict[str, Any], Entry]:
    """Composes, signs and publishes a run's feed; its folder appears whole, and the ledger enters it with the step."""
    frozen = run.frozen or {}
    moment, previous = datetime.fromisoformat(frozen["moment"]), frozen["previous_feed"]
    step: Callable[[str], dict[str, Any]] = lambda name: place.ledger.step_result(run.run_id, name) or {}  # noqa: E731
    decided = {name: place.lake.scan(file) for name, file in step("decide")["files"].items()}
    explanations = place.lake.read(step("raise_alerts")["explanations"])
    earlier = _records(place, previous)
    decisions = of_interest(decided, earlier)
    day = datetime.fromisoformat(run.interval_from).astimezone(place.settings.zone).date()
    revision = _next_revision(place.ledger, day)
    until = moment + timedelta(hours=TRUSTED_HOURS)
    composed = compose(
        measures(decisions, explanations, _case_ids(place, run, step), frozen["verdicts"], moment),
        lifts(decisions, frozen["verdicts"], earlier),
        earlier,
        day=day,
        revision=revision,
        valid_from=moment,
        valid_until=until,
        previous_feed=(date.fromisoformat(previous["day"]), previous["revision"]) if previous else None,
    )
    causes = [(zh, en) for zh, en in (*frozen["stand_ins"], *step("build_features").get("missing", []))]
    records, verdict = apply_brake(composed.records, frozen["brake_history"], carried_from=composed.carried_from, causes=causes)
    jsonl, csv = render_jsonl(records), render_csv(records)
    tables = step("ingest")["tables"]
    key = signer(place.home, "feed", since=FIRST_MOMENT)
    manifest = build_manifest(
        records,
        jsonl=jsonl,
        csv=csv,
        feed_seq=previous["feed_seq"] + 1 if previous else 1,
        day=day,
        revision=revision,
        run_id=run.run_id,
        interval=(datetime.fromisoformat(run.interval_from), datetime.fromisoformat(run.interval_to)),
        generated_at=moment,
        valid_until=until,
        changes=verdict.changes(composed.changes),
        rows_in={name: table["rows_in"] for name, table in tables.items()},
        accepted={name: table["accepted"] for name, table in tables.items()},
        quarantined={name: table["quarantined"] for name, table in tables.items()},
        degraded=verdict.degraded,
        models=[{"detector": name, **facts} for name, facts in sorted(step("score")["models"].items())],
        code_version=frozen["code_version"],
        previous_manifest_sha256=previous["manifest_sha256"] if previous else None,
        audit_head=frozen["audit_head"],
    )
    signed = sign_manifest(manifest, key.key_id, key.sign)
    reach("signed feed")
    folder = publish(place.home / "feed", day, revision, {JSONL_NAME: jsonl, CSV_NAME: csv, MANIFEST_NAME: render_manifest(signed)})
    reach("published feed")
    path = str(folder.relative_to(place.home))
    result = {
        "feed": {
            "path": str(folder),
            "rows": len(records),
            "sha256": hashlib.sha256(jsonl).hexdigest(),
            "feed_seq": signed["feed_seq"],
            "by_action": signed["by_action"],
            "changes": signed["changes_since_previous"],
        },
        "degraded": verdict.text_en if verdict.degraded else None,
    }

    def enter(tx: sa.Connection) -> None:
        tx.execute(
            sa.insert(FEEDS).values(
                feed_seq=signed["feed_seq"],
                day=day.isoformat(),
                revision=revision,
                run_id=run.run_id,
                path=path,
                manifest_sha256=manifest_sha256(signed),
                manifest=dumps(signed),
            )
        )

    return result, enter


def _records(place: Workplace, previous: dict[str, Any] | None) -> list[dict[str, Any]]:
    if previous is None:
        return []
    path = place.home / previous["path"] / JSONL_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OutsideFailure(
            f"{path}: the feed before cannot be read ({error.strerror}) and the next is made of it; restore the home folder from its backup"
        ) from None
    if hashlib.sha256(content).hexdigest() != previous["content_sha256"]:
        raise DataIsWrong(f"{path}: it is not what was published; the next feed is made of it; restore the home folder from its backup")
    return [loads(line.decode()) for line in content.splitlines()]


def _next_revision(ledger: Ledger, day: date) -> int:
    with ledger.engine.connect() as connection:
        return (
            int(connection.execute(sa.select(sa.func.count()).where(FEEDS.c.day == day.isoformat()).select_from(FEEDS)).scalar() or 0) + 1
        )


def _case_ids(place: Workplace, run: Run, step: Callable[[str], dict[str, Any]]) -> dict[tuple[str, str], str]:
    found = {
        (alert["subject_kind"], alert["subject_id"]): case["case_id"]
        for case in (run.frozen or {})["open_cases"]
        for alert in case["alerts"]
    }
    joined = step("open_cases")["joined"]
    alerts = place.lake.read(step("raise_alerts")["alerts"])
    for alert, kind, subject in alerts.select("alert_id", "subject_kind", "subject_id").iter_rows():
        found[kind, subject] = joined[alert]
    return found
