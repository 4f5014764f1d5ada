"""Labels: what turned out to be true, with the moment it became known."""

from __future__ import annotations

from enum import StrEnum

from fairdeal.data_contracts.contract import Column, Contract, Kind, instant, key_id, other_id
from fairdeal.data_contracts.typologies import Typology


class LabelSource(StrEnum):
    """Who says so. The order is the order of trust where two labels of one moment disagree, least trusted first."""

    PROVIDER = "provider"  # came with the source's own data
    REPORT = "report"  # a user or the simulator's delayed report
    CHARGEBACK = "chargeback"
    ANALYST = "analyst"  # a closed case that an alert opened
    AUDIT = "audit"  # a closed case from the audit of what was not flagged: the random sample, and the most unusual
    SECOND_LOOK = "second_look"  # what held of two people's judgements of a closed case, the second made blind
    APPEAL = "appeal"


#: The kinds of subject a label can speak of; also the kinds that carry scores.
SUBJECT_KINDS = ("payment", "order", "review", "merchant", "account", "instrument", "device")

LABELS = Contract(
    name="labels",
    grain="one statement about one subject; never changed, only superseded",
    key=("subject_kind", "subject_id", "source", "available_at", "typology"),
    event_at="available_at",
    columns=(
        Column("subject_kind", Kind.CATEGORY, "what kind of thing is labelled", required=True, allowed=SUBJECT_KINDS),
        key_id("subject_id", "the thing that is labelled"),
        Column("is_fraud", Kind.BOOLEAN, "what was found", required=True),
        instant("available_at", "when this became known; it may teach no model before", required=True),
        Column("typology", Kind.CATEGORY, "which kind of cheat", allowed=tuple(Typology), absent="not said"),
        Column("source", Kind.CATEGORY, "who says so", allowed=tuple(LabelSource), absent="provider"),
        instant("decided_at", "when it was decided", absent="same as available_at"),
        other_id("member_of", "the case or ring the subject was judged in"),
        Column(
            "propensity", Kind.NUMBER, "probability that the subject came to be looked at at all", at_least=0, at_most=1, absent="not known"
        ),
        other_id("supersedes", "the earlier label this one replaces"),
        other_id("label_id", "derived from the content", absent="the source gave none"),
    ),
)
