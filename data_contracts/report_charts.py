"""The report's pictures: small inline SVG, drawn with the page's own colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

#: A part that is not nothing is drawn at least this wide, in hundredths of the bar.
_LEAST_SEEN = 0.6


def split_bar(accepted: int, quarantined: int) -> str:
    """One bar of two parts: rows accepted and rows quarantined."""
    total = accepted + quarantined
    if total == 0:
        return _svg("0", '<rect class="track" width="100" height="8"/>')
    width = 100 * quarantined / total
    if quarantined:
        width = min(max(width, _LEAST_SEEN), 100 - _LEAST_SEEN if accepted else 100)
    parts = f'<rect class="accepted" width="{100 - width:.2f}" height="8"/>'
    if quarantined:
        parts += f'<rect class="quarantined" x="{100 - width:.2f}" width="{width:.2f}" height="8"/>'
    return _svg(f"{accepted} + {quarantined}", parts)


def share_bar(part: int, largest: int) -> str:
    """One bar as long as ``part`` is of ``largest``."""
    width = max(100 * part / largest, _LEAST_SEEN) if largest else 0.0
    return _svg(
        f"{part} / {largest}", f'<rect class="track" width="100" height="8"/><rect class="quarantined" width="{width:.2f}" height="8"/>'
    )


def _svg(label: str, parts: str) -> str:
    return f'<svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">{parts}</svg>'


def history_chart(points: Sequence[tuple[str, float]], limit: float | None) -> str:
    """Columns of shares in the order given, with a line at the limit.

    Parameters
    ----------
    points
        What a column says when pointed at, and its share from 0 to 1.
    limit
        The share that may not be exceeded, or None for no line.
    """
    top = max([share for _, share in points] + ([limit] if limit else []) + [0.0001]) * 1.15
    slot = 200 / max(len(points), 12)
    columns = ""
    for place, (label, share) in enumerate(points):
        height = max(48 * share / top, 1.0 if share else 0.4)
        over = limit is not None and share > limit
        columns += (
            f'<rect class="{"over" if over else "column"}" x="{place * slot + slot * 0.1:.2f}" y="{50 - height:.2f}" '
            f'width="{slot * 0.8:.2f}" height="{height:.2f}"><title>{escape(label, quote=False)}</title></rect>'
        )
    line = (
        "" if limit is None else f'<line class="limit" x1="0" x2="200" y1="{50 - 48 * limit / top:.2f}" y2="{50 - 48 * limit / top:.2f}"/>'
    )
    base = '<line class="base" x1="0" x2="200" y1="50" y2="50"/>'
    said = ", ".join(label for label, _ in points)
    return (
        f'<svg class="history" viewBox="0 0 200 52" preserveAspectRatio="none" role="img" aria-label="{escape(said)}">'
        f"{columns}{base}{line}</svg>"
    )
