"""Raising alerts: what people look at tonight, with the reasons and the evidence that a case page needs."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.alerts import ALERTS
from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import CaseType, Detector
from fairdeal.features.links import linked_orders
from fairdeal.features.trails import DAY
from fairdeal.features.twins import find_twins
from fairdeal.models.capacity import capacity_from, staffed
from fairdeal.models.choosing import UNUSUAL, choose_alerts, kept_back, uncaught
from fairdeal.models.deciding import RECONCILED
from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.findings import findings, shielded
from fairdeal.pipelines.keys import hashing_key
from fairdeal.pipelines.scoring import model_of
from fairdeal.pipelines.tables import Tables, own_rows
from fairdeal.pipelines.tokens import PARTIES, case_subject
from fairdeal.pipelines.trails import trails
from fairdeal.pipelines.workplace import instant

if TYPE_CHECKING:
    from fairdeal.pipelines.ledger import Run
    from fairdeal.pipelines.workplace import Workplace

EXPLANATIONS = {
    "detector": pl.String(),
    "subject_id": pl.String(),
    "as_of_at": pl.Datetime("us", "UTC"),
    "reasons": pl.String(),
    "snapshot": pl.String(),
}


def raise_alerts(
    place: Workplace, run: Run, *, decisions: dict[str, pl.LazyFrame], features: dict[str, Any], tables: Tables, trusted: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """Tonight's alerts, the explanations of everything that is acted upon, and the capacity that was reckoned with.

    Parameters
    ----------
    decisions
        By detector; read twice: of all the few columns by which alerts are chosen, of the chosen and the acted upon everything.
    features
        As the step before left them: ``files`` and ``names`` by detector.
    tables
        As known at the interval's end.
    trusted
        Decisions of which the trust-list speaks, and what would have been done; columns of `fairdeal.pipelines.trusting.TRUSTED`.

    Returns
    -------
    alerts
        Under their contract, sorted by id.
    explanations
        ``detector, subject_id, as_of_at, reasons, snapshot`` of every alert and every decision other than allow.
    night
        People, where the settings say how many; what was said of the night's staffing, or was taken because nobody said; minutes
        available after the backlog, minutes used; where these end and the expected loss that is left uncaught, see
        `fairdeal.models.choosing.uncaught`; by entry of the trust-list, the alerts that it kept back and those drawn all the same;
        the shops that are shielded as victims.
    """
    frozen = run.frozen or {}
    interval = (instant(run.interval_from), instant(run.interval_to))
    staffing = frozen.get("staffing") or {"basis": "default", "hours": {}}  # a run frozen by an earlier version has none
    capacity = staffed(capacity_from(frozen["settings"]["capacity"], measured=frozen["measured_minutes"]), staffing["hours"])
    backlog = sum(capacity.minutes[CaseType(case["case_type"])] for case in frozen["open_cases"])
    abouts = (with_cases(Detector(name), rows, tables, interval) for name, rows in decisions.items())
    about = pl.concat([pl.DataFrame(schema=ABOUT), *abouts])
    open_subjects = {(alert["subject_kind"], alert["subject_id"]) for case in frozen["open_cases"] for alert in case["alerts"]}
    open_subjects |= {(kind, subject) for kind, subject in frozen["judged"]}  # people have spoken already
    about = about.join(trusted, on=["detector", "subject_id", "as_of_at"], how="left", maintain_order="left")
    asked = about.select(
        pl.exclude("case_subject_kind", "case_subject_id", "entry_id", "action_before", "action"),
        case_subject_id=pl.format("{}:{}", "case_subject_kind", "case_subject_id"),
        action=pl.coalesce("action_before", "action"),
        is_trusted=pl.col("entry_id").is_not_null(),
    ).to_pandas()
    chosen = choose_alerts(
        asked,
        capacity=capacity,
        backlog=backlog,
        open_subjects=open_subjects,
        seed_key=hashing_key(place.home),
        day=run.interval_from,
        trusted_looks=(frozen.get("trust") or {}).get("looks", 0.0),
    )
    back = kept_back(asked[asked["is_trusted"]], capacity=capacity, open_subjects=open_subjects)
    ends = uncaught(asked, chosen, capacity=capacity, open_subjects=open_subjects)
    key = ["detector", "subject_id"]
    picked = pl.from_dataframe(chosen[[*key, "chosen_by", "selection_probability", "minutes"]])
    picked = picked.join(about, on=key, how="inner").select(*picked.columns, "case_type", "case_subject_kind", "case_subject_id")
    kept = _kept_by_entry(back, about, picked)
    del about, chosen, asked
    acted, alerts = [DECISIONS.empty()], [DECISIONS.empty()]
    for rows in decisions.values():
        newest = _latest(rows)
        acted.append(newest.filter(pl.col("action") != Action.ALLOW).collect(engine="streaming").sort("subject_id"))
        alerts.append(newest.join(picked.lazy().select(key), on=key, how="semi").collect(engine="streaming").sort("subject_id"))
    raised = pl.concat(alerts).join(picked, on=key, how="inner", maintain_order="left")
    told = pl.concat([some.select(*key, "as_of_at", "typology") for some in (*alerts, *acted)]).unique(maintain_order=True)
    snapshots = _snapshots(told, tables, interval)
    by_unusual = {(detector, subject) for detector, subject, by in picked.select(*key, "chosen_by").iter_rows() if by == UNUSUAL}
    explanations, evidence = _explain(place, run, told, features, snapshots, tables, by_unusual)
    for (detector, subject, moment), (reasons, shown) in findings(told, snapshots, tables, interval).items():
        explanations[detector, subject, moment] = [*reasons, *explanations[detector, subject, moment]]
        evidence[detector, subject] = {**evidence.get((detector, subject), {}), **shown}
    for alert, trail in trails(tables, raised, snapshots).items():
        evidence.setdefault(alert, {})["trail"] = trail
    made = [_alert(run, row, explanations, evidence, snapshots) for row in raised.iter_rows(named=True)]
    conformed = promised(ALERTS, pl.DataFrame(made, schema_overrides=ALERTS.polars_schema())) if made else ALERTS.empty()
    night = {
        "people": capacity.people if capacity.staffed_minutes is None else None,
        "staffing": staffing,
        "minutes": round(capacity.available(backlog), 1),
        "backlog_minutes": round(backlog, 1),
        "minutes_used": round(float(picked["minutes"].sum() or 0), 1),
        "is_default": not staffing["hours"] and not frozen["settings"]["capacity"],
        "uncaught": ends,
        "trusted": kept,
        "shielded": shielded(conformed["evidence"]),
    }
    table = pl.DataFrame(
        [
            {
                "detector": detector,
                "subject_id": subject,
                "as_of_at": moment,
                "reasons": dumps(found),
                "snapshot": dumps(snapshots[detector, subject]),
            }
            for (detector, subject, moment), found in explanations.items()
        ],
        schema=EXPLANATIONS,
    )
    return conformed.sort("alert_id"), table.sort("detector", "subject_id", "as_of_at"), night


#: What the choice of alerts looks at.
ABOUT = {
    "detector": pl.String(),
    "subject_kind": pl.String(),
    "subject_id": pl.String(),
    "as_of_at": pl.Datetime("us", "UTC"),
    "typology": pl.String(),
    "expected_loss_minor": pl.Int64(),
    "currency": pl.String(),
    "action": pl.String(),
    "probability": pl.Float64(),
    "unusual": pl.Float64(),
    "policy_rule": pl.String(),
    "case_type": pl.String(),
    "case_subject_kind": pl.String(),
    "case_subject_id": pl.String(),
}


def _kept_by_entry(back: pd.DataFrame, about: pl.DataFrame, picked: pl.DataFrame) -> dict[str, dict[str, int]]:
    """By entry of the trust-list: alerts that it kept from people, and those of them that are looked at all the same."""
    key = ["detector", "subject_id"]
    if back.empty:
        return {}
    would = pl.from_pandas(back[key]).join(about.select(*key, "entry_id"), on=key, how="inner")
    looked = would.join(picked.select(key), on=key, how="semi")
    counts = dict(would.group_by("entry_id").len().sort("entry_id").iter_rows())
    sampled = dict(looked.group_by("entry_id").len().iter_rows())
    return {str(entry): {"suppressed": count - sampled.get(entry, 0), "sampled": sampled.get(entry, 0)} for entry, count in counts.items()}


def _latest(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Of several looks at a subject within a run the last one."""
    last = decisions.group_by("subject_id").agg(pl.col("as_of_at").max())
    return decisions.join(last, on=["subject_id", "as_of_at"], how="semi")


