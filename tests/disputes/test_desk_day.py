"""The working day on the desk: each part as people use it, from page to page."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localtime, now

from fairdeal.disputes import services
from fairdeal.disputes.desk_rules import DeskRules
from fairdeal.disputes.django_setup import configure
from fairdeal.disputes.models import Case
from tests.disputes.alerts import alert
from tests.disputes.test_console import browser, person, text_of

pytestmark = pytest.mark.usefixtures("home")


def opened(number: int = 1) -> str:
    snapshot = json.dumps({"order_id": f"O{number}", "device_id": "D1"})
    return services.open_cases([alert(number, f"M{number}", snapshot=snapshot)], run_id="run-1", at=now()).opened[0]


def false_positive(number: int = 1) -> str:
    case_id = opened(number)
    services.decide(case_id, maker="ana", checker="bo", close_code="false_positive", reasons=["only a large family"], at=now())
    return case_id


def post(client: Client, address: str, case_id: str = "", **form: Any) -> str:
    sent = {"revision": str(Case.objects.get(pk=case_id).revision), **form} if case_id else form
    return text_of(client.post(address, sent, follow=True))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("address", ["my", "own", "handover", "staffing", "trust", "second-look", "agreement", "queue"])
def test_every_page_of_the_day_opens_in_both_languages(address: str, language: str) -> None:
    opened()
    page = text_of(browser(person("wu", "analyst", "approver"), language).get(f"/{address}/"))
    assert f'lang="{language}"' in page


def test_a_case_is_put_aside_shows_why_it_sleeps_and_is_woken() -> None:
    case_id, client = opened(), browser(person("li", "analyst"))
    until = f"{localtime(now() + timedelta(hours=3)):%Y-%m-%dT%H:%M}"
    page = post(client, f"/case/{case_id}/snooze/", case_id, until=until, trigger="evidence", word="the shop opens later")
    assert "Put aside until" in page
    assert "li put it aside until" in page
    assert "evidence comes" in page
    assert "the shop opens later" in page
    assert "No case waits to be taken." in text_of(client.post("/queue/next/", follow=True))
    assert "You put aside" in text_of(client.get("/my/"))
    assert "put it aside" not in post(client, f"/case/{case_id}/snooze/", case_id, snooze="wake")
    assert "no longer than until the next clock ends" in post(client, f"/case/{case_id}/snooze/", case_id, until="2099-01-01T00:00")
    assert "This is no moment." in post(client, f"/case/{case_id}/snooze/", case_id, until="soon")


def test_a_shift_ends_with_a_word_per_case_and_the_next_one_reads_it() -> None:
    cases = [opened(number) for number in (1, 2)]
    li, mo = browser(person("li", "analyst")), browser(person("mo", "analyst"))
    for case_id in cases:
        services.claim(case_id, actor="li")
    assert cases[0] in text_of(li.get("/handover/"))
    form = {"case": cases, f"word_{cases[0]}": "phoned twice", "word": "as usual", "to": "mo"}
    assert "2 cases handed over." in post(li, "/handover/", **form)
    page = text_of(mo.get("/handover/"))
    assert "phoned twice" in page
    assert "as usual" in page
    number = re.search(r'name="handover" value="(\d+)"', page)
    assert number is not None
    assert "read by mo" in post(mo, "/handover/read/", handover=number[1])
    assert Case.objects.get(pk=cases[0]).holder == "mo"


def test_what_somebody_writes_is_kept_put_back_and_forgotten_when_sent() -> None:
    case_id, client = opened(), browser(person("li", "analyst"))
    services.apply(case_id, "accept", actor="li", role="analyst")
    services.apply(case_id, "start_review", actor="li", role="analyst")
    (member,) = Case.objects.get(pk=case_id).members.all()  # type: ignore[attr-defined]
    form = {"draft_of": "decision", "outcome": "false_positive", "reasons": "half a thought", f"finding_{member.pk}": "honest"}
    assert "Draft kept at" in post(client, f"/case/{case_id}/draft/", case_id, **form)
    page = text_of(client.get(f"/case/{case_id}/"))
    assert "half a thought" in page
    assert "Your draft was put back." in page
    assert '<option value="false_positive" selected>' in page
    assert '<option value="honest" selected>' in page
    other = browser(person("mo", "analyst"))
    assert "half a thought" not in text_of(other.get(f"/case/{case_id}/"))
    services.note(case_id, "new facts", actor="mo", role="analyst")
    assert "from before the case changed" in text_of(client.get(f"/case/{case_id}/"))
    post(client, f"/case/{case_id}/step/", case_id, event="propose_decision", outcome="false_positive", reasons="whole")
    assert services.drafts_of(case_id, "li") == {}


def test_a_note_that_was_left_leaves_no_draft() -> None:
    case_id, client = opened(), browser(person("li", "analyst"))
    post(client, f"/case/{case_id}/draft/", case_id, draft_of="note", text="to be")
    assert "to be</textarea>" in text_of(client.get(f"/case/{case_id}/"))
    post(client, f"/case/{case_id}/note/", case_id, text="to be or not")
    assert services.drafts_of(case_id, "li") == {}


@pytest.mark.parametrize(("language", "text"), [("en", "Prove M1"), ("zh-hans", "请举证:M1")])
def test_a_macro_fills_the_form_and_sends_nothing(language: str, text: str) -> None:
    case_id, client = opened(), browser(person("li", "analyst"), language)
    services.apply(case_id, "accept", actor="li", role="analyst")
    services.apply(case_id, "start_review", actor="li", role="analyst")
    made = {"name": "proof", "form": "evidence", "text_en": "Prove {subject}", "text_zh": "请举证:{subject}", "due_days": "7"}
    post(client, "/own/macros/", **made)
    (macro,) = services.macros_for("li")
    assert f"?macro={macro['macro_id']}" in text_of(client.get(f"/case/{case_id}/"))
    before = Case.objects.get(pk=case_id).revision
    assert f"{text}</textarea>" in text_of(client.get(f"/case/{case_id}/?macro={macro['macro_id']}"))
    assert Case.objects.get(pk=case_id).revision == before
    assert f"{text}</textarea>" not in text_of(client.get(f"/case/{case_id}/?macro=x"))
    post(client, "/own/macros/", what="forget", macro=str(macro["macro_id"]))
    assert services.macros_for("li") == []


def test_a_view_is_kept_and_the_queue_opens_with_it() -> None:
    opened()
    client = browser(person("li", "analyst"))
    post(client, "/own/filters/", name="unheld", query="held=nobody")
    (kept,) = services.filters_for("li")
    assert "unheld" in text_of(client.get("/queue/?status=open"))
    post(client, "/own/filters/", what="open_with", filter=str(kept["filter_id"]))
    assert client.get("/queue/")["location"] == "/queue/?held=nobody"
    assert client.get("/queue/?status=open").status_code == 200
    assert "leads the team" in text_of(
        client.post("/own/filters/", {"name": "ours", "query": "q=1", "is_shared": "yes"}, follow=True)
    ) or not any(one["is_shared"] for one in services.filters_for("li"))


def test_trust_is_asked_for_on_the_case_confirmed_on_the_list_and_shown_with_the_party() -> None:
    case_id = false_positive()
    li, wu = browser(person("li", "analyst")), browser(person("wu", "approver"))
    assert "Leave somebody in peace" in text_of(li.get(f"/case/{case_id}/"))
    page = post(li, f"/case/{case_id}/trust/", case_id, key="deals:brushing:account:B1", days="30", reason="a large family")
    assert "Asked for; a second person confirms it." in page
    number = re.search(r'name="entry" value="(\d+)"', text_of(wu.get("/trust/")))
    assert number is not None
    assert "an approver" in post(li, "/trust/", what="confirm", entry=number[1]) or services.trusted() == []
    assert services.trusted() == []
    assert "It binds from the next run on." in post(wu, "/trust/", what="confirm", entry=number[1])
    assert len(services.trusted()) == 1
    assert "a large family" in text_of(wu.get("/party/account/B1/"))
    assert "put on the trust-list" in text_of(wu.get(f"/case/{case_id}/"))
    assert "Withdrawn." in post(wu, "/trust/", what="withdraw", entry=number[1], reason="seen again")


def test_a_reason_is_called_wrong_where_it_stands_and_taken_back() -> None:
    case_id, client = opened(), browser(person("li", "analyst"))
    form = {"alert": "A1", "code": "shared_device"}
    assert "This reason is wrong" in text_of(client.get(f"/case/{case_id}/"))
    page = post(client, f"/case/{case_id}/mark/", case_id, word="one tablet", mark="wrong", **form)
    assert "called wrong by li" in page
    assert "one tablet" in page
    assert "called wrong by li" not in post(client, f"/case/{case_id}/mark/", case_id, mark="back", **form)
    assert "This reason is wrong" not in text_of(browser(person("ag", "agent")).get(f"/case/{case_id}/"))


def test_staffing_is_said_by_a_lead_and_the_first_page_tells_when_nobody_did() -> None:
    opened()
    li, wu = browser(person("li", "analyst")), browser(person("wu", "approver"))
    assert "Nobody said who works today" in text_of(li.get("/"))
    today = f"{localtime():%Y-%m-%d}"
    assert 'name="hours_all"' not in text_of(li.get("/staffing/"))
    assert f"Said for {today}." in post(wu, "/staffing/", day=today, hours_all="12", hours_payments="4,5")
    assert services.staffing_for(localtime().date())["hours"] == {"all": 12.0, "payments": 4.5}
    assert "Nobody said who works today" not in text_of(li.get("/"))
    assert "Give a day and hours" in post(wu, "/staffing/", day=today, hours_all="many")
    assert li.post("/staffing/", {"day": today, "hours_all": "99"}).status_code == 403


@pytest.fixture
def drawn(home: Path) -> str:
    """A closed case that li took for a second look."""
    configure(home, desk=DeskRules(second_look_share=1.0))
    case_id = false_positive()
    entry = services.propose_trust(case_id, "deals:brushing:account:B1", days=9, reason="the family secret", actor="ana", role="analyst")
    services.confirm_trust(entry["entry_id"], actor="wu2", role="approver")
    services.note(case_id, "the secret note", actor="ana", role="analyst")
    services.draw_second_looks()
    return case_id


#: Words from which one could tell what was found first.
TELLING = ("only a large family", "the secret note", "the family secret", "false positive</dd>", ">false positive<", "fd-honest")


def test_who_judges_again_sees_the_case_and_nothing_of_what_was_found(drawn: str) -> None:
    client = browser(person("li", "analyst"))
    page = post(client, "/second-look/", what="take")
    assert drawn in page
    assert "14 accounts ordered from one device" in page
    choice = re.sub(r"<select.*?</select>", "", page, flags=re.S)
    for word in (*TELLING, "ana"):
        assert word not in choice.replace("Analys", ""), word


@pytest.mark.parametrize(
    "address",
    [
        "/case/{case}/",
        "/queue/?status=all",
        "/queue/?status=CLOSED&q=M1",
        "/party/account/B1/",
        "/party/merchant/M1/",
        "/trust/",
        "/my/",
        "/handover/",
        "/",
        "/case/{other}/",
        "/admin/disputes/casemember/",
        "/admin/disputes/caseevent/",
        "/admin/disputes/casealert/",
    ],
)
def test_no_page_tells_who_judges_again_what_was_found(drawn: str, address: str) -> None:
    other = opened(2)
    client = browser(person("li", "analyst"))
    post(client, "/second-look/", what="take")
    answer = client.get(address.format(case=drawn, other=other))
    page = re.sub(r"<select.*?</select>", "", answer.content.decode(), flags=re.S)
    assert drawn not in page.replace(f'value="/case/{drawn}/"', "")  # where the switches of language lead back to
    for word in TELLING:
        assert word not in page, word


def test_the_pages_do_tell_everybody_else(drawn: str) -> None:
    client = browser(person("mo", "analyst"))
    assert "the secret note" in text_of(client.get(f"/case/{drawn}/"))
    assert drawn in text_of(client.get("/queue/?status=all"))


def test_nothing_can_be_done_with_a_case_that_one_judges_blind(drawn: str) -> None:
    client = browser(person("li", "analyst"))
    post(client, "/second-look/", what="take")
    for name in ("note", "mark", "follow", "claim", "step", "preview", "trust"):
        assert client.post(f"/case/{drawn}/{name}/", {"text": "x", "event": "accept"}).status_code == 403, name
    exported = client.post("/queue/selected/", {"what": "export", "asked": "status=all", "case": [drawn]})
    assert drawn not in exported.content.decode()


def test_the_api_does_not_tell_either(drawn: str) -> None:
    person("li", "analyst")
    services.take_second_look(actor="li", role="analyst")
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {services.new_token('li', days=1)['token']}"})
    answer = client.get(f"/api/v1/cases/{drawn}")
    assert answer.status_code == 403
    assert "judged_blind" in answer.content.decode()
    assert "large family" not in answer.content.decode()
    assert drawn not in client.get("/api/v1/cases?status=all").content.decode()
    person("mo", "analyst")
    other = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {services.new_token('mo', days=1)['token']}"})
    assert other.get(f"/api/v1/cases/{drawn}").status_code == 200


def test_after_the_judgement_a_lead_sees_both_and_says_which_holds(drawn: str) -> None:
    li, wu = browser(person("li", "analyst")), browser(person("wu", "approver"))
    post(li, "/second-look/", what="take")
    assert "A lead looks at both." in post(li, "/second-look/", what="judge", outcome="action_confirmed", word="one device")
    assert "only a large family" in text_of(li.get(f"/case/{drawn}/"))
    page = text_of(wu.get("/agreement/"))
    assert "one device" in page
    number = re.search(r'name="look" value="(\d+)"', page)
    assert number is not None
    page = post(wu, "/agreement/", look=number[1], holds="second", word="I see it so")
    assert "Entered. It teaches the models" in page
    assert services.verdicts()[-1]["second_look"] is True


def test_my_cases_show_what_one_follows() -> None:
    case_id, client = opened(), browser(person("li", "analyst"))
    assert "Follow no longer" in post(client, f"/case/{case_id}/follow/", case_id, follow="yes")
    assert "You follow" in text_of(client.get("/my/"))
