"""The window engine against the time law."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.features.trails import DAY, EVER, OF_VALUES, Aggregate, Trail
from fairdeal.features.windows import evaluate
from tests.features.oracle import brute_force

SCHEMA = {"t": pl.Int64, "who": pl.String, "where": pl.String, "amount": pl.Int64, "seen": pl.String, "flag": pl.Boolean}


@st.composite
def streams(draw: st.DrawFn, most: int = 40) -> pl.DataFrame:
    """Rows full of ties, nulls and hot keys."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 30),
                st.sampled_from(["a", "a", "a", "b", None]),
                st.sampled_from(["x", "y", None]),
                st.one_of(st.none(), st.integers(-50, 50)),
                st.sampled_from(["p", "q", "r", None]),
                st.sampled_from([True, False, None]),
            ),
            max_size=most,
        )
    )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def trail(aggregate: Aggregate, *, key: tuple[str, ...] = ("who",), window: int = 10, where: str | None = None, delay: int = 0) -> Trail:
    value = None if aggregate not in OF_VALUES else "seen" if aggregate is Aggregate.DISTINCT else "amount"
    condition = "flag" if aggregate is Aggregate.SHARE else where
    return Trail("who", key, "events", "event", aggregate, window, value, condition, delay)


@pytest.mark.parametrize("aggregate", Aggregate)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_equals_the_brute_force_oracle(aggregate: Aggregate, data: st.DataObject) -> None:
    subjects, events = data.draw(streams(15)), data.draw(streams())
    one = trail(
        aggregate,
        key=data.draw(st.sampled_from([("who",), ("who", "where")])),
        window=data.draw(st.one_of(st.integers(1, 40), st.just(EVER))),
        where=data.draw(st.sampled_from([None, "flag"])),
        delay=data.draw(st.sampled_from([0, 0, 1, 7])),
    )
    assert evaluate(subjects, {"events": events}, [one])[one.name].to_list() == brute_force(subjects, events, one)


