"""Sentences for window features, in Chinese and English, from the same definition that gives their names."""

from __future__ import annotations

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.features.trails import DAY, EVER, HOUR, Aggregate, Trail

#: entity → (Chinese, English): whose history is looked at.
ENTITIES: dict[str, tuple[str, str]] = {
    "payer": ("该付款人", "this payer"),
    "payee": ("该收款方", "this payee"),
    "instrument": ("该支付工具", "this instrument"),
    "device": ("该设备", "this device"),
    "network": ("该网络", "this network"),
    "address": ("该收货地址", "this address"),
    "method": ("该支付方式", "this way of paying"),
    "currency": ("该币种", "this currency"),
    "payee_method": ("该收款方以该方式", "this payee by this method"),
    "payee_network": ("该收款方在该网络上", "this payee on this network"),
    "method_network": ("该方式在该网络上", "this method on this network"),
    "payer_method": ("该付款人以该方式", "this payer by this method"),
    "same": ("该付款人对该收款方的同额付款", "this payer to this payee, the same amount"),
    "payer_device": ("该付款人在该设备上", "this payer on this device"),
    "payer_network": ("该付款人在该网络上", "this payer on this network"),
    "payer_instrument": ("该付款人以该支付工具", "this payer by this instrument"),
    "payer_address": ("该付款人寄往该地址", "this payer to this address"),
    "payer_payee": ("该付款人对该收款方", "this payer to this payee"),
    "instrument_device": ("该支付工具在该设备上", "this instrument on this device"),
    "buyer": ("该买家", "this buyer"),
    "merchant": ("该商家", "this merchant"),
    "listing": ("该商品", "this listing"),
    "buyer_merchant": ("该买家在该商家", "this buyer at this merchant"),
    "merchant_device": ("该商家的订单中该设备", "this device in this merchant's orders"),
    "merchant_network": ("该商家的订单中该网络", "this network in this merchant's orders"),
    "merchant_instrument": ("该商家的订单中该支付工具", "this instrument in this merchant's orders"),
    "buyer_listing": ("该买家对该商品", "this buyer of this listing"),
    "merchant_address": ("该商家的订单中该地址", "this address in this merchant's orders"),
    "order": ("该订单", "this order"),
    "reviewer": ("该评价人", "this reviewer"),
    "reviewer_merchant": ("该评价人在该商家", "this reviewer at this merchant"),
    "subject": ("该评价对象", "what is reviewed"),
}

#: measure → (Chinese with measure word, English plural): what is counted, summed or told apart.
MEASURES: dict[str, tuple[str, str]] = {
    "payment": ("次付款", "payments"),
    "payment_declined": ("次被拒付款", "declined payments"),
    "payment_approved": ("次成功付款", "approved payments"),
    "payment_amount": ("付款金额", "paid"),
    "payment_fraud": ("次已确认盗刷", "payments known to be fraudulent"),
    "payment_usual_fraud": ("次金额平常的已确认欺诈", "payments of usual size known to be fraudulent"),
    "payment_verdict": ("次已有结论的付款", "payments on which there is a verdict"),
    "payment_cleared": ("次已澄清的付款", "payments found to be honest"),
    "payee": ("个收款方", "payees"),
    "payer": ("个付款人", "payers"),
    "instrument": ("个支付工具", "instruments"),
    "device": ("个设备", "devices"),
    "method": ("种支付方式", "ways of paying"),
    "network": ("个网络", "networks"),
    "new_device": ("次新设备登录", "new devices"),
    "credential_change": ("次密码、收款人或限额变更", "changes of password, payee or limit"),
    "login": ("次登录", "logins"),
    "login_failed": ("次失败登录", "logins that failed"),
    "account": ("个账户", "accounts"),
    "refund": ("次退款", "refunds"),
    "refund_amount": ("退款金额", "refunded"),
    "order": ("笔订单", "orders"),
    "order_amount": ("订单金额", "ordered"),
    "order_fraud": ("笔已确认虚假订单", "orders known to be fake"),
    "order_attack": ("笔已确认的反向刷单", "orders known to be a rival's attack"),
    "buyer": ("个买家", "buyers"),
    "merchant": ("个商家", "merchants"),
    "shipment": ("个包裹", "parcels"),
    "shipment_weight": ("包裹重量", "parcel weight"),
    "parcel_light": ("个过轻的包裹", "parcels far too light"),
    "parcel_soon": ("个签收过快的包裹", "parcels delivered too soon to have travelled"),
    "parcel_overdue": ("笔逾期未发货的订单", "orders not sent in time"),
    "parcel_hollow": ("个疑似空包", "parcels too light or delivered too soon"),
    "claim": ("次称货物有误的退款", "refunds that blame the goods"),
    "review": ("条评价", "reviews"),
    "review_top": ("条最高分评价", "top-star reviews"),
    "review_fraud": ("条已确认虚假评价", "reviews known to be fake"),
    "review_length": ("评价字数", "characters of a review"),
    "rating": ("评分（一星计 100）", "rating (100 to a star)"),
    "reviewer": ("个评价人", "reviewers"),
    "subject": ("个评价对象", "things reviewed"),
    "extra": ("次出现", "occurrences"),
}


#: measure → the one event that seconds are counted since.
LAST: dict[str, tuple[str, str]] = {
    "payment": ("一次付款", "the last payment"),
    "payment_fraud": ("一次已确认的盗刷", "the last payment known to be fraudulent"),
    "payment_usual_fraud": ("一次金额平常的已确认欺诈", "the last fraud of usual size became known"),
    "payment_verdict": ("一次付款结论", "the last verdict on a payment"),
    "login": ("一次登录", "the last login"),
    "new_device": ("一次新设备登录", "a new device was seen"),
    "credential_change": ("一次密码、收款人或限额变更", "a change of password, payee or limit"),
}


