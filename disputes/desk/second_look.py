"""Second looks: a closed case judged again without what was found first, and what two people saw differently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes import services
from fairdeal.disputes.case_page import member_views
from fairdeal.disputes.domain import Role
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseMember
from fairdeal.disputes.names import finding_texts, kind_text
from fairdeal.disputes.second_look_models import SecondLook
from fairdeal.disputes.second_looks import JUDGED_AGAIN, open_look
from fairdeal.disputes.wording import refusal_text, share_text, totals_text

#: Members of a case whose findings are asked for.
MEMBERS = 300


def show(request: HttpRequest) -> HttpResponse:
    """The case that one judges again, as it came before people: nothing of what was found, done, said or noted."""
    look = open_look(request.user.get_username(), timezone.now())
    if look is None:
        waiting = SecondLook.objects.filter(judged_at=None).count()
        return render(request, "desk/second_look.html", {"look": None, "waiting": waiting})
    case: Case = look.case
    page = {
        "look": {"look_id": look.pk},
        "case_id": case.pk,
        "type": case.type_text,
        "kind": kind_text(case.subject_kind),
        "subject": case.subject_id,
        "expected_loss": totals_text(case.money, "expected_loss_minor"),
        "money_at_risk": totals_text(case.money, "amount_minor"),
        "members": [replace(view, verdict="", is_open=True) for view in member_views(case)[:MEMBERS]],
        "outcomes": [(code.value, CLOSE_CODE_TEXTS[code]) for code in JUDGED_AGAIN],
        "findings": list(finding_texts().items()),
    }
    return render(request, "desk/second_look.html", page)


def change(request: HttpRequest) -> HttpResponseBase:
    """Take a case to judge again, or judge the one taken."""
    form: Any = request.POST
    who: dict[str, Any] = {"actor": request.user.get_username(), "role": Role.ANALYST}
    try:
        if form.get("what") == "take":
            if services.take_second_look(**who) is None:
                messages.info(request, _("No closed case waits for a second look by you."))
            return redirect("second_look")
        look = open_look(who["actor"], timezone.now())
        told = services.judge_second_look(
            look.pk if look else 0,
            form.get("outcome", ""),
            findings=_findings(look.case, form) if look else None,
            word=form.get("word", ""),
            **who,
        )
        messages.success(
            request, _("Thank you. The first judgement was the same.") if told["agrees"] else _("Thank you. A lead looks at both.")
        )
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("second_look")


def agreement(request: HttpRequest) -> HttpResponse:
    """How far two people agree, and what they saw differently."""
    told = services.second_looks()
    figures, texts = told["agreement"], finding_texts()
    page = {
        **told,
        "share": share_text(figures["share"]),
        "share_between": f"{share_text(figures['share_low'])} – {share_text(figures['share_high'])}",
        "kappa": _number(figures["kappa"]),
        "kappa_between": f"{_number(figures['kappa_low'])} – {_number(figures['kappa_high'])}",
        "differ": [_both(one, texts) for one in told["differ"]],
        "settled": [_both(one, texts) for one in told["settled"]],
    }
    return render(request, "desk/agreement.html", page)


def adjudicate(request: HttpRequest) -> HttpResponseBase:
    """Say which of two judgements holds."""
    form, number = request.POST, request.POST.get("look", "")
    try:
        services.adjudicate_second_look(
            int(number) if number.isdecimal() and len(number) < 19 else 0,
            form.get("holds", ""),
            word=form.get("word", ""),
            actor=request.user.get_username(),
            role=Role.APPROVER,
        )
        messages.success(request, _("Entered. It teaches the models; the case stays as it was decided."))
    except services.RefusedChange as refused:
        messages.error(request, refusal_text(refused))
    return redirect("agreement")


def _both(one: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    members = sorted(set(one["first_findings"]) | set(one["findings"]))
    rows = [(key, texts.get(one["first_findings"].get(key, ""), "—"), texts.get(one["findings"].get(key, ""), "—")) for key in members]
    outcomes = {"first_text": CLOSE_CODE_TEXTS[one["first_outcome"]], "second_text": CLOSE_CODE_TEXTS[one["outcome"]]}
    return {**one, **outcomes, "rows": [row for row in rows if row[1] != row[2]]}


def _findings(case: Case, form: Any) -> dict[str, str] | None:
    """Findings that the form gives, those left alone as the outcome says; None where none was given."""
    chosen = {name.removeprefix("finding_"): value for name, value in form.items() if name.startswith("finding_") and value}
    if not chosen:
        return None
    usual = "fraud" if form.get("outcome") == JUDGED_AGAIN[0] else "honest"
    return {member.key: chosen.get(str(member.pk), usual) for member in CaseMember.objects.filter(case=case)}


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"
