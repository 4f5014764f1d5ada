"""The time law in its plainest form: for each subject, look at every event, one by one."""

from __future__ import annotations

from typing import Any

import polars as pl

from fairdeal.features.windows import Trail


def brute_force(subjects: pl.DataFrame, events: pl.DataFrame, trail: Trail) -> list[int | None]:
    """The trail's value per subject, straight from the definition: history is ``t - window < u < t`` of the same key."""
    return [_one(subject, events.to_dicts(), trail) for subject in subjects.to_dicts()]


def _one(subject: dict[str, Any], events: list[dict[str, Any]], trail: Trail) -> int | None:
    if any(subject[column] is None for column in trail.key):
        return None
    history = [
        event
        for event in events
        if all(event[column] == subject[column] for column in trail.key)
        and subject["t"] - trail.window < event["t"] < subject["t"]
        and (trail.where is None or event[trail.where])
    ]
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
        case _:
            return subject["t"] - max(event["t"] for event in history) if history else None
