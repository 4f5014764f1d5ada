"""Typologies: the kinds of cheat, the detector that hunts each, and the case type it opens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Detector(StrEnum):
    """The three detectors; the same words in commands, JSON and figures."""

    PAYMENTS = "payments"
    DEALS = "deals"
    REVIEWS = "reviews"

    @property
    def subject_kind(self) -> str:
        """What one score of this detector is about."""
        return {"payments": "payment", "deals": "order", "reviews": "review"}[self.value]

    @property
    def table(self) -> str:
        """The table whose rows this detector scores."""
        return {"payments": "payments", "deals": "orders", "reviews": "reviews"}[self.value]


class CaseType(StrEnum):
    """The kinds of case the dispute queue knows."""

    FAKE_DEAL = "FAKE_DEAL"
    FAKE_REVIEW = "FAKE_REVIEW"
    MAL_REVIEW = "MAL_REVIEW"
    UNAUTH_PAY = "UNAUTH_PAY"
    ATO = "ATO"
    CARD_TEST = "CARD_TEST"
    PAY_ERROR = "PAY_ERROR"
    NOT_RECEIVED = "NOT_RECEIVED"
    NOT_AS_DESC = "NOT_AS_DESC"
    MERCHANT_FRAUD = "MERCHANT_FRAUD"
    CLAIM_ABUSE = "CLAIM_ABUSE"
    PHISHING = "PHISHING"
    APPEAL_ACTION = "APPEAL_ACTION"


class Typology(StrEnum):
    """The kinds of cheat in the mission."""

    STOLEN_INSTRUMENT = "stolen_instrument"
    CARD_TESTING = "card_testing"
    ACCOUNT_TAKEOVER = "account_takeover"
    PAYMENT_ERROR = "payment_error"
    BRUSHING = "brushing"
    SELF_PURCHASE = "self_purchase"
    REVERSE_BRUSHING = "reverse_brushing"
    REFUND_ABUSE = "refund_abuse"
    FALSE_SHIPPING = "false_shipping"
    BAIT_LISTING = "bait_listing"
    PAID_PRAISE = "paid_praise"
    MALICIOUS_REVIEW = "malicious_review"
    REVIEW_EXTORTION = "review_extortion"
    IMPERSONATION = "impersonation"


@dataclass(frozen=True)
class TypologyFacts:
    """What follows from a typology."""

    detector: Detector
    case_type: CaseType
    zh: str
    en: str


TYPOLOGIES: dict[Typology, TypologyFacts] = {
    Typology.STOLEN_INSTRUMENT: TypologyFacts(Detector.PAYMENTS, CaseType.UNAUTH_PAY, "盗刷", "stolen instrument"),
    Typology.CARD_TESTING: TypologyFacts(Detector.PAYMENTS, CaseType.CARD_TEST, "试卡", "card testing"),
    Typology.ACCOUNT_TAKEOVER: TypologyFacts(Detector.PAYMENTS, CaseType.ATO, "账户盗用", "account takeover"),
    Typology.PAYMENT_ERROR: TypologyFacts(Detector.PAYMENTS, CaseType.PAY_ERROR, "支付失误", "payment error"),
    Typology.BRUSHING: TypologyFacts(Detector.DEALS, CaseType.FAKE_DEAL, "刷单", "brushing"),
    Typology.SELF_PURCHASE: TypologyFacts(Detector.DEALS, CaseType.FAKE_DEAL, "自买自卖", "self-purchase"),
    Typology.REVERSE_BRUSHING: TypologyFacts(Detector.DEALS, CaseType.FAKE_DEAL, "反向刷单", "reverse brushing"),
    Typology.REFUND_ABUSE: TypologyFacts(Detector.DEALS, CaseType.CLAIM_ABUSE, "恶意退款", "refund abuse"),
    Typology.FALSE_SHIPPING: TypologyFacts(Detector.DEALS, CaseType.MERCHANT_FRAUD, "虚假发货", "late or false shipping"),
    Typology.BAIT_LISTING: TypologyFacts(Detector.DEALS, CaseType.MERCHANT_FRAUD, "引流商品", "bait listing"),
    Typology.PAID_PRAISE: TypologyFacts(Detector.REVIEWS, CaseType.FAKE_REVIEW, "有偿好评", "paid praise"),
    Typology.MALICIOUS_REVIEW: TypologyFacts(Detector.REVIEWS, CaseType.MAL_REVIEW, "恶意评价", "malicious review"),
    Typology.REVIEW_EXTORTION: TypologyFacts(Detector.REVIEWS, CaseType.MAL_REVIEW, "差评勒索", "review extortion"),
    Typology.IMPERSONATION: TypologyFacts(Detector.REVIEWS, CaseType.PHISHING, "冒充", "impersonation"),
}

#: What a detector hunts when its labels do not say which kind of cheat they mean.
DEFAULT_TYPOLOGY: dict[Detector, Typology] = {
    Detector.PAYMENTS: Typology.STOLEN_INSTRUMENT,
    Detector.DEALS: Typology.BRUSHING,
    Detector.REVIEWS: Typology.PAID_PRAISE,
}
