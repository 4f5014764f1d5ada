"""Reports over what the ledger kept."""

from __future__ import annotations

from fairdeal.data_contracts.report import render_report
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.settings import Settings


def contract_report(settings: Settings, last: int) -> str:
    """The last runs' real results against their contracts, as one HTML page."""
    ledger = Ledger(settings.ledger_url)
    try:
        runs = [
            {
                "run_id": run.run_id,
                "source": run.source,
                "interval": [run.interval_from, run.interval_to],
                "frozen_at": (run.frozen or {}).get("moment"),
                **{name: taken[name] for name in ("tables", "files")},
            }
            for run in ledger.runs()
            if (taken := ledger.step_result(run.run_id, "ingest")) is not None
        ]
    finally:
        ledger.close()
    return render_report(runs[-last:])
