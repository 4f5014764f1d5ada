"""Rebuilding: a registered model made again from what its manifest names."""

from __future__ import annotations

from typing import Any

import fairdeal
from fairdeal.pipelines import registry
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.registry import Registered
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.training import contract_version, learn, settings_of
from fairdeal.pipelines.workplace import Progress, instant


def rebuild(settings: Settings, ledger: Ledger, model: Registered, progress: Progress) -> dict[str, Any]:
    """Learns again from the rows, labels, features and settings that a model's manifest names.

    Returns
    -------
    dict
        ``model_version, rebuilt_version, same``, and where it is not the same ``because``: what is known to be another than then.

    Raises
    ------
    WrongUse
        When the manifest does not say enough, as those of earlier versions do not.
    """
    itself = registry.load(settings.home, model.as_dict())
    facts = registry.facts(settings.home, model)
    missing = [name for name in ("train", "time_zone", "last_label", "names_honest", "runs") if name not in facts]
    if missing:
        raise WrongUse(f"{model.model_version}: its manifest, of an earlier version, does not name {', '.join(missing)}; train a new model")
    learned = learn(
        model.detector,
        Lake(settings.home, ledger),
        facts["source"],
        watermark=facts["watermark"],
        until=instant(facts["trained_until"]),
        settings=settings_of(settings, facts),
        progress=progress,
        names_honest=facts["names_honest"],
        only=frozenset(facts["features"]),
        from_labels=itself.is_calibrated,
        labels_until=facts["last_label"],
        runs=facts["runs"],
    )
    version = None if learned is None else learned.model.model_version
    same = version == model.model_version
    told: dict[str, Any] = {
        "detector": model.detector.value,
        "model_version": model.model_version,
        "rebuilt_version": version,
        "same": same,
    }
    return told if same else {**told, "because": _differences(facts, model)}


def _differences(facts: dict[str, Any], model: Registered) -> list[str]:
    """What is known to be another than when the model was made."""
    found = []
    if facts["code_version"] != fairdeal.__version__:
        found.append(f"the code is {fairdeal.__version__}, it was {facts['code_version']}")
    if facts["contract_version"] != contract_version(model.detector):
        found.append("the contract of its table has changed")
    return found or ["what features mean, or a library beneath, has changed since"]
