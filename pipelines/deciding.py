"""Deciding: an action for every scored subject, by the written policy and the table of who bears which loss."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import polars as pl

from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.reconciling import reconciled
from fairdeal.models import deciding
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from
from fairdeal.pipelines.scoring import AT_ONCE
from fairdeal.pipelines.tables import Tables, own_rows

#: Facts of a subject that the policy heeds, where its table gives them.
FLAGS = ("is_weak_credential", "is_unsafe_channel")
#: A review of so many stars or fewer finds fault.
CRITICAL_STARS = 2


def platform_currency(tables: Tables, start: datetime, end: datetime) -> str | None:
    """The currency most trade of the interval is in, in which harm without an amount of its own is told.

    Where nothing was traded in the interval, of all trade that is looked back on; None where no money is known.
    """
    moments = {name: pl.col(INBOUND[name].event_at or "").is_between(start, end, closed="left") for name in ("orders", "payments")}
    for only in (moments, dict.fromkeys(moments, pl.lit(True))):
        codes = pl.concat([tables[name].filter(when).select("currency") for name, when in only.items()]).drop_nulls()
        counts = codes.group_by("currency").agg(count=pl.len()).collect(engine="streaming")
        if counts.height:
            return str(counts.sort("count", "currency", descending=[True, False])["currency"][0])
    return None


def decide(
    detector: Detector,
    scores: pl.DataFrame,
    tables: Tables,
    interval: tuple[datetime, datetime],
    *,
    settings: dict[str, Any],
    moment: datetime,
    currency: str | None,
) -> pl.DataFrame:
    """Decisions under their contract, in the order of the scores.

    Parameters
    ----------
    scores
        Scores of one detector.
    tables
        As known at the interval's end.
    interval
        Of the run.
    settings
        The frozen ``policy`` and ``loss`` settings.
    moment
        The run's frozen moment: actions lapse counted from here.
    currency
        In which harm is told where the subject moves no money of its own.
    """
    contract = INBOUND[detector.table]
    happened = contract.event_at or ""
    facts = [name for name in ("amount_minor", "currency", "rating", *FLAGS) if name in contract.names]
    absent = {name: pl.lit(None, dtype) for name, dtype in (("amount_minor", pl.Int64()), ("currency", pl.String())) if name not in facts}
    subjects = (
        own_rows(detector, tables, scores, interval, happened, *facts)
        .rename({contract.key[0]: "subject_id", happened: "event_at"})
        .with_columns(**absent)
        .with_columns(pl.col("currency").fill_null(pl.lit(currency, pl.String)))
        .collect(engine="streaming")
    )
    if detector is Detector.PAYMENTS:
        found = reconciled(tables, *interval).select("subject_id", deciding.MISCHARGE, deciding.IN_QUESTION)
        subjects = subjects.join(found, on="subject_id", how="left")
    if detector is Detector.REVIEWS:
        subjects = subjects.with_columns((pl.col("rating") <= CRITICAL_STARS).cast(pl.Float64).alias(deciding.CRITICAL)).drop("rating")
    policy, losses = policy_from(settings["policy"]), loss_table(settings["loss"])
    decided = [DECISIONS.empty()]
    for some in scores.iter_slices(AT_ONCE):
        frame = subjects.join(some.select("subject_id").unique(), on="subject_id", how="semi").to_pandas().astype({"amount_minor": "Int64"})
        table = pl.from_dataframe(deciding.decide(some.to_pandas(), frame, policy, losses, pd.Timestamp(moment).tz_convert("UTC")))
        decided.append(DECISIONS.conform(table.with_columns(pl.col("probability", "unusual").fill_nan(None))))
    return promised(DECISIONS, pl.concat(decided))
