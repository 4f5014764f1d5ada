"""What is known about a payment at the moment of the attempt."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features import streams
from fairdeal.features.definitions import Feature, Own, Ratio, window_feature
from fairdeal.features.windows import DAY, HOUR, Aggregate

STOLEN = (Typology.STOLEN_INSTRUMENT, Typology.ACCOUNT_TAKEOVER)
TESTING = (Typology.CARD_TESTING, Typology.STOLEN_INSTRUMENT)
ERROR = (Typology.PAYMENT_ERROR,)


COUNT, SUM, MAX, DISTINCT, SINCE = Aggregate.COUNT, Aggregate.SUM, Aggregate.MAX, Aggregate.DISTINCT, Aggregate.SINCE
PAYER, PAYEE, INSTRUMENT, DEVICE, NETWORK = ("payer_id",), ("payee_id",), ("instrument_id",), ("device_id",), ("network_id",)

FEATURES: tuple[Feature, ...] = (
    # The payment itself.
    Feature(
        Own("payment_amount_minor", pl.col("amount_minor")),
        STOLEN,
        "never",
        ReasonTemplate("PAYMENT_AMOUNT", "付款金额 {value}（通常 {norm}）", "Amount {value} ({norm} is usual)", "money", 1),
    ),
    Feature(
        Own("payment_hour", pl.col("local_hour")),
        STOLEN,
        "never",
        ReasonTemplate("PAYMENT_HOUR", "付款时间 {value}（通常 {norm}）", "Paid at about {value} ({norm} is usual)", "hour", 0),
    ),
    Feature(Own("payment_is_weekend", pl.col("is_weekend")), STOLEN, "never", None),
    Feature(
        Own("payment_safety_tier", pl.col("safety_tier")),
        STOLEN,
        "the source does not rate instruments",
        ReasonTemplate(
            "INSTRUMENT_TIER",
            "支付工具安全等级 {value}（通常 {norm}）",
            "Safety tier of the instrument {value} ({norm} is usual)",
            "number",
            -1,
        ),
    ),
    Feature(
        Own("payment_is_weak_credential", pl.col("is_weak_credential").cast(pl.Int64)),
        STOLEN,
        "the source does not say",
        ReasonTemplate("WEAK_CREDENTIAL", "账户使用弱密码或弱验证：{value}", "Weak password or factor on the account: {value}", "flag", 1),
    ),
    Feature(
        Own("payment_is_unsafe_channel", pl.col("is_unsafe_channel").cast(pl.Int64)),
        STOLEN,
        "the source does not say",
        ReasonTemplate(
            "UNSAFE_CHANNEL", "通过不安全的渠道或网络付款：{value}", "Paid over a channel or network known to be unsafe: {value}", "flag", 1
        ),
    ),
    Feature(
        Own("payment_shown_gap_minor", pl.col("amount_minor") - pl.col("shown_amount_minor")),
        ERROR,
        "the source does not say what the payer was shown",
        ReasonTemplate("SHOWN_GAP", "实收比显示金额多 {value}", "Charged {value} more than was shown", "money", 1),
    ),
    # The payer's own habit.
    *(window_feature("payer", PAYER, "payment", COUNT, w, TESTING, stream="payments") for w in (HOUR, DAY, 7 * DAY, 30 * DAY)),
    *(
        window_feature("payer", PAYER, "payment_amount", SUM, w, STOLEN, value="amount_minor", stream="payments")
        for w in (DAY, 7 * DAY, 30 * DAY)
    ),
    window_feature("payer", PAYER, "payment_amount", MAX, 30 * DAY, STOLEN, value="amount_minor", stream="payments"),
    window_feature("payer", PAYER, "payment_amount", MAX, 7 * DAY, STOLEN, value="amount_minor", stream="payments"),
    window_feature("payer", PAYER, "payment", SINCE, 30 * DAY, TESTING, stream="payments"),
    window_feature("payer", PAYER, "payee", DISTINCT, 7 * DAY, STOLEN, value="payee_id", stream="payments"),
    window_feature("payer", PAYER, "payment_declined", COUNT, DAY, TESTING, where="is_declined", stream="payments"),
    window_feature("payer_device", ("payer_id", "device_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    window_feature("payer_network", ("payer_id", "network_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    window_feature("payer_payee", ("payer_id", "payee_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    Feature(
        Ratio("payment_amount_to_payer_mean_30d", "payment_amount_times_count", "payer_payment_amount_sum_30d"),
        STOLEN,
        "no history of the payer",
        ReasonTemplate(
            "AMOUNT_TO_PAYER_MEAN",
            "金额是该付款人 30 天均值的 {value}（通常 {norm}）",
            "{value} this payer's 30-day mean ({norm} is usual)",
            "ratio",
            1,
        ),
    ),
    Feature(
        Ratio("payment_amount_to_payer_max_30d", "payment_amount_minor", "payer_payment_amount_max_30d"),
        STOLEN,
        "no history of the payer",
        ReasonTemplate(
            "AMOUNT_TO_PAYER_MAX",
            "金额是该付款人 30 天最高值的 {value}（通常 {norm}）",
            "{value} this payer's 30-day maximum ({norm} is usual)",
            "ratio",
            1,
        ),
    ),
    # The payee, with frauds as they became known.
    *(window_feature("payee", PAYEE, "payment", COUNT, w, STOLEN, stream="payments") for w in (DAY, 7 * DAY, 30 * DAY)),
    *(
        window_feature("payee", PAYEE, "payment_amount", SUM, w, STOLEN, value="amount_minor", stream="payments")
        for w in (7 * DAY, 30 * DAY)
    ),
    *(window_feature("payee", PAYEE, "payment_fraud", COUNT, w, STOLEN, stream="payment_frauds") for w in (DAY, 7 * DAY, 30 * DAY)),
    window_feature("payee", PAYEE, "payment_fraud", SINCE, 30 * DAY, STOLEN, stream="payment_frauds"),
    Feature(
        Ratio("payee_payment_fraud_rate_30d", "payee_payment_fraud_count_30d", "payee_payment_count_30d"),
        STOLEN,
        "no payments to the payee",
        ReasonTemplate(
            "PAYEE_FRAUD_RATE",
            "该收款方 30 天内已确认欺诈占比 {value}（通常 {norm}）",
            "Share of this payee's payments known to be fraud, 30 days: {value} ({norm} is usual)",
            "share",
            1,
        ),
    ),
    Feature(
        Ratio("payment_amount_to_payee_mean_30d", "payment_amount_times_payee_count", "payee_payment_amount_sum_30d"),
        STOLEN,
        "no history of the payee",
        ReasonTemplate(
            "AMOUNT_TO_PAYEE_MEAN",
            "金额是该收款方 30 天均值的 {value}（通常 {norm}）",
            "{value} this payee's 30-day mean ({norm} is usual)",
            "ratio",
            1,
        ),
    ),
    window_feature("payer", PAYER, "payment_fraud", COUNT, 30 * DAY, STOLEN, stream="payment_frauds"),
    # Instrument, device, network: speed and sharing.
    *(window_feature("instrument", INSTRUMENT, "payment", COUNT, w, TESTING, stream="payments") for w in (HOUR, DAY, 7 * DAY)),
    window_feature("instrument", INSTRUMENT, "payment_declined", COUNT, DAY, TESTING, where="is_declined", stream="payments"),
    window_feature("instrument", INSTRUMENT, "payer", DISTINCT, 30 * DAY, STOLEN, value="payer_id", stream="payments"),
    window_feature("instrument", INSTRUMENT, "payment", SINCE, 30 * DAY, TESTING, stream="payments"),
    window_feature("instrument_device", ("instrument_id", "device_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    *(window_feature("device", DEVICE, "payment", COUNT, w, TESTING, stream="payments") for w in (HOUR, DAY)),
    window_feature("device", DEVICE, "instrument", DISTINCT, 7 * DAY, TESTING, value="instrument_id", stream="payments"),
    window_feature("device", DEVICE, "payer", DISTINCT, 7 * DAY, STOLEN, value="payer_id", stream="payments"),
    window_feature("device", DEVICE, "payment_declined", COUNT, DAY, TESTING, where="is_declined", stream="payments"),
    window_feature("device", DEVICE, "payment_fraud", COUNT, 30 * DAY, STOLEN, stream="payment_frauds"),
    window_feature("network", NETWORK, "payment", COUNT, HOUR, TESTING, stream="payments"),
    window_feature("network", NETWORK, "payer", DISTINCT, DAY, STOLEN, value="payer_id", stream="payments"),
    window_feature("network", NETWORK, "payment_fraud", COUNT, 30 * DAY, STOLEN, stream="payment_frauds"),
    # What happened to the account just before, and money it asked back.
    window_feature("payer", PAYER, "new_device", SINCE, 30 * DAY, STOLEN, stream="account_events", where="is_new_device"),
    window_feature("payer", PAYER, "credential_change", SINCE, 30 * DAY, STOLEN, stream="account_events", where="is_credential_change"),
    window_feature("payer", PAYER, "refund", COUNT, 30 * DAY, STOLEN, stream="refunds"),
)


def prepare(rows: pl.DataFrame, tables: streams.Tables, as_of: pl.Series | None, time_zone: str) -> pl.DataFrame:
    """Payments with their own facts, as of the attempt, or of the given moments where the source tells no time of attempts."""
    local = pl.col("paid_at").dt.convert_time_zone(time_zone)
    return rows.with_columns(
        subject_id=pl.col("payment_id"),
        event_at=pl.col("paid_at"),
        as_of_at=pl.col("paid_at") if as_of is None else as_of,
        local_hour=local.dt.hour().cast(pl.Int64),
        is_weekend=(local.dt.weekday() >= 6).cast(pl.Int64),
        account_id=pl.col("payer_id"),
        merchant_id=pl.col("payee_id"),
    ).with_columns(t=streams.seconds("as_of_at"))


def complete(values: pl.DataFrame) -> pl.DataFrame:
    """The whole-number products that ratios to a mean need: amount times count over sum is amount over mean."""
    return values.with_columns(
        payment_amount_times_count=pl.col("payment_amount_minor") * pl.col("payer_payment_count_30d"),
        payment_amount_times_payee_count=pl.col("payment_amount_minor") * pl.col("payee_payment_count_30d"),
    )


def event_streams(tables: streams.Tables) -> dict[str, pl.LazyFrame]:
    """The streams that payment features look back on."""
    return {
        "payments": streams.payments(tables),
        "payment_frauds": streams.known_frauds(tables, "payment"),
        "account_events": streams.account_events(tables),
        "refunds": streams.refunds(tables),
    }
