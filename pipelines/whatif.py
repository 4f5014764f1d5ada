"""What if: past days decided again under another policy, other losses or another number of people."""

from __future__ import annotations

import copy
import time
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from fairdeal.data_contracts.labels import LabelSource
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.capacity import capacity_from
from fairdeal.models.comparing import DRAWS, compare
from fairdeal.models.intervals import HIGH, LOW
from fairdeal.models.losses import loss_table
from fairdeal.models.policy import policy_from
from fairdeal.pipelines import registry
from fairdeal.pipelines.comparing import as_before, by_day
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.labelling import every_label
from fairdeal.pipelines.registry import Standing
from fairdeal.pipelines.replaying import PastDays, nights_by_basis, past_days, replay, ripe_days
from fairdeal.pipelines.running import read_up_to
from fairdeal.pipelines.workplace import Workplace

#: What the two sides are called.
SIDES: tuple[str, str] = ("now", "what_if")
SECTIONS = ("capacity", "policy", "loss")
#: Changes that stand for another staffing of every night.
WHO_WORKS = frozenset({"capacity.people", "capacity.hours", "capacity.minutes_per_person"})


def what_if(place: Workplace, detector: Detector, changes: Sequence[str], *, until: datetime, days: int) -> dict[str, Any]:
    """The champion's scores of the last ripe days, decided by the settings as they are and as they might be.

    Parameters
    ----------
    changes
        ``policy.hold.friction_minor=800``, ``policy.block_probability=0.95``, ``capacity.people=6`` and the like, the value as in TOML.
    until, days
        As in `fairdeal.pipelines.comparing.compare_models`.

    Returns
    -------
    dict
        ``detector, interval, changed, model``, what `fairdeal.models.comparing.compare` gives (its sides are called ``now`` and
        ``what_if``), ``censored, nights, currency, by_day, audit`` (see `missed`), ``seconds``.

    Raises
    ------
    WrongUse
        When there is no champion, no day to judge, or a change that cannot be read.
    WrongSetting
        When a change is no setting, or its value is not allowed.

    Notes
    -----
    Both sides are priced by the settings as they are: a cost that is merely written lower saves nobody anything. Both have the people who
    worked on those days, where that was said, unless a change says how many there might be.
    """
    began = time.perf_counter()
    now = place.settings.model_dump(include=set(SECTIONS))
    then = changed(now, changes)
    champion = registry.named(place.home, detector, Standing.CHAMPION)
    if champion is None:
        raise WrongUse(f"{detector}: no champion whose decisions could be other; `fairdeal train {detector}` makes one")
    read_up_to(place, until)
    start, end = ripe_days(place, until, days)
    model, stood_as = as_before(place, detector, champion, start)
    past = past_days(place, detector, start=start, end=end, until=until)
    as_is = replay(place, past, model, now)
    as_might_be = replay(place, past, model, then, priced_by=now, as_staffed=not says_who_works(changes))
    facts = pd.DataFrame({"is_fraud": past.is_fraud, "day": past.day, "loss": as_is["loss"], "typology": past.typology})
    seed = place.settings.train.seed % 2**31
    return {
        "detector": detector.value,
        "source": place.mapping.name,
        "until": until.isoformat(),
        "interval": [start.isoformat(), end.isoformat()],
        "changed": list(changes),
        "model": {**champion.as_dict(), "stood_as": stood_as},
        **compare(as_is, as_might_be, facts, segments=past.segments, names=SIDES, seed=seed),
        "censored": past.censored,
        "nights": nights_by_basis(past),
        "currency": past.currency,
        "by_day": by_day(past.day, dict(zip(SIDES, (as_is, as_might_be), strict=True))),
        "audit": missed(place, past, as_is, seed=seed),
        "seconds": round(time.perf_counter() - began, 3),
    }


def changed(settings: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Settings with changes in place, every one checked as the settings file is.

    >>> changed({"capacity": {}, "policy": {}, "loss": {}}, ["capacity.people=6"])["capacity"]
    {'people': 6}
    """
    if not changes:
        raise WrongUse("what-if: nothing is changed; give --set NAME=VALUE, for example --set policy.hold.friction_minor=800")
    found: dict[str, Any] = copy.deepcopy(dict(settings))
    for change in changes:
        name, equals, text = change.partition("=")
        section, *way = name.strip().split(".")
        if not equals or section not in SECTIONS or not way or not all(way):
            raise WrongUse(
                f"--set {change}: allowed is NAME=VALUE with a name under {', '.join(SECTIONS)}; for example policy.block_probability=0.95"
            )
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            raise WrongUse(
                f'--set {change}: {text!r} is no value; allowed is what a settings file holds: 6, 0.95, "text", [1, 2]'
            ) from None
        place = found[section]
        for part in way[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise WrongUse(f"--set {change}: {part} is a value, not a table; see docs/settings.md for the names")
        place[way[-1]] = value
    capacity_from(found["capacity"]), policy_from(found["policy"]), loss_table(found["loss"])
    return found


def says_who_works(changes: Sequence[str]) -> bool:
    """Whether a change says how many people work, or how long.

    >>> says_who_works(["policy.block_probability=0.95", "capacity.people = 6"])
    True
    """
    return any(change.partition("=")[0].strip() in WHO_WORKS for change in changes)


def missed(place: Workplace, past: PastDays, now: pd.DataFrame, *, seed: int) -> dict[str, Any]:
    """What the audit of subjects that were let pass says of the fraud among all of them.

    Returns
    -------
    dict
        ``looked_at, frauds`` of the audit; ``missed_per_day`` in minor units with ``low`` and ``high``, each None where nothing of it
        has been judged.

    Notes
    -----
    Each counts as many subjects as its probability of being looked at says (Horvitz and Thompson, 1952); days are drawn again. This is
    what reports and alerts did not bring to light, and no change of the settings moves it.
    """
    drawn = {
        label["subject_id"]: label
        for label in every_label(place.lake, place.mapping.name).to_dicts()
        if label["source"] == LabelSource.AUDIT and label["propensity"] and label["subject_kind"] == past.detector.subject_kind
    }
    subjects = past.rows.select("subject_id").with_columns(pl.col("subject_id").is_in(list(drawn)).alias("drawn"))
    at = np.flatnonzero(subjects["drawn"].to_numpy())
    nothing: dict[str, Any] = {"looked_at": 0, "frauds": 0, "missed_per_day": None, "low": None, "high": None}
    if not len(at):
        return nothing
    labels = [drawn[subject] for subject in subjects["subject_id"].gather(at.tolist())]
    fraud = np.asarray([bool(label["is_fraud"]) for label in labels])
    weight = np.asarray([1.0 / float(label["propensity"]) for label in labels])
    lost = now["loss"].to_numpy()[at] * fraud * weight
    day, number = np.unique(past.day, return_inverse=True)
    by_day = np.bincount(number[at], weights=lost, minlength=len(day))
    random = np.random.default_rng(seed)
    moved = by_day[random.integers(0, len(day), (DRAWS, len(day)))].mean(axis=1)
    low, high = np.percentile(moved, [LOW, HIGH]).tolist()
    return {"looked_at": len(at), "frauds": int(fraud.sum()), "missed_per_day": float(by_day.mean()), "low": low, "high": high}
