"""From a decision through its appeal to the ledger and the next feed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import Workplace
from tests.pipelines.looking import faults, manifest, records, run, workplace
from tests.pipelines.test_labelling import entered
from tests.pipelines.test_publishing import FIRST, SECOND, THIRD, case_about, flagged_shop


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A weak payment by card; the next days nothing weak."""
    days = {
        FIRST: [(1, "B1", "T1", "true"), (2, "B3", "T3", "false")],
        SECOND: [(5, "B3", "T3", "false")],
        THIRD: [(6, "B3", "T3", "false")],
    }
    return flagged_shop(tmp_path / "shop", days)


def decide_and_wait(place: Workplace, case_id: str, at: datetime) -> None:
    """Li proposes, wang approves, and the decision waits for an appeal."""
    services = place.cases()
    analyst: dict[str, Any] = {"actor": "li", "role": "analyst", "at": at}
    services.apply(case_id, "accept", **analyst)
    services.apply(case_id, "start_review", **analyst)
    services.propose(case_id, maker="li", close_code="action_confirmed", reasons=["weak"], at=at)
    services.apply(case_id, "approve", actor="wang", role="approver", at=at, waits_for_appeal=True)


def appeal_and_reverse(place: Workplace, case_id: str, at: datetime) -> None:
    """A party appeals, zhao finds that it holds, sun approves."""
    services = place.cases()
    asked = {"on_behalf_of": "buyer", "reasons": ["it was me"], "new_evidence": ["the bank's letter"]}
    services.apply(case_id, "appeal", actor="kf", role="agent", at=at, **asked)
    services.reverse(case_id, reviewer="zhao", skills=["appeal_review"], close_code="false_positive", reasons=["the letter"], at=at)
    services.apply(case_id, "approve", actor="sun", role="approver", at=at + timedelta(hours=1))
    services.carry_out(case_id, at=at + timedelta(hours=1))


def about(settings: Settings, name: str) -> tuple[str, bool]:
    (record,) = (record for record in records(settings.home, name) if record["subject_token"] == "T1")
    return record["action"], record["human_reviewed"]


def test_an_appeal_reverses_and_the_lift_stands_in_the_next_feed(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    assert about(settings, FIRST) == ("step_up", False)
    decided, turned = (settings.day_bounds(day)[1] + timedelta(hours=1) for day in (FIRST, SECOND))
    with workplace(settings, shop) as place:
        case_id = case_about(place, "instrument", "T1")["case_id"]
        decide_and_wait(place, case_id, decided)
        (ordered,) = place.cases().show_case(case_id)["decision"]["actions"]
        assert (ordered["kind"], ordered["target"]) == ("block", "instrument:T1")  # as the next feed has it
    run(settings, shop, SECOND)
    assert about(settings, SECOND) == ("block", True)
    with workplace(settings, shop) as place:
        appeal_and_reverse(place, case_id, turned)
    second = run(settings, shop, SECOND)
    assert second["feed"]["changes"]["lifted"] == 1
    revision = f"{SECOND}.2"
    assert about(settings, revision) == ("allow", True)
    (lift,) = (record for record in records(settings.home, revision) if record["subject_token"] == "T1")
    assert lift["supersedes"].startswith(f"{SECOND}.1#")
    assert [reason["code"] for reason in lift["reasons"]] == ["CASE_CLEARED"]
    assert manifest(settings.home, revision)["revision"] == 2
    with workplace(settings, shop) as place:
        before, after = entered(place)
        assert [(label["is_fraud"], label["source"]) for label in (before, after)] == [(True, "analyst"), (False, "appeal")]
        assert datetime.fromisoformat(before["available_at"]) == decided
        assert datetime.fromisoformat(after["decided_at"]) == turned + timedelta(hours=1)
        assert after["supersedes"] == before["label_id"]
    run(settings, shop, THIRD)
    assert not [record for record in records(settings.home, THIRD) if record["subject_token"] == "T1"]
    assert faults(settings.home) == {}


def test_a_closed_case_that_is_reopened_and_cleared_is_lifted_too(settings: Settings, shop: Path) -> None:
    run(settings, shop, FIRST)
    at = settings.day_bounds(FIRST)[1] + timedelta(hours=1)
    with workplace(settings, shop) as place:
        case_id = case_about(place, "instrument", "T1")["case_id"]
        decide_and_wait(place, case_id, at)
        place.cases().carry_out(case_id, at=at)
    run(settings, shop, SECOND)
    later = settings.day_bounds(SECOND)[1] + timedelta(hours=1)
    with workplace(settings, shop) as place:
        asked = {"on_behalf_of": "buyer", "reasons": ["it was me"], "new_evidence": ["the bank's letter"]}
        place.cases().apply(case_id, "reopen", actor="zhao", role="approver", at=later, **asked)
        place.cases().decide(case_id, maker="li", checker="sun", close_code="false_positive", reasons=["the letter"], at=later)
    run(settings, shop, SECOND)
    assert about(settings, f"{SECOND}.2") == ("allow", True)
    assert faults(settings.home) == {}
