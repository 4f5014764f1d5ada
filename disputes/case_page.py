"""What the page of one case shows: why it was flagged, who is in it, who is linked to it, what happened, what may happen next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import TYPOLOGIES, Typology
from fairdeal.disputes.domain import CaseStatus, CloseCode, Event, Finding, Role, next_events
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseAlert, CaseEvent, CaseMember, in_language
from fairdeal.disputes.wording import money_text, totals_text, value_text

#: A page shows so many members; the rest are in the table of members.
MEMBERS_SHOWN = 100
#: And so many cases linked in each way.
LINKED_SHOWN = 20
#: And so many columns of what was known of a subject.
_SNAPSHOT_SHOWN = 40


@dataclass(frozen=True)
class Reason:
    """One stored reason, as people read it."""

    text: str
    other_text: str
    value: str
    norm: str


@dataclass(frozen=True)
class MemberView:
    """One member, its leading alert, and why it was flagged."""

    member: CaseMember
    alert: CaseAlert
    typology: str
    verdict: str
    amount: str
    expected_loss: str
    action: str
    reasons: tuple[Reason, ...]
    text: SafeString | None
    twins: tuple[str, ...]
    linked: tuple[str, ...]
    snapshot: tuple[tuple[str, str], ...]


def page_of(case: Case, roles: frozenset[Role], actor: str) -> dict[str, Any]:
    """The template's values for ``case``, read by ``actor`` in ``roles``."""
    alerts = list(CaseAlert.objects.filter(case=case).select_related("member").order_by("-expected_loss_minor", "alert_id"))
    leading: dict[int, CaseAlert] = {}
    for alert in alerts:
        leading.setdefault(alert.member_id, alert)
    shown = [_member_view(alert.member, alert) for alert in list(leading.values())[:MEMBERS_SHOWN]]
    return {
        "case": case,
        "money_at_risk": totals_text(case.money, "amount_minor"),
        "expected_loss": totals_text(case.money, "expected_loss_minor"),
        "outcome": CLOSE_CODE_TEXTS.get(case.close_code, ""),
        "members": shown,
        "members_hidden": len(leading) - len(shown),
        "same_subject": list(
            Case.objects.filter(subject_kind=case.subject_kind, subject_id=case.subject_id)
            .exclude(pk=case.pk)
            .order_by("-opened_at")[:LINKED_SHOWN]
        ),
        "neighbours": neighbours(case, alerts),
        "merchants": sorted({alert.merchant_id for alert in alerts} - {""})[:LINKED_SHOWN],
        "events": [_event_view(event) for event in CaseEvent.objects.filter(case=case).order_by("seq")],
        "steps": steps_for(case, roles),
        "is_own_proposal": case.decision.get("maker") == actor,
        "proposal": case.decision if case.decision.get("maker") else None,
        "outcomes": [(code.value, CLOSE_CODE_TEXTS[code]) for code in (CloseCode.ACTION_CONFIRMED, CloseCode.FALSE_POSITIVE)],
        "findings": finding_texts().items(),
    }


def finding_texts() -> dict[str, str]:
    """The findings in words."""
    return {Finding.FRAUD.value: _("fraud"), Finding.HONEST.value: _("honest"), Finding.UNDECIDED.value: _("not judged")}


def steps_for(case: Case, roles: frozenset[Role]) -> frozenset[str]:
    """Steps that the page offers somebody with these roles; whether one is taken the service decides."""
    offered = {Event.ACCEPT, Event.START_REVIEW, Event.PROPOSE_DECISION, Event.APPROVE, Event.RETURN}
    return frozenset(event.value for role in roles for event in next_events(CaseStatus(case.status), role) if event in offered)


def neighbours(case: Case, alerts: Sequence[CaseAlert]) -> list[Case]:
    """Other cases in which a merchant, account or member of this case turns up, newest first."""
    merchants = {alert.merchant_id for alert in alerts} - {""}
    accounts = {alert.account_id for alert in alerts} - {""}
    subjects = {alert.member.subject_id for alert in alerts}
    found: set[str] = set()
    for part in _parts(sorted(merchants | accounts | subjects)):
        touching = CaseAlert.objects.filter(Q(merchant_id__in=part) | Q(account_id__in=part) | Q(member__subject_id__in=part))
        found.update(touching.exclude(case=case).values_list("case_id", flat=True)[: 10 * LINKED_SHOWN])
    others = Case.objects.filter(pk__in=sorted(found)[: 10 * LINKED_SHOWN])
    return list(others.exclude(subject_kind=case.subject_kind, subject_id=case.subject_id).order_by("-opened_at")[:LINKED_SHOWN])


