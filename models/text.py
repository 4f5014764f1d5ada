"""The text model: n-grams of any language, weighed by how the texts that hold them turned out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fairdeal.models.frames import Floats
from fairdeal.models.ngrams import BITS, CHUNK, codes_of, counts, grams
from fairdeal.models.spans import phrases, spread, with_origin

#: Inverse strength of the penalty on weights.
PENALTY_C = 16.0
#: N-grams of fewer training texts than this say nothing that will come again.
FEWEST_TEXTS = 2


@dataclass(frozen=True)
class TextModel:
    """N-grams × tf-idf × logistic regression, as plain arrays.

    Parameters
    ----------
    buckets
        Hash buckets the model knows, ascending, int64.
    rarity
        Inverse document frequency of each, float32.
    weights
        Log-odds per unit of each, float32.
    intercept
        Log-odds of a text of which nothing is known.
    """

    buckets: NDArray[np.int64]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: float

    @cached_property
    def _tables(self) -> tuple[Floats, Floats]:
        squared, weighed = np.zeros(1 << BITS), np.zeros(1 << BITS)
        squared[self.buckets] = self.rarity.astype(np.float64) ** 2
        weighed[self.buckets] = self.rarity.astype(np.float64) * self.weights.astype(np.float64)
        return squared, weighed

    def margin(self, counted: sp.csr_array) -> Floats:
        """Log-odds of each counted text, shape (texts,); a text's value does not depend on its company."""
        squared, weighed = self._tables
        norm = np.sqrt(counted.power(2) @ squared)
        return np.asarray(counted @ weighed) / np.where(norm > 0, norm, 1.0) + self.intercept

    def score(self, texts: Sequence[str]) -> Floats:
        """0 to 1 per text, high reads like known fakes; NaN for an empty text."""
        scored = np.empty(len(texts))
        for first in range(0, len(texts), CHUNK):
            scored[first : first + CHUNK] = expit(self.margin(counts(texts[first : first + CHUNK])))
        scored[[not text.strip() for text in texts]] = np.nan
        return scored

    def spans(self, text: str, most: int = 5) -> list[tuple[int, int, float]]:
        """The parts of a text that raise its score most.

        Parameters
        ----------
        text
            As written; positions count its characters.
        most
            How many parts at most.

        Returns
        -------
        list of (start, end, weight)
            In order of position, end exclusive, whole words or phrases. The weight is the part's share of the log-odds.
            Empty when nothing in the text speaks for a fake.

        Notes
        -----
        Each n-gram's contribution is spread over its characters; characters are joined to words (single characters where a
        script writes no spaces) and neighbouring words that both speak for a fake to phrases. N-gram weights are never shown.
        """
        read, origin = with_origin(text)
        if not read.strip():
            return []
        codes = codes_of(read)
        found = grams(codes)
        squared, weighed = self._tables
        unique, inverse, times = np.unique(found.bucket, return_inverse=True, return_counts=True)
        damped = 1.0 + np.log(times)
        norm = float(np.sqrt(np.sum(damped**2 * squared[unique])))
        if norm == 0.0:
            return []
        each = (damped * weighed[unique] / norm / times)[inverse]
        return phrases(text, spread(found, each, codes == ord(" ")), origin, most)


def fit_text(counted: sp.csr_array, is_fraud: Floats, weight: Floats, seed: int) -> TextModel:
    """A text model from counted texts, shape (texts, 2**BITS), and their labels; both labels must occur."""
    seen = np.bincount(counted.indices, minlength=1 << BITS)
    buckets = np.flatnonzero(seen >= FEWEST_TEXTS).astype(np.int64)
    rarity = (np.log((1.0 + counted.shape[0]) / (1.0 + seen[buckets])) + 1.0).astype(np.float32)
    if len(buckets) == 0:
        positive = float(np.clip(np.average(is_fraud, weights=weight), 1e-6, 1 - 1e-6))
        return TextModel(buckets, rarity, np.zeros(0, dtype=np.float32), float(np.log(positive / (1 - positive))))
    fitted = LogisticRegression(solver="liblinear", C=PENALTY_C, random_state=seed, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # Where the last steps would still move the weights a little, the weights reached are as good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(_scaled(counted, buckets, rarity), is_fraud > 0.5, sample_weight=weight)
    return TextModel(buckets, rarity, fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]))


def _scaled(counted: sp.csr_array, buckets: NDArray[np.int64], rarity: NDArray[np.float32]) -> sp.csr_matrix:
    """The known buckets alone as columns, times their rarity, each row of length one."""
    column = np.full(1 << BITS, -1, dtype=np.int64)
    column[buckets] = np.arange(len(buckets))
    where = column[counted.indices]
    kept = where >= 0
    pointer = np.concatenate([[0], np.cumsum(kept)])[counted.indptr]
    values = counted.data[kept] * rarity.astype(np.float64)[where[kept]]
    narrow = sp.csr_array((values, where[kept], pointer), shape=(counted.shape[0], len(buckets)))
    norm = np.sqrt(narrow.power(2) @ np.ones(len(buckets)))
    scaled = sp.csr_matrix(sp.diags_array(1.0 / np.where(norm > 0, norm, 1.0)) @ narrow)
    # liblinear reads 32-bit indices.
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    return scaled


def out_of_fold_scores(counted: sp.csr_array, is_fraud: Floats, weight: Floats, fold: NDArray[np.int64], seed: int) -> Floats:
    """Each text's score by a model that saw neither the text nor its fold, shape (texts,); NaN where that cannot be had.

    A score from a model that has read the text would tell the next model the label.
    """
    scored = np.full(counted.shape[0], np.nan)
    for number in np.unique(fold):
        left, out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(np.unique(is_fraud[left] > 0.5)) == 2:
            scored[out] = expit(fit_text(counted[left], is_fraud[left], weight[left], seed).margin(counted[out]))
    return scored
