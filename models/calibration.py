"""Calibration: the log-odds a model gives, bent into probabilities that later days bear out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from fairdeal.models.frames import Floats

#: Fewest positives for the curve with a bend of its own at either end; below, one slope serves both.
POSITIVES_FOR_BETA = 100
#: How strongly the slopes are held near one: worth this many rows. It keeps ten positives from inventing a cliff.
PRIOR_ROWS = 4.0
SLOPES = (0.05, 20.0)
#: A probability is never told as certainty.
EDGE = 1e-9


@dataclass(frozen=True)
class Calibration:
    """Beta calibration: ``logit p = rise * ln s - fall * ln(1 - s) + shift`` with ``s`` the model's own probability.

    With ``rise == fall`` it is Platt's logistic curve. Both slopes are positive, so the order of subjects never changes.

    Notes
    -----
    Platt, "Probabilistic outputs for support vector machines" (1999); Kull, Silva Filho, Flach, "Beta calibration" (AISTATS 2017).
    Three numbers are exact to save and stay put with few positives, where a step curve (isotonic) would not.
    """

    rise: float = 1.0
    fall: float = 1.0
    shift: float = 0.0

    def probability(self, margin: Floats) -> Floats:
        """Probability strictly between 0 and 1 for each log-odds; never falls where the log-odds rise."""
        bent = self.rise * log_expit(margin) - self.fall * log_expit(-margin) + self.shift
        return np.asarray(np.clip(expit(bent), EDGE, 1.0 - EDGE), dtype=np.float64)


def fit_calibration(
    margin: Floats, is_fraud: Floats, weight: Floats | None = None, found: Floats | float = 1.0, wrong: float = 0.0
) -> Calibration:
    """The curve that makes log-odds into probabilities on rows the model never saw.

    Parameters
    ----------
    margin
        Log-odds of a slice later than everything the model learned from, shape (rows,).
    is_fraud
        1 or 0 per row.
    weight
        Weight per row, all one when not given.
    found
        Share of frauds that anybody ever hears of, one for all or per row; the others stand among the honest rows.
    wrong
        Share of the honest rows that are called frauds all the same, whatever their log-odds.

    Notes
    -----
    Penalised likelihood: the slopes are held near one by `PRIOR_ROWS`, the shift is free, so the mean probability follows the slice.
    A row is labelled a fraud with ``found`` times the probability that is told (Elkan and Noto, "Learning classifiers from only positive
    and unlabeled data", 2008), or by mistake: without that, a few wrong findings among rows that look honest lift all of these.
    """
    weights = np.ones_like(margin) if weight is None else weight
    high, low = log_expit(margin), log_expit(-margin)
    free_ends = bool((is_fraud > 0.5).sum() >= POSITIVES_FOR_BETA)
    scale = float(weights.sum())

    def cost(parameters: Floats) -> tuple[float, Floats]:
        rise, fall, shift = (parameters[0], parameters[-2], parameters[-1])
        bent = rise * high - fall * low + shift
        told = np.clip(expit(bent), EDGE, 1.0 - EDGE)
        named = wrong + (1.0 - wrong) * found * told
        loss = -float(np.sum(weights * (is_fraud * np.log(named) + (1.0 - is_fraud) * np.log1p(-named))))
        slope = weights * ((1.0 - is_fraud) / (1.0 - named) - is_fraud / named) * (1.0 - wrong) * found * told * (1.0 - told)
        by_rise, by_fall = float(np.sum(slope * high)), -float(np.sum(slope * low))
        loss += 0.5 * PRIOR_ROWS * (np.log(rise) ** 2 + np.log(fall) ** 2)
        by_rise += PRIOR_ROWS * float(np.log(rise)) / rise
        by_fall += PRIOR_ROWS * float(np.log(fall)) / fall
        by_shift = float(np.sum(slope))
        gradient = [by_rise, by_fall, by_shift] if free_ends else [by_rise + by_fall, by_shift]
        return loss / scale, np.asarray(gradient) / scale

    start = np.asarray([1.0, 1.0, 0.0] if free_ends else [1.0, 0.0])
    bounds = [SLOPES] * (len(start) - 1) + [(-30.0, 30.0)]
    best = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200}).x
    return Calibration(rise=float(best[0]), fall=float(best[-2]), shift=float(best[-1]))