def with_cases(detector: Detector, decisions: pl.LazyFrame, tables: Tables, interval: tuple[datetime, datetime]) -> pl.DataFrame:
    """Each decision with the case it would belong to; columns of `ABOUT`, sorted by subject."""
    known = _latest(decisions).select(*(name for name in ABOUT if name in DECISIONS.names)).collect(engine="streaming")
    parties = own_rows(detector, tables, known, interval, *PARTIES[detector])
    joined = parties.rename({INBOUND[detector.table].key[0]: "subject_id"}).join(known.lazy(), on="subject_id", how="inner")
    return joined.with_columns(*case_subject(detector)).select(*ABOUT).collect(engine="streaming").sort("subject_id")


Snapshots = dict[tuple[str, str], dict[str, Any]]


def _snapshots(told: pl.DataFrame, tables: Tables, interval: tuple[datetime, datetime]) -> Snapshots:
    """Each subject's own row as scored, instants as text, for whoever reads the case."""
    found: Snapshots = {}
    for (name,), some in told.group_by("detector", maintain_order=True):
        detector = Detector(str(name))
        own = INBOUND[detector.table].key[0]
        rows = own_rows(detector, tables, some, interval).collect(engine="streaming").sort(own)
        for row in rows.iter_rows(named=True):
            found[str(name), row[own]] = {key: value for key, value in row.items() if value is not None}
    return found


