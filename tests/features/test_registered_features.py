"""What every registered feature must hold, from the day it is registered."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from fairdeal.data_contracts.tables import INBOUND
from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import FEATURES, MODULES, FeatureTable, build, history_s, reasons, trails_of
from fairdeal.features.known import known_features
from fairdeal.features.streams import READ_BY
from fairdeal.features.trails import Trail
from fairdeal.features.windows import evaluate
from tests.features.market import START, known_before, market
from tests.features.oracle import brute_force


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
def test_where_every_amount_and_count_is_nought_no_value_is_anything_but_a_number_or_null(detector: Detector) -> None:
    noughts = {
        name: table.with_columns(
            pl.when(column.is_not_null()).then(0).cast(column.dtype).alias(column.name) for column in table if column.dtype.is_numeric()
        )
        for name, table in market(3).items()
    }
    table = features_at(detector, noughts, START + timedelta(days=8))
    assert table.rows.height > 0
    assert [name for name in table.names if not table.rows[name].is_finite().all()] == []


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
        if (
            feature.name in table.names
            and isinstance(feature.definition, Trail)
            and feature.definition.aggregate.value in ("count", "sum", "distinct")
        ):
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
    # Payments long enough for the longest window; a review of an order may come before it here, so that others are kept short.
    days, count = (160, 400) if detector is Detector.PAYMENTS else (45, 120)
    tables, moment = market(8, rows=count, days=days, in_order=True), START + timedelta(days=days - 1)
    contract = INBOUND[detector.table]
    recent = pl.col(contract.event_at or "") >= moment - timedelta(days=1)
    rows = tables[detector.table].filter(recent & (pl.col(contract.event_at or "") < moment))
    as_of = None if detector is Detector.PAYMENTS else pl.Series([moment] * rows.height, dtype=pl.Datetime("us", "UTC"))
    since = moment - timedelta(days=1)
    cut = {
        name: table
        if INBOUND[name].event_at is None or name in ("labels", "orders", "shipments")
        else table.filter(pl.col(INBOUND[name].event_at or "") >= since - timedelta(seconds=history_s(name)))
        for name, table in tables.items()
    }
    whole = build(detector, tables, rows, as_of=as_of).rows
    # Labels may come long after what they speak of, which then lies before the history that is read.
    known = set(known_features(FEATURES[detector]))
    names = [feature.name for feature in FEATURES[detector] if not feature.is_part and feature.name not in known]
    assert build(detector, cut, rows, as_of=as_of).rows.select(names).equals(whole.select(names))


def windows_of(detector: Detector, tables: dict[str, pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame], list[Trail]]:
    """Prepared subjects, the events they look back on, and every window that the detector's registered features rest on."""
    moment = START + timedelta(days=10)
    contract = INBOUND[detector.table]
    rows = tables[detector.table].filter(pl.col(contract.event_at or "") < moment)
    as_of = None if detector is Detector.PAYMENTS else pl.Series([moment] * rows.height, dtype=pl.Datetime("us", "UTC"))
    module = MODULES[detector]
    streams = {name: stream.collect() for name, stream in module.event_streams(tables).items()}
    return module.prepare(rows, tables, as_of, "Asia/Shanghai"), streams, trails_of(FEATURES[detector])


@pytest.mark.parametrize("detector", Detector)
def test_every_registered_window_equals_the_brute_force_oracle_whatever_the_memory(detector: Detector) -> None:
    subjects, streams, trails = windows_of(detector, market(11, rows=60))
    found = evaluate(subjects, streams, trails)
    for trail in trails:
        assert found[trail.name].to_list() == brute_force(subjects, streams[trail.stream], trail), trail.name
    assert evaluate(subjects, streams, trails, at_once=10).equals(found)


@pytest.mark.parametrize("detector", Detector)
def test_a_planted_tie_mistake_is_caught_in_every_registered_window_that_meets_ties(detector: Detector) -> None:
    # All at one moment, the subject's own events too: a history that took its own second in would not be empty.
    subjects, streams, trails = windows_of(detector, market(12, rows=40))
    at_once = {name: stream.with_columns(t=pl.lit(1_000, pl.Int64)) for name, stream in streams.items()}
    alike = subjects.with_columns(t=pl.lit(1_000, pl.Int64))
    right = evaluate(alike, at_once, trails)
    mistaken = evaluate(alike.with_columns(t=pl.lit(1_001, pl.Int64)), at_once, trails)
    assert all(value in (0, None) for trail in trails for value in right[trail.name].to_list())
    caught = [trail.name for trail in trails if not mistaken[trail.name].equals(right[trail.name])]
    assert len(caught) > len(trails) / 2


def test_runs_read_as_far_back_as_the_longest_window_of_a_table() -> None:
    for features in FEATURES.values():
        for trail in trails_of(features):
            assert all(trail.reach <= history_s(table) for table in READ_BY[trail.stream])


def test_every_stream_says_which_tables_it_is_made_of() -> None:
    for detector in Detector:
        assert set(MODULES[detector].event_streams(market(1))) <= set(READ_BY)


