"""Errors in one form: whoever makes them, with where, what was found, what is allowed and what to do, and no traceback."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from fairdeal.disputes import services
from fairdeal.disputes.api import queue_views
from fairdeal.disputes.models import Case
from tests.disputes.asking import COMPLAINT, Asker, analyst, check_problem, code_of, holds_card, system, token_of

pytestmark = pytest.mark.usefixtures("home")

CASE = "C0123456789abcdef"


@pytest.mark.parametrize(
    ("method", "address", "body", "code"),
    [
        ("GET", "nothing/here", None, "404 no_such_address"),
        ("GET", f"cases/{CASE}", None, "404 no_such_case"),
        ("GET", "cases/X1", None, "422 bad_value"),
        ("GET", "cases/%00", None, "422 bad_value"),
        ("GET", "cases?limit=0", None, "422 bad_value"),
        ("GET", "cases?status=LOST", None, "422 bad_value"),
        ("GET", "cases?colour=red", None, "422 bad_value"),
        ("GET", "cases?after=9999999999999999999~C0123456789abcdef", None, "422 bad_value"),
        ("GET", "cases?q=%00", None, "422 bad_value"),
        ("DELETE", "cases", None, "405 no_such_method"),
        ("PATCH", f"cases/{CASE}", {}, "405 no_such_method"),
        ("POST", f"cases/{CASE}/notes", "{", "400 bad_request"),
        ("POST", f"cases/{CASE}/notes", b"\xff\xfe", "400 bad_request"),
        ("POST", f"cases/{CASE}/notes", "[" * 100_000, "400 bad_request"),
        ("POST", f"cases/{CASE}/notes", [], "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", {"text": "a\x00b"}, "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", '{"text": "\\ud800"}', "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", {"text": " \t\n"}, "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", {"text": "a", "txet": "b"}, "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", {"text": "a", "revision": True}, "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", {"text": "a", "revision": 2**31}, "422 bad_value"),
        ("POST", f"cases/{CASE}/notes", {"text": "a"}, "404 no_such_case"),
        ("POST", f"cases/{CASE}/claim", {"revision": 0}, "404 no_such_case"),
        ("POST", "complaints", {**COMPLAINT, "occurred_at": "2026-03-01T08:00:00"}, "422 bad_value"),
        ("POST", "complaints", {**COMPLAINT, "occurred_at": 0}, "422 bad_value"),
        ("POST", "complaints", {**COMPLAINT, "subject_kind": "planet"}, "422 bad_value"),
        ("POST", "complaints", {**COMPLAINT, "text": "x" * 20_001}, "422 bad_value"),
        ("POST", "complaints", b'{"text": "' + b"x" * 2_700_000 + b'"}', "413 too_large"),
    ],
)
def test_every_error_has_the_one_form(method: str, address: str, body: object, code: str) -> None:
    answer = analyst().ask(method, address, body)
    assert code_of(answer) == code, answer.content
    assert Case.objects.count() == 0


def test_a_method_that_an_address_does_not_take_is_told_those_it_does() -> None:
    assert analyst().ask("DELETE", "complaints").headers["Allow"] == "POST"


def test_a_wrong_value_is_named_with_what_was_found_and_what_is_allowed() -> None:
    answer = system().post("complaints", {**COMPLAINT, "subject_kind": "planet", "external_id": ""})
    problem = json.loads(answer.content)
    assert problem["errors"] == [
        {"where": "body.external_id", "found": '""', "allowed": "String should have at least 1 character"},
        {
            "where": "body.subject_kind",
            "found": '"planet"',
            "allowed": "Input should be 'payment', 'order', 'review', 'merchant', 'account', 'instrument' or 'device'",
        },
    ]
    assert problem["detail"].startswith('body.external_id: found ""; String should have at least 1 character; correct it')
    missing = json.loads(system().post("complaints", {}).content)["errors"][0]
    assert missing == {"where": "body.source_system", "found": "nothing", "allowed": "Field required"}


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("card 4111 1111 1111 1111"), "500 unforeseen"), (OperationalError("locked"), "503 unforeseen")]
)
def test_what_nobody_foresaw_is_told_without_details_and_logged_masked(
    error: Exception, code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(actor: str) -> None:
        raise error

    monkeypatch.setattr(queue_views.services, "next_case", fail)
    answer = analyst().post("cases/next", Idempotency_Key="k")
    problem = check_problem(answer)
    assert code_of(answer) == code
    told = answer.content.decode()
    assert not holds_card(told)
    assert not re.search("locked|RuntimeError", told)
    assert problem["error"] in caplog.text
    assert type(error).__name__ in caplog.text
    assert not holds_card(caplog.text)


def test_a_write_that_failed_unforeseen_is_not_kept_and_can_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    li = analyst()
    with monkeypatch.context() as failing:
        failing.setattr(queue_views.services, "next_case", lambda actor: 1 / 0)
        assert code_of(li.post("cases/next", Idempotency_Key="k")) == "500 unforeseen"
    assert li.post("cases/next", Idempotency_Key="k").json() == {"taken": None}


def test_with_debugging_on_an_error_is_no_page_of_details_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEBUG", True)
    assert code_of(analyst().get("nothing")) == "404 no_such_address"


def test_a_host_that_is_not_ours_is_refused_in_the_one_form() -> None:
    answer = Client(SERVER_NAME="elsewhere.example").get("/api/v1/cases")
    assert (answer.status_code, check_problem(answer)["status"]) == (400, 400)


@pytest.mark.parametrize(
    ("method", "address", "body", "headers"),
    [
        ("GET", "4111111111111111", None, {}),
        ("GET", "cases/4111111111111111", None, {}),
        ("GET", "cases?4111111111111111=1", None, {}),
        ("GET", "cases?q=%00card 4111 1111 1111 1111", None, {}),
        ("POST", "complaints", {**COMPLAINT, "4111111111111111": 1}, {}),
        ("POST", "complaints", {**COMPLAINT, "source_system": " 4111111111111111"}, {}),
        ("POST", "complaints", {**COMPLAINT, "text": "other"}, {"Idempotency_Key": "4111111111111111"}),
        ("POST", f"cases/{CASE}/propose", {"findings": {"4111111111111111": "lost"}}, {}),
    ],
)
def test_no_card_number_comes_back_in_an_error(method: str, address: str, body: object, headers: dict[str, str]) -> None:
    li = analyst()
    li.post("complaints", COMPLAINT, Idempotency_Key="4111111111111111")
    answer = li.ask(method, address, body, **headers)
    assert answer.status_code >= 400
    assert not holds_card(answer.content.decode())


def test_no_answer_is_kept_on_its_way() -> None:
    assert {analyst().get(address).headers["Cache-Control"] for address in ("cases", "nothing")} == {"no-store"}


def test_errors_of_the_console_stay_pages() -> None:
    assert Client(SERVER_NAME="localhost").get("/nothing").headers["Content-Type"].startswith("text/html")


def test_the_document_tells_of_every_error_and_the_page_that_shows_it_asks_no_other_host() -> None:
    asker = Asker(None)
    document = asker.get("openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for methods in document["paths"].values():
        for operation in methods.values():
            for code in ("400", "401", "403", "404", "409", "413", "422", "429", "500"):
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"]
    page = asker.get("docs").content.decode()
    assert re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert not re.findall(r"(?:https?:)?//[a-z]", page.replace("http://www.w3.org", ""))


def test_every_refusal_of_the_services_has_a_status_of_its_own_kind() -> None:
    pipeline = Asker(token_of("crm", "pipeline"))
    case_id = pipeline.post("complaints", COMPLAINT).json()["case_id"]
    services.decide(case_id, maker="a", checker="b", close_code="false_positive", reasons=["r"], at=Case.objects.get().opened_at)
    piece = {"kind": "photo", "text": "a box", "source_system": "app"}
    assert code_of(pipeline.post(f"cases/{case_id}/evidence", piece)) == "409 case_at_rest"
