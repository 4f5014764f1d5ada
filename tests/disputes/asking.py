"""A program that asks the API, as the tests play it."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from fairdeal.disputes import services


def token_of(name: str, *roles: str) -> str:
    """A token of an account, made where it is not there, in these roles."""
    user, _ = User.objects.get_or_create(username=name)
    user.groups.set(Group.objects.filter(name__in=roles))
    user.is_superuser = "admin" in roles
    user.save()
    return str(services.new_token(name, days=1, per_minute=1_000_000)["token"])


class Asker:
    """Asks with a token; answers are checked for their form."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True, raise_request_exception=False)

    def ask(self, method: str, address: str, body: Any = None, **headers: str) -> Any:
        """The answer to one request below the API's root."""
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else ""
        answer = self.client.generic(method, f"/api/v1/{address}", content, content_type="application/json", headers=headers)
        if answer.status_code >= 400:
            check_problem(answer)
        return answer

    def get(self, address: str, **headers: str) -> Any:
        return self.ask("GET", address, **headers)

    def post(self, address: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", address, body, **headers)


def check_problem(answer: Any) -> dict[str, Any]:
    """The problem that an answer is, in the one form of all errors."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.content)
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:fairdeal:problem:")
    assert problem["detail"].count(";") >= 2, problem["detail"]  # found; allowed; to do
    assert "Traceback" not in problem["detail"]
    return problem


def code_of(answer: Any) -> str:
    """Status and kind of an error."""
    return f"{answer.status_code} {json.loads(answer.content)['type'].rpartition(':')[2]}"


def holds_card(text: str) -> bool:
    """Whether half of the tests' card number stands in a text, however it is spaced: ids and times hold four of its digits by chance."""
    return "41111111" in re.sub("[ -]", "", text)


def analyst() -> Asker:
    return Asker(token_of("li", "analyst"))


def approver() -> Asker:
    return Asker(token_of("wang", "approver"))


def system() -> Asker:
    return Asker(str(services.new_token("crm", days=1, is_system=True, per_minute=1_000_000)["token"]))


#: A complaint as another system sends it.
COMPLAINT = {
    "source_system": "weibo",
    "external_id": "W1",
    "kind": "social_post",
    "subject_kind": "merchant",
    "subject_id": "M9",
    "text": "这家店刷单",
    "language": "zh",
    "occurred_at": "2026-03-01T08:00:00+08:00",
}
