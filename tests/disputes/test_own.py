"""What people keep for their own work: drafts, macros, filters, and the list of their own cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from fairdeal.disputes import services
from fairdeal.disputes.macros import PLACES, applied, unknown_places
from fairdeal.disputes.models import Case
from fairdeal.disputes.saved_filters import default_view, view_of
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")

LATER = AT + timedelta(minutes=10)


def opened(number: int = 1) -> str:
    return services.open_cases([alert(number, f"M{number}")], run_id="run-1", at=AT).opened[0]


def case_of(case_id: str) -> Case:
    return Case.objects.get(pk=case_id)


def test_a_draft_is_its_writers_alone_and_says_when_the_case_changed_since() -> None:
    case_id = opened()
    services.save_draft(case_id, "decision", {"reasons": "one device", "finding_1": "fraud", "event": "x"}, actor="li", revision=0, at=AT)
    (draft,) = services.drafts_of(case_id, "li").values()
    assert (draft["fields"], draft["is_older"]) == ({"reasons": "one device", "finding_1": "fraud"}, False)
    assert services.drafts_of(case_id, "mo") == {}
    services.note(case_id, "a word", actor="mo", role="analyst", at=LATER)
    assert services.drafts_of(case_id, "li")["decision"]["is_older"] is True


def test_a_draft_is_replaced_emptied_and_forgotten() -> None:
    case_id = opened()
    for text in ("one", "two"):
        services.save_draft(case_id, "note", {"text": text}, actor="li", revision=0)
    assert services.drafts_of(case_id, "li")["note"]["fields"] == {"text": "two"}
    services.save_draft(case_id, "note", {"text": " "}, actor="li", revision=0)
    assert services.drafts_of(case_id, "li") == {}


def test_a_draft_keeps_no_card_number_and_no_more_than_it_may() -> None:
    case_id = opened()
    services.save_draft(case_id, "note", {"text": "4111 1111 1111 1111"}, actor="li", revision=0)
    assert "4111" not in services.drafts_of(case_id, "li")["note"]["fields"]["text"]
    for form, text, code in (("note", "x" * 20_001, "draft_too_long"), ("essay", "x", "no_such_form")):
        with pytest.raises(services.RefusedChange) as refused:
            services.save_draft(case_id, form, {"text": text}, actor="li", revision=0)
        assert refused.value.refusal.code == code


def macro(**given: Any) -> dict[str, Any]:
    base = {"form": "evidence", "text_en": "Please prove {subject}, {amount}, by {due_day}.", "text_zh": "请于 {due_day} 前举证:{subject}"}
    return services.save_macro("proof", **({"due_days": 7, "actor": "li", "role": "analyst"} | base | given))


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Please prove M1, 100.01 CNY, by 2026-03-08."), ("zh-hans", "请于 2026-03-08 前举证:M1")],
)
def test_a_macro_fills_the_form_in_the_readers_language(language: str, text: str) -> None:
    kept, case = macro(), case_of(opened())
    with translation.override(language):
        assert applied(kept["macro_id"], case, actor="li", at=AT) == {"form": "evidence", "fields": {"wanted": text, "due_days": "7"}}


def test_a_macro_is_its_owners_unless_a_lead_shares_it() -> None:
    own, case = macro(), case_of(opened())
    assert applied(own["macro_id"], case, actor="mo") is None
    with pytest.raises(services.RefusedChange, match="leads the team"):
        macro(is_shared=True)
    shared = macro(is_shared=True, actor="wu", role="approver", form="note", due_days=None)
    assert applied(shared["macro_id"], case, actor="mo") is not None
    assert [(one["owner"], one["name"]) for one in services.macros_for("mo")] == [("wu", "proof")]
    assert not services.forget_macro(shared["macro_id"], actor="mo")
    assert services.forget_macro(shared["macro_id"], actor="wu")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"text_en": "{surname}"}, "unknown_place"),
        ({"text_en": "", "text_zh": " "}, "bad_text"),
        ({"outcome": "settled"}, "bad_macro"),
        ({"form": "essay"}, "bad_macro"),
        ({"due_days": 61}, "bad_due"),
        ({"role": "auditor"}, "role"),
    ],
)
def test_a_macro_that_cannot_be_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(services.RefusedChange) as refused:
        macro(**given)
    assert refused.value.refusal.code == code


def test_every_place_a_macro_may_name_is_filled() -> None:
    kept = macro(form="note", text_en=" ".join(f"{{{place}}}" for place in PLACES))
    with translation.override("en"):
        filled = applied(kept["macro_id"], case_of(opened()), actor="li", at=AT)
    assert filled is not None
    assert "{" not in filled["fields"]["text"]
    assert unknown_places("{subject} {who}") == ["who"]


def test_a_view_is_kept_without_where_one_stands_in_it() -> None:
    assert view_of("status=NEW&p=3&q=M1&saved=4") == "q=M1&status=NEW"
    kept = services.save_filter("new ones", "status=NEW&p=3", actor="li", role="analyst")
    assert kept["query"] == "status=NEW"
    services.save_filter("new ones", "status=ACCEPTED", actor="li", role="analyst")
    assert [one["query"] for one in services.filters_for("li")] == ["status=ACCEPTED"]


def test_only_a_lead_shares_a_filter_and_anybody_may_open_with_it() -> None:
    with pytest.raises(services.RefusedChange, match="leads the team"):
        services.save_filter("late", "late=1", is_shared=True, actor="li", role="analyst")
    shared = services.save_filter("late", "late=1", is_shared=True, actor="wu", role="approver")
    assert services.open_with(shared["filter_id"], actor="li")
    assert default_view("li") == "late=1"
    assert services.filters_for("li")[0]["is_default"]
    services.save_filter("late", "late=1", actor="wu", role="approver")  # no longer shared
    assert default_view("li") is None
    own = services.save_filter("mine", "q=1", actor="wu", role="approver")
    assert not services.open_with(own["filter_id"], actor="li")
    assert not services.forget_filter(own["filter_id"], actor="li")
    assert services.open_with(None, actor="li")


@pytest.mark.parametrize(("name", "query"), [(" ", "q=1"), ("x" * 61, "q=1"), ("long", "q=" + "x" * 500), ("many", "&".join(["a=1"] * 50))])
def test_a_filter_that_cannot_be_kept_is_refused(name: str, query: str) -> None:
    with pytest.raises(services.RefusedChange):
        services.save_filter(name, query, actor="li", role="analyst")


def proposed(case_id: str, at: Any = AT) -> None:
    services.apply(case_id, "accept", actor="li", role="analyst", at=at)
    services.apply(case_id, "start_review", actor="li", role="analyst", at=at)
    services.propose(case_id, maker="li", close_code="false_positive", reasons=["looked"], at=at)


def test_my_cases_begin_with_what_came_back_and_hold_each_case_once() -> None:
    returned, waiting, held, asleep, followed, other = (opened(number) for number in range(1, 7))
    proposed(returned)
    services.apply(returned, "return", actor="wu", role="approver", comment="more", at=AT)
    services.claim(returned, actor="li", at=AT)
    proposed(waiting)
    services.claim(held, actor="li", at=AT)
    services.claim(asleep, actor="li", at=AT)
    services.snooze(asleep, until=AT + timedelta(hours=2), actor="li", role="analyst", at=AT)
    services.claim(followed, actor="mo", at=AT)
    services.follow(followed, actor="li")
    services.follow(held, actor="li")
    told = services.my_cases("li", LATER)
    assert list(told) == ["returned", "held", "waiting", "snoozed", "followed"]
    assert {kind: [case.pk for case in cases] for kind, cases in told.items()} == {
        "returned": [returned],
        "held": [held],
        "waiting": [waiting],
        "snoozed": [asleep],
        "followed": [followed],
    }
    assert all(not cases for kind, cases in services.my_cases("wu", LATER).items())
    services.follow(followed, actor="li", is_followed=False)
    assert services.my_cases("li", LATER)["followed"] == []
    assert other not in {case.pk for cases in told.values() for case in cases}


def test_what_was_proposed_again_has_not_come_back() -> None:
    case_id = opened()
    proposed(case_id)
    services.apply(case_id, "return", actor="wu", role="approver", comment="more", at=AT)
    services.propose(case_id, maker="li", close_code="false_positive", reasons=["more"], at=AT)
    told = services.my_cases("li", LATER)
    assert ([case.pk for case in told["returned"]], [case.pk for case in told["waiting"]]) == ([], [case_id])
