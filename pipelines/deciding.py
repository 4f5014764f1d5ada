"""Deciding: an action for every scored subject, by the written policy and the table of who bears which loss."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import polars as pl

from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import deciding
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from

#: Facts of a subject that the policy heeds, where its table gives them.
FLAGS = ("is_weak_credential", "is_unsafe_channel")


def platform_currency(tables: Mapping[str, pl.DataFrame]) -> str | None:
    """The currency most trade is in, in which harm without an amount of its own is told; None where no money is known."""
    codes = pl.concat([tables[name]["currency"] for name in ("orders", "payments")]).drop_nulls()
    return None if codes.is_empty() else str(codes.value_counts().sort("count", "currency", descending=[True, False])["currency"][0])


def decide(
    detector: Detector, scores: pl.DataFrame, rows: pl.DataFrame, *, settings: dict[str, Any], moment: datetime, currency: str | None
) -> pl.DataFrame:
    """Decisions under their contract, sorted by moment and subject.

    Parameters
    ----------
    scores
        Scores of one detector.
    rows
        Its table, with at least the scored subjects.
    settings
        The frozen ``policy`` and ``loss`` settings.
    moment
        The run's frozen moment: actions lapse counted from here.
    currency
        In which harm is told where the subject moves no money of its own.
    """
    contract = INBOUND[detector.table]
    money = [name for name in ("amount_minor", "currency") if name in contract.names]
    subjects = (
        rows.select(
            pl.col(contract.key[0]).alias("subject_id"),
            pl.col(contract.event_at or "").alias("event_at"),
            *money,
            *(name for name in FLAGS if name in contract.names),
        )
        .with_columns(
            *(pl.lit(None, dtype).alias(name) for name, dtype in (("amount_minor", pl.Int64), ("currency", pl.String)) if name not in money)
        )
        .with_columns(pl.col("currency").fill_null(pl.lit(currency, pl.String)))
        .filter(pl.col("subject_id").is_in(scores["subject_id"].implode()))
    )
    frame = subjects.to_pandas().astype({"amount_minor": "Int64"})
    decided = deciding.decide(
        scores.to_pandas(), frame, policy_from(settings["policy"]), loss_table(settings["loss"]), pd.Timestamp(moment).tz_convert("UTC")
    )
    table = pl.from_dataframe(decided).with_columns(pl.col("probability").fill_nan(None))
    return promised(DECISIONS, table).sort("as_of_at", "subject_id")