#: measure → what of the own row is held against history.
OWN: dict[str, tuple[str, str]] = {
    "payment_amount": ("金额", "the amount"),
    "order_amount": ("订单金额", "the order amount"),
    "order_piece_weight": ("单件重量", "the weight of a piece"),
    "order_weight": ("每件重量", "the weight of a parcel"),
    "review_rating": ("评分", "the rating"),
    "review_parcel": ("背后包裹的重量", "the weight of the parcel behind it"),
}
#: What a window says of values: in a sentence of its own, and as what an own value is held against.
TOLD: dict[Aggregate, tuple[str, str]] = {
    Aggregate.SUM: ("合计", "in all"),
    Aggregate.MAX: ("最高", "at most"),
    Aggregate.MIN: ("最低", "at least"),
    Aggregate.HIGH: ("九成不超过", "at most in nine of ten"),
    Aggregate.MEAN: ("平均", "on average"),
    Aggregate.SPREAD: ("标准差", "with a standard deviation"),
}
NORM: dict[Aggregate, tuple[str, str]] = {
    Aggregate.SUM: ("合计", "total"),
    Aggregate.MAX: ("最高值", "maximum"),
    Aggregate.MIN: ("最低值", "minimum"),
    Aggregate.HIGH: ("高位值", "high value, exceeded by one in ten,"),
    Aggregate.MEAN: ("均值", "mean"),
    Aggregate.SPREAD: ("标准差", "standard deviation"),
}


def window_words(seconds: int) -> tuple[str, str]:
    """A window's length in Chinese and English.

    >>> window_words(7 * DAY)
    ('7 天', '7 days')
    """
    if seconds == EVER:
        return "全部历史", "whole history"
    if seconds % DAY == 0:
        days = seconds // DAY
        return f"{days} 天", "1 day" if days == 1 else f"{days} days"
    hours = seconds // HOUR
    return f"{hours} 小时", "1 hour" if hours == 1 else f"{hours} hours"


def sentence(trail: Trail) -> ReasonTemplate:
    """The reason that a window feature gives, with places for the value seen and the norm."""
    zh_entity, en_entity = ENTITIES.get(trail.entity, (trail.entity, trail.entity))
    zh_measure, en_measure = _words(MEASURES, "MEASURES", trail.measure, trail.name)
    zh_window, en_window = window_words(trail.window)
    zh_in, en_in = f"在此前 {zh_window}内", f"in the {en_window.removeprefix('1 ')} before"
    match trail.aggregate:
        case Aggregate.COUNT:
            zh, en, unit = f"{zh_in}有 {{value}} {zh_measure}", f"{en_measure} {en_in}: {{value}}", "count"
        case Aggregate.DISTINCT:
            zh, en, unit = f"{zh_in}关联 {{value}} {zh_measure}", f"different {en_measure} {en_in}: {{value}}", "count"
        case Aggregate.SHARE:
            zh, en, unit = f"{zh_in}{zh_measure}占 {{value}}", f"share of {en_measure} {en_in}: {{value}}", "share"
        case Aggregate.SINCE | Aggregate.FIRST:
            is_last = trail.aggregate is Aggregate.SINCE
            zh_which, en_which = LAST.get(trail.measure, (f"一{zh_measure}", f"the last of {en_measure}")) if is_last else ("", "")
            zh = f"距上{zh_which} {{value}}" if is_last else f"{zh_in}首{zh_measure}距今 {{value}}"
            en = f"{{value}} since {en_which}" if is_last else f"{{value}} since the first of {en_measure} {en_in}"
            unit = "seconds"
        case _:
            zh_which, en_which = TOLD[trail.aggregate]
            zh, en = f"{zh_in}{zh_measure}{zh_which} {{value}}", f"{en_measure} {en_which} {en_in}: {{value}}"
            unit = "money" if trail.measure.endswith("_amount") else "number" if trail.aggregate.is_fraction else "count"
    # How long ago something was says enough without a norm.
    norm_zh, norm_en = ("", "") if unit == "seconds" else ("（通常 {norm}）", " ({norm} is usual)")
    en = f"{en_entity}: {en}{norm_en}"
    return ReasonTemplate(code=trail.name.upper(), zh=f"{zh_entity}{zh}{norm_zh}", en=en[0].upper() + en[1:], unit=unit, direction=0)


def comparison(name: str, measure: str, history: Trail, direction: int) -> ReasonTemplate:
    """The reason that an own value gives that is held against its history."""
    zh_own, en_own = _words(OWN, "OWN", measure, name)
    zh_entity, en_entity = ENTITIES.get(history.entity, (history.entity, history.entity))
    zh_window, en_window = window_words(history.window)
    zh_of, en_of = NORM[history.aggregate]
    return ReasonTemplate(
        code=name.upper(),
        zh=f"{zh_own}是{zh_entity} {zh_window}{zh_of}的 {{value}}（通常 {{norm}}）",
        en=f"{en_own[0].upper()}{en_own[1:]} is {{value}} the {en_of} of {en_entity} over {en_window} ({{norm}} is usual)",
        unit="ratio",
        direction=direction,
    )


def _words(table: dict[str, tuple[str, str]], called: str, measure: str, name: str) -> tuple[str, str]:
    if measure not in table:
        raise ValueError(f"feature {name}: no words for {measure!r}; a reason is told in Chinese and English; add a line to {called} here")
    return table[measure]
