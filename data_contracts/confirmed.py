"""Upon whom a measure is put, and what follows once people have confirmed the finding."""

from __future__ import annotations

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import Detector, Typology

#: What is done about a subject once a person has confirmed the finding.
CONFIRMED_ACTION: dict[Detector, Action] = {Detector.PAYMENTS: Action.BLOCK, Detector.DEALS: Action.HOLD, Detector.REVIEWS: Action.HOLD}
#: What a person confirmed stands this long, unless an appeal holds.
CONFIRMED_DAYS = 30


def confirmed_action(detector: Detector, typology: str | None) -> Action:
    """What is done once a person has confirmed the finding: a wrong charge is held until it is put right, and blocks nobody.

    >>> confirmed_action(Detector.PAYMENTS, "payment_error").value, confirmed_action(Detector.PAYMENTS, "card_testing").value
    ('hold', 'block')
    """
    return Action.HOLD if typology == Typology.PAYMENT_ERROR else CONFIRMED_ACTION[detector]


def acted_upon(
    subject_kind: str, subject_id: str, *, typology: str | None, instrument_id: str | None, account_id: str | None
) -> tuple[str, str]:
    """Kind and token of what a measure about a subject is put on.

    Yesterday's payment cannot be held any more, but its instrument can, or the account where no instrument is known. Orders and reviews
    are acted upon themselves. Who was charged wrongly, and the shop that a rival has goods ordered from, are victims: there the charge
    itself is acted upon, and the account that ordered.

    >>> acted_upon("payment", "P1", typology="stolen_instrument", instrument_id="I1", account_id="B1")
    ('instrument', 'I1')
    >>> acted_upon("payment", "P1", typology="payment_error", instrument_id="I1", account_id="B1")
    ('payment', 'P1')
    >>> acted_upon("order", "O1", typology="reverse_brushing", instrument_id="I1", account_id="B1")
    ('account', 'B1')
    """
    if subject_kind == "payment" and typology != Typology.PAYMENT_ERROR:
        return ("instrument", instrument_id) if instrument_id else ("account", str(account_id))
    if subject_kind == "order" and typology == Typology.REVERSE_BRUSHING and account_id:
        return "account", account_id
    return subject_kind, subject_id
