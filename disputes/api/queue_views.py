"""The queue: listed as the console lists it, and the next case taken."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes import services
from fairdeal.disputes.api.gate import acting, only_known_names
from fairdeal.disputes.api.once import KEY, once
from fairdeal.disputes.api.problems import Problem
from fairdeal.disputes.api.shapes import QueuePage, Taken
from fairdeal.disputes.api.shown import row_of
from fairdeal.disputes.domain import CaseStatus, CloseCode
from fairdeal.disputes.listing import Asked, listed, place_of
from fairdeal.disputes.models import Case
from fairdeal.disputes.queue_rows import with_headline

router = Router(tags=["queue"])

#: What a list may hold; the console's filter under the console's words.
_WHICH = ("open", "all", *(status.value for status in CaseStatus))


class QueueAsked(Schema):
    """What a list of the queue is narrowed to."""

    status: Literal[_WHICH] = Field("open", description="open: every case that is not at rest.")  # type: ignore[valid-type]
    case_type: CaseType | None = None
    held: Literal["me", "nobody"] | None = None
    close_code: CloseCode | None = None
    q: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")] | None = Field(
        None, description="Words that turn up in id, subject, members, reasons or reviews."
    )
    limit: int = Field(50, ge=1, le=200)
    after: Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,18}~C[0-9a-f]{16}$")] | None = Field(
        None, description="The `next` of the page before."
    )


@router.get("/cases", response=QueuePage, operation_id="list_cases")
def list_cases(request: HttpRequest, asked: Query[QueueAsked]) -> dict[str, Any]:
    """The queue, most at stake first."""
    only_known_names(request, asked)
    actor, _ = acting(request)
    which = Asked(asked.status, asked.case_type or "", asked.held or "", asked.close_code or "", asked.q or "")
    pks = listed(which, actor, most=asked.limit + 1, after=_place(asked.after))
    cases = with_headline(Case.objects.all()).in_bulk(pks[: asked.limit])
    rows = [cases[pk] for pk in pks[: asked.limit] if pk in cases]
    last = rows[-1] if len(pks) > asked.limit else None
    return {"cases": [row_of(case) for case in rows], "next": f"{last.expected_loss_minor}~{last.pk}" if last else None}


@router.post("/cases/next", response=Taken, operation_id="take_next_case")
def take_next_case(request: HttpRequest, key: str | None = KEY) -> Status:
    """Take the case with the most at stake, by urgency, that nobody works on. It is yours alone for half an hour after your last step."""
    actor, _ = acting(request)
    return once(request, key, lambda: {"taken": services.next_case(actor)})


def _place(after: str | None) -> dict[str, Any] | None:
    """Behind which place the page begins; money at stake may have changed since it was told."""
    if after is None:
        return None
    loss, _, case_id = after.partition("~")
    place = place_of(case_id)
    if place is None:
        raise Problem(422, "bad_value", f"query.after: there is no case {case_id}; allowed is the `next` of a page; begin anew")
    return place | {"expected_loss_minor": int(loss)}
