"""Sentences for window features, in Chinese and English, from the same definition that gives their names."""

from __future__ import annotations

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.features.windows import DAY, HOUR, Aggregate, Trail

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
    "review": ("条评价", "reviews"),
    "review_top": ("条最高分评价", "top-star reviews"),
    "review_fraud": ("条已确认虚假评价", "reviews known to be fake"),
    "review_length": ("字评价", "characters of reviews"),
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


def window_words(seconds: int) -> tuple[str, str]:
    """A window's length in Chinese and English.

    >>> window_words(7 * DAY)
    ('7 天', '7 days')
    """
    if seconds % DAY == 0:
        days = seconds // DAY
        return f"{days} 天", "1 day" if days == 1 else f"{days} days"
    hours = seconds // HOUR
    return f"{hours} 小时", "1 hour" if hours == 1 else f"{hours} hours"


def sentence(trail: Trail) -> ReasonTemplate:
    """The reason that a window feature gives, with places for the value seen and the norm."""
    zh_entity, en_entity = ENTITIES.get(trail.entity, (trail.entity, trail.entity))
    zh_measure, en_measure = MEASURES[trail.measure]
    zh_window, en_window = window_words(trail.window)
    match trail.aggregate:
        case Aggregate.COUNT:
            zh = f"{zh_entity}在此前 {zh_window}内有 {{value}} {zh_measure}（通常 {{norm}}）"
            en = f"{en_entity}: {en_measure} in the {en_window} before: {{value}} ({{norm}} is usual)"
            unit = "count"
        case Aggregate.DISTINCT:
            zh = f"{zh_entity}在此前 {zh_window}内关联 {{value}} {zh_measure}（通常 {{norm}}）"
            en = f"{en_entity}: different {en_measure} in the {en_window} before: {{value}} ({{norm}} is usual)"
            unit = "count"
        case Aggregate.SUM | Aggregate.MAX | Aggregate.MIN:
            zh_which = {"sum": "合计", "max": "最高", "min": "最低"}[trail.aggregate.value]
            en_which = {"sum": "in all", "max": "at most", "min": "at least"}[trail.aggregate.value]
            zh = f"{zh_entity}在此前 {zh_window}内{zh_measure}{zh_which} {{value}}（通常 {{norm}}）"
            en = f"{en_entity}: {en_measure} {en_which} in the {en_window} before: {{value}} ({{norm}} is usual)"
            unit = "money" if trail.measure.endswith("_amount") else "count"
        case Aggregate.SINCE:
            zh_last, en_last = LAST[trail.measure]
            zh = f"{zh_entity}距上{zh_last} {{value}}（通常 {{norm}}）"
            en = f"{en_entity}: {{value}} since {en_last} ({{norm}} is usual)"
            unit = "seconds"
    return ReasonTemplate(code=trail.name.upper(), zh=zh, en=en[0].upper() + en[1:], unit=unit, direction=0)
