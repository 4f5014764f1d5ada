"""The trust-list after a false positive: proposed, confirmed by a second person, bounded in time, withdrawn at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.domain import CaseStatus, CloseCode, Deed, Finding, Role, Scope, may, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case, CaseAlert
from fairdeal.disputes.noting import LONGEST_NOTE, case_at, take_note
from fairdeal.disputes.refused import RefusedChange, refuse
from fairdeal.disputes.trust_models import TrustEntry, TrustNight
from fairdeal.disputes.verdict_rows import as_utc

#: What may be trusted: whoever comes again. A payment, order or review happens once.
TRUSTABLE = ("account", "merchant", "instrument", "device")


class TrustState(StrEnum):
    """Where an entry stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Trustable:
    """A subject of a case that may be trusted, and of what it was wrongly suspected."""

    subject_kind: str
    subject_id: str
    detector: str
    typology: str

    @property
    def key(self) -> str:
        return f"{self.detector}:{self.typology}:{self.subject_kind}:{self.subject_id}"


def state_of(entry: TrustEntry, at: datetime) -> TrustState:
    """Where an entry stands at a moment."""
    if entry.withdrawn_at is not None:
        return TrustState.WITHDRAWN
    if entry.confirmed_at is None:
        return TrustState.PROPOSED
    return TrustState.IN_FORCE if entry.until is not None and at < entry.until else TrustState.LAPSED


def trustable_of(case: Case) -> list[Trustable]:
    """Whom a false positive lets trust: the parties to the members that were found honest, each for what it was suspected of."""
    if case.status != CaseStatus.CLOSED or case.close_code != CloseCode.FALSE_POSITIVE:
        return []
    found: dict[Trustable, None] = {}
    for alert in CaseAlert.objects.filter(case=case, member__verdict=Finding.HONEST).order_by("alert_id"):
        snapshot = alert.snapshot if isinstance(alert.snapshot, dict) else {}
        named = {
            "account": alert.account_id,
            "merchant": alert.merchant_id,
            "instrument": snapshot.get("instrument_id"),
            "device": snapshot.get("device_id"),
        }
        for kind in TRUSTABLE:
            if named[kind]:
                found[Trustable(kind, str(named[kind]), alert.detector, alert.typology)] = None
    return list(found)