Explained = dict[tuple[str, str, Any], list[dict[str, Any]]]


def _explain(
    place: Workplace,
    run: Run,
    told: pl.DataFrame,
    features: dict[str, Any],
    snapshots: Snapshots,
    tables: Tables,
    unusual: set[tuple[str, str]],
) -> tuple[Explained, dict[tuple[str, str], dict[str, Any]]]:
    """Reasons of the score of everything told, of being unusual for those in ``unusual``; and the evidence beside them."""
    explanations: Explained = {}
    evidence: dict[tuple[str, str], dict[str, Any]] = {}
    for name, file in features["files"].items():
        detector = Detector(name)
        asked = told.filter(pl.col("detector") == name)
        if not asked.height:
            continue
        rows = place.lake.read(file)
        wanted = rows.join(asked, on=["subject_id", "as_of_at"], how="semi", maintain_order="left")
        model = model_of(place.home, run, detector, rows, features["names"][name])
        del rows
        place.progress(f"explaining {wanted.height} {detector.table}")
        missing = [feature for feature in model.feature_names if feature not in wanted.columns]
        frame = wanted.with_columns(*(pl.lit(None, pl.Float64).alias(feature) for feature in missing)).to_pandas()
        by_unusual = wanted["subject_id"].is_in([subject for some, subject in unusual if some == name]).to_numpy()
        explained = model.explain(frame, by_unusual)
        for key, reasons in zip(wanted.select("subject_id", "as_of_at").iter_rows(), explained, strict=True):
            explanations[name, *key] = reasons or [_unnamed(model.is_calibrated)]
        subjects = wanted["subject_id"].to_list()
        if detector is Detector.DEALS:
            found = _linked(tables["orders"], subjects)
        elif detector is Detector.REVIEWS:
            found = _texts(
                tables["reviews"], subjects, {subject: model.spans(snapshots[name, subject].get("text") or "") for subject in subjects}
            )
        else:
            found = {}
        evidence |= {(name, subject): content for subject, content in found.items()}
    return explanations, evidence


def _unnamed(calibrated: bool) -> dict[str, Any]:
    """What is said where no single feature speaks: the score stands on many small things together."""
    if calibrated:
        return {
            "code": "MANY_SMALL_SIGNS",
            "value": None,
            "norm": None,
            "text_zh": "多项轻微迹象共同构成该评分，无单一突出原因",
            "text_en": "Many small signs together; no single one stands out",
        }
    return {
        "code": "RANDOM_OR_UNUSUAL",
        "value": None,
        "norm": None,
        "text_zh": "与当日其他对象相比较为少见，或随机抽查",
        "text_en": "Unusual among the day's subjects, or a random check",
    }


