"""What follows from a case's type: its sides, and how long a decision about it can be questioned."""

from __future__ import annotations

from dataclasses import dataclass

from fairdeal.data_contracts.typologies import CaseType
from fairdeal.disputes.roles import Role


@dataclass(frozen=True)
class CaseTypeFacts:
    """What follows from a case type.

    Parameters
    ----------
    parties
        The sides that are heard and told.
    window_days
        Days in which the decision can be appealed, and the closed case reopened with new evidence.

    Notes
    -----
    Merchant penalties: 7 days, as JD's rules have it. Review actions: 180 days, the six months of the EU Digital Services Act, Art. 20.
    Payments and the rest: 30 days, the platform's own choice.
    """

    parties: frozenset[Role]
    window_days: int
    zh: str
    en: str


_BUYER, _MERCHANT = frozenset({Role.BUYER}), frozenset({Role.MERCHANT})

CASE_TYPES: dict[CaseType, CaseTypeFacts] = {
    CaseType.FAKE_DEAL: CaseTypeFacts(_MERCHANT, 7, "虚假交易", "fake deal"),
    CaseType.FAKE_REVIEW: CaseTypeFacts(_BUYER | _MERCHANT, 180, "虚假评价", "fake review"),
    CaseType.MAL_REVIEW: CaseTypeFacts(_BUYER | _MERCHANT, 180, "恶意评价", "malicious review"),
    CaseType.UNAUTH_PAY: CaseTypeFacts(_BUYER, 30, "盗刷", "unauthorised payment"),
    CaseType.ATO: CaseTypeFacts(_BUYER, 30, "账户盗用", "account takeover"),
    CaseType.CARD_TEST: CaseTypeFacts(frozenset(), 30, "试卡", "card testing"),
    CaseType.PAY_ERROR: CaseTypeFacts(_BUYER, 30, "支付失误", "payment error"),
    CaseType.NOT_RECEIVED: CaseTypeFacts(_BUYER | _MERCHANT, 30, "未收到货", "not received"),
    CaseType.NOT_AS_DESC: CaseTypeFacts(_BUYER | _MERCHANT, 30, "描述不符", "not as described"),
    CaseType.MERCHANT_FRAUD: CaseTypeFacts(_MERCHANT, 7, "商家欺诈", "merchant fraud"),
    CaseType.CLAIM_ABUSE: CaseTypeFacts(_BUYER | _MERCHANT, 30, "恶意投诉", "claim abuse"),
    CaseType.PHISHING: CaseTypeFacts(_BUYER, 30, "冒充平台", "impersonation"),
    CaseType.APPEAL_ACTION: CaseTypeFacts(_BUYER | _MERCHANT, 30, "处置申诉", "appeal of a measure"),
}
