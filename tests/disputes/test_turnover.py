"""The figures of the first page: what came in, what was done, who did how much."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fairdeal.disputes import services
from fairdeal.disputes.turnover import Turnover, turnover, turnover_by_day
from fairdeal.disputes.workload import Load, workload
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import person

pytestmark = pytest.mark.usefixtures("home")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def open_case(number: int, at: object = AT) -> str:
    (case_id,) = services.open_cases([alert(number, f"M{number}")], run_id="run-1", at=at).opened  # type: ignore[arg-type]
    return case_id


def step(case_id: str, event: str, who: str, role: str, after: timedelta, **more: object) -> None:
    services.apply(case_id, event, actor=who, role=role, at=AT + after, **more)


def propose(case_id: str, after: timedelta) -> None:
    step(case_id, "accept", "li", "analyst", after)
    step(case_id, "start_review", "li", "analyst", after)
    services.propose(case_id, maker="li", close_code="false_positive", reasons=["r"], at=AT + after)


def test_what_happened_in_a_stretch_is_counted_and_nothing_before_or_after() -> None:
    returned, agreed, slow, waits = (open_case(number) for number in range(4))
    open_case(5, AT + 3 * DAY)
    propose(returned, HOUR)
    step(returned, "return", "wang", "approver", 2 * HOUR, comment="say more")
    services.propose(returned, maker="li", close_code="false_positive", reasons=["r"], at=AT + 3 * HOUR)
    propose(agreed, HOUR)
    for case_id in (returned, agreed):
        step(case_id, "approve", "wang", "approver", 4 * HOUR)
        services.carry_out(case_id, at=AT + 4 * HOUR)
    step(slow, "accept", "li", "analyst", 30 * HOUR)
    assert turnover(AT, AT + 2 * DAY) == Turnover(came=4, done=2, late=2, agreed=2, returned=1)
    assert turnover(AT - DAY, AT) == Turnover()
    assert turnover(AT + HOUR, AT + 20 * HOUR) == Turnover(done=2, agreed=2, returned=1), "late falls to when the answer was due or given"
    assert turnover(AT, AT + 2 * DAY).agreement == pytest.approx(2 / 3)
    assert waits


def test_days_follow_each_other_without_gap_or_overlap() -> None:
    for number, hours in enumerate((0, 1, 23.99, 24, 50, 100, 167, 168, 169)):
        open_case(number, AT - timedelta(hours=hours))
    days = turnover_by_day(AT)
    assert [day.came for day in days] == [2, 0, 1, 0, 1, 0, 3], "the case of this very moment belongs to the day that begins"


def test_an_appeal_that_held_counts_as_overturned() -> None:
    whole = Turnover(upheld=1) + Turnover(overturned=2, came=3)
    assert (whole.appeals, whole.overturned, whole.came) == (3, 2, 3)
    assert Turnover().agreement is None


def test_everybody_who_works_is_listed_with_what_they_hold_and_did() -> None:
    person("li", "analyst")
    person("zhao", "analyst")
    first, second, old = open_case(1), open_case(2), open_case(3, AT - 5 * DAY)
    services.claim(old, actor="li", at=AT - 3 * DAY)
    services.claim(first, actor="li", at=AT + HOUR)
    services.claim(first, actor="li", at=AT + HOUR)
    propose(second, HOUR)
    step(second, "approve", "wang", "approver", 2 * HOUR)
    assert workload(AT + 3 * HOUR) == [
        Load("li", holds=3, taken_day=2, taken_week=3, proposed_week=1, second_week=0),
        Load("wang", holds=0, taken_day=0, taken_week=0, proposed_week=0, second_week=1),
        Load("zhao", holds=0, taken_day=0, taken_week=0, proposed_week=0, second_week=0),
    ]
