"""Reconciliation: charges that depart from what the payer was shown or owes, found by rule, each with the money in question.

Nothing is learned here and nothing is likely: a charge departs or it does not. What cannot be held against anything is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import polars as pl

from fairdeal.data_contracts.reasons import format_value
from fairdeal.features import streams

#: How far back another charge for the same order is looked for.
LOOK_BACK_DAYS = 30
#: Words of an order's state, in lower case, that say it was not paid.
NOT_PAID = ("payment_failed", "payment failed", "failed", "unpaid", "not_paid", "支付失败", "付款失败", "未支付", "未付款")


class Mischarge(StrEnum):
    """Ways in which a charge departs, the gravest first."""

    DUPLICATE = "duplicate"
    PAYEE = "payee"
    METHOD = "method"
    PAID_BUT_FAILED = "paid_but_failed"
    AMOUNT = "amount"


MISCHARGED = {
    "subject_id": pl.String(),
    "mischarge": pl.String(),
    "in_question_minor": pl.Int64(),
    "departures": pl.List(pl.String()),
    "amount_minor": pl.Int64(),
    "currency": pl.String(),
    "shown_amount_minor": pl.Int64(),
    "payee_id": pl.String(),
    "shown_payee_id": pl.String(),
    "method": pl.String(),
    "shown_method": pl.String(),
    "order_id": pl.String(),
    "first_payment_id": pl.String(),
    "order_status": pl.String(),
}


def reconciled(tables: streams.Tables, start: datetime, end: datetime) -> pl.DataFrame:
    """Charges of an interval that depart from what they should be, sorted by payment.

    Parameters
    ----------
    tables
        ``payments``, and ``orders`` where the source has them, as known at the interval's end.
    start, end
        The interval holds ``start`` and not ``end``.

    Returns
    -------
    polars.DataFrame
        Columns of `MISCHARGED`: the gravest way in which each departs, all its ways, the money in question, and what shows it.

    Notes
    -----
    Only what was approved has taken money. A *duplicate* charges the same payer the same amount again for an order that has been paid:
    halves of a split payment, which do not exceed the order, are none, nor are two orders alike. An *amount* departs where more was
    charged than was shown; less is a coupon. *Payee* and *method* depart from what was shown. *Paid but failed*: the money was taken
    and the order says that it was not paid. In question is what was charged too much, for an amount, and else the whole charge.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    approved = streams.table(tables, "payments").filter(pl.col("status") == "approved")
    charges = approved.filter((pl.col("paid_at") >= start) & (pl.col("paid_at") < end))
    found = charges.join(_paid_before(approved, charges, start, end), on="payment_id", how="left").join(
        _owed(tables, charges), on="order_id", how="left"
    )
    owes_nothing_more = pl.col("owed_minor").is_null() | (pl.col("owed_currency") != pl.col("currency"))
    owes_nothing_more |= pl.col("paid_minor") + pl.col("amount_minor") > pl.col("owed_minor")
    ways = {
        Mischarge.DUPLICATE: pl.col("first_payment_id").is_not_null() & owes_nothing_more,
        Mischarge.PAYEE: pl.col("payee_id") != pl.col("shown_payee_id"),
        Mischarge.METHOD: pl.col("method") != pl.col("shown_method"),
        Mischarge.PAID_BUT_FAILED: pl.col("order_status").str.strip_chars().str.to_lowercase().is_in(NOT_PAID),
        Mischarge.AMOUNT: pl.col("amount_minor") > pl.col("shown_amount_minor"),
    }
    named = [pl.when(way.fill_null(False)).then(pl.lit(str(name))) for name, way in ways.items()]
    told = found.with_columns(departures=pl.concat_list(named).list.drop_nulls()).filter(pl.col("departures").list.len() > 0)
    first = pl.col("departures").list.first()
    excess = pl.col("amount_minor") - pl.col("shown_amount_minor")
    return (
        told.with_columns(
            subject_id=pl.col("payment_id"),
            mischarge=first,
            in_question_minor=pl.when(first == Mischarge.AMOUNT).then(excess).otherwise("amount_minor"),
        )
        .select(pl.col(name).cast(kind) for name, kind in MISCHARGED.items())
        .collect(engine="streaming")
        .sort("subject_id")
    )


