"""Choosing alerts: within the minutes, by loss, by chance, and what is unusual."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.capacity import Capacity
from fairdeal.models.choosing import choose_alerts, kept_back, uncaught
from fairdeal.models.errors import WrongFrame

MOMENT = pd.Timestamp("2024-05-01", tz="UTC")


def decisions(rows: list[tuple[str, str, int]], **columns: list[object]) -> pd.DataFrame:
    """(detector, action, expected loss) per subject."""
    typology = {"payments": "stolen_instrument", "deals": "brushing", "reviews": "paid_praise"}
    return pd.DataFrame(
        {
            "detector": [row[0] for row in rows],
            "subject_kind": [Detector(row[0]).subject_kind for row in rows],
            "subject_id": [f"s{number:05d}" for number in range(len(rows))],
            "as_of_at": MOMENT,
            "typology": [typology[row[0]] for row in rows],
            "expected_loss_minor": pd.array([row[2] for row in rows], dtype="Int64"),
            "currency": "CNY",
            "action": [row[1] for row in rows],
            **columns,
        }
    )


def chosen(
    table: pd.DataFrame,
    capacity: Capacity,
    *,
    backlog: float = 0.0,
    opened: set[tuple[str, str]] | None = None,
    day: str = "2024-05-01",
) -> pd.DataFrame:
    return choose_alerts(table, capacity=capacity, backlog=backlog, open_subjects=opened or set(), seed_key=b"secret", day=day)


one_decision = st.tuples(
    st.sampled_from(["payments", "deals", "reviews"]), st.sampled_from(["allow", "confirm", "hold"]), st.integers(0, 50_000)
)


@given(
    st.lists(one_decision, max_size=60),
    st.integers(0, 3),
    st.floats(0, 400),
    st.floats(0, 1),
    st.floats(0, 300),
    st.integers(1, 8),
)
@settings(max_examples=80, deadline=None)
def test_minutes_never_exceed_what_people_have(
    rows: list[tuple[str, str, int]], people: int, minutes: float, audit: float, backlog: float, cases: int
) -> None:
    capacity = Capacity(people=people, minutes_per_person=minutes, audit_share=audit)
    table = decisions(rows, case_subject_id=[f"ring{number % cases}" for number in range(len(rows))])
    found = chosen(table, capacity, backlog=backlog)
    assert found["minutes"].sum() <= capacity.available(backlog) + 1e-6
    assert not found.duplicated(["subject_kind", "subject_id"]).any()
    assert set(found["chosen_by"]) <= {"expected_loss", "audit_sample"}
    assert found["selection_probability"].between(0, 1, inclusive="right").all()


@given(st.integers(1, 300), st.integers(0, 80))
@settings(max_examples=30, deadline=None)
def test_the_sample_has_exactly_the_probability_it_states(unflagged: int, size: int) -> None:
    table = decisions([("payments", "allow", 0)] * unflagged + [("payments", "hold", 90_000)] * 3)
    found = chosen(table, Capacity(people=1_000, audit_size=size))
    sample = found[found["chosen_by"] == "audit_sample"]
    assert len(sample) == min(size, unflagged)
    assert set(sample["action"]) <= {"allow"}
    assert all(probability == float(Fraction(len(sample), unflagged)) for probability in sample["selection_probability"])


def test_the_sample_is_uniform_over_days() -> None:
    table = decisions([("payments", "allow", 0)] * 20)
    times = pd.Series(0, index=table["subject_id"])
    for day in range(160):
        sample = chosen(table, Capacity(audit_size=5), day=f"day{day}")
        times[sample["subject_id"]] += 1
    # Each is expected 40 times with a standard deviation of 5.5.
    assert times.sum() == 800
    assert times.between(17, 63).all()


def test_what_is_a_little_suspected_is_drawn_oftener_and_stands_for_fewer() -> None:
    told = [0.2] * 10 + [0.0] * 90
    found = chosen(decisions([("payments", "allow", 0)] * 100, probability=told), Capacity(audit_size=10, unusual_share=0.0))
    mean = 0.02
    high, low = (10 * np.sqrt(p + mean) / (10 * np.sqrt(0.2 + mean) + 90 * np.sqrt(mean)) for p in (0.2, 0.0))
    assert len(found) == 10
    expected = [high if name < "s00010" else low for name in found["subject_id"]]
    assert found["selection_probability"].tolist() == pytest.approx(expected)


def test_the_sample_depends_on_key_and_day_alone() -> None:
    table = decisions([("payments", "allow", 0)] * 200)
    one = chosen(table, Capacity())
    again = chosen(table.sample(frac=1.0, random_state=1), Capacity())
    pd.testing.assert_frame_equal(one, again)
    other = chosen(table, Capacity(), day="2024-05-02")
    assert set(one["subject_id"]) != set(other["subject_id"])
    keyed = choose_alerts(table, capacity=Capacity(), backlog=0, open_subjects=set(), seed_key="else", day="2024-05-01")
    assert set(one["subject_id"]) != set(keyed["subject_id"])


def test_the_greatest_loss_per_minute_comes_first_and_the_marginal_alert_is_left_out() -> None:
    # Six minutes a payment: fifteen minutes are two payments, not two and a half.
    table = decisions([("payments", "hold", loss) for loss in (1_000, 5_000, 3_000, 4_000)])
    found = chosen(table, Capacity(people=1, minutes_per_person=15, audit_share=0.0))
    assert found["expected_loss_minor"].tolist() == [5_000, 4_000]
    assert (found["selection_probability"] == 1.0).all()
    assert set(found["chosen_by"]) == {"expected_loss"}


def test_work_that_waits_takes_its_minutes_first() -> None:
    table = decisions([("payments", "hold", 9_000)] * 10)
    capacity = Capacity(people=1, minutes_per_person=60, audit_share=0.0)
    assert len(chosen(table, capacity, backlog=0)) == 10
    assert len(chosen(table, capacity, backlog=42)) == 3
    assert len(chosen(table, capacity, backlog=500)) == 0


def test_a_subject_with_an_open_alert_is_never_chosen_again() -> None:
    table = decisions([("payments", "hold", 9_000), ("payments", "allow", 0), ("payments", "hold", 8_000)])
    found = chosen(table, Capacity(), opened={("payment", "s00000"), ("payment", "s00001")})
    assert found["subject_id"].tolist() == ["s00002"]
    # The same id of another kind is another subject.
    assert len(chosen(table, Capacity(), opened={("order", "s00000")})) == 3


def test_members_of_a_ring_cost_little_after_the_first_and_stay_together() -> None:
    rows = [("deals", "hold", 2_000)] * 20 + [("deals", "hold", 3_000)]
    table = decisions(rows, case_subject_id=["shop"] * 20 + ["other"])
    found = chosen(table, Capacity(people=1, minutes_per_person=22, audit_share=0.0))
    assert found["minutes"].tolist() == [12.0] + [0.5] * 19
    assert set(found["case_subject_id"]) == {"shop"}


def test_a_ring_too_large_for_the_night_enters_in_part() -> None:
    table = decisions([("deals", "hold", 2_000)] * 300, case_subject_id=["shop"] * 300)
    found = chosen(table, Capacity(people=1, minutes_per_person=30, audit_share=0.0))
    assert len(found) == 1 + int((30 - 12) / 0.5)


def test_every_detector_keeps_its_reserved_minutes() -> None:
    table = decisions([("payments", "hold", 900_000)] * 200 + [("reviews", "hold", 1_000)] * 200)
    capacity = Capacity(people=1, minutes_per_person=100, audit_share=0.0, reserved={Detector.REVIEWS: 0.2})
    found = chosen(table, capacity)
    assert (found["detector"] == "reviews").sum() == 5
    assert (found["detector"] == "payments").sum() == 13


def test_what_is_allowed_but_worth_a_look_is_flagged_and_not_sampled() -> None:
    # Six minutes at a hundred a minute: an allowed payment is worth a look above 600.
    table = decisions([("payments", "allow", 700), ("payments", "allow", 500)])
    found = chosen(table, Capacity())
    assert found["chosen_by"].tolist() == ["expected_loss", "audit_sample"]


def test_of_several_moments_of_a_subject_the_latest_counts() -> None:
    early, late = decisions([("deals", "hold", 9_000)]), decisions([("deals", "hold", 5_000)])
    late["as_of_at"] = MOMENT + pd.Timedelta("1D")
    found = chosen(pd.concat([late, early]), Capacity())
    assert found["expected_loss_minor"].tolist() == [5_000]


def test_a_currency_of_other_worth_ranks_by_its_worth() -> None:
    table = decisions([("payments", "hold", 5_000), ("payments", "hold", 9_000)], currency=["CNY", "JPY"])
    found = chosen(table, Capacity(worth={"JPY": 0.05}, audit_share=0.0))
    assert found["currency"].tolist() == ["CNY", "JPY"]


def test_missing_columns_are_named() -> None:
    with pytest.raises(WrongFrame, match="expected_loss_minor"):
        chosen(decisions([]).drop(columns="expected_loss_minor"), Capacity())


def test_no_decisions_give_no_alerts() -> None:
    assert len(chosen(decisions([]), Capacity())) == 0


def test_losses_chosen_are_never_below_losses_left_at_the_same_cost() -> None:
    rng = np.random.default_rng(0)
    table = decisions([("payments", "hold", int(loss)) for loss in rng.integers(0, 100_000, 300)])
    found = chosen(table, Capacity(people=1, minutes_per_person=200, audit_share=0.0))
    left = table[~table["subject_id"].isin(found["subject_id"])]
    assert found["expected_loss_minor"].min() >= left["expected_loss_minor"].max()


def test_what_is_trusted_is_no_loss_alert_and_is_told() -> None:
    table = decisions([("payments", "hold", 90_000), ("payments", "hold", 80_000)], is_trusted=[True, False])
    assert list(chosen(table, Capacity(audit_share=0.0))["subject_id"]) == ["s00001"]
    assert list(kept_back(table, capacity=Capacity(), open_subjects=set())["subject_id"]) == ["s00000"]
    assert kept_back(table, capacity=Capacity(), open_subjects={("payment", "s00000")}).empty


@given(st.integers(1, 60), st.floats(0, 1), st.floats(0, 1), st.integers(0, 400), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_looks_at_the_trusted_fit_and_have_one_probability(n: int, looks: float, share: float, minutes: int, day: int) -> None:
    table = decisions([("payments", "hold", 90_000)] * n, is_trusted=[True] * n)
    capacity = Capacity(people=1, minutes_per_person=minutes, audit_share=share, unusual_share=0.0)
    told = choose_alerts(
        table, capacity=capacity, backlog=0, open_subjects=set(), seed_key=b"secret", day=f"2024-05-{day}", trusted_looks=looks
    )
    assert told["minutes"].sum() <= minutes + 1e-6
    assert set(told["chosen_by"]) <= {"audit_sample"}
    probability = min(looks, int(share * minutes / 6.0 + 1e-9) / n)
    assert np.allclose(told["selection_probability"], probability)
    assert abs(len(told) - probability * n) < 1


def test_over_many_days_a_single_trusted_subject_is_looked_at_as_often_as_its_probability_says() -> None:
    table = decisions([("payments", "hold", 90_000)], is_trusted=[True])
    days = [f"day {number}" for number in range(600)]
    looked = [
        len(choose_alerts(table, capacity=Capacity(), backlog=0, open_subjects=set(), seed_key=b"s", day=day, trusted_looks=0.3))
        for day in days
    ]
    assert 0.23 < sum(looked) / len(days) < 0.37


def test_a_part_of_the_audit_looks_at_the_most_unusual_of_what_nobody_suspects() -> None:
    rows = [("payments", "allow", 0)] * 50 + [("payments", "hold", 90_000)] * 3
    unusual = [None, *(number / 100 for number in range(1, 50)), 1.0, 1.0, 1.0]
    capacity = Capacity(people=1, minutes_per_person=360, audit_share=0.15, unusual_share=1 / 3, audit_size=5)
    found = chosen(decisions(rows, unusual=unusual), capacity)
    odd = found[found["chosen_by"] == "unusual"]
    assert odd["subject_id"].tolist() == ["s00049", "s00048", "s00047"]  # 18 minutes at 6 each
    assert set(odd["action"]) == {"allow"}
    assert (odd["selection_probability"] == 1.0).all()


@pytest.mark.parametrize(
    ("audit_share", "unusual_share", "odd", "drawn"), [(0.15, 0.0, 0, 9), (0.15, 1.0, 9, 0), (0.15, 1 / 3, 3, 6), (0.0, 1 / 3, 0, 0)]
)
def test_the_audit_s_minutes_are_shared_by_the_most_unusual_and_the_draw(
    audit_share: float, unusual_share: float, odd: int, drawn: int
) -> None:
    table = decisions([("payments", "allow", 0)] * 50, unusual=[number / 50 for number in range(50)])
    found = chosen(table, Capacity(people=1, minutes_per_person=360, audit_share=audit_share, unusual_share=unusual_share))
    assert found["chosen_by"].value_counts().to_dict() == {name: many for name, many in (("unusual", odd), ("audit_sample", drawn)) if many}
    assert found["subject_id"].is_unique


def test_the_draw_is_of_the_rest_with_chances_that_add_up_to_it() -> None:
    table = decisions([("payments", "allow", 0)] * 50, unusual=[number / 50 for number in range(50)])
    found = chosen(table, Capacity(people=1, minutes_per_person=360))
    sample = found[found["chosen_by"] == "audit_sample"]
    assert sample["selection_probability"].tolist() == [pytest.approx(6 / 47)] * 6  # three are looked at in any case


def test_what_the_policy_spares_is_shown_to_nobody_for_its_loss_and_may_still_be_drawn() -> None:
    table = decisions([("reviews", "allow", 90_000)] * 4, policy_rule=["critical-guard @x/1", "least-cost @x/1"] * 2)
    found = chosen(table, Capacity(people=1_000, audit_size=4))
    by = {name: set(rows["policy_rule"]) for name, rows in found.groupby("chosen_by")}
    assert by == {"expected_loss": {"least-cost @x/1"}, "audit_sample": {"critical-guard @x/1"}}


def test_where_the_minutes_end_and_what_is_left_uncaught_is_told_by_detector_and_currency() -> None:
    rows = [("payments", "hold", 9_000), ("payments", "hold", 5_000), ("payments", "hold", 3_000), ("payments", "hold", 2_000)]
    rows += [("deals", "hold", 700), ("payments", "allow", 0), ("payments", "hold", 8_000)]
    table = decisions(rows, is_trusted=[False] * 6 + [True], currency=["CNY"] * 3 + ["USD"] + ["CNY"] * 3)
    capacity = Capacity(people=1, minutes_per_person=12, audit_share=0.0, unusual_share=0.0, reserved={})
    found = uncaught(table, chosen(table, capacity), capacity=capacity, open_subjects=set())
    assert [tuple(one.values()) for one in found] == [
        ("deals", "CNY", 0, None, 1, 700),
        ("payments", "CNY", 2, 5_000, 1, 3_000),
        ("payments", "USD", 0, None, 1, 2_000),
    ]
    assert uncaught(table.head(0), chosen(table.head(0), capacity), capacity=capacity, open_subjects=set()) == []
    assert uncaught(table, chosen(table, capacity), capacity=capacity, open_subjects={("order", "s00004")})[0]["detector"] == "payments"
