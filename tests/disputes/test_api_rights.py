"""Who may ask the API for what: every role against every operation, from the one table."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from fairdeal.disputes import services
from fairdeal.disputes.access_models import AccessToken
from fairdeal.disputes.api import rights
from fairdeal.disputes.api.app import api
from fairdeal.disputes.domain import Deed, Role
from tests.disputes.alerts import AT, alert
from tests.disputes.asking import Asker, code_of, token_of

pytestmark = pytest.mark.usefixtures("home")

#: Every operation of the API, as the document lists them.
OPERATIONS = {
    f"{method.upper()} {path.removeprefix('/api/v1/')}": operation
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, operation in methods.items()
}

#: Who may ask for what, written out; every other role and operation is refused.
ALLOWED = {
    "GET cases": "agent analyst approver auditor",
    "GET cases/{case_id}": "agent analyst approver auditor",
    "POST cases/next": "analyst",
    "POST cases/{case_id}/claim": "analyst",
    "POST cases/{case_id}/release": "analyst",
    "POST cases/{case_id}/notes": "agent analyst approver",
    "POST cases/{case_id}/evidence": "agent analyst pipeline",
    "POST cases/{case_id}/files": "agent analyst pipeline",
    "GET cases/{case_id}/evidence/{evidence_id}/file": "agent analyst approver auditor",
    "POST cases/{case_id}/evidence/{evidence_id}/withdraw": "agent analyst pipeline",
    "POST cases/{case_id}/split": "analyst",
    "POST cases/{case_id}/appeal": "agent analyst approver auditor",
    "POST cases/{case_id}/uphold": "approver",
    "POST cases/{case_id}/reverse": "approver",
    "POST cases/{case_id}/reopen": "agent analyst approver auditor",
    "POST cases/{case_id}/judgment": "approver",
    "POST cases/{case_id}/steps": "agent analyst approver auditor",  # the table of transitions narrows it further
    "POST cases/{case_id}/propose": "analyst",
    "POST cases/{case_id}/approve": "approver",
    "POST cases/{case_id}/return": "approver",
    "POST complaints": "agent analyst operator pipeline",
    "GET audit/head": "auditor",
    "GET audit/verification": "auditor",
    "GET audit/cases/{case_id}": "auditor",
}

ROLES = [*Role, None]


def test_every_operation_has_a_row_in_the_table_of_rights_and_every_row_an_operation() -> None:
    assert set(rights.DEEDS) == set(OPERATIONS) == set(ALLOWED)


def test_every_operation_asks_for_a_token_and_every_write_may_carry_a_key() -> None:
    for name, operation in OPERATIONS.items():
        assert operation["security"] == [{"BearerToken": []}], name
        keys = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"]
        assert keys == (["Idempotency-Key"] if name.startswith("POST") else []), name
        assert name.split()[0] in ("GET", "POST"), "nothing of the queue is rewritten or deleted"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "none")
def test_each_role_may_what_the_table_says_and_nothing_else(role: Role | None) -> None:
    (case_id,) = services.open_cases([alert(1)], run_id="run-1", at=AT).opened
    for name in Role:
        Group.objects.get_or_create(name=name)
    asker = Asker(token_of("somebody", *([role] if role else [])))
    for name in OPERATIONS:
        method, address = name.split()
        answer = asker.ask(
            method, address.replace("{case_id}", case_id).replace("{evidence_id}", f"E{'0' * 16}"), b"{" if method == "POST" else None
        )
        may = role is not None and role in ALLOWED[name].split()
        # what comes behind the gate finds the body unreadable, or no such file; nothing before it looks at the body
        assert (code_of(answer) == "403 no_right") if not may else (answer.status_code in (200, 400, 404, 422)), (
            name,
            role,
            answer.content,
        )


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_without_a_valid_token_nothing_is_open(name: str) -> None:
    token = token_of("li", *Role)
    method, address = name.split()
    address = address.replace("{case_id}", "C0123456789abcdef").replace("{evidence_id}", "E0123456789abcdef")
    ended: list[Any] = [None, "", "fairdeal_", token[:-1], token.upper()]
    for spoiled in ended:
        answer = Asker(spoiled).ask(method, address, b"{")
        assert code_of(answer) == "401 no_token"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for change in ({"expires_at": timezone.now()}, {"expires_at": timezone.now() + timedelta(days=1), "revoked_at": AT}):
        AccessToken.objects.update(**change)
        assert code_of(Asker(token).ask(method, address, b"{")) == "401 no_token"


def test_a_session_of_the_console_opens_nothing_here() -> None:
    user = User.objects.create(username="li", is_staff=True)
    user.groups.set(Group.objects.filter(name="analyst"))
    asker = Asker(None)
    asker.client.force_login(user)
    assert code_of(asker.get("cases")) == "401 no_token"


def test_an_operation_without_a_row_is_open_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(token_of("li", *Role))
    assert asker.get("cases").status_code == 200
    monkeypatch.delitem(rights.DEEDS, "GET cases")
    assert code_of(asker.get("cases")) == "403 no_right"


def test_a_denial_is_logged_and_a_token_never(caplog: pytest.LogCaptureFixture) -> None:
    token = token_of("crm", "pipeline")
    with caplog.at_level("DEBUG"):
        Asker(token).get("cases")
        Asker(token[:-1] + "x").get("cases")
    assert "denied to crm: GET cases" in caplog.text
    assert token.split("_")[2][:-1] not in caplog.text


def test_a_token_that_asks_too_often_is_told_how_long_to_wait() -> None:
    services.new_token("crm", days=1, is_system=True)
    token = services.new_token("crm", days=1, is_system=True, per_minute=2)["token"]
    asker = Asker(token)
    answers = [asker.post("complaints", {}) for _ in range(3)]
    assert [code_of(answer) for answer in answers] == ["422 bad_value", "422 bad_value", "429 too_often"]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 30
    assert json.loads(answers[2].content)["detail"].startswith(f"token {token.split('_')[1]}: it asked too often")


def test_the_scopes_that_reach_less_far_than_the_queue_open_nothing() -> None:
    assert rights.who_may(Deed.PROPOSE_DECISION) == [Role.ANALYST]  # settlements, awards and urgent holds have no operation here
    assert Role.BUYER not in rights.who_may(Deed.READ_CASE)
