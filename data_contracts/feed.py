"""The daily risk feed: what the payments control centre consumes."""

from __future__ import annotations

from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.contract import Column, Contract, Kind, currency, instant, key_id, money, other_id
from fairdeal.data_contracts.typologies import Detector

#: Raised when a consumer written for an older feed could misread a newer one.
SCHEMA_VERSION = "1.0"

#: The kinds of subject a control centre can act upon.
FEED_SUBJECT_KINDS = ("account", "instrument", "device", "network", "merchant", "order", "payment", "review")

FEED = Contract(
    name="feed",
    grain="one subject whose action is not allow, or an allow that lifts an earlier action",
    key=("subject_kind", "subject_token"),
    quarantine_limit=0.0,
    columns=(
        Column("seq", Kind.INTEGER, "position in the feed, from 1 without a gap", required=True, at_least=1),
        Column("subject_kind", Kind.CATEGORY, "what is acted upon", required=True, allowed=FEED_SUBJECT_KINDS),
        key_id("subject_token", "the subject's opaque token; never a card number or a raw network address"),
        Column("action", Kind.CATEGORY, "what is to be done", required=True, allowed=tuple(Action)),
        Column("step_up_method", Kind.CATEGORY, "how identity is verified again", required=True, allowed=tuple(StepUp)),
        instant("valid_from", "from when", required=True),
        instant("valid_until", "until when; the action lapses then by itself", required=True),
        Column("probability", Kind.NUMBER, "calibrated probability of fraud", at_least=0, at_most=1, absent="not calibrated"),
        money("expected_loss_minor", "what is at stake", required=True),
        currency(),
        Column("reasons", Kind.JSON, "list of {code, value, norm, text_zh, text_en}", required=True),
        Column("detector", Kind.CATEGORY, "who scored", required=True, allowed=tuple(Detector)),
        key_id("model_version", "which model scored"),
        other_id("case_id", "the case where a person looks at it", absent="no case"),
        Column("human_reviewed", Kind.BOOLEAN, "a person has confirmed it", required=True),
        other_id("supersedes", "feed day, revision and seq of the record this one replaces", absent="the first about this subject"),
        Column("appeal_text_key", Kind.CATEGORY, "which text tells the person affected how to appeal", required=True, max_length=64),
    ),
)
