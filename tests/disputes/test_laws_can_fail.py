"""The tests of the laws can fail: each law is broken in one place, and its test is seen to notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.disputes import auditing, clocks, guards, services
from fairdeal.disputes.domain import ROWS, CaseStatus, Event, Role
from fairdeal.disputes.guards import Guard
from fairdeal.disputes.transitions import Transition
from tests.disputes import test_auditing, test_clocks, test_transitions
from tests.disputes.test_auditing import told

__all__ = ["told"]


@contextmanager
def open_to_all(guard: Guard) -> Iterator[None]:
    """A guard that holds whatever the facts are."""
    holds = guard.holds
    object.__setattr__(guard, "holds", lambda role, facts: True)
    try:
        yield
    finally:
        object.__setattr__(guard, "holds", holds)


def test_a_forbidden_pair_that_is_allowed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shortcut = Transition(CaseStatus.NEW, Event.CLOSE, CaseStatus.FEEDBACK, (Role.WORKER,))
    monkeypatch.setitem(ROWS, (CaseStatus.NEW, Event.CLOSE), shortcut)
    with pytest.raises(AssertionError):
        test_transitions.test_the_203_other_pairs_are_refused_for_every_event_and_role()


def test_an_allowed_pair_that_is_forbidden_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROWS, (CaseStatus.NEW, Event.REJECT))
    with pytest.raises(AssertionError):
        test_transitions.test_the_203_other_pairs_are_refused_for_every_event_and_role()


def test_a_row_that_is_open_to_one_role_more_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS[CaseStatus.DECISION_PENDING, Event.APPROVE]
    wider = replace(row, who=(*row.who, Role.ADMIN))
    monkeypatch.setattr(test_transitions, "TRANSITIONS", tuple(wider if one is row else one for one in test_transitions.TRANSITIONS))
    with pytest.raises(AssertionError):
        test_transitions.test_the_table_is_the_written_one()


def test_a_maker_who_may_check_is_noticed() -> None:
    with open_to_all(guards.second_eyes), pytest.raises(AssertionError):
        test_transitions.test_a_proposal_leaves_its_state_only_by_a_second_person()


@pytest.mark.parametrize("name", sorted({guard.name for row in ROWS.values() for guard in row.guards if row.guards == (guard,)}))
def test_a_guard_that_never_refuses_is_noticed_where_it_stands_alone(name: str) -> None:
    guard = next(guard for row in ROWS.values() for guard in row.guards if guard.name == name)
    with open_to_all(guard), pytest.raises(AssertionError):
        test_transitions.test_every_guard_can_refuse()


@pytest.mark.parametrize("tamper", [test_auditing.flip, test_auditing.rewrite])
def test_an_audit_that_believes_every_seal_is_noticed(
    tamper: Callable[..., int],
    told: services.Anchor,
    home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(test_auditing, "TRIES", 5)
    monkeypatch.setattr(auditing, "_fault_of", lambda entry, expected, before, anchors: None)
    with pytest.raises(AssertionError):
        test_auditing.test_tampering_is_found_at_the_first_entry_that_is_not_what_was_written(
            tamper, told, home, tmp_path_factory, monkeypatch
        )


def test_a_clock_that_is_an_hour_late_is_noticed_by_every_line_of_its_golden_table(monkeypatch: pytest.MonkeyPatch) -> None:
    due = clocks.Clock.due

    def late(clock: clocks.Clock, *given: Any, **more: Any) -> Any:
        return due(clock, *given, **more) + timedelta(hours=1)

    monkeypatch.setattr(clocks.Clock, "due", late)
    for case in test_clocks.CASES:
        with pytest.raises(AssertionError):
            test_clocks.test_a_clock_is_due_as_the_golden_table_says(case)
