"""Kinds of cheat are told apart where enough of two are known; naming moves no score."""

from __future__ import annotations

import functools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.models.bundle import KINDS, MODEL, from_files, to_files
from fairdeal.models.detector import SUSPECTED
from fairdeal.models.errors import BadBundle
from fairdeal.models.kinds import FEWEST_OF_A_KIND
from fairdeal.models.training import Trained, train
from tests.models.given import FEATURES, REASONS, feature_frame


def told_apart(rows: int = 1_500, *, others: int | None = None) -> pd.DataFrame:
    """Frauds of two kinds that differ in one feature; ``others`` of the second kind, half of all when None."""
    frame = feature_frame(rows)
    frame["typology"] = pd.Series([None] * len(frame), dtype="object")
    positives = frame.index[frame["is_fraud"] == 1.0]
    second = positives[::2] if others is None else positives[:others]
    frame.loc[positives, "typology"] = "stolen_instrument"
    frame.loc[second, "typology"] = "card_testing"
    frame.loc[positives, FEATURES[0]] = 1.0
    frame.loc[second, FEATURES[0]] = 9.0
    return frame


@functools.cache
def learned() -> Trained:
    return fit(told_apart())


def fit(frame: pd.DataFrame) -> Trained:
    return train(Detector.PAYMENTS, frame, feature_names=FEATURES, reasons=REASONS, seed=1, data_version="d", contract_version="c")


def test_each_row_is_named_by_what_it_resembles() -> None:
    frame = told_apart().query("is_fraud == 1.0")
    scored = learned().detector_model.score(frame)
    suspected = (scored["probability"] >= SUSPECTED).to_numpy()
    named = scored["typology"].to_numpy()
    assert suspected.sum() > 50
    assert (named == frame["typology"].to_numpy())[suspected].mean() > 0.95
    assert set(named[suspected]) == {"card_testing", "stolen_instrument"}


def test_what_is_hardly_suspected_is_told_as_the_commonest_kind() -> None:
    model = learned().detector_model
    scored = model.score(told_apart())
    assert set(scored["typology"][scored["probability"] < SUSPECTED]) == {str(model.typology)}


def test_naming_moves_no_score() -> None:
    model, frame = learned().detector_model, told_apart()
    alone = replace(model, kinds=None).score(frame)
    assert alone[["score", "probability"]].equals(model.score(frame)[["score", "probability"]])
    assert set(alone["typology"]) == {str(model.typology)}


@pytest.mark.parametrize(("others", "kinds"), [(FEWEST_OF_A_KIND - 1, None), (FEWEST_OF_A_KIND, 2)])
def test_a_kind_with_few_examples_is_not_told_apart(others: int, kinds: int | None) -> None:
    model = fit(told_apart(others=others)).detector_model
    assert (None if model.kinds is None else len(model.kinds.names)) == kinds


def test_kinds_of_another_detector_teach_nothing() -> None:
    frame = told_apart()
    frame["typology"] = frame["typology"].replace({"card_testing": "brushing"})
    assert fit(frame).detector_model.kinds is None


def test_a_bundle_carries_the_kinds_byte_for_byte() -> None:
    files = to_files(learned().detector_model)
    again = from_files(files)
    assert to_files(again) == files == to_files(fit(told_apart()).detector_model)
    assert again.score(told_apart()).equals(learned().detector_model.score(told_apart()))


def test_kinds_that_do_not_fit_the_model_are_refused() -> None:
    files = to_files(learned().detector_model)
    described = json.loads(files[MODEL])
    for names in (["card_testing"], ["card_testing", "stolen_instrument", "account_takeover"], ["card_testing", "nonsense"]):
        with pytest.raises(BadBundle):
            from_files({**files, MODEL: json.dumps({**described, "kinds": names}).encode()})
    with pytest.raises(BadBundle):
        from_files({**files, KINDS: files[KINDS].replace(b"max_feature_idx=", b"max_feature_idx=1")})


def test_no_rows_have_no_kinds() -> None:
    model = learned().detector_model
    assert model.kinds is not None
    assert model.kinds.of(np.empty((0, len(FEATURES)))).tolist() == []
    assert set(model.kinds.names) == {Typology.CARD_TESTING, Typology.STOLEN_INSTRUMENT}
