"""The API put together: its operations, its errors, its document."""

from __future__ import annotations

import json
import logging
import traceback
import uuid
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError, ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.api import audit_views, case_views, decision_views, file_views, intake_views, queue_views
from fairdeal.disputes.api.gate import BearerToken
from fairdeal.disputes.api.problems import MEDIA_TYPE, Problem, answer_of, plain_problem, problem_of
from fairdeal.disputes.api.shapes import ProblemTold
from fairdeal.disputes.file_types import MOST_BYTES
from fairdeal.disputes.refused import RefusedChange

log = logging.getLogger("fairdeal.api")

_ERRORS = {
    "400": "The request cannot be read.",
    "401": "No valid token came with it.",
    "403": "Your roles do not allow it.",
    "404": "There is no such case.",
    "409": "The case is not as the request takes it to be, or the idempotency key was used for something else.",
    "413": "The body is too large.",
    "422": "A value is not as the document has it.",
    "429": "The token asked too often; Retry-After says how many seconds to wait.",
    "500": "Something failed that is not the asker's to correct.",
    "503": "The database is not to be had just now.",
}


class QueueAPI(NinjaAPI):
    """The API, whose errors say what was found, and whose document tells of the errors too."""

    def validation_error_from_error_contexts(self, error_contexts: list[ValidationErrorContext]) -> ValidationError:
        found = [one for context in error_contexts for one in context.pydantic_validation_error.errors(include_url=False)]
        error = super().validation_error_from_error_contexts(error_contexts)
        for told, one in zip(error.errors, found, strict=True):
            told["input"] = one.get("input")
        return error

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        document["components"]["schemas"]["ProblemTold"] = ProblemTold.model_json_schema()
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemTold"}}}
        for methods in document["paths"].values():
            for operation in methods.values():
                for parameter in operation["parameters"]:
                    parameter["schema"] = _without_null(parameter["schema"])
                operation["responses"] |= {code: {"description": said, "content": content} for code, said in _ERRORS.items()}
                operation["responses"]["429"] |= {"headers": {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds."}}}
        return document


api = QueueAPI(
    title="Fairdeal disputes",
    version="1",
    urls_namespace="api-v1",
    description="The dispute queue for programs: the console's steps under the console's rules. Every write on a case carries the "
    "revision that was seen; every POST may carry an Idempotency-Key. Instants are ISO 8601 with time zone, money is in minor units.",
    auth=BearerToken(),
)
for module in (queue_views, case_views, decision_views, file_views, intake_views, audit_views):
    api.add_router("", module.router)


@api.exception_handler(Problem)
def _a_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer_of(problem)


@api.exception_handler(RefusedChange)
def _a_refusal(request: HttpRequest, refused: RefusedChange) -> HttpResponse:
    return answer_of(problem_of(refused))


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer_of(plain_problem(401, _where(request), {"WWW-Authenticate": 'Bearer realm="fairdeal"'}))


@api.exception_handler(HttpError)
def _an_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer_of(plain_problem(error.status_code, _where(request)))


@api.exception_handler(Http404)
def _nothing_there(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer_of(plain_problem(404, _where(request)))


@api.exception_handler(SuspiciousOperation)
def _unreadable(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return answer_of(plain_problem(413 if isinstance(error, RequestDataTooBig) else 400, _where(request)))


@api.exception_handler(MultiPartParserError)
def _unreadable_form(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    return answer_of(plain_problem(400, _where(request)))


@api.exception_handler(ValidationError)
def _wrong_value(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if _is_too_large(request):  # its file was not taken in, and seems to be missing
        return answer_of(plain_problem(413, _where(request)))
    errors = [_told(one) for one in error.errors[:20]]
    first = errors[0]
    detail = f"{first['where']}: found {first['found']}; {first['allowed']}; correct it as /api/v1/openapi.json describes"
    return answer_of(Problem(422, "bad_value", detail, errors=errors))


@api.exception_handler(Exception)
def _unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    """The details go to the log, masked, under a name that the answer tells."""
    name = uuid.uuid4().hex[:12]
    log.error("%s failed (%s)\n%s", _where(request), name, mask_text("".join(traceback.format_exception(error))))
    problem = plain_problem(503 if isinstance(error, DatabaseError) else 500, _where(request))
    problem.body["error"] = name
    return answer_of(problem)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What may stand in an address or a header, where nothing is no value but absence."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **choices[0]} if len(choices) == 1 else schema


def _is_too_large(request: HttpRequest) -> bool:
    sent = str(request.META.get("CONTENT_LENGTH") or "0")
    return str(request.META.get("CONTENT_TYPE", "")).startswith("multipart/") and sent.isdecimal() and int(sent) > MOST_BYTES


def _where(request: HttpRequest) -> str:
    return f"{request.method} {request.path[:200]}"


def _told(error: dict[str, Any]) -> dict[str, str]:
    """One wrong value: where it stands, what was found, what is allowed."""
    place = [str(part) for part in error.get("loc", ()) if part not in ("given", "asked")]
    found = "nothing" if error.get("type") == "missing" else _found(error.get("input"))
    return {"where": mask_text(".".join(place)[:200]) or "the request", "found": found, "allowed": str(error.get("msg", ""))[:300]}


def _found(value: Any) -> str:
    """A value for people: short, and without what may not be kept."""
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    text = mask_text(json.dumps(value, ensure_ascii=True, default=str))
    return text if len(text) <= 80 else f"{text[:77]}…"
