"""Shadowing: the challenger scores what the champion scores, and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from fairdeal.data_contracts.actions import Action
from fairdeal.models.errors import ModelError
from fairdeal.pipelines import registry, scoring
from fairdeal.pipelines.errors import FairdealError

if TYPE_CHECKING:
    from fairdeal.pipelines.workplace import Workplace


def score(place: Workplace, challenger: dict[str, str], rows: pl.DataFrame) -> pl.DataFrame | str:
    """The challenger's scores, or why there are none: a shadow that fails stops nothing."""
    try:
        return scoring.score(registry.load(place.home, challenger), rows)
    except (FairdealError, ModelError) as error:
        place.progress(f"the challenger {challenger['model_version']} is not scored: {error}")
        return str(error)


def differences(decisions: pl.DataFrame, shadow: pl.DataFrame) -> dict[str, Any]:
    """How the challenger would have acted, and on how many subjects it would have been stricter or milder than the champion."""
    severity = {str(action): action.severity for action in Action}
    key = ["subject_id", "as_of_at"]
    both = decisions.select(*key, mine=pl.col("action").replace_strict(severity)).join(
        shadow.select(*key, theirs=pl.col("action").replace_strict(severity)), on=key, how="inner"
    )
    return {
        "model_version": shadow["model_version"][0] if shadow.height else None,
        "actions": dict(sorted(shadow.group_by("action").len().iter_rows())),
        "stricter": both.filter(pl.col("theirs") > pl.col("mine")).height,
        "milder": both.filter(pl.col("theirs") < pl.col("mine")).height,
    }
