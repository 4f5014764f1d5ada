"""What the pipelines and the command line read from the queue."""

from __future__ import annotations

import json

import pytest

from fairdeal.disputes import services
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


def test_the_snapshot_holds_open_cases_only_and_is_json() -> None:
    opened = services.open_cases([alert(1, "M1"), alert(2, "M2"), alert(3, "M2")], run_id="run-1", at=AT)
    by_merchant = {services.show_case(c)["subject_id"]: c for c in opened.opened}
    services.decide(by_merchant["M1"], maker="li", checker="wang", close_code="false_positive", reasons=["x"], at=AT)
    snapshot = services.open_snapshot()
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert snapshot == [
        {
            "case_id": by_merchant["M2"],
            "case_type": "FAKE_DEAL",
            "subject_kind": "merchant",
            "subject_id": "M2",
            "status": "NEW",
            "run_id": "run-1",
            "opened_at": "2026-03-01T02:00:00+00:00",
            "alerts": [
                {"subject_kind": "order", "subject_id": "O2", "alert_id": "A2", "detector": "deals"},
                {"subject_kind": "order", "subject_id": "O3", "alert_id": "A3", "detector": "deals"},
            ],
        }
    ]


def test_verdicts_come_in_order_of_closing_and_only_the_new_ones() -> None:
    rows = [alert(1, "M1"), alert(2, "M2", chosen_by="audit_sample", selection_probability=0.02, action="allow"), alert(3, "M2")]
    opened = services.open_cases(rows, run_id="run-1", at=AT).opened
    by_merchant = {services.show_case(c)["subject_id"]: c for c in opened}
    services.decide(
        by_merchant["M2"], maker="li", checker="wang", close_code="action_confirmed", findings={"O2": True}, reasons=["x"], at=AT
    )
    (first, second) = services.verdicts()
    assert json.loads(json.dumps([first, second])) == [first, second]
    assert first == {
        "seq": first["seq"],
        "case_id": by_merchant["M2"],
        "case_type": "FAKE_DEAL",
        "close_code": "action_confirmed",
        "case_subject_kind": "merchant",
        "case_subject_id": "M2",
        "subject_kind": "order",
        "subject_id": "O2",
        "alert_id": "A2",
        "detector": "deals",
        "typology": "brushing",
        "chosen_by": "audit_sample",
        "selection_probability": 0.02,
        "is_fraud": True,
        "decided_at": "2026-03-01T02:00:00+00:00",
        "closed_at": "2026-03-01T02:00:00+00:00",
        "event_at": "2026-02-28T03:00:00+00:00",
        "action": "allow",
        "on_appeal": False,
        "merchant_id": "M2",
        "account_id": "B2",
        "instrument_id": "I2",
        "device_id": None,
    }
    assert (second["subject_id"], second["is_fraud"]) == ("O3", None)
    services.decide(by_merchant["M1"], maker="li", checker="wang", close_code="false_positive", reasons=["x"], at=AT)
    assert [row["subject_id"] for row in services.verdicts(first["seq"])] == ["O1"]
    assert [row["subject_id"] for row in services.verdicts()] == ["O2", "O3", "O1"]


def test_the_list_starts_with_the_largest_expected_loss() -> None:
    services.open_cases([alert(1, "M1"), alert(2, "M2", expected_loss_minor=99_999)], run_id="run-1", at=AT)
    assert [row["subject_id"] for row in services.list_cases()] == ["M2", "M1"]
    assert [row["subject_id"] for row in services.list_cases("new", limit=1)] == ["M2"]
    assert len(services.list_cases("open")) == 2
    assert services.list_cases("CLOSED") == []


def test_an_unknown_status_is_refused_with_the_known_ones() -> None:
    with pytest.raises(services.RefusedChange, match="allowed are open, NEW"):
        services.list_cases("lost")


def test_a_case_is_shown_whole_and_as_json() -> None:
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    shown = services.show_case(case_id)
    assert json.loads(json.dumps(shown)) == shown
    assert shown["members"][0]["alerts"][0]["reasons"][0]["text_zh"].startswith("同一设备")
    assert shown["next_events"] == ["accept", "reject", "merge_duplicate", "to_legal"]


def test_a_case_that_is_not_there_is_said_not_to_be() -> None:
    with pytest.raises(services.RefusedChange, match="there is no such case"):
        services.show_case("C0")
