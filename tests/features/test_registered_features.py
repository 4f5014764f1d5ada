"""What every registered feature must hold, from the day it is registered."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import FEATURES, LONGEST_WINDOW_S, FeatureTable, build, reasons
from fairdeal.features.definitions import Own, Ratio
from fairdeal.features.windows import Trail
from tests.features.market import START, known_before, market


def features_at(
    detector: Detector, tables: dict[str, pl.DataFrame], moment: datetime | None, *, zone: str = "Asia/Shanghai"
) -> FeatureTable:
    """Features of every subject that happened before the moment; payments at their own."""
    contract = INBOUND[detector.table]
    rows = tables[detector.table]
    if moment is not None:
        rows = rows.filter(pl.col(contract.event_at or "") < moment)
    as_of = None if detector is Detector.PAYMENTS else pl.Series([moment] * rows.height, dtype=pl.Datetime("us", "UTC"))
    return build(detector, tables, rows, as_of=as_of, time_zone=zone)


@pytest.mark.parametrize("detector", Detector)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ignores_the_future(detector: Detector, seed: int) -> None:
    tables, moment = market(seed), START + timedelta(days=8)
    with_future = features_at(detector, tables, moment)
    without = features_at(detector, known_before(tables, moment), moment)
    assert without.rows.height > 0
    assert with_future.rows.equals(without.rows)


@pytest.mark.parametrize("detector", Detector)
def test_a_planted_leak_is_caught(detector: Detector) -> None:
    tables, moment = market(4), START + timedelta(days=8)
    contract = INBOUND[detector.table]
    leaking = {**tables, "labels": tables["labels"].with_columns(available_at=pl.lit(START - timedelta(days=1)))}
    cut = known_before(tables, moment)
    cut["labels"] = cut["labels"].filter(pl.lit(contract.name == ""))
    assert not features_at(detector, leaking, moment).rows.equals(features_at(detector, cut, moment).rows)


@pytest.mark.parametrize("detector", Detector)
def test_ignores_row_order(detector: Detector) -> None:
    tables, moment = market(5), START + timedelta(days=12)
    shuffled = {name: table.sample(fraction=1, shuffle=True, seed=9) for name, table in tables.items()}
    assert features_at(detector, shuffled, moment).rows.equals(features_at(detector, tables, moment).rows)


@pytest.mark.parametrize("detector", Detector)
def test_empty_history_is_defined_and_one_row_stands_per_subject(detector: Detector) -> None:
    tables, moment = market(6), START + timedelta(days=12)
    alone = {detector.table: tables[detector.table].head(1)}
    table = features_at(detector, alone, moment)
    assert table.rows.height == 1
    for feature in FEATURES[detector]:
        if isinstance(feature.definition, Trail) and feature.definition.aggregate.value in ("count", "sum", "distinct"):
            value = table.rows[feature.name][0]
            assert value is None or value >= 0, feature.name


@pytest.mark.parametrize("detector", Detector)
def test_key_columns_alone_suffice_and_the_rest_is_blind(detector: Detector) -> None:
    tables, moment = market(7), START + timedelta(days=12)
    contract = INBOUND[detector.table]
    bare = {detector.table: contract.conform(tables[detector.table].select(contract.required))}
    table = features_at(detector, bare, moment)
    assert table.rows.height == tables[detector.table].height
    assert 0 < len(table.blind) < len(table.names)


@pytest.mark.parametrize("detector", Detector)
def test_the_history_that_runs_read_is_enough(detector: Detector) -> None:
    tables, moment = market(8, days=45, in_order=True), START + timedelta(days=44)
    contract = INBOUND[detector.table]
    recent = pl.col(contract.event_at or "") >= moment - timedelta(days=1)
    rows = tables[detector.table].filter(recent & (pl.col(contract.event_at or "") < moment))
    as_of = None if detector is Detector.PAYMENTS else pl.Series([moment] * rows.height, dtype=pl.Datetime("us", "UTC"))
    start = moment - timedelta(days=1, seconds=LONGEST_WINDOW_S)
    cut = {
        name: table
        if INBOUND[name].event_at is None or name in ("labels", "orders", "shipments")
        else table.filter(pl.col(INBOUND[name].event_at or "") >= start)
        for name, table in tables.items()
    }
    whole = build(detector, tables, rows, as_of=as_of).rows
    names = [feature.name for feature in FEATURES[detector] if "fraud" not in feature.name]
    assert build(detector, cut, rows, as_of=as_of).rows.select(names).equals(whole.select(names))


def test_no_window_is_longer_than_what_runs_read() -> None:
    windows = [feature.definition.window for some in FEATURES.values() for feature in some if isinstance(feature.definition, Trail)]
    assert max(windows) <= LONGEST_WINDOW_S


@pytest.mark.parametrize("detector", Detector)
def test_names_are_distinct_and_every_window_can_be_told(detector: Detector) -> None:
    names = [feature.name for feature in FEATURES[detector]]
    assert len(names) == len(set(names))
    told = reasons(detector)
    for feature in FEATURES[detector]:
        assert feature.catches
        assert feature.absent
        if isinstance(feature.definition, Trail):
            assert told[feature.name].sentence(2, 1, "zh")
            assert told[feature.name].sentence(2, 1, "en")
        else:
            assert isinstance(feature.definition, Own | Ratio)


def test_orders_and_reviews_need_the_moment_they_are_scored_at() -> None:
    for detector in (Detector.DEALS, Detector.REVIEWS):
        with pytest.raises(ValueError, match="scored as of a day's close"):
            build(detector, market(1), market(1)[detector.table])


def test_extras_join_as_numbers_or_as_keys() -> None:
    tables, moment = market(9), START + timedelta(days=12)
    tables["payments"] = tables["payments"].with_columns(x_level=pl.lit(3.0), x_shop=pl.col("payee_id"))
    table = features_at(Detector.PAYMENTS, tables, moment)
    assert {"x_level", "x_shop_extra_count_30d", "x_shop_extra_distinct_30d"} <= set(table.names)
    same_as_payee = table.rows.select(pl.col("x_shop_extra_count_30d") == pl.col("payee_payment_count_30d")).to_series()
    assert same_as_payee.all()
