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


def stacked_columns(columns: Sequence[tuple[str, int, int]]) -> str:
    """Columns of two parts, rows accepted below and rows quarantined above, in the order given.

    Parameters
    ----------
    columns
        What a column says when pointed at, rows accepted, rows quarantined. A column without rows is drawn as a gap.
    """
    top = max([accepted + quarantined for _, accepted, quarantined in columns] + [1])
    slot = 200 / max(len(columns), 1)
    width = min(slot * 0.8, 24.0)
    drawn = ""
    for place, (label, accepted, quarantined) in enumerate(columns):
        low, high = 58 * accepted / top, 58 * quarantined / top
        high = max(high, 1.2) if quarantined else 0.0
        x = place * slot + (slot - width) / 2
        drawn += (
            f"<g><title>{escape(label, quote=False)}</title>"
            f'<rect class="slot" x="{place * slot:.2f}" y="0" width="{slot:.2f}" height="60"/>'
            f'<rect class="accepted" x="{x:.2f}" y="{60 - low:.2f}" width="{width:.2f}" height="{low:.2f}"/>'
            f'<rect class="quarantined" x="{x:.2f}" y="{max(60 - low - high, 0):.2f}" width="{width:.2f}" height="{high:.2f}"/></g>'
        )
    said = "; ".join(label for label, _, _ in columns)
    return (
        f'<svg class="columns" viewBox="0 0 200 62" preserveAspectRatio="none" role="img" aria-label="{escape(said)}">{drawn}'
        '<line class="base" x1="0" x2="200" y1="60" y2="60"/></svg>'
    )


def heat_map(names: Sequence[str], days: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """A grid of counts, one row per name and one column per day, darker where there are more; a table that reads without the colours.

    Parameters
    ----------
    names, days
        Of the rows and the columns.
    counts
        Per name one count per day.
    """
    most = max([count for row in counts for count in row] + [1])
    rows = ""
    for name, row in zip(names, counts, strict=True):
        cells = "".join(
            f'<td class="heat" style="--heat:{0 if not count else max(0.18, (count / most) ** 0.5):.2f}" '
            f'title="{escape(f"{day}: {count:,}")}"><span class="unseen">{count:,}</span></td>'
            for day, count in zip(days, row, strict=True)
        )
        rows += f'<tr><th scope="row"><code>{escape(name)}</code></th>{cells}<td class="num">{sum(row):,}</td></tr>'
    return f'<div class="scroll"><table class="heats"><tbody>{rows}</tbody></table></div>'
