"""What the page of a case shows of somebody's own work with it: sleep, trust, marked reasons, drafts, macros, whether they follow it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from fairdeal.disputes.claiming import CLAIMABLE, is_held
from fairdeal.disputes.domain import CaseStatus, Deed, Role, Scope, may, same_person
from fairdeal.disputes.drafts import drafts_of
from fairdeal.disputes.macros import macros_for
from fairdeal.disputes.models import Case, CaseEvent
from fairdeal.disputes.my_cases import is_followed
from fairdeal.disputes.names import kind_text, typology_text
from fairdeal.disputes.reason_marks import word_of, wrong_in
from fairdeal.disputes.second_looks import hidden_from
from fairdeal.disputes.snoozing import Trigger, bound_of
from fairdeal.disputes.trusting import TrustState, trust_of, trustable_of


def day_of(case: Case, roles: frozenset[Role], actor: str, history: Sequence[CaseEvent]) -> dict[str, Any]:
    """The template's values, read by ``actor`` in ``roles``."""
    now = timezone.now()
    keeps = bool(may(roles, Deed.KEEP_OWN))
    return {
        "keeps": keeps,
        "is_followed": keeps and is_followed(case.pk, actor),
        "drafts": drafts_of(case.pk, actor) if keeps else {},
        "macros": macros_for(actor) if keeps else [],
        "snooze": snooze_of(case, roles, actor, now),
        "trust": [trust_row(entry, roles, actor) for entry in trust_of(case, now) if entry["case_id"] not in hidden_from(actor)],
        "trustable": [
            (one.key, f"{kind_text(one.subject_kind)} {one.subject_id} · {typology_text(one.typology)}") for one in trustable_of(case)
        ]
        if may(roles, Deed.TRUST_SUBJECT)
        else [],
        "trust_days": settings.DESK_RULES.trust_days,
        "may_mark": bool(may(roles, Deed.MARK_REASON)),
        "wrong": {f"{alert}|{code}": {"by": entry.actor, "word": word_of(entry)} for (alert, code), entry in wrong_in(history).items()},
    }


def snooze_of(case: Case, roles: frozenset[Role], actor: str, at: datetime) -> dict[str, Any] | None:
    """Until when the case sleeps and what wakes it, or until when it may; None where it cannot."""
    works = bool(may(roles, Deed.WORK_CASE))
    if case.snoozed_until is not None and case.snoozed_until > at:
        occasion = trigger_texts().get(case.snooze_for, "")
        return {"until": case.snoozed_until, "by": case.snoozed_by, "occasion": occasion, "case": case.snooze_case, "may_change": works}
    if not works or CaseStatus(case.status) not in CLAIMABLE or (is_held(case, at) and not same_person(case.holder, actor)):
        return None
    bound = bound_of(case, at)
    return {"bound": bound, "triggers": trigger_texts().items()} if bound > at else None


def trigger_texts() -> dict[str, str]:
    """What wakes a case before its time."""
    return {
        Trigger.EVIDENCE.value: _("evidence comes"),
        Trigger.ALERT.value: _("another alert joins"),
        Trigger.PARTY.value: _("a party answers"),
        Trigger.CASE.value: _("another case is decided"),
    }


def trust_row(entry: dict[str, Any], roles: frozenset[Role], actor: str) -> dict[str, Any]:
    """An entry of the trust-list as people read it, and what they may do with it."""
    texts = {
        TrustState.PROPOSED: _("waits for a second person"),
        TrustState.IN_FORCE: _("binds"),
        TrustState.LAPSED: _("lapsed"),
        TrustState.WITHDRAWN: _("withdrawn"),
    }
    state, approves = entry["state"], Scope.NOT_OWN in may(roles, Deed.TRUST_SUBJECT)
    is_own = same_person(entry["proposed_by"], actor)
    return {
        **entry,
        "state_text": texts[state],
        "kind": kind_text(entry["subject_kind"]),
        "suspicion": typology_text(entry["typology"]),
        "may_confirm": state is TrustState.PROPOSED and approves and not is_own,
        "may_withdraw": state in (TrustState.PROPOSED, TrustState.IN_FORCE)
        and (approves or (state is TrustState.PROPOSED and is_own and bool(may(roles, Deed.TRUST_SUBJECT)))),
    }
