"""What happened around a member, as a table by time with a column for each kind of record; what recurs is marked alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairdeal.disputes.contacts import without_contacts
from fairdeal.disputes.evidence_rows import marked
from fairdeal.disputes.snapshot_rows import column_texts, word_text
from fairdeal.disputes.wording import instant_text, money_text, value_text

#: The columns of the table, in the order in which trade goes.
TABLES = ("orders", "payments", "shipments", "refunds", "reviews")
#: What is marked where it recurs.
_RECURRING = ("amount_minor", "instrument_id", "device_id", "network_id", "address_id")
#: So many different values are marked; the letters by which they are told apart.
MARKS = "ABCDEFGH"
#: What a cell shows beside the marked values, where it is known.
_SHOWN = ("status", "method", "carrier", "rating", "delivered_at", "completed_at", "reason")


@dataclass(frozen=True)
class Value:
    """One thing in a cell.

    Parameters
    ----------
    label, text
        What it is, and its value, in words.
    mark
        A letter that it shares with the same value elsewhere in the table; empty where it stands alone.
    """

    label: str
    text: str
    mark: str


@dataclass(frozen=True)
class Happening:
    """One line of the table.

    Parameters
    ----------
    column
        In which of `TABLES` it stands, counted from 0.
    is_flagged
        It is what the alert is about.
    is_own
        It is of the same order; otherwise of the same account.
    """

    when: str
    column: int
    name: str
    values: tuple[Value, ...]
    text: SafeString | str
    is_flagged: bool
    is_own: bool


def headings() -> tuple[str, ...]:
    """The columns in words."""
    return (_("orders"), _("payments"), _("shipments"), _("refunds"), _("reviews"))


def trail_of(evidence: Mapping[str, Any], subject_id: str, spans: Any = None, *, is_masked: bool = True) -> tuple[Happening, ...]:
    """The trail that came with an alert, in order of time; empty where none came.

    Parameters
    ----------
    subject_id
        What was flagged.
    spans
        Suspicious spans of the flagged text.
    is_masked
        Ways to reach people are taken out of texts.
    """
    listed = evidence.get("trail")
    items = [item for item in listed if isinstance(item, dict) and item.get("table") in TABLES] if isinstance(listed, list) else []
    marks = _marks(items)
    return tuple(_happening(item, subject_id, spans, marks, is_masked) for item in items)


def _marks(items: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """A letter for each value that recurs, the most frequent first."""
    counted = Counter((name, str(item[name])) for item in items for name in _RECURRING if item.get(name) not in (None, ""))
    recurring = sorted((value for value, times in counted.items() if times > 1), key=lambda value: (-counted[value], value))
    return dict(zip(recurring, MARKS, strict=False))


def _happening(item: Mapping[str, Any], subject_id: str, spans: Any, marks: Mapping[tuple[str, str], str], is_masked: bool) -> Happening:
    is_flagged, text = item.get("id") == subject_id, str(item.get("text") or "")
    shown = without_contacts(text) if is_masked else text
    labels, known = column_texts(), [name for name in (*_RECURRING, *_SHOWN) if item.get(name) not in (None, "")]
    values = [Value(labels.get(name, name), _text(name, item, is_masked), marks.get((name, str(item[name])), "")) for name in known]
    return Happening(
        when=_when(item.get("at")),
        column=TABLES.index(item["table"]),
        name=str(item.get("id", "")),
        values=tuple(values),
        text=marked(shown, spans) if is_flagged else shown,
        is_flagged=is_flagged,
        is_own=item.get("tie") == "order",
    )


def _text(name: str, item: Mapping[str, Any], is_masked: bool) -> str:
    value = item[name]
    if name == "amount_minor" and isinstance(value, int):
        return money_text(value, str(item.get("currency") or ""))
    if name.endswith("_at"):
        return _when(value)
    return without_contacts(value_text(value)) if is_masked and name == "reason" else word_text(name, value)


def _when(at: Any) -> str:
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        return str(at)
    return instant_text(moment) if moment.tzinfo else str(at)
