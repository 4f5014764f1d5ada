from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.models import boosting, training
from fairdeal.models.bundle import to_files
from fairdeal.models.errors import TooFewLabels, WrongFrame
from fairdeal.models.labelled import labelled_rows
from fairdeal.models.metrics import average_precision, expected_calibration_error
from fairdeal.models.splitting import time_slices
from fairdeal.models.training import SHARES, Trained, fit_unsupervised, train
from tests.models import checks
from tests.models.given import FEATURES, REASONS, feature_frame, labelled_frame, truth


def trained(detector: Detector, frame: pd.DataFrame, seed: int = 7) -> Trained:
    return train(detector, frame, feature_names=FEATURES, reasons=REASONS, seed=seed, data_version="d1", contract_version="c1")


@functools.cache
def once(detector: Detector) -> Trained:
    return trained(detector, labelled_frame(detector))


@pytest.mark.parametrize("detector", list(Detector))
def test_every_trained_detector_passes_the_checks(detector: Detector) -> None:
    later = labelled_frame(detector) if detector is Detector.REVIEWS else feature_frame(3_000, seed=99)
    checks.passes_all(once(detector).detector_model, later, 0.75)


@pytest.mark.parametrize("detector", list(Detector))
def test_every_unsupervised_detector_passes_the_checks(detector: Detector) -> None:
    frame = feature_frame(3_000, seed=5)
    model = fit_unsupervised(detector, frame, FEATURES, 1, reasons=REASONS)
    assert not model.is_calibrated
    checks.passes_all(model, frame, 0.7)


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_rows() -> None:
    frame = feature_frame(1_500)
    one = to_files(trained(Detector.PAYMENTS, frame).detector_model)
    assert to_files(trained(Detector.PAYMENTS, frame.sample(frac=1.0, random_state=3)).detector_model) == one
    assert to_files(trained(Detector.PAYMENTS, frame, seed=8).detector_model) != one


def test_threads_do_not_change_the_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = feature_frame(400)
    values, labels = frame[list(FEATURES)].to_numpy(), frame["is_fraud"].to_numpy()
    one = boosting.grow(values, labels, np.ones(400), 10, 1)
    monkeypatch.setattr(boosting, "ROWS_PER_THREAD", 100)
    assert boosting.grow(values, labels, np.ones(400), 10, 1) == one


def test_figures_are_those_of_rows_the_judged_model_never_saw() -> None:
    frame = feature_frame(3_000)
    frame["lucky"] = frame["is_fraud"]
    cut = frame["event_at"].sort_values().iloc[int(0.84 * len(frame))]
    late = frame["event_at"] > cut
    # Before the last slice the column is the label itself; in it, the opposite.
    frame.loc[late, "lucky"] = 1.0 - frame.loc[late, "is_fraud"]
    told = train(Detector.PAYMENTS, frame, feature_names=["lucky"], reasons={}, seed=1, data_version="", contract_version="").metrics
    assert told["auc"] < 0.1


def test_nothing_before_the_evaluation_slice_depends_on_its_labels() -> None:
    frame = feature_frame(3_000)
    late = frame["event_at"].rank(method="first") > 0.86 * len(frame)
    other = frame.copy()
    other.loc[late, "is_fraud"] = 1.0 - other.loc[late, "is_fraud"]
    one, two = trained(Detector.PAYMENTS, frame).metrics, trained(Detector.PAYMENTS, other).metrics
    assert one["trees"] == two["trees"]
    # The same ranking judged against turned labels.
    assert two["auc"] < 0.5 < one["auc"]


def test_probabilities_are_borne_out_by_later_rows() -> None:
    later = feature_frame(20_000, seed=123)
    told = once(Detector.PAYMENTS).detector_model.score(later)["probability"]
    assert expected_calibration_error(truth(later), told) < 0.03
    assert once(Detector.PAYMENTS).metrics["ece"] < 0.05


def test_of_each_held_out_slice_a_model_is_asked_that_learned_from_all_before_it_and_from_no_more() -> None:
    rows = labelled_rows(Detector.PAYMENTS, feature_frame(2_000), FEATURES, seed=1, day_zone="UTC")[0]
    learned, middle, last = slices = time_slices(rows.moment, SHARES)
    first = training._rank(rows.take(learned), None, 1, 1.0)
    later, margin = training._asked_forward(rows, (learned, middle, last), first, 1, 1.0)
    assert len(later) == len(middle) + len(last)
    assert margin[: len(middle)].tolist() == first.margin(rows.take(middle)).tolist()
    second = training._rank(rows.take(np.concatenate(slices[:2])), first, 1, 1.0)
    assert margin[len(middle) :].tolist() == second.margin(rows.take(last)).tolist()
    assert rows.moment[middle].max() < rows.moment[last].min()


