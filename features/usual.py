"""What a party's payments usually come to, and how far one payment lies from it."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features import streams
from fairdeal.features.definitions import Derived, Feature, history_feature, window_feature
from fairdeal.features.trails import DAY, Aggregate, Trail
from fairdeal.features.windows import evaluate

#: How far back a payer's habit is looked for, in days.
HABIT_DAYS = 90
#: Spreads beyond the mean from which a payment is out of the ordinary for its payer, and what is added to a spread: one major unit.
UNUSUAL, LEAST_SPREAD = 2.5, 100.0


def amounts(entity: str, key: tuple[str, ...], aggregate: Aggregate, days: int) -> Trail:
    """What a party's payments came to."""
    return Trail(entity, key, "payments", "payment_amount", aggregate, days * DAY, "amount_minor")


def usual(entity: str, key: tuple[str, ...], days: int, catches: tuple[Typology, ...], zh: str, en: str) -> tuple[Feature, ...]:
    """Mean and spread of a party's payments, and where this one lies.

    Parameters
    ----------
    entity, key, days
        The party's word in names, its columns, and the window.
    zh, en
        The party in sentences.
    """
    mean, spread = amounts(entity, key, Aggregate.MEAN, days), amounts(entity, key, Aggregate.SPREAD, days)
    return (
        *(
            window_feature(entity, key, "payment_amount", aggregate, days * DAY, catches, value="amount_minor", stream="payments")
            for aggregate in (Aggregate.MEAN, Aggregate.SPREAD)
        ),
        Feature(
            Derived(f"payment_amount_unusual_to_{entity}_{days}d", _spreads_above(mean, spread, "payment_amount_minor")),
            catches,
            f"no payment of {en} in this time",
            ReasonTemplate(
                f"UNUSUAL_TO_{entity.upper()}",
                f"金额比{zh} {days} 天均值高 {{value}} 倍离散程度（通常 {{norm}}）",
                f"The amount lies {{value}} spreads above the {days}-day mean of {en} ({{norm}} is usual)",
                "number",
                1,
            ),
        ),
        history_feature("payment_amount", "payment_amount_minor", mean, catches),
    )


def told_usual(frauds: pl.LazyFrame, payments: pl.LazyFrame) -> pl.LazyFrame:
    """Known frauds, each with ``is_usual``: whether its amount was within its payer's habit when it happened.

    A payer without a history has no habit to be outside of.
    """
    found = frauds.collect()
    mean, spread = (amounts("payer", ("payer_id",), aggregate, HABIT_DAYS) for aggregate in (Aggregate.MEAN, Aggregate.SPREAD))
    habit = evaluate(found.select("payer_id", t=streams.seconds("paid_at")), {"payments": payments}, [mean, spread])
    far = (_spreads_above(mean, spread, "amount_minor") > UNUSUAL).fill_null(False)
    is_usual = pl.concat([found.select("amount_minor"), habit], how="horizontal").select(is_usual=~far)["is_usual"]
    return found.with_columns(is_usual).lazy()


def _spreads_above(mean: Trail, spread: Trail, amount: str) -> pl.Expr:
    return (pl.col(amount) - pl.col(mean.name)) / (pl.col(spread.name) + LEAST_SPREAD)
