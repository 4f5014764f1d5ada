"""The feed's record: its shape, its instants, and everything that can be wrong with one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fairdeal.control_center.tokens import raw_identity
from fairdeal.data_contracts.actions import UNREVIEWED_BLOCK_HOURS, Action, StepUp
from fairdeal.data_contracts.contract import FIRST_YEAR, LAST_YEAR, Column, ContractBreach, Kind, bounds
from fairdeal.data_contracts.feed import FEED

#: One record as it stands in ``actions.jsonl``: the columns of `FEED`, instants as text, reasons as a list.
Record = dict[str, Any]
#: What a feed says about: kind and token.
Subject = tuple[str, str]

#: The columns of a record, in the order they are written.
COLUMNS = FEED.names
#: The parts of one reason, in the order they are written.
REASON_PARTS = ("code", "value", "norm", "text_zh", "text_en")
#: More than this nobody reads.
MOST_REASONS = 5
#: Characters of a reason's code, texts, value and norm.
LONGEST_REASON_TEXT = 1000

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SUPERSEDES = re.compile(r"(\d{4}-\d\d-\d\d)\.([1-9]\d*)#([1-9]\d*)", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


def subject_of(record: Record) -> Subject:
    """Whom the record is about."""
    return record["subject_kind"], record["subject_token"]


def is_machine_block(record: Record) -> bool:
    """Whether it is a block that no person has reviewed."""
    return record["action"] == Action.BLOCK and not record["human_reviewed"]


def record_name(day: date, revision: int, seq: int) -> str:
    """What ``supersedes`` calls a record: ``2024-05-01.1#17``."""
    return f"{day.isoformat()}.{revision}#{seq}"


def instant_text(moment: datetime) -> str:
    """The moment in UTC as ISO 8601 with ``Z``, microseconds only where there are any.

    Raises
    ------
    ContractBreach
        When the moment has no time zone.
    """
    if moment.utcoffset() is None:
        raise ContractBreach(f"instant: {moment.isoformat()} has no time zone; only aware instants are allowed; say which zone it is in")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(text: object) -> datetime | None:
    """The moment that `instant_text` wrote, or None when the value is no such text."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR and instant_text(moment) == text else None


def read_day(text: object) -> date | None:
    """The date written ``YYYY-MM-DD``, or None when the value is no such text."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def faults_in_record(record: Record, *, extra_allowed: bool = False) -> list[str]:
    """Everything wrong with one record by itself, as ``column: what was found; what is allowed``; empty when it is whole.

    Parameters
    ----------
    record
        Any dict, also one from a hostile file.
    extra_allowed
        A newer minor version of the feed may carry columns that this reader does not know.
    """
    missing = [name for name in COLUMNS if name not in record]
    if missing:
        return [f"no {', '.join(missing)}; a record has {', '.join(COLUMNS)}"]
    found = [fault for column in FEED.columns for fault in _faults_in_value(column, record[column.name])]
    if not extra_allowed:
        found += [f"unknown column {name!r}; allowed are {', '.join(COLUMNS)}" for name in record if name not in COLUMNS]
    return found or _faults_between_columns(record)


def _faults_in_value(column: Column, value: object) -> list[str]:
    if value is None:
        return [f"{column.name}: null; a value is required"] if column.required else []
    if column.name == "reasons":
        return _faults_in_reasons(value)
    fault = _READERS[column.kind](column, value)
    return [f"{column.name}: {fault}"] if fault else []


def _fault_in_text(column: Column, value: object) -> str | None:
    if not isinstance(value, str):
        return f"{_shown(value)}; text is allowed"
    if column.allowed is not None and value not in column.allowed:
        return f"{_shown(value)}; allowed are {', '.join(column.allowed)}"
    if not value.strip() or _CONTROLS.search(value):
        return f"{_shown(value)}; allowed is text that is not blank and has no control characters"
    if column.max_length is not None and len(value) > column.max_length:
        return f"{len(value)} characters; at most {column.max_length} are allowed"
    if column.pattern is not None and not re.fullmatch(column.pattern, value):
        return f"{_shown(value)}; allowed is what matches {column.pattern}"
    return None


