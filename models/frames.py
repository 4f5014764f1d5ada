"""Feature frames: the pandas tables at the room's edge, as arrays inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairdeal.models.errors import WrongFrame

Floats = NDArray[np.float64]


def require(frame: pd.DataFrame, columns: Iterable[str], where: str) -> None:
    """Refuse a frame that lacks a column.

    Raises
    ------
    WrongFrame
        Naming the columns that are missing.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise WrongFrame(
            f"{where}: no column {', '.join(missing)}; the frame has {', '.join(map(str, frame.columns))}; give what is missing"
        )


def matrix(frame: pd.DataFrame, names: Sequence[str], where: str) -> Floats:
    """Feature columns as a C-ordered float matrix of shape (rows, names); null and not finite become NaN."""
    require(frame, names, where)
    if not names:
        return np.empty((len(frame), 0))
    values = np.array(frame[list(names)].to_numpy(dtype=np.float64, na_value=np.nan), order="C")
    values[~np.isfinite(values)] = np.nan
    return values


def floats(column: pd.Series) -> Floats:
    """One column as floats, null as NaN."""
    return np.array(column.to_numpy(dtype=np.float64, na_value=np.nan), order="C")


def texts(frame: pd.DataFrame) -> list[str]:
    """The ``text`` column as strings, null as the empty text."""
    return [text if isinstance(text, str) else "" for text in frame["text"].tolist()]


def instants(column: pd.Series) -> NDArray[np.int64]:
    """Moments as integer microseconds since 1970 in UTC, so that they can be ordered and told apart exactly.

    Raises
    ------
    WrongFrame
        When a moment is null.
    """
    moments = pd.to_datetime(column, utc=True)
    if bool(moments.isna().any()):
        raise WrongFrame(f"{column.name}: a moment is null; every row has one; drop the row or give its moment")
    return np.asarray(moments.dt.as_unit("us").astype("int64").to_numpy(), dtype=np.int64)


def days(column: pd.Series, zone: str) -> NDArray[np.int64]:
    """The calendar day of each moment in ``zone``, as days since 1970."""
    local = pd.to_datetime(column, utc=True).dt.tz_convert(zone).dt.tz_localize(None).dt.as_unit("us")
    return np.asarray(local.astype("int64").to_numpy(dtype=np.int64) // 86_400_000_000, dtype=np.int64)
