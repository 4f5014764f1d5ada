"""What was charged against what the payer was shown and has paid already: each difference alone, and how many there are."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features.definitions import Derived, Feature, Own, Ratio, window_feature
from fairdeal.features.trails import DAY, Aggregate

ERROR = (Typology.PAYMENT_ERROR,)
NOT_SHOWN = "the source does not say what the payer was shown"
#: The order was paid before, and this is another charge for it.
PAID_BEFORE = "order_payment_approved_count_30d"


def _differences() -> pl.Expr:
    """Ways in which a charge departs from what it should be; null where nothing is known to hold it against."""
    ways = (
        pl.col("payment_shown_gap_minor") > 0,
        pl.col("payment_payee_differs") > 0,
        pl.col("payment_method_differs") > 0,
        pl.col(PAID_BEFORE) > 0,
    )
    nothing = pl.all_horizontal(way.is_null() for way in ways)
    return pl.when(~nothing).then(pl.sum_horizontal(way.cast(pl.Int64) for way in ways))


CHARGED: tuple[Feature, ...] = (
    Feature(
        Own("payment_shown_gap_minor", pl.col("amount_minor") - pl.col("shown_amount_minor")),
        ERROR,
        NOT_SHOWN,
        ReasonTemplate("SHOWN_GAP", "实收比显示金额多 {value}", "Charged {value} more than was shown", "money", 1),
    ),
    Feature(
        Own("payment_payee_differs", (pl.col("payee_id") != pl.col("shown_payee_id")).cast(pl.Int64)),
        ERROR,
        "the source does not say whom the payer was shown",
        ReasonTemplate(
            "PAYEE_DIFFERS", "收款方与显示给付款人的不同：{value}", "Another payee than the payer was shown: {value}", "flag", 1
        ),
    ),
    Feature(
        Own("payment_method_differs", (pl.col("method") != pl.col("shown_method")).cast(pl.Int64)),
        ERROR,
        "the source does not say which method the payer was shown",
        ReasonTemplate(
            "METHOD_DIFFERS", "支付方式与显示给付款人的不同：{value}", "Another method than the payer was shown: {value}", "flag", 1
        ),
    ),
    Feature(
        Ratio("payment_amount_to_shown", "payment_amount_minor", "shown_amount_minor"),
        ERROR,
        NOT_SHOWN,
        ReasonTemplate("AMOUNT_TO_SHOWN", "实收是显示金额的 {value}", "Charged {value} what was shown", "ratio", 0),
    ),
    window_feature("order", ("order_id",), "payment_approved", Aggregate.COUNT, 30 * DAY, ERROR, stream="payments", where="is_approved"),
    Feature(
        Derived("payment_difference_count", _differences()),
        ERROR,
        "nothing is known to hold the charge against",
        ReasonTemplate(
            "CHARGED_OTHERWISE",
            "扣款有 {value} 处与显示或已付不符（通常 {norm}）",
            "The charge departs in {value} ways from what was shown or paid already ({norm} is usual)",
            "count",
            1,
        ),
    ),
)
