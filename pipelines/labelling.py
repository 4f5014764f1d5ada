"""The labels ledger: what closed cases taught, append-only, beside the labels that sources bring."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.alerts import AUDITED
from fairdeal.data_contracts.labels import LABELS as CONTRACT
from fairdeal.data_contracts.labels import LabelSource
from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.lake import EVERY_BATCH, Lake, union
from fairdeal.pipelines.ledger import LABELS, Ledger

#: No label becomes known as late.
NEVER = datetime(2199, 1, 1, tzinfo=UTC)


def collect(ledger: Ledger, verdicts: list[dict[str, Any]]) -> int:
    """Enters the labels of newly closed cases; gives how many. Verdicts that map to no label are not labels.

    The same verdict entered twice is one label: its id derives from case, member and event.
    """
    entered = 0
    with ledger.transaction() as tx:
        known = {row[0] for row in tx.execute(sa.select(LABELS.c.label_id))}
        for verdict in verdicts:
            if verdict["is_fraud"] is None:
                continue
            label = _label(verdict)
            if label["label_id"] in known:
                continue
            earlier = [
                content
                for content in _contents(tx)
                if (content["subject_kind"], content["subject_id"]) == (label["subject_kind"], label["subject_id"])
            ]
            label["supersedes"] = earlier[-1]["label_id"] if earlier else None
            tx.execute(sa.insert(LABELS).values(label_id=label["label_id"], content=dumps(label), verdict_seq=verdict["seq"]))
            known.add(label["label_id"])
            entered += 1
            reach("entered label")
    return entered


def last_verdict(ledger: Ledger) -> int:
    """Number of the last verdict that became a label; 0 before the first."""
    with ledger.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(LABELS.c.verdict_seq), 0))).scalar() or 0)


def last_label(ledger: Ledger) -> int:
    """Number of the last label in the ledger; 0 before the first."""
    with ledger.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(LABELS.c.seq), 0))).scalar() or 0)


def _contents(tx: sa.Connection) -> list[dict[str, Any]]:
    return [loads(row[0]) for row in tx.execute(sa.select(LABELS.c.content).order_by(LABELS.c.seq))]


def _label(verdict: dict[str, Any]) -> dict[str, Any]:
    identity = f"{verdict['case_id']}|{verdict['subject_kind']}|{verdict['subject_id']}|{verdict['seq']}"
    source = LabelSource.AUDIT if verdict["chosen_by"] in AUDITED else LabelSource.ANALYST
    if verdict.get("second_look"):
        source = LabelSource.SECOND_LOOK
    if verdict.get("on_appeal"):
        source = LabelSource.APPEAL
    return {
        "label_id": "L" + hashlib.sha256(identity.encode()).hexdigest()[:16],
        "subject_kind": verdict["subject_kind"],
        "subject_id": verdict["subject_id"],
        "is_fraud": verdict["is_fraud"],
        "typology": verdict["typology"],
        "source": source.value,
        "decided_at": verdict["decided_at"],
        "available_at": verdict["closed_at"],  # nobody but the case's own people could know it before the case spoke
        "member_of": verdict["case_id"],
        "propensity": verdict["selection_probability"],
    }


def _as_table(contents: list[dict[str, Any]]) -> pl.DataFrame:
    """Labels as the ledger keeps them, under their contract."""
    if not contents:
        return CONTRACT.empty()
    instants = [pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in ("decided_at", "available_at")]
    return CONTRACT.conform(pl.DataFrame(contents, infer_schema_length=None).with_columns(instants)).select(CONTRACT.names)


def known_labels(lake: Lake, source: str, *, watermark: int, known_before: datetime, labels_until: int | None = None) -> pl.DataFrame:
    """What was known about each subject before a moment: of several labels the latest counts, of one moment's the most trusted source's.

    ``labels_until`` is the number of the last label of a closed case that counts; all when omitted.
    """
    trust = {source.value: place for place, source in enumerate(LabelSource)}
    return (
        every_label(lake, source, watermark=watermark, known_before=known_before, labels_until=labels_until)
        .with_columns(__trust=pl.col("source").fill_null("provider").replace_strict(trust, default=0, return_dtype=pl.Int64))
        .sort("available_at", "__trust", "is_fraud", "label_id", nulls_last=False)
        .unique(["subject_kind", "subject_id"], keep="last", maintain_order=True)
        .drop("__trust")
        .sort("subject_kind", "subject_id")
    )


def every_label(
    lake: Lake, source: str, *, watermark: int = EVERY_BATCH, known_before: datetime = NEVER, labels_until: int | None = None
) -> pl.DataFrame:
    """Every label known before a moment, those that later ones replace included, the oldest first; columns of the contract."""
    brought = lake.table(source, "labels", watermark=watermark, known_before=known_before)
    query = sa.select(LABELS.c.content).order_by(LABELS.c.seq)
    if labels_until is not None:
        query = query.where(LABELS.c.seq <= labels_until)
    with lake.ledger.engine.connect() as connection:
        ours = _as_table([loads(row[0]) for row in connection.execute(query)])
    both = union([brought.select(CONTRACT.names), ours.filter(pl.col("available_at") < known_before.astimezone(UTC))], CONTRACT)
    return both.sort("available_at", "label_id", nulls_last=False)
