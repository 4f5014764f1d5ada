"""What counts as nothing: space and invisible marks around a value, and the words that tools write where there is none."""

from __future__ import annotations

import polars as pl

#: Signs that cannot be seen: zero-width forms, marks of the direction of writing, soft hyphen, byte order mark.
INVISIBLE = (
    "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
#: What may stand around a value without being part of it.
EDGE = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
) + INVISIBLE
_EDGE_OF_ID = EDGE.replace("\n", "").replace("\r", "")
#: What databases, spreadsheets and programs write where there is no value.
ABSENT = (
    *("NULL", "null", "Null", "(null)", "<null>", r"\N", "None", "none", "NONE", "nil", "undefined"),
    *("NA", "<NA>", "N/A", "n/a", "#N/A", "-", "--", "—", "NaT", "0000-00-00", "0000-00-00 00:00:00"),
)
#: The same for what is no number; in a number's place it stays what it is, a number that could not be told.
NOT_A_NUMBER = ("NaN", "nan", "NAN")


def bare(text: pl.Expr) -> pl.Expr:
    """Text without space or invisible marks around it."""
    return text.str.strip_chars(EDGE)


def given(text: pl.Expr) -> pl.Expr:
    """Bare text; null where nothing is left or a word stands that means nothing."""
    return _unless(bare(text), ("", *ABSENT, *NOT_A_NUMBER))


def given_id(text: pl.Expr) -> pl.Expr:
    """As `given`, but a line break stays: around an id it tells of a row that a stray quote swallowed."""
    return _unless(text.str.strip_chars(_EDGE_OF_ID), ("", *ABSENT, *NOT_A_NUMBER))


def given_number(text: pl.Expr) -> pl.Expr:
    """As `given`, for text that stands for a number or moment: NaN stays."""
    return _unless(bare(text), ("", *ABSENT))


def _unless(found: pl.Expr, absent: tuple[str, ...]) -> pl.Expr:
    return pl.when(found.is_in(pl.lit(pl.Series(absent, dtype=pl.String)).implode()).not_()).then(found)
