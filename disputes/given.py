"""What may come with a step, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from fairdeal.data_contracts.masking import mask_text
from fairdeal.disputes.domain import CloseCode, Finding, Role, Skill
from fairdeal.disputes.refused import refuse


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError("not a list of texts")
    return tuple(str(item) for item in value)


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("not an instant with time zone")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _said(value: Any) -> str:
    """What a person wrote, without card numbers and national ids."""
    return mask_text(_text(value))


def _sayings(value: Any) -> tuple[str, ...]:
    return tuple(mask_text(text) for text in _texts(value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not yes or no")
    return value


def _finding(value: Any) -> Finding:
    if isinstance(value, bool):
        return Finding.FRAUD if value else Finding.HONEST
    return Finding(value)


def _findings(value: Any) -> dict[str, Finding] | None:
    return None if value is None else {str(subject): _finding(found) for subject, found in dict(value).items()}


def _actions(value: Any) -> list[dict[str, str]]:
    actions = [{str(k): str(v) for k, v in dict(action).items()} for action in value]
    if any({"action_id", "kind", "target"} - action.keys() for action in actions):
        raise ValueError("an action has action_id, kind and target")
    return actions


#: Names that a step may carry, and what reads them.
READERS: dict[str, Callable[[Any], Any]] = {
    "close_code": CloseCode,
    "findings": _findings,
    "reasons": _sayings,
    "evidence_ids": _texts,
    "new_evidence": _sayings,
    "comment": _said,
    "remedies": _sayings,
    "target_case_id": _text,
    "document_sha256": _text,
    "named_maker": _text,
    "on_behalf_of": Role,
    "waits_for_appeal": _flag,
    "agreed_by": lambda value: frozenset(Role(role) for role in value),
    "arbitration_agreed": _flag,
    "due_at": _instant,
    "evidence_complete": _flag,
    "because": _text,
    "attempts": int,
    "disclosure_signed": _flag,
    "challenge_open": _flag,
    "is_statutory": _flag,
    "skills": lambda value: frozenset(Skill(skill) for skill in value),
    "approval_limit_minor": int,
    "actions": _actions,
    "receipts": lambda value: {str(action): str(receipt) for action, receipt in dict(value).items()},
    "told": lambda value: frozenset(Role(role) for role in value),
}


def read_given(where: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What came with a step, typed.

    Raises
    ------
    RefusedChange
        When a name is not known or a value cannot be read.
    """
    unknown = sorted(set(data) - set(READERS))
    if unknown:
        raise refuse(where, "unknown_data", f"{', '.join(unknown)} given", f"allowed are {', '.join(READERS)}", "leave the rest out")
    read: dict[str, Any] = {}
    for name, value in data.items():
        try:
            read[name] = READERS[name](value)
        except (TypeError, ValueError) as error:
            raise refuse(where, "bad_data", f"{name} is {value!r:.80}", str(error), "correct it") from None
    return read


def as_json(value: Any) -> Any:
    """A given value as it is kept in the history."""
    if isinstance(value, frozenset | set):
        return sorted(str(item) for item in value)
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return value
