"""Blind double review: a share of closed cases, which nobody can guess or choose, is judged again by somebody who took no part."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.agreement import agreement
from fairdeal.disputes.domain import CaseStatus, CloseCode, Deed, Finding, Role, findings_of, may, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseEvent, CaseMember
from fairdeal.disputes.noting import LONGEST_NOTE, case_at, stale, take_note
from fairdeal.disputes.refused import RefusedChange, refuse
from fairdeal.disputes.second_look_models import SecondLook
from fairdeal.disputes.verdict_rows import verdict_rows

#: Outcomes that one analyst can judge from what the case shows; others rest on what parties said to each other.
JUDGED_AGAIN = (CloseCode.ACTION_CONFIRMED, CloseCode.FALSE_POSITIVE)
#: Closings older than this are not drawn any more.
DRAWN_WITHIN = timedelta(days=7)
#: Who took a case for a second look and did not judge it in so long leaves it to others.
TAKEN_FOR = timedelta(days=3)
#: Agreement is told of so many days.
TOLD_DAYS = 90


class Holds(StrEnum):
    """Which of two judgements holds."""

    FIRST = "first"
    SECOND = "second"


def is_drawn(key: str, case_id: str, closing_seq: int, share: float) -> bool:
    """Whether a closing is judged again: a number that only the holder of the key can foresee lies below the share."""
    number = hmac.new(key.encode(), f"second look|{case_id}|{closing_seq}".encode(), hashlib.sha256).digest()[:8]
    return int.from_bytes(number) / 2**64 < share


def draw_second_looks(at: datetime | None = None) -> int:
    """Draw from what closed since the last one drawn; how many. Doing it again, or in two processes at once, draws nothing more."""
    moment = timezone.now() if at is None else at
    share: float = settings.DESK_RULES.second_look_share
    with changing_history():
        seen = SecondLook.objects.aggregate(last=Max("closing_seq"))["last"] or 0
        closed = CaseEvent.objects.filter(to_status=CaseStatus.CLOSED.value, seq__gt=seen, at__gte=moment - DRAWN_WITHIN)
        closed = (
            closed.exclude(from_status=CaseStatus.CLOSED.value)
            .filter(case__status=CaseStatus.CLOSED.value, case__close_code__in=JUDGED_AGAIN)
            .select_related("case")
        )
        looks = [
            SecondLook(
                case=entry.case,
                closing_seq=entry.seq,
                drawn_at=moment,
                first_outcome=entry.case.close_code,
                first_findings=entry.case.decision.get("findings", {}),
            )
            for entry in closed.order_by("seq")
            if is_drawn(settings.AUDIT_KEY, entry.case_id, entry.seq, share)
        ]
        SecondLook.objects.bulk_create(looks)
    return len(looks)


def take_second_look(*, actor: str, role: str, at: datetime | None = None) -> dict[str, Any] | None:
    """Give somebody the oldest drawn case in which they took no part; the one they have, where they have one; None where there is none.

    Raises
    ------
    RefusedChange
        When the role judges no cases.
    """
    moment = timezone.now() if at is None else at
    if not may(frozenset({Role(role)}), Deed.REVIEW_BLIND):
        raise refuse("second look", "role", f"asked by {actor} as {role}", "analysts judge a second time", "ask an analyst")
    with changing_history():
        mine = _open_looks(actor, moment).order_by("pk").first()
        if mine is not None:
            return {"look_id": mine.pk, "case_id": mine.case_id}
        free = SecondLook.objects.filter(judged_at=None).filter(Q(reviewer="") | Q(taken_at__lte=moment - TAKEN_FOR))
        for look in free.order_by("drawn_at", "pk"):
            if not any(same_person(name, actor) for name in took_part(look.case_id)):
                look.reviewer, look.taken_at = actor, moment
                look.save(update_fields=["reviewer", "taken_at"])
                return {"look_id": look.pk, "case_id": look.case_id}
    return None


def judge_second_look(
    look_id: int,
    outcome: str,
    *,
    findings: Mapping[str, str] | None = None,
    word: str = "",
    actor: str,
    role: str,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Judge a case that one took for a second look; only then is one told what was found first.

    Parameters
    ----------
    findings
        By member key; None: the outcome speaks for all members alike.

    Raises
    ------
    RefusedChange
        When it is not the actor's, was judged, or the judgement cannot be.
    """
    moment = timezone.now() if at is None else at
    where = f"second look {look_id}"
    if len(word) > LONGEST_NOTE:
        raise refuse(where, "bad_word", f"{len(word)} characters", f"at most {LONGEST_NOTE} are kept", "say it briefly")
    with changing_history():
        look = SecondLook.objects.select_for_update().filter(pk=look_id).first()
        if look is None or not same_person(look.reviewer, actor) or not may(frozenset({Role(role)}), Deed.REVIEW_BLIND):
            raise refuse(where, "not_yours", f"asked by {actor} as {role}", "who took a case judges it again", "take one")
        if look.judged_at is not None:
            raise refuse(where, "judged_already", "it was judged", "a second look is given once", "take another one")
        judged = _judgement(where, look.case, outcome, findings)
        look.outcome, look.findings, look.word, look.judged_at = outcome, judged, mask_text(word.strip()), moment
        look.agrees = outcome == look.first_outcome and not _contradicts(look.first_findings, judged)
        look.save(update_fields=["outcome", "findings", "word", "judged_at", "agrees"])
        said = {"look_id": look.pk, "outcome": outcome, "agrees": look.agrees}
        _note(look, Note.LOOKED_AT_AGAIN, actor, role, moment, comment=word, second_look=said)
    return told(look)


