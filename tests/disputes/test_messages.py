"""Messages to other systems: each entry of the history gives its own once, however many workers look."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from fairdeal.disputes import services
from fairdeal.disputes.models import CaseEvent
from fairdeal.disputes.webhook_models import Delivery
from fairdeal.disputes.webhooks import kind_of
from tests.disputes.alerts import AT, alert
from tests.disputes.many import together, write_and_take_messages


def test_workers_that_look_at_once_send_each_message_once(either: str | None, home: Path) -> None:
    services.write_messages({"crm": ["case.opened"]}, AT)
    services.open_cases([alert(n, f"M{n}") for n in range(40)], run_id="run-1", at=AT)
    connection.close()
    taken = [message for messages in together(write_and_take_messages, home, 4, either) for message in messages]
    assert len(taken) == len(set(taken)) == Delivery.objects.count() == 40


@pytest.mark.usefixtures("home")
def test_what_was_rolled_back_is_told_to_nobody() -> None:
    services.write_messages({"crm": ["case.opened"]}, AT)
    with pytest.raises(services.RefusedChange):
        services.decide("C0123456789abcdef", maker="li", checker="wang", close_code="false_positive", reasons=["r"], at=AT)
    assert services.write_messages({"crm": ["case.opened"]}, AT) == 0


@pytest.mark.usefixtures("home")
def test_a_message_says_what_was_so_at_its_entry_however_late_it_is_written() -> None:
    services.write_messages({"crm": ["case.opened", "case.closed"]}, AT)
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    services.decide(case_id, maker="li", checker="wang", close_code="false_positive", reasons=["r"], at=AT)
    assert services.write_messages({"crm": ["case.opened", "case.closed"]}, AT + timedelta(days=9)) == 2
    told = [delivery.body["data"] for delivery in Delivery.objects.order_by("pk")]
    assert [(data["status"], data["close_code"]) for data in told] == [("NEW", None), ("CLOSED", "false_positive")]
    assert told[0]["revision"] == 0


@pytest.mark.usefixtures("home")
def test_notes_claims_and_steps_in_between_are_nobody_elses_matter() -> None:
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    services.note(case_id, "a word", actor="li", role="analyst", at=AT)
    services.decide(case_id, maker="li", checker="wang", close_code="false_positive", reasons=["r"], at=AT)
    kinds = [(event.event, kind_of(event)) for event in CaseEvent.objects.order_by("seq")]
    assert [kind for kind in kinds if kind[1]] == [("open", "case.opened"), ("approve", "case.decided"), ("close", "case.closed")]
    assert ("noted", None) in kinds


@pytest.mark.usefixtures("home")
def test_what_arrived_long_ago_is_forgotten_and_what_waits_is_not() -> None:
    services.write_messages({"crm": ["case.opened"]}, AT)
    services.open_cases([alert(1, "M1"), alert(2, "M2")], run_id="run-1", at=AT)
    services.write_messages({"crm": ["case.opened"]}, AT)
    first = services.take_message("crm", AT)
    assert first is not None
    services.record_delivered(first["message_id"])
    assert services.forget_messages(AT + timedelta(days=30)) == 0
    assert services.forget_messages(AT + timedelta(days=31)) == 1
    assert [(row["state"], row["messages"]) for row in services.messages_by_state()] == [("waiting", 1)]
