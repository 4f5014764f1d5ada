"""The words of a split: how a backtest parts what is learned from and what is judged, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fairdeal.models.errors import WrongSetting

#: Seeds decide which groups or rows stand together; they change no figure but by chance.
SEED = 0
_LENGTH = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_EXAMPLES = (
    "time:train=7d,delay=7d,test=7d,folds=4,start=2018-07-25,step=7d · time:train_share=0.7 · "
    "groups:reviewer_id,ip,folds=5 · random:folds=5"
)


@dataclass(frozen=True)
class TimeSplit:
    """Learned from one stretch of time, judged on a later one.

    Parameters
    ----------
    train, delay, test, step
        Lengths: of the stretch learned from, of the wait for its labels, of the stretch judged, and from one fold to the next.
    folds
        How many.
    start
        First day learned from in the first fold; None puts the last fold's end at the end of the data.
    """

    train: timedelta
    delay: timedelta | None
    test: timedelta
    folds: int
    start: date | None
    step: timedelta


@dataclass(frozen=True)
class ShareSplit:
    """The first ``train_share`` of the labelled rows against the rest; ``delay`` None takes the labels' own."""

    train_share: float
    delay: timedelta | None


@dataclass(frozen=True)
class GroupSplit:
    """Rows connected through any of the columns stay in one fold."""

    columns: tuple[str, ...]
    folds: int
    seed: int


@dataclass(frozen=True)
class RandomSplit:
    """Rows at random, each label alike: ``folds`` of them, or one fold that judges ``test_share``."""

    folds: int
    test_share: float | None
    seed: int


Split = TimeSplit | ShareSplit | GroupSplit | RandomSplit


def parse_split(text: str) -> Split:
    """The split that a text describes.

    Raises
    ------
    WrongSetting
        Naming what is not understood, what is allowed, and an example.

    Examples
    --------
    >>> parse_split("groups:reviewer_id,ip,folds=5")
    GroupSplit(columns=('reviewer_id', 'ip'), folds=5, seed=0)
    >>> parse_split("time:train_share=0.7")
    ShareSplit(train_share=0.7, delay=None)
    """
    kind, colon, rest = text.strip().partition(":")
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    plain = tuple(part for part in parts if "=" not in part)
    given = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in parts if "=" in part)}
    if kind not in ("time", "groups", "random") or (not colon and kind != "random"):
        raise WrongSetting(f"--split {text}: allowed are time:…, groups:… and random:…; for example {_EXAMPLES}")
    if plain and kind != "groups":
        raise WrongSetting(f"--split {text}: {plain[0]!r} stands alone; allowed is name=value; for example {_EXAMPLES}")
    if kind == "groups":
        _only(text, given, ("folds", "seed"))
        if not plain:
            raise WrongSetting(f"--split {text}: no column; allowed are columns that keep rows together; for example groups:reviewer_id")
        return GroupSplit(plain, _folds(text, given, 5), _count(text, given, "seed", SEED, least=0))
    if kind == "random":
        _only(text, given, ("folds", "test_share", "seed"))
        share = _share(text, given, "test_share") if "test_share" in given else None
        folds = 1 if share is not None else _folds(text, given, 5)
        return RandomSplit(folds, share, _count(text, given, "seed", SEED, least=0))
    if "train_share" in given:
        _only(text, given, ("train_share", "delay"))
        return ShareSplit(_share(text, given, "train_share"), _length(text, given, "delay") if "delay" in given else None)
    _only(text, given, ("train", "delay", "test", "folds", "start", "step"))
    test = _length(text, given, "test")
    return TimeSplit(
        train=_length(text, given, "train"),
        delay=_length(text, given, "delay") if "delay" in given else None,
        test=test,
        folds=_count(text, given, "folds", 1, least=1),
        start=_day(text, given["start"]) if "start" in given else None,
        step=_length(text, given, "step") if "step" in given else test,
    )


def _only(text: str, given: Mapping[str, str], allowed: tuple[str, ...]) -> None:
    for name in given:
        if name not in allowed:
            raise WrongSetting(f"--split {text}: no such entry {name!r}; allowed here are {', '.join(allowed)}; for example {_EXAMPLES}")


def _length(text: str, given: Mapping[str, str], name: str) -> timedelta:
    if name not in given:
        raise WrongSetting(f"--split {text}: no {name}=; allowed is a length such as 7d; for example {_EXAMPLES}")
    match = _LENGTH.fullmatch(given[name])
    length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None
    if length is None or (name != "delay" and not length):
        raise WrongSetting(f"--split {text}: {name}={given[name]}; allowed is a length in hours, days or weeks, such as 12h, 7d, 2w")
    return length


def _count(text: str, given: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    word = given.get(name, str(default))
    if not word.isascii() or not word.isdigit() or not least <= int(word) <= 10_000:
        raise WrongSetting(f"--split {text}: {name}={word}; allowed is a whole number from {least} to 10000")
    return int(word)


def _folds(text: str, given: Mapping[str, str], default: int) -> int:
    return _count(text, given, "folds", default, least=2)


def _share(text: str, given: Mapping[str, str], name: str) -> float:
    try:
        share = float(given[name])
    except ValueError:
        share = 0.0
    if not 0.0 < share < 1.0:
        raise WrongSetting(f"--split {text}: {name}={given[name]}; allowed is a share between 0 and 1, such as 0.7")
    return share


def _day(text: str, word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise WrongSetting(f"--split {text}: start={word}; allowed is a day as in 2018-07-25") from None
