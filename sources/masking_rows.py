"""Candidate rows with card numbers and national ids taken out before anything is stored."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from fairdeal.data_contracts.contract import UNPARSED, Contract, Kind
from fairdeal.data_contracts.masking import MAYBE_SENSITIVE, find_sensitive, mask_text

#: What a replaced instrument begins with.
TOKEN_PREFIX = "tok_"  # noqa: S105 - a marker, no secret


def mask_candidates(frame: pl.DataFrame, contract: Contract, tokenise: Callable[[str], str]) -> tuple[pl.DataFrame, int]:
    """Candidate rows in which no full card number or national id stands in a column where people or tools may have put one.

    Parameters
    ----------
    frame
        Rows of `fairdeal.sources.conversion.candidates`.
    contract
        Of their table.
    tokenise
        Keyed hash of a number's digits, as text; the same digits give the same token however they were written.

    Returns
    -------
    tuple[pl.DataFrame, int]
        The rows in their order, and how many values were changed.

    Notes
    -----
    In ``holds_instrument`` columns a value that holds such a number becomes ``tok_`` and its token, as a whole, since what stands beside
    a card number there is its expiry or code. In prose, categories, extras and ``__unparsed`` text the number alone becomes a fixed
    marker. Truncated digits are never kept: beside a hash they would give the number away (PCI DSS 4.0.1, 3.5.1).
    """
    replaced: list[pl.Series] = []
    changed = 0
    kinds = {column.name: column for column in contract.columns}
    own = [
        column.name
        for column in contract.columns
        if column.kind is Kind.ID and not column.holds_instrument and column.name in frame.columns
    ]
    for name in frame.columns:
        if frame.schema[name] != pl.String or name == "__file":
            continue
        column = kinds.get(name)
        if column is not None and column.holds_instrument:
            masked = _tokens(frame.get_column(name), tokenise)
        elif (
            name.startswith("x_") or name.endswith(UNPARSED) or (column is not None and (column.holds_prose or column.kind is not Kind.ID))
        ):
            masked = _markers(frame, name, own)
        else:
            continue
        if masked is not None:
            replaced.append(masked[0])
            changed += masked[1]
    return frame.with_columns(replaced), changed


def _suspects(values: pl.Series) -> pl.Series:
    """Positions of the rows with enough digits."""
    return values.str.contains(MAYBE_SENSITIVE).fill_null(False).arg_true()


def _tokens(values: pl.Series, tokenise: Callable[[str], str]) -> tuple[pl.Series, int] | None:
    places: list[int] = []
    tokens: list[str] = []
    suspects = _suspects(values)
    for place, value in zip(suspects, values.gather(suspects), strict=True):
        numbers = find_sensitive(value, prose=False)
        if numbers:
            places.append(place)
            tokens.append(TOKEN_PREFIX + tokenise(numbers[0].digits))
    return (values.scatter(places, tokens), len(places)) if places else None


def _markers(frame: pl.DataFrame, name: str, own: list[str]) -> tuple[pl.Series, int] | None:
    values = frame.get_column(name)
    suspects = _suspects(values)
    if not suspects.len():
        return None
    ids = (
        frame.select(own)
        .with_row_index("__row")
        .join(suspects.cast(pl.UInt32).alias("__row").to_frame(), on="__row", how="right", maintain_order="right")
    )
    places: list[int] = []
    texts: list[str] = []
    for place, value, row in zip(suspects, values.gather(suspects), ids.drop("__row").iter_rows(), strict=True):
        text = mask_text(value, {known for known in row if known})
        if text != value:
            places.append(place)
            texts.append(text)
    return (values.scatter(places, texts), len(places)) if places else None
