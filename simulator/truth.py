"""Truth: who cheated, kept apart from everything that a provider sends."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from fairdeal.simulator.exports import id_column
from fairdeal.simulator.market import Market


def write_truth(
    out: Path,
    market: Market,
    orders: pl.DataFrame,
    payments: pl.DataFrame,
    reviews: pl.DataFrame,
    campaigns: pl.DataFrame,
    planted: dict[str, dict[str, int]],
) -> None:
    """Write the truth of the period.

    Notes
    -----
    ``orders.parquet``, ``payments.parquet``, ``reviews.parquet``
        One row per fraudulent subject: ``subject_id, typology, campaign_id``.
    ``campaigns.parquet``
        One row per campaign: ``campaign_id, typology, merchant_id, started_at, ended_at, members``.
    ``look_alikes.parquet``
        One row per honest subject that resembles a cheat: ``subject_kind, subject_id, look_alike``.
    ``planted_defects.json``
        Broken rows per table and kind, and card numbers typed into texts.
    """
    out.mkdir(parents=True, exist_ok=True)
    subjects = (("order", orders, "fake_deal"), ("payment", payments, "fake_payment"), ("review", reviews, "typology"))
    alike: list[pl.DataFrame] = []
    for kind, table, typology in subjects:
        fraud = table.filter(pl.col(typology).is_not_null())
        pl.DataFrame(
            {
                "subject_id": id_column(kind, fraud[kind], market.seed),
                "typology": fraud[typology],
                "campaign_id": id_column("campaign", fraud["campaign"], market.seed),
            }
        ).sort("subject_id").write_parquet(out / f"{kind}s.parquet")
        honest = table.filter(pl.col(typology).is_null() & pl.col("look_alike").is_not_null())
        alike.append(
            pl.DataFrame({"subject_id": id_column(kind, honest[kind], market.seed), "look_alike": honest["look_alike"]}).select(
                pl.lit(kind).alias("subject_kind"), "subject_id", "look_alike"
            )
        )
    pl.concat(alike).sort("subject_kind", "subject_id").write_parquet(out / "look_alikes.parquet")
    moment = pl.Datetime("us", "UTC")
    pl.DataFrame(
        {
            "campaign_id": id_column("campaign", campaigns["campaign"], market.seed),
            "typology": campaigns["typology"],
            "merchant_id": id_column("merchant", campaigns["merchant"], market.seed),
            "started_at": (campaigns["started_at"] * 1000).cast(moment),
            "ended_at": (campaigns["ended_at"] * 1000).cast(moment),
            "members": campaigns["members"],
        }
    ).sort("campaign_id").write_parquet(out / "campaigns.parquet")
    (out / "planted_defects.json").write_text(json.dumps(planted, indent=2, sort_keys=True) + "\n", encoding="utf-8")
