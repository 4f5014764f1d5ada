"""Judging: the figures and curves of one ranking on rows it never saw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fairdeal.models import metrics
from fairdeal.models.frames import Floats
from fairdeal.models.labelled import LabelledRows

#: What analysts may be able to look at in a day.
LOOKED_AT = (10, 20, 50, 100)


def judge(
    rows: LabelledRows, score: Floats, probability: Floats | None, looked_at: Sequence[int] = LOOKED_AT
) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Figures and curves of scores on labelled rows.

    Parameters
    ----------
    rows
        Later than everything the ranking learned from.
    score, probability
        One per row; probability None where none is claimed.
    looked_at
        The k of the figures per day.

    Returns
    -------
    metrics
        ``rows, positives, base_rate, ap, auc, ece, brier`` and by k (as text) ``precision_at, attainable, card_precision_at`` (None
        without groups), ``value_detected`` (None without amounts), ``false_positives_per_fraud``. A figure that cannot be had is
        None. Weights count in ``ap, auc, ece, brier, base_rate``; figures per day count subjects as they came.
    curves
        ``precision, recall, threshold`` and, with probabilities, ``told, happened, bin_weight``.
    """
    truth, weight, day = rows.is_fraud, rows.weight, rows.day
    has_money = bool(np.nansum(truth * rows.money) > 0)
    known: dict[str, Any] = {
        "rows": len(rows),
        "positives": rows.positives,
        "base_rate": _figure(float(np.average(truth, weights=weight)) if weight.sum() > 0 else math.nan),
        "days": len(np.unique(day)),
        "ap": _figure(metrics.average_precision(truth, score, weight)),
        "auc": _figure(metrics.auc(truth, score, weight)),
        "ece": None,
        "brier": None,
        "precision_at": {str(k): _figure(metrics.precision_at(truth, score, day, k)) for k in looked_at},
        "attainable": {str(k): _figure(metrics.attainable_at(truth, day, k)) for k in looked_at},
        "card_precision_at": None
        if rows.group is None
        else {str(k): _figure(metrics.card_precision_at(truth, score, day, rows.group.tolist(), k)) for k in looked_at},
        "value_detected": {str(k): _figure(metrics.value_detected_at(truth, score, day, rows.money, k)) for k in looked_at}
        if has_money
        else None,
        "false_positives_per_fraud": {str(k): _figure(metrics.false_positives_per_fraud(truth, score, day, k)) for k in looked_at},
    }
    precision, recall, threshold = metrics.precision_recall(truth, score, weight)
    curves = {"precision": precision, "recall": recall, "threshold": threshold}
    if probability is not None:
        known["ece"] = _figure(metrics.expected_calibration_error(truth, probability, weight))
        known["brier"] = _figure(metrics.brier(truth, probability, weight))
        told, happened, bin_weight = metrics.reliability(truth, probability, weight)
        curves |= {"told": told, "happened": happened, "bin_weight": bin_weight}
    return known, curves


def _figure(value: float) -> float | None:
    return value if math.isfinite(value) else None
