"""What the page of one case shows: why it was flagged, who is in it, who is linked to it, what happened, what may happen next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairdeal.data_contracts.alerts import AUDITED
from fairdeal.disputes.action_rows import SHOWN, action_rows
from fairdeal.disputes.appeal_part import asking_of, review_of
from fairdeal.disputes.attaching import Visibility
from fairdeal.disputes.claiming import CLAIMABLE, is_held
from fairdeal.disputes.clock_rows import clock_rows
from fairdeal.disputes.clocks import PauseReason
from fairdeal.disputes.contacts import hidden_in, without_contacts
from fairdeal.disputes.day_part import day_of
from fairdeal.disputes.domain import CaseStatus, CloseCode, Deed, Event, Role, Scope, Skill, may, next_events, same_person
from fairdeal.disputes.evidence_kinds import COMPLAINTS, EVIDENCE_KINDS
from fairdeal.disputes.evidence_rows import Pair, Related, marked, pairs_of, related_of
from fairdeal.disputes.exhibit_rows import exhibit_rows
from fairdeal.disputes.file_types import MOST_BYTES
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case, CaseAlert, CaseEvent, CaseMember, in_language
from fairdeal.disputes.names import (
    action_text,
    chosen_by_text,
    event_text,
    finding_texts,
    kind_text,
    pause_text,
    role_text,
    status_text,
    tone_of,
    typology_text,
    visibility_text,
)
from fairdeal.disputes.pausing import PAUSABLE
from fairdeal.disputes.people import analysts
from fairdeal.disputes.revealing import shown_until
from fairdeal.disputes.ring_picture import ring_picture
from fairdeal.disputes.second_looks import hidden_from
from fairdeal.disputes.shared import spreads_of, ties_of
from fairdeal.disputes.similar import similar_to
from fairdeal.disputes.snapshot_rows import snapshot_rows
from fairdeal.disputes.step_forms import forms_for
from fairdeal.disputes.timeline import Stretch, stretches_of
from fairdeal.disputes.told_reasons import ToldReason, common_reasons, told_reasons
from fairdeal.disputes.trail_rows import Happening, headings, trail_of
from fairdeal.disputes.wording import instant_text, money_text, share_text, totals_text

#: A page shows so many members; the rest are in the table of members.
MEMBERS_SHOWN = 300
#: The line of what happened has so many steps, the newest; all are in the history.
STEPS_SHOWN = 8
#: So many members lie open from the start.
MEMBERS_OPEN = 3
#: So many show what happened around them, side by side.
TRAILS_SHOWN = 20
#: And so many cases linked in each way.
LINKED_SHOWN = 8
#: Within so many days asked-for evidence is due; the first is what the form proposes.
EVIDENCE_DAYS = (3, 7, 15)
#: From this probability on a member is what the decision about its case says.
PRESUMED = 0.5
#: So many alerts are looked at to find them.
_LOOKED_AT = 500


@dataclass(frozen=True)
class MemberView:
    """One member, its leading alert, and why it was flagged; ``chosen`` is the finding that stands in the reader's draft."""

    member: CaseMember
    alert: CaseAlert
    kind: str
    typology: str
    verdict: str
    amount: str
    expected_loss: str
    likelihood: str
    action: str
    chosen_by: str
    selected: str
    reasons: tuple[ToldReason, ...]
    text: SafeString | None
    pairs: tuple[Pair, ...]
    trail: tuple[Happening, ...]
    twins: tuple[Related, ...]
    linked: tuple[Related, ...]
    snapshot: tuple[tuple[str, str], ...]
    is_open: bool
    is_presumed: bool
    chosen: str = ""


