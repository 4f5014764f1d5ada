"""What people say of reasons reaches the ledger once, with its moment, and calls a person when it is said often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import reason_feedback
from fairdeal.pipelines.alarms import alarms
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import Workplace
from tests.disputes.alerts import alert
from tests.pipelines import worlds
from tests.pipelines.looking import run, workplace

DAY = "2026-01-02"
AT = datetime(2026, 1, 1, 9, tzinfo=UTC)
NEVER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return worlds.shop(tmp_path / "shop", {DAY: [worlds.payment(number, f"{DAY} 12:00:00", payer=f"B{number}") for number in range(6)]})


def marked(place: Workplace, numbers: tuple[int, ...] = (1,)) -> str:
    services = place.cases()
    (case_id,) = services.open_cases([alert(number) for number in range(1, 8)], run_id="R1", at=AT).opened
    for number in numbers:
        services.mark_reason(case_id, f"A{number}", "shared_device", actor="li", role="analyst", word="no", at=AT)
    return str(case_id)


def test_the_daily_run_takes_marks_over_once(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        marked(place)
    run(settings, shop, DAY)
    with workplace(settings, shop) as place:
        assert reason_feedback.collect(place.ledger, place.cases().reason_marks(0)) == 0
        (row,) = reason_feedback.every_mark(place.ledger, known_before=NEVER).iter_rows(named=True)
        assert (row["alert_id"], row["code"], row["is_wrong"], row["word"], row["available_at"]) == ("A1", "shared_device", True, "no", AT)
        assert reason_feedback.every_mark(place.ledger, known_before=AT).height == 0


def test_before_the_first_mark_there_is_an_empty_table(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        assert reason_feedback.last_mark(place.ledger) == 0
        assert reason_feedback.every_mark(place.ledger, known_before=NEVER).height == 0


def test_of_several_words_about_one_reason_the_last_counts(settings: Settings, shop: Path) -> None:
    with workplace(settings, shop) as place:
        case_id = marked(place, (1, 2, 3))
        place.cases().mark_reason(case_id, "A3", "shared_device", actor="wu", role="approver", is_wrong=False, at=AT)
        reason_feedback.collect(place.ledger, place.cases().reason_marks(0))
        marks = reason_feedback.every_mark(place.ledger, known_before=NEVER)
    told = reason_feedback.called_wrong(marks, {"deals": {"shared_device": 8}}, Detector.DEALS, AT - timedelta(days=1))
    assert told == [{"code": "shared_device", "wrong": 2, "judged": 8, "share": 0.25}]
    assert reason_feedback.called_wrong(marks, {}, Detector.PAYMENTS, AT) == []
    assert reason_feedback.called_wrong(marks, {}, Detector.DEALS, AT + timedelta(days=1)) == []


@pytest.mark.parametrize(("wrong", "judged", "is_told"), [(5, 20, True), (4, 4, False), (5, 21, False)])
def test_a_reason_often_called_wrong_calls_a_person(wrong: int, judged: int, is_told: bool) -> None:
    row = {"code": "shared_device", "wrong": wrong, "judged": judged, "share": wrong / judged}
    quiet: dict[str, Any] = {
        "features": [],
        "score": {"stability": 0.0, "models": [], "models_before": []},
        "ripe": {"ratio": None, "frauds": 0},
        "label_delay_days": {"now": None, "before": None},
        "reasons_wrong": [row],
    }
    found = [alarm.kind for alarm in alarms({"detectors": {"deals": quiet}, "tables": {}, "degraded": 0})]
    assert found == (["reason_wrong"] if is_told else [])


def test_the_runbook_says_what_to_do() -> None:
    assert "reason_wrong" in (Path(__file__).parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
