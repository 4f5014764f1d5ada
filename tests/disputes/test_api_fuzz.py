"""The API against its own document: whatever is sent, no failure, no answer that the document does not know, nothing without a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from fairdeal.disputes import services
from fairdeal.disputes.api.app import api
from fairdeal.disputes.domain import Role
from fairdeal.disputes.models import Case, CaseEvent
from tests.disputes.alerts import AT, alert
from tests.disputes.asking import token_of
from tests.disputes.test_evidence_files import PDF


def served(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The console's application, its answer closed as a server does, and with it the file that came; the client that plays one does not."""
    answer = APPLICATION(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


APPLICATION = get_wsgi_application()
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served, base_url="http://localhost")
SCHEMA.config.generation.allow_extra_parameters = False  # a name without a value does not reach the address, and is then found accepted
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}

load_all_checks()
#: A value may be as the document has it and yet not fit the case: such a one is refused with 422 too.
LEFT_OUT = ("positive_data_acceptance",)
#: A form has no types: an empty list in it is a field that was not sent, and one number in a list is that number.
LEFT_OUT_OF_FORMS = (*LEFT_OUT, "negative_data_rejection")


def test_the_document_lists_what_there_is() -> None:
    assert len(OPERATIONS) == sum(len(methods) for methods in api.get_openapi_schema()["paths"].values()) == 24


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_request_breaks_the_api_or_its_document(home: Path, label: str) -> None:
    fuzz(home, label, 40)


@pytest.mark.slow
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_request_breaks_the_api_or_its_document_at_length(home: Path, label: str) -> None:
    fuzz(home, label, 200)


def fuzz(home: Path, label: str, examples: int) -> None:
    """Send so many requests, half of them as the document has it, to a queue with cases in several states; then audit it."""
    token = token_of("li", *(role for role in Role if role not in (Role.BUYER, Role.MERCHANT)))
    cases = services.open_cases([alert(n, f"M{n}") for n in range(6)], run_id="run-1", at=AT).opened
    for case_id, actor in zip(cases, ("zhao", "li", "li"), strict=False):
        services.apply(case_id, "accept", actor=actor, role="analyst")
        services.apply(case_id, "start_review", actor=actor, role="analyst")
    services.propose(cases[0], maker="zhao", close_code="false_positive", reasons=["r"])
    attached = services.attach_file(cases[1], PDF, name="a.pdf", kind="official_document", actor="kf", role="agent")["evidence_id"]
    Case.objects.filter(pk=cases[3]).update(status="LEGAL")
    services.sign_judgment(cases[3], "a" * 64, actor="zhou", role="approver", skills=["legal"])

    names = LEFT_OUT_OF_FORMS if label.endswith("/files") else LEFT_OUT
    left_out = [check for check in CHECKS.get_all() if getattr(check, "__name__", "") in names]

    @given(sent=requests_of(label, cases, attached), is_newest=st.booleans())
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def send(sent: tuple[GenerationMode, Any], is_newest: bool) -> None:
        mode, case = sent
        if is_newest and mode is GenerationMode.POSITIVE and isinstance(case.body, dict) and "revision" in case.body:
            seen = Case.objects.filter(pk=case.path_parameters["case_id"]).first()
            case.body["revision"] = seen.revision if seen else 0
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=left_out)

    send()
    assert services.verify_history().faults == ()
    assert CaseEvent.objects.count() >= 6


def requests_of(label: str, cases: Sequence[str], attached: str) -> st.SearchStrategy[tuple[GenerationMode, Any]]:
    """Requests as the document has them and others, about cases that are there and others."""
    operation = OPERATIONS[label]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    known: list[dict[str, Any]] = [{"path_parameters": {"case_id": case_id}} for case_id in cases] if "{case_id}" in label else []
    if "{evidence_id}" in label:
        known = [{"path_parameters": {"case_id": case_id, "evidence_id": attached}} for case_id in cases[:2]]
    choices = [(mode, about) for mode in modes for about in [{}, *(known if mode is modes[0] or operation.body else [])]]
    return st.sampled_from(choices).flatmap(
        lambda choice: operation.as_strategy(choice[0], **choice[1]).map(lambda case: (choice[0], case))
    )
