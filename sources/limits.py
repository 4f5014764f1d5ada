"""How much of a hostile file is taken in before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one file.

    Parameters
    ----------
    field_chars
        Longest value; a row with a longer one is rejected.
    record_chars
        Longest record in characters, line ends counted once each. A longer record, such as one whose quote never closes, ends with the line
        that passes the limit and is rejected; reading goes on with the next line.
    columns
        Most columns of one file.
    bomb_bytes, bomb_ratio
        A packed file that unpacks to more than both (so many bytes, so many times its size) is not read. Tables do not pack that well.
    rejected_rows
        A file of which so many records, and one in twenty, become no rows is not the table that the mapping speaks of; it is not read.
    kept_chars
        How much of a rejected row's text is handed on.
    """

    field_chars: int = 1 << 20
    record_chars: int = 4 << 20
    columns: int = 10_000
    bomb_bytes: int = 1 << 27
    bomb_ratio: int = 200
    rejected_rows: int = 100_000
    kept_chars: int = 4_096


LIMITS = Limits()
