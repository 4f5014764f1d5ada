from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.disputes.calendars import PLATFORM_ZONE, DailyWindow, Days, is_working_day
from fairdeal.disputes.clocks import BOUNDS, CLOCKS, FIRST_RESPONSE, WHEN_DUE, Nearness, Pause, PauseReason, time_left
from fairdeal.disputes.domain import ROWS, CaseStatus, Role
from tests.disputes.counting import count_days, count_hours

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


def local(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=PLATFORM_ZONE)


def read_pauses(text: str) -> list[Pause]:
    return [Pause(PauseReason(part.split()[0]), local(part[-33:-17]), local(part[-16:])) for part in text.split("; ") if part]


with (Path(__file__).parent / "clock_cases.csv").open(encoding="utf-8") as table:
    CASES = list(csv.DictReader(table))


def test_the_golden_table_is_long_enough_and_speaks_of_every_clock() -> None:
    assert len(CASES) >= 200
    assert {case["clock"] for case in CASES} == set(CLOCKS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['clock']} {case['start']} {case['note']}".strip())
def test_a_clock_is_due_as_the_golden_table_says(case: dict[str, str]) -> None:
    due = CLOCKS[case["clock"]].due(local(case["start"]), read_pauses(case["pauses"])).astimezone(PLATFORM_ZONE)
    if case["due"].startswith("end of "):
        assert f"{due:%Y-%m-%d %H:%M:%S}" == f"{case['due'][7:]} 23:59:59"
    else:
        assert f"{due:%Y-%m-%d %H:%M}" == case["due"]


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(CLOCKS)),
    start=st.datetimes(datetime(2024, 1, 10), datetime(2026, 5, 1)),
    gaps=st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 4_000)), max_size=3),
)
def test_it_is_due_as_counting_minute_by_minute_says(name: str, start: datetime, gaps: list[tuple[int, int]]) -> None:
    clock, now = CLOCKS[name], start.replace(second=0, microsecond=0, tzinfo=PLATFORM_ZONE)
    begun, still = now, []
    for gap, length in gaps:
        since = now + timedelta(minutes=gap)
        now = since + timedelta(minutes=length)
        still.append((since, now))
    calendar = clock.calendar
    if isinstance(calendar, Days):
        expected = count_days(begun, int(clock.amount), still, calendar.only_working)
    else:
        window = (calendar.opens, calendar.closes) if isinstance(calendar, DailyWindow) else None
        expected = count_hours(begun, clock.amount, still, window)
    assert calendar.due(begun, clock.amount, tuple(still)) == expected


def test_a_clock_change_in_a_foreign_zone_moves_nothing() -> None:
    abroad = datetime(2026, 3, 7, 20, 0, tzinfo=ZoneInfo("America/New_York"))  # clocks go forward that night
    due = CLOCKS["first_response"].due(abroad)
    assert due.astimezone(UTC) == abroad.astimezone(UTC) + timedelta(hours=24)


@pytest.mark.parametrize("reason", list(PauseReason))
def test_a_pause_that_nobody_ends_ends_at_its_bound(reason: PauseReason) -> None:
    start = local("2026-03-02 09:00")
    ((since, until),) = CLOCKS["review"].stretches([Pause(reason, start)])
    assert since == start
    assert until == BOUNDS[reason].calendar.due(start, BOUNDS[reason].amount)
    assert CLOCKS["review"].stretches([Pause(reason, start)], at=start + timedelta(hours=1)) == [(start, start + timedelta(hours=1))]


def test_while_a_pause_lasts_the_time_left_stays_the_same() -> None:
    start, pauses = local("2026-03-02 09:00"), [Pause(PauseReason.EXPERT_TEST, local("2026-03-02 12:00"))]
    clock = CLOCKS["start_review"]
    left = [time_left(clock, CaseStatus.ACCEPTED, start, start + timedelta(hours=hours), pauses) for hours in (3, 10, 200)]
    assert [found.left for found in left if found] == [timedelta(hours=21)] * 3


def test_days_of_a_year_without_published_holidays_count_from_monday_to_friday() -> None:
    assert [is_working_day(date(2099, 1, day)) for day in range(1, 8)] == [True, True, False, False, True, True, True]


def test_every_status_has_a_written_outcome_and_every_clock_a_source() -> None:
    assert set(WHEN_DUE) == set(CaseStatus)
    for outcome in WHEN_DUE.values():
        assert outcome.zh
        assert outcome.en
    for clock in CLOCKS.values():
        assert clock.source
        assert clock.zh
        assert clock.en


def test_every_status_in_which_somebody_has_to_act_has_one_clock_or_a_window() -> None:
    windows = {CaseStatus.REJECTED, CaseStatus.EVIDENCE, CaseStatus.DECIDED, CaseStatus.CLOSED}
    running = [status for clock in CLOCKS.values() for status in clock.runs_in]
    assert len(running) == len(set(running))
    assert set(running) == set(CaseStatus) - windows


def test_a_step_that_the_system_takes_is_one_the_process_has() -> None:
    for status, outcome in WHEN_DUE.items():
        if outcome.event is not None:
            assert Role.WORKER in ROWS[status, outcome.event].who
