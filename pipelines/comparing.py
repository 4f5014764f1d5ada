"""Comparing: champion and challenger on the same past days, none of which either has learned from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

import fairdeal
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.comparing import compare
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.promotion import judge_promotion, rule_from
from fairdeal.pipelines import registry
from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.ledger import COMPARISONS, Ledger
from fairdeal.pipelines.registry import Registered, Standing
from fairdeal.pipelines.replaying import nights_by_basis, past_days, replay, ripe_days
from fairdeal.pipelines.running import read_up_to
from fairdeal.pipelines.training import learn, settings_of
from fairdeal.pipelines.workplace import Workplace, instant, watermark


def compare_models(place: Workplace, detector: Detector, *, until: datetime, days: int) -> dict[str, Any]:
    """Replays champion and challenger over the last ripe days, writes the comparison into the ledger, and gives it.

    Parameters
    ----------
    until
        What is known at this moment is the truth.
    days
        How many days are judged: the last whose labels have had their time (``[train] ripe_days``).

    Returns
    -------
    dict
        ``comparison_id, detector, interval, champion, challenger`` (``model_version, registry_version, stood_as``), what
        `fairdeal.models.comparing.compare` gives, ``censored`` (subjects left out: see `fairdeal.pipelines.replaying.PastDays`),
        ``nights`` (how many, by what is known of who worked), ``currency, by_day`` (money saved by either), ``may_promote, checks,
        seconds``.

    Raises
    ------
    WrongUse
        When there are not two models, or no day to judge them by.

    Notes
    -----
    A model that was trained before the first of these days stands for itself. For one that has learned from some of them a twin stands
    in: the same features, seed and settings, learned from what was known before the first of these days. So a day never judges a model
    that it taught, and a model promoted may still have learned from all days.
    """
    began = time.perf_counter()
    pair = _pair(place, detector)
    read_up_to(place, until)
    start, end = ripe_days(place, until, days)
    settings = place.settings.model_dump(include={"capacity", "policy", "loss"})
    models = {name: as_before(place, detector, model, start) for name, model in pair.items()}
    past = past_days(place, detector, start=start, end=end, until=until)
    sides = {name: replay(place, past, model, settings) for name, (model, _) in models.items()}
    facts = pd.DataFrame({"is_fraud": past.is_fraud, "day": past.day, "loss": sides["champion"]["loss"], "typology": past.typology})
    compared = compare(sides["champion"], sides["challenger"], facts, segments=past.segments, seed=place.settings.train.seed % 2**31)
    may_promote, checks = judge_promotion(compared, rule_from(place.settings.promotion))
    told: dict[str, Any] = {
        "detector": detector.value,
        "source": place.mapping.name,
        "watermark": watermark(place.ledger, place.mapping.name),
        "until": until.isoformat(),
        "interval": [start.isoformat(), end.isoformat()],
        "settings": {**settings, "promotion": place.settings.promotion, "train": place.settings.train.model_dump()},
        "code_version": fairdeal.__version__,
        **{name: {**model.as_dict(), "stood_as": models[name][1]} for name, model in pair.items()},
        **compared,
        "censored": past.censored,
        "nights": nights_by_basis(past),
        "currency": past.currency,
        "by_day": by_day(past.day, sides),
        "may_promote": may_promote,
        "checks": [{"name": check.name, "holds": check.holds, "told": check.told} for check in checks],
    }
    told["comparison_id"] = "K" + hashlib.sha256(dumps(told).encode()).hexdigest()[:16]
    _enter(place.ledger, told)
    return {**told, "seconds": round(time.perf_counter() - began, 3)}


def _pair(place: Workplace, detector: Detector) -> dict[str, Registered]:
    found = {standing.value: registry.named(place.home, detector, standing) for standing in Standing}
    for name, model in found.items():
        if model is None:
            raise WrongUse(
                f"{detector}: no {name}; `fairdeal train {detector}` makes one; the first model is champion, the next challenger"
            )
    pair = {name: model for name, model in found.items() if model is not None}
    if pair["champion"].model_version == pair["challenger"].model_version:
        raise WrongUse(f"{detector}: the challenger is the champion itself, {pair['champion'].model_version}; train another model first")
    return pair


def as_before(place: Workplace, detector: Detector, model: Registered, start: datetime) -> tuple[TrainedDetector, str]:
    """The model as it would have been before the first judged day, and whether that is itself or a twin."""
    itself = registry.load(place.home, model.as_dict())
    facts = registry.facts(place.home, model)
    if instant(facts["trained_until"]) <= start:
        return itself, "itself"
    place.progress(f"{detector}: {model.model_version} has learned from days to be judged; a twin of {start:%Y-%m-%d} stands in")
    twin = learn(
        detector,
        place.lake,
        place.mapping.name,
        watermark=watermark(place.ledger, place.mapping.name),
        until=start,
        settings=settings_of(place.settings, facts),
        progress=place.progress,
        names_honest=place.mapping.names_honest(detector.table),
        only=frozenset(itself.feature_names),
        from_labels=itself.is_calibrated,
    )
    if twin is None:
        raise WrongUse(
            f"{detector}: nothing to learn from before {start:%Y-%m-%d}, the first day to be judged; "
            "a model that has learned from judged days needs earlier ones for its twin; give fewer --days or a later --until"
        )
    return twin.model, "twin"


def by_day(day: Any, sides: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Money saved by either side on each day, for the picture."""
    sums = pd.DataFrame({"day": day, **{name: side["saved"].to_numpy() for name, side in sides.items()}}).groupby("day").sum()
    moments = pd.to_datetime(sums.index.to_numpy(), unit="D").strftime("%Y-%m-%d")
    rounded = {str(name): column.round().tolist() for name, column in sums.items()}
    return [{"day": moment, **{name: values[at] for name, values in rounded.items()}} for at, moment in enumerate(moments)]


def _enter(ledger: Ledger, told: dict[str, Any]) -> None:
    """Into the ledger, once."""
    with ledger.transaction() as tx:
        known = tx.execute(sa.select(COMPARISONS.c.seq).where(COMPARISONS.c.comparison_id == told["comparison_id"])).scalar()
        if known is None:
            tx.execute(sa.insert(COMPARISONS).values(comparison_id=told["comparison_id"], detector=told["detector"], content=dumps(told)))


def newest_comparison(ledger: Ledger, detector: Detector) -> dict[str, Any] | None:
    """The comparison of a detector that was made last."""
    query = sa.select(COMPARISONS.c.content).where(COMPARISONS.c.detector == detector.value).order_by(COMPARISONS.c.seq.desc()).limit(1)
    with ledger.engine.connect() as connection:
        text = connection.execute(query).scalar()
    return None if text is None else loads(text)
