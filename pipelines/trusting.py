"""Trust in the daily run: who was wrongly suspected of something is not suspected of it again at once, unless much speaks for it.

The harshest that then happens to them is that they are asked to confirm; people look at a share of what is kept from them, drawn with a
known probability, so that the list blinds no model.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.policy import policy_from
from fairdeal.pipelines.tables import Tables, own_rows
from fairdeal.pipelines.workplace import instant

#: Column of each detector's table that names whom an entry trusts.
COLUMNS: dict[Detector, dict[str, str]] = {
    Detector.PAYMENTS: {"account": "payer_id", "merchant": "payee_id", "instrument": "instrument_id", "device": "device_id"},
    Detector.DEALS: {"account": "buyer_id", "merchant": "merchant_id", "instrument": "instrument_id", "device": "device_id"},
    Detector.REVIEWS: {"account": "reviewer_id", "merchant": "merchant_id", "device": "device_id"},
}
#: Decisions that trust speaks of: by which entry, and what would have been done.
TRUSTED = {
    "detector": pl.String(),
    "subject_id": pl.String(),
    "as_of_at": pl.Datetime("us", "UTC"),
    "entry_id": pl.Int64(),
    "action_before": pl.String(),
}
#: The harshest that is done to whom one trusts.
MOST = Action.CONFIRM


def in_force(trust: dict[str, Any], detector: Detector, moment: datetime) -> list[dict[str, Any]]:
    """The entries of a detector that bind at a run's frozen moment."""
    known = [entry for entry in trust["known"] if entry["detector"] == detector.value]
    return [entry for entry in known if instant(entry["since"]) <= moment < instant(entry["until"])]


def trusted_rows(
    detector: Detector,
    decisions: pl.DataFrame,
    tables: Tables,
    interval: tuple[datetime, datetime],
    *,
    trust: dict[str, Any],
    moment: datetime,
) -> pl.DataFrame:
    """Decisions of which an entry of the trust-list speaks; columns of `TRUSTED`, sorted.

    Parameters
    ----------
    trust
        As frozen: ``known`` entries, the ``ceiling`` from which on trust counts for nothing, ``looks``.

    Notes
    -----
    An entry speaks of its own kind of cheat only: a score that names another one is not touched. Of several the first counts.
    """
    entries = in_force(trust, detector, moment)
    below = decisions.filter(pl.col("probability").is_null() | (pl.col("probability") < trust["ceiling"]))
    below = below.filter(pl.col("typology").is_in([entry["typology"] for entry in entries]))
    if not below.height:
        return pl.DataFrame(schema=TRUSTED)
    names = {kind: name for kind, name in COLUMNS[detector].items() if name in INBOUND[detector.table].names}
    own = INBOUND[detector.table].key[0]
    parties = own_rows(detector, tables, below, interval, *names.values()).rename({own: "subject_id"}).collect(engine="streaming")
    speaking = pl.DataFrame(
        [(e["subject_kind"], e["subject_id"], e["typology"], e["entry_id"]) for e in entries],
        schema={"kind": pl.String(), "party": pl.String(), "typology": pl.String(), "entry_id": pl.Int64()},
        orient="row",
    )
    named = pl.concat(
        [parties.select("subject_id", kind=pl.lit(kind), party=pl.col(name).cast(pl.String)) for kind, name in names.items()]
    ).unique()
    hits = below.select("detector", "subject_id", "as_of_at", "typology", action_before="action").join(named, on="subject_id")
    hits = hits.join(speaking, on=["kind", "party", "typology"]).sort("subject_id", "as_of_at", "entry_id")
    return hits.unique(["subject_id", "as_of_at"], keep="first", maintain_order=True).select(*TRUSTED)


def eased(detector: Detector, decisions: pl.DataFrame, trusted: pl.DataFrame, *, policy: dict[str, Any], moment: datetime) -> pl.DataFrame:
    """The decisions, none of a trusted subject harsher than `MOST`; as they were otherwise, in the same order."""
    rules = policy_from(policy)
    mildest = MOST if MOST in rules.allowed[detector] else Action.ALLOW
    harsher = [action.value for action in Action if action.severity > mildest.severity]
    speaks = trusted.select("subject_id", "as_of_at", "entry_id")
    joined = decisions.join(speaks, on=["subject_id", "as_of_at"], how="left", maintain_order="left")
    is_eased = pl.col("entry_id").is_not_null() & pl.col("action").is_in(harsher)
    until = (moment + timedelta(hours=rules.measures[mildest].valid_hours)).astimezone(UTC)
    changed = joined.with_columns(
        action=pl.when(is_eased).then(pl.lit(mildest.value)).otherwise("action"),
        step_up_method=pl.when(is_eased).then(pl.lit(StepUp.NONE.value)).otherwise("step_up_method"),
        policy_rule=pl.when(is_eased).then(pl.format("trusted:{}", "entry_id")).otherwise("policy_rule"),
        valid_until=pl.when(is_eased).then(pl.lit(until, pl.Datetime("us", "UTC"))).otherwise("valid_until"),
    )
    return promised(DECISIONS, DECISIONS.conform(changed.drop("entry_id")))
