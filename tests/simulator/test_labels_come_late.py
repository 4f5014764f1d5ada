from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.simulator.chance import Floats, stream
from fairdeal.simulator.clock import DAY, Period
from fairdeal.simulator.complaints import Subjects, chargebacks, complaints, findings, reconciled
from tests.simulator.conftest import World

MANY = 20_000


def subjects(detector: Detector, typology: str | None, count: int = MANY) -> Subjects:
    period = Period(date(2026, 1, 1), 200)
    return Subjects(
        detector,
        np.arange(count, dtype=np.int64),
        period.start + np.arange(count, dtype=np.int64) * 1000,
        pl.Series([typology] * count, dtype=pl.String),
        np.zeros(count, dtype=np.bool_),
    )


def delays(reports: pl.DataFrame, of: Subjects) -> Floats:
    days: Floats = (reports["at"].to_numpy() - of.at[reports["subject"].to_numpy()]) / DAY
    return days


def test_chargebacks_take_two_weeks_and_at_most_sixty_days() -> None:
    stolen = subjects(Detector.PAYMENTS, "stolen_instrument")
    reports = chargebacks(stream(1, "test"), stolen, np.ones(MANY, dtype=np.bool_))
    days = delays(reports, stolen)
    assert np.median(days) == pytest.approx(14, abs=0.5)
    assert days.min() > 0
    assert 59 < days.max() <= 60
    assert reports.height == pytest.approx(0.85 * MANY, rel=0.02)


def test_declined_payments_are_never_charged_back() -> None:
    stolen = subjects(Detector.PAYMENTS, "stolen_instrument")
    assert chargebacks(stream(1, "test"), stolen, np.zeros(MANY, dtype=np.bool_)).height == 0


@pytest.mark.parametrize(("detector", "typology"), [(Detector.DEALS, "brushing"), (Detector.REVIEWS, "paid_praise")])
def test_fakes_are_reported_within_days_and_a_third_never(detector: Detector, typology: str) -> None:
    fakes = subjects(detector, typology)
    reports = findings(stream(1, "test"), fakes)
    days = delays(reports, fakes)
    assert days.min() > 0
    assert 2 < np.median(days) < 5
    assert 0.6 < reports.height / MANY < 0.7
    assert reports["is_fraud"].all()


def test_payment_errors_are_reconciled_within_two_working_days() -> None:
    errors = subjects(Detector.PAYMENTS, "payment_error")
    reports = reconciled(stream(1, "test"), errors)
    days = delays(reports, errors)
    assert 0 < days.min() < days.max() < 3
    assert reports.height == pytest.approx(0.8 * MANY, rel=0.02)
    assert set(reports["source"]) == {"provider"}
    assert reconciled(stream(1, "test"), subjects(Detector.PAYMENTS, "stolen_instrument")).height == 0


@pytest.mark.parametrize("typology", ["stolen_instrument", "card_testing", "account_takeover"])
def test_attempts_that_took_no_money_yield_no_label(typology: str) -> None:
    cheats = subjects(Detector.PAYMENTS, typology)
    nothing = np.zeros(MANY, dtype=np.bool_)
    reports = complaints(stream(1, "test"), Period(date(2026, 1, 1), 400), cheats, nothing, [])
    assert reports.is_empty()
    everything = complaints(stream(1, "test"), Period(date(2026, 1, 1), 400), cheats, ~nothing, [])
    assert everything.filter(pl.col("source") == "chargeback").height > 0.35 * MANY


def test_small_tests_of_cards_are_disputed_less_than_thefts() -> None:
    rates = {
        typology: chargebacks(stream(1, "test"), subjects(Detector.PAYMENTS, typology), np.ones(MANY, dtype=np.bool_)).height / MANY
        for typology in ("stolen_instrument", "account_takeover", "card_testing", "payment_error")
    }
    assert rates["stolen_instrument"] > rates["account_takeover"] > rates["card_testing"] > rates["payment_error"] > 0


@pytest.mark.parametrize("typology", ["malicious_review", "review_extortion", "impersonation"])
def test_cheats_that_concern_somebody_come_out_sooner_and_mostly_by_report(typology: str) -> None:
    fakes = subjects(Detector.REVIEWS, typology)
    praise = subjects(Detector.REVIEWS, "paid_praise")
    reports = findings(stream(1, "test"), fakes)
    days = delays(reports, fakes)
    assert days.min() > 0
    assert 0.5 < np.median(days) < np.median(delays(findings(stream(1, "test"), praise), praise))
    assert 0.55 < reports.height / MANY < 0.75
    assert 0.7 < (reports["source"] == "report").mean() < 0.9  # type: ignore[operator]
    assert reports["typology"].unique().to_list() == [typology]


def test_few_labels_are_wrong() -> None:
    honest = subjects(Detector.DEALS, None, 200_000)
    payments = subjects(Detector.PAYMENTS, None, 10)
    reports = complaints(stream(1, "test"), Period(date(2026, 1, 1), 200), payments, np.ones(10, dtype=np.bool_), [honest])
    wrong = reports["is_fraud"].mean()
    assert 0.005 < wrong < 0.011  # type: ignore[operator]
    assert reports.filter("is_fraud")["typology"].unique().to_list() == ["brushing"]
    assert reports.filter(~pl.col("is_fraud"))["typology"].null_count() == reports.height - reports["is_fraud"].sum()


def sound_reports(world: World) -> pl.DataFrame:
    known = pl.concat(
        [
            world.orders.select(subject="OrderNo", event=pl.col("OrderTime").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)),
            world.payments.select(
                subject="pay_id",
                event=pl.from_epoch(pl.col("ts").cast(pl.Int64, strict=False) + 8 * 3_600_000, "ms").cast(pl.Datetime("us")),
            ),
            world.reviews.select(subject="id", event=pl.col("posted").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)),
        ]
    ).unique("subject")
    reports = world.reports.with_columns(known_at=pl.col("得知时间").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False))
    return (
        reports.filter(pl.col("对象").is_in(["订单", "支付", "评价"]))
        .join(known, left_on="编号", right_on="subject")
        .drop_nulls("known_at")
    )


def test_no_label_is_known_before_its_event(world: World) -> None:
    reports = sound_reports(world)
    assert reports.height > 0.99 * world.reports.height
    assert (reports["known_at"] > reports["event"]).all()


def test_both_findings_reach_every_detector(world: World) -> None:
    counts = world.reports.group_by("对象", "属实").len()
    assert {(kind, verdict) for kind, verdict, count in counts.iter_rows() if count >= 10} >= {
        (kind, verdict) for kind in ("订单", "支付", "评价") for verdict in ("是", "否")
    }


@pytest.mark.parametrize(("kind", "name"), [("订单", "orders"), ("支付", "payments"), ("评价", "reviews")])
def test_labels_are_nearly_always_right_and_far_from_complete(world: World, kind: str, name: str) -> None:
    fraud = world.truth(name)["subject_id"]
    mine = sound_reports(world).filter(pl.col("对象") == kind)
    right = (mine["属实"] == "是") == mine["编号"].is_in(fraud.implode())
    assert right.mean() > 0.96  # type: ignore[operator]
    found = fraud.is_in(mine.filter(pl.col("属实") == "是")["编号"].implode()).mean()
    assert 0.2 < found < 0.8  # type: ignore[operator]
