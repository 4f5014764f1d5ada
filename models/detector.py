"""The trained detector: a frame of features in, scores, probabilities, reasons and spans out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.models.boosting import Boosted
from fairdeal.models.explaining import reasons_of_row
from fairdeal.models.frames import Floats, matrix, require, texts
from fairdeal.models.kinds import Kinds
from fairdeal.models.text import TextModel
from fairdeal.models.unsupervised import Tails

#: Probability from which a subject is told as the kind of cheat it resembles, and below which as the commonest.
SUSPECTED = 0.2


@dataclass(frozen=True)
class TrainedDetector:
    """Everything that scoring needs, and nothing else; made by training or read from a bundle.

    Parameters
    ----------
    detector
        Which of the three.
    feature_names
        Columns a frame must have, in the order the model knows them.
    ranker
        `Boosted` when learned from labels, `Tails` when from none.
    norms
        Median of each feature among honest training subjects (of all, when learned from no labels), the text's score last if any.
    reasons
        How features are told.
    text
        The text model whose score is the last feature; None when the detector reads no text.
    typology
        The kind of cheat hunted: the most frequent among the training positives.
    kinds
        Tells which kind a suspected row resembles most; None where the training knew no two kinds well enough: all are `typology` then.
    unusual
        What is usual of the features whatever the labels say; None where the ranker itself says it, or the bundle is of an earlier version.
    data_version, contract_version
        What it was trained on, under which promises.
    model_version
        Detector and digest of the bundle; empty until the bundle is made.
    """

    detector: Detector
    feature_names: tuple[str, ...]
    ranker: Boosted | Tails
    norms: Floats
    reasons: Mapping[str, ReasonTemplate]
    text: TextModel | None
    typology: Typology
    data_version: str
    contract_version: str
    model_version: str = field(default="")
    kinds: Kinds | None = None
    unusual: Tails | None = None

    @property
    def is_calibrated(self) -> bool:
        """Whether ``probability`` is claimed: learned from labels and calibrated on a later slice."""
        return isinstance(self.ranker, Boosted)

    @property
    def columns(self) -> tuple[str, ...]:
        """The features the ranking knows, the text's score included."""
        return (*self.feature_names, "text_score") if self.text is not None else self.feature_names

    def values(self, frame: pd.DataFrame) -> Floats:
        """The matrix the ranking reads, shape (rows, columns).

        Raises
        ------
        WrongFrame
            When the frame lacks a feature, or the text where the detector reads texts.
        """
        where = f"{self.detector} detector"
        features = matrix(frame, self.feature_names, where)
        if self.text is None:
            return features
        require(frame, ("text",), where)
        return np.ascontiguousarray(np.column_stack([features, self.text.score(texts(frame))]))

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score every row.

        Parameters
        ----------
        frame
            One row per subject and moment with ``subject_id``, ``as_of_at`` and the features; ``text`` where texts are read.

        Returns
        -------
        DataFrame
            The columns of the contract of scores: detector, subject_id, as_of_at, score (0 to 1, high is more suspicious),
            probability (NaN when not calibrated), typology, model_version, unusual (NaN where not known). Rows and index as in the
            frame. A row's values depend on that row alone, bit by bit.

        Raises
        ------
        WrongFrame
            When a column is missing.
        """
        require(frame, ("subject_id", "as_of_at"), f"{self.detector} detector")
        values = self.values(frame)
        score, probability = self.ranker.judge(values)
        typology = np.full(len(frame), str(self.typology), dtype=object)
        if self.kinds is not None:
            # What is hardly suspected resembles an honest subject, and which kind of cheat that is nearest to says nothing.
            suspected = probability >= SUSPECTED
            typology[suspected] = self.kinds.of(values[suspected])
        return pd.DataFrame(
            {
                "detector": pd.Series(str(self.detector), index=frame.index, dtype="str"),
                "subject_id": frame["subject_id"],
                "as_of_at": frame["as_of_at"],
                "score": score,
                "probability": probability,
                "typology": pd.Series(typology, index=frame.index, dtype="str"),
                "model_version": pd.Series(self.model_version, index=frame.index, dtype="str"),
                "unusual": np.full(len(frame), np.nan) if self.unusual is None else self.unusual.judge(self._features_of(values))[0],
            },
            index=frame.index,
        )

    def _features_of(self, values: Floats) -> Floats:
        """The matrix without the text's score, which labels taught."""
        return np.ascontiguousarray(values[:, : len(self.feature_names)])

    def explain(self, frame: pd.DataFrame, by_unusual: NDArray[np.bool_] | None = None) -> list[list[dict[str, Any]]]:
        """The reasons of each row's score, strongest first; about a millisecond a row, so for the rows that people will see.

        Parameters
        ----------
        frame
            As for `score`.
        by_unusual
            Rows of which it is told in what they are unusual, in place of what raised their score.

        Returns
        -------
        list of lists of {code, value, norm, text_zh, text_en}
            One list per row in the frame's order; see `reasons_of_row`.

        Raises
        ------
        WrongFrame
            When a column is missing.
        """
        values = self.values(frame)
        added = self.ranker.contributions(values)
        if by_unusual is not None and by_unusual.any() and self.unusual is not None:
            added[by_unusual] = 0.0
            added[by_unusual, : len(self.feature_names)] = self.unusual.contributions(self._features_of(values)[by_unusual])
        currencies = frame["currency"].tolist() if "currency" in frame.columns else [None] * len(frame)
        return [
            reasons_of_row(self.columns, values[at], added[at], self.norms, self.reasons, currency if isinstance(currency, str) else None)
            for at, currency in enumerate(currencies)
        ]

    def spans(self, text: str) -> list[tuple[int, int, float]]:
        """The parts of a text that raise its score most, as (start, end, weight); none when the detector reads no text."""
        return [] if self.text is None or not isinstance(text, str) else self.text.spans(text)
