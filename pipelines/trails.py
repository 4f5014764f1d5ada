"""The trail of an alert: what its order and its account did around it, from every table, as its case will show it side by side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.tables import Tables

#: Most happenings in one trail: those of the same order first, then the account's nearest in time.
MOST = 24
#: How far before and after the alert's event an account is followed.
REACH = timedelta(days=7)
#: A text is cut after so many characters.
LONGEST_TEXT = 300
#: Where each table names the order, and the account whose doing it is.
_NAMED_BY = {
    "orders": ("order_id", "buyer_id"),
    "payments": ("order_id", "payer_id"),
    "refunds": ("order_id", "buyer_id"),
    "shipments": ("order_id", None),
    "reviews": ("order_id", "reviewer_id"),
}
#: What of a row comes along, where it is known.
_TOLD = (
    "order_id", "amount_minor", "currency", "status", "method", "rating", "text", "reason", "carrier", "delivered_at", "completed_at",
    "instrument_id", "device_id", "network_id", "address_id",
)  # fmt: skip

Alert = tuple[str, str]


def trails(tables: Tables, alerts: pl.DataFrame, snapshots: dict[Alert, dict[str, Any]]) -> dict[Alert, list[dict[str, Any]]]:
    """The happenings around each alert, in order of time.

    Parameters
    ----------
    tables
        As known at the interval's end; nothing later is seen.
    alerts
        ``detector, subject_id, event_at``.
    snapshots
        The alerts' own rows, which name order and account.

    Returns
    -------
    dict
        By detector and subject: ``table, id, at``, the columns of `_TOLD` that are known, and whether the happening is of the same
        ``order`` or of the same ``account``.
    """
    wanted = _wanted(alerts, snapshots)
    found = [part for name in _NAMED_BY for part in _happenings(name, tables[name], wanted)]
    rows: dict[Alert, dict[tuple[str, str], dict[str, Any]]] = {}
    for part in found:
        for row in part.iter_rows(named=True):
            told = {key: _plain(value) for key, value in row.items() if value is not None and key not in ("detector", "subject_id", "far")}
            trail = rows.setdefault((row["detector"], row["subject_id"]), {})
            known = trail.setdefault((row["table"], row["id"]), {**told, "far": row["far"]})
            if told["tie"] == "order":
                known["tie"] = "order"
    return {key: _bounded(list(trail.values())) for key, trail in sorted(rows.items())}


def _wanted(alerts: pl.DataFrame, snapshots: dict[Alert, dict[str, Any]]) -> pl.DataFrame:
    rows = []
    for detector, subject, at in alerts.select("detector", "subject_id", "event_at").iter_rows():
        snapshot = snapshots[detector, subject]
        account = next((snapshot[name] for name in ("payer_id", "buyer_id", "reviewer_id") if snapshot.get(name)), None)
        order = subject if detector == Detector.DEALS else snapshot.get("order_id")
        rows.append({"detector": detector, "subject_id": subject, "event_at": at, "order_id": order, "account_id": account})
    schema = {"detector": pl.String(), "subject_id": pl.String(), "event_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema={**schema, "order_id": pl.String(), "account_id": pl.String()}).sort("detector", "subject_id")


def _happenings(name: str, table: pl.LazyFrame, wanted: pl.DataFrame) -> list[pl.DataFrame]:
    """Rows of one table that are of a wanted order, and those of a wanted account within reach."""
    contract, known = INBOUND[name], table.collect_schema().names()
    own, happened = contract.key[0], contract.event_at or ""
    order, account = _NAMED_BY[name]
    told = [column for column in _TOLD if column in known and column != own]
    named = [column for column in (order, account) if column is not None and column in known]
    orders = wanted["order_id"].drop_nulls().unique()
    accounts = wanted["account_id"].drop_nulls().unique()
    is_of_order = pl.col(order).is_in(orders.implode()) if order in named else pl.lit(False)
    is_of_account = pl.col(account).is_in(accounts.implode()) if account in named else pl.lit(False)
    wide = [column for column in dict.fromkeys([*named, *told]) if column != own]
    chosen = table.filter(is_of_order | is_of_account).select(pl.col(own).alias("id"), pl.col(happened).alias("at"), *wide)
    rows = chosen.collect(engine="streaming")
    parts = []
    for column, key, tie in ((order, "order_id", "order"), (account, "account_id", "account")):
        if column not in named:
            continue
        side = wanted.select("detector", "subject_id", "event_at", pl.col(key).alias("__key")).drop_nulls("__key")
        both = side.join(rows, left_on="__key", right_on="id" if column == own else column, how="inner", coalesce=False)
        far = (pl.col("at") - pl.col("event_at")).abs()
        near = both.with_columns(far=far).filter((pl.lit(tie) == "order") | (pl.col("far") <= REACH))
        parts.append(near.select("detector", "subject_id", "id", "at", "far", *told, table=pl.lit(name), tie=pl.lit(tie)).sort("at", "id"))
    return parts


def _bounded(trail: list[dict[str, Any]]) -> list[dict[str, Any]]:
    nearest = sorted(trail, key=lambda one: (one["tie"] != "order", one["far"], one["table"], one["id"]))[:MOST]
    ordered = sorted(nearest, key=lambda one: (one["at"], one["table"], one["id"]))
    return [{key: value for key, value in one.items() if key != "far"} for one in ordered]


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[:LONGEST_TEXT] + "…"
    return value
