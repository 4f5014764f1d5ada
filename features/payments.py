"""What is known about a payment at the moment of the attempt."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features import streams
from fairdeal.features.charged import CHARGED, ERROR
from fairdeal.features.definitions import Derived, Feature, Own, Ratio, history_feature, window_feature
from fairdeal.features.trails import DAY, HOUR, Aggregate
from fairdeal.features.usual import HABIT_DAYS, amounts, told_usual, usual
from fairdeal.features.verdicts import cleared, fraud_share, verdict_count

STOLEN = (Typology.STOLEN_INSTRUMENT, Typology.ACCOUNT_TAKEOVER)
TESTING = (Typology.CARD_TESTING, Typology.STOLEN_INSTRUMENT)


COUNT, MAX, MEAN, DISTINCT, SINCE, FIRST = (
    Aggregate.COUNT,
    Aggregate.MAX,
    Aggregate.MEAN,
    Aggregate.DISTINCT,
    Aggregate.SINCE,
    Aggregate.FIRST,
)
PAYER, PAYEE, INSTRUMENT, DEVICE, NETWORK = ("payer_id",), ("payee_id",), ("instrument_id",), ("device_id",), ("network_id",)
METHOD, CURRENCY, ADDRESS = ("method",), ("currency",), ("address_id",)
#: What a payment that is charged twice has in common with itself.
SAME = ("payer_id", "payee_id", "amount_minor")

#: How far back what became known of a payee is looked for, in days.
RECENT = (1, 3, 7, 14, 30)


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
    *CHARGED,
    window_feature("same", SAME, "payment", COUNT, HOUR, ERROR, stream="payments"),
    window_feature("same", SAME, "payment", SINCE, DAY, ERROR, stream="payments"),
    # The payer's own habit.
    *(window_feature("payer", PAYER, "payment", COUNT, w, TESTING, stream="payments") for w in (HOUR, DAY, 7 * DAY, 30 * DAY)),
    *(
        window_feature("payer", PAYER, "payment_amount", MAX, w, STOLEN, value="amount_minor", stream="payments", is_part=True)
        for w in (DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, HABIT_DAYS * DAY)
    ),
    window_feature("payer", PAYER, "payment", COUNT, HABIT_DAYS * DAY, STOLEN, stream="payments"),
    *usual("payer", PAYER, HABIT_DAYS, STOLEN, "该付款人", "this payer"),
    history_feature("payment_amount", "payment_amount_minor", amounts("payer", PAYER, MAX, HABIT_DAYS), STOLEN),
    *(
        Feature(
            Derived(
                f"payer_highest_to_habit_{days}d", pl.col(f"payer_payment_amount_max_{days}d") / pl.col("payer_payment_amount_mean_90d")
            ),
            STOLEN,
            "no payment in this time, or no history of the payer",
            ReasonTemplate(
                f"RECENT_HIGHEST_{days}D",
                f"该付款人最近 {days} 天最高一笔是 90 天均值的 {{value}}（通常 {{norm}}）",
                f"The payer's highest payment of the last {days} days is {{value}} the 90-day mean ({{norm}} is usual)",
                "ratio",
                1,
            ),
        )
        for days in (1, 3, 7, 14)
    ),
    window_feature("payer", PAYER, "payment", SINCE, 30 * DAY, TESTING, stream="payments"),
    window_feature("payer", PAYER, "payee", DISTINCT, 7 * DAY, STOLEN, value="payee_id", stream="payments"),
    window_feature("payer", PAYER, "payment_declined", COUNT, DAY, TESTING, where="is_declined", stream="payments"),
    window_feature("payer_device", ("payer_id", "device_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    window_feature("payer_network", ("payer_id", "network_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    window_feature("payer_payee", ("payer_id", "payee_id"), "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    *(history_feature("payment_amount", "payment_amount_minor", amounts("payer", PAYER, of, 30), STOLEN) for of in (MEAN, MAX)),
    # The payee, with frauds as they became known.
    *(window_feature("payee", PAYEE, "payment", COUNT, w, STOLEN, stream="payments") for w in (DAY, 7 * DAY, 30 * DAY)),
    *usual("payee", PAYEE, 30, STOLEN, "该收款方", "this payee"),
    window_feature("payee", PAYEE, "payer", DISTINCT, 30 * DAY, STOLEN, value="payer_id", stream="payments"),
    window_feature("payee", PAYEE, "payment_fraud", COUNT, 30 * DAY, STOLEN, stream="payment_frauds"),
    # Frauds that were nothing unusual for their payer speak of the payee; among verdicts of the same days they make a rate that is not
    # thinned by payments nobody has judged yet.
    *(
        window_feature("payee", PAYEE, "payment_usual_fraud", COUNT, days * DAY, STOLEN, stream="payment_frauds", where="is_usual")
        for days in RECENT
    ),
    *(verdict_count("payee", PAYEE, days, STOLEN) for days in RECENT),
    window_feature("payee", PAYEE, "payment_usual_fraud", SINCE, 30 * DAY, STOLEN, stream="payment_frauds", where="is_usual"),
    window_feature("payee", PAYEE, "payment_verdict", SINCE, 30 * DAY, STOLEN, stream="payment_verdicts"),
    window_feature("payee", PAYEE, "payment_usual_fraud", FIRST, 30 * DAY, STOLEN, stream="payment_frauds", where="is_usual"),
    *(fraud_share("payee", days, STOLEN, "该收款方", "this payee's payments", usual=True) for days in RECENT),
    Feature(
        Derived(
            "payee_last_verdict_to_last_fraud_s",
            pl.col("payee_payment_usual_fraud_since_30d") - pl.col("payee_payment_verdict_since_30d"),
        ),
        STOLEN,
        "no such fraud known",
        None,
    ),
    Feature(
        Ratio("payee_payment_fraud_rate_30d", "payee_payment_fraud_count_30d", "payee_payment_count_30d"),
        STOLEN,
        "no payments to the payee",
        ReasonTemplate(
            "PAYEE_FRAUD_RATE",
            "该收款方 30 天内每笔付款对应 {value} 笔新确认的欺诈（通常 {norm}）",
            "Frauds that came to light per payment to this payee in 30 days: {value} ({norm} is usual)",
            "number",
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
    window_feature("network", NETWORK, "payment", COUNT, 30 * DAY, STOLEN, stream="payments"),
    # The way of paying, and how much fraud there is at all.
    *(window_feature("method", METHOD, "payment", COUNT, w, STOLEN, stream="payments") for w in (DAY, 30 * DAY)),
    window_feature("payer", PAYER, "method", DISTINCT, 30 * DAY, STOLEN, value="method", stream="payments"),
    window_feature("payer", PAYER, "network", DISTINCT, 30 * DAY, STOLEN, value="network_id", stream="payments"),
    window_feature("method", METHOD, "payment_fraud", COUNT, 30 * DAY, STOLEN, stream="payment_frauds"),
    *(
        window_feature(f"{one}_{other}", (key, column), "payment", COUNT, 30 * DAY, STOLEN, stream="payments")
        for one, key, other, column in (
            ("payer", "payer_id", "method", "method"),
            ("payee", "payee_id", "method", "method"),
            ("payee", "payee_id", "network", "network_id"),
            ("method", "method", "network", "network_id"),
        )
    ),
    # What verdicts say, where honest payments are named too.
    cleared(STOLEN),
    *(verdict_count(entity, key, 30, STOLEN) for entity, key in (("payer", PAYER), ("network", NETWORK), ("method", METHOD))),
    *(
        fraud_share(entity, 30, STOLEN, zh, en)
        for entity, zh, en in (
            ("payer", "该付款人", "this payer's payments"),
            ("payee", "该收款方", "this payee's payments"),
            ("network", "该网络", "payment from this network"),
            ("method", "该支付方式", "payment by this method"),
        )
    ),
    *(
        window_feature("currency", CURRENCY, "payment_fraud", COUNT, w, STOLEN, stream="payment_frauds", is_part=True)
        for w in (7 * DAY, 30 * DAY)
    ),
    *(window_feature("currency", CURRENCY, "payment", COUNT, w, STOLEN, stream="payments", is_part=True) for w in (7 * DAY, 30 * DAY)),
    *(
        Feature(
            Ratio(f"{entity}_payment_fraud_rate_{days}d", f"{entity}_payment_fraud_count_{days}d", f"{entity}_payment_count_{days}d"),
            STOLEN,
            "no payments",
            ReasonTemplate(
                f"{entity.upper()}_FRAUD_RATE_{days}D",
                f"{zh} {days} 天内每笔付款对应 {{value}} 笔新确认的欺诈（通常 {{norm}}）",
                f"Frauds that came to light per {en} in {days} days: {{value}} ({{norm}} is usual)",
                "number",
                1,
            ),
        )
        for entity, days, zh, en in (
            ("network", 30, "该网络", "payment from this network"),
            ("method", 30, "该支付方式", "payment by this method"),
            ("currency", 7, "该币种", "payment in this currency"),
            ("currency", 30, "该币种", "payment in this currency"),
        )
    ),
    # What happened to the account just before, and money it asked back.
    window_feature("payer", PAYER, "new_device", SINCE, 30 * DAY, STOLEN, stream="account_events", where="is_new_device"),
    window_feature("payer", PAYER, "credential_change", SINCE, 30 * DAY, STOLEN, stream="account_events", where="is_credential_change"),
    window_feature("payer", PAYER, "refund", COUNT, 30 * DAY, STOLEN, stream="refunds"),
    # Who got into the account, from where, and whether the goods go where the payer's goods go.
    window_feature("payer", PAYER, "login", SINCE, 30 * DAY, STOLEN, stream="account_events", where="is_login"),
    window_feature("payer_device", ("payer_id", "device_id"), "login", SINCE, 30 * DAY, STOLEN, stream="account_events", where="is_login"),
    *(
        window_feature("payer", PAYER, "login_failed", COUNT, w, STOLEN, stream="account_events", where="is_login_failed")
        for w in (DAY, 7 * DAY)
    ),
    window_feature("device", DEVICE, "account", DISTINCT, 7 * DAY, STOLEN, value="account_id", stream="account_events"),
    window_feature("network", NETWORK, "account", DISTINCT, DAY, STOLEN, value="account_id", stream="account_events"),
    *(
        window_feature(
            f"payer_{one}", ("payer_id", f"{one}_id"), "payment_approved", COUNT, w, STOLEN, stream="payments", where="is_approved"
        )
        for one in ("instrument", "device", "network")
        for w in (DAY, HABIT_DAYS * DAY)
    ),
    window_feature("payer_address", ("payer_id", "address_id"), "order", COUNT, 30 * DAY, STOLEN, stream="orders"),
    window_feature("address", ADDRESS, "buyer", DISTINCT, 30 * DAY, STOLEN, value="buyer_id", stream="orders"),
    Feature(
        Own("payer_account_age_s", pl.col("t") - pl.col("payer_registered_s")),
        STOLEN,
        "when the payer joined is not known",
        ReasonTemplate(
            "PAYER_AGE", "付款人账户已注册 {value}（通常 {norm}）", "The payer's account is {value} old ({norm} is usual)", "seconds", -1
        ),
    ),
)


def prepare(rows: pl.DataFrame, tables: streams.Tables, as_of: pl.Series | None, time_zone: str) -> pl.DataFrame:
    """Payments with their own facts, as of the attempt, or of the given moments where the source tells no time of attempts."""
    local = pl.col("paid_at").dt.convert_time_zone(time_zone)
    prepared = rows.with_columns(
        subject_id=pl.col("payment_id"),
        event_at=pl.col("paid_at"),
        as_of_at=pl.col("paid_at") if as_of is None else as_of,
        local_hour=local.dt.hour().cast(pl.Int64),
        is_weekend=(local.dt.weekday() >= 6).cast(pl.Int64),
        account_id=pl.col("payer_id"),
        merchant_id=pl.col("payee_id"),
    ).with_columns(t=streams.seconds("as_of_at"))
    buyers = streams.table(tables, "buyers").select(payer_id="buyer_id", payer_registered_s=streams.seconds("registered_at"))
    orders = streams.table(tables, "orders").select("order_id", "address_id", order_s=streams.seconds("ordered_at"))
    return (
        prepared.lazy()
        .join(buyers, on="payer_id", how="left", maintain_order="left")
        .join(orders, on="order_id", how="left", maintain_order="left")
        .with_columns(address_id=pl.when(pl.col("order_s") < pl.col("t")).then("address_id"))
        .collect(engine="streaming")
    )


def event_streams(tables: streams.Tables) -> dict[str, pl.LazyFrame]:
    """The streams that payment features look back on."""
    payments = streams.payments(tables)
    return {
        "payments": payments,
        "payment_frauds": told_usual(streams.known_frauds(tables, "payment"), payments),
        "payment_verdicts": streams.verdicts(tables, "payment"),
        "account_events": streams.account_events(tables),
        "orders": streams.orders(tables).with_columns(payer_id=pl.col("buyer_id")),
        "refunds": streams.refunds(tables),
    }
