"""The manifest: what a feed claims about itself, signed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fairdeal.control_center.claims import Manifest, faults_in_manifest
from fairdeal.control_center.records import Record, instant_text, is_machine_block
from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.feed import SCHEMA_VERSION
from fairdeal.data_contracts.reasons import NO_CURRENCY


@dataclass
class Tally:
    """Counts and money of records, added one by one.

    Attributes
    ----------
    by_action
        Records per action; every action has an entry.
    money
        Expected loss in minor units per action and currency; only where it is not zero. Currencies are never added up.
    """

    rows: int = 0
    by_action: dict[str, int] = field(default_factory=lambda: {str(action): 0 for action in Action})
    money: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count one record that has no faults."""
        action, amount = record["action"], record["expected_loss_minor"]
        self.rows += 1
        self.by_action[action] += 1
        if amount:
            currency = record["currency"] or NO_CURRENCY
            sums = self.money.setdefault(action, {})
            sums[currency] = sums.get(currency, 0) + amount


def tally(records: Iterable[Record]) -> Tally:
    """Counts and money of these records."""
    total = Tally()
    for record in records:
        total.add(record)
    return total


def build_manifest(
    records: Sequence[Record],
    *,
    jsonl: bytes,
    csv: bytes,
    feed_seq: int,
    day: date,
    revision: int,
    run_id: str,
    interval: tuple[datetime, datetime],
    generated_at: datetime,
    valid_until: datetime,
    changes: Mapping[str, int],
    rows_in: Mapping[str, int],
    accepted: Mapping[str, int],
    quarantined: Mapping[str, int],
    degraded: bool,
    models: Sequence[Mapping[str, Any]],
    code_version: str,
    previous_manifest_sha256: str | None,
    audit_head: Mapping[str, Any] | None,
) -> Manifest:
    """The unsigned manifest of a feed; `sign_manifest` completes it.

    Parameters
    ----------
    records
        What the feed holds.
    jsonl, csv
        The bytes of both files, as `render_jsonl` and `render_csv` give them.
    feed_seq
        From 1 without a gap over all feeds ever published, revisions included.
    day, revision
        Revision 1 is the day's first feed.
    run_id, interval
        The run and the first and the ending instant of the events it covers.
    generated_at
        The run's frozen moment, not the clock's.
    valid_until
        After this the consumer no longer trusts the feed.
    changes
        `Composed.changes`, after the brake.
    rows_in, accepted, quarantined
        Rows per table; ``rows_in = accepted + quarantined`` in each.
    degraded
        The brake has held.
    models
        What scored: one mapping per model, with its version and hash.
    previous_manifest_sha256
        `manifest_sha256` of the feed before; None for feed 1 only.
    audit_head
        Count and hash of the audit log's newest entry, None when there is none.

    Raises
    ------
    ContractBreach
        When rows are not conserved, or a degraded feed holds machine blocks.
    """
    tables = sorted({*rows_in, *accepted, *quarantined})
    lost = [name for name in tables if rows_in.get(name, 0) != accepted.get(name, 0) + quarantined.get(name, 0)]
    if lost:
        raise ContractBreach(
            f"manifest {day}.{revision}: rows of {', '.join(lost)} are not conserved; rows in = accepted + quarantined is required; "
            "find the rows that were lost before publishing"
        )
    if degraded and any(is_machine_block(record) for record in records):
        raise ContractBreach(f"manifest {day}.{revision}: degraded with machine blocks; holds stand in their place; apply the brake first")
    total = tally(records)
    return {
        "schema_version": SCHEMA_VERSION,
        "feed_seq": feed_seq,
        "day": day.isoformat(),
        "revision": revision,
        "run_id": run_id,
        "interval": {"from": instant_text(interval[0]), "to": instant_text(interval[1])},
        "generated_at": instant_text(generated_at),
        "valid_until": instant_text(valid_until),
        "rows": total.rows,
        "by_action": total.by_action,
        "money_by_action_and_currency": total.money,
        "changes_since_previous": dict(changes),
        "rows_in": {name: rows_in.get(name, 0) for name in tables},
        "accepted": {name: accepted.get(name, 0) for name in tables},
        "quarantined": {name: quarantined.get(name, 0) for name in tables},
        "degraded": degraded,
        "models": [dict(model) for model in models],
        "code_version": code_version,
        "content_sha256": hashlib.sha256(jsonl).hexdigest(),
        "csv_sha256": hashlib.sha256(csv).hexdigest(),
        "previous_manifest_sha256": previous_manifest_sha256,
        "audit_head": None if audit_head is None else dict(audit_head),
    }


def canonical(manifest: Manifest) -> bytes:
    """What is signed: the manifest without its signature as UTF-8 JSON, keys sorted, no spaces, no NaN."""
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    return _json(unsigned, indent=None)


def sign_manifest(manifest: Manifest, key_id: str, sign: Callable[[bytes], bytes]) -> Manifest:
    """The manifest with key id and signature.

    Parameters
    ----------
    manifest
        From `build_manifest`.
    key_id
        `key_id_of` the public key; it is signed too.
    sign
        Gives the Ed25519 signature of some bytes. The key itself never comes here.

    Raises
    ------
    ContractBreach
        When the manifest says what no consumer would take.
    """
    named = {**manifest, "key_id": key_id}
    signed = {**named, "signature": base64.b64encode(sign(canonical(named))).decode("ascii")}
    faults = faults_in_manifest(signed)
    if faults:
        raise ContractBreach(
            f"feed {manifest.get('day')}.{manifest.get('revision')}: {'; '.join(faults)}; no consumer would take it; correct it"
        )
    return signed


def render_manifest(manifest: Manifest) -> bytes:
    """``manifest.json``: keys sorted, two spaces, ends with a line feed. The same manifest always gives the same bytes."""
    return _json(manifest, indent=2) + b"\n"


def manifest_sha256(manifest: Manifest) -> str:
    """Hash of ``manifest.json`` as published, by which the next feed names this one."""
    return hashlib.sha256(render_manifest(manifest)).hexdigest()


def _json(value: Manifest, indent: int | None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=separators, indent=indent, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ContractBreach(
            f"manifest: it cannot be written ({type(error).__name__}: {error}); plain text, finite numbers, lists and dicts are allowed; "
            "correct the figure that is none"
        ) from error
