"""What is known about an order at a day's close: its parties' habits, what they share, its parcel, refund and review so far."""

from __future__ import annotations

import polars as pl

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Typology
from fairdeal.features import streams
from fairdeal.features.definitions import Feature, Own, Ratio, history_feature, window_feature
from fairdeal.features.parcel_signs import PIECE_WEIGHT, parcel_signs, pieces
from fairdeal.features.trails import DAY, Aggregate, Trail

RING = (Typology.BRUSHING, Typology.SELF_PURCHASE)
ALL = (*RING, Typology.REVERSE_BRUSHING)
ATTACK = (Typology.REVERSE_BRUSHING,)
PARCEL = (Typology.BRUSHING, Typology.FALSE_SHIPPING)
LOOP = (Typology.BRUSHING, Typology.REFUND_ABUSE)
CLAIM = (Typology.REFUND_ABUSE, Typology.BAIT_LISTING, Typology.FALSE_SHIPPING)
HOLLOW = (Typology.BRUSHING, Typology.SELF_PURCHASE, Typology.FALSE_SHIPPING, Typology.BAIT_LISTING)
UNSENT = (Typology.FALSE_SHIPPING, Typology.BAIT_LISTING)
COUNT, SUM, DISTINCT, SINCE = Aggregate.COUNT, Aggregate.SUM, Aggregate.DISTINCT, Aggregate.SINCE


BUYER, MERCHANT, LISTING, DEVICE, NETWORK, ADDRESS, INSTRUMENT = (
    ("buyer_id",),
    ("merchant_id",),
    ("listing_id",),
    ("device_id",),
    ("network_id",),
    ("address_id",),
    ("instrument_id",),
)

#: What a parcel of a listing weighs.
PARCEL_WEIGHT = Trail("listing", LISTING, "shipments", "shipment_weight", Aggregate.MEAN, 30 * DAY, "weight_g")

