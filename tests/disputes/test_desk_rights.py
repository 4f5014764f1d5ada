"""Who may do what on the desk: every role against every address, from the one table."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, get_resolver

from fairdeal.disputes import services
from fairdeal.disputes.desk import rights, signing_in
from fairdeal.disputes.desk.addresses import PAGES
from fairdeal.disputes.domain import Role
from fairdeal.disputes.models import Case
from fairdeal.disputes.throttling import Throttle
from tests.disputes.alerts import AT, alert
from tests.disputes.test_console import browser, person

pytestmark = pytest.mark.usefixtures("home")

READERS = "agent analyst approver auditor"
#: Who may do what, written out; every other role and address is refused. The table of transitions narrows steps further.
ALLOWED = {
    "GET ": "*",
    "GET login/": "anybody",
    "POST login/": "anybody",
    "POST logout/": "*",
    "GET password/": "*",
    "POST password/": "*",
    "GET second-factor/": "*",
    "POST second-factor/": "*",
    "GET second-factor/new/": "*",
    "POST second-factor/new/": "*",
    "POST theme/": "anybody",
    "GET queue/": READERS,
    "POST queue/next/": "analyst",
    "POST queue/selected/": READERS,
    "GET case/{case_id}/": READERS,
    "GET party/{kind}/{party_id}/": READERS,
    "POST case/{case_id}/step/": READERS,
    "POST case/{case_id}/preview/": READERS,
    "POST case/{case_id}/claim/": "analyst",
    "POST case/{case_id}/pause/": "analyst",
    "POST case/{case_id}/split/": "analyst",
    "POST case/{case_id}/reassign/": "analyst approver",
    "POST case/{case_id}/note/": "agent analyst approver",
    "POST case/{case_id}/attach/": "agent analyst",
    "POST case/{case_id}/reveal/": "agent analyst approver",
    "GET case/{case_id}/evidence/{evidence_id}/file/": READERS,
    "GET case/{case_id}/evidence/{evidence_id}/picture/": READERS,
    "POST case/{case_id}/evidence/{evidence_id}/withdraw/": "agent analyst",
    "POST case/{case_id}/draft/": "agent analyst approver",
    "POST case/{case_id}/follow/": "agent analyst approver",
    "POST case/{case_id}/mark/": "analyst approver",
    "POST case/{case_id}/snooze/": "analyst",
    "POST case/{case_id}/trust/": "analyst approver",
    "GET my/": "agent analyst approver",
    "GET own/": "agent analyst approver",
    "POST own/macros/": "agent analyst approver",
    "POST own/filters/": "agent analyst approver",
    "GET handover/": "agent analyst approver",
    "POST handover/": "analyst",
    "POST handover/read/": "agent analyst approver",
    "GET staffing/": READERS,
    "POST staffing/": "approver",
    "GET trust/": READERS,
    "POST trust/": "analyst approver",
    "GET roles/": "approver",
    "POST roles/": "approver",
    "GET second-look/": "analyst",
    "POST second-look/": "analyst",
    "GET agreement/": "approver",
    "POST agreement/": "approver",
}
OPERATIONS = [operation for page in PAGES for operation in page.operations]
#: What the process serves beside the desk, each with a gate of its own.
BESIDE = ("admin/", "api/v1/", "i18n/")


@pytest.fixture(autouse=True)
def _nobody_tried_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "THROTTLE", Throttle(lambda: 0.0))


def open_case() -> str:
    return services.open_cases([alert(1)], run_id="run-1", at=AT).opened[0]


def ask(client: Client, operation: str, case_id: str) -> Any:
    method, _, address = operation.partition(" ")
    return client.generic(method, f"/{address.replace('{case_id}', case_id).replace('{kind}/{party_id}', 'merchant/M1')}")


def test_every_address_has_a_row_in_the_table_of_rights_and_every_row_an_address() -> None:
    assert set(rights.DEEDS) == set(OPERATIONS) == set(ALLOWED)
    assert len(OPERATIONS) == len(set(OPERATIONS))


def test_nothing_is_served_past_the_gate() -> None:
    served = {str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)}
    assert {address for address in served if not address.startswith(BESIDE)} == {page.address for page in PAGES}


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "none")
def test_each_role_may_what_the_table_says_and_nothing_else(role: Role | None) -> None:
    case_id = open_case()
    for name in Role:
        Group.objects.get_or_create(name=name)
    user = person("somebody", *([role] if role else []), is_superuser=role is Role.ADMIN)
    for operation, who in ALLOWED.items():
        answer = ask(browser(user), operation, case_id)
        may = who in ("*", "anybody") or (role is not None and role in who.split())
        assert (answer.status_code != 403) == may, (operation, role, answer.status_code)
        assert may or " CNY" not in answer.content.decode()


@pytest.mark.parametrize("operation", sorted(ALLOWED))
def test_who_is_not_signed_in_is_led_to_the_door(operation: str) -> None:
    case_id = open_case()
    answer = ask(browser(), operation, case_id)
    if ALLOWED[operation] == "anybody":
        assert not str(answer.headers.get("Location", "")).startswith("/login/")
    else:
        assert (answer.status_code, answer["location"].split("?")[0]) == (302, "/login/")
    assert Case.objects.get().revision == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_done_is_asked_for_by_post_and_what_is_looked_at_by_get(page: Any) -> None:
    client, case_id = browser(person("li", *Role)), open_case()
    address = f"/{page.address}".replace("<str:case_id>", case_id).replace("<str:kind>/<path:party_id>", "merchant/M1")
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(page.views):
        assert client.generic(method, address).status_code == 405


def test_an_address_without_a_row_is_open_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(person("li", *Role, is_superuser=True))
    assert client.get("/queue/").status_code == 200
    monkeypatch.delitem(rights.DEEDS, "GET queue/")
    assert client.get("/queue/").status_code == 403


@pytest.mark.parametrize("operation", [operation for operation in ALLOWED if operation.startswith("POST")])
def test_a_form_of_another_site_does_nothing(operation: str) -> None:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(person("li", *Role))
    assert ask(client, operation, open_case()).status_code == 403
    assert Case.objects.get().revision == 0


def test_a_denial_is_logged_with_who_and_what(caplog: pytest.LogCaptureFixture) -> None:
    browser(person("guest")).get("/queue/")
    assert "denied to guest: GET /queue/" in caplog.text


def test_who_guesses_passwords_is_told_to_wait_and_other_people_are_not() -> None:
    for name in ("li", "wang"):
        User.objects.create_user(name, password="a long enough word 7")
    client = browser()
    answers = [client.post("/login/", {"username": "li", "password": str(n)}).status_code for n in range(signing_in.PER_NAME + 1)]
    assert answers == [200] * signing_in.PER_NAME + [429]
    right = {"username": "LI ", "password": "a long enough word 7"}
    refused = client.post("/login/", right)
    assert (refused.status_code, 1 <= int(refused["Retry-After"]) <= 60) == (429, True)
    assert client.post("/login/", {"username": "wang", "password": "a long enough word 7"}).status_code == 302


def test_pages_are_kept_by_no_cache() -> None:
    answer = browser(person("li", "analyst")).get(f"/case/{open_case()}/")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:x", ""])
def test_the_switches_lead_to_no_other_site(back: str) -> None:
    client = browser(person("li", "analyst"))
    for where, sent in (("/theme/", {"theme": "dark"}), ("/i18n/setlang/", {"language": "en"})):
        assert client.post(where, {**sent, "next": back})["location"] == "/"


def test_light_and_dark_are_chosen_by_the_reader_and_kept() -> None:
    client = browser()
    assert 'data-theme="auto"' in client.get("/login/").content.decode()
    client.post("/theme/", {"theme": "dark", "next": "/login/"})
    assert 'data-theme="dark"' in client.get("/login/").content.decode()
    client.post("/theme/", {"theme": "purple"})
    assert 'data-theme="auto"' in client.get("/login/").content.decode()
