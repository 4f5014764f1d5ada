"""A model card says what a detector learned from, how it did, where it fails, and whom a mistake hurts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.training import fit_unsupervised, train
from fairdeal.pipelines import registry
from fairdeal.pipelines.model_card import FILE, model_card
from tests.e2e.commands import fails_plainly, fairdeal
from tests.models.given import FEATURES, REASONS, feature_frame

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
FACTS: dict[str, Any] = {
    "source": "shop",
    "trained_until": "2024-05-01T00:00:00+00:00",
    "features": list(FEATURES),
    "seed": 1,
    "data_version": "d",
    "code_version": "0.1",
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    made = feature_frame(4_000)
    made["typology"] = None
    frauds = made.index[made["is_fraud"] > 0.5]
    made.loc[frauds, "typology"] = "stolen_instrument"
    made.loc[frauds[:5], "typology"] = "card_testing"
    return made


@pytest.fixture(scope="module")
def card(frame: pd.DataFrame) -> str:
    told = train(
        Detector.PAYMENTS, frame, feature_names=FEATURES, reasons=REASONS, seed=1, day_zone="UTC", data_version="d", contract_version="c"
    )
    return model_card(told.detector_model, frame, facts=FACTS, metrics=told.metrics, blind=["payment_safety_tier"], note=None)


def test_a_card_says_what_was_learned_from(card: str, frame: pd.DataFrame) -> None:
    frauds = int((frame["is_fraud"] > 0.5).sum())
    assert card.startswith("# payments-")
    assert f"4,000 labelled rows, {frauds:,} of them frauds" in card
    assert f"| stolen_instrument | {frauds - 5:,} |" in card
    assert "| card_testing | 5 |" in card


def test_a_card_tells_figures_limits_and_whom_it_hurts(card: str) -> None:
    assert "average precision 0." in card
    assert "| attainable |" in card
    assert "it cannot tell them apart" in card
    assert "payment_safety_tier" in card
    assert "Held, and honest" in card
    # The features that tell the truth weigh more than the one that is noise.
    assert card.index("| amount_ratio |") < card.index("| noise |")


def test_a_card_says_what_silence_weighed_by_its_age(frame: pd.DataFrame) -> None:
    until = pd.Timestamp(FACTS["trained_until"])
    told = frame.head(4).assign(
        is_fraud=[1.0, 0, 0, None],
        event_at=[until - pd.Timedelta(hours=hours) for hours in (12, 12, 24 * 14 - 1, 12)],
        is_silent=[False, True, True, False],
        is_censored=[False, False, False, True],
        weight=[1.0, 0.25, 0.975, 1.0],
    )
    model = fit_unsupervised(Detector.PAYMENTS, frame, FEATURES, 1, reasons=REASONS)
    card = model_card(model, told, facts=FACTS, metrics={}, blind=[], note="too few labels")
    assert "| days old | 1 | 14 |" in card
    assert "| silence weighs | 0.25 | 0.97 |" in card
    assert "1 rows held or blocked that nobody looked at teach nothing" in card


def test_a_card_without_labels_claims_nothing(frame: pd.DataFrame) -> None:
    model = fit_unsupervised(Detector.PAYMENTS, frame, FEATURES, 1, reasons=REASONS)
    told = model_card(model, frame.assign(is_fraud=None), facts=FACTS, metrics={}, blind=[], note="too few labels")
    assert "No figures: too few labels" in told
    assert "it claims no probability" in told


def test_the_champions_card_is_printed_and_its_lack_is_told(frame: pd.DataFrame, tmp_path: Path) -> None:
    home = tmp_path / "home"
    fails_plainly(fairdeal("card", "payments", home=home), 2, "fairdeal train payments")
    model = fit_unsupervised(Detector.PAYMENTS, frame, FEATURES, 1, reasons=REASONS)
    registry.register(home, model, facts={"model_version": model.model_version}, params={}, metrics={}, pages={FILE: b"# the card\n"})
    assert fairdeal("card", "payments", home=home).out.strip() == "# the card"
