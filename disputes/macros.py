"""Macros: text for a form under a name, its places filled with the case's facts, put into the form for somebody to read before sending."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localtime

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.domain import CloseCode, Deed, Role, may
from fairdeal.disputes.drafts import Form
from fairdeal.disputes.models import Case, in_language
from fairdeal.disputes.names import kind_text
from fairdeal.disputes.noting import LONGEST_NOTE
from fairdeal.disputes.own_models import Macro
from fairdeal.disputes.refused import refuse
from fairdeal.disputes.wording import totals_text

#: Facts of a case that a macro's text may name in braces.
PLACES = ("case", "kind", "subject", "members", "amount", "loss", "due_day")
#: Outcomes that a macro may choose.
OUTCOMES = (CloseCode.ACTION_CONFIRMED.value, CloseCode.FALSE_POSITIVE.value)
#: Days within which evidence may be due.
MOST_DUE_DAYS = 60

_PLACE = re.compile(r"\{([^{}]*)\}")


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with its places filled.

    >>> fill("{subject}: {amount}", {"subject": "M1", "amount": "20.00 CNY"})
    'M1: 20.00 CNY'
    """
    return _PLACE.sub(lambda place: facts.get(place[1], place[0]), text)


def unknown_places(text: str) -> list[str]:
    """Places of a text that are not to be filled."""
    return sorted({name for name in _PLACE.findall(text) if name not in PLACES})


def save_macro(
    name: str,
    *,
    form: str,
    text_zh: str = "",
    text_en: str = "",
    outcome: str = "",
    due_days: int | None = None,
    is_shared: bool = False,
    actor: str,
    role: str,
) -> dict[str, Any]:
    """Keep a macro under a name; one's own of that name is replaced.

    Raises
    ------
    RefusedChange
        Without a name or text, with an unknown place, outcome or form, or when it is shared by somebody who does not lead.
    """
    where = f"macro {name:.60}"
    if not may(frozenset({Role(role)}), Deed.SHARE_WITH_TEAM if is_shared else Deed.KEEP_OWN):
        raise refuse(where, "role", f"asked by {actor} as {role}", "who leads the team shares with it", "keep it for yourself")
    if not 1 <= len(name.strip()) <= 60 or form not in set(Form) or outcome not in ("", *OUTCOMES):
        found = f"name of {len(name.strip())} characters, form {form:.20}, outcome {outcome or 'none':.30}"
        rule = f"a name of 1 to 60 characters; forms {', '.join(Form)}; outcomes {', '.join(OUTCOMES)}"
        raise refuse(where, "bad_macro", found, rule, "correct it")
    if not (text_zh.strip() or text_en.strip()) or max(len(text_zh), len(text_en)) > LONGEST_NOTE:
        raise refuse(where, "bad_text", "no text, or too much", f"1 to {LONGEST_NOTE} characters in a language", "write it")
    strange = unknown_places(text_zh) + unknown_places(text_en)
    if strange:
        allowed = ", ".join(f"{{{place}}}" for place in PLACES)
        raise refuse(where, "unknown_place", f"{{{strange[0]:.40}}}", f"allowed are {allowed}", "correct the place")
    if due_days is not None and not 1 <= due_days <= MOST_DUE_DAYS:
        raise refuse(where, "bad_due", f"{due_days} days", f"1 to {MOST_DUE_DAYS} days are allowed", "correct them")
    kept = {"form": str(form), "outcome": outcome, "due_days": due_days, "is_shared": is_shared}
    texts = {"text_zh": mask_text(text_zh.strip()), "text_en": mask_text(text_en.strip())}
    macro, _ = Macro.objects.update_or_create(owner=actor, name=name.strip(), defaults={**kept, **texts})
    return _told(macro)


def macros_for(actor: str) -> list[dict[str, Any]]:
    """The macros that somebody may use: their own and the team's, by name."""
    return [_told(macro) for macro in Macro.objects.filter(Q(owner=actor) | Q(is_shared=True)).order_by("name", "pk")]


def forget_macro(macro_id: int, *, actor: str) -> bool:
    """Remove one's own macro; whether there was one."""
    return Macro.objects.filter(pk=macro_id, owner=actor).delete()[0] > 0


def applied(macro_id: int, case: Case, *, actor: str, at: datetime | None = None) -> dict[str, Any] | None:
    """What a macro puts into which form of a case, for somebody to read and send: ``form, fields``; None where it is not theirs to use."""
    moment = timezone.now() if at is None else at
    macro = Macro.objects.filter(Q(owner=actor) | Q(is_shared=True), pk=macro_id).first()
    if macro is None:
        return None
    text = fill(in_language(macro.text_zh or macro.text_en, macro.text_en or macro.text_zh), facts_for(case, moment, macro.due_days))
    if macro.form == Form.NOTE:
        return {"form": macro.form, "fields": {"text": text}}
    if macro.form == Form.EVIDENCE:
        return {"form": macro.form, "fields": {"wanted": text, "due_days": str(macro.due_days or "")}}
    return {"form": macro.form, "fields": {"outcome": macro.outcome, "reasons": text}}


def facts_for(case: Case, at: datetime, due_days: int | None = None) -> dict[str, str]:
    """What stands in the places of a text, for one case."""
    return {
        "case": case.pk,
        "kind": kind_text(case.subject_kind),
        "subject": case.subject_id,
        "members": str(case.member_count),
        "amount": totals_text(case.money, "amount_minor"),
        "loss": totals_text(case.money, "expected_loss_minor"),
        "due_day": f"{localtime(at + timedelta(days=due_days or 0)):%Y-%m-%d}",
    }


def _told(macro: Macro) -> dict[str, Any]:
    names = ("form", "outcome", "text_zh", "text_en", "due_days", "is_shared", "owner", "name")
    return {"macro_id": macro.pk, **{name: getattr(macro, name) for name in names}}
