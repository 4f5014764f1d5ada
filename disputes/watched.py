"""The week as it was watched, for the first page: how the models do, what has moved, what calls for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from fairdeal.disputes.models import in_language
from fairdeal.disputes.names import detector_text


def newest_week(folder: Path) -> dict[str, Any] | None:
    """The newest page's figures in words; None where no week was watched, or its figures cannot be read.

    Parameters
    ----------
    folder
        Holds a folder per week, named after its last day, with ``figures.json``.

    Returns
    -------
    dict
        ``day``, ``rows`` (per detector ``name, frauds, told, precision, delay, moved``, as people read them) and ``alarms``.
    """
    days = sorted(path.parent.name for path in folder.glob("????-??-??/figures.json")) if folder.is_dir() else []
    if not days:
        return None
    try:
        told = json.loads((folder / days[-1] / "figures.json").read_text(encoding="utf-8"))
        return {
            "day": told["day"],
            "rows": [_row(name, found) for name, found in told["detectors"].items()],
            "alarms": [in_language(alarm["text_zh"], alarm["text_en"]) for alarm in told["alarms"]],
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError):  # a page of another version is no reason to hide the queue
        return None


def _row(name: str, found: dict[str, Any]) -> dict[str, str]:
    ripe, delay, most = found["ripe"], found["label_delay_days"]["now"], found["features"][0]
    moved = most["stability"]
    return {
        "name": detector_text(name),
        "frauds": str(ripe["frauds"]),
        "told": _figure(ripe["frauds_told"], ".1f"),
        "precision": _figure(ripe["precision"], ".0%"),
        "delay": _("%(n)s days") % {"n": f"{delay:.1f}"} if delay is not None else "–",
        "moved": f"{most['name']} {moved:.2f}" if moved is not None else "–",
    }


def _figure(value: float | None, how: str) -> str:
    return "–" if value is None else f"{value:{how}}"
