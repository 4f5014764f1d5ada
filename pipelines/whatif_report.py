"""What-if's report: one page that is whole without a network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from fairdeal.pipelines.comparison_report import page, period, picture, tables, written
from fairdeal.pipelines.whatif import SIDES, says_who_works


def write_what_if(told: dict[str, Any], folder: Path) -> Path:
    """Writes ``index.html``, ``figures.json`` and the picture as PNG; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = picture(told, SIDES)
    (folder / "saved_by_day.png").write_bytes(drawn)
    (folder / "figures.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    changes = "".join(f"<li><code>{escape(change)}</code></li>" for change in told["changed"])
    body = f"<ul>{changes}</ul><p>{escape(period(told))}; model {escape(told['model']['model_version'])}.</p>"
    words = (missed_words(told["audit"], told["currency"]), staffing_words(told["nights"], told["changed"]))
    end = tables(told, ("Now 现在", "What if 假如"), SIDES) + "".join(f"<p>{escape(sentence)}</p>" for sentence in words)
    written_to = folder / "index.html"
    written_to.write_text(page(f"What if: {told['detector']}", body, drawn, end), encoding="utf-8")
    return written_to


def missed_words(audit: dict[str, Any], currency: str | None) -> str:
    """What the random sample says was missed, in a sentence.

    >>> missed_words({"looked_at": 0}, "CNY")
    'nobody of the random sample of these days has been judged yet: what slipped through unreported is not known'
    """
    if not audit["looked_at"]:
        return "nobody of the random sample of these days has been judged yet: what slipped through unreported is not known"
    span = f"{written(audit['low'], 'money')} to {written(audit['high'], 'money')}"
    return (
        f"of {audit['looked_at']} drawn at random from what was let pass, {audit['frauds']} were frauds: about "
        f"{written(audit['missed_per_day'], 'money')} {currency or 'units'} a day slip through ({span})"
    )


def staffing_words(nights: dict[str, int], changes: list[str]) -> str:
    """Who looked on those days, in a sentence.

    >>> staffing_words({"set": 12, "default": 2}, ["capacity.people=3"])
    'who works: said of 12 days, by the settings on 2 days; what if: as the change says, every day'
    """
    how = {"set": "said of", "same_weekday": "as on the same weekday before on", "default": "by the settings on"}
    told = ", ".join(f"{how[basis]} {nights[basis]} days" for basis in how if nights.get(basis))
    return f"who works: {told}" + ("; what if: as the change says, every day" if says_who_works(changes) else "")
