"""Kinds: which kind of cheat a suspicious subject resembles most. It names a case; it moves no score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from fairdeal.data_contracts.typologies import TYPOLOGIES, Detector, Typology
from fairdeal.models.boosting import only_the_model
from fairdeal.models.frames import Floats
from fairdeal.models.labelled import LabelledRows

#: Positives of a kind below which it is not told apart, and trees per kind.
FEWEST_OF_A_KIND, TREES = 12, 40


@dataclass(frozen=True)
class Kinds:
    """Trees as LightGBM text that tell kinds of cheat apart, learned from subjects found to be of each kind.

    Parameters
    ----------
    booster_text
        One tree per kind and round.
    names
        The kinds, in the order of the trees' classes.
    """

    booster_text: str
    names: tuple[Typology, ...]

    @cached_property
    def _booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.booster_text)

    @property
    def shape(self) -> tuple[int, int]:
        """Features and kinds that the trees know."""
        return int(self._booster.num_feature()), int(self._booster.num_model_per_iteration())

    def of(self, values: Floats) -> NDArray[np.str_]:
        """The kind each row of a matrix of shape (rows, features) resembles most."""
        names = np.array([str(name) for name in self.names])
        if len(values) == 0:
            return names[:0]
        margins = np.asarray(self._booster.predict(values, raw_score=True, num_threads=1), dtype=np.float64)
        told: NDArray[np.str_] = names[np.argmax(margins, axis=1)]
        return told


def fit_kinds(detector: Detector, rows: LabelledRows, values: Floats, seed: int) -> Kinds | None:
    """Learn to tell kinds apart from the positives whose kind is known; None where there are no two kinds with enough of them.

    Parameters
    ----------
    values
        Matrix of the rows as the ranking reads it, shape (rows, features).

    Notes
    -----
    Learned from frauds alone: whether something is a fraud is the ranking's to say. Kinds weigh as often as they were found, so that
    what resembles none in particular is told as the commonest. The same rows and seed give the same bytes.
    """
    allowed = [typology for typology, facts in TYPOLOGIES.items() if facts.detector is detector]
    positive = rows.is_fraud > 0.5
    counts = {typology: int(np.count_nonzero(positive & (rows.typology == str(typology)))) for typology in allowed}
    names = tuple(typology for typology in allowed if counts[typology] >= FEWEST_OF_A_KIND)
    if len(names) < 2:
        return None
    number = {str(name): at for at, name in enumerate(names)}
    known = np.flatnonzero(positive & np.isin(rows.typology, list(number)))
    label = np.array([number[name] for name in rows.typology[known].tolist()], dtype=np.float64)
    parameters: dict[str, object] = {
        "objective": "multiclass",
        "num_class": len(names),
        "learning_rate": 0.1,
        "num_leaves": 7,
        "min_data_in_leaf": 4,
        "lambda_l2": 1.0,
        "feature_fraction": 0.6,
        "seed": seed % (2**31 - 1),
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lgb.Dataset(values[known], label=label, params=parameters)
    booster = lgb.train(parameters, data, num_boost_round=TREES)
    return Kinds(only_the_model(booster.model_to_string(num_iteration=TREES)), names)
