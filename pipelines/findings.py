"""What is told of a subject beside its score: a charge that departs from what it should be, and a shop that is under attack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.features.reconciling import MISCHARGED, mischarge_reasons, reconciled
from fairdeal.pipelines.tables import Tables

#: Told first of every order by which a rival attacks a shop.
SHIELDED = {
    "code": "VICTIM_SHIELDED",
    "value": None,
    "norm": None,
    "text_zh": "店铺是反向刷单的受害方，予以保护，不作任何处置；措施仅针对下单账户",
    "text_en": "The shop is the victim of these orders and is shielded: it is let pass, and only the accounts that ordered are acted upon",
}
#: Of a finding, what the evidence keeps.
KEPT = tuple(name for name in MISCHARGED if name not in ("subject_id", "amount_minor"))

Told = tuple[list[dict[str, Any]], dict[str, Any]]


def findings(
    told: pl.DataFrame, snapshots: Mapping[tuple[str, str], Mapping[str, Any]], tables: Tables, interval: tuple[datetime, datetime]
) -> dict[tuple[str, str, datetime], Told]:
    """Reasons and evidence, by detector, subject and moment, that stand before what the score gives.

    Parameters
    ----------
    told
        ``detector, subject_id, as_of_at, typology`` of what is acted upon or shown to people.
    snapshots
        Each subject's own row.
    tables
        As known at the interval's end.
    interval
        Of the run.
    """
    mischarged: dict[str, dict[str, Any]] = {}
    if (told["detector"] == Detector.PAYMENTS.value).any():
        mischarged = {row["subject_id"]: row for row in reconciled(tables, *interval).iter_rows(named=True)}
    found: dict[tuple[str, str, datetime], Told] = {}
    for detector, subject, moment, typology in told.select("detector", "subject_id", "as_of_at", "typology").iter_rows():
        if detector == Detector.PAYMENTS and subject in mischarged:
            row = mischarged[subject]
            kept = {name: row[name] for name in KEPT if row[name] is not None}
            found[detector, subject, moment] = mischarge_reasons(row), {"reconciled": kept}
        shop = snapshots[detector, subject].get("merchant_id")
        if typology == Typology.REVERSE_BRUSHING and shop:
            shield = {"subject_kind": "merchant", "subject_id": shop, "action": Action.ALLOW.value, "reason": SHIELDED["code"]}
            found[detector, subject, moment] = [SHIELDED], {"shielded": shield}
    return found


def shielded(evidence: pl.Series) -> list[str]:
    """The shops that alerts name as victims, sorted, from their evidence as JSON."""
    named = evidence.str.json_path_match("$.shielded.subject_id").drop_nulls().unique()
    return sorted(named.to_list())
