"""Why something was flagged, in one sentence each: of one alert, and what the members of a case have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairdeal.disputes.models import CaseAlert, in_language
from fairdeal.disputes.wording import value_text

#: A page shows so many common reasons.
COMMON_SHOWN = 6


@dataclass(frozen=True)
class ToldReason:
    """One stored reason, as people read it.

    Parameters
    ----------
    text
        The sentence in the reader's language, with the value seen and the usual one.
    other_text
        The same in the other language; empty where it was not stored.
    value, norm
        What was seen, and what is usual, in words.
    value_share, norm_share
        Both as shares of the larger one, 0 to 100, for a picture; None where one of them is no number from 0 on.
    code
        By which it is marked.
    wrong_by, wrong_word
        Who called it wrong and what they said; empty where nobody did.
    """

    text: str
    other_text: str
    value: str = ""
    norm: str = ""
    value_share: float | None = None
    norm_share: float | None = None
    code: str = ""
    wrong_by: str = ""
    wrong_word: str = ""


@dataclass(frozen=True)
class CommonReason:
    """A reason that several members share: its sentence for the member with the most at stake, and how many members have it."""

    reason: ToldReason
    members: int


def told_reasons(alert: CaseAlert) -> tuple[ToldReason, ...]:
    """The alert's reasons, strongest first."""
    return tuple(_told(reason) for reason in _stored(alert))


def common_reasons(leaders: Sequence[CaseAlert]) -> tuple[CommonReason, ...]:
    """The reasons that most members share, most frequent first.

    Parameters
    ----------
    leaders
        One alert per member, the largest expected loss first.
    """
    first: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for alert in leaders:
        for code, reason in {str(reason.get("code")): reason for reason in _stored(alert)}.items():
            first.setdefault(code, reason)
            counts[code] = counts.get(code, 0) + 1
    order = {code: place for place, code in enumerate(first)}
    codes = sorted(counts, key=lambda code: (-counts[code], order[code]))
    return tuple(CommonReason(_told(first[code]), counts[code]) for code in codes[:COMMON_SHOWN])


def headline(reasons: Any) -> str:
    """The strongest of an alert's stored reasons; empty where none is stored."""
    first = next((reason for reason in reasons if isinstance(reason, dict)), None) if isinstance(reasons, list) else None
    return _told(first).text if first else ""


def _stored(alert: CaseAlert) -> list[dict[str, Any]]:
    return [reason for reason in alert.reasons if isinstance(reason, dict)] if isinstance(alert.reasons, list) else []


def _told(reason: dict[str, Any]) -> ToldReason:
    zh, en = str(reason.get("text_zh") or ""), str(reason.get("text_en") or "")
    value, norm = reason.get("value"), reason.get("norm")
    seen: dict[str, Any] = {
        "value": value_text(value),
        "norm": value_text(norm),
        **_shares(value, norm),
        "code": str(reason.get("code") or ""),
    }
    if not zh and not en:  # a source of alerts without sentences: the code, the value, the norm
        return ToldReason(f"{reason.get('code') or '—'}: {seen['value']} ({seen['norm']})", "", **seen)
    return ToldReason(in_language(zh, en) or zh or en, in_language(en, zh) if zh and en else "", **seen)


def _shares(value: Any, norm: Any) -> dict[str, float]:
    """Both numbers as shares of the larger one; nothing where they cannot be set side by side."""
    numbers = [one for one in (value, norm) if isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < float("inf")]
    if len(numbers) < len((value, norm)) or not max(numbers):
        return {}
    return {name: round(100 * one / max(numbers), 1) for name, one in zip(("value_share", "norm_share"), numbers, strict=True)}