def page_of(case: Case, roles: frozenset[Role], actor: str, skills: frozenset[Skill] = frozenset()) -> dict[str, Any]:
    """The template's values for ``case``, read by ``actor`` in ``roles`` and with ``skills``."""
    review = review_of(case, roles, skills, actor)
    alerts = list(CaseAlert.objects.filter(case=case).select_related("member").order_by("-expected_loss_minor", "alert_id"))
    leaders = _leading(alerts)
    until = shown_until(case, actor, timezone.now())
    shown = [_member_view(alert.member, alert, place, until is None) for place, alert in enumerate(leaders[:MEMBERS_SHOWN])]
    history = list(CaseEvent.objects.filter(case=case).order_by("seq"))
    day = day_of(case, roles, actor, history)
    shown = [_with_marks(view, day["wrong"], day["drafts"].get("decision", {}).get("fields", {})) for view in shown]
    views = [_event_view(event) for event in history]
    steps = [view for view in views if view["from_status"] or view["event"].event == Event.OPEN]
    ties = ties_of(leaders, case.subject_id)
    hidden = hidden_from(actor)
    return {
        "case": case,
        "kind": kind_text(case.subject_kind),
        "tone": tone_of(case.status),
        "headline": shown[0].reasons[0].text if shown and shown[0].reasons else "",
        "suspicions": _counted(typology_text(alert.member.typology) for alert in leaders),
        "measures": _counted(action_text(alert.action) for alert in leaders),
        "money_at_risk": totals_text(case.money, "amount_minor"),
        "expected_loss": totals_text(case.money, "expected_loss_minor"),
        "span": _span(alerts),
        "outcome": CLOSE_CODE_TEXTS.get(case.close_code, ""),
        "why": _why(leaders),
        "happened": _happened(stretches_of(leaders, case.closed_at or timezone.now()), steps[-STEPS_SHOWN:]),
        "steps_hidden": max(0, len(steps) - STEPS_SHOWN),
        "similar": similar_to(case, hidden),
        "spreads": spreads_of(leaders) if len(leaders) > 1 else (),
        "ties": ties,
        "ring": ring_picture(leaders, ties),
        "members": shown,
        "members_hidden": len(leaders) - len(shown),
        "same_subject": [_link(other) for other in about_the_same(case) if other.pk not in hidden],
        "neighbours": [_link(other, tie) for other, tie in neighbours(case, alerts) if other.pk not in hidden],
        "merchants": sorted({alert.merchant_id for alert in alerts} - {""})[:LINKED_SHOWN],
        "accounts": [name for name, _ in Counter(alert.account_id for alert in alerts if alert.account_id).most_common(LINKED_SHOWN)],
        "evidence": exhibit_rows(case, is_masked=until is None),
        "evidence_part": evidence_part(case, roles),
        "contacts": {"until": until, "may": bool(may(roles, Deed.REVEAL_CONTACT))},
        "trail_headings": headings(),
        "more_steps": forms_for(
            case, roles, skills, actor, is_anothers=is_held(case, timezone.now()) and not same_person(case.holder, actor)
        ),
        "events": views,
        "clocks": clock_rows(case, history, timezone.now()),
        "pause": pause_of(case, roles, actor),
        "steps": steps_for(case, roles) - (set() if review and review["may"] else {Event.REVERSE.value, Event.UPHOLD.value}),
        "asking": asking_of(case, roles),
        "review": review,
        "hold": hold_of(case, roles, actor),
        "is_own_proposal": same_person(str(case.decision.get("maker", "")), actor),
        "proposal": _proposal_view(case) if case.decision.get("maker") else None,
        "outcomes": [(code.value, CLOSE_CODE_TEXTS[code]) for code in (CloseCode.ACTION_CONFIRMED, CloseCode.FALSE_POSITIVE)],
        "findings": finding_texts().items(),
        "evidence_days": EVIDENCE_DAYS,
        "day": day,
    }


def member_views(case: Case) -> list[MemberView]:
    """The members that a page shows, the most at stake first."""
    alerts = CaseAlert.objects.filter(case=case).select_related("member").order_by("-expected_loss_minor", "alert_id")
    return [_member_view(alert.member, alert, place, True) for place, alert in enumerate(_leading(alerts)[:MEMBERS_SHOWN])]


