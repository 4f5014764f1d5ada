"""Folds: which rows are learned from and which are judged, so that neither time nor kinship carries an answer across."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, train_test_split

from fairdeal.models.errors import WrongSetting
from fairdeal.models.frames import Floats
from fairdeal.models.split_grammar import GroupSplit, RandomSplit, ShareSplit, TimeSplit
from fairdeal.models.splitting import Ints

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Fold:
    """One fold.

    Parameters
    ----------
    name
        What it is called in a report.
    train, test
        Row numbers, ascending.
    known_at
        Microseconds since 1970 at which learning took place; None where the split knows no time.
    """

    name: str
    train: Ints
    test: Ints
    known_at: int | None


def time_folds(split: TimeSplit, moment: Ints, own_delay: timedelta, zone: str) -> list[Fold]:
    """The folds of a split by stretches of time.

    Parameters
    ----------
    moment
        Microseconds since 1970 of each row's event.
    own_delay
        How long the labels take; the wait when the split names none.
    zone
        What a day is.

    Raises
    ------
    WrongSetting
        When the wait is shorter than labels take, or a fold has no rows to learn from or to judge.
    """
    delay = _delay(split.delay, own_delay)
    whole = split.train + delay + split.test
    if split.start is not None:
        start = datetime.combine(split.start, time(), ZoneInfo(zone))
    else:
        last = datetime.fromtimestamp(int(moment.max()) / MICROSECONDS, UTC).astimezone(ZoneInfo(zone))
        close = datetime.combine(last.date() + timedelta(days=1), time(), ZoneInfo(zone))
        start = close - whole - split.step * (split.folds - 1)
    folds = []
    for number in range(split.folds):
        begin = start + split.step * number
        learned, judged = begin + split.train, begin + split.train + delay
        train = _between(moment, begin, learned)
        test = _between(moment, judged, judged + split.test)
        if not len(train) or not len(test):
            raise WrongSetting(
                f"--split: fold {number + 1} learns from {begin:%Y-%m-%d} to {learned:%Y-%m-%d} ({len(train)} rows) and judges "
                f"{judged:%Y-%m-%d} to {judged + split.test:%Y-%m-%d} ({len(test)} rows); the data have {_span(moment)}; "
                "choose another start, or fewer or shorter folds"
            )
        folds.append(Fold(f"{begin:%Y-%m-%d}", train, test, _micro(judged)))
    return folds


def share_fold(split: ShareSplit, moment: Ints, labelled: NDArray[np.bool_], own_delay: timedelta) -> list[Fold]:
    """The first share of the labelled rows against the later ones; rows of one moment stay together."""
    delay = _delay(split.delay, own_delay)
    order = np.sort(moment[labelled])
    if len(order) < 2 or order[0] == order[-1]:
        raise WrongSetting("--split time: all rows have one moment; allowed are rows with times; use groups:… or random:…")
    cut = int(order[min(round(split.train_share * len(order)), len(order) - 1)])
    train, test = np.flatnonzero(moment < cut), np.flatnonzero(moment >= cut)
    if delay and split.delay is not None:
        train = np.flatnonzero(moment < cut - round(delay.total_seconds() * MICROSECONDS))
    return [Fold(f"first {split.train_share:g}", train, test, cut)]


def group_folds(split: GroupSplit, columns: Mapping[str, NDArray[np.str_]], stratum: Ints, rows: Ints) -> list[Fold]:
    """Folds of whole groups, labels spread as evenly as that allows.

    Parameters
    ----------
    columns
        The values of the columns that keep rows together, empty where not known.
    stratum
        What is to be spread evenly: the label, unlabelled counted as one.
    rows
        Row numbers that take part.
    """
    together = connected(list(columns.values()))
    if len(np.unique(together[rows])) < split.folds:
        raise WrongSetting(
            f"--split groups: {len(np.unique(together[rows]))} groups are not connected through {', '.join(columns)}; "
            f"allowed are at least as many as folds, {split.folds}; take fewer folds or fewer columns"
        )
    parted = StratifiedGroupKFold(split.folds, shuffle=True, random_state=split.seed)
    pairs = parted.split(np.zeros(len(rows)), stratum[rows], together[rows])
    return [Fold(f"groups {number}", rows[train], rows[test], None) for number, (train, test) in enumerate(pairs, 1)]


def random_folds(split: RandomSplit, stratum: Ints, rows: Ints) -> list[Fold]:
    """Folds of rows at random, as published protocols have them: what belongs together may be on both sides."""
    if split.test_share is not None:
        train, test = train_test_split(rows, stratify=stratum[rows], test_size=split.test_share, random_state=split.seed, shuffle=True)
        return [Fold(f"random {split.test_share:g}", np.sort(train), np.sort(test), None)]
    parted = StratifiedKFold(split.folds, shuffle=True, random_state=split.seed)
    pairs = parted.split(np.zeros(len(rows)), stratum[rows])
    return [Fold(f"random {number}", rows[train], rows[test], None) for number, (train, test) in enumerate(pairs, 1)]


def connected(columns: list[NDArray[np.str_]]) -> Ints:
    """A number per row; rows have the same when a chain of shared values, in whichever columns, leads from one to the other.

    Examples
    --------
    >>> connected([np.array(["a", "a", "b", ""]), np.array(["x", "y", "y", ""])]).tolist()
    [0, 0, 0, 1]
    """
    size = len(columns[0])
    rows, nodes, first = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], size
    for column in columns:
        known = np.flatnonzero(column != "")
        values, number = np.unique(column[known], return_inverse=True)
        rows.append(known)
        nodes.append(first + number)
        first += len(values)
    ends = (np.concatenate(rows), np.concatenate(nodes))
    graph = sp.coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(first, first))
    _, part = connected_components(graph, directed=False)
    _, number = np.unique(part[:size], return_inverse=True)
    return np.asarray(number, dtype=np.int64)


def tells_the_answer(values: Floats, is_fraud: Floats) -> bool:
    """Whether one column alone parts the labels as only an answer does: each value it takes belongs to one label.

    A column with few values of which each, where it is not rare, stands with one label only, or a quantity all of whose values with
    one label lie above all with the other.
    """
    known = np.isfinite(values) & np.isfinite(is_fraud)
    column, truth = values[known], is_fraud[known] > 0.5
    if truth.sum() < 20 or (~truth).sum() < 20:
        return False
    if column[truth].min() > column[~truth].max() or column[truth].max() < column[~truth].min():
        return True
    distinct, number = np.unique(column, return_inverse=True)
    if len(distinct) > 20:
        return False
    frauds, times = np.bincount(number, weights=truth), np.bincount(number)
    mixed = np.minimum(frauds, times - frauds).sum()
    return bool(mixed <= 0.002 * min(truth.sum(), (~truth).sum()))


def _delay(given: timedelta | None, own: timedelta) -> timedelta:
    if given is None:
        return own
    if given < own:
        raise WrongSetting(
            f"--split: delay={_told(given)}, but labels take {_told(own)} to become known; learning from them earlier would be learning "
            f"from the future; allowed is at least that; give delay={_told(own)}"
        )
    return given


def _told(length: timedelta) -> str:
    hours = -(-length // timedelta(hours=1))
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


def _micro(moment: datetime) -> int:
    return round(moment.timestamp() * MICROSECONDS)


def _between(moment: Ints, first: datetime, last: datetime) -> Ints:
    return np.flatnonzero((moment >= _micro(first)) & (moment < _micro(last)))


def _span(moment: Ints) -> str:
    first, last = (datetime.fromtimestamp(int(end) / MICROSECONDS, UTC) for end in (moment.min(), moment.max()))
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
