"""One's own tools: drafts kept as one writes, macros put into forms, views of the queue under a name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.desk.rights import roles_for
from fairdeal.disputes.domain import Deed
from fairdeal.disputes.drafts import Form
from fairdeal.disputes.macros import OUTCOMES, PLACES
from fairdeal.disputes.models import CLOSE_CODE_TEXTS
from fairdeal.disputes.wording import refusal_text


def show(request: HttpRequest) -> HttpResponse:
    """Macros and saved views, and the forms that make them."""
    actor = request.user.get_username()
    page = {
        "macros": [{**one, "form_text": form_texts()[one["form"]]} for one in services.macros_for(actor)],
        "filters": services.filters_for(actor),
        "forms": form_texts().items(),
        "outcomes": [(code, CLOSE_CODE_TEXTS[code]) for code in OUTCOMES],
        "places": [f"{{{place}}}" for place in PLACES],
        "may_share": bool(roles_for(request.user, Deed.SHARE_WITH_TEAM)),
        "actor": actor,
    }
    return render(request, "desk/own.html", page)


def keep_draft(request: HttpRequest, case_id: str) -> HttpResponse:
    """Keep what stands in a form; answers with when it was kept."""
    sent = request.POST
    try:
        revision = int(sent["revision"]) if sent.get("revision", "").isdecimal() and len(sent["revision"]) < 10 else 0
        kept = services.save_draft(
            case_id,
            sent.get("draft_of", ""),
            {name: str(value) for name, value in sent.items()},
            actor=request.user.get_username(),
            revision=revision,
        )
    except services.RefusedChange as refused:
        return HttpResponse(refusal_text(refused), content_type="text/plain; charset=utf-8")
    said = _("Draft kept at %(time)s") % {"time": f"{localtime(kept['saved_at']):%H:%M:%S}"} if kept["saved_at"] else ""
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


def keep_macro(request: HttpRequest) -> HttpResponseBase:
    """Keep a macro, or remove one's own."""
    form, actor = request.POST, request.user.get_username()
    if form.get("what") == "forget":
        services.forget_macro(_number(form.get("macro", "")), actor=actor)
        return redirect("own")
    days = form.get("due_days", "")
    return _kept(
        request,
        lambda who: services.save_macro(
            form.get("name", ""),
            form=form.get("form", ""),
            text_zh=form.get("text_zh", ""),
            text_en=form.get("text_en", ""),
            outcome=form.get("outcome", "") if form.get("form") == Form.DECISION else "",
            due_days=_number(days) if days else None,
            is_shared=form.get("is_shared") == "yes",
            **who,
        ),
    )


def keep_filter(request: HttpRequest) -> HttpResponseBase:
    """Keep a view of the queue, remove one's own, or let the queue open with one."""
    form, actor = request.POST, request.user.get_username()
    number = _number(form.get("filter", ""))
    if form.get("what") == "forget":
        services.forget_filter(number, actor=actor)
        return redirect("own")
    if form.get("what") == "open_with":
        services.open_with(number or None, actor=actor)
        return redirect("own")
    return _kept(
        request,
        lambda who: services.save_filter(form.get("name", ""), form.get("query", ""), is_shared=form.get("is_shared") == "yes", **who),
        back=f"{reverse('queue')}?{form.get('query', '')}",
    )


def form_texts() -> dict[str, str]:
    """The forms that macros fill."""
    return {Form.DECISION.value: _("decision"), Form.EVIDENCE.value: _("request for evidence"), Form.NOTE.value: _("word")}


def _kept(request: HttpRequest, keep: Any, back: str = "") -> HttpResponseBase:
    deed = Deed.SHARE_WITH_TEAM if request.POST.get("is_shared") == "yes" else Deed.KEEP_OWN
    roles = roles_for(request.user, deed) or roles_for(request.user, Deed.KEEP_OWN)
    try:
        keep({"actor": request.user.get_username(), "role": roles[0]})
        messages.success(request, _("Kept."))
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect(back or "own")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
