"""Composing the feed: the full state of today's actions, from new measures, lifts and what still runs."""

from __future__ import annotations

import json
import numbers
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fairdeal.control_center.measures import Lift, Measure
from fairdeal.control_center.records import (
    COLUMNS,
    MOST_REASONS,
    REASON_PARTS,
    Record,
    Subject,
    faults_in_record,
    instant_text,
    is_machine_block,
    read_instant,
    record_name,
    subject_of,
)
from fairdeal.data_contracts.actions import UNREVIEWED_BLOCK_HOURS, Action, StepUp
from fairdeal.data_contracts.contract import ContractBreach

#: The text that tells somebody that a measure on him has been lifted.
LIFTED_TEXT_KEY = "measure_lifted"

#: Kinds that detectors score themselves: the newest opinion about one replaces the older. All other kinds are tokens on
#: which many scored subjects lean: what one payment has shown about an instrument is not undone by the next, milder one.
_SCORED_KINDS = ("payment", "order", "review")


@dataclass(frozen=True)
class Composed:
    """A feed's records and how they differ from the feed before.

    Attributes
    ----------
    records
        Sorted by subject kind and token, ``seq`` from 1.
    changes
        ``added`` new subjects, ``changed`` records that replace an earlier one, ``lifted``, ``carried`` unchanged, ``expired``
        gone by themselves. Rows are added + changed + lifted + carried; the actions of the feed before are changed + lifted +
        carried + expired.
    carried_from
        Of each carried record, the name of the record it was carried from; for `apply_brake`.
    """

    records: list[Record]
    changes: dict[str, int]
    carried_from: dict[Subject, str]


def compose(
    measures: Iterable[Measure],
    lifts: Iterable[Lift],
    previous: Sequence[Record] | None,
    *,
    day: date,
    revision: int,
    valid_from: datetime,
    valid_until: datetime,
    previous_feed: tuple[date, int] | None = None,
    block_hours: int = UNREVIEWED_BLOCK_HOURS,
) -> Composed:
    """The feed of one day and revision: one record per subject whose action is not ``allow``, and the allows that lift.

    Parameters
    ----------
    measures
        In any order, several about one subject too. Those that have ended at ``valid_from`` are left out.
    lifts
        In any order. A lift of a subject on which the feed before had no action gives nothing.
    previous
        Records of the feed before, None when this is the first.
    day, revision
        Of this feed.
    valid_from, valid_until
        Of this feed; aware instants.
    previous_feed
        Day and revision of the feed before, so that ``supersedes`` can name its records; needed with ``previous``.
    block_hours
        How long a block lasts that no person has reviewed; at most 72.

    Raises
    ------
    ContractBreach
        When a measure cannot stand in a feed: an unknown word, a token that is none, no reason, an end before the start.

    Notes
    -----
    Between measures about one subject what a person confirmed wins, then the stronger action, then the larger expected loss;
    reasons are merged, the winner's first, one per code.

    A record of the feed before that still runs gives way to any measure that a person confirmed; if no person has confirmed
    it, also to the newest opinion about a payment, order or review, and about any other subject to one at least as strong.

    A lift beats measures that no person has confirmed and those of its own case. A measure confirmed in another case stands.
    A lift that no person decided leaves alone what a person confirmed.

    A machine cannot prolong its own block by proposing it again: the 72 hours count from the first of an unbroken row of
    blocks, and when they are over the proposal becomes a hold (PIPL Art. 24: no decision by machine alone).
    """
    if valid_until <= valid_from:
        raise ContractBreach(f"feed {day}.{revision}: valid_until {valid_until} is not after valid_from {valid_from}; it must be")
    if not 0 < block_hours <= UNREVIEWED_BLOCK_HOURS:
        raise ContractBreach(
            f"feed {day}.{revision}: block_hours {block_hours}; 1 to {UNREVIEWED_BLOCK_HOURS} are allowed; set policy accordingly"
        )
    before = _index(previous or [], day, revision, previous_feed)
    lifted = _by_subject(
        lift for lift in lifts if not _is_confirmed(before.get((lift.subject_kind, lift.subject_token))) or lift.human_reviewed
    )
    longest = timedelta(hours=block_hours)
    proposed = _winners(measures, lifted, valid_from, longest)
    drafts: dict[Subject, Record] = {}
    carried_from: dict[Subject, str] = {}
    for subject in {*before, *lifted, *proposed}:
        name, earlier = before.get(subject, (None, None))
        draft = proposed.get(subject)
        if draft is not None:
            draft = _limited(draft, earlier, valid_from, longest)
        lifting_now = None if subject not in lifted else _lifting(lifted[subject], valid_from, valid_until)
        settled = _settled(earlier, draft, lifting_now, valid_from)
        if settled is not None and settled is earlier and name is not None:
            drafts[subject] = settled
            carried_from[subject] = name
        elif settled is not None:
            drafts[subject] = {**settled, "supersedes": name}
    records = []
    for seq, (_, draft) in enumerate(sorted(drafts.items()), start=1):
        _refuse_faults({**draft, "seq": seq}, f"feed {day}.{revision}")
        records.append({name: seq if name == "seq" else draft[name] for name in COLUMNS})
    acting = {subject for subject, (_, earlier) in before.items() if earlier["action"] != Action.ALLOW}
    lifting = {subject for subject, draft in drafts.items() if draft["action"] == Action.ALLOW}
    changes = {
        "added": len(drafts.keys() - acting),
        "changed": len((drafts.keys() & acting) - lifting - carried_from.keys()),
        "lifted": len(lifting),
        "carried": len(carried_from),
        "expired": len(acting - drafts.keys()),
    }
    return Composed(records, changes, carried_from)


