"""The time law in its plainest form: for each subject, look at every event, one by one."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from fairdeal.features.trails import Trail


def brute_force(subjects: pl.DataFrame, events: pl.DataFrame, trail: Trail) -> list[float | None]:
    """The trail's value per subject, straight from the definition.

    History is ``t - window < u < t`` of the same key; what is known with a delay only, ``t - delay - window < u <= t - delay``.
    """
    told = events.to_dicts()
    return [_one(subject, told, trail) for subject in subjects.to_dicts()]


def _one(subject: dict[str, Any], events: list[dict[str, Any]], trail: Trail) -> float | None:
    if any(subject[column] is None for column in trail.key):
        return None
    everyone = [event for event in events if _is_history(subject, event, trail)]
    history = [event for event in everyone if trail.where is None or event[trail.where]]
    values = [event[trail.value] for event in history if trail.value is not None and event[trail.value] is not None]
    match trail.aggregate.value:
        case "count":
            return len(history)
        case "sum":
            return sum(values)
        case "max":
            return max(values, default=None)
        case "min":
            return min(values, default=None)
        case "distinct":
            return len(set(values))
        case "since":
            return subject["t"] - max(event["t"] for event in history) if history else None
        case "first":
            return subject["t"] - min(event["t"] for event in history) if history else None
        case "high":
            # Nearest rank: the smallest that nine of ten do not exceed.
            return sorted(values)[math.ceil(9 * len(values) / 10) - 1] if values else None
        case "mean":
            return sum(values) / len(values) if values else None
        case "spread":
            if not values:
                return None
            below, rest = divmod(sum(values), len(values))
            squares = sum((value - below) ** 2 for value in values)
            return math.sqrt(max(float(squares) / len(values) - (rest / len(values)) ** 2, 0.0))
        case "share":
            return len(history) / len(everyone) if everyone else None
    raise AssertionError(trail.aggregate)


def _is_history(subject: dict[str, Any], event: dict[str, Any], trail: Trail) -> bool:
    if any(event[column] != subject[column] for column in trail.key):
        return False
    if trail.delay:
        return bool(subject["t"] - trail.delay - trail.window < event["t"] <= subject["t"] - trail.delay)
    return bool(subject["t"] - trail.window < event["t"] < subject["t"])
