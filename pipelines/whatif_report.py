"""What-if's report: one page that is whole without a network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from fairdeal.pipelines.comparison_report import page, period, picture, tables, written
from fairdeal.pipelines.whatif import SIDES


def write_what_if(told: dict[str, Any], folder: Path) -> Path:
    """Writes ``index.html``, ``figures.json`` and the picture as PNG; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = picture(told, SIDES)
    (folder / "saved_by_day.png").write_bytes(drawn)
    (folder / "figures.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    changes = "".join(f"<li><code>{escape(change)}</code></li>" for change in told["changed"])
    body = f"<ul>{changes}</ul><p>{escape(period(told))}; model {escape(told['model']['model_version'])}.</p>"
    end = tables(told, ("Now 现在", "What if 假如"), SIDES) + f"<p>{escape(missed_words(told['audit'], told['currency']))}</p>"
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
