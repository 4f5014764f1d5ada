"""What other systems and social media say: taken in as cases."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from fairdeal.disputes import services
from fairdeal.disputes.api.gate import acting
from fairdeal.disputes.api.once import KEY, once
from fairdeal.disputes.api.shapes import ComplaintFiled, ComplaintGiven

router = Router(tags=["intake"])


@router.post("/complaints", response={201: ComplaintFiled}, operation_id="file_complaint")
def file_complaint(request: HttpRequest, given: ComplaintGiven, key: str | None = KEY) -> Status:
    """File a complaint or a social post: it opens a case about its subject, or joins the open one.

    The same id from the same source is filed once.
    """
    actor, role = acting(request)
    exhibit = services.Exhibit(**{name: value for name, value in given.dict(exclude={"case_type"}).items() if value is not None})
    return once(request, key, lambda: services.file_complaint(exhibit, case_type=given.case_type, actor=actor, role=role), status=201)
