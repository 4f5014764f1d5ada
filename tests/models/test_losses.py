from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.data_contracts.typologies import Typology
from fairdeal.models.errors import WrongFrame, WrongSetting
from fairdeal.models.losses import DEFAULT_LOSSES, Party, expected_loss, loss_table


def subjects(*rows: tuple[str, int | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {"typology": [row[0] for row in rows], "amount_minor": pd.array([row[1] for row in rows], dtype="Int64")},
        index=[f"row{number}" for number in range(len(rows))],
    )


def test_every_typology_has_a_row_of_its_own_with_a_ground() -> None:
    assert set(DEFAULT_LOSSES.rows) == set(Typology)
    assert len({row.row_id for row in DEFAULT_LOSSES.rows.values()}) == len(Typology)
    assert all(row.why for row in DEFAULT_LOSSES.rows.values())


def test_a_loss_is_probability_times_share_and_fixed_sum() -> None:
    table = loss_table({"version": "t", "brushing": {"buyer": 0.5, "platform": 0.1, "fixed": {"carrier": 300}}})
    total, by_party = expected_loss(subjects(("brushing", 10_000)), pd.Series([0.5]), table)
    assert by_party.loc["row0"].to_dict() == {"buyer": 2500, "merchant": 0, "platform": 500, "carrier": 150, "payment_provider": 0}
    assert total.loc["row0"] == 3150


def test_a_review_without_an_amount_has_its_configured_harm() -> None:
    total, _ = expected_loss(subjects(("malicious_review", None)), pd.Series([1.0]), DEFAULT_LOSSES)
    assert total.iloc[0] == sum(DEFAULT_LOSSES.rows[Typology.MALICIOUS_REVIEW].fixed_minor.values()) > 0


@given(st.lists(st.tuples(st.sampled_from(list(Typology)), st.integers(0, 10**10), st.floats(0, 1)), max_size=20))
def test_the_parties_add_up_to_the_total(rows: list[tuple[Typology, int, float]]) -> None:
    frame = subjects(*((str(row[0]), row[1]) for row in rows))
    total, by_party = expected_loss(frame, pd.Series([row[2] for row in rows], dtype=float), DEFAULT_LOSSES)
    assert str(total.dtype) == "Int64"
    assert list(by_party.columns) == list(Party)
    assert (by_party.sum(axis=1) == total).all()
    assert (total >= 0).all()


def test_a_platforms_rows_replace_ours_and_leave_the_others() -> None:
    table = loss_table({"version": "2026-05", "stolen_instrument": {"payment_provider": 1.0, "row_id": "own-1"}})
    assert table.rows[Typology.STOLEN_INSTRUMENT].shares == {Party.PAYMENT_PROVIDER: 1.0}
    assert table.rows[Typology.STOLEN_INSTRUMENT].fixed_minor == {}
    assert table.cited(Typology.STOLEN_INSTRUMENT) == "own-1/2026-05"
    assert table.rows[Typology.BRUSHING] == DEFAULT_LOSSES.rows[Typology.BRUSHING]
    assert loss_table() == loss_table({}) == DEFAULT_LOSSES


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"brushing": {"buyer": 1.0}}, "no version"),
        ({"version": "x", "theft": {}}, "'theft'"),
        ({"version": "x", "brushing": {"bank": 1.0}}, "party 'bank'"),
        ({"version": "x", "brushing": {"buyer": -0.1}}, "buyer = -0.1"),
        ({"version": "x", "brushing": {"buyer": "half"}}, "'half'"),
        ({"version": "x", "brushing": {"buyer": True}}, "True"),
        ({"version": "x", "brushing": {"fixed": {"buyer": float("nan")}}}, "nan"),
        ({"version": "x", "brushing": 3}, "wanted is a table"),
        ({"version": 3}, "version 3"),
        ({"version": "x", "brushing": {"row_id": "y" * 30}}, "row_id"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, object], said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        loss_table(settings)


def test_a_null_probability_or_unknown_typology_is_refused() -> None:
    with pytest.raises(WrongFrame, match="probability is null"):
        expected_loss(subjects(("brushing", 1)), pd.Series([None], dtype=float), DEFAULT_LOSSES)
    with pytest.raises(WrongFrame, match="typology 'theft'"):
        expected_loss(subjects(("theft", 1)), pd.Series([0.5]), DEFAULT_LOSSES)
