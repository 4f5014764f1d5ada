"""The health of a source: what is said of its nights, and pictures that can be read without seeing them."""

from __future__ import annotations

from typing import Any

import pytest

from fairdeal.data_contracts.report_health import AGE_NAMES, judge_health, render_health


def night(rows: int = 100, bad: int = 0, **facts: Any) -> dict[str, Any]:
    return {"rows_in": rows, "accepted": rows - bad, "quarantined": bad, "breached": bad, "limit": 0.05, "late": 0, **facts}


def run(day: int, table: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    tables = {} if table is None else {"payments": table}
    return {"run_id": f"R{day}", "source": "shop", "day": f"2026-03-{day:02}", "tables": tables, "files": [], **facts}


@pytest.mark.parametrize(
    ("nights", "state", "told"),
    [
        ([night()], "fine", "100 rows, 0.00% quarantined."),
        ([night()] * 4 + [night(100, 4)], "watch", "4.00% quarantined where 0.00% is usual; see which rule below."),
        ([night(100, 4)] * 5, "fine", "100 rows, 4.00% quarantined."),
        ([night()] * 4 + [night(100, 6)], "broken", "Over the limit of 5.00%; mend the mapping or ask again"),
        ([night()] * 4 + [night(40)], "watch", "40 rows where about 100 are usual; a file may be missing."),
        ([night()] * 4 + [None], "watch", "No row last night where there always were some; ask the provider."),
        ([night(), None], "fine", "No new file last night."),
        ([night(late=11)], "watch", "11 rows came late; ask the provider why."),
        ([{**night(), "accepted": 99}], "broken", "Rows are not conserved; do not use this run, report it."),
        ([], "watch", "Nothing was read yet; check the files and the mapping."),
    ],
)
def test_a_tables_nights_are_judged_in_a_sentence(nights: list[dict[str, Any] | None], state: str, told: str) -> None:
    health = judge_health(nights)
    assert (health.state, health.en) == (state, told)
    assert health.zh


def test_revisions_of_a_night_stand_in_one_column() -> None:
    page = render_health([run(1, night(100)), {**run(1, night(7)), "run_id": "R1b"}, run(2, night(50, 2))])
    assert "2026-03-01: 107 accepted, 0 quarantined" in page
    assert "2026-03-02: 48 accepted, 2 quarantined" in page


def test_rules_lateness_files_and_blind_signals_are_told_by_night() -> None:
    table = night(100, 3, rules=[{"rule": "paid_at:type", "breached": 3}], ages=[90, 4, 2, 1, 0, 0])
    files = [{"path": "a.csv", "status": "partial"}]
    page = render_health([run(1, table, files=files, blind=["payment_safety_tier"], absent=["refunds"]), run(2, night())])
    for told in ("paid_at:type", "2026-03-01: 3", *AGE_NAMES[:1], "2026-03-01: 90", "partial", "absent", "payment_safety_tier"):
        assert told in page


def test_without_runs_there_is_no_health_to_tell() -> None:
    assert render_health([]) == ""


def test_a_refused_delivery_is_told_until_another_was_taken_in_its_place() -> None:
    refused = {**run(2, night(100, 60)), "run_id": "B2", "is_refused": True}
    assert "Over the limit of 5.00%" in render_health([run(1, night()), refused])
    mended = render_health([run(1, night()), refused, run(2, night())])
    assert "Over the limit" not in mended
    assert "2026-03-02: 100 accepted, 0 quarantined" in mended