def _with_marks(view: MemberView, wrong: dict[str, dict[str, str]], draft: dict[str, str]) -> MemberView:
    """The member with what people said of its reasons, and the finding that the reader had chosen."""
    marks = [wrong.get(f"{view.alert.pk}|{reason.code}", {}) for reason in view.reasons]
    reasons = (
        replace(reason, wrong_by=mark.get("by", ""), wrong_word=mark.get("word", ""))
        for reason, mark in zip(view.reasons, marks, strict=True)
    )
    return replace(view, reasons=tuple(reasons), chosen=draft.get(f"finding_{view.member.pk}", ""))


def _leading(alerts: Iterable[CaseAlert]) -> list[CaseAlert]:
    """The first alert of each member."""
    leading: dict[int, CaseAlert] = {}
    for alert in alerts:
        leading.setdefault(alert.member_id, alert)
    return list(leading.values())


def steps_for(case: Case, roles: frozenset[Role]) -> frozenset[str]:
    """Steps that the page offers somebody with these roles; whether one is taken the service decides."""
    offered = {
        Event.ACCEPT,
        Event.START_REVIEW,
        Event.REQUEST_EVIDENCE,
        Event.CLOSE_EVIDENCE,
        Event.PROPOSE_DECISION,
        Event.APPROVE,
        Event.RETURN,
        Event.REVERSE,
        Event.UPHOLD,
    }
    return frozenset(event.value for role in roles for event in next_events(CaseStatus(case.status), role) if event in offered)


def _is_anothers(case: Case, actor: str) -> bool:
    return is_held(case, timezone.now()) and not same_person(case.holder, actor)


def evidence_part(case: Case, roles: frozenset[Role]) -> dict[str, Any]:
    """What somebody with these roles may put before the case, and how."""
    kinds = [(kind.value, in_language(facts.zh, facts.en)) for kind, facts in EVIDENCE_KINDS.items() if kind not in COMPLAINTS]
    return {
        "may_add": case.is_open and Scope.ALL in may(roles & {Role.AGENT, Role.ANALYST}, Deed.ADD_EVIDENCE),
        "kinds": kinds,
        "visibilities": [(value.value, visibility_text(value.value)) for value in Visibility],
        "most_mb": MOST_BYTES // 1024 // 1024,
    }


def hold_of(case: Case, roles: frozenset[Role], actor: str) -> dict[str, Any] | None:
    """Who holds the case until when, and whether ``actor`` may take it, keep it or give it back; None where nobody can."""
    held, is_mine = is_held(case, timezone.now()), same_person(case.holder, actor)
    scopes = may(roles, Deed.REASSIGN_CASE)
    may_hand_on = Scope.ALL in scopes or (Scope.OWN in scopes and held and is_mine)
    if CaseStatus(case.status) not in CLAIMABLE or not (held or Role.ANALYST in roles or may_hand_on):
        return None
    others = [name for name in analysts() if not same_person(name, case.holder if held else "")] if may_hand_on else []
    return {
        "is_held": held,
        "is_mine": held and is_mine,
        "until": case.lease_until,
        "may_take": Role.ANALYST in roles,
        "others": others,
    }


def pause_of(case: Case, roles: frozenset[Role], actor: str) -> dict[str, Any] | None:
    """Why the case stands still until when, or the reasons for which ``actor`` may let it; None where it cannot."""
    now = timezone.now()
    may_change = Role.ANALYST in roles and (not is_held(case, now) or same_person(case.holder, actor))
    if case.pause_reason:
        return {"until": case.paused_until, "reason": pause_text(case.pause_reason), "may_change": may_change}
    if CaseStatus(case.status) not in PAUSABLE or not may_change:
        return None
    return {"reasons": [(reason.value, pause_text(reason.value)) for reason in PauseReason], "may_change": True}


def about_the_same(case: Case) -> list[Case]:
    """Other cases about this case's subject, newest first."""
    same = Case.objects.filter(subject_kind=case.subject_kind, subject_id=case.subject_id).exclude(pk=case.pk)
    return list(same.order_by("-opened_at")[:LINKED_SHOWN])


