"""Reports over what the ledger kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.report import render_report
from fairdeal.pipelines.canonical_json import loads
from fairdeal.pipelines.intake import QUARANTINE_SCHEMA
from fairdeal.pipelines.lake import Lake, LakeFile
from fairdeal.pipelines.ledger import BATCHES, LAKE, REFUSED, Ledger
from fairdeal.pipelines.settings import Settings


def contract_report(settings: Settings, last: int) -> str:
    """The last runs' real results against their contracts, refused deliveries among them, as one HTML page."""
    ledger = Ledger(settings.ledger_url)
    try:
        runs = [
            {
                "run_id": run.run_id,
                "source": run.source,
                "interval": [run.interval_from, run.interval_to],
                "frozen_at": (run.frozen or {}).get("moment"),
                "day": datetime.fromisoformat(run.interval_from).astimezone(settings.zone).date().isoformat(),
                "blind": (ledger.step_result(run.run_id, "build_features") or {}).get("blind", []),
                **{name: taken[name] for name in ("tables", "files", "absent")},
            }
            for run in ledger.runs()
            if (taken := ledger.step_result(run.run_id, "ingest")) is not None
        ]
        refused = _refused(ledger, settings)
    finally:
        ledger.close()
    return render_report(sorted([*runs, *refused], key=lambda run: str(run["day"]))[-last:])


def _refused(ledger: Ledger, settings: Settings) -> list[dict[str, Any]]:
    """Deliveries that were over a limit, under the day before their end, as the report takes runs."""
    with ledger.engine.connect() as connection:
        found = connection.execute(sa.select(REFUSED.c.batch_id, REFUSED.c.source, REFUSED.c.report).order_by(REFUSED.c.seq)).all()
    told = []
    for batch_id, source, text in found:
        report = loads(text)
        until = report.get("until")
        if until is None:
            continue
        day = (datetime.fromisoformat(until) - timedelta(seconds=1)).astimezone(settings.zone).date().isoformat()
        told.append(
            {"run_id": batch_id[:16], "source": source, "interval": [day, until], "frozen_at": until, "day": day, "is_refused": True}
            | {name: report[name] for name in ("tables", "files", "absent")}
        )
    return told


def quarantined(settings: Settings, *, source: str | None = None, table: str | None = None) -> pl.DataFrame:
    """Every row that was set aside, newest batch last.

    Returns
    -------
    polars.DataFrame
        ``source, batch, table, file, line, column, rule, value_hash``: one row per breach; ``column`` is null where the whole row is meant,
        ``value_hash`` where there was no value. The value itself is not kept: it may be anything.
    """
    ledger = Ledger(settings.ledger_url)
    lake = Lake(settings.home, ledger)
    try:
        query = (
            sa.select(BATCHES.c.seq, BATCHES.c.source, LAKE.c.path, LAKE.c.sha256, LAKE.c.rows)
            .join_from(LAKE, BATCHES, LAKE.c.batch_id == BATCHES.c.batch_id)
            .where(LAKE.c.table_name == "quarantine")
            .order_by(BATCHES.c.seq)
        )
        with ledger.engine.connect() as connection:
            files = [(seq, name, LakeFile(path, digest, rows)) for seq, name, path, digest, rows in connection.execute(query)]
        parts = [
            lake.read(file).select(pl.lit(name).alias("source"), pl.lit(seq).alias("batch"), pl.all())
            for seq, name, file in files
            if source in (None, name)
        ]
    finally:
        ledger.close()
    empty = pl.DataFrame(schema={"source": pl.String(), "batch": pl.Int32(), **QUARANTINE_SCHEMA})
    rows = pl.concat([empty, *parts], how="vertical_relaxed")
    return rows if table is None else rows.filter(pl.col("table") == table)
