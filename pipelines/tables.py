"""What a run or a training sees: the tables as they were known at a moment, and each detector's feature table made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from fairdeal.data_contracts.features import feature_contract
from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import LONGEST_WINDOW_S, FeatureTable, build
from fairdeal.pipelines.labelling import known_labels
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.settings import Settings

#: Orders and reviews are scored again on later days, up to this age, when something about them became known.
RESCORED_DAYS = 30


def known_tables(
    lake: Lake, source: str, *, watermark: int, known_before: datetime, since: datetime, labels_until: int | None = None
) -> dict[str, pl.DataFrame]:
    """Every table as known before a moment, with the history that the longest window needs before ``since``.

    Orders and their parcels go back further by the age up to which they are looked at again, so that what arrives late finds them.
    ``labels_until`` is the number of the last label of a closed case that counts; all when omitted.
    """
    start = since - timedelta(seconds=LONGEST_WINDOW_S)
    tables = {}
    for name in INBOUND:
        if name == "labels":
            tables[name] = known_labels(lake, source, watermark=watermark, known_before=known_before, labels_until=labels_until)
            continue
        earlier = timedelta(days=RESCORED_DAYS) if name in ("orders", "shipments") else timedelta()
        tables[name] = lake.table(source, name, watermark=watermark, known_before=known_before, since=start - earlier)
    return tables


def interval_subjects(
    detector: Detector, tables: dict[str, pl.DataFrame], start: datetime, end: datetime
) -> tuple[pl.DataFrame, pl.Series | None]:
    """The rows that a run over an interval scores, and the moment of each.

    Payments of the interval are scored as of the attempt. Orders and reviews of the interval are scored as of its end, and so are those
    of the 30 days before about which something became known within the interval: a parcel, a delivery, a refund, a review.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    contract = INBOUND[detector.table]
    rows = tables[detector.table]
    happened = pl.col(contract.event_at or "")
    fresh = (happened >= start) & (happened < end)
    if detector is Detector.PAYMENTS:
        return rows.filter(fresh), None
    news = _orders_with_news(tables, start, end)
    again = (happened >= start - timedelta(days=RESCORED_DAYS)) & (happened < start) & pl.col("order_id").is_in(news.implode())
    chosen = rows.filter(fresh | again.fill_null(False))
    return chosen, pl.Series([end] * chosen.height, dtype=pl.Datetime("us", "UTC"))


def _orders_with_news(tables: dict[str, pl.DataFrame], start: datetime, end: datetime) -> pl.Series:
    told = (("shipments", "shipped_at"), ("shipments", "delivered_at"), ("refunds", "requested_at"), ("reviews", "posted_at"))
    found = [tables[name].filter((pl.col(moment) >= start) & (pl.col(moment) < end))["order_id"] for name, moment in told]
    return pl.concat(found).drop_nulls().unique()


def training_subjects(
    detector: Detector, tables: dict[str, pl.DataFrame], start: datetime, end: datetime, settings: Settings
) -> tuple[pl.DataFrame, pl.Series | None]:
    """The rows a model may learn from, each at the moments at which the daily run would score it.

    Orders and reviews stand at the close of their day and again a week later, as they are scored again when news arrives; the second
    look is left out where it lies beyond ``end``.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    contract = INBOUND[detector.table]
    happened = pl.col(contract.event_at or "")
    rows = tables[detector.table].filter((happened >= start) & (happened < end))
    if detector is Detector.PAYMENTS:
        return rows, None
    close = happened.dt.convert_time_zone(settings.time_zone).dt.truncate("1d").dt.offset_by("1d").dt.convert_time_zone("UTC")
    looks = [rows.with_columns(__as_of=close.dt.offset_by(f"{days}d")) for days in (0, 7)]
    both = pl.concat(looks).filter(pl.col("__as_of") <= end)
    return both.drop("__as_of"), both["__as_of"]


def feature_table(
    detector: Detector, tables: dict[str, pl.DataFrame], subjects: pl.DataFrame, as_of: pl.Series | None, settings: Settings
) -> FeatureTable:
    """One detector's features for the given subjects."""
    table = build(detector, tables, subjects, as_of=as_of, time_zone=settings.time_zone)
    return replace(table, rows=promised(feature_contract(detector, table.names), table.rows))


def all_blind(tables: Sequence[FeatureTable]) -> list[str]:
    """Features that are null throughout, over several tables."""
    return sorted({name for table in tables for name in table.blind})
