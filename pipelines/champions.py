"""Champions: which model a run scores with, and what stands in where the champion cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairdeal.data_contracts.typologies import Detector
from fairdeal.pipelines import registry
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure
from fairdeal.pipelines.registry import Standing
from fairdeal.pipelines.workplace import Workplace


@dataclass(frozen=True)
class Chosen:
    """The model of one detector as a run freezes it.

    Parameters
    ----------
    champion
        As `registry.Registered.as_dict`; None where nothing was learned yet, or nothing learned can be used.
    trouble
        Why it is not the champion, in Chinese and English; None where it is.
    """

    champion: dict[str, str] | None
    trouble: tuple[str, str] | None = None


def choose(place: Workplace, detector: Detector) -> Chosen:
    """The champion; where it cannot be read or trusted, the last model with which an earlier run scored; else none.

    A run without its champion is better than no feed at all, as long as everybody is told: its feed is degraded and blocks nobody.
    """
    try:
        named = registry.named(place.home, detector, Standing.CHAMPION)
    except OutsideFailure as error:
        return _last_good(place, detector, str(error))
    if named is None:
        # No registry at all is the beginning; no champion where there was one is a loss.
        earlier = _earlier(place, detector)
        return _last_good(place, detector, "the registry no longer names a champion") if earlier else Chosen(None)
    champion = named.as_dict()
    why = _unusable(place, champion)
    return Chosen(champion) if why is None else _last_good(place, detector, why, but=champion)


def challenger(place: Workplace, detector: Detector) -> dict[str, str] | None:
    """The model that is scored in the champion's shadow, as `registry.Registered.as_dict`; None where there is none to be had."""
    try:
        named, champion = (registry.named(place.home, detector, standing) for standing in (Standing.CHALLENGER, Standing.CHAMPION))
    except OutsideFailure:
        return None
    return None if named is None or named == champion else named.as_dict()


def _last_good(place: Workplace, detector: Detector, why: str, but: dict[str, str] | None = None) -> Chosen:
    for earlier in _earlier(place, detector):
        if earlier != but and _unusable(place, earlier) is None:
            version = earlier["model_version"]
            return Chosen(earlier, (f"{detector} 的冠军模型不可用,改用上一可用模型 {version}", f"{detector}: {why}; {version} stands in"))
    return Chosen(None, (f"{detector} 的冠军模型不可用,按异常程度评分", f"{detector}: {why}; what is unusual is scored instead"))


def _unusable(place: Workplace, champion: dict[str, str]) -> str | None:
    try:
        registry.load(place.home, champion)
    except (DataIsWrong, OutsideFailure) as error:
        return str(error)
    return None


def _earlier(place: Workplace, detector: Detector) -> list[dict[str, str]]:
    """What earlier runs scored with, newest first."""
    found: list[dict[str, Any]] = []
    for run in reversed(place.ledger.runs()):
        champion = (run.frozen or {}).get("champions", {}).get(detector.value)
        if champion is not None and champion not in found:
            found.append(champion)
    return found
