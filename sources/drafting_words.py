"""What providers call things: words in column names, file names and values, in English and Chinese, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Endings that only say "this is a key".
_KEY_ENDINGS = {"id", "no", "nr", "number", "num", "code", "key", "ref", "uuid", "hash"}
_KEY_ENDINGS_ZH = ("编号", "单号", "号码", "号", "名称", "昵称", "账号", "id", "ID")
#: What a name speaks of when it ends so, whatever stands before: 商家订单号 is an order, no merchant.
_OTHER_NOUNS_ZH = ("单号", "留言", "时间", "金额", "应付", "电话", "手机", "地址", "标题", "种类", "数量", "邮费")
_CJK = re.compile(r"[\u3400-\u9fff]")

_ORDER = "order, order id, order no, order ref, invoice, invoice no, deal, 订单号, 订单编号, 商家订单号, 商户订单号, 商户单号, 订单"
_BUYER = "buyer, customer, customer id, user, member, client, shopper, account, uid, 买家, 买家会员名, 客户, 用户, 会员, 顾客, 下单人"
_MERCHANT = "merchant, seller, shop, store, vendor, mch, supplier, terminal, 商家, 卖家, 店铺, 商户"
_LISTING = "listing, item, product, sku, goods, article, stock code, stock, asin, 商品编号, 商品id, 宝贝, 商品"
_UPDATED = "updated at, update time, modified at, last modified, changed, changed at, updated, 最近修改时间, 更新时间, 修改时间"
_AMOUNT = (
    "amount, total, total amount, value, money, sum, paid, price, amt, amount fen, 实付金额, 支付金额, 付款金额, 交易金额, 总金额, 金额"
)
_CURRENCY = "currency, ccy, currency code, 币种, 货币"
_INSTRUMENT = "instrument, token, pay token, card token, card, card number, pan, iban, wallet, 银行卡, 卡号"
_DEVICE = "device, device id, device fp, fingerprint, dev, 设备"
_NETWORK = "network, net, net block, ip, ip address, location, 网络, ip地址"
_ADDRESS = "address, ship to, dest, destination, delivery address, 收货地址, 地址"
_STATUS = "status, state, result, outcome, 交易状态, 订单状态, 退款状态, 状态"
_REGION = "region, province, state, country, city, 省份, 地区, 省"
_REGISTERED = "registered at, registered, joined, joined at, signup, created at, 注册时间"

#: Per table and column of ours: what it is called elsewhere.
COLUMN_WORDS: dict[str, dict[str, str]] = {
    "orders": {
        "order_id": _ORDER + ", id, no, 交易号, 交易编号",
        "buyer_id": _BUYER,
        "merchant_id": _MERCHANT,
        "ordered_at": "ordered at, order time, purchase timestamp, purchased at, placed at, order date, invoice date, created at, "
        "create time, timestamp, datetime, time, date, 下单时间, 订单创建时间, 订单付款时间, 创建时间, 成交时间, 时间",
        "amount_minor": "买家实际支付金额, " + _AMOUNT + ", 买家应付货款, 订单金额",
        "currency": _CURRENCY,
        "listing_id": _LISTING,
        "quantity": "quantity, qty, pieces, count, units, 数量, 宝贝总数量",
        "list_price_minor": "list price, unit price, price per piece, 单价",
        "category": "category, category name, trade, 类目, 品类",
        "status": _STATUS,
        "device_id": _DEVICE,
        "network_id": _NETWORK,
        "address_id": _ADDRESS,
        "instrument_id": _INSTRUMENT,
        "note": "note, buyer note, remark, comment, message, 买家留言, 留言, 备注",
        "updated_at": _UPDATED,
    },
    "payments": {
        "payment_id": "payment id, pay id, transaction id, tx id, trans id, txn id, payment, transaction, trade no, id, no, reference, "
        "交易号, 支付单号, 支付流水号, 交易单号, 交易流水号, 流水号",
        "payer_id": "payer, " + _BUYER + ", source, sender, name orig, from, 付款方, 付款人, 交易对方",
        "payee_id": "payee, " + _MERCHANT + ", target, recipient, receiver, beneficiary, name dest, to, 收款方, 收款人",
        "paid_at": "paid at, pay time, payment time, transaction time, datetime, timestamp, ts, time, date, created at, 付款时间, "
        "支付时间, "
        "交易时间, 交易创建时间, 创建时间, 时间",
        "amount_minor": _AMOUNT,
        "currency": _CURRENCY,
        "order_id": _ORDER,
        "instrument_id": _INSTRUMENT,
        "device_id": _DEVICE,
        "network_id": _NETWORK,
        "status": _STATUS,
        "method": "method, payment method, payment type, pay type, channel, type, 支付方式, 付款方式, 支付渠道, 类型",
        "safety_tier": "safety tier, tier",
        "is_unsafe_channel": "unsafe channel, open wifi",
        "updated_at": _UPDATED,
    },
    "refunds": {
        "refund_id": "refund id, refund no, refund, return id, id, 退款单号, 退款编号, 退款流水号",
        "order_id": _ORDER,
        "requested_at": "requested at, request time, applied at, refund time, created at, timestamp, time, date, 申请时间, "
        "退款申请时间, 退款时间",
        "amount_minor": "refund amount, " + _AMOUNT + ", 退款金额",
        "currency": _CURRENCY,
        "payment_id": "payment, payment id, transaction, 支付单号, 交易号",
        "buyer_id": _BUYER,
        "merchant_id": _MERCHANT,
        "reason": "reason, why, 退款原因, 原因",
        "status": _STATUS,
        "completed_at": "completed at, finished at, refunded at, 完成时间, 退款完成时间",
        "updated_at": _UPDATED,
    },
    "reviews": {
        "review_id": "review id, comment id, review, id, 评价编号, 评论id",
        "reviewer_id": "reviewer, author, " + _BUYER + ", 评价人, 评论人",
        "subject_id": "subject, " + _LISTING + ", restaurant, business, hotel, " + _MERCHANT,
        "posted_at": "posted at, posted, review time, answer timestamp, answered at, created at, creation date, timestamp, time, date, "
        "评价时间, 评论时间, 时间",
        "rating": "rating, stars, star, score, 评分, 星级",
        "text": "text, content, body, comment message, message, comment, review, words, 评价内容, 评论内容, 内容, 评论",
        "order_id": _ORDER,
        "merchant_id": _MERCHANT,
        "device_id": _DEVICE,
        "network_id": _NETWORK,
        "language": "language, lang, 语言",
        "is_follow_up": "follow up, is append, append, 追评",
        "updated_at": _UPDATED,
    },
    "shipments": {
        "shipment_id": "shipment id, parcel no, parcel, shipment, package, id, 包裹号",
        "order_id": _ORDER,
        "shipped_at": "shipped at, ship time, picked up, dispatched at, carrier date, sent at, 发货时间, 揽收时间",
        "merchant_id": _MERCHANT,
        "address_id": _ADDRESS,
        "tracking_id": "tracking, tracking no, waybill, 运单号, 物流单号, 快递单号",
        "carrier": "carrier, courier, logistics, 物流公司, 快递公司",
        "weight_g": "weight g, weight gram, weight, 重量",
        "status": _STATUS,
        "delivered_at": "delivered at, signed, signed at, delivered, arrived at, 签收时间",
        "updated_at": _UPDATED,
    },
    "account_events": {
        "event_id": "event id, eid, event, id, 事件编号",
        "account_id": "account, uid, user, customer, member, 账户, 用户",
        "occurred_at": "occurred at, ts, timestamp, time, created at, 时间",
        "kind": "kind, what, event type, type, action, 事件, 类型",
        "device_id": _DEVICE,
        "network_id": _NETWORK,
    },
    "merchants": {
        "merchant_id": _MERCHANT + ", id",
        "registered_at": _REGISTERED,
        "name": "name, merchant name, shop name, mch name, 店铺名称, 名称",
        "category": "category, trade, 主营类目, 类目",
        "region": _REGION,
        "qualification_expires_on": "licence until, license until, qualification expires, 资质到期",
        "updated_at": _UPDATED,
    },
    "buyers": {
        "buyer_id": "customer unique id, " + _BUYER + ", id",
        "registered_at": _REGISTERED,
        "region": _REGION,
        "has_assistant_account": "assistant, assistant account",
        "updated_at": _UPDATED,
    },
    "listings": {
        "listing_id": _LISTING + ", id",
        "merchant_id": _MERCHANT,
        "listed_at": "listed at, on shelf, created at, 上架时间",
        "title": "title, name, description, product name, 宝贝标题, 商品名称, 标题",
        "category": "category, category name, 类目",
        "price_minor": "price, 价格",
        "currency": _CURRENCY,
        "updated_at": _UPDATED,
    },
    "labels": {
        "subject_kind": "subject kind, subject type, kind, 对象",
        "subject_id": "subject, subject id, id, 编号",
        "is_fraud": "is fraud, fraud, label, verdict, found, 属实, 是否欺诈",
        "available_at": "available at, known at, decided at, reported at, time, 得知时间, 时间",
        "typology": "typology, type, 类型",
        "source": "source, origin, 来源",
    },
}

#: Words in a file's name, and columns of ours that no other table has.
TABLE_WORDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "orders": ("orders, order, deals, invoices, invoice, sales, 订单, 销售", ("quantity", "list_price_minor")),
    "payments": (
        "payments, payment, transactions, transaction, tx, pay, paid, bill, charges, alipay, wechat, paypal, 支付, 付款, 账单, 交易",
        ("method", "payee_id", "safety_tier"),
    ),
    "refunds": ("refunds, refund, returns, 退款", ("refund_id", "reason")),
    "reviews": ("reviews, review, comments, comment, ratings, 评价, 评论", ("rating", "text")),
    "shipments": ("shipments, shipment, parcels, logistics, deliveries, 物流, 快递, 发货", ("tracking_id", "carrier", "weight_g")),
    "account_events": ("account events, events, logins, login, 登录", ("kind", "event_id")),
    "merchants": ("merchants, merchant, sellers, shops, stores, vendors, 商家, 店铺", ("qualification_expires_on",)),
    "buyers": ("buyers, buyer, customers, users, members, 买家, 用户, 会员", ("has_assistant_account",)),
    "listings": ("listings, items, products, goods, articles, 商品, 宝贝", ("title", "listed_at", "price_minor")),
    "labels": ("labels, reports, verdicts, chargebacks, 举报, 标签", ("subject_kind", "typology")),
}
#: Of these the table's own noun often stands in front of a column's name.
OWN_NOUNS: dict[str, tuple[str, ...]] = {
    "orders": ("order", "invoice"),
    "payments": ("payment", "pay", "tx", "transaction", "trans"),
    "refunds": ("refund",),
    "reviews": ("review",),
    "shipments": ("shipment", "parcel", "order"),
    "account_events": ("event",),
    "merchants": ("merchant", "seller", "shop", "mch"),
    "buyers": ("buyer", "customer", "user"),
    "listings": ("listing", "item", "product"),
    "labels": ("label", "report"),
}
#: Names of columns that hold an answer; such a column is never carried as a feature.
LABEL_WORDS = (
    "is fraud, fraud, label, labels, is fake, fake, is spam, spam, chargeback, true label, deceptive, 是否欺诈, 欺诈, 标签, 是否刷单"
)
#: Names that hold more of the answer.
ANSWER_WORDS = "scenario, predicted, predicted label, fraud type, fraud scenario, prediction, typology, spam label"
POSITIVE = {"1", "true", "yes", "y", "t", "fraud", "fake", "spam", "deceptive", "+", "是"}
NEGATIVE = {"0", "false", "no", "n", "f", "genuine", "honest", "legit", "normal", "truthful", "否"}
#: What the values of a column with a fixed set of values mean, by a word in them; the first that fits.
STATES: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("payments", "status"): (
        ("reversed", "revers, refund, chargeback, cancel, void, closed, 退款, 撤销, 关闭"),
        ("declined", "declin, refus, reject, denied, 拒"),
        ("failed", "fail, error, timeout, 失败, 异常"),
        ("pending", "pend, wait, process, created, initiated, open, 等待, 待, 处理中"),
        ("approved", "success, approv, paid, complete, captur, settl, ok, done, 成功, 已付, 已支付, 完成"),
    ),
    ("account_events", "kind"): (
        ("login_failed", "login bad, login fail, failed login, 登录失败"),
        ("login", "login, signin, 登录"),
        ("new_device", "device, 设备"),
        ("password_change", "password, pwd, 密码"),
        ("payee_change", "payee, 收款人"),
        ("limit_change", "limit, 限额"),
        ("permission_change", "permission, 权限"),
    ),
    ("labels", "subject_kind"): (
        ("payment", "payment, transaction, 支付, 付款, 交易"),
        ("order", "order, 订单"),
        ("review", "review, 评价, 评论"),
        ("merchant", "merchant, shop, seller, 商家, 店铺"),
        ("account", "account, user, buyer, 账户, 用户, 买家"),
    ),
    ("labels", "source"): (
        ("chargeback", "chargeback, 拒付"),
        ("report", "report, complaint, 举报, 投诉"),
        ("audit", "audit, sample, 抽检"),
        ("appeal", "appeal, 申诉"),
        ("analyst", "analyst, manual, 人工"),
    ),
    ("labels", "typology"): (
        ("stolen_instrument", "stolen, 盗刷"),
        ("account_takeover", "takeover, ato, 盗号"),
        ("brushing", "brush, 刷单"),
        ("paid_praise", "praise, 好评"),
        ("refund_abuse", "refund abuse, 恶意退款"),
    ),
}
#: Signs of a currency in a column's name or its values.
CURRENCY_SIGNS = (("CNY", "元, 分, fen, yuan, rmb, ￥, ¥"), ("BRL", "R$, reais"), ("GBP", "£, pence, united kingdom"), ("EUR", "€, euro"))
MINOR_WORDS = ("fen", "cent", "cents", "minor", "pence", "分")
#: Where times without a zone most likely are, by currency.
ZONE_OF_CURRENCY = {"CNY": "Asia/Shanghai", "BRL": "America/Sao_Paulo", "GBP": "Europe/London", "JPY": "Asia/Tokyo", "INR": "Asia/Kolkata"}


def words(text: str) -> list[str]:
    """The words of a list written with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def tokens(name: str) -> list[str]:
    """The words of a column's or file's name, in lower case.

    >>> tokens("TX_DATETIME"), tokens("CustomerID"), tokens("order-refNo")
    (['tx', 'datetime'], ['customer', 'id'], ['order', 'ref', 'no'])
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return [token.casefold() for token in re.split(r"[\W_]+", spaced) if token]


def is_chinese(name: str) -> bool:
    """Whether a name is written in Chinese."""
    return _CJK.search(name) is not None


def likeness(name: str, wanted: Sequence[str], own_nouns: Sequence[str] = ()) -> float:
    """How well a name fits a list of words, the likeliest first: 10 the same, 0 nothing in common."""
    return max((_fit(name, word, own_nouns) - 0.05 * position for position, word in enumerate(wanted)), default=0.0)


def _fit(name: str, word: str, own_nouns: Sequence[str]) -> float:
    if _CJK.search(word):
        bare = re.sub(r"[（(].*?[)）]|\s", "", name)
        if word not in bare:
            return 0.0
        rest = bare.replace(word, "", 1)
        if any(noun in rest and noun not in word for noun in _OTHER_NOUNS_ZH):
            return 0.0
        return 10.0 if not rest or rest in _KEY_ENDINGS_ZH else 5.0 + 3.0 * len(word) / len(bare)
    found, sought = tokens(name), tokens(word)
    without = [token for token in found if token not in own_nouns]
    if found == sought or _bare(found) == _bare(sought) != []:
        return 10.0 if found == sought else 9.5
    if without and (without == sought or _bare(without) == sought):
        return 9.0
    if "".join(found) == "".join(sought):
        return 9.5
    if len("".join(sought)) <= 2:  # "no", "to", "id": only as a whole
        return 0.0
    for at in range(len(found) - len(sought) + 1):
        if found[at : at + len(sought)] == sought:
            return max(7.0 - 0.7 * (len(found) - len(sought)), 3.0) + (0.5 if at + len(sought) == len(found) else 0.0)
    return 0.0


def _bare(found: Sequence[str]) -> list[str]:
    """Without endings that only say that this is a key."""
    kept = list(found)
    while len(kept) > 1 and kept[-1] in _KEY_ENDINGS:
        kept.pop()
    return kept