def _paid_before(approved: pl.LazyFrame, charges: pl.LazyFrame, start: datetime, end: datetime) -> pl.LazyFrame:
    """By charge of an order that the same payer has paid the same amount for already: the first such payment, and all paid till then."""
    wanted = charges.filter(pl.col("order_id").is_not_null()).select("order_id", "payment_id", "payer_id", "paid_at", "amount_minor")
    recent = approved.filter((pl.col("paid_at") >= start - timedelta(days=LOOK_BACK_DAYS)) & (pl.col("paid_at") < end))
    earlier = recent.select("order_id", *(pl.col(name).name.suffix("_1") for name in ("payment_id", "payer_id", "paid_at", "amount_minor")))
    is_before = (pl.col("paid_at_1") < pl.col("paid_at")) | (
        (pl.col("paid_at_1") == pl.col("paid_at")) & (pl.col("payment_id_1") < pl.col("payment_id"))
    )
    same = (pl.col("payer_id_1") == pl.col("payer_id")) & (pl.col("amount_minor_1") == pl.col("amount_minor"))
    return (
        earlier.join(wanted, on="order_id", how="inner")
        .filter(is_before)
        .group_by("payment_id")
        .agg(
            paid_minor=pl.col("amount_minor_1").sum(),
            first_payment_id=pl.col("payment_id_1").filter(same).sort_by(pl.col("paid_at_1").filter(same)).first(),
        )
    )


def _owed(tables: streams.Tables, charges: pl.LazyFrame) -> pl.LazyFrame:
    """What each order that was paid for costs, and its state in the provider's words."""
    orders = streams.table(tables, "orders").select(
        "order_id", owed_minor="amount_minor", owed_currency="currency", order_status=pl.col("status")
    )
    return orders.join(charges.select("order_id").drop_nulls().unique(), on="order_id", how="semi")


_SENTENCES = {
    Mischarge.DUPLICATE: (
        "CHARGED_TWICE",
        "同一订单重复扣款：再次扣款 {charged}",
        "Charged twice for one order: {charged} once more",
    ),
    Mischarge.PAYEE: ("PAID_TO_ANOTHER", "收款方与显示给付款人的不同", "The money went to another payee than the payer was shown"),
    Mischarge.METHOD: ("CHARGED_BY_ANOTHER_METHOD", "扣款方式与显示给付款人的不同", "Charged by another method than the payer was shown"),
    Mischarge.PAID_BUT_FAILED: (
        "PAID_BUT_FAILED",
        "已扣款 {charged}，但订单显示支付失败",
        "{charged} were taken, and the order says that it was not paid",
    ),
    Mischarge.AMOUNT: ("CHARGED_MORE", "实收 {charged}，显示 {shown}", "Charged {charged} where {shown} was shown"),
}


def mischarge_reasons(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One sentence in both languages for each way in which a charge departs, the gravest first.

    Parameters
    ----------
    found
        A row of `reconciled`.
    """
    told = []
    for way in found["departures"]:
        code, chinese, english = _SENTENCES[Mischarge(way)]
        money = {
            language: {
                "charged": format_value(found["amount_minor"], "money", language, found["currency"]),
                "shown": format_value(found["shown_amount_minor"], "money", language, found["currency"]),
            }
            for language in ("zh", "en")
        }
        told.append(
            {
                "code": code,
                "value": float(found["amount_minor"]),
                "norm": float(found["shown_amount_minor"]) if way == Mischarge.AMOUNT else None,
                "text_zh": chinese.format(**money["zh"]),
                "text_en": english.format(**money["en"]),
            }
        )
    return told