def _fault_in_number(column: Column, value: object) -> str | None:
    whole = column.kind in (Kind.INTEGER, Kind.MINOR)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return f"{_shown(value)}; a {'whole ' if whole else ''}number is allowed"
    assert isinstance(value, int | float)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value}; a finite number is allowed"
    least, most = bounds(column) or (None, None)
    if (least is not None and value < least) or (most is not None and value > most):
        return f"{_shown(value)}; allowed is {'any' if least is None else least} to {'any' if most is None else most}"
    return None


def _fault_in_instant(column: Column, value: object) -> str | None:
    return None if read_instant(value) else f"{_shown(value)}; allowed is an instant as 2024-05-01T16:00:00Z, {FIRST_YEAR} to {LAST_YEAR}"


def _fault_in_boolean(column: Column, value: object) -> str | None:
    return None if isinstance(value, bool) else f"{_shown(value)}; true or false is allowed"


_READERS: dict[Kind, Callable[[Column, object], str | None]] = {
    Kind.ID: _fault_in_text,
    Kind.CATEGORY: _fault_in_text,
    Kind.TEXT: _fault_in_text,
    Kind.INTEGER: _fault_in_number,
    Kind.MINOR: _fault_in_number,
    Kind.NUMBER: _fault_in_number,
    Kind.INSTANT: _fault_in_instant,
    Kind.BOOLEAN: _fault_in_boolean,
}


def _faults_in_reasons(value: object) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_REASONS:
        return [f"reasons: {_shown(value)}; allowed is a list of 1 to {MOST_REASONS} reasons"]
    found = []
    for place, reason in enumerate(value, start=1):
        if not isinstance(reason, dict) or set(reason) != set(REASON_PARTS):
            found.append(f"reasons: number {place} is {_shown(reason)}; a reason has exactly {', '.join(REASON_PARTS)}")
            continue
        for part in REASON_PARTS:
            if part in ("value", "norm"):
                whole = reason[part] is None or isinstance(reason[part], str | bool | int | float)
                whole = whole and not (isinstance(reason[part], float) and not math.isfinite(reason[part]))
            else:
                whole = isinstance(reason[part], str) and bool(reason[part].strip())
            if not whole or (isinstance(reason[part], str) and not _writable(reason[part])):
                found.append(f"reasons: {part} of number {place} is {_shown(reason[part])}; allowed is plain text or a finite number")
    return found


def _faults_between_columns(record: Record) -> list[str]:
    found = []
    start, end = read_instant(record["valid_from"]), read_instant(record["valid_until"])
    assert start is not None
    assert end is not None
    action = record["action"]
    if end <= start:
        found.append(f"valid_until: {record['valid_until']} is not after valid_from {record['valid_from']}; it must be")
    if is_machine_block(record) and end - start > timedelta(hours=UNREVIEWED_BLOCK_HOURS):
        found.append(
            f"valid_until: a block that no person has reviewed lasts {end - start}; at most {UNREVIEWED_BLOCK_HOURS} hours are allowed"
        )
    if action == Action.STEP_UP and record["step_up_method"] == StepUp.NONE:
        found.append("step_up_method: none; an action step_up must say how")
    if action == Action.ALLOW and record["supersedes"] is None:
        found.append("supersedes: null; an action allow must name the record it lifts")
    if record["supersedes"] is not None:
        name = _SUPERSEDES.fullmatch(record["supersedes"])
        if name is None or read_day(name.group(1)) is None:
            found.append(f"supersedes: {_shown(record['supersedes'])}; allowed is day, revision and seq as 2024-05-01.1#17")
    identity = raw_identity(record["subject_kind"], record["subject_token"])
    if identity is not None:
        found.append(f"subject_token: a {record['subject_kind']} token that looks like {identity}; only opaque tokens are allowed")
    return found


def _writable(text: str) -> bool:
    if len(text) > LONGEST_REASON_TEXT:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    """The value in a message: short, on one line, without what a terminal would obey; `ascii` also copes with lone surrogates."""
    try:
        shown = ascii(value) if isinstance(value, str) and _CONTROLS.search(value) else repr(value)
    except (RecursionError, ValueError):
        shown = f"a {type(value).__name__}"
    return shown if len(shown) <= 80 else shown[:77] + "..."