def neighbours(case: Case, alerts: Sequence[CaseAlert]) -> list[tuple[Case, str]]:
    """Other cases in which a member, account or merchant of this case turns up, and which of the three; the closest tie first."""
    ours = (
        {alert.member.subject_id for alert in alerts},
        {alert.account_id for alert in alerts} - {""},
        {alert.merchant_id for alert in alerts} - {""},
    )
    nearest: dict[str, int] = {}
    for part in _parts(sorted(set().union(*ours))):
        touching = CaseAlert.objects.filter(Q(merchant_id__in=part) | Q(account_id__in=part) | Q(member__subject_id__in=part))
        touching = touching.exclude(case=case).order_by("-event_at", "alert_id")
        for other, *theirs in touching.values_list("case_id", "member__subject_id", "account_id", "merchant_id")[:_LOOKED_AT]:
            near = next((rank for rank, (known, value) in enumerate(zip(ours, theirs, strict=True)) if value in known), len(ours))
            nearest[other] = min(near, nearest.get(other, near))
    member = kind_text(alerts[0].member.subject_kind) if alerts else ""
    ties = (member, kind_text("account"), kind_text("merchant"), "")
    chosen = sorted(nearest, key=lambda pk: (nearest[pk], pk))[: 10 * LINKED_SHOWN]
    others = Case.objects.filter(pk__in=chosen).exclude(subject_kind=case.subject_kind, subject_id=case.subject_id)
    ordered = sorted(others, key=lambda other: (nearest[other.pk], -other.opened_at.timestamp(), other.pk))[:LINKED_SHOWN]
    return [(other, ties[nearest[other.pk]]) for other in ordered]


def _parts(ids: Sequence[str], size: int = 300) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def presumed_members(case: Case) -> frozenset[int]:
    """Members that a confirmed suspicion speaks of unless somebody says otherwise.

    Not those of which less than `PRESUMED` was thought, nor those that were drawn at random or are only unusual: what nobody looked at
    teaches nothing, and a random sample that is judged by its neighbours is none. A member that is alone in its case is always meant.
    """
    members = frozenset(CaseMember.objects.filter(case=case).values_list("pk", flat=True))
    if len(members) == 1:
        return members
    alerts = CaseAlert.objects.filter(case=case).order_by("-expected_loss_minor", "alert_id")
    leading: dict[int, CaseAlert] = {}
    for alert in alerts.only("member_id", "chosen_by", "probability", "expected_loss_minor"):
        leading.setdefault(alert.member_id, alert)
    return frozenset(pk for pk, alert in leading.items() if is_presumed(alert))


def is_presumed(alert: CaseAlert) -> bool:
    """Whether a confirmed suspicion speaks of this alert's member by itself."""
    return alert.chosen_by not in AUDITED and (alert.probability is None or alert.probability >= PRESUMED)


def _link(case: Case, tie: str = "") -> dict[str, Any]:
    return {"case": case, "tie": tie, "kind": kind_text(case.subject_kind), "tone": tone_of(case.status)}


def _counted(words: Iterable[str]) -> list[tuple[str, int]]:
    """Each word and how often it was said, the most frequent first."""
    return sorted(Counter(words).items(), key=lambda entry: (-entry[1], entry[0]))


def _span(alerts: Sequence[CaseAlert]) -> str:
    """From the first to the last thing that happened: to the minute within a day, in days beyond."""
    if not alerts:
        return ""
    first, last = (instant_text(edge(alert.event_at for alert in alerts)) for edge in (min, max))
    if first == last:
        return first
    return f"{first} – {last[11:]}" if first[:10] == last[:10] else f"{first[:10]} – {last[:10]}"


