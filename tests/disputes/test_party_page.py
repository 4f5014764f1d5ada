"""The page of a merchant or account: every case, alert and measure about it, and how each ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from fairdeal.disputes import services
from fairdeal.disputes.party_history import history_of
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person, text_of

pytestmark = pytest.mark.usefixtures("home")

#: A case type about accounts.
CLAIM = {"case_type": "CLAIM_ABUSE", "case_subject_kind": "account"}


def test_every_case_of_a_party_is_told_with_how_it_ended() -> None:
    (confirmed,) = services.open_cases([alert(1), alert(2)], run_id="run-1", at=AT).opened
    services.decide(confirmed, maker="li", checker="wang", close_code="action_confirmed", reasons=["r"], at=AT)
    (open_now,) = services.open_cases([alert(3)], run_id="run-2", at=AT + timedelta(days=1)).opened
    (beside,) = services.open_cases([alert(4, "B9", account_id="B9", merchant_id="M1", **CLAIM)], run_id="run-2", at=AT).opened
    services.open_cases([alert(5, "M2")], run_id="run-2", at=AT)
    with translation.override("en"):
        found = history_of("merchant", "M1")
    assert found is not None
    lines = {line.case.pk: (line.outcome, line.is_subject, line.alerts) for line in found["cases"]}
    assert lines == {
        confirmed: ("suspicion confirmed", True, 2),
        open_now: ("", True, 1),
        beside: ("", False, 1),
    }
    figures = found["figures"]
    assert [figures[name] for name in ("cases", "open", "confirmed", "cleared", "alerts", "fraud", "honest")] == [3, 2, 1, 0, 4, 2, 0]
    assert figures["money_at_risk"] == "400.10 CNY"


def test_a_measure_that_people_put_on_what_is_the_partys_is_shown_while_it_stands() -> None:
    now = timezone.now()
    (case_id,) = services.open_cases([alert(1, "B1", **CLAIM)], run_id="run-1", at=now).opened
    services.decide(case_id, maker="li", checker="wang", close_code="action_confirmed", reasons=["r"], at=now)
    with translation.override("en"):
        found = history_of("account", "B1")
    assert found is not None
    assert [(line.kind, line.on_kind, line.on_id, line.is_in_force) for line in found["measures"]] == [("hold", "order", "O1", True)]
    assert found["figures"]["in_force"] == 1


def test_months_without_anything_are_there_too() -> None:
    moments = [datetime(2026, month, 1, 12, tzinfo=UTC) for month in (1, 3)]
    services.open_cases([alert(n, event_at=moment) for n, moment in enumerate(moments)], run_id="run-1", at=AT)
    found = history_of("merchant", "M1")
    assert found is not None
    assert found["months"][-3:] == [("2026-01", 1), ("2026-02", 0), ("2026-03", 1)]
    assert found["months"][0][0] == "2025-04"


@pytest.mark.parametrize(("language", "words"), [("en", ["Merchant", "what the case is about"]), ("zh-hans", ["商家", "案件对象"])])
def test_the_page_leads_from_the_case_and_the_queue_to_the_party_and_back(language: str, words: list[str]) -> None:
    (case_id,) = services.open_cases([alert(1, "M/1 ü")], run_id="run-1", at=AT).opened
    client = browser(person("li", "analyst"), language)
    for page in ("/queue/", f"/case/{case_id}/"):
        (address,) = set(re.findall(r'href="(/party/merchant/[^"]+)"', text_of(client.get(page))))
        told = text_of(client.get(address))
        assert [word for word in [*words, "M/1 ü", f"/case/{case_id}/"] if word not in told] == []


@pytest.mark.parametrize("address", ["merchant/M9", "device/D1", "order/O1", "merchant/%00", "x/y"])
def test_what_the_queue_knows_nothing_about_has_no_page(address: str) -> None:
    services.open_cases([alert(1)], run_id="run-1", at=AT)
    assert browser(person("li", "analyst")).get(f"/party/{address}/").status_code == 404
