"""Who works tonight: who says so, and what is taken where nobody did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.staffing import Basis, night_of

pytestmark = pytest.mark.usefixtures("home")

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MONDAY = date(2026, 3, 2)


def said(day: date, **hours: float) -> dict[str, Any]:
    return services.set_staffing(day, hours, actor="wu", role="approver", at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC))


@pytest.mark.parametrize(("weeks_before", "basis"), [(0, Basis.SET), (1, Basis.SAME_WEEKDAY), (4, Basis.SAME_WEEKDAY), (5, Basis.DEFAULT)])
def test_a_day_takes_what_was_said_of_it_or_of_the_newest_same_weekday(weeks_before: int, basis: Basis) -> None:
    of_day = MONDAY - timedelta(weeks=weeks_before)
    night = night_of(MONDAY, {of_day: ({"all": 18.0}, "wu"), MONDAY - timedelta(days=1): ({"all": 3.0}, "wu")})
    assert night.basis is basis
    assert (night.of_day, dict(night.hours)) == ((None, {}) if basis is Basis.DEFAULT else (of_day, {"all": 18.0}))


def test_the_newest_word_of_a_day_counts_and_all_are_kept(home: Any) -> None:
    said(MONDAY, all=18)
    told = said(MONDAY, payments=4, deals=8.5)
    assert told == {
        "day": "2026-03-02",
        "basis": "set",
        "hours": {"payments": 4.0, "deals": 8.5},
        "of_day": "2026-03-02",
        "set_by": "wu",
    }
    assert [row["hours"] for row in services.staffing_said(MONDAY)] == [{"payments": 4.0, "deals": 8.5}, {"all": 18.0}]


def test_what_was_said_can_be_taken_back() -> None:
    said(MONDAY - timedelta(weeks=1), all=10)
    said(MONDAY, all=18)
    assert said(MONDAY)["basis"] == "same_weekday"


def test_nobody_works_is_said_as_hours_of_zero() -> None:
    assert said(MONDAY, all=0)["basis"] == "set"


@pytest.mark.parametrize(
    ("day", "hours", "role", "code"),
    [
        (MONDAY, {"all": 8}, "analyst", "not_a_lead"),
        (MONDAY, {"all": 8}, "admin", "not_a_lead"),
        (MONDAY - timedelta(days=1), {"all": 8}, "approver", "bad_day"),
        (MONDAY + timedelta(days=61), {"all": 8}, "approver", "bad_day"),
        (MONDAY, {"night": 8}, "approver", "unknown_detector"),
        (MONDAY, {"all": -1}, "approver", "bad_hours"),
        (MONDAY, {"all": float("nan")}, "approver", "bad_hours"),
        (MONDAY, {"all": True}, "approver", "bad_hours"),
        (MONDAY, {"all": 100_001}, "approver", "bad_hours"),
        (MONDAY, {"all": 60_000, "deals": 60_000}, "approver", "bad_hours"),
    ],
)
def test_staffing_is_refused_where_it_cannot_be(day: date, hours: dict[str, float], role: str, code: str) -> None:
    with pytest.raises(services.RefusedChange) as refused:
        services.set_staffing(day, hours, actor="wu", role=role, at=AT)
    assert refused.value.refusal.code == code
    assert services.staffing_for(MONDAY)["basis"] == "default"
