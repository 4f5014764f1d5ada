"""What a manifest may say: its fields, their types, and what must hold between them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from fairdeal.control_center.records import read_day, read_instant
from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.feed import SCHEMA_VERSION

#: The manifest as it stands in ``manifest.json``.
Manifest = dict[str, Any]

#: What a manifest says, no more and no less.
FIELDS = (
    "schema_version",
    "feed_seq",
    "day",
    "revision",
    "run_id",
    "interval",
    "generated_at",
    "valid_until",
    "rows",
    "by_action",
    "money_by_action_and_currency",
    "changes_since_previous",
    "rows_in",
    "accepted",
    "quarantined",
    "degraded",
    "models",
    "code_version",
    "content_sha256",
    "csv_sha256",
    "previous_manifest_sha256",
    "audit_head",
    "key_id",
    "signature",
)

#: The changes that every manifest counts; together they are its rows.
_ROW_CHANGES = ("added", "changed", "lifted", "carried")

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def schema_version(manifest: Manifest) -> tuple[int, int] | None:
    """Major and minor version of the manifest's schema, or None when it names none."""
    found = _VERSION.fullmatch(manifest["schema_version"]) if isinstance(manifest.get("schema_version"), str) else None
    return None if found is None else (int(found[1]), int(found[2]))


#: The schema that this reader knows in full.
KNOWN_SCHEMA: tuple[int, int] = (int(SCHEMA_VERSION.split(".")[0]), int(SCHEMA_VERSION.split(".")[1]))


def is_newer_minor(manifest: Manifest) -> bool:
    """Whether the feed may carry more than this reader knows, nothing of it changing what it knows."""
    version = schema_version(manifest)
    return version is not None and version[0] == KNOWN_SCHEMA[0] and version[1] > KNOWN_SCHEMA[1]


def faults_in_manifest(manifest: Manifest) -> list[str]:
    """Everything wrong with a manifest by itself; empty when it is whole. Copes with any dict."""
    version = schema_version(manifest)
    if version is None or version[0] != KNOWN_SCHEMA[0]:
        shown = _shown(manifest.get("schema_version"))
        return [f"manifest.json: schema_version {shown}; this reader knows {KNOWN_SCHEMA[0]}.x; update the reader before applying"]
    missing = [name for name in FIELDS if name not in manifest]
    if missing:
        return [f"manifest.json: no {', '.join(missing)}; all fields are required; get the feed again"]
    unknown = [] if is_newer_minor(manifest) else sorted(set(manifest) - set(FIELDS))
    found = [f"manifest.json: unknown field {_shown(name)}; schema {SCHEMA_VERSION} has none of that name" for name in unknown]
    for name, (holds, allowed) in _PROMISES.items():
        if not holds(manifest[name]):
            found.append(f"manifest.json: {name} is {_shown(manifest[name])}; allowed is {allowed}")
    return found or _faults_between_fields(manifest)


def generated_at(manifest: Manifest) -> datetime | None:
    """The run's frozen moment, or None when it is no instant."""
    return read_instant(manifest.get("generated_at"))


def valid_until(manifest: Manifest) -> datetime:
    """The end of a faultless manifest's validity."""
    moment = read_instant(manifest["valid_until"])
    assert moment is not None
    return moment


def day_of(manifest: Manifest) -> date:
    """The day of a faultless manifest."""
    day = read_day(manifest["day"])
    assert day is not None
    return day


def _faults_between_fields(manifest: Manifest) -> list[str]:
    found = []
    start, end = read_instant(manifest["interval"]["from"]), read_instant(manifest["interval"]["to"])
    generated = generated_at(manifest)
    assert start is not None
    assert end is not None
    assert generated is not None
    if end <= start:
        found.append("manifest.json: interval ends before it starts")
    if valid_until(manifest) <= generated:
        found.append("manifest.json: valid_until is not after generated_at; it must be")
    if (manifest["previous_manifest_sha256"] is None) != (manifest["feed_seq"] == 1):
        found.append("manifest.json: previous_manifest_sha256 is null for feed 1 and for no other")
    found += _faults_in_rows(manifest)
    changes = manifest["changes_since_previous"]
    if sum(changes[name] for name in _ROW_CHANGES) != manifest["rows"]:
        found.append(f"manifest.json: changes_since_previous do not add up to {manifest['rows']} rows")
    if sum(manifest["by_action"].values()) != manifest["rows"]:
        found.append(f"manifest.json: by_action does not add up to {manifest['rows']} rows")
    if changes["lifted"] != manifest["by_action"][Action.ALLOW]:
        found.append("manifest.json: lifted is not the number of allow records; every allow lifts")
    return found


