"""What silence teaches where only part of the frauds is ever heard of."""

from __future__ import annotations

import numpy as np
import pytest

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import metrics, silence
from fairdeal.models.frames import Floats
from fairdeal.models.labelled import labelled_rows
from fairdeal.models.training import train
from tests.models.given import FEATURES, REASONS, feature_frame

ROWS = 3_000


def world(found: float, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Features, the truth, and what was heard of it."""
    rng = np.random.default_rng(seed)
    fraud = (rng.random(ROWS) < 0.2).astype(float)
    values = rng.normal(size=(ROWS, 3))
    values[:, 0] += 2.0 * fraud
    return values, fraud, fraud * (rng.random(ROWS) < found)


def taught(values: Floats, heard: Floats, found: float, together: list[str] | None = None, silent: Floats | None = None) -> Floats:
    return silence.share_of_fraud(
        values,
        heard,
        heard < 0.5 if silent is None else silent > 0.5,
        np.ones(len(heard)),
        [str(row) for row in range(len(heard))] if together is None else together,
        trees=60,
        seed=0,
        lead=None,
        found=found,
    )


def test_where_every_fraud_is_heard_of_silence_is_honesty() -> None:
    values, _, heard = world(0.5)
    assert taught(values, heard, 1.0) is heard


def test_what_somebody_has_said_stands() -> None:
    values, _, heard = world(0.5)
    spoken = np.zeros(ROWS)
    spoken[::2] = 1.0
    found = taught(values, heard, 0.5, silent=(heard < 0.5) * (1.0 - spoken))
    assert np.array_equal(found[(heard > 0.5) | (spoken > 0.5)], heard[(heard > 0.5) | (spoken > 0.5)])


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_silence_holds_about_as_many_frauds_as_nobody_heard_of(share: float) -> None:
    values, fraud, heard = world(share)
    silent = heard < 0.5
    hidden = float(fraud[silent].sum())
    assert taught(values, heard, share)[silent].sum() == pytest.approx(hidden, rel=0.35)


def test_hidden_frauds_teach_more_of_a_fraud_than_honest_rows() -> None:
    values, fraud, heard = world(0.5)
    silent, told = heard < 0.5, taught(values, heard, 0.5)
    assert told[silent & (fraud > 0.5)].mean() > 5 * told[silent & (fraud < 0.5)].mean()


def test_nothing_teaches_more_than_a_whole_fraud() -> None:
    values, _, heard = world(0.2)
    told = taught(values, heard, 0.2)
    assert told.min() >= 0.0
    assert told.max() <= 1.0 + 1e-12


def test_rows_of_one_account_are_judged_by_trees_that_saw_none_of_them() -> None:
    # A feature that names the row: whoever saw it by another of its rows would know the answer by heart.
    rng = np.random.default_rng(1)
    account = np.repeat(np.arange(300), 4)
    heard = np.repeat((rng.random(300) < 0.3).astype(float), 4)
    heard[::4] = 0.0
    values = np.column_stack([account.astype(float), rng.normal(size=1_200)])
    apart = taught(values, heard, 0.6, together=[str(name) for name in account])
    mixed = taught(values, heard, 0.6)
    hidden = (heard < 0.5) & (np.repeat(heard.reshape(300, 4).max(axis=1), 4) > 0.5)
    assert apart[hidden].mean() < mixed[hidden].mean()


def test_a_detector_that_knows_how_many_are_never_heard_of_ranks_the_truth_better() -> None:
    gains = []
    for seed in range(3):
        frame = feature_frame(2_500, seed=seed)
        truth, rng = frame["is_fraud"].to_numpy(), np.random.default_rng(seed)
        heard = truth * (rng.random(len(truth)) < 0.4)
        known = frame.assign(is_fraud=heard, is_silent=heard < 0.5)
        later = feature_frame(4_000, seed=seed + 100)
        figure = {}
        for found in (1.0, 0.4):
            model = train(
                Detector.DEALS,
                known,
                feature_names=FEATURES,
                reasons=REASONS,
                seed=0,
                data_version="d",
                contract_version="c",
                found=found,
            ).detector_model
            figure[found] = metrics.average_precision(later["is_fraud"].to_numpy(), model.score(later)["score"].to_numpy(dtype=float))
        gains.append(figure[0.4] - figure[1.0])
    assert np.mean(gains) > 0.0


@pytest.mark.parametrize(
    ("found", "before", "left"),
    [(1.0, 0.9, 1.0), (0.6, 0.0, 0.6), (0.6, 0.5, 0.3 / 0.7), (0.6, 1.0, 0.03 / 0.43)],
)
def test_of_frauds_still_open_at_a_later_look_fewer_are_ever_heard_of(found: float, before: float, left: float) -> None:
    frame = feature_frame(50).assign(heard_before=before)
    rows, _ = labelled_rows(Detector.DEALS, frame, FEATURES, seed=0, day_zone="UTC")
    assert rows.heard_of(found) == pytest.approx(np.full(50, left))
