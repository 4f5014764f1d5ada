"""Reason feedback: what people who looked said of the reasons that models gave."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, instant, key_id
from fairdeal.data_contracts.labels import SUBJECT_KINDS
from fairdeal.data_contracts.typologies import Detector, Typology

REASON_FEEDBACK = Contract(
    name="reason_feedback",
    grain="one statement of a person about one reason of one alert; never changed, a later one replaces it",
    key=("alert_id", "code", "available_at"),
    event_at="available_at",
    columns=(
        key_id("mark_id", "derived from the entry of the queue's history"),
        key_id("alert_id", "the alert whose reason it is"),
        Column("subject_kind", Kind.CATEGORY, "what was alerted of", required=True, allowed=SUBJECT_KINDS),
        key_id("subject_id", "the payment, order or review"),
        Column("detector", Kind.CATEGORY, "who gave the reason", required=True, allowed=tuple(Detector)),
        Column("typology", Kind.CATEGORY, "the kind of cheat hunted", required=True, allowed=tuple(Typology)),
        key_id("model_version", "which model gave it"),
        key_id("code", "which reason: as a rule the feature's name"),
        Column("is_wrong", Kind.BOOLEAN, "it was called wrong; no: that was taken back", required=True),
        Column("word", Kind.TEXT, "what was said of it, card numbers and national ids taken out", absent="nothing was said"),
        instant("available_at", "when it was said; it may teach nothing before", required=True),
    ),
)
