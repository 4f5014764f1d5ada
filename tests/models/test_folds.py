from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdeal.models.errors import WrongSetting
from fairdeal.models.folds import connected, group_folds, random_folds, share_fold, tells_the_answer, time_folds
from fairdeal.models.intervals import interval_of_means
from fairdeal.models.split_grammar import GroupSplit, RandomSplit, ShareSplit, TimeSplit, parse_split

DAY = timedelta(days=1)
HOURS = np.asarray([round((datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).timestamp() * 1e6) for hour in range(40 * 24)])


@pytest.mark.parametrize(
    ("words", "split"),
    [
        (
            "time:train=7d,delay=7d,test=7d,folds=4,start=2018-07-25,step=7d",
            TimeSplit(7 * DAY, 7 * DAY, 7 * DAY, 4, date(2018, 7, 25), 7 * DAY),
        ),
        ("time:train=2w,test=36h", TimeSplit(14 * DAY, None, 1.5 * DAY, 1, None, 1.5 * DAY)),
        ("time:train_share=0.7", ShareSplit(0.7, None)),
        ("groups:user,ip,folds=5", GroupSplit(("user", "ip"), 5, 0)),
        ("random:folds=5", RandomSplit(5, None, 0)),
        ("random", RandomSplit(5, None, 0)),
        ("random:test_share=0.2,seed=2", RandomSplit(1, 0.2, 2)),
    ],
)
def test_a_split_is_what_its_words_say(words: str, split: object) -> None:
    assert parse_split(words) == split


@pytest.mark.parametrize(
    "words",
    [
        "",
        "clock:train=7d",
        "time",
        "time:train=7,test=7d",
        "time:train=0d,test=7d",
        "time:train=7d",
        "time:train=7d,test=7d,folds=0",
        "time:train=7d,test=7d,start=25.7.2018",
        "time:train_share=1.2",
        "time:train_share=0.7,folds=3",
        "groups:folds=5",
        "groups:",
        "groups:user,folds=1",
        "random:folds=five",
        "random:user",
        "random:shuffle=yes",
    ],
)
def test_other_words_are_refused_with_an_example(words: str) -> None:
    with pytest.raises(WrongSetting, match="allowed"):
        parse_split(words)


def test_what_is_judged_lies_after_the_wait_for_labels() -> None:
    folds = time_folds(TimeSplit(7 * DAY, 3 * DAY, 5 * DAY, 3, None, 5 * DAY), HOURS, 3 * DAY, "UTC")
    assert len(folds) == 3
    for fold in folds:
        gap = HOURS[fold.test].min() - HOURS[fold.train].max()
        assert gap > (3 * DAY).total_seconds() * 1e6
        assert fold.known_at == HOURS[fold.test].min()
    # The last fold ends with the data, and nothing is judged twice.
    assert folds[-1].test.max() == len(HOURS) - 1
    judged = np.concatenate([fold.test for fold in folds])
    assert len(np.unique(judged)) == len(judged) == 3 * 5 * 24


def test_a_day_begins_where_the_source_says() -> None:
    split = TimeSplit(DAY, timedelta(), DAY, 1, date(2026, 1, 5), DAY)
    utc, shanghai = (time_folds(split, HOURS, timedelta(), zone)[0].train.min() for zone in ("UTC", "Asia/Shanghai"))
    assert utc - shanghai == 8


def test_labels_younger_than_their_delay_are_refused() -> None:
    with pytest.raises(WrongSetting, match="delay=7d"):
        time_folds(TimeSplit(7 * DAY, 3 * DAY, 5 * DAY, 1, None, 5 * DAY), HOURS, 7 * DAY, "UTC")
    with pytest.raises(WrongSetting, match="learning from the future"):
        share_fold(ShareSplit(0.7, DAY), HOURS, np.ones(len(HOURS), dtype=bool), 7 * DAY)


def test_a_fold_outside_the_data_is_told_with_what_there_is() -> None:
    with pytest.raises(WrongSetting, match="2026-01-01 to 2026-02-09"):
        time_folds(TimeSplit(7 * DAY, None, 7 * DAY, 1, date(2025, 1, 1), DAY), HOURS, timedelta(), "UTC")


