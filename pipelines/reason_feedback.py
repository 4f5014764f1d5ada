"""What people said of reasons, in the ledger: append-only, each with the moment from which it may teach."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.reason_feedback import REASON_FEEDBACK as CONTRACT
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.ledger import REASON_MARKS, Ledger


def collect(ledger: Ledger, marks: list[dict[str, Any]]) -> int:
    """Enters what was newly said of reasons; gives how much. The same mark entered twice is one."""
    with ledger.transaction() as tx:
        known = set(tx.execute(sa.select(REASON_MARKS.c.mark_seq)).scalars())
        fresh = [mark for mark in marks if mark["seq"] not in known]
        for mark in fresh:
            tx.execute(sa.insert(REASON_MARKS).values(mark_seq=mark["seq"], content=dumps(_row(mark))))
    return len(fresh)


def last_mark(ledger: Ledger) -> int:
    """Number of the last entry of the queue's history that was taken over; 0 before the first."""
    with ledger.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(REASON_MARKS.c.mark_seq), 0))).scalar() or 0)


def every_mark(ledger: Ledger, *, known_before: datetime) -> pl.DataFrame:
    """Everything that was said of reasons before a moment, the oldest first; columns of the contract."""
    with ledger.engine.connect() as connection:
        query = sa.select(REASON_MARKS.c.content).order_by(REASON_MARKS.c.mark_seq)
        contents = [loads(text) for text in connection.execute(query).scalars()]
    if not contents:
        return CONTRACT.empty()
    moment = pl.col("available_at").str.to_datetime(time_unit="us", time_zone="UTC")
    table = pl.DataFrame(contents, infer_schema_length=None).with_columns(moment)
    return CONTRACT.conform(table).select(CONTRACT.names).filter(pl.col("available_at") < known_before)


def called_wrong(marks: pl.DataFrame, judged: dict[str, dict[str, int]], detector: Detector, since: datetime) -> list[dict[str, Any]]:
    """Per reason of a detector: alerts with it that people judged, how many of these they called it wrong in, and the share.

    Parameters
    ----------
    marks
        As `every_mark` gives them; of several about one reason of one alert the last counts.
    judged
        By detector and code: alerts that people judged since then.
    """
    last = marks.filter(pl.col("detector") == detector.value).unique(["alert_id", "code"], keep="last", maintain_order=True)
    wrong = last.filter(pl.col("is_wrong") & (pl.col("available_at") >= since))
    counts = dict(wrong.group_by("code").len().iter_rows())
    of = judged.get(detector.value, {})
    rows = [{"code": code, "wrong": n, "judged": max(of.get(code, 0), n)} for code, n in counts.items()]
    return sorted(({**row, "share": row["wrong"] / row["judged"]} for row in rows), key=lambda row: (-row["wrong"], row["code"]))


def _row(mark: dict[str, Any]) -> dict[str, Any]:
    identity = f"{mark['seq']}|{mark['alert_id']}|{mark['code']}"
    names = ("alert_id", "subject_kind", "subject_id", "detector", "typology", "model_version", "code", "is_wrong")
    return {
        "mark_id": "K" + hashlib.sha256(identity.encode()).hexdigest()[:16],
        **{name: mark[name] for name in names},
        "word": mark["word"] or None,
        "available_at": mark["at"],
    }