def adjudicate_second_look(look_id: int, holds: str, *, word: str, actor: str, role: str, at: datetime | None = None) -> dict[str, Any]:
    """Say which of two judgements holds; it becomes a label of its own. The case stays as it was decided, unless somebody reopens it.

    Raises
    ------
    RefusedChange
        When the two agree, it was said already, no reason is given, or the actor took part in either judgement.
    """
    moment = timezone.now() if at is None else at
    where = f"second look {look_id}"
    if holds not in set(Holds):
        raise refuse(where, "bad_choice", f"{holds!r:.40}", f"allowed are {', '.join(Holds)}", "choose one")
    if not word.strip() or len(word) > LONGEST_NOTE:
        raise refuse(where, "no_word", f"{len(word.strip())} characters", "who chooses says why", "say why, briefly")
    with changing_history():
        look = SecondLook.objects.select_for_update().filter(pk=look_id).first()
        if look is None or look.agrees is not False:
            raise refuse(
                where, "nothing_to_choose", "no two judgements that differ", "only a difference is adjudicated", "look at the list"
            )
        if look.adjudicated_at is not None:
            raise refuse(where, "adjudicated_already", f"{look.adjudicated_by} said so", "it is said once", "look at the list")
        if not may(frozenset({Role(role)}), Deed.ADJUDICATE_REVIEW):
            raise refuse(where, "role", f"asked by {actor} as {role}", "who leads the team adjudicates", "ask an approver")
        if any(same_person(name, actor) for name in took_part(look.case_id)):
            raise refuse(where, "took_part", f"asked by {actor}", "who took part in neither judgement adjudicates", "ask another approver")
        look.holds, look.adjudicated_by, look.adjudicated_at = str(holds), actor, moment
        look.save(update_fields=["holds", "adjudicated_by", "adjudicated_at"])
        outcome, findings = (look.first_outcome, look.first_findings) if holds == Holds.FIRST else (look.outcome, look.findings)
        rows = verdict_rows(look.case, moment, judged=(CloseCode(outcome), {key: Finding(found) for key, found in findings.items()}))
        rows = [{**row, "second_look": True} for row in rows]
        said = {"look_id": look.pk, "holds": str(holds), "outcome": outcome}
        _note(look, Note.ADJUDICATED, actor, role, moment, comment=word, second_look=said, verdicts=rows)
    return told(look)


def hidden_from(actor: str, at: datetime | None = None) -> frozenset[str]:
    """Cases of which somebody may see nothing now but what a second look shows: those they took and have not judged."""
    if not actor:
        return frozenset()
    return frozenset(_open_looks(actor, timezone.now() if at is None else at).values_list("case_id", flat=True))


def open_look(actor: str, at: datetime) -> SecondLook | None:
    """The second look that somebody took and has not given; None where there is none."""
    found: SecondLook | None = _open_looks(actor, at).select_related("case").order_by("pk").first()
    return found


