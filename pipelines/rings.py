"""Rings in a source: who deals with whom far more, and more evenly, than their traffic explains."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.models.blocks import Block, find_blocks
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.whole_source import WholeSource

#: What joins actors to targets, by table, where nothing else is asked for.
SIDES = {"orders": ("buyer_id", "merchant_id"), "payments": ("payer_id", "payee_id"), "reviews": ("reviewer_id", "subject_id")}


def find_rings(
    source: WholeSource, table: str, *, actors: str | None, targets: str | None, days: int, most: int, progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """The most suspicious rings among the rows of a source's last days.

    Parameters
    ----------
    table
        Whose rows join actors to targets.
    actors, targets
        Columns that name the two sides; `SIDES` when omitted.
    days
        How far back from the last row; a source without times is looked at as a whole.

    Returns
    -------
    list of dict
        The most suspicious first: ``actors`` and ``targets`` (each ``id`` and ``score``, surest first), ``edges`` (pairs that dealt with
        each other), ``expected`` (pairs that their traffic explains), ``evidence``, ``unevenness``, ``suspicion``, ``rows``.

    Raises
    ------
    WrongUse
        When the source lacks the table, or a column of it.

    Notes
    -----
    A pair counts once, however often it dealt: a loyal customer is no ring.
    """
    if table not in source.tables or table not in SIDES:
        given = ", ".join(name for name in SIDES if name in source.tables)
        raise WrongUse(
            f"rings: {source.name} has no table {table}; allowed are {given or 'orders, payments, reviews'}; choose with --table"
        )
    names = (actors or SIDES[table][0], targets or SIDES[table][1])
    rows = source.tables[table]
    for name in names:
        if name not in rows.columns or rows[name].null_count() == rows.height:
            known = ", ".join(column for column in rows.columns if column.endswith("_id") and rows[column].null_count() < rows.height)
            raise WrongUse(f"rings: the source gives no {name} for {table}; allowed are {known}; choose with --actors and --targets")
    happened = INBOUND[table].event_at or ""
    if table not in source.timeless:
        rows = rows.filter(pl.col(happened) > rows[happened].max() - timedelta(days=days))  # type: ignore[operator]
    kept = rows.select(pl.col(names[0]).alias("actor"), pl.col(names[1]).alias("target")).drop_nulls()
    pairs = kept.unique()
    who, actor = np.unique(pairs["actor"].to_numpy().astype(str), return_inverse=True)
    whom, target = np.unique(pairs["target"].to_numpy().astype(str), return_inverse=True)
    progress(f"{pairs.height} pairs of {len(who)} {names[0]} and {len(whom)} {names[1]}")
    graph = sp.csr_array((np.ones(pairs.height), (actor, target)), shape=(len(who), len(whom)))
    return [_told(block, who, whom, kept) for block in find_blocks(graph, most=most)]


def _told(block: Block, who: Any, whom: Any, rows: pl.DataFrame) -> dict[str, Any]:
    scores = block.member_scores()
    sides = (who[block.actors].tolist(), whom[block.targets].tolist())
    within = rows.filter(pl.col("actor").is_in(sides[0]) & pl.col("target").is_in(sides[1]))
    members = [
        [
            {"id": name, "score": float(score)}
            for score, name in sorted(zip(score, names, strict=True), key=lambda pair: (-pair[0], pair[1]))
        ]
        for score, names in zip(scores, sides, strict=True)
    ]
    return {
        "actors": members[0],
        "targets": members[1],
        "rows": within.height,
        "edges": block.edges,
        "expected": block.expected,
        "evidence": block.evidence,
        "unevenness": block.unevenness,
        "suspicion": block.suspicion,
    }