@pytest.mark.parametrize("detector", Detector)
def test_names_are_distinct_and_every_window_can_be_told(detector: Detector) -> None:
    names = [feature.name for feature in FEATURES[detector]]
    assert len(names) == len(set(names))
    told = reasons(detector)
    for feature in FEATURES[detector]:
        assert feature.catches
        assert feature.absent
        if isinstance(feature.definition, Trail) and not feature.is_part:
            assert told[feature.name].sentence(2, 1, "zh")
            assert told[feature.name].sentence(2, 1, "en")


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


@pytest.mark.parametrize("detector", Detector)
def test_what_features_are_made_of_is_read_by_no_model_and_told_to_nobody(detector: Detector) -> None:
    tables, moment = market(9), START + timedelta(days=12)
    parts = {feature.name for feature in FEATURES[detector] if feature.is_part}
    table = features_at(detector, tables, moment)
    assert not parts & {*table.names, *table.rows.columns, *reasons(detector)}


YUAN = {"currency": "CNY"}


def test_a_fraud_that_was_nothing_unusual_for_its_payer_speaks_of_the_payee() -> None:
    day = timedelta(days=1)
    habit = [("A", "M1", number, 1_000 + number % 3 * 100) for number in range(1, 20)]
    frauds = [("A", "M2", 20, 1_100), ("A", "M3", 20, 90_000)]
    later = [("B", "M2", 30, 1_000), ("B", "M3", 30, 1_000)]
    rows = [
        {
            "payment_id": f"P{number}",
            "payer_id": payer,
            "payee_id": payee,
            "paid_at": START + at * day,
            "amount_minor": amount,
            "currency": "CNY",
        }
        for number, (payer, payee, at, amount) in enumerate([*habit, *frauds, *later])
    ]
    payments = INBOUND["payments"].conform(pl.DataFrame(rows))
    told = [
        {"subject_kind": "payment", "subject_id": f"P{number}", "is_fraud": number >= 19, "available_at": START + 25 * day}
        for number in range(21)
    ]
    labels = INBOUND["labels"].conform(pl.DataFrame(told))
    table = build(Detector.PAYMENTS, {"payments": payments, "labels": labels}, payments.tail(2))
    assert table.rows["payee_payment_fraud_count_30d"].to_list() == [1.0, 1.0]
    assert table.rows["payee_usual_fraud_share_7d"].to_list() == [1.0, 0.0]
    assert table.rows["payee_payment_usual_fraud_first_30d"].to_list() == [5 * 86_400.0, None]


def test_a_charge_that_is_not_what_was_shown_is_told_part_by_part() -> None:
    shown = {"shown_amount_minor": 1_000, "shown_payee_id": "M1", "shown_method": "card"}
    given = {"payer_id": "A", "payee_id": "M1", "method": "card", "amount_minor": 1_000, **YUAN, **shown}
    rows = [
        {**given, "payment_id": "P0", "paid_at": START},
        {**given, "payment_id": "P1", "paid_at": START + timedelta(seconds=90)},
        {**given, "payment_id": "P2", "paid_at": START + timedelta(hours=5), "amount_minor": 10_000, "payee_id": "M2", "method": "wallet"},
        {"payment_id": "P3", "payer_id": "B", "payee_id": "M1", "paid_at": START + timedelta(hours=6), "amount_minor": 1_000, **YUAN},
    ]
    payments = INBOUND["payments"].conform(pl.DataFrame(rows))
    table = build(Detector.PAYMENTS, {"payments": payments}, payments).rows
    assert table["same_payment_count_1h"].to_list() == [0.0, 1.0, 0.0, 0.0]
    assert table["same_payment_since_1d"].to_list() == [None, 90.0, None, None]
    assert table["payment_payee_differs"].to_list() == [0.0, 0.0, 1.0, None]
    assert table["payment_method_differs"].to_list() == [0.0, 0.0, 1.0, None]
    assert table["payment_amount_to_shown"].to_list() == [1.0, 1.0, 10.0, None]


@pytest.mark.parametrize("detector", Detector)
def test_no_two_features_give_the_same_reason(detector: Detector) -> None:
    codes = [feature.reason.code for feature in FEATURES[detector] if feature.reason is not None]
    assert len(codes) == len(set(codes))


def test_a_payment_that_is_cleared_later_changes_no_earlier_share() -> None:
    day = timedelta(days=1)
    rows = [
        {"payment_id": f"P{number}", "payer_id": "A", "payee_id": "M", "paid_at": START + number * day, "amount_minor": 1_000, **YUAN}
        for number in range(8)
    ]
    payments = INBOUND["payments"].conform(pl.DataFrame(rows))
    told = [("P0", True, 2), ("P1", False, 5), ("P2", False, 7)]
    verdicts = [
        {"subject_kind": "payment", "subject_id": subject, "is_fraud": is_fraud, "available_at": START + at * day}
        for subject, is_fraud, at in told
    ]
    labels = INBOUND["labels"].conform(pl.DataFrame(verdicts))
    share = build(Detector.PAYMENTS, {"payments": payments, "labels": labels}, payments).rows["payee_fraud_share_30d"].to_list()
    # While only a fraud is known, nobody can say whether honest payments are ever named.
    assert share == [None, None, None, None, None, None, 0.5, 0.5]
    for number in range(3):
        known = labels.head(number)
        before = build(Detector.PAYMENTS, {"payments": payments, "labels": known}, payments).rows["payee_fraud_share_30d"].to_list()
        assert before[: told[number][2] + 1] == share[: told[number][2] + 1]