FEATURES: tuple[Feature, ...] = (
    # The order itself.
    Feature(
        Own("order_amount_minor", pl.col("amount_minor")),
        ALL,
        "never",
        ReasonTemplate("ORDER_AMOUNT", "订单金额 {value}（通常 {norm}）", "Order amount {value} ({norm} is usual)", "money", 0),
    ),
    Feature(
        Own("order_quantity", pl.col("quantity")),
        ALL,
        "the source does not say",
        ReasonTemplate("ORDER_QUANTITY", "购买 {value} 件（通常 {norm} 件）", "{value} pieces ordered ({norm} is usual)", "count", 0),
    ),
    Feature(Own("order_age_s", pl.col("t") - pl.col("ordered_s")), ALL, "never", None),
    Feature(
        Own("order_hour", pl.col("local_hour")),
        RING,
        "never",
        ReasonTemplate("ORDER_HOUR", "下单时间 {value}（通常 {norm}）", "Ordered at about {value} ({norm} is usual)", "hour", 0),
    ),
    Feature(
        Ratio("order_price_to_list", "amount_minor", "list_amount_minor"),
        ALL,
        "the list price is not known",
        ReasonTemplate("PRICE_TO_LIST", "成交价是标价的 {value}（通常 {norm}）", "{value} the list price ({norm} is usual)", "ratio", 0),
    ),
    Feature(
        Own("buyer_account_age_s", pl.col("ordered_s") - pl.col("buyer_registered_s")),
        RING,
        "when the buyer joined is not known",
        ReasonTemplate(
            "BUYER_AGE", "买家账户已注册 {value}（通常 {norm}）", "The buyer's account is {value} old ({norm} is usual)", "seconds", -1
        ),
    ),
    Feature(
        Own("merchant_account_age_s", pl.col("ordered_s") - pl.col("merchant_registered_s")),
        RING,
        "when the shop joined is not known",
        ReasonTemplate("MERCHANT_AGE", "店铺已开业 {value}（通常 {norm}）", "The shop is {value} old ({norm} is usual)", "seconds", -1),
    ),
    # Buyer, merchant, listing: volume and habit.
    *(window_feature("buyer", BUYER, "order", COUNT, w, RING, stream="orders") for w in (DAY, 7 * DAY, 30 * DAY)),
    window_feature("buyer", BUYER, "merchant", DISTINCT, 30 * DAY, RING, value="merchant_id", stream="orders"),
    window_feature("buyer_merchant", ("buyer_id", "merchant_id"), "order", COUNT, 30 * DAY, RING, stream="orders"),
    *(window_feature("merchant", MERCHANT, "order", COUNT, w, RING, stream="orders") for w in (DAY, 7 * DAY, 30 * DAY)),
    *(window_feature("merchant", MERCHANT, "buyer", DISTINCT, w, RING, value="buyer_id", stream="orders") for w in (7 * DAY, 30 * DAY)),
    *(window_feature("listing", LISTING, "order", COUNT, w, RING, stream="orders") for w in (DAY, 7 * DAY, 30 * DAY)),
    window_feature("merchant", MERCHANT, "order_amount", SUM, 30 * DAY, ALL, value="amount_minor", stream="orders"),
    Feature(
        Ratio("merchant_order_burst", "merchant_order_count_1d", "merchant_order_count_30d"),
        RING,
        "no orders before",
        ReasonTemplate(
            "MERCHANT_BURST",
            "该商家最近 1 天订单占 30 天的 {value}（通常 {norm}）",
            "Share of the merchant's 30-day orders that fell on the last day: {value} ({norm} is usual)",
            "share",
            1,
        ),
    ),
    Feature(
        Ratio("listing_order_burst", "listing_order_count_1d", "listing_order_count_30d"),
        RING,
        "no orders before",
        ReasonTemplate(
            "LISTING_BURST",
            "该商品最近 1 天订单占 30 天的 {value}（通常 {norm}）",
            "Share of the listing's 30-day orders that fell on the last day: {value} ({norm} is usual)",
            "share",
            1,
        ),
    ),
    # What the merchant's buyers share: the mark of a ring.
    window_feature("merchant", MERCHANT, "device", DISTINCT, 7 * DAY, RING, value="device_id", stream="orders"),
    window_feature("merchant_device", ("merchant_id", "device_id"), "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("merchant_network", ("merchant_id", "network_id"), "buyer", DISTINCT, 7 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("merchant_network", ("merchant_id", "network_id"), "order", COUNT, 7 * DAY, RING, stream="orders"),
    window_feature("merchant_address", ("merchant_id", "address_id"), "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("merchant_network", ("merchant_id", "network_id"), "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"),
    *(
        window_feature(f"merchant_{one}", ("merchant_id", f"{one}_id"), "order", COUNT, 30 * DAY, RING, stream="orders")
        for one in ("device", "network", "address", "instrument")
    ),
    window_feature(
        "merchant_instrument", ("merchant_id", "instrument_id"), "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"
    ),
    window_feature("instrument", INSTRUMENT, "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("buyer_listing", ("buyer_id", "listing_id"), "order", COUNT, 30 * DAY, RING, stream="orders"),
    window_feature("address", ADDRESS, "order", COUNT, 30 * DAY, RING, stream="orders"),
    window_feature("device", DEVICE, "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("device", DEVICE, "order", COUNT, 7 * DAY, RING, stream="orders"),
    window_feature("network", NETWORK, "buyer", DISTINCT, 7 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("address", ADDRESS, "buyer", DISTINCT, 30 * DAY, RING, value="buyer_id", stream="orders"),
    window_feature("device", DEVICE, "merchant", DISTINCT, 30 * DAY, RING, value="merchant_id", stream="orders"),
    Feature(
        Ratio("merchant_device_sharing", "merchant_device_distinct_7d", "merchant_buyer_distinct_7d"),
        RING,
        "no orders before",
        ReasonTemplate(
            "MERCHANT_DEVICE_SHARING",
            "该商家 7 天内平均每个买家对应 {value} 个设备（通常 {norm}）",
            "Devices per buyer of this merchant in 7 days: {value} ({norm} is usual)",
            "number",
            -1,
        ),
    ),
    # Fakes that became known.
    window_feature("merchant", MERCHANT, "order_fraud", COUNT, 30 * DAY, RING, stream="order_frauds", where="is_of_the_shop"),
    window_feature("buyer", BUYER, "order_fraud", COUNT, 30 * DAY, RING, stream="order_frauds"),
    window_feature("device", DEVICE, "order_fraud", COUNT, 30 * DAY, RING, stream="order_frauds"),
    window_feature("network", NETWORK, "order_fraud", COUNT, 30 * DAY, RING, stream="order_frauds"),
    window_feature("address", ADDRESS, "order_fraud", COUNT, 30 * DAY, LOOP, stream="order_frauds"),
    window_feature("instrument", INSTRUMENT, "order_fraud", COUNT, 30 * DAY, RING, stream="order_frauds"),
    window_feature("listing", LISTING, "order_fraud", COUNT, 30 * DAY, ALL, stream="order_frauds", where="is_of_the_shop"),
    *(
        window_feature("merchant", MERCHANT, "order_fraud", COUNT, w, ALL, stream="order_frauds", where="is_of_the_shop")
        for w in (3 * DAY, 7 * DAY)
    ),
    # Fakes by which a rival attacks are no fault of the shop: they are counted apart.
    *(
        window_feature("merchant", MERCHANT, "order_attack", COUNT, w, ATTACK, stream="order_frauds", where="is_attack")
        for w in (7 * DAY, 30 * DAY)
    ),
    # The parcel, as far as it has come.
    Feature(
        Own("order_parcel_weight_g", pl.col("weight_g")),
        PARCEL,
        "nothing shipped yet, or never weighed",
        ReasonTemplate(
            "PARCEL_WEIGHT", "包裹重量 {value} 克（通常 {norm} 克）", "The parcel weighs {value} g ({norm} g is usual)", "number", -1
        ),
    ),
    window_feature("listing", LISTING, "shipment", COUNT, 30 * DAY, PARCEL, stream="shipments"),
    history_feature("order_weight", "weight_g", PARCEL_WEIGHT, PARCEL, direction=-1),
    Feature(
        Own("order_shipping_s", pl.col("shipped_s") - pl.col("ordered_s")),
        PARCEL,
        "not shipped yet",
        ReasonTemplate(
            "SHIPPING_TIME", "下单到发货 {value}（通常 {norm}）", "{value} from order to dispatch ({norm} is usual)", "seconds", 0
        ),
    ),
    Feature(
        Own("order_delivery_s", pl.col("delivered_s") - pl.col("shipped_s")),
        PARCEL,
        "not delivered yet",
        ReasonTemplate(
            "DELIVERY_TIME", "发货到签收 {value}（通常 {norm}）", "{value} from dispatch to delivery ({norm} is usual)", "seconds", -1
        ),
    ),
    history_feature("order_piece_weight", "piece_g", PIECE_WEIGHT, HOLLOW, direction=-1),
    Feature(
        Own("order_unsent_s", pl.when(pl.col("shipped_s").is_null()).then(pl.col("t") - pl.col("ordered_s"))),
        UNSENT,
        "sent already",
        ReasonTemplate("ORDER_UNSENT", "下单 {value} 后仍未发货", "Not sent {value} after the order", "seconds", 1),
    ),
    # Parcels of its parties that cannot hold what was sold, and orders that were not sent in time.
    *(
        window_feature(entity, key, f"parcel_{sign}", COUNT, w, HOLLOW, stream="parcel_signs", where=f"is_{sign}")
        for entity, key, windows in (("merchant", MERCHANT, (3 * DAY, 7 * DAY)), ("listing", LISTING, (7 * DAY,)))
        for sign in ("light", "soon", "overdue")
        for w in windows
    ),
    *(
        window_feature(entity, key, "parcel_hollow", COUNT, 30 * DAY, HOLLOW, stream="parcel_signs", where="is_hollow")
        for entity, key in (
            ("merchant", MERCHANT),
            ("buyer", BUYER),
            ("device", DEVICE),
            ("network", NETWORK),
            ("address", ADDRESS),
            ("instrument", INSTRUMENT),
            ("buyer_merchant", ("buyer_id", "merchant_id")),
            ("merchant_device", ("merchant_id", "device_id")),
            ("merchant_network", ("merchant_id", "network_id")),
            ("merchant_address", ("merchant_id", "address_id")),
        )
    ),
    *(
        Feature(
            Ratio(f"{entity}_{sign}_share_7d", f"{entity}_parcel_{sign}_count_7d", f"{entity}_order_count_7d"),
            HOLLOW,
            "no orders before",
            ReasonTemplate(
                f"{entity.upper()}_{sign.upper()}_SHARE",
                f"{zh_entity} 7 天内每笔订单有 {{value}} 个{zh}（通常 {{norm}}）",
                f"{en} per order of this {entity} in 7 days: {{value}} ({{norm}} is usual)",
                "number",
                1,
            ),
        )
        for entity, zh_entity in (("merchant", "该商家"), ("listing", "该商品"))
        for sign, zh, en in (
            ("light", "过轻的包裹", "Parcels that are far too light"),
            ("soon", "签收过快的包裹", "Parcels delivered too soon to have travelled"),
            ("overdue", "逾期未发货", "Orders not sent in time"),
        )
    ),
    # How the shop keeps up with what it sells.
    window_feature("merchant", MERCHANT, "shipment", COUNT, 7 * DAY, PARCEL, stream="shipments"),
    Feature(
        Ratio("merchant_shipment_to_order_7d", "merchant_shipment_count_7d", "merchant_order_count_7d"),
        PARCEL,
        "no orders before",
        ReasonTemplate(
            "MERCHANT_SHIPS",
            "该商家 7 天内每笔订单发出 {value} 个包裹（通常 {norm}）",
            "Parcels per order of this merchant in 7 days: {value} ({norm} is usual)",
            "number",
            -1,
        ),
    ),
    # Money that came back, and what was said afterwards.
    Feature(
        Own("order_refund_count", pl.col("order_refund_count")),
        LOOP,
        "never",
        ReasonTemplate(
            "ORDER_REFUNDED", "该订单有 {value} 次退款（通常 {norm}）", "{value} refunds of this order ({norm} is usual)", "count", 1
        ),
    ),
    Feature(
        Own("order_claim_count", pl.col("order_claim_count")),
        CLAIM,
        "never",
        ReasonTemplate(
            "ORDER_CLAIM",
            "该订单有 {value} 次称货物有误的退款（通常 {norm}）",
            "{value} refunds of this order that blame the goods ({norm} is usual)",
            "count",
            1,
        ),
    ),
    *(
        window_feature(entity, key, "claim", COUNT, w, CLAIM, stream="order_refunds", where="is_claim")
        for entity, key, w in (
            ("buyer", BUYER, 30 * DAY),
            ("address", ADDRESS, 30 * DAY),
            ("device", DEVICE, 30 * DAY),
            ("merchant", MERCHANT, 7 * DAY),
            ("listing", LISTING, 7 * DAY),
        )
    ),
    window_feature("merchant", MERCHANT, "refund", COUNT, 30 * DAY, LOOP, stream="refunds"),
    window_feature("buyer", BUYER, "refund", COUNT, 30 * DAY, LOOP, stream="refunds"),
    *(
        window_feature(entity, key, "refund", COUNT, 30 * DAY, LOOP, stream="order_refunds")
        for entity, key in (("address", ADDRESS), ("device", DEVICE), ("listing", LISTING))
    ),
    window_feature("merchant", MERCHANT, "refund", COUNT, 7 * DAY, LOOP, stream="refunds"),
    Feature(
        Ratio("merchant_refund_rate_30d", "merchant_refund_count_30d", "merchant_order_count_30d"),
        LOOP,
        "no orders before",
        ReasonTemplate(
            "MERCHANT_REFUND_RATE",
            "该商家 30 天内每笔订单对应 {value} 笔退款（通常 {norm}）",
            "Refunds per order of this merchant in 30 days: {value} ({norm} is usual)",
            "number",
            0,
        ),
    ),
    Feature(
        Own("order_review_rating", pl.col("order_review_rating")),
        RING,
        "not reviewed yet",
        ReasonTemplate(
            "ORDER_REVIEW",
            "该订单评价 {value} 星（通常 {norm} 星）",
            "The order's review gives {value} stars ({norm} is usual)",
            "number",
            0,
        ),
    ),
    Feature(
        Own("order_review_delay_s", pl.col("order_review_s") - pl.col("ordered_s")),
        RING,
        "not reviewed yet",
        ReasonTemplate(
            "ORDER_REVIEW_DELAY",
            "下单后 {value} 即评价（通常 {norm}）",
            "Reviewed {value} after the order ({norm} is usual)",
            "seconds",
            -1,
        ),
    ),
    window_feature("merchant", MERCHANT, "review_top", COUNT, 7 * DAY, RING, stream="reviews", where="is_top"),
)


def prepare(rows: pl.DataFrame, tables: streams.Tables, as_of: pl.Series | None, time_zone: str) -> pl.DataFrame:
    """Orders as of the given moments, with their parcel, refunds and review as far as these were known by then."""
    if as_of is None:
        raise ValueError("orders are scored as of a day's close: give the moment of each row")
    base = rows.with_columns(as_of_at=as_of).with_columns(
        subject_id=pl.col("order_id"),
        event_at=pl.col("ordered_at"),
        t=streams.seconds("as_of_at"),
        ordered_s=streams.seconds("ordered_at"),
        account_id=pl.col("buyer_id"),
        local_hour=pl.col("ordered_at").dt.convert_time_zone(time_zone).dt.hour().cast(pl.Int64),
        list_amount_minor=pl.col("list_price_minor") * pl.col("quantity"),
    )
    keys = base.lazy().select("order_id", "as_of_at", "t")
    parcels = (
        keys.join(streams.table(tables, "shipments"), on="order_id")
        .filter(pl.col("shipped_at") < pl.col("as_of_at"))
        .with_columns(
            shipped_s=streams.seconds("shipped_at"),
            delivered_s=pl.when(pl.col("delivered_at") < pl.col("as_of_at")).then(streams.seconds("delivered_at")),
        )
        .group_by("order_id", "as_of_at")
        .agg(pl.col("weight_g").sum(), pl.col("shipped_s").min(), pl.col("delivered_s").max(), pl.col("weight_g").count().alias("_weighed"))
        .with_columns(weight_g=pl.when(pl.col("_weighed") > 0).then("weight_g"))
        .drop("_weighed")
    )
    refunded = (
        keys.join(streams.table(tables, "refunds"), on="order_id")
        .filter(pl.col("requested_at") < pl.col("as_of_at"))
        .group_by("order_id", "as_of_at")
        .agg(order_refund_count=pl.len().cast(pl.Int64), order_claim_count=streams.is_claim().sum().cast(pl.Int64))
    )
    reviewed = (
        keys.join(streams.reviews(tables).drop_nulls("order_id"), on="order_id")
        .filter(pl.col("posted_at") < pl.col("as_of_at"))
        .group_by("order_id", "as_of_at")
        .agg(order_review_rating=pl.col("rating").max(), order_review_s=streams.seconds("posted_at").min())
    )
    buyers = streams.table(tables, "buyers").select("buyer_id", buyer_registered_s=streams.seconds("registered_at"))
    merchants = streams.table(tables, "merchants").select("merchant_id", merchant_registered_s=streams.seconds("registered_at"))
    joined = base.lazy()
    for part in (parcels, refunded, reviewed):
        joined = joined.join(part, on=["order_id", "as_of_at"], how="left", maintain_order="left")
    return (
        joined.join(buyers, on="buyer_id", how="left", maintain_order="left")
        .join(merchants, on="merchant_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("order_refund_count", "order_claim_count").fill_null(0),
            piece_g=pl.col("weight_g") // pl.max_horizontal(pl.col("quantity").fill_null(1), 1),
        )
        .collect(engine="streaming")
    )


def event_streams(tables: streams.Tables) -> dict[str, pl.LazyFrame]:
    """The streams that order features look back on."""
    return {
        "orders": streams.orders(tables),
        "order_frauds": streams.known_frauds(tables, "order"),
        "shipments": streams.shipments(tables),
        "pieces": pieces(tables),
        "parcel_signs": parcel_signs(tables).lazy(),
        "refunds": streams.refunds(tables),
        "order_refunds": streams.refunds(tables)
        .with_columns(is_claim=streams.is_claim())
        .join(streams.table(tables, "orders").select("order_id", "address_id", "device_id", "listing_id"), on="order_id", how="left"),
        "reviews": streams.reviews(tables),
    }
