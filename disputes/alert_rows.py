"""Reads one row of the alerts table into a value that can be stored, or says what is wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairdeal.data_contracts.alerts import ALERTS
from fairdeal.data_contracts.contract import Column, ContractBreach, Kind


@dataclass(frozen=True)
class AlertRow:
    """One alert: every column of the contract, typed; null is None."""

    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    @property
    def case_key(self) -> tuple[str, str, str]:
        """Alerts that share it share the open case."""
        return (self["case_type"], self["case_subject_kind"], self["case_subject_id"])

    @property
    def member_key(self) -> tuple[str, str]:
        return (self["subject_kind"], self["subject_id"])


def read_alert(row: Mapping[str, Any], position: int) -> AlertRow:
    """The alert in ``row``.

    Parameters
    ----------
    row
        Column name to value; instants are aware, JSON columns are text or already read. NaN and NaT count as null.
    position
        Of the row in its list, for messages.

    Raises
    ------
    ContractBreach
        When a required value is missing or a value is not of its column's type.
    """
    where = f"alerts row {position} ({row.get('alert_id') or 'no alert_id'})"
    values: dict[str, Any] = {}
    for column in ALERTS.columns:
        raw = row.get(column.name)
        value = None if _is_null(raw) else _read(raw, column, where)
        if value is None and column.required:
            raise ContractBreach(f"{where}: no {column.name}; every alert has one ({column.meaning}); give it where alerts are raised")
        values[column.name] = value
    return AlertRow(values)


def _is_null(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _read(raw: Any, column: Column, where: str) -> Any:
    try:
        value = _READERS.get(column.kind, str)(raw)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ContractBreach(
            f"{where}: {column.name} is {raw!r:.80} ({error}); allowed is a {column.kind} value; correct it where alerts are raised"
        ) from None
    if column.allowed is not None and value not in column.allowed:
        raise ContractBreach(f"{where}: {column.name} is {value!r:.80}; allowed are {', '.join(column.allowed)}; use one of these")
    if column.max_length is not None and len(value) > column.max_length:
        raise ContractBreach(f"{where}: {column.name} has {len(value)} characters; allowed are {column.max_length}; shorten it")
    return value


def _instant(raw: Any) -> datetime:
    at = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    if not isinstance(at, datetime):
        raise TypeError("not an instant")
    if at.tzinfo is None:
        raise ValueError("it has no time zone")
    return at.astimezone(UTC)


def _whole(raw: Any) -> int:
    number = int(raw)
    if number != raw:
        raise ValueError("not a whole number")
    if abs(number) >= 2**63:
        raise ValueError("too large")
    return number


def _number(raw: Any) -> float:
    number = float(raw)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _structure(raw: Any) -> Any:
    value = json.loads(raw, parse_constant=_no_constant) if isinstance(raw, str | bytes) else raw
    json.dumps(value, allow_nan=False)  # raises for what the database could not hold
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_READERS: dict[Kind, Any] = {
    Kind.INSTANT: _instant,
    Kind.INTEGER: _whole,
    Kind.MINOR: _whole,
    Kind.NUMBER: _number,
    Kind.JSON: _structure,
}
