"""Text that goes into a spreadsheet: quoted, and unable to act as a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: With this mark in front a spreadsheet reads the file as UTF-8 and shows Chinese.
BYTE_ORDER_MARK = "\ufeff"

#: What a spreadsheet takes for the beginning of a formula, also full-width.
_FORMULA = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
#: Spaces and invisible characters that a spreadsheet may skip before it looks.
_SKIPPED = r"[\s\u200b-\u200f\u2060\ufeff\u00ad]*"
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LEADING_FORMULA = re.compile(f"^(?={_SKIPPED}[\"']*{_SKIPPED}[{_FORMULA}])")
#: Where a spreadsheet's list separator is a semicolon, text after one begins a new cell.
_INNER_FORMULA = re.compile(f'(;{_SKIPPED}"*)(?={_SKIPPED}[{_FORMULA}])')


def csv_row(cells: Iterable[str]) -> str:
    """One line of cells that are ready, as RFC 4180 has it."""
    return ",".join(cells) + "\r\n"


def quoted(text: str) -> str:
    """The text as a cell."""
    return '"' + text.replace('"', '""') + '"'


def harmless(text: str) -> str:
    """The text such that no spreadsheet takes it, or a part of it, for a formula."""
    one_line = _BREAKS.sub(" ", text)
    marked = _LEADING_FORMULA.sub("'", one_line)
    if marked == one_line and _BREAKS.match(text):
        marked = "'" + one_line
    return _INNER_FORMULA.sub(r"\1'", marked)
