"""A reason is called wrong by who looked, once, and that can be taken back; it is read in order with its moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.reason_marks import wrong_in
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def case_id() -> str:
    return services.open_cases([alert(1), alert(2)], run_id="run-1", at=AT).opened[0]


def mark(case_id: str, alert_id: str = "A1", code: str = "shared_device", **given: Any) -> dict[str, Any]:
    return services.mark_reason(case_id, alert_id, code, **({"actor": "li", "role": "analyst", "at": AT} | given))


def test_a_mark_names_reason_alert_and_model_and_stands_in_the_history(case_id: str) -> None:
    mark(case_id, word="a shared kitchen tablet 4111 1111 1111 1111")
    (row,) = services.reason_marks()
    assert (row["alert_id"], row["subject_id"], row["detector"], row["typology"], row["code"], row["is_wrong"]) == (
        "A1",
        "O1",
        "deals",
        "brushing",
        "shared_device",
        True,
    )
    assert row["model_version"] == "deals-0123456789ab"
    assert row["word"].startswith("a shared kitchen tablet")
    assert "4111" not in row["word"]
    assert row["at"] == AT.isoformat()
    assert not services.verify_history([]).faults


def test_marks_are_read_after_the_last_one_seen_and_the_last_word_counts(case_id: str) -> None:
    mark(case_id)
    first = services.reason_marks()[-1]["seq"]
    mark(case_id, "A2")
    mark(case_id, is_wrong=False)
    assert [(row["alert_id"], row["is_wrong"]) for row in services.reason_marks(first)] == [("A2", True), ("A1", False)]
    assert list(wrong_in(CaseEvent.objects.order_by("seq"))) == [("A2", "shared_device")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"role": "agent"}, "role"),
        ({"role": "auditor"}, "role"),
        ({"alert_id": "A9"}, "no_such_reason"),
        ({"code": "no_such"}, "no_such_reason"),
        ({"word": "x" * 501}, "bad_word"),
        ({"is_wrong": False}, "said_already"),
    ],
)
def test_a_mark_is_refused_where_it_cannot_be(case_id: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(services.RefusedChange) as refused:
        mark(case_id, **given)
    assert refused.value.refusal.code == code
    assert services.reason_marks() == []


def test_the_same_is_not_said_twice(case_id: str) -> None:
    mark(case_id)
    with pytest.raises(services.RefusedChange, match="marked once"):
        mark(case_id, actor="wu", role="approver")


def test_reasons_of_judged_cases_are_counted_by_alert(case_id: str) -> None:
    stretch = (AT, AT + timedelta(days=1))
    assert services.reasons_judged(*stretch) == {}
    services.decide(case_id, maker="ana", checker="bo", close_code="false_positive", reasons=["looked"], at=AT)
    assert services.reasons_judged(*stretch) == {"deals": {"shared_device": 2}}
    assert services.reasons_judged(AT - timedelta(days=1), AT) == {}


def test_a_closed_case_takes_marks_too(case_id: str) -> None:
    services.decide(case_id, maker="ana", checker="bo", close_code="false_positive", reasons=["looked"], at=AT)
    mark(case_id)
    assert len(services.reason_marks()) == 1
