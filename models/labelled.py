"""Labelled rows: a labelled feature frame as arrays, in one order whatever the frame's was."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from fairdeal.data_contracts.typologies import DEFAULT_TYPOLOGY, TYPOLOGIES, Detector, Typology
from fairdeal.models.errors import WrongFrame
from fairdeal.models.frames import Floats, days, floats, instants, matrix, require, texts
from fairdeal.models.ngrams import counts, normalised
from fairdeal.models.splitting import Ints, drawn_order
from fairdeal.models.text import TextModel

#: Some are always heard of later still.
MOST_HEARD = 0.95


@dataclass(frozen=True)
class LabelledRows:
    """What training and judging read of a frame; all arrays have one entry per row, ordered by event, subject and moment of knowledge.

    Parameters
    ----------
    values
        Features, shape (rows, features).
    is_fraud, weight
        1 or 0, and how much the row counts.
    teaching
        How much it counts where a ranking is learned: the weight, times the rows that it stands for.
    moment
        Integer time to split by.
    day
        Calendar day of the event.
    together
        Rows of one key stay in one fold: the group where given, otherwise the text, otherwise the subject.
    group
        Card, account or reviewer; None where the frame has none.
    money
        Amounts made comparable over currencies: each currency's fraudulent money adds up to its number of frauds. NaN without.
    typology
        The kind of cheat, empty where not said.
    counted
        N-gram counts of the texts, None without texts.
    has_text
        Whether there is anything to read.
    ripe
        Whether a row's label has had its time: only then it may calibrate and judge.
    silent
        Whether nobody has spoken of the row, so that it stands for honest.
    heard_before
        Of the frauds that are ever heard of, the share of which one had heard by the moment of the row: such rows are not among these.
    """

    values: Floats
    is_fraud: Floats
    weight: Floats
    teaching: Floats
    moment: Ints
    day: Ints
    together: NDArray[np.str_]
    group: NDArray[np.str_] | None
    money: Floats
    typology: NDArray[np.str_]
    counted: sp.csr_array | None
    has_text: NDArray[np.bool_]
    ripe: NDArray[np.bool_]
    silent: NDArray[np.bool_]
    heard_before: Floats

    def __len__(self) -> int:
        return len(self.is_fraud)

    @property
    def positives(self) -> int:
        return int((self.is_fraud > 0.5).sum())

    @property
    def negatives(self) -> int:
        return len(self) - self.positives

    def take(self, rows: Ints) -> LabelledRows:
        """Only these rows, in the order they had."""
        at = np.sort(rows)
        return LabelledRows(
            values=self.values[at],
            is_fraud=self.is_fraud[at],
            weight=self.weight[at],
            teaching=self.teaching[at],
            moment=self.moment[at],
            day=self.day[at],
            together=self.together[at],
            group=None if self.group is None else self.group[at],
            money=self.money[at],
            typology=self.typology[at],
            counted=None if self.counted is None else self.counted[at],
            has_text=self.has_text[at],
            ripe=self.ripe[at],
            silent=self.silent[at],
            heard_before=self.heard_before[at],
        )

    @property
    def wrongly_named(self) -> float:
        """Share of honest rows that are called frauds: what the weights of the frauds' labels say that these are not worth."""
        is_fraud = self.is_fraud > 0.5
        return float(np.sum(np.clip(1.0 - self.weight[is_fraud], 0.0, 1.0)) / max(1, len(self)))

    def heard_of(self, found: float) -> Floats:
        """Share of the frauds among rows like each that anybody ever hears of, where ``found`` of all are.

        Less among later looks: what was heard of by then is gone from them, while what nobody hears of stays.
        """
        before = np.minimum(self.heard_before, MOST_HEARD)
        return found * (1.0 - before) / (1.0 - found * before)

    def seen_by(self, text: TextModel | None) -> Floats:
        """The matrix a ranking reads: the features and, where there is a text model, its score."""
        if text is None or self.counted is None:
            return self.values
        score = 1.0 / (1.0 + np.exp(-text.margin(self.counted)))
        score[~self.has_text] = np.nan
        return np.ascontiguousarray(np.column_stack([self.values, score]))


