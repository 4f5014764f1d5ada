"""The desk as people see it: what each role sees and can do, in both languages."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from fairdeal.disputes import services
from fairdeal.disputes.models import Case, CaseMember
from tests.disputes.alerts import AT, alert

pytestmark = pytest.mark.usefixtures("home")


def person(name: str, *roles: str, **fields: Any) -> User:
    user = User.objects.create(username=name, is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def browser(user: User | None = None, language: str = "en") -> Client:
    client = Client(SERVER_NAME="localhost", headers={"accept-language": language})
    if user is not None:
        client.force_login(user)
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def open_ring() -> str:
    return services.open_cases([alert(n) for n in (1, 2)], run_id="run-1", at=AT).opened[0]


def send(client: Client, case_id: str, event: str, **form: str) -> str:
    """Post one step from the case's page as it is now; the page that follows."""
    revision = Case.objects.get(pk=case_id).revision
    form = {"event": event, "revision": str(revision), **form}
    return text_of(client.post(f"/case/{case_id}/step/", form, follow=True))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["14 accounts ordered from one device", "同一设备下单 14 个账户", "Fake deal", "expected loss", "160.03 CNY", "brushing"]),
        ("zh-hans", ["14 accounts ordered from one device", "同一设备下单 14 个账户", "虚假交易", "预期损失", "160.03 CNY", "刷单"]),
    ],
)
def test_the_case_page_shows_reasons_in_both_languages(language: str, words: list[str]) -> None:
    case_id = open_ring()
    page = text_of(browser(person("li", "analyst"), language).get(f"/case/{case_id}/"))
    for word in [*words, "O7", "O8", "200.03 CNY", "M1", "hold" if language == "en" else "延迟", "80%"]:
        assert word in page, word
    assert f'lang="{language}"' in page


def test_a_case_is_told_in_one_line_and_in_what_its_members_share() -> None:
    def reason(code: str, text: str) -> dict[str, Any]:
        return {"code": code, "value": 1.0, "norm": 0.0, "text_zh": f"中{text}", "text_en": text}

    shared = [json.dumps({"device_id": "D1", "network_id": f"N{n}", "amount_minor": 1}) for n in (1, 2, 3)]
    reasons = [[reason("a", "first told"), reason("b", "often told")], [reason("b", "less at stake")], [reason("b", "least at stake")]]
    rows = [
        alert(n, account_id=f"B{n}", expected_loss_minor=9_000 - n, snapshot=shared[n - 1], reasons=json.dumps(reasons[n - 1]))
        for n in (1, 2, 3)
    ]
    (case_id,) = services.open_cases(rows, run_id="run-1", at=AT).opened
    page = text_of(browser(person("li", "analyst")).get(f"/case/{case_id}/"))
    assert '<p class="fd-headline">first told</p>' in page
    common = re.findall(r"<td title=\"[^\"]*\">([^<]+)</td><td><svg.*?</svg></td><td class=\"fd-number\"><strong>(\d)</strong> / 3", page)
    assert common == [("often told", "3"), ("first told", "1")]
    assert re.findall(r"<td><code>(\w+)</code></td><td class=\"fd-number\">(\d)</td><td class=\"fd-number\">(\d)", page) == [
        ("D1", "3", "3")
    ]


@pytest.mark.parametrize(
    ("language", "labels"), [("en", ["amount", "paid", "unsafe channel"]), ("zh-hans", ["金额", "付款时间", "非安全渠道"])]
)
def test_what_was_known_is_told_in_words_money_and_local_time(language: str, labels: list[str]) -> None:
    known = {"amount_minor": 765_432, "currency": "CNY", "paid_at": "2026-02-28T17:30:00Z", "is_unsafe_channel": True, "own_column": None}
    (case_id,) = services.open_cases([alert(1, snapshot=json.dumps(known))], run_id="run-1", at=AT).opened
    page = text_of(browser(person("li", "analyst"), language).get(f"/case/{case_id}/"))
    rows = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert [rows[label] for label in labels] == ["7,654.32 CNY", "2026-03-01 01:30", "yes" if language == "en" else "是"]
    assert rows["own_column"] == "—"
    assert "765432" not in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["under investigation", "merchant", "14 accounts ordered"]), ("zh-hans", ["调查核实", "商家", "同一设备下单 14 个账户"])],
)
def test_the_queue_is_listed_in_both_languages(language: str, words: list[str]) -> None:
    case_id = open_ring()
    services.apply(case_id, "accept", actor="li", role="analyst", at=AT)
    services.apply(case_id, "start_review", actor="li", role="analyst", at=AT)
    page = text_of(browser(person("li", "analyst"), language).get("/queue/"))
    for word in [*words, case_id, "M1", "160.03 CNY", "200.03 CNY", "2026-03-01 10:00"]:
        assert word in page, word


