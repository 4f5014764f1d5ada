"""The end of a shift: cases go back to the queue or to a colleague with a word each, and the next shift reads what was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.claiming import hand_to, is_held
from fairdeal.disputes.domain import Deed, Role, may, same_person
from fairdeal.disputes.events import Note
from fairdeal.disputes.handover_models import HandedCase, Handover
from fairdeal.disputes.history import changing_history
from fairdeal.disputes.models import Case
from fairdeal.disputes.noting import LONGEST_NOTE, case_at, stale
from fairdeal.disputes.people import analysts
from fairdeal.disputes.refused import RefusedChange, refuse

#: A case handed to a colleague stays theirs so long without a step: until their shift has begun.
KEPT_FOR = timedelta(hours=12)
#: The next shift reads handovers of so many hours.
READ_HOURS = 36


def hand_over(
    *,
    actor: str,
    role: str,
    to: str = "",
    cases: Sequence[str] | None = None,
    words: Mapping[str, str] | None = None,
    word: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """End a shift: hand one's cases back to the queue, or to a colleague.

    Parameters
    ----------
    to
        An analyst; empty: the queue.
    cases
        Which; None: all that the actor holds.
    words
        What is to be said of single cases, by id; what has none is told ``word``.

    Returns
    -------
    dict
        ``handover_id`` (None where nothing was handed over), ``to``, and ``cases``: per case ``case_id, is_done`` and, where it was
        refused, ``refused``, the `RefusedChange`. What is refused for one case stops no other.

    Raises
    ------
    RefusedChange
        When the role holds no cases, the colleague is none, or too much is said.
    """
    moment = timezone.now() if at is None else at
    said = dict(words or {})
    if not may(frozenset({Role(role)}), Deed.WORK_CASE):
        raise refuse("handover", "role", f"asked by {actor} as {role}", "analysts hand their cases over", "ask an analyst")
    if to and (to not in analysts() or same_person(to, actor)):
        raise refuse("handover", "no_such_colleague", f"to {to:.80}", "cases go to another analyst or to the queue", "choose a colleague")
    if max(len(text) for text in (word, *said.values())) > LONGEST_NOTE:
        raise refuse("handover", "bad_word", "a very long word", f"at most {LONGEST_NOTE} characters are kept", "say it briefly")
    chosen = held_by(actor, moment) if cases is None else list(dict.fromkeys(cases))
    told: list[dict[str, Any]] = []
    with changing_history():
        for case_id in chosen:
            try:
                _hand(case_id, actor, Role(role), to, said.get(case_id, "").strip() or word, moment)
                told.append({"case_id": case_id, "is_done": True})
            except RefusedChange as refused:
                told.append({"case_id": case_id, "is_done": False, "refused": refused})
        done = [one["case_id"] for one in told if one["is_done"]]
        if not done:
            return {"handover_id": None, "to": to, "cases": told}
        left = Handover.objects.create(by=actor, to=to, word=mask_text(word.strip()), at=moment)
        HandedCase.objects.bulk_create(
            HandedCase(handover=left, case_id=case_id, word=mask_text(said.get(case_id, "").strip())) for case_id in done
        )
    return {"handover_id": left.pk, "to": to, "cases": told}


def held_by(actor: str, at: datetime) -> list[str]:
    """Cases that somebody holds, the most at stake first."""
    held = Case.objects.filter(holder__iexact=actor.strip(), lease_until__gt=at)
    return list(held.order_by("-expected_loss_minor", "case_id").values_list("pk", flat=True))


def handovers(at: datetime | None = None, *, hours: int = READ_HOURS) -> list[dict[str, Any]]:
    """What shifts left in the last hours, the newest first: ``handover_id, by, to, word, at, read_by, cases`` (``case, word`` each)."""
    moment = timezone.now() if at is None else at
    left = Handover.objects.filter(at__gte=moment - timedelta(hours=hours)).order_by("-at", "-pk").prefetch_related("handed__case")
    return [
        {
            "handover_id": one.pk,
            "by": one.by,
            "to": one.to or None,
            "word": one.word,
            "at": one.at,
            "read_by": one.read_by or None,
            "cases": [{"case": row.case, "word": row.word} for row in one.handed.all()],  # type: ignore[attr-defined]
        }
        for one in left
    ]


def mark_read(handover_id: int, *, actor: str, at: datetime | None = None) -> bool:
    """Enter that somebody of the next shift read a handover; who read it first stays, and who left it is no reader of it."""
    moment = timezone.now() if at is None else at
    fresh = Handover.objects.filter(pk=handover_id, read_at=None).exclude(by__iexact=actor.strip())
    return fresh.update(read_by=actor, read_at=moment) == 1


def _hand(case_id: str, actor: str, role: Role, to: str, word: str, at: datetime) -> None:
    case = case_at(case_id, None, is_locked=True)
    if not is_held(case, at) or not same_person(case.holder, actor):
        found = f"held by {case.holder if is_held(case, at) else 'nobody'}"
        raise refuse(f"case {case_id}", "not_yours", found, "one hands over what one holds", "take it first, or leave it out")
    if not hand_to(case, to, at, Note.HANDED_OVER, reason=word, by=actor, role=role, lease=KEPT_FOR):
        raise stale(Case.objects.get(pk=case_id), case.revision)
