from __future__ import annotations

import polars as pl
import pytest

from fairdeal.data_contracts.typologies import TYPOLOGIES, Detector
from tests.simulator.conftest import DAYS, World


def test_truth_names_every_kind_of_subject_with_its_campaign(world: World) -> None:
    campaigns = world.truth("campaigns")
    for detector in Detector:
        typologies = {str(typology) for typology, facts in TYPOLOGIES.items() if facts.detector == detector}
        name = f"{detector.subject_kind}s"
        truth = world.truth(name)
        assert truth.columns == ["subject_id", "typology", "campaign_id"]
        assert truth["subject_id"].is_unique().all()
        assert set(truth["typology"]) == typologies
        assert truth["campaign_id"].is_in(campaigns["campaign_id"].implode()).all()


@pytest.mark.parametrize(("name", "id_column"), [("orders", "OrderNo"), ("payments", "pay_id"), ("reviews", "id")])
def test_every_true_subject_is_in_the_provider_files(world: World, name: str, id_column: str) -> None:
    assert world.truth(name)["subject_id"].is_in(world.tables[name][id_column].implode()).all()


def test_no_word_of_the_truth_is_in_a_provider_file_but_the_reports(world: World) -> None:
    words = [str(typology) for typology in TYPOLOGIES]
    # In what people write, the everyday words of a cheat are theirs: one warns of 冒充, another scolds.
    everyday = [facts.zh for facts in TYPOLOGIES.values()]
    words += ["look_alike", "campaign", "group_buy", "cover_order", "feigned"]
    campaigns = world.truth("campaigns")["campaign_id"].to_list()
    for name, table in world.tables.items():
        if name == "labels":
            continue
        assert not set(table.columns) & {"typology", "campaign", "is_fraud", "parcel"}
        for column in table.columns:
            if table.schema[column] == pl.String:
                told = table[column].drop_nulls()
                assert not told.is_in(campaigns).any(), (name, column)
                assert not told.filter(told.str.contains_any(words + (everyday if column != "content" else []))).len(), (name, column)


@pytest.mark.parametrize(
    "typology", ["brushing", "stolen_instrument", "paid_praise", "malicious_review", "review_extortion", "impersonation"]
)
def test_campaigns_start_over_the_whole_period(world: World, typology: str) -> None:
    starts = world.truth("campaigns").filter(pl.col("typology") == typology)["started_at"].dt.convert_time_zone("Asia/Shanghai").dt.date()
    days = (starts - pl.Series([world.simulated.first_day])).dt.total_days()
    assert days.filter(days < 0.4 * DAYS).len() >= 1
    assert days.filter(days >= 0.6 * DAYS).len() >= 1


@pytest.mark.parametrize(
    ("name", "id_column", "low", "high"),
    [("orders", "OrderNo", 0.035, 0.055), ("payments", "pay_id", 0.012, 0.025), ("reviews", "id", 0.045, 0.075)],
)
def test_fraud_is_as_rare_as_planned(world: World, name: str, id_column: str, low: float, high: float) -> None:
    assert low <= world.truth(name).height / world.tables[name][id_column].n_unique() <= high
