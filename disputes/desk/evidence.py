"""Evidence of a case: files put before it, read and shown, what is withdrawn, and contacts shown for a reason."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.attaching import ReadFile
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.desk.steps import change_case, sent_by
from fairdeal.disputes.domain import Deed
from fairdeal.disputes.file_types import MOST_BYTES
from fairdeal.disputes.handing_out import handed_out
from fairdeal.disputes.refused import RefusedChange
from fairdeal.disputes.wording import refusal_text


def attach(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Put a file before a case."""
    role = roles_for(request.user, Deed.ADD_EVIDENCE)[0]
    given, form = request.FILES.get("file"), request.POST
    if given is None:
        messages.error(request, _("No file came, or one larger than %(n)d MB.") % {"n": MOST_BYTES // 1024 // 1024})
        return change_case(request, case_id, lambda: None)
    return change_case(
        request,
        case_id,
        lambda: services.attach_file(
            case_id,
            given.read(),
            name=given.name or "",
            kind=form.get("kind", ""),
            text=form.get("text", ""),
            visibility=form.get("visibility", ""),
            role=role,
            **sent_by(request),
        ),
        lambda done: _("The file stands before the case."),
    )


def withdraw(request: HttpRequest, case_id: str, evidence_id: str) -> HttpResponseBase:
    """Withdraw a piece of evidence."""
    role, reason = roles_for(request.user, Deed.ADD_EVIDENCE)[0], request.POST.get("reason", "")
    return change_case(
        request,
        case_id,
        lambda: services.withdraw_evidence(case_id, evidence_id, role=role, reason=reason, **sent_by(request)),
        lambda done: _("Withdrawn. It stays where it is and counts no more."),
    )


def reveal(request: HttpRequest, case_id: str) -> HttpResponseBase:
    """Show the contacts in a case to who says what they are needed for."""
    role, reason = roles_for(request.user, Deed.REVEAL_CONTACT)[0], request.POST.get("reason", "")
    actor = request.user.get_username()
    return change_case(request, case_id, lambda: services.reveal(case_id, actor=actor, role=role, reason=reason))


def file(request: HttpRequest, case_id: str, evidence_id: str) -> HttpResponseBase:
    """Hand a file out, to be kept and not to be opened here."""
    return _handed_out(request, case_id, evidence_id, is_shown=False)


def picture(request: HttpRequest, case_id: str, evidence_id: str) -> HttpResponseBase:
    """A picture, as the page of its case shows it; what is none is handed out only."""
    return _handed_out(request, case_id, evidence_id, is_shown=True)


def _handed_out(request: HttpRequest, case_id: str, evidence_id: str, *, is_shown: bool) -> HttpResponse:
    role = roles_for(request.user, Deed.READ_CASE)[0]
    try:
        read: ReadFile = services.read_file(case_id, evidence_id, actor=request.user.get_username(), role=role)
    except RefusedChange as refused:
        raise Http404(refusal_text(refused)) from None
    if is_shown and not read.is_picture:
        raise Http404
    return handed_out(read, is_shown=is_shown)