def test_figures_hold_what_was_promised() -> None:
    told = once(Detector.PAYMENTS).metrics
    assert {"ap", "auc", "ece", "brier", "rows", "positives", "base_rate", "blind", "split"} <= set(told)
    for k, reached in told["precision_at"].items():
        assert reached <= told["attainable"][k] <= 1.0
    assert 0 < told["value_detected"]["10"] <= told["value_detected"]["100"] <= 1.0
    assert told["card_precision_at"] is not None
    reviews = once(Detector.REVIEWS).metrics
    assert reviews["value_detected"] is None
    assert reviews["card_precision_at"] is None
    curves = once(Detector.PAYMENTS).curves
    assert len(curves["precision"]) == len(curves["recall"]) == len(curves["threshold"])
    assert curves["bin_weight"].sum() == told["rows"]


def test_words_are_learned_out_of_fold_and_not_by_heart() -> None:
    frame = labelled_frame(Detector.REVIEWS)
    rng = np.random.default_rng(0)
    # Words that mean nothing: whoever learned them by heart would look perfect in training and believe it.
    frame["text"] = ["".join(rng.choice(list("abcdefghij"), 30)) for _ in range(len(frame))]
    told = trained(Detector.REVIEWS, frame)
    assert 0.35 < told.metrics["auc"] < 0.65
    assert told.metrics["ece"] < 0.15


def test_the_praise_that_is_paid_for_is_found_by_its_words() -> None:
    model = once(Detector.REVIEWS).detector_model
    text = "质量不错 物流很快，好评返现 联系客服"
    spans = model.spans(text)
    assert any("返现" in text[start:end] for start, end, _ in spans)
    assert not any("物流" in text[start:end] for start, end, _ in spans)
    assert "text_score" in {reason["code"] for reason in model.explain(_one(text))[0]}


def _one(text: str) -> pd.DataFrame:
    return labelled_frame(Detector.REVIEWS).head(1).assign(text=text)


def test_rows_without_a_label_teach_nothing() -> None:
    frame = feature_frame(1_500)
    unlabelled = feature_frame(500, seed=9).assign(is_fraud=np.nan)
    unlabelled["subject_id"] = "u" + unlabelled["subject_id"]
    both = pd.concat([frame, unlabelled], ignore_index=True)
    assert to_files(trained(Detector.DEALS, both).detector_model) == to_files(trained(Detector.DEALS, frame).detector_model)


