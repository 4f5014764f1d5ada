"""What the page of a case says in ten seconds: what happened, why, and how cases like it ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseAlert
from fairdeal.disputes.similar import Profile, likeness, similar_to
from fairdeal.disputes.timeline import MOST, stretches_of
from fairdeal.disputes.told_reasons import told_reasons
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, open_ring, person, send, text_of

pytestmark = pytest.mark.usefixtures("home")

BEGIN = datetime(2026, 2, 27, 4, 0, tzinfo=UTC)


def flagged(*minutes: int, **changes: Any) -> list[CaseAlert]:
    rows = [alert(n, event_at=BEGIN + timedelta(minutes=after), **changes) for n, after in enumerate(minutes, start=1)]
    services.open_cases(rows, run_id="run-1", at=AT)
    return list(CaseAlert.objects.select_related("member"))


def test_what_was_flagged_is_gathered_into_stretches_in_order() -> None:
    with translation.override("en"):
        found = stretches_of(flagged(0, 20, 50, 600, 615), BEGIN + timedelta(minutes=1_230))
    assert [(one.number, one.parties, one.when) for one in found] == [
        (3, 3, "2026-02-27 12:00 – 12:50"),
        (2, 2, "2026-02-27 22:00 – 22:15"),
    ]
    assert [(one.share, one.width) for one in found] == [(0.0, 4.07), (48.78, 1.22)]
    assert found[0].money == "300.06 CNY"


def test_a_long_story_is_told_in_few_lines_and_loses_nobody() -> None:
    found = stretches_of(flagged(*(n * 60 * 30 for n in range(60))), BEGIN + timedelta(days=90))
    assert len(found) <= MOST
    assert sum(one.number for one in found) == 60
    assert stretches_of([], BEGIN) == ()


@pytest.mark.parametrize(
    ("value", "norm", "shares"),
    [
        (14, 1, (100.0, 7.1)),
        (1, 4, (25.0, 100.0)),
        (3, 0, (100.0, 0.0)),
        (0, 0, (None, None)),
        (-1, 4, (None, None)),
        (None, 4, (None, None)),
        ("x", 4, (None, None)),
        (True, 4, (None, None)),
        (float("inf"), 4, (None, None)),
    ],
)
def test_a_value_stands_against_what_is_usual_where_both_are_numbers(value: Any, norm: Any, shares: tuple[Any, Any]) -> None:
    told = told_reasons(CaseAlert(reasons=[{"code": "c", "value": value, "norm": norm, "text_en": "t", "text_zh": "t"}]))
    assert [(one.value_share, one.norm_share) for one in told] == [shares]


def reason(code: str) -> dict[str, Any]:
    return {"code": code, "value": 2.0, "norm": 1.0, "text_zh": code, "text_en": code}


def test_closed_cases_flagged_for_the_same_reasons_are_told_with_their_ends() -> None:
    codes = {1: "abc", 2: "ab", 3: "a", 4: "xyz", 5: "abc"}
    rows = [alert(n, f"M{n}", reasons=json.dumps([reason(code) for code in told])) for n, told in codes.items()]
    services.open_cases(rows, run_id="run-1", at=AT)
    cases = {case.subject_id: case for case in Case.objects.all()}
    for name, outcome in (("M1", "action_confirmed"), ("M2", "false_positive"), ("M3", "action_confirmed"), ("M4", "false_positive")):
        services.decide(cases[name].pk, maker="li", checker="wang", close_code=outcome, reasons=["r"], at=AT)
    with translation.override("en"):
        found = similar_to(cases["M5"])
    assert found is not None
    assert [(one.case.subject_id, round(one.likeness, 2)) for one in found["cases"]] == [("M1", 0.7), ("M2", 0.57), ("M3", 0.43)]
    assert found["cases"][1].why == "2 of 3 reasons · brushing · amount of the same size"
    assert dict(found["ended"]) == {"suspicion confirmed": 2, "false positive": 1}
    assert similar_to(cases["M4"]) is None, "no other was flagged for these reasons"


OURS = Profile(frozenset("abcd"), "brushing", frozenset({("merchant", "M1"), ("device", "D1")}), frozenset({("CNY", 5)}))


@pytest.mark.parametrize(
    ("other", "score"),
    [
        (Profile(frozenset("abcd"), "brushing", frozenset({("device", "D1")}), frozenset({("CNY", 5)})), 1.0),
        (Profile(frozenset("ab"), "paid_praise", frozenset({("device", "D2")}), frozenset({("CNY", 4)})), 0.2),
        (Profile(frozenset("ab"), "brushing", frozenset(), frozenset({("EUR", 5)})), 0.4),
        (Profile(frozenset("x"), "brushing", frozenset(), frozenset({("CNY", 5)})), 0.0),  # a kind and a size alone say little
        (Profile(frozenset(), "", frozenset({("merchant", "M1")}), frozenset()), 0.3),
    ],
)
def test_likeness_weighs_reasons_kind_parties_and_amount(other: Profile, score: float) -> None:
    assert likeness(OURS, other) == pytest.approx(score)


@pytest.mark.parametrize(
    ("shared", "why"),
    [
        ({"merchant_id": "M1"}, "same merchant"),
        ({"account_id": "B1"}, "same account"),
        ({"snapshot": json.dumps({"device_id": "D1"})}, "same device"),
        ({"snapshot": json.dumps({"instrument_id": "I1"})}, "same instrument"),
    ],
)
def test_a_closed_case_with_a_party_in_common_is_shown_whatever_it_was_flagged_for(shared: dict[str, str], why: str) -> None:
    snapshot = json.dumps({"instrument_id": "I1", "device_id": "D1"})
    ours = alert(1, "M1", reasons=json.dumps([reason("a")]), snapshot=snapshot)
    other = alert(2, "M2", reasons=json.dumps([reason("x")]), **({"snapshot": "{}"} | shared))
    services.open_cases([ours, other], run_id="run-1", at=AT)
    cases = {case.subject_id: case for case in Case.objects.all()}
    services.decide(cases["M2"].pk, maker="li", checker="wang", close_code="false_positive", reasons=["r"], at=AT)
    with translation.override("en"):
        found = similar_to(cases["M1"])
    assert found is not None
    assert why in found["cases"][0].why.split(" · ")
    assert similar_to(cases["M1"], hidden=frozenset({cases["M2"].pk})) is None


@pytest.mark.parametrize(("language", "words"), [("en", ["What happened", "Why", "Usual"]), ("zh-hans", ["发生了什么", "原因", "通常"])])
def test_the_page_tells_story_reasons_and_steps(language: str, words: list[str]) -> None:
    case_id = open_ring()
    send(browser(person("zhao", "analyst")), case_id, "accept")
    page = text_of(browser(person("li", "analyst"), language).get(f"/case/{case_id}/"))
    for word in [*words[:2], "× 2", 'href="#event-2"', 'id="event-2"']:
        assert word in page, word
    assert words[2].casefold() in page.casefold()


def test_a_part_of_the_page_that_is_put_anew_is_there_to_be_found() -> None:
    """Where scripts run, the case and what was said are taken out of the page that follows a step by their ids."""
    page = text_of(browser(person("li", "analyst")).get(f"/case/{open_ring()}/"))
    for name in ("fd-case", "fd-messages", "fd-main"):
        assert page.count(f'id="{name}"') == 1
