"""Silence: how far each row that nobody has spoken of may be a fraud that nobody heard of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.boosting import Boosted, grow
from fairdeal.models.calibration import Calibration
from fairdeal.models.frames import Floats
from fairdeal.models.splitting import drawn_order

#: Where silence may teach: what people report, or do not. A payment's fraud is heard of by its kind, thefts by chargeback and errors when
#: accounts are reconciled, so that what one kind's silence says would be taken for another's.
SILENCE_TEACHES = (Detector.DEALS, Detector.REVIEWS)
#: Folds in which rows are judged by trees that have not seen them.
FOLDS = 3


def share_of_fraud(
    values: Floats,
    is_fraud: Floats,
    silent: NDArray[np.bool_],
    weight: Floats,
    together: Sequence[str],
    *,
    trees: int,
    seed: int,
    lead: float | None,
    found: float,
) -> Floats:
    """What each row teaches: its label, and where it is silent the probability that it is a fraud all the same.

    Parameters
    ----------
    values
        Features, shape (rows, features).
    is_fraud
        1 or 0 per row; 0 where it is silent.
    silent
        Nobody has spoken of the row, though there was time: it stands for honest. What is younger waits, and weighs less instead.
    weight
        How much each row teaches.
    together
        Rows of one key are judged by trees that saw none of them.
    trees, seed, lead
        As in `fairdeal.models.boosting.grow`.
    found
        Share of frauds that anybody ever hears of. Among later looks it is less, but few known frauds say how they look there: what they
        teach is held to that of the first.

    Notes
    -----
    With ``g`` the probability that a row is *known* to be a fraud, told by trees that have not seen it, a silent row is one with
    probability ``(1 - found) / found * g / (1 - g)`` and teaches as that much of a fraud and as honest for the rest (Elkan and Noto,
    "Learning classifiers from only positive and unlabeled data", 2008).
    """
    if not silent.any() or found >= 1.0:
        return is_fraud
    fold = drawn_order(together, seed) % FOLDS
    known = np.zeros(len(is_fraud))
    for number in range(FOLDS):
        mine = fold == number
        if not mine.any() or not 0.0 < is_fraud[~mine].sum() < (~mine).sum():
            continue
        grown = grow(values[~mine], is_fraud[~mine], weight[~mine], trees, seed, lead)
        known[mine] = expit(Boosted(grown, Calibration(), lead).margin(values[mine]))
    # Nobody is known to be a fraud more often than frauds are heard of.
    at_most = np.minimum(known, found)
    return np.where(silent, (1.0 - found) / found * at_most / (1.0 - at_most), is_fraud)