def refuse_hidden(case_id: str, actor: str) -> None:
    """Raise where somebody judges this case blind just now."""
    if case_id in hidden_from(actor):
        rule = "who judges a case a second time does not see what was found first"
        raise refuse(f"case {case_id}", "judged_blind", f"{actor} judges it again", rule, "judge it first")


def took_part(case_id: str) -> frozenset[str]:
    """Everybody who ever did something with a case, or was given it."""
    entries = CaseEvent.objects.filter(case_id=case_id).values_list("actor", "new")
    named = {str(new.get("holder", "")) for _, new in entries} | {str(new.get("given", {}).get("named_maker", "")) for _, new in entries}
    return frozenset(({actor for actor, _ in entries} | named) - {""})


def second_looks(at: datetime | None = None) -> dict[str, Any]:
    """How second looks stand: agreement over the last days, what waits, and what two people judged differently.

    Returns
    -------
    dict
        ``drawn, waiting`` (counts), ``agreement`` (fields of `Agreement`), ``differ`` (looks to adjudicate) and ``settled``.
    """
    moment = timezone.now() if at is None else at
    recent = SecondLook.objects.filter(drawn_at__gte=moment - timedelta(days=TOLD_DAYS))
    judged = list(recent.exclude(judged_at=None).order_by("pk"))
    return {
        "drawn": recent.count(),
        "waiting": recent.filter(judged_at=None).count(),
        "agreement": asdict(agreement([look.first_outcome for look in judged], [look.outcome for look in judged])),
        "differ": [told(look) for look in SecondLook.objects.filter(agrees=False, adjudicated_at=None).order_by("pk")],
        "settled": [told(look) for look in judged if look.adjudicated_at is not None],
    }


def told(look: SecondLook) -> dict[str, Any]:
    """A judged second look with both judgements, JSON-able."""
    return {
        "look_id": look.pk,
        "case_id": look.case_id,
        "reviewer": look.reviewer,
        "first_outcome": look.first_outcome,
        "first_findings": look.first_findings,
        "outcome": look.outcome,
        "findings": look.findings,
        "word": look.word,
        "agrees": look.agrees,
        "holds": look.holds or None,
        "adjudicated_by": look.adjudicated_by or None,
    }


def _open_looks(actor: str, at: datetime) -> Any:
    return SecondLook.objects.filter(reviewer__iexact=actor.strip(), judged_at=None, taken_at__gt=at - TAKEN_FOR)


def _judgement(where: str, case: Case, outcome: str, findings: Mapping[str, str] | None) -> dict[str, str]:
    """A finding per member, as the outcome and what was found of each say."""
    if outcome not in JUDGED_AGAIN:
        raise refuse(where, "bad_outcome", f"{outcome!r:.40}", f"allowed are {', '.join(JUDGED_AGAIN)}", "choose one")
    keys = [member.key for member in CaseMember.objects.filter(case=case).order_by("pk")]
    strange = sorted(set(findings or {}) - set(keys))
    if strange or any(found not in set(Finding) for found in (findings or {}).values()):
        raise refuse(where, "bad_finding", f"{strange[:1] or 'an unknown finding'}", "each finding is of a member", "correct it")
    given = None if findings is None else {key: Finding(found) for key, found in findings.items()}
    judged = {key: found.value for key, found in findings_of(CloseCode(outcome), keys, given).items()}
    has_fraud = Finding.FRAUD.value in judged.values()
    if has_fraud is not (outcome == CloseCode.ACTION_CONFIRMED):
        rule = "a confirmed case has a member found fraudulent, a false positive has none"
        raise refuse(where, "findings_fit", f"{outcome} with such findings", rule, "correct the findings or choose the other outcome")
    return judged


def _contradicts(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Whether somebody is called a cheat by one and honest by the other."""
    opposite = {Finding.FRAUD.value: Finding.HONEST.value, Finding.HONEST.value: Finding.FRAUD.value}
    return any(found in opposite and second.get(key) == opposite[found] for key, found in first.items())


def _note(look: SecondLook, note: Note, actor: str, role: str, at: datetime, **said: Any) -> None:
    case = case_at(look.case_id, None, is_locked=True)
    if not take_note(case, note, {}, actor=actor, role=Role(role), at=at, **said):
        raise _changed(case)


def _changed(case: Case) -> RefusedChange:
    return stale(Case.objects.get(pk=case.pk), case.revision)
