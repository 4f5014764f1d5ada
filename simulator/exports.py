"""Exports: the simulator's tables in the columns, words and units of the providers that would send them."""

from __future__ import annotations

import numpy as np
import polars as pl

from fairdeal.data_contracts.typologies import TYPOLOGIES, Typology
from fairdeal.simulator.chance import Ints, happens
from fairdeal.simulator.clock import DAY, OFFSET, SECOND
from fairdeal.simulator.goods import CATEGORIES, NAMES, REGIONS
from fairdeal.simulator.market import Market
from fairdeal.simulator.tokens import tokens

BRANDS: tuple[str, ...] = (
    "云川",
    "禾木",
    "星屿",
    "南栀",
    "朴石",
    "青岚",
    "乐檬",
    "北辰",
    "拾光",
    "麦田",
    "沐白",
    "山野",
    "知鹿",
    "初见",
    "松果",
    "元气",
    "一禾",
    "锦书",
)
SUFFIXES: tuple[str, ...] = ("旗舰店", "专营店", "官方店", "小店", "优选", "工厂店")
NOTES: tuple[str, ...] = (
    "请尽快发货，谢谢",
    "放门卫室",
    "发顺丰可以吗？",
    "送货前请打电话",
    "不要放快递柜",
    "请包装好一点，送人的",
    "麻烦开发票\n抬头个人",
    "周末送货",
    "放驿站即可",
    "尺码按身高165发",
    "有赠品吗？",
    '"急用"，请今天发',
    "please ship soon",
    "Gift wrap please",
    "Leave at the door\nThanks",
)
STATUS_WORDS = {"approved": "SUCCESS", "declined": "DECLINED", "failed": "ERROR"}
EVENT_WORDS = {
    "login": "LOGIN_OK",
    "login_failed": "LOGIN_BAD",
    "new_device": "DEVICE_ADD",
    "password_change": "PWD_MOD",
    "payee_change": "PAYEE_MOD",
    "limit_change": "LIMIT_MOD",
    "permission_change": "PERM_MOD",
}
#: The typologies whose reports come from the shop that suffers.
SHOP_REPORTS = tuple(
    str(typology) for typology in (Typology.MALICIOUS_REVIEW, Typology.REVIEW_EXTORTION, Typology.REVERSE_BRUSHING, Typology.REFUND_ABUSE)
)
SUBJECT_WORDS = {"payment": "支付", "order": "订单", "review": "评价"}
SOURCE_WORDS = {"chargeback": "拒付", "report": "用户举报", "audit": "抽检", "analyst": "人工复核", "provider": "对账"}
TYPOLOGY_WORDS = {str(typology): facts.zh for typology, facts in TYPOLOGIES.items()}


def id_column(kind: str, codes: pl.Series, seed: int) -> pl.Series:
    """Tokens of codes, null where the code is null."""
    known = codes.is_not_null()
    return tokens(kind, codes.fill_null(0).to_numpy(), seed).set(~known, None)


def local_text(at: pl.Series, form: str = "%Y-%m-%d %H:%M:%S") -> pl.Series:
    """Milliseconds as Shanghai wall-clock text."""
    return (at + OFFSET).cast(pl.Datetime("ms")).dt.strftime(form)


