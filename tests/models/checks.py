"""What every detector must stand, however it was made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairdeal.data_contracts.scores import SCORES
from fairdeal.models.bundle import from_files, to_files
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.metrics import auc


def scores_lie_between_zero_and_one(model: TrainedDetector, frame: pd.DataFrame) -> None:
    scored = model.score(frame)
    assert tuple(scored.columns) == SCORES.names
    assert scored["score"].between(0, 1).all()
    assert scored["subject_id"].tolist() == frame["subject_id"].tolist()
    if model.is_calibrated:
        assert ((scored["probability"] > 0) & (scored["probability"] < 1)).all()
        in_order = scored.sort_values("score")["probability"].to_numpy()
        assert (np.diff(in_order) >= 0).all()
    else:
        assert scored["probability"].isna().all()


def ranks_better_than_chance(model: TrainedDetector, frame: pd.DataFrame, at_least: float) -> None:
    assert auc(frame["is_fraud"], model.score(frame)["score"]) >= at_least


def a_row_is_scored_alike_in_any_company(model: TrainedDetector, frame: pd.DataFrame) -> None:
    together = model.score(frame).set_index("subject_id")["score"]
    shuffled = model.score(frame.sample(frac=1.0, random_state=1)).set_index("subject_id")["score"]
    alone = pd.concat([model.score(frame.iloc[[row]]) for row in range(0, len(frame), max(1, len(frame) // 60))])
    assert (shuffled.loc[together.index].to_numpy() == together.to_numpy()).all()
    assert (alone["score"].to_numpy() == together.loc[alone["subject_id"]].to_numpy()).all()


def survives_saving(model: TrainedDetector, frame: pd.DataFrame) -> None:
    files = to_files(model)
    loaded = from_files(files)
    assert to_files(loaded) == files
    assert loaded.model_version == model.model_version
    pd.testing.assert_frame_equal(loaded.score(frame), model.score(frame), check_exact=True)
    some = frame.head(20)
    assert loaded.explain(some) == model.explain(some)
    if "text" in frame.columns:
        assert [loaded.spans(text) for text in some["text"]] == [model.spans(text) for text in some["text"]]


def contributions_add_up(model: TrainedDetector, frame: pd.DataFrame) -> None:
    values = model.values(frame.head(200))
    added = model.ranker.contributions(values).sum(axis=1)
    whole = model.ranker.margin(values) - model.ranker.base if model.is_calibrated else model.ranker.total(values)
    np.testing.assert_allclose(added, whole, atol=1e-9)


def reasons_are_told_for_the_suspicious(model: TrainedDetector, frame: pd.DataFrame) -> None:
    top = frame.loc[model.score(frame)["score"].nlargest(20).index]
    told = model.explain(top)
    assert len(told) == len(top)
    codes = {reason.code for reason in model.reasons.values()}
    for reasons in told:
        assert 1 <= len(reasons) <= 4
        assert all(set(reason) == {"code", "value", "norm", "text_zh", "text_en"} for reason in reasons)
        assert {reason["code"] for reason in reasons} <= codes
        assert not any("{" in reason["text_zh"] + reason["text_en"] for reason in reasons)


def passes_all(model: TrainedDetector, frame: pd.DataFrame, at_least: float) -> None:
    """Every check above."""
    scores_lie_between_zero_and_one(model, frame)
    ranks_better_than_chance(model, frame, at_least)
    a_row_is_scored_alike_in_any_company(model, frame)
    survives_saving(model, frame)
    contributions_add_up(model, frame)
    reasons_are_told_for_the_suspicious(model, frame)
