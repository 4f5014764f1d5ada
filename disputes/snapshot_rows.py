"""What was known of a subject when it was scored, as rows that people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fairdeal.disputes.contacts import hidden_in
from fairdeal.disputes.wording import instant_text, money_text, value_text

#: A page shows so many columns of what was known.
COLUMNS_SHOWN = 40

#: Shown elsewhere on the page, or part of another row.
_NOT_SHOWN = frozenset({"text", "currency"})
#: Columns whose values may be words of the data contracts.
_WORDED = frozenset({"status", "method", "shown_method", "author_kind", "language"})


def snapshot_rows(snapshot: Mapping[str, Any], *, is_masked: bool = True) -> tuple[tuple[str, str], ...]:
    """Label and value of each column; money with its currency, moments on the reader's clock, nothing left out but the text.

    ``is_masked``: contacts in what people wrote are hidden.
    """
    snapshot = hidden_in(snapshot) if is_masked else snapshot
    labels = column_texts()
    currency = str(snapshot.get("currency") or "")
    rows = [(labels.get(name, name), _value(name, value, currency)) for name, value in snapshot.items() if name not in _NOT_SHOWN]
    return tuple(rows)[:COLUMNS_SHOWN]


def column_texts() -> dict[str, str]:
    """The columns that the data contracts know, in words. A column of somebody's own is shown under its own name."""
    return {
        "account_id": _("account"),
        "address_id": _("delivery address"),
        "amount_minor": _("amount"),
        "author_kind": _("written by"),
        "buyer_id": _("buyer"),
        "carrier": _("carrier"),
        "category": _("category"),
        "completed_at": _("money back"),
        "delivered_at": _("delivered"),
        "device_id": _("device"),
        "instrument_id": _("instrument"),
        "is_follow_up": _("follow-up review"),
        "is_unsafe_channel": _("unsafe channel"),
        "is_weak_credential": _("weak password or PIN"),
        "language": _("language"),
        "list_price_minor": _("list price"),
        "listing_id": _("listing"),
        "merchant_id": _("merchant"),
        "method": _("means of payment"),
        "network_id": _("network"),
        "note": _("note to the merchant"),
        "order_id": _("order"),
        "ordered_at": _("ordered"),
        "paid_at": _("paid"),
        "payee_id": _("payee"),
        "payer_id": _("payer"),
        "payment_id": _("payment"),
        "posted_at": _("posted"),
        "quantity": _("quantity"),
        "reason": _("said"),
        "rating": _("stars"),
        "review_id": _("review"),
        "reviewer_id": _("reviewer"),
        "safety_tier": _("safety tier"),
        "shown_amount_minor": _("amount shown"),
        "shown_method": _("means of payment shown"),
        "shown_payee_id": _("payee shown"),
        "status": _("status"),
        "subject_id": _("what is reviewed"),
        "updated_at": _("last corrected"),
    }


def word_text(name: str, value: Any) -> str:
    """A word of the data contracts in the reader's language; a provider's own word stays as it is."""
    if name not in _WORDED or not isinstance(value, str):
        return value_text(value)
    return {
        "approved": _("went through"),
        "declined": _("declined"),
        "failed": _("failed"),
        "pending": _("pending"),
        "reversed": _("reversed"),
        "card": _("card"),
        "wallet": _("wallet"),
        "transfer": _("transfer"),
        "credit_line": _("credit line"),
        "voucher": _("voucher"),
        "buyer": _("buyer"),
        "merchant": _("merchant"),
        "zh": _("Chinese"),
        "en": _("English"),
    }.get(value, value)


def _value(name: str, value: Any, currency: str) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        return money_text(value, currency)
    if name.endswith("_at") and isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return instant_text(at) if at.tzinfo else value
    return word_text(name, value)