def test_the_typology_is_that_of_most_positives() -> None:
    frame = feature_frame(1_500)
    frame["typology"] = None
    positives = frame.index[frame["is_fraud"] == 1.0]
    frame.loc[positives[: len(positives) // 2 + 5], "typology"] = "card_testing"
    frame.loc[positives[len(positives) // 2 + 5 :], "typology"] = "paid_praise"
    assert trained(Detector.PAYMENTS, frame).detector_model.typology is Typology.CARD_TESTING


def test_too_few_frauds_are_refused_with_the_way_out() -> None:
    frame = feature_frame(500)
    frame["is_fraud"] = 0.0
    frame.loc[:20, "is_fraud"] = 1.0
    with pytest.raises(TooFewLabels, match=r"21 frauds .* score unsupervised"):
        trained(Detector.PAYMENTS, frame)


def test_frauds_of_one_moment_are_refused_because_nothing_later_could_judge() -> None:
    frame = feature_frame(500)
    frame["is_fraud"] = 0.0
    burst = frame.index[:60]
    frame.loc[burst, "is_fraud"] = 1.0
    frame.loc[burst, ["event_at", "as_of_at"]] = frame["event_at"].max() + pd.Timedelta("1h")
    with pytest.raises(TooFewLabels, match="older slice holds 0 frauds"):
        trained(Detector.PAYMENTS, frame)


def test_few_positives_are_judged_in_two_slices() -> None:
    frame = feature_frame(3_000)
    order = frame.sort_values("event_at").index
    frame["is_fraud"] = 0.0
    # Forty frauds, all in the first two thirds of the time: the last slice of three would hold none.
    frauds = order[: int(0.66 * len(order)) : 49]
    frame.loc[frauds, "is_fraud"] = 1.0
    frame.loc[frauds, "payment_count_1h"] = 4.0
    told = trained(Detector.PAYMENTS, frame)
    assert len(told.metrics["slices"]) == 2
    assert told.metrics["auc"] > 0.9
    assert told.detector_model.is_calibrated


def test_a_source_without_times_is_split_by_group_and_says_so() -> None:
    frame = feature_frame(2_000)
    frame["event_at"] = frame["as_of_at"] = pd.Timestamp("2024-01-01", tz="UTC")
    told = trained(Detector.PAYMENTS, frame).metrics
    assert "no times" in told["split"]
    assert told["auc"] > 0.7


def test_features_that_are_always_null_are_named_as_blind() -> None:
    frame = feature_frame(1_500).assign(noise=np.nan)
    assert trained(Detector.PAYMENTS, frame).metrics["blind"] == ["noise"]


def test_a_text_alone_is_enough() -> None:
    frame = labelled_frame(Detector.REVIEWS).drop(columns=list(FEATURES))
    told = train(Detector.REVIEWS, frame, feature_names=[], reasons={}, seed=1, data_version="", contract_version="")
    assert told.metrics["auc"] > 0.75


def test_weights_move_the_base_rate() -> None:
    frame = feature_frame(3_000)
    # Honest rows were looked at one time in five: each stands for five.
    frame["weight"] = np.where(frame["is_fraud"] == 1.0, 1.0, 5.0)
    plain = once(Detector.PAYMENTS).detector_model.score(frame)["probability"].mean()
    assert trained(Detector.PAYMENTS, frame).detector_model.score(frame)["probability"].mean() < 0.6 * plain


def test_missing_features_are_named() -> None:
    with pytest.raises(WrongFrame, match="no column quiet_days"):
        once(Detector.PAYMENTS).detector_model.score(feature_frame(10).drop(columns="quiet_days"))


def test_a_frame_without_features_or_texts_is_refused() -> None:
    with pytest.raises(TooFewLabels, match="no feature"):
        train(Detector.PAYMENTS, feature_frame(500), feature_names=[], reasons={}, seed=1, data_version="", contract_version="")


def test_strange_labels_are_refused() -> None:
    with pytest.raises(WrongFrame, match="label 2"):
        trained(Detector.PAYMENTS, feature_frame(200).assign(is_fraud=2.0))


def test_an_empty_frame_scores_to_an_empty_table() -> None:
    for detector in Detector:
        empty = labelled_frame(detector).head(0)
        assert len(once(detector).detector_model.score(empty)) == 0
        assert once(detector).detector_model.explain(empty) == []


def test_frauds_far_beyond_anything_seen_stay_in_order() -> None:
    model = fit_unsupervised(Detector.PAYMENTS, feature_frame(1_000), FEATURES, 1, reasons=REASONS)
    far = feature_frame(3).assign(
        payment_count_1h=[10.0, 10.0, 10.0], amount_ratio=[-9.0, 0.0, 10.0], quiet_days=[9.0, 0.0, -10.0], noise=0.0
    )
    assert np.all(np.diff(model.score(far)["score"]) > 0)


def test_ranking_approaches_the_best_that_the_truth_allows() -> None:
    later = feature_frame(10_000, seed=77)
    best = average_precision(later["is_fraud"], truth(later))
    assert average_precision(later["is_fraud"], once(Detector.PAYMENTS).detector_model.score(later)["score"]) > 0.85 * best


def test_what_is_not_ripe_is_learned_from_and_bends_no_probability() -> None:
    frame = labelled_frame(Detector.PAYMENTS).sort_values("event_at", ignore_index=True)
    young = np.arange(len(frame)) >= 0.7 * len(frame)
    # Of the young rows only the frauds that came to light at once are known: all are frauds, or silent.
    silent = frame.assign(is_fraud=np.where(young, (np.arange(len(frame)) % 3 == 0).astype(float), frame["is_fraud"]), is_ripe=~young)
    told, plain = trained(Detector.PAYMENTS, silent), trained(Detector.PAYMENTS, silent.assign(is_ripe=True))
    ripe = frame[~young]
    share = float(ripe["is_fraud"].mean())
    fair, rotten = (float(each.detector_model.score(ripe)["probability"].mean()) for each in (told, plain))
    assert abs(fair - share) < abs(rotten - share)
    assert told.metrics["rows"] < plain.metrics["rows"]
