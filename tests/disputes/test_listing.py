"""The queue as a list: the same on every database, page after page without a gap, and without reading all of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fairdeal.disputes import services
from fairdeal.disputes.listing import ORDERS, Asked, counted, listed, place_of
from fairdeal.disputes.models import Case
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person, text_of


def fill(number: int = 30) -> None:
    for day in range(3):
        rows = [alert(100 * day + n, f"M{100 * day + n}", expected_loss_minor=100 * (n % 4)) for n in range(number // 3)]
        services.open_cases(rows, run_id="run-1", at=AT + timedelta(hours=day))
    first, second, *_ = Case.objects.order_by("case_id").values_list("pk", flat=True)
    services.decide(first, maker="li", checker="wang", close_code="false_positive", reasons=["r"], at=AT)
    services.claim(second, actor="li", at=AT + timedelta(hours=3))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("status", ["open", "all", "NEW"])
def test_pages_follow_each_other_as_the_whole_list_does(either: str | None, order: str, status: str) -> None:
    fill()
    asked = Asked(status=status)
    whole = list(Case.objects.filter(status__in=asked.statuses).order_by(*ORDERS[order]).values_list("pk", flat=True))
    seen: list[str] = []
    while page := listed(asked, "li", most=7, order=order, after=place_of(seen[-1]) if seen else None):
        seen += page
    assert seen == whole == listed(asked, "li", most=1_000, order=order)


@pytest.mark.usefixtures("home")
def test_what_is_asked_for_is_what_is_listed_and_counted() -> None:
    fill()
    for asked, expected in (
        (Asked(), 29),
        (Asked(status="all"), 30),
        (Asked(status="CLOSED"), 1),
        (Asked(held="me"), 1),
        (Asked(held="nobody"), 28),
        (Asked(case_type="FAKE_REVIEW"), 0),
        (Asked(status="all", close_code="false_positive"), 1),
        (Asked(words="M101"), 1),
    ):
        assert (len(listed(asked, "li", most=99)), counted(asked, "li", most=99)) == (expected, expected), asked
    assert counted(Asked(), "li", most=10) == 10


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("narrowed", [{}, {"held": "me"}, {"case_type": "FAKE_DEAL"}])
def test_no_list_in_the_queues_order_is_sorted_or_read_whole(narrowed: dict[str, str]) -> None:
    fill()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        listed(Asked(**narrowed), "li", most=26)
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = " ".join(str(row[-1]) for row in cursor.fetchall())
        assert "SEARCH" in plan, plan
        assert "SCAN" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.usefixtures("home")
def test_the_queue_asks_the_database_as_often_for_one_case_as_for_a_page() -> None:
    client = browser(person("li", "analyst"))
    services.open_cases([alert(1000)], run_id="run-1", at=AT)
    numbers = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            text_of(client.get("/queue/"))
        numbers.append(len(asked))
        fill()
    assert numbers[0] == numbers[1]


@pytest.mark.usefixtures("home")
def test_the_page_leads_through_the_whole_queue_and_says_where_it_is() -> None:
    rows = [alert(n, f"M{n}", expected_loss_minor=n // 3) for n in range(60)]
    services.open_cases(rows, run_id="run-1", at=AT)
    client, address, seen, told = browser(person("li", "analyst")), "/queue/?case_type=FAKE_DEAL", [], []
    while address:
        page = text_of(client.get(address))
        seen += re.findall(r'class="fd-open" href="/case/(C\w{16})/"', page)
        told += re.findall(r'id="fd-count">([^<]+)<', page)
        following = re.search(r'<a href="([^"]+)"[^>]* rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == list(Case.objects.order_by("-expected_loss_minor", "opened_at", "case_id").values_list("pk", flat=True))
    assert told == ["1–25 of 60", "26–50 of 60", "51–60 of 60"]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "address",
    ["?status=NOWHERE", "?case_type=x", "?held=you", "?close_code=x", "?order=x", "?q=" + "x" * 201, "?q=%00"],
)
def test_what_nobody_knows_is_said_beside_its_field(address: str) -> None:
    answer = browser(person("li", "analyst")).get(f"/queue/{address}")
    page = answer.content.decode()
    assert (answer.status_code, 'role="alert"' in page, "Correct what is asked for above" in page) == (400, True, True)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("place", ["after=C0&seen=25", "after=", "after=x&seen=²", "seen=-1", "after=%00"])
def test_a_page_that_is_not_there_is_the_first(place: str) -> None:
    services.open_cases([alert(1)], run_id="run-1", at=AT)
    assert "1–1 of 1" in text_of(browser(person("li", "analyst")).get(f"/queue/?{place}"))