def _faults_in_rows(manifest: Manifest) -> list[str]:
    rows_in, accepted, quarantined = manifest["rows_in"], manifest["accepted"], manifest["quarantined"]
    if not rows_in.keys() == accepted.keys() == quarantined.keys():
        return ["manifest.json: rows_in, accepted and quarantined do not name the same tables; they must"]
    lost = [table for table, rows in rows_in.items() if rows != accepted[table] + quarantined[table]]
    shown = ", ".join(_shown(table) for table in lost[:5])
    return [f"manifest.json: rows are not conserved for {shown}; rows_in = accepted + quarantined is required"] if lost else []


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_position(value: object) -> bool:
    return _is_count(value) and value != 0


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 256 and value.isprintable()


def _is_counts(value: object) -> bool:
    return isinstance(value, dict) and all(_is_count(count) for count in value.values())


def _is_changes(value: object) -> bool:
    return isinstance(value, dict) and _is_counts(value) and {*_ROW_CHANGES, "expired"} <= set(value)


def _is_actions(value: object) -> bool:
    return isinstance(value, dict) and _is_counts(value) and set(value) == {str(action) for action in Action}


def _is_money(value: object) -> bool:
    return isinstance(value, dict) and set(value) <= {str(action) for action in Action} and all(_is_counts(sums) for sums in value.values())


def _is_interval(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"from", "to"} and all(read_instant(end) is not None for end in value.values())


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


#: For every field: what holds of its value, and that in words.
_PROMISES: dict[str, tuple[Callable[[object], bool], str]] = {
    "feed_seq": (_is_position, "a whole number from 1"),
    "day": (lambda value: read_day(value) is not None, "a date as 2024-05-01"),
    "revision": (_is_position, "a whole number from 1"),
    "run_id": (_is_text, "short text"),
    "interval": (_is_interval, "from and to as instants"),
    "generated_at": (lambda value: read_instant(value) is not None, "an instant as 2024-05-01T16:00:00Z"),
    "valid_until": (lambda value: read_instant(value) is not None, "an instant as 2024-05-01T16:00:00Z"),
    "rows": (_is_count, "a whole number"),
    "by_action": (_is_actions, f"a count for each of {', '.join(Action)}"),
    "money_by_action_and_currency": (_is_money, "minor units by action and currency"),
    "changes_since_previous": (_is_changes, f"counts of {', '.join((*_ROW_CHANGES, 'expired'))}"),
    "rows_in": (_is_counts, "counts by table"),
    "accepted": (_is_counts, "counts by table"),
    "quarantined": (_is_counts, "counts by table"),
    "degraded": (lambda value: isinstance(value, bool), "true or false"),
    "models": (lambda value: isinstance(value, list) and all(isinstance(model, dict) for model in value), "a list of models"),
    "code_version": (_is_text, "short text"),
    "content_sha256": (_is_sha256, "64 hex digits"),
    "csv_sha256": (_is_sha256, "64 hex digits"),
    "previous_manifest_sha256": (lambda value: value is None or _is_sha256(value), "64 hex digits or null"),
    "audit_head": (lambda value: value is None or isinstance(value, dict), "count and hash, or null"),
    "key_id": (_is_text, "short text"),
    "signature": (_is_text, "base64"),
}


def _shown(value: object) -> str:
    try:
        shown = ascii(value)
    except (RecursionError, ValueError):
        shown = f"a {type(value).__name__}"
    return shown if len(shown) <= 80 else shown[:77] + "..."
