"""A source's word weighs what others confirm of it; what was stopped is silent for no reason of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from fairdeal.data_contracts.labels import LABELS
from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines.label_weights import MOST_STOOD_FOR, PAIRS_IN_ADVANCE, USUAL_AGREEMENT, agreements, stood_for
from fairdeal.pipelines.labelled_frames import labelled_frame

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


def labels(*rows: tuple[str, str, bool], propensity: float | None = None) -> pl.DataFrame:
    """Labels by ``subject, source, is_fraud``, a minute apart."""
    return LABELS.conform(
        pl.DataFrame(
            [
                {
                    "subject_kind": "payment",
                    "subject_id": subject,
                    "is_fraud": found,
                    "available_at": UNTIL - timedelta(days=9) + timedelta(minutes=number),
                    "source": source,
                    "typology": "stolen_instrument" if found else None,
                    "label_id": f"L{number}",
                    "propensity": propensity,
                }
                for number, (subject, source, found) in enumerate(rows)
            ]
        )
    )


def shrunk(agreed: int, pairs: int) -> float:
    return (agreed + PAIRS_IN_ADVANCE * USUAL_AGREEMENT) / (pairs + PAIRS_IN_ADVANCE)


def test_a_source_is_held_against_the_most_trusted_other_that_speaks_of_the_same_subject() -> None:
    told = labels(
        *((f"p{number}", "report", True) for number in range(10)),
        *((f"p{number}", "audit", number < 6) for number in range(10)),
        *((f"p{number}", "chargeback", True) for number in range(10)),
        ("p99", "report", False),
    )
    found = {(row["source"], row["is_fraud"]): row for row in agreements(told, "payment").to_dicts()}
    assert found["report", True]["pairs"] == 10
    assert found["report", True]["agreement"] == shrunk(6, 10)
    # Who was never held against another is taken to be as good as usual.
    assert found["report", False] == {"source": "report", "is_fraud": False, "pairs": 0, "agreement": USUAL_AGREEMENT}
    # The audit itself is held against the next most trusted, the chargebacks.
    assert found["audit", True]["agreement"] == shrunk(6, 6)
    assert found["audit", False]["agreement"] == shrunk(0, 4)


def test_a_source_says_last_what_it_says_and_speaks_of_its_own_kind() -> None:
    told = labels(("p1", "report", True), ("p1", "report", False), ("p1", "analyst", False))
    assert agreements(told, "payment").select("source", "is_fraud", "pairs").rows() == [("analyst", False, 1), ("report", False, 1)]
    assert agreements(told, "order").height == 0


def test_who_was_looked_at_among_the_stopped_stands_for_the_others_of_the_same_action() -> None:
    stops = pl.DataFrame({"subject_id": [f"p{n}" for n in range(8)], "action": ["block"] * 4 + ["hold"] * 4})
    found = dict(
        stood_for(stops, labels(("p0", "analyst", True), ("p4", "analyst", False), ("p5", "analyst", True)), for_the_hidden=True).rows()
    )
    assert found == {"p0": 4.0, "p4": 2.0, "p5": 2.0}


@pytest.mark.parametrize(("propensity", "stands"), [(0.25, 4.0), (0.001, MOST_STOOD_FOR), (None, None)])
def test_a_fraud_that_the_audit_came_upon_stands_for_those_not_drawn(propensity: float | None, stands: float | None) -> None:
    nobody = pl.DataFrame(schema={"subject_id": pl.String(), "action": pl.String()})
    told = labels(("p0", "audit", True), ("p1", "audit", False), propensity=propensity)
    assert dict(stood_for(nobody, told, for_the_hidden=True).rows()) == ({} if stands is None else {"p0": stands})
    assert dict(stood_for(nobody, told, for_the_hidden=False).rows()) == {}


def frame_of(stops: pl.DataFrame | None, told: pl.DataFrame, detector: Detector = Detector.PAYMENTS, **rest: Any) -> Any:
    features = pl.DataFrame(
        {
            "subject_id": [f"p{number}" for number in range(40)],
            "account_id": ["a"] * 40,
            "event_at": pl.Series([UNTIL - timedelta(days=30)] * 40, dtype=pl.Datetime("us", "UTC")),
        }
    ).with_columns(as_of_at="event_at")
    return labelled_frame(detector, features, told, until=UNTIL, ripe_days=21, stops=stops, **rest).set_index("subject_id")


def test_the_silence_of_what_was_stopped_is_not_honesty() -> None:
    stops = pl.DataFrame({"subject_id": ["p1", "p2", "p3"], "action": ["block", "block", "hold"]})
    told = labels(("p0", "chargeback", True), ("p1", "analyst", True))
    frame = frame_of(stops, told)
    assert frame["is_fraud"].loc[["p0", "p1", "p4"]].tolist() == [1.0, 1.0, 0.0]
    assert frame["is_fraud"].loc[["p2", "p3"]].isna().all()
    assert not frame["is_silent"].loc[["p1", "p2", "p3"]].any()
    assert frame.index[frame["is_censored"]].tolist() == ["p2", "p3"]
    assert frame["stands_for"].loc[["p0", "p1", "p4"]].tolist() == [1.0, 2.0, 1.0]
    assert frame_of(None, told)["is_fraud"].loc[["p2", "p3"]].tolist() == [0.0, 0.0]


def test_a_label_weighs_what_its_source_is_worth_and_silence_what_it_says() -> None:
    told = labels(("p0", "report", True), ("p1", "analyst", False))
    worth = agreements(labels(*((f"q{n}", who, who == "report") for n in range(20) for who in ("report", "analyst"))), "payment")
    frame = frame_of(None, told, agreement=worth)
    assert frame["weight"].loc[["p0", "p1", "p2"]].tolist() == [shrunk(0, 20), shrunk(0, 20), 1.0]


@pytest.mark.parametrize(
    ("detector", "names_honest", "stands"),
    [(Detector.PAYMENTS, False, 4.0), (Detector.REVIEWS, False, 1.0), (Detector.DEALS, False, 1.0), (Detector.DEALS, True, 4.0)],
)
def test_where_silence_teaches_what_the_audit_found_teaches_once(detector: Detector, names_honest: bool, stands: float) -> None:
    told = labels(("p0", "audit", True), propensity=0.25).with_columns(subject_kind=pl.lit(detector.subject_kind))
    frame = frame_of(None, told, detector, names_honest=names_honest)
    assert frame["stands_for"].loc["p0"] == stands