def test_a_share_of_the_labelled_rows_comes_first() -> None:
    labelled = np.arange(len(HOURS)) % 4 == 0
    fold = share_fold(ShareSplit(0.7, None), HOURS, labelled, timedelta())[0]
    assert labelled[fold.train].sum() == round(0.7 * labelled.sum())
    assert HOURS[fold.train].max() < HOURS[fold.test].min()


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c", "d"]), st.sampled_from(["", "x", "y", "z"])), min_size=1, max_size=30))
def test_rows_are_connected_through_any_chain_of_shared_values(pairs: list[tuple[str, str]]) -> None:
    found = connected([np.asarray([pair[side] for pair in pairs], dtype=str) for side in (0, 1)])
    # By hand: spread the smallest number until nothing changes.
    parts = list(range(len(pairs)))
    changed = True
    while changed:
        changed = False
        for one, first in enumerate(pairs):
            for other, second in enumerate(pairs):
                shares = any(mine and mine == theirs for mine, theirs in zip(first, second, strict=True))
                if shares and parts[one] != parts[other]:
                    parts[one] = parts[other] = min(parts[one], parts[other])
                    changed = True
    assert (np.equal.outer(found, found) == np.equal.outer(np.asarray(parts), np.asarray(parts))).all()


def test_groups_are_never_across_folds() -> None:
    rng = np.random.default_rng(0)
    user, ip = rng.integers(0, 80, 300).astype(str), np.where(rng.random(300) < 0.7, "", rng.integers(0, 40, 300).astype(str))
    stratum = rng.integers(0, 2, 300)
    together = connected([user, ip])
    folds = group_folds(GroupSplit(("user", "ip"), 3, 0), {"user": user, "ip": ip}, stratum, np.arange(300))
    for fold in folds:
        assert not set(together[fold.train]) & set(together[fold.test])
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(300))


def test_too_few_groups_are_told() -> None:
    one = np.full(20, "same")
    with pytest.raises(WrongSetting, match="take fewer folds or fewer columns"):
        group_folds(GroupSplit(("user",), 5, 0), {"user": one}, np.arange(20) % 2, np.arange(20))


def test_folds_at_random_hold_each_label_alike() -> None:
    stratum = (np.arange(1_000) % 10 == 0).astype(np.int64)
    for fold in random_folds(RandomSplit(5, None, 0), stratum, np.arange(1_000)):
        assert stratum[fold.test].sum() == 20
    (only,) = random_folds(RandomSplit(1, 0.2, 2), stratum, np.arange(1_000))
    assert len(only.test) == 200
    assert stratum[only.test].sum() == 20


@pytest.mark.parametrize(
    ("values", "tells"),
    [
        (lambda truth, rng: truth * rng.integers(1, 4, len(truth)), True),
        (lambda truth, rng: truth * 5.0 + rng.random(len(truth)), True),
        (lambda truth, rng: truth + rng.normal(0, 0.3, len(truth)), False),
        (lambda truth, rng: np.where(rng.random(len(truth)) < 0.05, 1 - truth, truth), False),
        (lambda truth, rng: rng.integers(0, 3, len(truth)), False),
        (lambda truth, rng: np.full(len(truth), np.nan), False),
    ],
)
def test_a_column_that_holds_the_answer_is_recognised(values: object, tells: bool) -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(2_000) < 0.1).astype(float)
    assert tells_the_answer(np.asarray(values(truth, rng), dtype=float), truth) is tells  # type: ignore[operator]


def test_the_interval_holds_the_figure_and_narrows_with_more_days() -> None:
    rng = np.random.default_rng(1)

    def fold(days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        truth = (rng.random(days * 200) < 0.1).astype(float)
        return truth, truth + rng.normal(0, 1, len(truth)), np.repeat(np.arange(days), 200)

    few, many = (interval_of_means([fold(days)]) for days in (5, 80))
    for told in (few, many):
        assert 0 < told["ap_low"] < told["ap_high"] < 1  # type: ignore[operator]
        assert told["auc_low"] < 0.77 < told["auc_high"] + 0.02  # type: ignore[operator]
    assert many["auc_high"] - many["auc_low"] < few["auc_high"] - few["auc_low"]  # type: ignore[operator]