def _happened(stretches: Sequence[Stretch], steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was flagged and what was done since as one story, in its order."""
    entries = [{"at": stretch.since, "stretch": stretch} for stretch in stretches]
    entries += [{"at": step["event"].at, "step": step} for step in steps]
    return sorted(entries, key=lambda entry: entry["at"])


def _why(leaders: Sequence[CaseAlert]) -> list[tuple[ToldReason, int]]:
    """Why the case was flagged: what its members have in common, each reason with how many have it; of one alone, its own reasons."""
    if len(leaders) > 1:
        return [(common.reason, common.members) for common in common_reasons(leaders)]
    return [(reason, 1) for alert in leaders for reason in told_reasons(alert)]


def _member_view(member: CaseMember, alert: CaseAlert, place: int, is_masked: bool) -> MemberView:
    evidence = alert.evidence if isinstance(alert.evidence, dict) else {}
    snapshot = alert.snapshot if isinstance(alert.snapshot, dict) else {}
    text, twins = snapshot.get("text"), related_of(hidden_in(evidence.get("twins")) if is_masked else evidence.get("twins"))
    words = (without_contacts(text) if is_masked else text) if isinstance(text, str) else None
    return MemberView(
        member=member,
        alert=alert,
        kind=kind_text(member.subject_kind),
        typology=typology_text(member.typology),
        verdict=finding_texts()[member.verdict],
        amount=money_text(alert.amount_minor, alert.currency),
        expected_loss=money_text(alert.expected_loss_minor, alert.currency),
        likelihood=share_text(alert.probability),
        action=action_text(alert.action),
        chosen_by=chosen_by_text(alert.chosen_by),
        selected=share_text(alert.selection_probability),
        reasons=told_reasons(alert),
        text=marked(words, evidence.get("spans")) if words is not None else None,
        pairs=pairs_of(words or "", twins),
        trail=trail_of(evidence, member.subject_id, evidence.get("spans"), is_masked=is_masked) if place < TRAILS_SHOWN else (),
        twins=tuple(twin for twin in twins if not twin.text),
        linked=related_of(evidence.get("linked")),
        snapshot=snapshot_rows(snapshot, is_masked=is_masked),
        is_open=place < MEMBERS_OPEN,
        is_presumed=is_presumed(alert),
    )


def _proposal_view(case: Case) -> dict[str, Any]:
    """The decision that stands, proposed or approved: what was found about how many, and what is done because of it."""
    decision, texts = case.decision, finding_texts()
    actions, rows = decision.get("actions") or [], action_rows(case)
    return {
        "maker": decision.get("maker", ""),
        "checker": decision.get("checker", ""),
        "reasons": decision.get("reasons", []),
        "findings": _counted(texts.get(finding, finding) for finding in decision.get("findings", {}).values()),
        "supersedes": (decision.get("supersedes") or {}).get("maker", ""),
        "waits": bool(decision.get("waits_for_appeal")) and case.status in (CaseStatus.DECIDED, CaseStatus.APPEAL),
        "actions": _counted(action_text(action["kind"]) for action in actions),
        "action_rows": rows[:SHOWN],
        "is_ordered": any(row.state for row in rows),
        "actions_asked": len(actions),
        "actions_done": sum(row.is_done for row in rows),
    }


def _event_view(event: CaseEvent) -> dict[str, Any]:
    given = event.new.get("given", {})
    due = [_("due %(when)s") % {"when": instant_text(datetime.fromisoformat(given["due_at"]))}] if given.get("due_at") else []
    words = [*given.get("reasons", []), *given.get("new_evidence", []), given.get("comment", ""), *due]
    asked_by = given.get("on_behalf_of")
    return {
        "event": event,
        "what": event_text(event.event),
        "role": _("%(role)s, for the %(party)s") % {"role": role_text(event.role), "party": role_text(asked_by)}
        if asked_by
        else role_text(event.role),
        "from_status": status_text(event.from_status) if event.from_status != event.to_status else "",
        "to_status": status_text(event.to_status),
        "alerts": len(event.new.get("alerts", [])),
        "words": [word for word in words if word],
    }