def decimal_text(fen: pl.Series) -> pl.Series:
    """Fen as yuan with two decimals."""
    return (fen // 100).cast(pl.String) + "." + (fen % 100).cast(pl.String).str.zfill(2)


def orders(market: Market, rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `market.ORDERS`, ``order`` and ``paid_at``."""
    seed, listing = market.seed, table["listing"].to_numpy()
    said = happens(rng, 0.06, table.height)
    return pl.DataFrame(
        {
            "OrderNo": id_column("order", table["order"], seed),
            "BuyerNo": id_column("buyer", table["buyer"], seed),
            "ShopNo": id_column("merchant", table["merchant"], seed),
            "ItemNo": id_column("listing", table["listing"], seed),
            "OrderTime": local_text(table["at"]),
            "Qty": table["quantity"].cast(pl.String),
            "UnitPrice": decimal_text(pl.Series(market.listings.price[listing])),
            "TotalAmount": decimal_text(table["amount"]),
            "Currency": ["CNY"] * table.height,
            "Category": pl.Series(NAMES).gather(market.listings.category[listing]),
            "State": table.select(pl.when(pl.col("paid_at").is_null()).then(pl.lit("交易关闭")).otherwise(pl.lit("已付款")))["literal"],
            "DeviceFp": id_column("device", table["device"], seed),
            "NetBlock": id_column("network", table["network"], seed),
            "ShipTo": id_column("address", table["address"], seed),
            "PayToken": id_column("instrument", table["instrument"], seed),
            "BuyerNote": pl.Series(NOTES).gather(rng.integers(0, len(NOTES), table.height)).set(pl.Series(~said), None),
        }
    )


def payments(market: Market, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `checkout.attempt_payments` and ``payment``."""
    seed = market.seed
    return pl.DataFrame(
        {
            "pay_id": id_column("payment", table["payment"], seed),
            "order_ref": id_column("order", table["order"], seed),
            "payer": id_column("buyer", table["buyer"], seed),
            "payee": id_column("merchant", table["merchant"], seed),
            "ts": table["at"],
            "amount_fen": table["amount"],
            "status": table["status"].replace_strict(STATUS_WORDS),
            "method": table["method"],
            "token": id_column("instrument", table["instrument"], seed),
            "device": id_column("device", table["device"], seed),
            "net": id_column("network", table["network"], seed),
            "tier": table["tier"],
            "open_wifi": table["is_unsafe"],
            "shown_fen": table["shown_amount"],
            "shown_payee": id_column("merchant", table["shown_payee"], seed),
            "shown_method": table["shown_method"],
        }
    )


def refunds(market: Market, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `refunds.ask_refunds`, ``refund`` and ``updated_at``; not completed before it is."""
    seed, form = market.seed, "%Y/%m/%d %H:%M:%S"
    done = table["completed_at"].is_not_null() & (table["completed_at"] <= table["updated_at"])
    return pl.DataFrame(
        {
            "退款单号": id_column("refund", table["refund"], seed),
            "订单号": id_column("order", table["order"], seed),
            "支付单号": id_column("payment", table["payment"], seed),
            "买家": id_column("buyer", table["buyer"], seed),
            "商家": id_column("merchant", table["merchant"], seed),
            "申请时间": local_text(table["at"], form),
            "退款金额": decimal_text(table["amount"]),
            "原因": table["reason"],
            "状态": pl.Series(np.where(done.to_numpy(), "退款成功", "申请中")),
            "完成时间": local_text(table["completed_at"], form).set(~done, None),
            "更新时间": local_text(table["updated_at"], form),
        }
    )


def reviews(market: Market, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `reviews.REVIEWS` and ``review``."""
    seed, by_shop = market.seed, table["rated_buyer"].is_not_null()
    writer, target = id_column("buyer", table["reviewer"], seed), id_column("listing", table["listing"], seed)
    return pl.DataFrame(
        {
            "id": id_column("review", table["review"], seed),
            "side": pl.Series(["买家", "卖家"]).gather(by_shop.cast(pl.UInt32)),
            "user": writer.zip_with(~by_shop, id_column("merchant", table["merchant"], seed)),
            "item": target.zip_with(~by_shop, id_column("buyer", table["rated_buyer"], seed)),
            "shop": id_column("merchant", table["merchant"], seed),
            "order": id_column("order", table["order"], seed),
            "stars": table["stars"],
            "content": table["text"],
            "posted": local_text(table["at"], "%Y-%m-%dT%H:%M:%S"),
            "lang": table["language"],
            "device": id_column("device", table["device"], seed),
            "net": id_column("network", table["network"], seed),
            "is_append": table["is_follow_up"],
        }
    )


def shipments(market: Market, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `parcels.send_parcels`, ``shipment`` and ``updated_at``; not delivered before it is."""
    seed = market.seed
    moment = pl.Datetime("us", "UTC")
    arrived = table["delivered_at"].is_not_null() & (table["delivered_at"] <= table["updated_at"])
    return pl.DataFrame(
        {
            "parcel_no": id_column("shipment", table["shipment"], seed),
            "order_no": id_column("order", table["order"], seed),
            "shop_no": id_column("merchant", table["merchant"], seed),
            "dest": id_column("address", table["address"], seed),
            "waybill": id_column("tracking", table["shipment"], seed),
            "carrier": table["carrier"],
            "weight_gram": table["weight"],
            "state": pl.Series(np.where(arrived.to_numpy(), "已签收", "运输中")),
            "picked_up": (table["at"] * 1000).cast(moment),
            "signed": (table["delivered_at"] * 1000).set(~arrived, None).cast(moment),
            "changed": (table["updated_at"] * 1000).cast(moment),
        }
    )


def account_events(market: Market, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `accounts.account_events` and ``event``."""
    seed = market.seed
    return pl.DataFrame(
        {
            "eid": id_column("event", table["event"], seed),
            "uid": id_column("buyer", table["account"], seed),
            "ts": (table["at"] // SECOND).cast(pl.String),
            "what": table["kind"].replace_strict(EVENT_WORDS),
            "dev": id_column("device", table["device"], seed),
            "net": id_column("network", table["network"], seed),
        }
    )


def reports(market: Market, table: pl.DataFrame) -> pl.DataFrame:
    """``table`` has the columns of `complaints.REPORTS`."""
    token = pl.Series("subject", [None] * table.height, dtype=pl.String)
    by_shop = (table["source"] == "report") & table["typology"].is_in(SHOP_REPORTS).fill_null(False)
    source = table["source"].replace_strict(SOURCE_WORDS, return_dtype=pl.String)
    for kind in SUBJECT_WORDS:
        rows = np.flatnonzero((table["subject_kind"] == kind).to_numpy())
        if len(rows):
            token = token.scatter(rows, tokens(kind, table["subject"].gather(rows).to_numpy(), market.seed))
    return pl.DataFrame(
        {
            "对象": table["subject_kind"].replace_strict(SUBJECT_WORDS, return_dtype=pl.String),
            "编号": token,
            "属实": pl.Series(np.where(table["is_fraud"].to_numpy(), "是", "否"), dtype=pl.String),
            "类型": table["typology"].replace_strict(TYPOLOGY_WORDS, default=None, return_dtype=pl.String),
            "来源": source.set(by_shop, "商家举报"),
            "得知时间": local_text(table["at"]),
        }
    )


def shop_names(market: Market) -> pl.Series:
    """What every shop is called."""
    number = market.merchants.name_parts
    trade = pl.Series(NAMES).gather(market.merchants.category).str.slice(0, 2)
    return pl.Series(BRANDS).gather(number % len(BRANDS)) + trade + pl.Series(SUFFIXES).gather(number // 64 % len(SUFFIXES))


def merchants(market: Market) -> pl.DataFrame:
    """Every shop."""
    shops = market.merchants
    expires = market.period.start + shops.expires_day * DAY
    return pl.DataFrame(
        {
            "mch_id": tokens("merchant", np.arange(len(shops)), market.seed),
            "mch_name": shop_names(market),
            "joined": local_text(pl.Series(shops.registered_at)),
            "trade": pl.Series(NAMES).gather(shops.category),
            "province": pl.Series(REGIONS).gather(shops.region),
            "licence_until": local_text(pl.Series(expires), "%Y-%m-%d"),
        }
    )


def buyers(market: Market) -> pl.DataFrame:
    """Every buying account."""
    people = market.shoppers
    return pl.DataFrame(
        {
            "uid": tokens("buyer", np.arange(len(people)), market.seed),
            "joined": local_text(pl.Series(people.registered_at)),
            "province": pl.Series(REGIONS).gather(people.region),
            "assistant": pl.Series(np.where(people.has_assistant, "Y", "N")),
        }
    )


def listings(market: Market) -> pl.DataFrame:
    """Every listing."""
    shelf = market.listings
    noun = _nouns(shelf.category, shelf.noun)
    brand = pl.Series(BRANDS).gather(market.merchants.name_parts[shelf.merchant] % len(BRANDS))
    model = pl.Series(shelf.model % 900 + 100).cast(pl.String)
    return pl.DataFrame(
        {
            "item_id": tokens("listing", np.arange(len(shelf)), market.seed),
            "shop_id": tokens("merchant", shelf.merchant, market.seed),
            "on_shelf": local_text(pl.Series(shelf.listed_at)),
            "title": brand + " " + noun + " " + model,
            "category": pl.Series(NAMES).gather(shelf.category),
            "price": decimal_text(pl.Series(shelf.price)),
        }
    )


def _nouns(category: Ints, number: Ints) -> pl.Series:
    starts = np.concatenate([[0], np.cumsum([len(item.nouns) for item in CATEGORIES])[:-1]])
    lengths = np.array([len(item.nouns) for item in CATEGORIES])
    return pl.Series([noun for item in CATEGORIES for noun in item.nouns]).gather(starts[category] + number % lengths[category])
