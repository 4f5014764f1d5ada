"""The outbox: written with the step that begins the carrying out, and every measure given to one worker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from fairdeal.disputes import outbox, services
from fairdeal.disputes.django_setup import configure
from fairdeal.disputes.models import Case, CaseAction
from tests.disputes.alerts import AT, alert
from tests.disputes.many import take_all_actions, together
from tests.disputes.test_console import browser, person, text_of

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def elsewhere(home: Path) -> None:
    """Measures are carried out elsewhere."""
    configure(home, actions_elsewhere=True)


def ordered(*numbers: int) -> str:
    (case_id,) = services.open_cases([alert(number) for number in numbers], run_id="run-1", at=AT).opened
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["one device"], at=AT)
    return case_id


def test_measures_are_in_the_outbox_from_the_moment_the_carrying_out_begins() -> None:
    case_id = ordered(1, 2)
    assert Case.objects.get().status == "ENFORCING"
    rows = CaseAction.objects.order_by("target").values_list("action_id", "kind", "state", "attempts", "amount_minor", "next_try_at")
    assert list(rows) == [(f"{case_id}/order:O{n}", "hold", "waiting", 0, 10_000 + n, AT) for n in (1, 2)]


def test_an_approval_that_is_undone_leaves_nothing_to_carry_out() -> None:
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    with transaction.atomic():
        services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["x"], at=AT)
        transaction.set_rollback(True)
    assert not CaseAction.objects.exists()


def test_a_measure_is_given_out_again_when_its_worker_gave_no_answer() -> None:
    ordered(1)
    first = services.take_action(AT)
    assert first is not None
    assert services.take_action(AT + outbox.ANSWER_WITHIN - timedelta(seconds=1)) is None
    second = services.take_action(AT + outbox.ANSWER_WITHIN)
    assert second is not None
    assert (second["idempotency_key"], second["attempt"]) == (first["idempotency_key"], 2)


def test_workers_that_look_at_once_are_given_each_measure_once(home: Path) -> None:
    ordered(*range(40))
    taken = together(take_all_actions, home, 4)
    keys = [key for part in taken for key in part]
    assert sorted(keys) == sorted(CaseAction.objects.values_list("idempotency_key", flat=True))


def test_a_case_without_measures_that_is_to_be_carried_out_goes_on_by_itself() -> None:
    (case_id,) = services.open_cases([alert(1, case_type="MAL_REVIEW")], run_id="run-1", at=AT).opened
    for event, role in (("accept", "analyst"), ("start_review", "analyst"), ("offer_negotiation", "analyst")):
        services.apply(case_id, event, actor="li", role=role, at=AT)
    services.apply(case_id, "settle", actor="M1", role="merchant", agreed_by=["buyer", "merchant"], document_sha256="0" * 64, at=AT)
    assert services.finish_cases(AT) == [case_id]
    assert services.finish_cases(AT) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("What is carried out", "waiting to be carried out", "HTTP 500", "R-17", "1 of 2 carried out")),
        ("zh-hans", ("执行内容", "等待执行", "HTTP 500", "R-17")),
    ],
)
def test_the_page_shows_each_measure_with_its_receipt(language: str, words: tuple[str, ...]) -> None:
    case_id = ordered(1, 2)
    first, second = services.take_action(AT), services.take_action(AT)
    assert first is not None
    assert second is not None
    services.record_receipt(first["idempotency_key"], "R-17", at=AT)
    services.record_failure(second["idempotency_key"], "HTTP 500", at=AT)
    page = text_of(browser(person("li", "analyst"), language).get(f"/case/{case_id}/"))
    for word in words:
        assert word in page, word
