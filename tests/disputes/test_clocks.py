from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fairdeal.disputes.clocks import FIRST_RESPONSE, Nearness, time_left
from fairdeal.disputes.domain import CaseStatus

OPENED = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "nearness"),
    [
        ("0:00:00", Nearness.FAR),
        ("11:59:59", Nearness.FAR),
        ("12:00:00", Nearness.WARNED),
        ("18:00:00", Nearness.WARNED),
        ("21:59:59", Nearness.WARNED),
        ("22:00:00", Nearness.NEAR),
        ("23:59:59", Nearness.NEAR),
        ("24:00:00", Nearness.NEAR),
        ("24:00:01", Nearness.LATE),
        ("240:00:00", Nearness.LATE),
    ],
)
def test_the_first_answer_is_due_within_24_hours_to_the_second(gone: str, nearness: Nearness) -> None:
    hours, minutes, seconds = map(int, gone.split(":"))
    passed = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    left = time_left(FIRST_RESPONSE, CaseStatus.NEW, OPENED, OPENED + passed)
    assert left is not None
    assert left.nearness is nearness
    assert left.left == timedelta(hours=24) - passed


@pytest.mark.parametrize("status", [status for status in CaseStatus if status is not CaseStatus.NEW])
def test_it_runs_until_a_person_takes_the_case_up(status: CaseStatus) -> None:
    assert time_left(FIRST_RESPONSE, status, OPENED, OPENED + timedelta(days=3)) is None
