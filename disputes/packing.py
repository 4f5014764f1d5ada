"""A case as files that can leave the system: what happened in it, its place in the history, and a page to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import get_current_timezone_name

from fairdeal.disputes.attaching import Visibility, read_file
from fairdeal.disputes.changing import SYSTEM
from fairdeal.disputes.custody import Hand
from fairdeal.disputes.domain import CASE_TYPES
from fairdeal.disputes.evidence_kinds import EVIDENCE_KINDS, EvidenceKind
from fairdeal.disputes.history import BEGINNING, content_of, content_sha256
from fairdeal.disputes.history import head as history_head
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, CaseEvent
from fairdeal.disputes.names import event_text, finding_texts, kind_text, role_text, status_text, typology_text
from fairdeal.disputes.reading import show_case
from fairdeal.disputes.roles import Role
from fairdeal.disputes.wording import instant_text

#: Columns of what was known about a member that name a person or lead to one, and what stands for them in a masked copy.
PERSONAL: dict[str, str] = {
    "account_id": "account",
    "payer_id": "account",
    "buyer_id": "account",
    "author_id": "account",
    "instrument_id": "instrument",
    "device_id": "device",
    "network_id": "network",
    "address_id": "address",
}
#: Kinds of subjects that are masked where they are subjects themselves.
_PERSONAL_KINDS = frozenset({"account", "instrument", "device"})
#: Shorter ids are replaced only where they stand alone: within other words they could be anything.
_SHORTEST_WITHIN = 6


def pack_files(case_id: str, *, is_masked: bool, actor: str = SYSTEM, role: str = Role.WORKER.value) -> dict[str, bytes]:
    """The files of a case's pack, by name.

    Parameters
    ----------
    case_id
        Which case.
    is_masked
        Leave out who the people are: ids of accounts, instruments, devices, networks and addresses, and the names of those who worked on
        the case, are replaced by names that are the same throughout the pack. The entries of the history then stand in it by their hash
        only; otherwise ``entries.jsonl`` holds them word for word. Files of evidence come along that are meant for the parties, under
        their evidence's id; otherwise all that count and all that were withdrawn.
    actor, role
        Who packs: entered in the custody of every file that comes along.

    Returns
    -------
    dict
        ``case.json`` (as `show_case`), ``chain.jsonl`` (per entry of the case its number, the hash before it, the SHA-256 of its content
        and its seal), ``head.json`` (the whole history's number of entries and newest hash), ``read.html``, ``entries.jsonl``, and below
        ``evidence/`` the files.

    Raises
    ------
    RefusedChange
        When there is no such case, or a file of its evidence is not what was put there.
    """
    case = show_case(case_id)
    for kept in case["evidence"]:
        kept["packed_as"] = _name_in_pack(kept, is_masked)
    entries = list(CaseEvent.objects.filter(case_id=case_id).order_by("seq"))
    chain = [
        {"seq": entry.seq, "before": _hash_before(entry), "content_sha256": content_sha256(entry), "entry_hash": entry.entry_hash}
        for entry in entries
    ]
    shown = mask(case) if is_masked else case
    files = {
        "case.json": json.dumps(shown, ensure_ascii=False, indent=1, sort_keys=True).encode(),
        "chain.jsonl": b"".join(json.dumps(link, sort_keys=True).encode() + b"\n" for link in chain),
        "head.json": json.dumps(history_head(), sort_keys=True).encode(),
        "read.html": render_to_string("disputes/pack.html", _page(shown, chain, is_masked)).encode(),
    }
    for kept in case["evidence"]:
        if kept["packed_as"]:
            files[kept["packed_as"]] = read_file(case_id, kept["evidence_id"], actor=actor, role=role, what=Hand.PACKED).content
    return files if is_masked else files | {"entries.jsonl": b"".join(content_of(entry) + b"\n" for entry in entries)}


def _name_in_pack(kept: Mapping[str, Any], is_masked: bool) -> str | None:
    """Where the file of a piece of evidence stands in the pack; None where it does not."""
    about = kept["file"]
    if about is None or (is_masked and (kept["is_withdrawn"] or about["visibility"] != Visibility.PARTIES)):
        return None
    return f"evidence/{kept['evidence_id']}.{about['name'].rpartition('.')[2]}"


def mask(case: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a case in which nobody is named; one name stands for one person or thing throughout."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}

    def name(value: Any, kind: str) -> None:
        if value and str(value) not in names:
            counts[kind] = counts.get(kind, 0) + 1
            names[str(value)] = f"{kind}-{counts[kind]}"

    for subject in (case, *case["members"]):
        if subject["subject_kind"] in _PERSONAL_KINDS:
            name(subject["subject_id"], subject["subject_kind"])
    for member in case["members"]:
        for alert in member["alerts"]:
            name(alert["account_id"], "account")
            snapshot = alert["snapshot"] if isinstance(alert["snapshot"], Mapping) else {}
            for column, kind in PERSONAL.items():
                name(snapshot.get(column), kind)
    for event in case["events"]:
        if event["role"] not in (Role.PIPELINE, Role.WORKER):
            name(event["actor"], event["role"])
    name(case["holder"], Role.ANALYST.value)
    for kept in case["evidence"]:
        if kept["subject_kind"] in _PERSONAL_KINDS:
            name(kept["subject_id"], kept["subject_kind"])
        name(kept["added_by"], "source")
        name((kept["file"] or {}).get("name"), "file")
    within = sorted((value for value in names if len(value) >= _SHORTEST_WITHIN), key=len, reverse=True)
    wordless = [{**kept, "text": "", "location": None, "external_id": None} for kept in case["evidence"]]  # its words may name anybody
    return dict(_replaced({**case, "evidence": wordless}, names, within))


def _replaced(value: Any, names: Mapping[str, str], within: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {_replaced(key, names, within): _replaced(item, names, within) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, names, within) for item in value]
    if not isinstance(value, str):
        return value
    if value in names:
        return names[value]
    kind, colon, alone = value.partition(":")
    if colon and alone in names:
        return f"{kind}:{names[alone]}"
    for known in within:
        value = value.replace(known, names[known])
    return value


def _hash_before(entry: CaseEvent) -> str:
    before = CaseEvent.objects.filter(seq=entry.seq - 1).values_list("entry_hash", flat=True).first()
    return before or BEGINNING


def _page(case: Mapping[str, Any], chain: list[dict[str, Any]], is_masked: bool) -> dict[str, Any]:
    members = [
        {
            **member,
            "kind": _both(kind_text, member["subject_kind"]),
            "suspicion": _both(typology_text, member["typology"]),
            "finding": _both(lambda verdict: finding_texts()[verdict], member["verdict"]),
            "reasons": [reason for alert in member["alerts"][:1] for reason in alert["reasons"] if isinstance(reason, Mapping)],
        }
        for member in case["members"]
    ]
    events = [
        {
            **event,
            "when": _when(event["at"]),
            "what": _both(event_text, event["event"]),
            "as": _both(role_text, event["role"]),
            "status": _both(status_text, event["to_status"]),
            "seal": link["entry_hash"][:16],
        }
        for event, link in zip(case["events"], chain, strict=True)
    ]
    case_type, decision = CASE_TYPES[case["case_type"]], case["decision"]
    return {
        "case": case,
        "members": members,
        "events": events,
        "evidence": [_exhibit(kept) for kept in case["evidence"]],
        "is_masked": is_masked,
        "kind": _both(kind_text, case["subject_kind"]),
        "status": _both(status_text, case["status"]),
        "outcome": _both(lambda code: str(CLOSE_CODE_TEXTS[code]), case["close_code"]) if case["close_code"] else "",
        "type": f"{case_type.zh} {case_type.en}",
        "zone": get_current_timezone_name(),
        "opened": _when(case["opened_at"]),
        "closed": _when(case["closed_at"]),
        "made": _when(decision.get("made_at")),
        "decided": _when(decision.get("decided_at")),
    }


def _exhibit(kept: Mapping[str, Any]) -> dict[str, Any]:
    facts = EVIDENCE_KINDS[EvidenceKind(kept["kind"])]
    return {**kept, "called": f"{facts.zh} {facts.en}", "when": _when(kept["occurred_at"] or kept["added_at"])}


def _both(text_of: Callable[[str], str], code: str) -> str:
    """The word for a code in Chinese and in English."""
    words = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            words.append(str(text_of(code)))
    return " ".join(words)


def _when(instant: str | None) -> str:
    return instant_text(datetime.fromisoformat(instant)) if instant else ""
