"""What the product makes keeps its contracts, or the step stops."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.data_contracts.features import feature_contract
from fairdeal.data_contracts.promises import promised
from fairdeal.data_contracts.scores import SCORES
from fairdeal.data_contracts.typologies import Detector

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def scores(**changes: object) -> pl.DataFrame:
    row = {
        "detector": "payments", "subject_id": "P1", "as_of_at": NOW, "score": 0.5, "probability": None, "typology": "stolen_instrument",
        "model_version": "payments-1", **changes,
    }  # fmt: skip
    return pl.DataFrame([row])


def test_a_kept_promise_is_typed_and_in_order() -> None:
    kept = promised(SCORES, scores().select("score", "subject_id", "detector", "as_of_at", "typology", "model_version"))
    assert kept.schema == pl.Schema(SCORES.polars_schema())


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"score": 1.5}, "score:range"), ({"typology": "theft"}, "typology:allowed"), ({"subject_id": None}, "subject_id:required")],
)
def test_a_broken_promise_stops_and_names_the_rule(change: dict[str, object], rule: str) -> None:
    with pytest.raises(ContractBreach, match=rule):
        promised(SCORES, scores(**change))


def test_a_key_that_stands_twice_stops() -> None:
    with pytest.raises(ContractBreach, match="2 rows share a key"):
        promised(SCORES, pl.concat([scores(), scores(score=0.7)]))


def test_a_feature_that_is_no_number_stops() -> None:
    contract = feature_contract(Detector.PAYMENTS, ["payer_payment_count_1d"])
    row = {"subject_id": "P1", "event_at": NOW, "as_of_at": NOW, "payer_payment_count_1d": float("nan")}
    with pytest.raises(ContractBreach, match="payer_payment_count_1d:type"):
        promised(contract, pl.DataFrame([row]))