def _index(
    previous: Sequence[Record], day: date, revision: int, previous_feed: tuple[date, int] | None
) -> dict[Subject, tuple[str, Record]]:
    """The records of the feed before by subject, each with its name."""
    if not previous:
        return {}
    if previous_feed is None:
        raise ContractBreach(
            f"feed {day}.{revision}: {len(previous)} earlier records without their feed's day and revision; "
            "supersedes must name them; give previous_feed"
        )
    if previous_feed == (day, revision):
        raise ContractBreach(f"feed {day}.{revision}: it is given as its own predecessor; give the feed published before")
    index = {}
    for record in previous:
        _refuse_faults(record, f"feed before {day}.{revision}")
        index[subject_of(record)] = (record_name(*previous_feed, record["seq"]), record)
    return index


def _is_confirmed(named: tuple[str, Record] | None) -> bool:
    return named is not None and named[1]["human_reviewed"]


def _by_subject(lifts: Iterable[Lift]) -> dict[Subject, Lift]:
    """One lift per subject, a person's before a machine's, the same one whatever the order."""
    chosen: dict[Subject, Lift] = {}
    for lift in lifts:
        subject = (lift.subject_kind, lift.subject_token)
        if subject not in chosen or _rank_of_lift(lift) < _rank_of_lift(chosen[subject]):
            chosen[subject] = lift
    return chosen


def _rank_of_lift(lift: Lift) -> str:
    return json.dumps(
        [not lift.human_reviewed, lift.case_id or "", lift.detector, lift.model_version, lift.reason], sort_keys=True, default=str
    )


def _winners(
    measures: Iterable[Measure], lifted: Mapping[Subject, Lift], valid_from: datetime, longest: timedelta
) -> dict[Subject, Record]:
    """The strongest measure about each subject as an unnumbered record, with the reasons of all."""
    about: dict[Subject, list[Record]] = defaultdict(list)
    for measure in measures:
        if measure.action == Action.ALLOW:
            raise ContractBreach(
                f"measure on {measure.subject_kind} {measure.subject_token!r}: action allow; "
                "confirm, step_up, hold and block are allowed; take an action back with a Lift, leave other allows out"
            )
        draft = _draft(measure)
        _refuse_faults({**_limited(draft, None, valid_from, longest), "seq": 1}, "measure")
        lift = lifted.get(subject_of(draft))
        if measure.valid_until <= valid_from:
            continue
        if lift is not None and (not measure.human_reviewed or measure.case_id == lift.case_id):
            continue
        about[subject_of(draft)].append(draft)
    return {subject: _merged(drafts) for subject, drafts in about.items()}


def _merged(drafts: list[Record]) -> Record:
    ranked = sorted(drafts, key=_rank)
    reasons: dict[str, dict[str, Any]] = {}
    for draft in ranked:
        for reason in draft["reasons"]:
            reasons.setdefault(reason["code"], reason)
    return {**ranked[0], "reasons": list(reasons.values())[:MOST_REASONS]}


