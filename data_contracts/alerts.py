"""Alerts: the subjects that a person is asked to look at."""

from __future__ import annotations

from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id
from fairdeal.data_contracts.labels import SUBJECT_KINDS
from fairdeal.data_contracts.typologies import CaseType, Detector, Typology

#: Why those of an audit are looked at, whom nothing flagged: drawn by chance, or the most unusual.
AUDITED = ("audit_sample", "unusual")

ALERTS = Contract(
    name="alerts",
    grain="one subject that a person is asked to look at",
    key=("alert_id",),
    event_at="as_of_at",
    quarantine_limit=0.0,
    columns=(
        key_id("alert_id", "derived from detector, subject and the subject's first day"),
        key_id("run_id", "the run that raised it"),
        Column("detector", Kind.CATEGORY, "who scored", required=True, allowed=tuple(Detector)),
        Column("subject_kind", Kind.CATEGORY, "what is suspected", required=True, allowed=SUBJECT_KINDS),
        key_id("subject_id", "the payment, order or review"),
        Column("typology", Kind.CATEGORY, "the kind of cheat suspected", required=True, allowed=tuple(Typology)),
        Column("case_type", Kind.CATEGORY, "the case it belongs to", required=True, allowed=tuple(CaseType)),
        Column("case_subject_kind", Kind.CATEGORY, "whom the case is about", required=True, allowed=SUBJECT_KINDS),
        key_id("case_subject_id", "whom the case is about; alerts that share it and the type share the case"),
        Column(
            "chosen_by",
            Kind.CATEGORY,
            "expected loss within capacity, the random audit sample of what was not flagged, or the most unusual of it",
            required=True,
            allowed=("expected_loss", *AUDITED),
        ),
        Column(
            "selection_probability", Kind.NUMBER, "probability that this subject came to be looked at", required=True, at_least=0, at_most=1
        ),
        instant("as_of_at", "the moment whose knowledge was used", required=True),
        instant("event_at", "when the subject happened", required=True),
        Column("score", Kind.NUMBER, "0 to 1, high is more suspicious", required=True, at_least=0, at_most=1),
        Column(
            "probability",
            Kind.NUMBER,
            "calibrated probability of fraud",
            at_least=0,
            at_most=1,
            absent="no labels, or found by rule",
        ),
        money("amount_minor", "money the subject moves"),
        money("expected_loss_minor", "probability times the money the parties would bear", required=True),
        currency(),
        Column("action", Kind.CATEGORY, "what the policy does meanwhile", required=True),
        Column("reasons", Kind.JSON, "list of {code, value, norm, text_zh, text_en}, strongest first", required=True),
        Column("evidence", Kind.JSON, "for texts {spans, twins}; for deals {linked, shielded}; for payments {reconciled}", required=True),
        Column("snapshot", Kind.JSON, "the subject's own columns as scored, for the person who reads the case", required=True),
        key_id("model_version", "which model scored"),
        Column("data_version", Kind.ID, "digest of the frozen inputs of the run", required=True),
        other_id("merchant_id", "the shop concerned"),
        other_id("account_id", "the buyer, payer or reviewer concerned"),
    ),
)