def labelled_rows(
    detector: Detector, frame: pd.DataFrame, feature_names: Sequence[str], *, seed: int, day_zone: str
) -> tuple[LabelledRows, bool]:
    """The rows of a frame that carry a label, and whether they are in true order of time.

    Where all rows share one moment (a source without times) a number drawn per group stands in for the moment.

    Raises
    ------
    WrongFrame
        When a column is missing or a label is neither 1, 0 nor null.
    """
    where = f"training of the {detector} detector"
    require(frame, ("subject_id", "event_at", "as_of_at", "is_fraud", *feature_names), where)
    labels = floats(frame["is_fraud"])
    odd = labels[np.isfinite(labels) & (labels != 0.0) & (labels != 1.0)]
    if len(odd):
        raise WrongFrame(f"{where}: label {odd[0]}; allowed are 1, 0 and null; map the values of the label column")
    known = frame[np.isfinite(labels)]
    order = np.lexsort((instants(known["as_of_at"]), known["subject_id"].astype("str").to_numpy(dtype=str), instants(known["event_at"])))
    known = known.iloc[order]
    is_fraud, moment = floats(known["is_fraud"]), instants(known["event_at"])
    subject = known["subject_id"].astype("str").to_numpy(dtype=str)
    group = None
    if "group" in known.columns and bool(known["group"].notna().any()):
        named = known["group"].astype("str").to_numpy(dtype=str)
        group = np.where(known["group"].isna().to_numpy(), np.char.add("\x00", subject), named)
    counted, has_text, together = None, np.zeros(len(known), dtype=bool), subject if group is None else group
    if "text" in known.columns:
        written = texts(known)
        has_text = np.asarray([bool(text.strip()) for text in written], dtype=bool)
        if has_text.any():
            counted = counts(written)
            if group is None:
                together = np.asarray([_digest(normalised(text)) for text in written], dtype=str)
    has_times = len(moment) > 0 and bool(moment[0] != moment[-1])
    rows = LabelledRows(
        values=matrix(known, feature_names, where),
        is_fraud=is_fraud,
        weight=_weights(known, where),
        teaching=_weights(known, where) * _weights(known, where, "stands_for"),
        moment=moment if has_times else drawn_order(together.tolist(), seed),
        day=days(known["event_at"], day_zone),
        together=together,
        group=group,
        money=_comparable_money(known, is_fraud),
        typology=known["typology"].astype("str").where(known["typology"].notna(), "").to_numpy(dtype=str)
        if "typology" in known.columns
        else np.full(len(known), "", dtype=str),
        counted=counted,
        has_text=has_text,
        ripe=known["is_ripe"].to_numpy(dtype=bool) if "is_ripe" in known.columns else np.ones(len(known), dtype=bool),
        silent=known["is_silent"].to_numpy(dtype=bool) if "is_silent" in known.columns else np.zeros(len(known), dtype=bool),
        heard_before=floats(known["heard_before"]) if "heard_before" in known.columns else np.zeros(len(known)),
    )
    return rows, has_times


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _weights(frame: pd.DataFrame, where: str, column: str = "weight") -> Floats:
    if column not in frame.columns:
        return np.ones(len(frame))
    weights = floats(frame[column])
    weights[np.isnan(weights)] = 1.0
    if len(weights) and (weights < 0).any():
        raise WrongFrame(f"{where}: {column} {weights.min()}; allowed are zero and more; give none below zero")
    return weights


def _comparable_money(frame: pd.DataFrame, is_fraud: Floats) -> Floats:
    """Amounts divided by their currency's mean fraudulent amount; NaN where there is no amount or no fraud in the currency."""
    if "amount_minor" not in frame.columns:
        return np.full(len(frame), np.nan)
    amount = floats(frame["amount_minor"])
    currency = frame["currency"].astype("str").to_numpy(dtype=str) if "currency" in frame.columns else np.full(len(frame), "", dtype=str)
    money = np.full(len(frame), np.nan)
    for code in np.unique(currency):
        rows = currency == code
        lost = amount[rows & (is_fraud > 0.5) & np.isfinite(amount)]
        if len(lost) and lost.mean() > 0:
            money[rows] = amount[rows] / lost.mean()
    return money


def majority_typology(detector: Detector, rows: LabelledRows) -> Typology:
    """The kind of cheat most positives carry; the detector's default when none says."""
    allowed = {str(typology) for typology, facts in TYPOLOGIES.items() if facts.detector is detector}
    said = Counter(name for name in rows.typology[rows.is_fraud > 0.5].tolist() if name in allowed)
    if not said:
        return DEFAULT_TYPOLOGY[detector]
    return Typology(min(said, key=lambda name: (-said[name], name)))
