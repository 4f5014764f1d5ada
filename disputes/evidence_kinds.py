"""What can be put before a case as evidence, beside the alerts that opened it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    COMPLAINT = "complaint"
    SOCIAL_POST = "social_post"
    CHAT_LOG = "chat_log"
    ORDER_RECORD = "order_record"
    PAYMENT_RECORD = "payment_record"
    LOGISTICS_RECORD = "logistics_record"
    LOGIN_RECORD = "login_record"
    LISTING_SNAPSHOT = "listing_snapshot"
    PHOTO = "photo"
    EXPERT_REPORT = "expert_report"
    OFFICIAL_DOCUMENT = "official_document"
    OTHER = "other"


@dataclass(frozen=True)
class EvidenceKindFacts:
    """What people call it."""

    zh: str
    en: str


EVIDENCE_KINDS: dict[EvidenceKind, EvidenceKindFacts] = {
    EvidenceKind.COMPLAINT: EvidenceKindFacts("投诉", "complaint"),
    EvidenceKind.SOCIAL_POST: EvidenceKindFacts("社交媒体帖子", "social post"),
    EvidenceKind.CHAT_LOG: EvidenceKindFacts("聊天记录", "chat log"),
    EvidenceKind.ORDER_RECORD: EvidenceKindFacts("订单记录", "order record"),
    EvidenceKind.PAYMENT_RECORD: EvidenceKindFacts("支付记录", "payment record"),
    EvidenceKind.LOGISTICS_RECORD: EvidenceKindFacts("物流记录", "logistics record"),
    EvidenceKind.LOGIN_RECORD: EvidenceKindFacts("登录记录", "login record"),
    EvidenceKind.LISTING_SNAPSHOT: EvidenceKindFacts("商品页快照", "listing snapshot"),
    EvidenceKind.PHOTO: EvidenceKindFacts("照片或视频", "photo or video"),
    EvidenceKind.EXPERT_REPORT: EvidenceKindFacts("鉴定报告", "expert report"),
    EvidenceKind.OFFICIAL_DOCUMENT: EvidenceKindFacts("公文", "official document"),
    EvidenceKind.OTHER: EvidenceKindFacts("其他", "other"),
}

#: What somebody outside says of a subject: it opens a case, or joins the one that is open.
COMPLAINTS: frozenset[EvidenceKind] = frozenset({EvidenceKind.COMPLAINT, EvidenceKind.SOCIAL_POST})
