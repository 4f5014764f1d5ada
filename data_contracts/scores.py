"""Scores and decisions: what a detector thinks of a subject, and what the policy does about it."""

from __future__ import annotations

from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money
from fairdeal.data_contracts.labels import SUBJECT_KINDS
from fairdeal.data_contracts.typologies import Detector, Typology

SCORES = Contract(
    name="scores",
    grain="one subject at one moment, by one detector",
    key=("detector", "subject_id", "as_of_at"),
    event_at="as_of_at",
    quarantine_limit=0.0,
    columns=(
        Column("detector", Kind.CATEGORY, "who scored", required=True, allowed=tuple(Detector)),
        key_id("subject_id", "the payment, order or review"),
        instant("as_of_at", "the moment whose knowledge was used", required=True),
        Column("score", Kind.NUMBER, "0 to 1, high is more suspicious", required=True, at_least=0, at_most=1),
        Column(
            "probability",
            Kind.NUMBER,
            "calibrated probability of fraud",
            at_least=0,
            at_most=1,
            absent="the model learned from no labels, so no probability is claimed",
        ),
        Column("typology", Kind.CATEGORY, "the kind of cheat hunted", required=True, allowed=tuple(Typology)),
        key_id("model_version", "which model scored"),
        Column(
            "unusual",
            Kind.NUMBER,
            "share of what the model learned from that is less unusual, whatever the labels say",
            at_least=0,
            at_most=1,
            absent="the model keeps no picture of what is usual beside its labels",
        ),
    ),
)

DECISIONS = Contract(
    name="decisions",
    grain="one subject at one moment; every subject has one, nothing is capped",
    key=("detector", "subject_id", "as_of_at"),
    event_at="as_of_at",
    quarantine_limit=0.0,
    columns=(
        *SCORES.columns,
        Column("subject_kind", Kind.CATEGORY, "what is decided about", required=True, allowed=SUBJECT_KINDS),
        instant("event_at", "when the subject happened", required=True),
        money("amount_minor", "money the subject moves", absent="the subject moves no money"),
        currency(),
        money("expected_loss_minor", "probability times the money the parties would bear", required=True),
        Column("loss_borne_by", Kind.JSON, "expected loss of each party, as {party: minor units}", required=True),
        Column("action", Kind.CATEGORY, "what the policy does", required=True, allowed=tuple(Action)),
        Column("step_up_method", Kind.CATEGORY, "how identity is verified again", required=True, allowed=tuple(StepUp)),
        Column("policy_rule", Kind.CATEGORY, "the written rule that chose the action", required=True, max_length=64),
        instant("valid_until", "when the action lapses by itself", required=True),
    ),
)
