"""The consumer's side: take the next feed whole, or keep the last good one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from fairdeal.control_center.claims import day_of, generated_at, valid_until
from fairdeal.control_center.durable import one_at_a_time, replace_durably
from fairdeal.control_center.keys import Keys
from fairdeal.control_center.publishing import feed_folders
from fairdeal.control_center.records import Record, instant_text, is_machine_block, read_instant
from fairdeal.control_center.regular_files import NotRegular, opened
from fairdeal.control_center.strict_json import NotStrict, read_object
from fairdeal.control_center.verification import Feed, examine, read_manifest_unverified
from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.contract import ContractBreach

#: The consumer's files: the feed in force, and what the sender is told.
STATE_NAME, ACKNOWLEDGEMENT_NAME = "current.json", "acknowledgement.json"

#: Clocks of sender and consumer may differ by this much (Standard Webhooks takes the same).
CLOCK_TOLERANCE = timedelta(seconds=300)


@dataclass(frozen=True)
class Applied:
    """The feed is in force.

    Attributes
    ----------
    feed_seq, day, revision, manifest_sha256, rows
        Which feed.
    applied_at
        When it came into force; for a feed that was in force already, when that happened.
    is_repeated
        It was in force already and has only been acknowledged again.
    """

    feed_seq: int
    day: date
    revision: int
    manifest_sha256: str
    rows: int
    applied_at: datetime
    is_repeated: bool


@dataclass(frozen=True)
class Refused:
    """The feed was not taken; the last good one stays in force.

    Attributes
    ----------
    reasons
        Sentences that say why.
    """

    reasons: tuple[str, ...]


def consume(folder: Path, state_dir: Path, *, keys: Keys, now: datetime, through: Sequence[Path] = ()) -> Applied | Refused:
    """Put the feed in this folder in force, or refuse it as a whole.

    Parameters
    ----------
    folder
        Of one feed.
    state_dir
        Where the consumer keeps ``current.json`` (the feed in force) and ``acknowledgement.json`` (``feed_seq, day, revision,
        manifest_sha256, applied_at, rows``); made when missing. Consumers of one state take turns.
    keys
        What is trusted, see `verify`.
    now
        The consumer's clock, aware.
    through
        Feeds between the one in force and this one, oldest first, for a consumer that was away: each is verified as a link of
        the chain and may be stale, none comes into force. A feed is the full state, so the last one is all that is needed.

    Returns
    -------
    Applied or Refused
        Refused for anything `verify` finds; a gap in ``feed_seq``; a feed that does not name the one in force as its
        predecessor; an older feed again; another feed under a number that is taken; a stale feed; one from the future.

    Raises
    ------
    ContractBreach
        When the consumer's own state cannot be read.

    Notes
    -----
    The switch is one rename of ``current.json``; the acknowledgement follows from it and is written anew if a crash kept it
    from being written. A new consumer may begin with any feed.
    """
    moment = instant_text(now)
    state_dir.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(state_dir / ".lock"):
        current = _read_state(state_dir)
        head = None if current is None else (current["feed_seq"], current["manifest_sha256"])
        for link in through:
            feed, faults = examine(link, keys, keep_records=False)
            if feed is None:
                return Refused(tuple(f"{link.name}, on the way: {fault}" for fault in faults))
            if head is not None and (reasons := _out_of_turn(feed, head)):
                return Refused(tuple(f"{link.name}, on the way: {reason}" for reason in reasons))
            head = (feed.manifest["feed_seq"], feed.manifest_sha256)
        feed, faults = examine(folder, keys, keep_records=True)
        if feed is None:
            return Refused(tuple(faults))
        if current is not None and (feed.manifest["feed_seq"], feed.manifest_sha256) == (current["feed_seq"], current["manifest_sha256"]):
            _acknowledge(state_dir, current)
            return _applied(current, is_repeated=True)
        reasons = ([] if head is None else _out_of_turn(feed, head)) + _out_of_time(feed, now)
        if reasons:
            return Refused(tuple(reasons))
        state = {
            "feed_seq": feed.manifest["feed_seq"],
            "day": feed.manifest["day"],
            "revision": feed.manifest["revision"],
            "manifest_sha256": feed.manifest_sha256,
            "rows": feed.manifest["rows"],
            "applied_at": moment,
            "valid_until": feed.manifest["valid_until"],
            "degraded": feed.manifest["degraded"],
            "active_actions": [record for record in feed.records if record["action"] != Action.ALLOW],
            "lifted": [record for record in feed.records if record["action"] == Action.ALLOW],
        }
        replace_durably(state_dir / STATE_NAME, _document(state))
        _acknowledge(state_dir, state)
        return _applied(state, is_repeated=False)


def catch_up(feed_root: Path, state_dir: Path, *, keys: Keys, now: datetime) -> Applied | Refused:
    """Put the newest feed under ``feed_root`` in force, going through those the consumer has missed.

    A new consumer begins with the newest. Parameters, result and errors as `consume`; refused too when there is no feed.
    """
    current = _read_state(state_dir)
    found = feed_folders(feed_root)
    if not found:
        return Refused((f"{feed_root}: no feed is here; publish one first",))
    readable = [(seq, folder) for folder in found if (seq := _claimed_seq(folder)) is not None]
    if not readable:
        return consume(found[-1], state_dir, keys=keys, now=now)
    readable.sort(key=lambda pair: (pair[0], pair[1].name))
    newest_seq, newest = readable[-1]
    through = [] if current is None else [folder for seq, folder in readable if current["feed_seq"] < seq < newest_seq]
    return consume(newest, state_dir, keys=keys, now=now, through=through)


def active_actions(state_dir: Path, now: datetime, *, lapsed_method: StepUp = StepUp.FACE) -> list[Record]:
    """The actions in force at this moment, as records of the feed.

    Parameters
    ----------
    state_dir
        The consumer's.
    now
        Aware.
    lapsed_method
        How identity is verified where a block lapses to ``step_up``: the strongest that a person can do alone.

    Returns
    -------
    list of dict
        Records whose validity covers ``now``. Empty when no feed was ever applied. Past the feed's own ``valid_until`` a block
        that no person has reviewed is a ``step_up``: a late feed may neither open every gate nor keep people locked out.

    Raises
    ------
    ContractBreach
        When the consumer's state cannot be read.
    """
    current = _read_state(state_dir)
    if current is None:
        return []
    end = read_instant(current["valid_until"])
    is_stale = end is None or now > end
    valid = [record for record in current["active_actions"] if _covers(record, now)]
    return [
        {**record, "action": str(Action.STEP_UP), "step_up_method": str(lapsed_method)} if is_stale and is_machine_block(record) else record
        for record in valid
    ]


def read_acknowledgement(state_dir: Path) -> dict[str, Any] | None:
    """What the consumer has acknowledged last; None when nothing, or nothing that can be read."""
    return _read_document(state_dir / ACKNOWLEDGEMENT_NAME, ("feed_seq", "manifest_sha256", "applied_at"))


def _out_of_turn(feed: Feed, head: tuple[int, str]) -> list[str]:
    """Why the feed is not the next after the one whose number and hash are given."""
    seq, (last_seq, last_hash) = feed.manifest["feed_seq"], head
    if seq < last_seq:
        return [f"feed {seq}: an older feed again; feed {last_seq} is in force, {last_seq + 1} is next; it is not applied twice"]
    if seq == last_seq:
        return [f"feed {seq}: another feed has this number and is in force; {last_seq + 1} is next; ask the sender which one is his"]
    if seq > last_seq + 1:
        return [
            f"feed {seq}: a gap; feed {last_seq} is in force, {last_seq + 1} is next; get what is missing, or begin with an empty state"
        ]
    if feed.manifest["previous_manifest_sha256"] != last_hash:
        return [f"feed {seq}: its predecessor is not the feed {last_seq} in force; ask the sender whether his chain was replaced"]
    return []


def _out_of_time(feed: Feed, now: datetime) -> list[str]:
    """Why the feed is not of this time."""
    seq, end, made = feed.manifest["feed_seq"], valid_until(feed.manifest), generated_at(feed.manifest)
    if now > end:
        return [
            f"feed {seq} of {day_of(feed.manifest)}: stale, valid until {instant_text(end)}, it is {instant_text(now)}; get a newer one"
        ]
    if made is not None and made > now + CLOCK_TOLERANCE:
        return [f"feed {seq}: from the future, made at {instant_text(made)}, it is {instant_text(now)}; check both clocks"]
    return []


def _covers(record: Record, now: datetime) -> bool:
    start, end = read_instant(record["valid_from"]), read_instant(record["valid_until"])
    return start is not None and end is not None and start <= now < end


def _applied(state: dict[str, Any], *, is_repeated: bool) -> Applied:
    applied_at = read_instant(state["applied_at"])
    assert applied_at is not None
    return Applied(
        state["feed_seq"],
        date.fromisoformat(state["day"]),
        state["revision"],
        state["manifest_sha256"],
        state["rows"],
        applied_at,
        is_repeated,
    )


def _acknowledge(state_dir: Path, state: dict[str, Any]) -> None:
    told = {name: state[name] for name in ("feed_seq", "day", "revision", "manifest_sha256", "applied_at", "rows")}
    replace_durably(state_dir / ACKNOWLEDGEMENT_NAME, _document(told))


def _document(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _claimed_seq(folder: Path) -> int | None:
    """The number that a folder's manifest claims, unverified: only good for finding the order in which to verify."""
    try:
        seq = read_manifest_unverified(folder)["feed_seq"]
    except (NotStrict, KeyError):
        return None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) else None


def _read_state(state_dir: Path) -> dict[str, Any] | None:
    """The feed in force; None when there is none yet."""
    path = state_dir / STATE_NAME
    if not path.exists():
        return None
    state = _read_document(path, ("feed_seq", "day", "revision", "manifest_sha256", "rows", "applied_at", "valid_until", "active_actions"))
    if state is None or not isinstance(state["feed_seq"], int) or read_instant(state["applied_at"]) is None:
        raise ContractBreach(
            f"{path}: the consumer's state cannot be read; only what the consumer wrote is allowed; "
            "move the folder away and begin again with the newest feed"
        )
    return state


def _read_document(path: Path, names: Sequence[str]) -> dict[str, Any] | None:
    try:
        with opened(path) as file:
            value = read_object(file.read())
    except (NotRegular, NotStrict, OSError):
        return None
    return value if set(names) <= set(value) else None
