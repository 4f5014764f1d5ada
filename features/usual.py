"""What a party's payments usually come to, and how far one payment lies from it."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features import streams
from fairdeal.features.definitions import Derived, Feature, window_feature
from fairdeal.features.windows import DAY, Aggregate, Trail, evaluate

#: How far back a payer's habit is looked for, in days.
HABIT_DAYS = 90
#: Squares are summed in tenths of the minor unit squared, of amounts up to a hundred million, so that the sums stay whole and in bounds.
SQUARE_UNIT, SQUARE_LIMIT = 10, 10**10
#: Spreads beyond the mean from which a payment is out of the ordinary for its payer, and what is added to a spread: one major unit.
UNUSUAL, LEAST_SPREAD = 2.5, 100.0


def usual(entity: str, key: tuple[str, ...], days: int, catches: tuple[Typology, ...], zh: str, en: str) -> tuple[Feature, ...]:
    """Mean and spread of a party's payments, and where this one lies; the count of payments is registered besides.

    Parameters
    ----------
    entity, key, days
        The party's word in names, its columns, and the window.
    zh, en
        The party in sentences.
    """
    window, absent = days * DAY, f"no payment of {en} in this time"
    mean, spread = f"{entity}_payment_amount_mean_{days}d", f"{entity}_payment_amount_spread_{days}d"
    parts = (("payment_amount", "amount_minor"), ("payment_amount_square", "amount_square"))
    return (
        *(
            window_feature(entity, key, measure, Aggregate.SUM, window, catches, value=value, stream="payments", is_part=True)
            for measure, value in parts
        ),
        Feature(
            Derived(mean, _mean(entity, days)),
            catches,
            absent,
            ReasonTemplate(
                f"{entity.upper()}_MEAN_{days}D",
                f"{zh} {days} 天平均每次付款 {{value}}（通常 {{norm}}）",
                f"{en[0].upper()}{en[1:]}: mean payment in {days} days {{value}} ({{norm}} is usual)",
                "money",
                0,
            ),
        ),
        Feature(Derived(spread, _spread(entity, days)), catches, absent, None),
        Feature(
            Derived(
                f"payment_amount_unusual_to_{entity}_{days}d",
                (pl.col("payment_amount_minor") - pl.col(mean)) / (pl.col(spread) + LEAST_SPREAD),
            ),
            catches,
            absent,
            ReasonTemplate(
                f"UNUSUAL_TO_{entity.upper()}",
                f"金额比{zh} {days} 天均值高 {{value}} 倍离散程度（通常 {{norm}}）",
                f"The amount lies {{value}} spreads above the {days}-day mean of {en} ({{norm}} is usual)",
                "number",
                1,
            ),
        ),
        Feature(
            Derived(f"payment_amount_to_{entity}_mean_{days}d", pl.col("payment_amount_minor") / pl.col(mean)),
            catches,
            absent,
            ReasonTemplate(
                f"AMOUNT_TO_{entity.upper()}_MEAN_{days}D",
                f"金额是{zh} {days} 天均值的 {{value}}（通常 {{norm}}）",
                f"The amount is {{value}} the {days}-day mean of {en} ({{norm}} is usual)",
                "ratio",
                1,
            ),
        ),
    )


def with_squares(payments: pl.LazyFrame) -> pl.LazyFrame:
    """Payments with ``amount_square``, from whose sums a spread follows."""
    amount = pl.col("amount_minor").clip(-SQUARE_LIMIT, SQUARE_LIMIT) // SQUARE_UNIT
    return payments.with_columns(amount_square=amount**2)


def told_usual(frauds: pl.LazyFrame, payments: pl.LazyFrame) -> pl.LazyFrame:
    """Known frauds, each with ``is_usual``: whether its amount was within its payer's habit when it happened; ``known_s`` as whole seconds.

    A payer without a history has no habit to be outside of.
    """
    found = frauds.collect()
    key, window = ("payer_id",), HABIT_DAYS * DAY
    habits = [
        Trail("payer", key, "payments", "payment", Aggregate.COUNT, window),
        Trail("payer", key, "payments", "payment_amount", Aggregate.SUM, window, "amount_minor"),
        Trail("payer", key, "payments", "payment_amount_square", Aggregate.SUM, window, "amount_square"),
    ]
    habit = evaluate(found.select("payer_id", t=streams.seconds("paid_at")), {"payments": payments}, habits)
    limit = _mean("payer", HABIT_DAYS) + UNUSUAL * (_spread("payer", HABIT_DAYS) + LEAST_SPREAD)
    far = (pl.col("amount_minor") > limit).fill_null(False)
    is_usual = pl.concat([found.select("amount_minor"), habit], how="horizontal").select(is_usual=~far)["is_usual"]
    return found.with_columns(is_usual, known_s=pl.col("t")).lazy()


def _mean(entity: str, days: int) -> pl.Expr:
    count = pl.col(f"{entity}_payment_count_{days}d")
    return pl.col(f"{entity}_payment_amount_sum_{days}d") / pl.when(count > 0).then(count)


def _spread(entity: str, days: int) -> pl.Expr:
    count = pl.col(f"{entity}_payment_count_{days}d")
    squares = pl.col(f"{entity}_payment_amount_square_sum_{days}d") / pl.when(count > 0).then(count) * float(SQUARE_UNIT**2)
    return pl.max_horizontal(squares - _mean(entity, days) ** 2, pl.lit(0.0)).sqrt()
