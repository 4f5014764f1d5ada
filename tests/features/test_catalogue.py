"""The catalogue lists what is registered, whole, and each row says what it is made of and what it is there for."""

from __future__ import annotations

import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.features.build import FEATURES
from fairdeal.features.catalogue import HEADINGS, definition_text, render_catalogue


@pytest.mark.parametrize("detector", Detector)
def test_every_registered_feature_has_its_row(detector: Detector) -> None:
    part = render_catalogue().split(f"## {detector.value}:")[1].split("\n## ")[0]
    listed = [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")]
    assert listed == [feature.name for feature in FEATURES[detector]]


def test_no_cell_is_empty_and_no_row_has_another_number_of_cells() -> None:
    for line in render_catalogue().splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.replace("\\|", "").strip("|").split(" | ")]
            assert len(cells) == len(HEADINGS), line
            assert all(cells), line


def test_a_window_tells_what_by_whom_and_how_long() -> None:
    told = {feature.name: definition_text(feature) for feature in FEATURES[Detector.PAYMENTS]}
    assert told["payer_payment_count_1h"] == "count of payments by payer_id, 1 hour"
    assert told["payer_payment_declined_count_1d"].startswith("count of payments that are declined by payer_id")
