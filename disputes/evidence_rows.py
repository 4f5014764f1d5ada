"""The evidence stored with an alert, as people read it: marked texts, twin texts, linked orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairdeal.disputes.text_pairs import common_spans
from fairdeal.disputes.wording import instant_text, share_text, value_text


@dataclass(frozen=True)
class Related:
    """Something that points at the same cheat: a linked order or a twin text.

    Parameters
    ----------
    name
        Its id.
    facts
        What ties it to the member, and whose it is, in words.
    text
        Its own words; empty where it has none.
    """

    name: str
    facts: str
    text: str = ""


def marked(text: str, spans: Any) -> SafeString:
    """The text with its suspicious spans marked; positions are counted in characters. Spans that do not fit are left out."""
    parts: list[tuple[str, str, str]] = []
    done = 0
    for start, end in sorted(_bounds(spans)):
        start = max(start, done)
        if start < end <= len(text):
            parts += [("", text[done:start], ""), ("<mark>", text[start:end], "</mark>")]
            done = end
    parts.append(("", text[done:], ""))
    return format_html_join("", "{}{}{}", ((SafeString(opening), words, SafeString(closing)) for opening, words, closing in parts))


def _bounds(spans: Any) -> list[tuple[int, int]]:
    """Spans come as ``{start, end}`` or as ``[start, end, …]``."""
    found: list[tuple[int, int]] = []
    for span in spans if isinstance(spans, list) else []:
        pair = (span.get("start"), span.get("end")) if isinstance(span, dict) else tuple(span[:2]) if isinstance(span, list) else ()
        if len(pair) == 2 and all(isinstance(position, int) and position >= 0 for position in pair):
            found.append(pair)
    return found


def related_of(items: Any) -> tuple[Related, ...]:
    """Twins or linked subjects, which come as plain ids or as mappings that say more."""
    listed = items if isinstance(items, list) else []
    return tuple(_related(item) if isinstance(item, dict) else Related(str(item), "") for item in listed if item is not None)


def _related(item: Mapping[str, Any]) -> Related:
    name = next((str(item[key]) for key in ("subject_id", "twin_id", "id", "review_id", "order_id") if key in item), "")
    if not name:
        return Related("", ", ".join(f"{key} {value_text(value)}" for key, value in item.items()))
    facts: list[str] = []
    if isinstance(similarity := item.get("similarity"), int | float):
        facts.append(_("%(share)s alike") % {"share": share_text(similarity)})
    if isinstance(shared := item.get("shared"), list) and shared:
        facts.append(_("same %(things)s") % {"things": _(", ").join(_thing(str(thing)) for thing in shared)})
    facts += [f"{word} {item[key]}" for key, word in (("buyer_id", _("buyer")), ("reviewer_id", _("reviewer"))) if item.get(key)]
    if isinstance(at := item.get("ordered_at"), str):
        facts.append(_moment(at))
    text = item.get("text")
    return Related(name, " · ".join(facts), text if isinstance(text, str) else "")


def _thing(thing: str) -> str:
    things = {"device": _("device"), "address": _("delivery address"), "network": _("network"), "instrument": _("instrument")}
    return things.get(thing, thing)


def _moment(at: str) -> str:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    return instant_text(moment) if moment.tzinfo else at


@dataclass(frozen=True)
class Pair:
    """A text and its twin, what both say marked in each."""

    name: str
    facts: str
    own: SafeString
    other: SafeString


def pairs_of(text: str, twins: tuple[Related, ...]) -> tuple[Pair, ...]:
    """The text beside each twin whose words are known."""
    return tuple(
        Pair(twin.name, twin.facts, marked(text, _lists(text, twin.text)), marked(twin.text, _lists(twin.text, text)))
        for twin in twins
        if twin.text
    )


def _lists(one: str, other: str) -> list[list[int]]:
    return [list(span) for span in common_spans(one, other)]