@given(subjects=streams(15), events=streams(), at_once=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_keys_taken_in_parts_give_the_same_values(subjects: pl.DataFrame, events: pl.DataFrame, at_once: int) -> None:
    trails = [trail(aggregate, key=key) for aggregate in Aggregate for key in (("who",), ("who", "where"), ("where",))]
    trails = [replace(one, entity="_".join(one.key)) for one in trails]
    whole = evaluate(subjects, {"events": events}, trails)
    assert evaluate(subjects, {"events": events.lazy()}, trails, at_once=at_once).equals(whole)


@given(events=streams(), later=streams(), now=st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_later_rows_change_nothing(events: pl.DataFrame, later: pl.DataFrame, now: int) -> None:
    trails = [trail(aggregate, window=window, delay=delay) for aggregate in Aggregate for window, delay in ((10, 0), (EVER, 0), (10, 3))]
    subjects = events.filter(pl.col("t") <= now)
    with_future = pl.concat([events.filter(pl.col("t") < now), later.with_columns(pl.col("t") + now)])
    known = evaluate(subjects, {"events": events.filter(pl.col("t") < now)}, trails)
    assert evaluate(subjects, {"events": with_future}, trails).equals(known)


@given(events=streams(), seed=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_row_order_changes_nothing(events: pl.DataFrame, seed: int) -> None:
    trails = [trail(aggregate) for aggregate in Aggregate]
    shuffled = events.sample(fraction=1, shuffle=True, seed=seed)
    assert evaluate(events, {"events": shuffled}, trails).equals(evaluate(events, {"events": events}, trails))


def test_counts_only_events_strictly_before_and_within_the_window() -> None:
    events = pl.DataFrame({"t": [100, 100, 100, 160, 161], "who": ["a"] * 5, "amount": [1, 2, 4, 8, 16]})
    sums = evaluate(events, {"events": events}, [trail(Aggregate.SUM, window=60)])
    assert sums.to_series().to_list() == [0, 0, 0, 0, 8]


def test_the_same_second_is_never_history() -> None:
    events = pl.DataFrame({"t": [5, 5], "who": ["a", "a"]})
    assert evaluate(events, {"events": events}, [trail(Aggregate.COUNT)]).to_series().to_list() == [0, 0]


def test_no_history_is_defined() -> None:
    nobody = pl.DataFrame(schema=SCHEMA)
    subject = pl.DataFrame({"t": [7], "who": ["a"]})
    found = evaluate(subject, {"events": nobody}, [trail(aggregate) for aggregate in Aggregate]).row(0, named=True)
    assert found == {
        f"who_event_{aggregate}_0h": 0 if aggregate in (Aggregate.COUNT, Aggregate.SUM, Aggregate.DISTINCT) else None
        for aggregate in Aggregate
    }


def test_a_stream_or_column_that_is_not_there_leaves_the_feature_blind() -> None:
    subject = pl.DataFrame({"t": [7], "who": ["a"]})
    blind = [
        Trail("who", ("who",), "nowhere", "event", Aggregate.COUNT, DAY),
        Trail("other", ("other",), "events", "event", Aggregate.COUNT, DAY),
    ]
    assert evaluate(subject, {"events": subject}, blind).row(0) == (None, None)


@given(events=streams(), day=st.integers(1, 30), at_once=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_the_daily_run_equals_the_full_recompute(events: pl.DataFrame, day: int, at_once: int) -> None:
    trails = [trail(aggregate, delay=delay) for aggregate in Aggregate for delay in (0, 3)]
    whole = evaluate(events, {"events": events}, trails)
    today = (events["t"] >= day) & (events["t"] < day + 5)
    reach = max(one.reach for one in trails)
    read = events.filter((pl.col("t") > day - reach) & (pl.col("t") < day + 5)).lazy()
    assert evaluate(events.filter(today), {"events": read}, trails, at_once=at_once).equals(whole.filter(today))


@given(late=streams(12), events=streams())
@settings(max_examples=40, deadline=None)
def test_rows_that_come_late_stand_where_they_happened(late: pl.DataFrame, events: pl.DataFrame) -> None:
    one = trail(Aggregate.SPREAD, window=EVER)
    both = pl.concat([events, late])
    assert evaluate(events, {"events": both}, [one])[one.name].to_list() == brute_force(events, both, one)


@pytest.mark.parametrize(
    ("amounts", "apart"), [([3_000_000_000, 2_999_999_000] * 40, 500), ([0, 60_000_000_000] * 40, 3e10), ([5], 0), ([None], None)]
)
def test_a_spread_is_right_for_amounts_of_any_size(amounts: list[int | None], apart: float | None) -> None:
    events = pl.DataFrame({"t": range(len(amounts)), "who": "a", "amount": amounts}, schema_overrides={"amount": pl.Int64})
    one = trail(Aggregate.SPREAD, window=EVER)
    spread = evaluate(pl.DataFrame({"t": [100], "who": ["a"]}), {"events": events}, [one]).item()
    assert spread == (apart if apart is None else pytest.approx(apart, rel=1e-6))


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"aggregate": Aggregate.SUM}, "give one or leave it out"),
        ({"aggregate": Aggregate.COUNT, "value": "amount"}, "give one or leave it out"),
        ({"aggregate": Aggregate.SHARE}, "give where="),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(mistake: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Trail("who", ("who",), "events", "event", window=DAY, **mistake)  # type: ignore[arg-type]


def test_names_follow_from_definitions() -> None:
    assert Trail("payer", ("payer_id",), "payments", "payment", Aggregate.COUNT, 3600).name == "payer_payment_count_1h"
    assert Trail("payer", ("payer_id",), "payments", "payee", Aggregate.DISTINCT, 7 * DAY, "payee_id").name == "payer_payee_distinct_7d"
    assert Trail("payer", ("payer_id",), "payments", "payment", Aggregate.FIRST, EVER).name == "payer_payment_first_ever"


def test_the_oracle_catches_an_engine_that_counts_the_same_second() -> None:
    events = pl.DataFrame({"t": [5, 5, 9], "who": ["a", "a", "a"]})
    one = trail(Aggregate.COUNT)
    assert evaluate(events, {"events": events}, [one])[one.name].to_list() == brute_force(events, events, one)
    mistaken = [sum(1 for other in events["t"] if other <= t) - 1 for t in events["t"]]
    assert mistaken != brute_force(events, events, one)