def propose_trust(
    case_id: str, key: str, *, days: int, reason: str, actor: str, role: str, revision: int | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Ask that a wrongly suspected subject be left in peace; it binds nobody until a second person confirms it.

    Parameters
    ----------
    key
        Of a `Trustable` of the case.
    days
        How long, from the confirmation on.

    Raises
    ------
    RefusedChange
        When the role may not, the case was no false positive, the subject is none of the case's or is trusted already, it would last too
        long, or nothing is said of why.
    """
    moment = timezone.now() if at is None else at
    where = f"case {case_id}, trust-list"
    if not may(frozenset({Role(role)}), Deed.TRUST_SUBJECT):
        raise refuse(where, "role", f"asked by {actor} as {role}", "analysts and approvers ask for trust", "ask one of them")
    most = settings.DESK_RULES.trust_days
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= most:
        raise refuse(where, "trust_too_long", f"{days!r:.20} days", f"between 1 and {most} days are allowed", "choose fewer days")
    if not reason.strip() or len(reason) > LONGEST_NOTE:
        raise refuse(where, "no_word", f"{len(reason.strip())} characters", "trust has a reason", "say why, briefly")
    with changing_history():
        case = case_at(case_id, revision, is_locked=True)
        choices = {one.key: one for one in trustable_of(case)}
        if not choices:
            found = f"the case is {case.status}, closed as {case.close_code or 'nothing'}"
            raise refuse(where, "no_false_positive", found, "trust follows a case that closed as a false positive", "decide the case first")
        chosen = choices.get(key)
        if chosen is None:
            raise refuse(where, "not_of_case", f"{key:.200}", f"subjects of the case are {', '.join(list(choices)[:10])}", "choose one")
        if _live(chosen, moment) is not None:
            raise refuse(where, "trusted_already", key, "a subject is trusted once for each suspicion", "look at the entry there is")
        entry = TrustEntry.objects.create(
            case=case,
            subject_kind=chosen.subject_kind,
            subject_id=chosen.subject_id,
            detector=chosen.detector,
            typology=chosen.typology,
            reason=mask_text(reason.strip()),
            days=days,
            proposed_by=actor,
            proposed_at=moment,
        )
        _note(entry, case, Note.TRUST_PROPOSED, actor, role, moment, comment=entry.reason)
    return told(entry, moment)


def confirm_trust(entry_id: int, *, actor: str, role: str, at: datetime | None = None) -> dict[str, Any]:
    """Let an entry bind from now on: never whoever asked for it.

    Raises
    ------
    RefusedChange
        When there is no such entry, it does not wait, the case was reopened, or it is not the actor's to confirm.
    """
    moment = timezone.now() if at is None else at
    with changing_history():
        entry = _entry(entry_id)
        where = f"trust-list entry {entry_id}"
        if state_of(entry, moment) is not TrustState.PROPOSED:
            raise refuse(where, "does_not_wait", state_of(entry, moment).value, "an entry is confirmed once", "look at it again")
        if Scope.NOT_OWN not in may(frozenset({Role(role)}), Deed.TRUST_SUBJECT):
            raise refuse(where, "role", f"asked by {actor} as {role}", "an approver confirms trust", "ask an approver")
        if same_person(entry.proposed_by, actor):
            raise refuse(where, "second_eyes", f"asked for by {actor}", "a second person confirms trust", "ask a colleague who may approve")
        case = case_at(entry.case_id, None, is_locked=True)
        if not trustable_of(case):
            raise refuse(
                where, "no_false_positive", f"the case is {case.status}", "the case stands as a false positive", "withdraw the entry"
            )
        entry.confirmed_by, entry.confirmed_at, entry.until = actor, moment, moment + timedelta(days=entry.days)
        entry.save(update_fields=["confirmed_by", "confirmed_at", "until"])
        _note(entry, case, Note.TRUSTED, actor, role, moment)
    return told(entry, moment)


def withdraw_trust(entry_id: int, *, reason: str, actor: str, role: str, at: datetime | None = None) -> dict[str, Any]:
    """End an entry at once: an approver's to do, or of whoever asked for it while it waits.

    Raises
    ------
    RefusedChange
        When there is no such entry, it ended, no reason is given, or it is not the actor's to withdraw.
    """
    moment = timezone.now() if at is None else at
    where = f"trust-list entry {entry_id}"
    if not reason.strip() or len(reason) > LONGEST_NOTE:
        raise refuse(where, "no_word", f"{len(reason.strip())} characters", "trust is withdrawn with a reason", "say why, briefly")
    with changing_history():
        entry = _entry(entry_id)
        state = state_of(entry, moment)
        if state not in (TrustState.PROPOSED, TrustState.IN_FORCE):
            raise refuse(where, "ended", state.value, "what binds or waits can be withdrawn", "look at it again")
        is_own = state is TrustState.PROPOSED and same_person(entry.proposed_by, actor)
        if not is_own and Scope.NOT_OWN not in may(frozenset({Role(role)}), Deed.TRUST_SUBJECT):
            raise refuse(where, "role", f"asked by {actor} as {role}", "an approver withdraws trust", "ask an approver")
        case = case_at(entry.case_id, None, is_locked=True)
        entry.withdrawn_by, entry.withdrawn_at = actor, moment
        entry.save(update_fields=["withdrawn_by", "withdrawn_at"])
        _note(entry, case, Note.TRUST_ENDED, actor, role, moment, comment=reason)
    return told(entry, moment)


def trusted() -> list[dict[str, Any]]:
    """Every entry that was ever confirmed, in order: ``entry_id, subject_kind, subject_id, detector, typology, since, until``.

    ``until`` is when it was withdrawn where that came first. An entry whose case no longer stands as a false positive is left out.
    """
    stands = Q(case__status=CaseStatus.CLOSED.value, case__close_code=CloseCode.FALSE_POSITIVE.value)
    return [
        {
            "entry_id": entry.pk,
            "subject_kind": entry.subject_kind,
            "subject_id": entry.subject_id,
            "detector": entry.detector,
            "typology": entry.typology,
            "since": as_utc(entry.confirmed_at),
            "until": as_utc(min(entry.until, entry.withdrawn_at or entry.until)),
        }
        for entry in TrustEntry.objects.filter(stands, confirmed_at__isnull=False).order_by("pk")
        if entry.confirmed_at is not None and entry.until is not None
    ]


def trust_of(case: Case, at: datetime | None = None) -> list[dict[str, Any]]:
    """Entries that concern a case: made from it, or about its subject or a party to it; the newest first."""
    parties: set[tuple[str, str]] = {(case.subject_kind, case.subject_id)}
    for account, merchant in CaseAlert.objects.filter(case=case).values_list("account_id", "merchant_id"):
        parties |= {("account", account), ("merchant", merchant)}
    about = trust_about(parties - {("account", ""), ("merchant", "")}, at)
    own = [told(entry, timezone.now() if at is None else at) for entry in _with_nights(TrustEntry.objects.filter(case=case))]
    return sorted({entry["entry_id"]: entry for entry in (*about, *own)}.values(), key=lambda entry: -entry["entry_id"])


def trust_about(subjects: Iterable[tuple[str, str]], at: datetime | None = None) -> list[dict[str, Any]]:
    """Entries about any of these subjects, by kind and id, the newest first."""
    moment = timezone.now() if at is None else at
    wanted = Q(pk__in=[])
    for kind, subject in sorted(subjects)[:300]:
        wanted |= Q(subject_kind=kind, subject_id=subject)
    return [told(entry, moment) for entry in _with_nights(TrustEntry.objects.filter(wanted))]


def trust_list(at: datetime | None = None) -> list[dict[str, Any]]:
    """All entries, those that wait or bind first."""
    moment = timezone.now() if at is None else at
    order = list(TrustState)
    return sorted((told(entry, moment) for entry in _with_nights(TrustEntry.objects.all())), key=lambda one: order.index(one["state"]))


def note_suppressed(run_id: str, nights: Mapping[int, Mapping[str, int]], *, at: datetime) -> None:
    """Keep how many alerts each entry kept from people in a run, and how many of them were drawn for a look all the same.

    Telling the same run again changes nothing.
    """
    rows = [TrustNight(entry_id=pk, run_id=run_id, at=at, suppressed=n["suppressed"], sampled=n["sampled"]) for pk, n in nights.items()]
    TrustNight.objects.bulk_create(rows, ignore_conflicts=True)


def told(entry: TrustEntry, at: datetime) -> dict[str, Any]:
    """An entry, JSON-able."""
    state = state_of(entry, at)
    return {
        "entry_id": entry.pk,
        "case_id": entry.case_id,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "detector": entry.detector,
        "typology": entry.typology,
        "reason": entry.reason,
        "state": state,
        "days": entry.days,
        "proposed_by": entry.proposed_by,
        "proposed_at": entry.proposed_at,
        "confirmed_by": entry.confirmed_by or None,
        "confirmed_at": entry.confirmed_at,
        "until": entry.until,
        "withdrawn_by": entry.withdrawn_by or None,
        "withdrawn_at": entry.withdrawn_at,
        "suppressed": getattr(entry, "suppressed", None) or 0,
        "sampled": getattr(entry, "sampled", None) or 0,
    }


def _with_nights(entries: QuerySet[TrustEntry]) -> QuerySet[TrustEntry]:
    return entries.annotate(suppressed=Sum("nights__suppressed"), sampled=Sum("nights__sampled")).order_by("-pk")


def _live(one: Trustable, at: datetime) -> TrustEntry | None:
    same = TrustEntry.objects.filter(
        subject_kind=one.subject_kind, subject_id=one.subject_id, detector=one.detector, typology=one.typology, withdrawn_at=None
    )
    return same.filter(Q(until=None) | Q(until__gt=at)).first()


def _entry(entry_id: int) -> TrustEntry:
    entry = TrustEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise refuse(
            f"trust-list entry {entry_id}", "no_such_entry", "there is none", "an entry is named by its number", "look at the list"
        )
    return entry


def _note(entry: TrustEntry, case: Case, note: Note, actor: str, role: str, at: datetime, comment: str = "") -> None:
    """Enter it in the history of the case from which the trust comes."""
    what = {name: getattr(entry, name) for name in ("subject_kind", "subject_id", "detector", "typology", "days")}
    if not take_note(case, note, {}, actor=actor, role=Role(role), at=at, comment=comment, trust={"entry_id": entry.pk, **what}):
        raise _changed(case)


def _changed(case: Case) -> RefusedChange:
    return refuse(f"case {case.pk}", "stale_revision", "it changed meanwhile", "a change is made on the newest revision", "repeat it")
