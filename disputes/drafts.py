"""Drafts: what somebody writes in a case's form is kept as they write, theirs alone, until they send it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.noting import case_at
from fairdeal.disputes.own_models import Draft
from fairdeal.disputes.refused import refuse

#: Most characters of a draft, all its fields together.
LONGEST_DRAFT = 20_000


class Form(StrEnum):
    """The forms of a case's page that are kept and that macros fill."""

    DECISION = "decision"
    EVIDENCE = "evidence"
    NOTE = "note"


#: Fields of each form that a draft keeps, beside the findings of members.
FIELDS: dict[Form, frozenset[str]] = {
    Form.DECISION: frozenset({"outcome", "reasons"}),
    Form.EVIDENCE: frozenset({"wanted", "due_days"}),
    Form.NOTE: frozenset({"text"}),
}


def save_draft(
    case_id: str, form: str, fields: Mapping[str, str], *, actor: str, revision: int, at: datetime | None = None
) -> dict[str, Any]:
    """Keep what stands in a form; an empty form keeps nothing. Card numbers and national ids are taken out.

    Parameters
    ----------
    revision
        Of the case as the form's page showed it.

    Raises
    ------
    RefusedChange
        When there is no such case or form, or it holds too much.
    """
    moment = timezone.now() if at is None else at
    case = case_at(case_id, None)
    if form not in set(Form):
        raise refuse(f"case {case_id}, draft", "no_such_form", f"{form!r:.40}", f"forms are {', '.join(Form)}", "choose one")
    known = FIELDS[Form(form)]
    kept = {
        name: mask_text(value)
        for name, value in fields.items()
        if value.strip() and (name in known or (form == Form.DECISION and name.startswith("finding_")))
    }
    if sum(len(name) + len(value) for name, value in kept.items()) > LONGEST_DRAFT:
        rule = f"a draft has at most {LONGEST_DRAFT} characters"
        raise refuse(f"case {case_id}, draft", "draft_too_long", "more than a draft holds", rule, "shorten it")
    if not kept:
        forget_draft(case_id, form, actor=actor)
        return {"saved_at": None}
    Draft.objects.update_or_create(
        owner=actor, case=case, form=str(form), defaults={"content": kept, "revision": revision, "saved_at": moment}
    )
    return {"saved_at": moment}


def drafts_of(case_id: str, actor: str) -> dict[str, dict[str, Any]]:
    """What somebody has not sent of a case, by form: ``fields, saved_at, is_older`` (the case changed since)."""
    rows = Draft.objects.filter(owner=actor, case_id=case_id).select_related("case")
    return {row.form: {"fields": row.content, "saved_at": row.saved_at, "is_older": row.revision < row.case.revision} for row in rows}


def forget_draft(case_id: str, form: str, *, actor: str) -> None:
    """Remove somebody's draft, as when the form was sent."""
    Draft.objects.filter(owner=actor, case_id=case_id, form=str(form)).delete()