def _linked(orders: pl.LazyFrame, subjects: list[str]) -> dict[str, dict[str, Any]]:
    links: dict[str, dict[str, Any]] = {}
    for row in linked_orders(orders, subjects).iter_rows(named=True):
        link = {
            "order_id": row["order_id"],
            "buyer_id": row["buyer_id"],
            "ordered_at": row["ordered_at"].isoformat(),
            "shared": row["shared"],
        }
        links.setdefault(row["subject_id"], {"linked": []})["linked"].append(link)
    return links


def _texts(every: pl.LazyFrame, subjects: list[str], spans: dict[str, list[tuple[int, int, float]]]) -> dict[str, dict[str, Any]]:
    """Suspicious spans of each text, and its twins among the reviews of 30 days."""
    reviews = every.select("review_id", "reviewer_id", "posted_at", "text").collect(engine="streaming").sort("review_id")
    texts = dict(reviews.select("review_id", "text").iter_rows())
    writers = dict(reviews.select("review_id", "reviewer_id").iter_rows())
    moments = dict(reviews.select("review_id", "posted_at").iter_rows())
    pairs = find_twins(list(texts), [text or "" for text in texts.values()])
    twins: dict[str, list[dict[str, Any]]] = {}
    wanted = set(subjects)
    for row in pairs.iter_rows(named=True):
        for one, other in ((row["id"], row["twin_id"]), (row["twin_id"], row["id"])):
            if one in wanted and abs(moments[one] - moments[other]) <= timedelta(seconds=30 * DAY):
                twin = {"review_id": other, "reviewer_id": writers[other], "similarity": round(row["similarity"], 3), "text": texts[other]}
                if twin not in twins.setdefault(one, []):
                    twins[one].append(twin)
    return {
        subject: {
            "spans": [{"start": start, "end": end, "weight": round(weight, 4)} for start, end, weight in spans[subject]],
            "twins": sorted(twins.get(subject, []), key=lambda twin: (-twin["similarity"], twin["review_id"]))[:10],
        }
        for subject in subjects
    }


def _alert(
    run: Run,
    row: dict[str, Any],
    explanations: Explained,
    evidence: dict[tuple[str, str], dict[str, Any]],
    snapshots: Snapshots,
) -> dict[str, Any]:
    detector, subject = row["detector"], row["subject_id"]
    snapshot = snapshots[detector, subject]
    is_found = row["policy_rule"].startswith(RECONCILED)
    identity = f"{detector}|{subject}|{row['event_at'].date().isoformat()}"
    account = {"payments": "payer_id", "deals": "buyer_id", "reviews": "reviewer_id"}[detector]
    merchant = {"payments": "payee_id", "deals": "merchant_id", "reviews": "merchant_id"}[detector]
    return {
        **{
            name: row[name]
            for name in (
                "detector",
                "subject_kind",
                "subject_id",
                "typology",
                "chosen_by",
                "selection_probability",
                "as_of_at",
                "event_at",
                "score",
                "probability",
                "amount_minor",
                "expected_loss_minor",
                "currency",
                "action",
                "model_version",
                "case_type",
                "case_subject_kind",
                "case_subject_id",
            )
        },
        "probability": None if is_found else row["probability"],  # a finding by rule is no likelihood
        "alert_id": "A" + hashlib.sha256(identity.encode()).hexdigest()[:16],
        "run_id": run.run_id,
        "reasons": dumps(explanations[detector, subject, row["as_of_at"]]),
        "evidence": dumps(evidence.get((detector, subject), {})),
        "snapshot": dumps(snapshot),
        "data_version": (run.frozen or {})["data_version"],
        "merchant_id": snapshot.get(merchant),
        "account_id": snapshot.get(account),
    }


def reasons_of(explanations: pl.DataFrame) -> dict[tuple[str, str], tuple[list[dict[str, Any]], dict[str, Any]]]:
    """Reasons and snapshot by detector and subject, as the publishing step needs them."""
    return {
        (detector, subject): (loads(reasons), loads(snapshot))
        for detector, subject, reasons, snapshot in explanations.select("detector", "subject_id", "reasons", "snapshot").iter_rows()
    }
