"""Which share of frauds anybody ever hears of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fairdeal.data_contracts.labels import LABELS as CONTRACT
from fairdeal.pipelines.coming_to_light import found_share

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
#: Standard error of one find that was drawn with a chance of one in ten, in finds.
SPREAD = 0.9**0.5


@pytest.mark.parametrize(
    ("audited", "also_reported", "share"),
    [
        (None, 0, 1.0),  # without an audit nobody can say what stays hidden
        (0, 0, 1.0),  # nor with one that has found nothing
        (10, 10, 1.0),
        (10, 0, 2 / 12),
        (1, 0, 2 / 3),
    ],
)
def test_the_audit_tells_which_share_of_frauds_anybody_hears_of(audited: int | None, also_reported: int, share: float) -> None:
    found = [(f"p{number}", True, "audit") for number in range(audited or 0)]
    found += [(f"p{number}", True, "chargeback") for number in range(also_reported)] + [("p99", True, "report"), ("o1", True, "report")]
    found += [] if audited is None else [("p50", False, "audit")]
    kinds = ["order" if name == "o1" else "payment" for name, *_ in found]
    labels = pl.DataFrame(found, schema=["subject_id", "is_fraud", "source"], orient="row").with_columns(
        subject_kind=pl.Series(kinds), propensity=pl.lit(None, pl.Float64), available_at=pl.lit(BEGAN)
    )
    assert found_share(labels, "payment") == pytest.approx(share)


@pytest.mark.parametrize(
    ("hidden", "share"),
    [
        (0, 1.0),
        (1, 20 / (20 + 10 * (1 - SPREAD))),  # one find is hardly more than chance
        (4, 20 / (20 + 10 * (4 - 2 * SPREAD))),  # each stands for ten, less a standard error of the draw
        (9, 20 / (20 + 10 * (9 - 3 * SPREAD))),
    ],
)
def test_frauds_that_our_own_audit_alone_came_upon_stand_for_those_that_nobody_saw(hidden: int, share: float) -> None:
    """The audit is drawn from what was not flagged: what analysts found elsewhere is found, whatever the audit says."""
    rows = [(f"a{number}", True, "analyst", 1.0) for number in range(20)]
    rows += [(f"h{number}", True, "audit", 0.1) for number in range(hidden)] + [("clean", False, "audit", 0.1), ("a0", True, "audit", 0.1)]
    labels = pl.DataFrame(rows, schema=["subject_id", "is_fraud", "source", "propensity"], orient="row")
    told = labels.with_columns(subject_kind=pl.lit("payment"), available_at=pl.lit(BEGAN))
    assert found_share(told, "payment") == pytest.approx(share)


def test_what_was_looked_at_for_certain_stands_for_itself_and_no_error_is_taken_off() -> None:
    rows = [(f"a{number}", True, "analyst", 1.0) for number in range(20)] + [(f"u{number}", True, "audit", 1.0) for number in range(5)]
    labels = pl.DataFrame(rows, schema=["subject_id", "is_fraud", "source", "propensity"], orient="row")
    told = labels.with_columns(subject_kind=pl.lit("payment"), available_at=pl.lit(BEGAN))
    assert found_share(told, "payment") == pytest.approx(20 / 25)


@pytest.mark.parametrize(
    ("earlier", "later", "hidden", "share"),
    [
        (12, 0, 0, (6 + 2) / (12 + 2)),  # nothing has happened since it began
        (12, 20, 0, 26 / (6 / (8 / 14) + 20)),
        (12, 20, 4, 26 / (6 / (8 / 14) + 20 + 10 * (4 - 2 * SPREAD))),
        (0, 20, 4, 20 / (20 + 10 * (4 - 2 * SPREAD))),
    ],
)
def test_our_own_audit_speaks_of_the_time_since_it_began_and_a_sources_of_the_time_before(
    earlier: int, later: int, hidden: int, share: float
) -> None:
    """Of what the source's audit came upon half was reported too."""
    day = timedelta(days=1)
    rows = [(f"e{number}", True, "audit", None, BEGAN - day) for number in range(earlier)]
    rows += [(f"e{number}", True, "report", None, BEGAN - day) for number in range(earlier // 2)]
    rows += [(f"l{number}", True, "analyst", 1.0, BEGAN + day) for number in range(later)]
    rows += [(f"h{number}", True, "audit", 0.1, BEGAN + day) for number in range(hidden)] + [("clean", False, "audit", 0.1, BEGAN)]
    labels = pl.DataFrame(rows, schema=["subject_id", "is_fraud", "source", "propensity", "available_at"], orient="row")
    assert found_share(labels.with_columns(subject_kind=pl.lit("payment")), "payment") == pytest.approx(share)


def test_a_second_look_at_what_an_audit_found_makes_no_audit_look_better() -> None:
    rows = [
        {"subject_id": "P1", "source": "audit", "propensity": 0.1},
        {"subject_id": "P1", "source": "second_look", "propensity": 0.1},
        {"subject_id": "P2", "source": "report", "propensity": None},
    ]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    table = pl.DataFrame([{**row, "subject_kind": "payment", "is_fraud": True, "available_at": at} for row in rows])
    conformed = CONTRACT.conform(table)
    without = conformed.filter(pl.col("source") != "second_look")
    assert found_share(conformed, "payment") == found_share(without, "payment")


@pytest.mark.parametrize(
    ("orders", "orders_reported", "share"),
    [
        (0, 0, (4 + 2) / (5 + 2)),  # as if there were no other kind
        (5, 0, (4 + 0 + 2) / (5 + 5 + 2)),
        (40, 20, (4 + 10 + 2) / (5 + 20 + 2)),  # many count as twenty
        (400, 200, (4 + 10 + 2) / (5 + 20 + 2)),
    ],
)
def test_a_handful_of_audited_frauds_is_held_towards_what_the_other_kinds_tell(orders: int, orders_reported: int, share: float) -> None:
    rows = [(f"p{number}", "payment", "audit") for number in range(5)] + [(f"p{number}", "payment", "report") for number in range(4)]
    rows += [(f"o{number}", "order", "audit") for number in range(orders)]
    rows += [(f"o{number}", "order", "report") for number in range(orders_reported)]
    labels = pl.DataFrame(rows, schema=["subject_id", "subject_kind", "source"], orient="row").with_columns(
        is_fraud=pl.lit(True), propensity=pl.lit(None, pl.Float64), available_at=pl.lit(BEGAN)
    )
    assert found_share(labels, "payment") == pytest.approx(share)
