"""How long reviews really take, from the history of the cases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fairdeal.disputes import services
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


def reviewed(number: int, minutes: float) -> None:
    """A case whose review takes so many minutes."""
    (case,) = services.open_cases([alert(number, f"M{number}")], run_id="run-1", at=AT).opened
    services.apply(case, "accept", actor="li", role="analyst", at=AT)
    services.apply(case, "start_review", actor="li", role="analyst", at=AT)
    services.propose(case, maker="li", close_code="false_positive", findings=None, reasons=["x"], at=AT + timedelta(minutes=minutes))


def test_the_median_of_enough_reviews_counts_and_idle_or_instant_ones_do_not() -> None:
    for number, minutes in enumerate((4, 6, 20, 0, 600)):
        reviewed(number, minutes)
    assert services.measured_minutes(fewest=3) == {"FAKE_DEAL": 6.0}


def test_too_few_reviews_measure_nothing() -> None:
    reviewed(1, 5)
    assert services.measured_minutes(fewest=2) == {}
