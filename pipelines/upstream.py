"""Upstream: what came every day and does not come today. A day without payments and a day whose payments were not sent look alike."""

from __future__ import annotations

from collections.abc import Collection

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.ledger import Run
from fairdeal.pipelines.workplace import Workplace

#: A table is missed when each of the last so many runs scored at least so many of its rows and this one finds none: chance alone does that
#: less than once in a hundred million days.
RUNS, ROWS = 3, 20
TABLES_ZH = {Detector.PAYMENTS: "支付", Detector.DEALS: "订单", Detector.REVIEWS: "评价"}


def missing(place: Workplace, run: Run, found: Collection[str]) -> list[tuple[str, str]]:
    """A sentence in Chinese and one in English for each detector that has nothing to score and had plenty in the runs before.

    Parameters
    ----------
    found
        The detectors that have something to score.
    """
    lately = _rows_lately(place, run)
    if len(lately) < RUNS:
        return []
    return [
        (
            f"上游缺失：此前连续 {RUNS} 次运行均有{TABLES_ZH[detector]}数据，本次一条也没有",
            f"upstream missing: the last {RUNS} runs had {detector.table} and this one has none",
        )
        for detector in Detector
        if detector.value not in found and all(rows.get(detector.value, 0) >= ROWS for rows in lately)
    ]


def _rows_lately(place: Workplace, run: Run) -> list[dict[str, int]]:
    """Rows to score by detector, of the newest revision of each of the last intervals before the run's."""
    newest = {other.interval_to: other for other in place.ledger.runs(run.source) if other.status == "done"}
    before = [newest[end] for end in sorted(newest) if end <= run.interval_from][-RUNS:]
    results = [place.ledger.step_result(other.run_id, "build_features") or {"files": {}} for other in before]
    return [{name: file["rows"] for name, file in result["files"].items()} for result in results]
