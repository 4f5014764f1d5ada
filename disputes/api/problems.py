"""The one form of every error: RFC 9457, with where, what was found, what is allowed and what to do as its detail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.verdict_rows import as_utc

MEDIA_TYPE = "application/problem+json"
#: Where the API begins.
ROOT = "/api/"

#: Refusals because of who asks.
_FORBIDDEN = frozenset(
    {"role", "skill", "second_eyes", "independent", "fresh_reviewer", "second_person_agrees", "by_claimant", "no_right", "not_brought_in"}
)
#: Refusals because of what was sent, whatever the case.
_UNREADABLE = frozenset(
    {
        "bad_data",
        "unknown_data",
        "unknown_word",
        "bad_note",
        "bad_complaint",
        "bad_finding",
        "sensitive_id",
        "no_reason",
        "no_word",
        "bad_type",
        "sensitive_file",
        "other_file",
        "document",
    }
)
_MISSING = frozenset({"no_such_case", "no_such_file", "no_such_evidence"})
_TOO_LARGE = frozenset({"bad_size"})
#: Headers of an error that say more than its body.
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class Problem(Exception):
    """An answer that is an error.

    Parameters
    ----------
    code
        Names the kind of error for programs; its type is ``urn:fairdeal:problem:<code>``.
    detail
        Where: what was found; what is allowed; what to do. Card numbers and national ids in it are taken out.
    headers
        Sent with it.
    **more
        Further members of the answer.
    """

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        title, detail = HTTPStatus(status).phrase, mask_text(detail)
        self.body: dict[str, Any] = {
            "type": f"urn:fairdeal:problem:{code}", "title": title, "status": status, "detail": detail, **more
        }  # fmt: skip


def answer_of(problem: Problem) -> HttpResponse:
    """The HTTP answer that a problem is."""
    content = json.dumps(problem.body, ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(content, status=problem.status, content_type=MEDIA_TYPE, headers=problem.headers)


def problem_of(refused: RefusedChange) -> Problem:
    """The problem that a refused change is; of a stale revision it tells the newest one and who made it."""
    code = refused.refusal.code
    status = 403 if code in _FORBIDDEN else 404 if code in _MISSING else 413 if code in _TOO_LARGE else 422 if code in _UNREADABLE else 409
    more = _newest(refused.where.removeprefix("case ")) if code == "stale_revision" else {}
    return Problem(status, code, str(refused), **more)


def _newest(case_id: str) -> dict[str, Any]:
    case = Case.objects.filter(pk=case_id).first()
    last = CaseEvent.objects.filter(case_id=case_id).order_by("-revision").first()
    if case is None or last is None:
        return {}
    return {
        "revision": case.revision,
        "changed": {"event": last.event, "actor": last.actor, "role": last.role, "at": as_utc(last.at)},
    }


#: What is said of errors that arise before anything of the queue is asked.
_SAID: dict[int, tuple[str, str]] = {
    400: ("bad_request", "the request cannot be read; allowed is what the document at /api/v1/openapi.json describes; correct it"),
    401: ("no_token", "no valid token came with it; allowed is `Authorization: Bearer TOKEN`; have one made by `fairdeal token new`"),
    403: ("no_right", "the request is not allowed; your roles decide; ask somebody in that role"),
    404: ("no_such_address", "there is nothing here; allowed are the addresses in /api/v1/openapi.json; correct the address"),
    405: ("no_such_method", "this address takes other methods; the header Allow names them; use one of these"),
    413: ("too_large", "the body is too large; allowed are 2,621,440 bytes, and 10 MB for a file; send less"),
    500: ("unforeseen", "something failed here that is not yours to correct; nothing was changed; try again, then tell the operator"),
}  # fmt: skip


def plain_problem(status: int, where: str, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem of a status of which no more is known."""
    code, said = _SAID.get(status) or _SAID[500 if status >= 500 else 400]
    return Problem(status, code, f"{where}: {said}", headers)


def problems_only(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, the outermost: whoever errs below the API's address, it leaves in the one form. No answer is kept on its way."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not request.path.startswith(ROOT):
            return response
        if response.status_code >= 400 and response.headers.get("Content-Type", "") != MEDIA_TYPE:
            kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            response = answer_of(plain_problem(response.status_code, f"{request.method} {request.path[:200]}", kept))
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond
