"""Feature tables: what was known about each subject at its moment. Which features there are is the registry's to say."""

from __future__ import annotations

from collections.abc import Sequence

from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id
from fairdeal.data_contracts.typologies import Detector

#: What every feature table carries beside its features.
CARRIED: tuple[Column, ...] = (
    key_id("subject_id", "the payment, order or review"),
    instant("event_at", "when the subject happened", required=True),
    instant("as_of_at", "the moment whose knowledge was used", required=True),
    money("amount_minor", "money the subject moves", absent="the subject moves no money"),
    currency(),
    other_id("account_id", "the payer, buyer or reviewer"),
    other_id("merchant_id", "the payee or shop"),
)

#: What a table of review features carries besides: the words that the text model reads.
REVIEW_CARRIED: tuple[Column, ...] = (
    Column("text", Kind.TEXT, "the review's words, masked"),
    Column("rating", Kind.NUMBER, "stars given", unit="stars"),
)

FEATURES = Contract(
    name="features",
    grain="one subject at one moment",
    key=("subject_id", "as_of_at"),
    event_at="as_of_at",
    quarantine_limit=0.0,
    columns=CARRIED,
)


def feature_contract(detector: Detector, names: Sequence[str]) -> Contract:
    """The contract of one detector's feature table.

    Parameters
    ----------
    detector
        Whose features.
    names
        The features, in registration order; each is a double, null where not known.
    """
    features = tuple(Column(name, Kind.NUMBER, "feature; see the registry", absent="not known") for name in names)
    words = REVIEW_CARRIED if detector is Detector.REVIEWS else ()
    return Contract(
        f"{detector}_features", FEATURES.grain, (*CARRIED, *words, *features), FEATURES.key, FEATURES.event_at, quarantine_limit=0.0
    )