def _rank(draft: Record) -> tuple[bool, int, int, str]:
    """Strongest first; the whole content last, so that no order of input can decide."""
    return (
        not draft["human_reviewed"],
        -Action(draft["action"]).severity,
        -draft["expected_loss_minor"],
        json.dumps(draft, sort_keys=True, ensure_ascii=False),
    )


def _draft(measure: Measure) -> Record:
    return {
        "subject_kind": str(measure.subject_kind),
        "subject_token": measure.subject_token,
        "action": str(measure.action),
        "step_up_method": str(measure.step_up_method),
        "valid_from": instant_text(measure.valid_from),
        "valid_until": instant_text(measure.valid_until),
        "probability": _plain(measure.probability),
        "expected_loss_minor": _plain(measure.expected_loss_minor),
        "currency": measure.currency,
        "reasons": [_reason(reason) for reason in measure.reasons],
        "detector": str(measure.detector),
        "model_version": measure.model_version,
        "case_id": measure.case_id,
        "human_reviewed": bool(measure.human_reviewed),
        "supersedes": None,
        "appeal_text_key": measure.appeal_text_key,
    }


def _lifting(lift: Lift, valid_from: datetime, valid_until: datetime) -> Record:
    return {
        "subject_kind": str(lift.subject_kind),
        "subject_token": lift.subject_token,
        "action": str(Action.ALLOW),
        "step_up_method": str(StepUp.NONE),
        "valid_from": instant_text(valid_from),
        "valid_until": instant_text(valid_until),
        "probability": None,
        "expected_loss_minor": 0,
        "currency": None,
        "reasons": [_reason(lift.reason)],
        "detector": str(lift.detector),
        "model_version": lift.model_version,
        "case_id": lift.case_id,
        "human_reviewed": lift.human_reviewed,
        "appeal_text_key": LIFTED_TEXT_KEY,
    }


def _settled(earlier: Record | None, draft: Record | None, lifting: Record | None, valid_from: datetime) -> Record | None:
    """Which of the earlier record, the new measure and the lift speaks about the subject now; None when none does."""
    acts = earlier is not None and earlier["action"] != Action.ALLOW
    if lifting is not None:
        return draft if draft is not None else lifting if acts else None
    if earlier is None or not acts or _end_of(earlier) <= valid_from:
        return draft
    return earlier if draft is None or _stands(earlier, draft) or _same(earlier, draft) else draft


def _limited(draft: Record, earlier: Record | None, valid_from: datetime, longest: timedelta) -> Record:
    """The draft, a block of the machine cut to its hours, counted from the first of an unbroken row of blocks."""
    if not is_machine_block(draft):
        return draft
    start, end = _start_of(draft), _end_of(draft)
    if earlier is not None and is_machine_block(earlier):
        start = min(start, _start_of(earlier))
    if start + longest <= valid_from:
        return {**draft, "action": str(Action.HOLD)}
    return {**draft, "valid_from": instant_text(start), "valid_until": instant_text(min(end, start + longest))}


def _stands(earlier: Record, draft: Record) -> bool:
    """Whether a record that still runs keeps its place against a new measure."""
    if draft["human_reviewed"]:
        return False
    if earlier["human_reviewed"]:
        return True
    return earlier["subject_kind"] not in _SCORED_KINDS and Action(draft["action"]).severity < Action(earlier["action"]).severity


def _same(earlier: Record, draft: Record) -> bool:
    return all(earlier[name] == value for name, value in draft.items() if name != "supersedes")


def _start_of(record: Record) -> datetime:
    moment = read_instant(record["valid_from"])
    assert moment is not None
    return moment


def _end_of(record: Record) -> datetime:
    moment = read_instant(record["valid_until"])
    assert moment is not None
    return moment


def _reason(reason: Mapping[str, Any]) -> dict[str, Any]:
    """The reason with all five parts in order, numbers plain; unknown parts stay, so that the check names them."""
    parts = {part: _plain(reason.get(part)) for part in REASON_PARTS}
    return parts | {part: value for part, value in reason.items() if part not in parts}


def _plain(value: Any) -> Any:
    """The value with array libraries' numbers as Python's own, which JSON can write."""
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


def _refuse_faults(record: Record, where: str) -> None:
    faults = faults_in_record(record)
    if faults:
        token = record.get("subject_token")
        shown = "" if any("looks like" in fault for fault in faults) else f" {token!r}"
        raise ContractBreach(f"{where}: {record.get('subject_kind')}{shown}: {'; '.join(faults)}; correct what proposes the measure")
