"""What decisions came to: a small table reckoned by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fairdeal.models.effects import effects
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from

POLICY = policy_from(
    {
        "hold": {"effectiveness": 0.9, "friction_minor": 1_500, "friction_share": 0.03},
        "block": {"friction_minor": 4_000},
        "worth": {"USD": 7.0},
    }
)
LOSSES = loss_table({"version": "t", "stolen_instrument": {"payment_provider": 1.0}, "card_testing": {"platform": 0.5}})

#: action, amount, currency, truth, its kind → loss, prevented, friction, disturbed
CASES = [
    ("allow", 10_000, "CNY", 1, "stolen_instrument", (10_000, 0, 0, False)),
    ("hold", 10_000, "CNY", 1, "stolen_instrument", (10_000, 9_000, 0, False)),
    ("hold", 10_000, "CNY", 1, "card_testing", (5_000, 4_500, 0, False)),
    ("hold", 10_000, "CNY", 1, None, (10_000, 9_000, 0, False)),
    ("hold", 10_000, "USD", 1, "stolen_instrument", (70_000, 63_000, 0, False)),
    ("hold", 10_000, "CNY", 0, None, (0, 0, 1_800, True)),
    ("hold", 10_000, "USD", 0, None, (0, 0, 3_600, True)),
    ("allow", 10_000, "CNY", 0, None, (0, 0, 0, False)),
    ("hold", None, "CNY", 0, None, (0, 0, 1_500, True)),
]


@pytest.mark.parametrize(("action", "amount", "currency", "truth", "kind", "expected"), CASES)
def test_a_decision_saves_what_it_stops_and_costs_whom_it_disturbs(
    action: str, amount: int | None, currency: str, truth: int, kind: str | None, expected: tuple[float, float, float, bool]
) -> None:
    decisions = pd.DataFrame({"typology": ["stolen_instrument"], "amount_minor": [amount], "currency": [currency], "action": [action]})
    told = effects(decisions, np.asarray([float(truth)]), pd.Series([kind]), POLICY, LOSSES)
    loss, prevented, friction, disturbed = expected
    assert told[["loss", "prevented", "friction", "saved"]].iloc[0].tolist() == pytest.approx(
        [loss, prevented, friction, prevented - friction]
    )
    assert bool(told["disturbed"].iloc[0]) is disturbed
