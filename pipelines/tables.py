"""What a run or a training sees: the tables as they were known at a moment, and each detector's feature table made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from fairdeal.data_contracts.contract import Contract
from fairdeal.data_contracts.features import feature_contract
from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import FeatureTable, build, history_s
from fairdeal.features.parcel_signs import OVERDUE_S
from fairdeal.pipelines.labelling import known_labels
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.settings import Settings

#: Orders and reviews are scored again on later days, up to this age, when something about them became known.
RESCORED_DAYS = 30
#: Days after the close of its own day at which training looks at an order or a review again, as the nights do when news comes: most of an
#: order's comes on the first days, parcel by parcel, while hardly anything becomes of a review.
LOOKS = {Detector.DEALS: (0, 1, 2, 4, 7), Detector.REVIEWS: (0, 7)}


Tables = dict[str, pl.LazyFrame]


def known_tables(
    lake: Lake, source: str, *, watermark: int, known_before: datetime, since: datetime, labels_until: int | None = None
) -> Tables:
    """Every table as known before a moment, with the history that the longest window needs before ``since``; not executed.

    Orders and their parcels go back further by the age up to which they are looked at again, so that what arrives late finds them.
    ``labels_until`` is the number of the last label of a closed case that counts; all when omitted.
    """
    tables: Tables = {}
    for name in INBOUND:
        if name == "labels":
            labels = known_labels(lake, source, watermark=watermark, known_before=known_before, labels_until=labels_until)
            tables[name] = labels.lazy()
            continue
        earlier = timedelta(days=RESCORED_DAYS) if name in ("orders", "shipments") else timedelta()
        tables[name] = lake.rows(
            source, name, watermark=watermark, known_before=known_before, since=since - timedelta(seconds=history_s(name)) - earlier
        )
    return tables


def interval_subjects(detector: Detector, tables: Tables, start: datetime, end: datetime) -> tuple[pl.DataFrame, pl.Series | None]:
    """The rows that a run over an interval scores, sorted by key, and the moment of each.

    Payments of the interval are scored as of the attempt. Orders and reviews of the interval are scored as of its end, and so are those
    of the 30 days before about which something became known within the interval: a parcel, a delivery, a refund, a review, or that nothing
    was sent when it should have been.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    contract = INBOUND[detector.table]
    rows = tables[detector.table]
    happened = pl.col(contract.event_at or "")
    fresh = (happened >= start) & (happened < end)
    if detector is Detector.PAYMENTS:
        return _in_order(rows.filter(fresh), contract), None
    before = rows.filter((happened >= start - timedelta(days=RESCORED_DAYS)) & (happened < start))
    again = before.join(_orders_with_news(tables, start, end), on="order_id", how="semi")
    chosen = _in_order(pl.concat([rows.filter(fresh), again]), contract)
    return chosen, pl.Series([end], dtype=pl.Datetime("us", "UTC")).new_from_index(0, chosen.height)


def _in_order(rows: pl.LazyFrame, contract: Contract) -> pl.DataFrame:
    return rows.collect(engine="streaming").sort(contract.key)


def _orders_with_news(tables: Tables, start: datetime, end: datetime) -> pl.LazyFrame:
    told = (("shipments", "shipped_at"), ("shipments", "delivered_at"), ("refunds", "requested_at"), ("reviews", "posted_at"))
    found = [tables[name].filter((pl.col(moment) >= start) & (pl.col(moment) < end)).select("order_id") for name, moment in told]
    return pl.concat([*found, _orders_overdue(tables, start, end)]).drop_nulls().unique()


def _orders_overdue(tables: Tables, start: datetime, end: datetime) -> pl.LazyFrame:
    """Orders that became overdue within the interval: nothing was sent, where parcels of the listing are sent at all."""
    late, sent = timedelta(seconds=OVERDUE_S), tables["shipments"].select("order_id").unique()
    orders = tables["orders"].select("order_id", "listing_id", "ordered_at")
    goods = orders.join(sent, on="order_id", how="semi").select("listing_id").unique()
    due = orders.filter((pl.col("ordered_at") >= start - late) & (pl.col("ordered_at") < end - late))
    return due.join(sent, on="order_id", how="anti").join(goods, on="listing_id", how="semi").select("order_id")


def own_rows(
    detector: Detector, tables: Tables, subjects: pl.DataFrame, interval: tuple[datetime, datetime], *columns: str
) -> pl.LazyFrame:
    """The rows of subjects that a run over an interval scored, in no order, their key as ``subject_id``; not executed.

    Parameters
    ----------
    subjects
        Anything with ``subject_id``.
    columns
        What is wanted of the detector's table beside its key; all of it when none is named.
    """
    contract = INBOUND[detector.table]
    own, happened = contract.key[0], pl.col(contract.event_at or "")
    start, end = (moment.astimezone(UTC) for moment in interval)
    oldest = start if detector is Detector.PAYMENTS else start - timedelta(days=RESCORED_DAYS)
    # Only the days that can hold them are read, and the few that are sought are held while the many pass by.
    rows = tables[detector.table].filter((happened >= oldest) & (happened < end))
    wanted = subjects.lazy().select("subject_id").unique()
    chosen = rows.select(own, *columns) if columns else rows
    return chosen.join(wanted, left_on=own, right_on="subject_id", how="inner")


def training_subjects(
    detector: Detector, tables: Tables, start: datetime, end: datetime, settings: Settings, looks: tuple[int, ...] | None = None
) -> tuple[pl.DataFrame, pl.Series | None]:
    """The rows a model may learn from, each at the moments at which the daily run would score it.

    Orders and reviews stand at the close of their day and again on some days of the week after, as they are scored again when news
    arrives; a later look is left out where it lies beyond ``end``. ``looks`` are the days after the close of an event's own day, `LOOKS`
    when None.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    contract = INBOUND[detector.table]
    happened = pl.col(contract.event_at or "")
    rows = _in_order(tables[detector.table].filter((happened >= start) & (happened < end)), contract)
    if detector is Detector.PAYMENTS:
        return rows, None
    close = happened.dt.convert_time_zone(settings.time_zone).dt.truncate("1d").dt.offset_by("1d").dt.convert_time_zone("UTC")
    seen = [rows.with_columns(__as_of=close.dt.offset_by(f"{days}d")) for days in (LOOKS[detector] if looks is None else looks)]
    both = pl.concat(seen).filter(pl.col("__as_of") <= end)
    return both.drop("__as_of"), both["__as_of"]


def feature_table(detector: Detector, tables: Tables, subjects: pl.DataFrame, as_of: pl.Series | None, settings: Settings) -> FeatureTable:
    """One detector's features for the given subjects."""
    table = build(detector, tables, subjects, as_of=as_of, time_zone=settings.time_zone)
    return replace(table, rows=promised(feature_contract(detector, table.names), table.rows))