def test_the_queue_begins_with_the_largest_expected_loss() -> None:
    rows = [alert(n, f"M{n}", expected_loss_minor=loss) for n, loss in ((1, 5), (2, 900), (3, 70))]
    services.open_cases(rows, run_id="run-1", at=AT)
    page = text_of(browser(person("li", "analyst")).get("/queue/"))
    assert re.findall(r'href="/party/merchant/(M\d)/"', page) == ["M2", "M3", "M1"]


@pytest.mark.parametrize("table", ["casemember", "casealert", "caseevent"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_row_of_every_table_leads_to_its_place_in_its_case(table: str, language: str) -> None:
    case_id = open_ring()
    client = browser(person("li", "analyst"), language)
    page = text_of(client.get(f"/admin/disputes/{table}/", {"q": case_id}))
    (row,) = re.findall(rf'href="(/admin/disputes/{table}/[^/"]+/change/)', page)[:1]
    landed = client.get(row)
    assert landed.status_code == 302
    address, anchor = landed["location"].split("#")
    assert address == f"/case/{case_id}/"
    assert f'id="{anchor}"' in text_of(client.get(address))


@pytest.mark.parametrize("path", ["/", "/queue/", *(f"/admin/disputes/{table}/" for table in ("casemember", "casealert", "caseevent"))])
def test_codes_are_told_in_the_readers_language(path: str) -> None:
    case_id = open_ring()
    services.apply(case_id, "accept", actor="li", role="analyst", at=AT)
    client = browser(person("li", "analyst"), "zh-hans")
    codes = {
        "brushing",
        "FAKE_DEAL",
        "expected_loss",
        "hold",
        "ACCEPTED",
        "deals",
        "order",
        "merchant",
        "alerts_joined",
        "analyst",
        "Filters",
    }
    for page in (text_of(client.get(path)), text_of(client.get(f"/case/{case_id}/"))):
        said = re.findall(r">([^<>]+)<", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
        assert codes & {word for words in said for word in words.split()} == set()


def test_a_review_shows_its_spans_and_twins_and_nothing_runs() -> None:
    row = alert(
        1,
        subject_kind="review",
        detector="reviews",
        typology="paid_praise",
        case_type="FAKE_REVIEW",
        snapshot=json.dumps({"text": "真的很好，<script>alert(1)</script>好评返现", "rating": 5}),
        evidence=json.dumps({"spans": [{"start": 0, "end": 4}, [30, 34, 0.7], [90, 99]], "twins": [{"twin_id": "R7", "similarity": 0.91}]}),
    )
    (case_id,) = services.open_cases([row], run_id="run-1", at=AT).opened
    page = text_of(browser(person("li", "analyst")).get(f"/case/{case_id}/"))
    assert "<mark>真的很好</mark>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert "<mark>好评返现</mark>" in page
    assert re.search(r"R7</code>\s*91% alike", page)


def test_the_case_page_links_to_the_cases_of_the_same_subject_and_of_its_neighbours() -> None:
    old = open_ring()
    services.decide(old, maker="li", checker="wang", close_code="false_positive", reasons=["x"], at=AT)
    rows = [alert(3), alert(4, "B3", case_type="CLAIM_ABUSE", case_subject_kind="account", account_id="B3", merchant_id="M9")]
    opened = services.open_cases(rows, run_id="run-2", at=AT).opened
    new = Case.objects.get(pk__in=opened, case_type="FAKE_DEAL")
    other = Case.objects.get(pk__in=opened, case_type="CLAIM_ABUSE")
    page = text_of(browser(person("li", "analyst")).get(f"/case/{new.pk}/"))
    assert f'<a href="/case/{old}/">' in page
    assert f'<a href="/case/{other.pk}/">' in page
    assert '<a href="/party/merchant/M1/">' in page


def test_a_case_is_worked_from_page_to_page_by_two_people() -> None:
    case_id = open_ring()
    analyst, checker = browser(person("li", "analyst")), browser(person("wang", "approver"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    first, second = CaseMember.objects.order_by("subject_id")
    page = send(
        analyst,
        case_id,
        "propose_decision",
        outcome="action_confirmed",
        reasons="one device\none hour",
        **{f"finding_{second.pk}": "honest"},
    )
    assert "waiting for a second person" in page
    page = send(checker, case_id, "approve")
    assert "suspicion confirmed" in page
    assert Case.objects.get().status == "CLOSED"
    assert dict(CaseMember.objects.values_list("pk", "verdict")) == {first.pk: "fraud", second.pk: "honest"}
    assert [row["is_fraud"] for row in services.verdicts()] == [True, False]


def test_evidence_is_asked_for_and_the_review_goes_on_when_it_is_complete() -> None:
    case_id = open_ring()
    analyst = browser(person("li", "analyst"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    page = send(analyst, case_id, "request_evidence", wanted="the parcel's weight, from the carrier", due_days="3")
    assert "the parcel&#x27;s weight, from the carrier" in page or "the parcel's weight, from the carrier" in page
    assert "Evidence is complete" in page
    assert "decided on the evidence there is" in page
    assert "under investigation" in send(analyst, case_id, "close_evidence", complete="yes")


@pytest.mark.parametrize("days", ["", "x", "²", "0", "99999999999999999999"])
def test_evidence_without_a_date_ahead_is_not_asked_for(days: str) -> None:
    case_id = open_ring()
    analyst = browser(person("li", "analyst"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    assert "not changed" in send(analyst, case_id, "request_evidence", wanted="more", due_days=days)
    assert Case.objects.get().status == "INVESTIGATION"


def test_clocks_are_stopped_for_a_reason_and_go_on() -> None:
    case_id = open_ring()
    analyst = browser(person("li", "analyst"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")

    def post(**form: str) -> str:
        revision = Case.objects.get().revision
        return text_of(analyst.post(f"/case/{case_id}/pause/", {"revision": revision, **form}, follow=True))

    assert "The clocks stand still: expert testing." in post(pause="pause", reason="expert_test")
    assert "the clocks stand still already" in post(pause="pause", reason="expert_test")
    assert "Stop the clocks" in post(pause="resume")
    assert "clocks stop for a known reason only" in post(pause="pause", reason="lunch")


def test_a_case_is_handed_on_with_a_reason_by_its_holder_or_an_approver() -> None:
    case_id = open_ring()
    clients = {name: browser(person(name, role)) for name, role in (("li", "analyst"), ("zhao", "analyst"), ("wang", "approver"))}
    services.claim(case_id, actor="li")

    def post(name: str, **form: str) -> str:
        revision = Case.objects.get().revision
        return text_of(clients[name].post(f"/case/{case_id}/reassign/", {"revision": revision, **form}, follow=True))

    assert "Hand it on" in text_of(clients["li"].get(f"/case/{case_id}/"))
    assert "Hand it on" not in text_of(clients["zhao"].get(f"/case/{case_id}/"))
    assert "or by an approver" in post("zhao", to="zhao", reason="mine")
    assert "changes hands with a reason" in post("li", to="zhao", reason="")
    assert "Choose an analyst" in post("li", to="wang", reason="you know them")
    assert "Handed on to zhao" in post("li", to="zhao", reason="speaks Korean")
    assert "Handed on to li" in post("wang", to="li", reason="zhao is ill")
    assert Case.objects.get().holder == "li"


def test_a_word_is_left_in_a_case_that_somebody_else_holds() -> None:
    case_id = open_ring()
    services.claim(case_id, actor="zhao")
    client = browser(person("li", "analyst"))
    page = text_of(client.post(f"/case/{case_id}/note/", {"text": "the carrier calls back at five"}, follow=True))
    assert "the carrier calls back at five" in page
    assert Case.objects.get().holder == "zhao"
    assert "nothing is said" in text_of(client.post(f"/case/{case_id}/note/", {"text": " "}, follow=True))
    auditor = browser(person("sun", "auditor"))
    assert "leaves no word" in auditor.post(f"/case/{case_id}/note/", {"text": "x"}).content.decode()


@pytest.mark.parametrize(("language", "heading"), [("en", '"Strongest reason"'), ("zh-hans", '"最强理由"')])
def test_cases_are_exported_as_a_table_in_which_nothing_is_a_formula(language: str, heading: str) -> None:
    case_id = open_ring()
    services.open_cases([alert(77, "=cmd|' /C calc'!A0")], run_id="run-1", at=AT)
    client = browser(person("li", "analyst"))
    client.cookies["django_language"] = language
    chosen = {"what": "export", "case": list(Case.objects.values_list("pk", flat=True))}
    answer = client.post("/queue/selected/", chosen, HTTP_ACCEPT_LANGUAGE=language)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert heading in answer.content.decode()
    assert {row[0] for row in rows[1:]} == {case_id, *Case.objects.values_list("pk", flat=True)}
    assert len({len(row) for row in rows}) == 1
    assert {row[-1] for row in rows[1:]} == {""}  # none is closed
    assert not any(cell.startswith(("=", "+", "@")) for row in rows[1:] for cell in row)


def test_a_member_is_taken_out_of_a_ring_with_a_reason() -> None:
    case_id = open_ring()
    analyst = browser(person("li", "analyst"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    member = CaseMember.objects.order_by("subject_id")[0]
    assert "Does not belong here" in text_of(analyst.get(f"/case/{case_id}/"))

    def post(**form: str) -> str:
        revision = Case.objects.get(pk=case_id).revision
        return text_of(analyst.post(f"/case/{case_id}/split/", {"revision": revision, **form}, follow=True))

    assert "changes hands with a reason" in post(member=member.key, reason="")
    assert "it is judged in case C" in post(member=member.key, reason="bought for the office")
    assert CaseMember.objects.get(pk=member.pk).case_id != case_id


@pytest.mark.parametrize("role", ["approver", "auditor", "agent"])
def test_only_analysts_stop_clocks_and_take_members_out(role: str) -> None:
    case_id = open_ring()
    client = browser(person("zhou", role))
    for what in ("pause", "split"):
        refused = client.post(f"/case/{case_id}/{what}/", {})
        assert (refused.status_code, "another role" in refused.content.decode()) == (403, True)


@pytest.mark.parametrize("name", ["step", "preview", "claim", "reassign", "pause", "split", "note"])
def test_a_revision_that_is_no_number_breaks_nothing(name: str) -> None:
    case_id = open_ring()
    analyst = browser(person("li", "analyst"))
    assert analyst.post(f"/case/{case_id}/{name}/", {"revision": "²", "event": "accept"}, follow=True).status_code == 200


def test_who_was_hardly_suspected_or_drawn_at_random_is_not_judged_by_the_others() -> None:
    rows = [alert(1), alert(2, probability=0.3), alert(3, chosen_by="audit_sample", selection_probability=0.1), alert(4, probability=None)]
    (case_id,) = services.open_cases([*rows, alert(5, probability=0.2)], run_id="run-1", at=AT).opened
    analyst, checker = browser(person("li", "analyst")), browser(person("wang", "approver"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    assert text_of(analyst.get(f"/case/{case_id}/")).count("not judged, unless a false positive") == 3
    marked = CaseMember.objects.get(subject_id="O5")
    send(analyst, case_id, "propose_decision", outcome="action_confirmed", reasons="one device", **{f"finding_{marked.pk}": "fraud"})
    send(checker, case_id, "approve")
    assert {row["subject_id"]: row["is_fraud"] for row in services.verdicts()} == {
        "O1": True,
        "O2": None,
        "O3": None,
        "O4": True,
        "O5": True,
    }


@pytest.mark.parametrize(("outcome", "is_fraud"), [("action_confirmed", True), ("false_positive", False)])
def test_a_member_alone_in_its_case_is_what_the_outcome_says(outcome: str, is_fraud: bool) -> None:
    (case_id,) = services.open_cases([alert(1, probability=0.1)], run_id="run-1", at=AT).opened
    analyst, checker = browser(person("li", "analyst")), browser(person("wang", "approver"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    send(analyst, case_id, "propose_decision", outcome=outcome, reasons="looked")
    send(checker, case_id, "approve")
    assert [row["is_fraud"] for row in services.verdicts()] == [is_fraud]


def test_a_proposal_can_be_returned_with_a_comment() -> None:
    case_id = open_ring()
    analyst, checker = browser(person("li", "analyst")), browser(person("wang", "approver"))
    send(analyst, case_id, "accept")
    send(analyst, case_id, "start_review")
    send(analyst, case_id, "propose_decision", outcome="false_positive", reasons="parcels exist")
    assert "a return says what is missing" in send(checker, case_id, "return")
    assert "show the parcels" in send(checker, case_id, "return", comment="show the parcels")
    assert Case.objects.get().status == "INVESTIGATION"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "a second person decides about a proposal, never its maker"), ("zh-hans", "提议须由第二人复核，提议人不得自行复核")],
)
def test_who_is_analyst_and_approver_cannot_approve_their_own(language: str, words: str) -> None:
    case_id = open_ring()
    both = browser(person("li", "analyst", "approver"), language)
    send(both, case_id, "accept")
    send(both, case_id, "start_review")
    send(both, case_id, "propose_decision", outcome="action_confirmed", reasons="x")
    page = text_of(both.get(f"/case/{case_id}/"))
    assert 'value="approve"' not in page
    assert words in send(both, case_id, "approve")
    assert Case.objects.get().status == "DECISION_PENDING"


@pytest.mark.parametrize(("roles", "event"), [(("approver",), "accept"), (("auditor",), "accept"), (("analyst",), "approve")])
def test_a_step_of_another_role_is_refused_by_the_server(roles: tuple[str, ...], event: str) -> None:
    case_id = open_ring()
    if event == "approve":
        services.apply(case_id, "accept", actor="zhao", role="analyst", at=AT)
        services.apply(case_id, "start_review", actor="zhao", role="analyst", at=AT)
        services.propose(case_id, maker="zhao", close_code="action_confirmed", reasons=["x"], at=AT)
    before = Case.objects.get().status
    assert "your role may not take this step" in send(browser(person("li", *roles)), case_id, event)
    assert Case.objects.get().status == before


def test_a_page_seen_before_a_change_cannot_change_the_case() -> None:
    case_id = open_ring()
    services.apply(case_id, "accept", actor="zhao", role="analyst", at=AT)
    page = send(browser(person("li", "analyst")), case_id, "start_review", revision="0")
    assert "somebody changed the case in the meantime" in page


def test_cases_are_accepted_together_and_what_is_refused_is_said() -> None:
    opened = services.open_cases([alert(1, "M1"), alert(2, "M2")], run_id="run-1", at=AT).opened
    services.apply(opened[0], "accept", actor="zhao", role="analyst", at=AT)
    client = browser(person("li", "analyst"))
    page = text_of(client.post("/queue/selected/", {"what": "accept", "case": opened}, follow=True))
    assert "1 cases changed" in page
    assert f"case {opened[1]}: now accepted" in page
    assert f"case {opened[0]}: not changed" in page
    assert set(Case.objects.values_list("status", flat=True)) == {"ACCEPTED"}


def test_an_analyst_takes_the_next_case_with_one_button_and_others_see_who_has_it() -> None:
    services.open_cases([alert(1, "M1"), alert(2, "M2", expected_loss_minor=90_000)], run_id="run-1", at=AT)
    li, zhao = (browser(person(name, "analyst")) for name in ("li", "zhao"))
    assert "Take the next case" in text_of(li.get("/queue/"))
    page = text_of(li.post("/queue/next/", follow=True))
    assert "M2" in page
    assert "nobody else works on this case" in page
    assert "Nobody works on this case yet" not in page
    case_id = Case.objects.get(holder="li").pk
    theirs = text_of(zhao.get(f"/case/{case_id}/"))
    assert "li holds this case until" in theirs
    assert 'value="accept"' not in theirs
    assert "not changed" in send(zhao, case_id, "accept")
    assert "M1" in text_of(zhao.post("/queue/next/", follow=True))
    assert "No case waits to be taken" in text_of(li.post("/queue/next/", follow=True))


@pytest.mark.parametrize(
    ("hours", "words", "colour"),
    [
        (1, "h 59 min", "fd-far"),
        (13, "10 h 59 min", "fd-warned"),
        (22.5, "1 h 29 min", "fd-near"),
        (26, "late 2 h 00 min", "fd-late"),
        (102, "late 3 d 6 h", "fd-late"),
    ],
)
def test_the_queue_colours_the_time_left_for_the_first_answer(hours: float, words: str, colour: str) -> None:
    opened_at = timezone.now() - timedelta(hours=hours)
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=opened_at).opened
    li = browser(person("li", "analyst"))
    for path in ("/queue/", f"/case/{case_id}/"):
        page = text_of(li.get(path))
        assert words in page
        assert colour in page
    late = re.search(r"first answer late</dt><dd[^>]*>(\d)<", text_of(li.get("/")))
    assert late is not None
    assert int(late[1]) == (hours > 24)
    services.apply(case_id, "accept", actor="li", role="analyst")
    for path in ("/queue/", f"/case/{case_id}/"):
        page = text_of(li.get(path))
        assert "first answer" not in page
        assert "start of the review" in page.lower()


def test_taking_over_needs_a_reason_and_giving_back_leaves_a_word() -> None:
    case_id = open_ring()
    li, zhao = (browser(person(name, "analyst")) for name in ("li", "zhao"))
    li.post("/queue/next/")

    def post(client: Client, **form: str) -> str:
        revision = str(Case.objects.get(pk=case_id).revision)
        return text_of(client.post(f"/case/{case_id}/claim/", {"revision": revision, **form}, follow=True))

    assert "not changed" in post(zhao, claim="take", reason="")
    assert Case.objects.get().holder == "li"
    assert "li has gone home" in post(zhao, claim="take", reason="li has gone home")
    assert Case.objects.get().holder == "zhao"
    assert "back in the queue" in post(zhao, claim="release", reason="the carrier answers tomorrow")
    assert Case.objects.get().holder == ""
    assert "the carrier answers tomorrow" in text_of(li.get(f"/case/{case_id}/"))


@pytest.mark.parametrize("role", ["approver", "auditor"])
def test_only_analysts_take_cases(role: str) -> None:
    case_id = open_ring()
    client = browser(person("wang", role))
    for refused in (client.post("/queue/next/"), client.post(f"/case/{case_id}/claim/", {"claim": "take"})):
        assert (refused.status_code, "another role" in refused.content.decode()) == (403, True)
    assert Case.objects.get().holder == ""


@pytest.mark.parametrize("path", ["/queue/", "/admin/disputes/caseevent/", "/admin/disputes/casealert/"])
def test_who_has_no_role_in_the_queue_sees_nothing_of_it(path: str) -> None:
    open_ring()
    for user in (person("root", is_superuser=True), person("ed", "editor"), person("nobody")):
        assert browser(user).get(path).status_code == 403


def test_a_person_without_a_role_cannot_step_and_learns_nothing() -> None:
    case_id = open_ring()
    response = browser(person("nobody")).post(f"/case/{case_id}/step/", {"event": "accept"})
    assert (response.status_code, " CNY" in response.content.decode()) == (403, False)
    assert Case.objects.get().status == "NEW"


def test_nothing_is_edited_added_or_deleted_in_the_tables() -> None:
    open_ring()
    client = browser(person("li", "analyst", "approver", is_superuser=True))
    for table, row in (("caseevent", "1"), ("casealert", "A1"), ("casemember", "1")):
        assert client.get(f"/admin/disputes/{table}/add/").status_code == 403
        assert client.post(f"/admin/disputes/{table}/{row}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(f"/admin/disputes/{table}/{row}/change/", {"case_id": "X"}).status_code == 403
        assert "delete_selected" not in text_of(client.get(f"/admin/disputes/{table}/"))


def test_a_case_that_is_not_there_is_told_so_in_words() -> None:
    client = browser(person("li", "analyst"))
    for answer in (client.get("/case/C0/"), client.post("/case/C0/step/", {"event": "accept"}), client.get("/nowhere/")):
        assert (answer.status_code, "There is no such page" in answer.content.decode()) == (404, True)


def test_the_language_is_switched_by_the_reader() -> None:
    client = browser(person("li", "analyst"), "zh-hans")
    assert "纠纷" in text_of(client.get("/"))
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert "Fairdeal disputes" in text_of(client.get("/"))


def test_pages_take_nothing_from_the_network() -> None:
    case_id = open_ring()
    client = browser(person("li", "analyst"))
    for path in ("/admin/", "/queue/", f"/case/{case_id}/"):
        loaded = re.findall(r'(?:src|href|action)="((?:https?:)?//[^"]+)', text_of(client.get(path)))
        assert loaded == []


def test_the_first_page_says_what_is_open_and_what_to_take_first() -> None:
    rows = [alert(1, "M1"), alert(2, "M2"), alert(3, "P1", case_type="UNAUTH_PAY", case_subject_kind="instrument", currency="USD")]
    opened = services.open_cases(rows, run_id="run-1", at=AT).opened
    mine = Case.objects.get(subject_id="M2").pk
    services.apply(mine, "accept", actor="li", role="analyst", at=AT)
    services.apply(mine, "start_review", actor="li", role="analyst", at=AT)
    page = text_of(browser(person("li", "analyst")).get("/"))
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>(?:<a[^>]*>)?([^<]+)", page))
    assert figures["open"] == "3"
    assert figures["nobody works on them"] == "2"
    assert figures["mine"] == "1"
    assert figures["expected loss"] == "160.03 CNY + 80.03 USD"
    first = re.findall(r"/case/(C\w+)/", page)
    assert sorted(first) == sorted(set(opened) - {mine}), "what nobody has taken, and nothing else"


WEEK = {
    "day": "2026-03-04",
    "detectors": {
        "payments": {
            "ripe": {"frauds": 23, "frauds_told": 20.4, "precision": 0.615},
            "label_delay_days": {"now": 7.25},
            "features": [{"name": "payer_payment_count_1h", "stability": 0.31}],
        },
        "reviews": {
            "ripe": {"frauds": 0, "frauds_told": None, "precision": None},
            "label_delay_days": {"now": None},
            "features": [{"name": "text_score", "stability": None}],
        },
    },
    "alarms": [{"text_zh": "payments 有 2 个特征明显移动", "text_en": "payments: features have moved"}],
}


def watched(day: str, content: str) -> None:
    folder = settings.WATCH_FOLDER / day
    folder.mkdir(parents=True)
    (folder / "figures.json").write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["week to 2026-03-04", "payments: features have moved", "20.4", "62%", "7.2 days", "payer_payment_count_1h 0.31"]),
        ("zh-hans", ["截至 2026-03-04 的一周", "payments 有 2 个特征明显移动", "预测欺诈", "62%", "7.2 天"]),
    ],
)
def test_the_first_page_tells_the_newest_week_that_was_watched(language: str, words: list[str]) -> None:
    user = person("li", "analyst")
    assert "fd-week" not in text_of(browser(user).get("/"))
    watched("2026-02-25", json.dumps({**WEEK, "day": "2026-02-25"}))
    watched("2026-03-04", json.dumps(WEEK))
    page = text_of(browser(user, language).get("/"))
    assert [word for word in words if word not in page] == []
    assert "2026-02-25" not in page
    assert "fd-week" not in text_of(browser(person("nobody")).get("/")), "who may not read the queue does not read this"


@pytest.mark.parametrize("content", ["", "no json", "[]", "{}", '{"day": "x", "detectors": {"payments": {}}, "alarms": []}'])
def test_a_week_that_cannot_be_read_hides_nothing_else(content: str) -> None:
    watched("2026-03-04", content)
    page = text_of(browser(person("li", "analyst")).get("/"))
    assert "fd-week" not in page
    assert "expected loss" in page


def test_the_first_page_asks_for_a_second_person_until_there_is_one() -> None:
    root = person("root", "analyst", is_superuser=True)
    assert "add one with the role approver" in text_of(browser(root).get("/"))
    assert "add one with the role approver" not in text_of(browser(person("li", "analyst")).get("/")), "who cannot add is not asked to"
    person("wang", "approver")
    assert "add one with the role approver" not in text_of(browser(root).get("/"))


def test_who_has_no_role_learns_so_and_sees_no_figures() -> None:
    open_ring()
    page = text_of(browser(person("nobody")).get("/"))
    assert "Your account has no role in the queue" in page
    assert "160.03" not in page


def test_the_styles_are_served_from_the_packages() -> None:
    for path in ("/static/disputes/desk.css", "/static/unfold/css/styles.css"):
        response = browser().get(path)
        assert response.status_code == 200
        assert b"".join(response.streaming_content)  # type: ignore[attr-defined]
        response.close()