def _parts(ids: Sequence[str], size: int = 300) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _member_view(member: CaseMember, alert: CaseAlert) -> MemberView:
    evidence = alert.evidence if isinstance(alert.evidence, dict) else {}
    snapshot = alert.snapshot if isinstance(alert.snapshot, dict) else {}
    text = snapshot.get("text")
    typology = TYPOLOGIES[Typology(member.typology)]
    return MemberView(
        member=member,
        alert=alert,
        typology=in_language(typology.zh, typology.en),
        verdict=finding_texts()[member.verdict],
        amount=money_text(alert.amount_minor, alert.currency),
        expected_loss=money_text(alert.expected_loss_minor, alert.currency),
        action=action_texts().get(alert.action, alert.action),
        reasons=tuple(_reason(reason) for reason in alert.reasons if isinstance(reason, dict)),
        text=marked(text, evidence.get("spans")) if isinstance(text, str) else None,
        twins=_names(evidence.get("twins")),
        linked=_names(evidence.get("linked")),
        snapshot=tuple((str(name), value_text(value)) for name, value in snapshot.items() if name != "text")[:_SNAPSHOT_SHOWN],
    )


def action_texts() -> dict[str, str]:
    """The measures in words."""
    return {
        Action.ALLOW.value: _("let pass"),
        Action.CONFIRM.value: _("ask to confirm"),
        Action.STEP_UP.value: _("verify identity"),
        Action.HOLD.value: _("hold"),
        Action.BLOCK.value: _("block"),
    }


def _reason(reason: dict[str, Any]) -> Reason:
    zh, en = str(reason.get("text_zh") or ""), str(reason.get("text_en") or "")
    code = str(reason.get("code") or "")
    return Reason(
        text=in_language(zh, en) or zh or en or code,
        other_text=in_language(en, zh),
        value=value_text(reason.get("value")),
        norm=value_text(reason.get("norm")),
    )


def marked(text: str, spans: Any) -> SafeString:
    """The text with its suspicious spans marked; positions are counted in characters. Spans that do not fit are left out."""
    parts: list[tuple[str, str, str]] = []
    done = 0
    for start, end in sorted(_bounds(spans)):
        start = max(start, done)
        if start < end <= len(text):
            parts += [("", text[done:start], ""), ("<mark>", text[start:end], "</mark>")]
            done = end
    parts.append(("", text[done:], ""))
    return format_html_join("", "{}{}{}", ((SafeString(opening), words, SafeString(closing)) for opening, words, closing in parts))


def _bounds(spans: Any) -> list[tuple[int, int]]:
    """Spans come as ``{start, end}`` or as ``[start, end, …]``."""
    found: list[tuple[int, int]] = []
    for span in spans if isinstance(spans, list) else []:
        pair = (span.get("start"), span.get("end")) if isinstance(span, dict) else tuple(span[:2]) if isinstance(span, list) else ()
        if len(pair) == 2 and all(isinstance(position, int) and position >= 0 for position in pair):
            found.append(pair)
    return found


def _names(items: Any) -> tuple[str, ...]:
    """Ids of twins or linked subjects, which come plain or as mappings that say more."""
    names: list[str] = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            name = next((item[key] for key in ("subject_id", "twin_id", "id", "review_id", "order_id") if key in item), None)
            if name is None:
                names.append(", ".join(f"{key} {value_text(value)}" for key, value in item.items()))
            else:
                similarity = item.get("similarity")
                names.append(f"{name} ({similarity:.0%})" if isinstance(similarity, int | float) else str(name))
        else:
            names.append(str(item))
    return tuple(names)


def _event_view(event: CaseEvent) -> dict[str, Any]:
    given = event.new.get("given", {})
    words = [*given.get("reasons", []), given.get("comment", "")]
    return {
        "event": event,
        "what": event_texts().get(event.event, event.event),
        "alerts": len(event.new.get("alerts", [])),
        "words": [word for word in words if word],
    }


def event_texts() -> dict[str, str]:
    """The steps that the seed of the queue takes, in words."""
    return {
        "open": _("opened"),
        "alerts_joined": _("alerts joined"),
        Event.ACCEPT.value: _("accepted"),
        Event.START_REVIEW.value: _("review started"),
        Event.PROPOSE_DECISION.value: _("confirmation proposed"),
        Event.PROPOSE_FALSE_POSITIVE.value: _("false positive proposed"),
        Event.APPROVE.value: _("approved"),
        Event.RETURN.value: _("returned"),
        Event.ENFORCE.value: _("carrying out began"),
        Event.CONFIRM_ACTIONS.value: _("carried out"),
        Event.NO_ACTION.value: _("nothing to carry out"),
        Event.CLOSE.value: _("closed"),
        Event.REOPEN.value: _("reopened"),
    }


def case_link(case: Case, url: str) -> SafeString:
    """A case's id as a link."""
    return format_html('<a class="fd-link" href="{}">{}</a>', url, case.pk)
