"""The text model: n-grams of any language, weighed by how the texts that hold them turned out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fairdeal.models.frames import Floats
from fairdeal.models.ngrams import BITS, CHUNK, WORDS_FROM, codes_of, counts, grams
from fairdeal.models.spans import phrases, spread, with_origin

#: Inverse strength of the penalty on weights.
PENALTY_C = 8.0
#: N-grams of fewer training texts than this say nothing that will come again.
FEWEST_TEXTS = 2
#: Texts that every word is given in advance of either label, so that a rare word is no proof.
WORDS_IN_ADVANCE = 0.1


@dataclass(frozen=True)
class Blend:
    """How the two views of a text make one: ``shift + by_weight * weighed + by_likeness * likeness``."""

    by_weight: float = 1.0
    by_likeness: float = 0.0
    shift: float = 0.0

    def margin(self, views: Floats) -> Floats:
        """Log-odds from views of shape (texts, 2)."""
        return np.asarray(self.shift + self.by_weight * views[:, 0] + self.by_likeness * views[:, 1], dtype=np.float64)


@dataclass(frozen=True)
class TextModel:
    """N-grams seen in two ways, as plain arrays.

    Parameters
    ----------
    buckets
        Hash buckets the model knows, ascending, int64.
    rarity
        Inverse document frequency of each, float32.
    weights
        Log-odds per unit of each in the weighed view, float32.
    evidence
        Log of how much more often each word stands in fakes than in genuine texts, float32; zero for parts of words.
    intercept
        Log-odds of a text of which nothing is known, in the weighed view.
    blend
        What the two views make together.

    Notes
    -----
    The weighed view is tf-idf with a logistic regression, parts of words and words each of length one, so that neither drowns the other.
    The other view is naive Bayes over words (Wang and Manning, "Baselines and bigrams", 2012, on why the two err differently).
    """

    buckets: NDArray[np.int64]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    evidence: NDArray[np.float32]
    intercept: float
    blend: Blend = Blend()

    @cached_property
    def _is_word(self) -> NDArray[np.bool_]:
        """Whether each known bucket is a word or a pair, rather than a part of one."""
        return self.buckets >= WORDS_FROM

    @cached_property
    def _squares(self) -> tuple[Floats, Floats]:
        """Squared rarity of parts of words, and of words, zero for the others."""
        squared = self.rarity.astype(np.float64) ** 2
        return np.where(self._is_word, 0.0, squared), np.where(self._is_word, squared, 0.0)

    @cached_property
    def _weighed(self) -> Floats:
        """Log-odds that one count of each known bucket adds, before a text's length is taken out."""
        return self.rarity.astype(np.float64) * self.weights.astype(np.float64)

    def views(self, counted: sp.csr_array) -> Floats:
        """What each counted text looks like in the weighed view and by likeness, shape (texts, 2); a text's values depend on it alone."""
        known = _narrow(counted, self.buckets)
        squares = known.power(2)
        weighed = np.full(counted.shape[0], self.intercept)
        for mine, squared in zip((~self._is_word, self._is_word), self._squares, strict=True):
            norm = np.sqrt(squares @ squared)
            weighed += (known @ np.where(mine, self._weighed, 0.0)) / np.where(norm > 0, norm, 1.0)
        likeness = (known @ self.evidence.astype(np.float64)) / np.sqrt(1.0 + known @ self._is_word.astype(np.float64))
        return np.column_stack([weighed, likeness])

    def margin(self, counted: sp.csr_array) -> Floats:
        """Log-odds of each counted text, shape (texts,); a text's value does not depend on its company."""
        return self.blend.margin(self.views(counted))

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
        unique, inverse, times = np.unique(found.bucket, return_inverse=True, return_counts=True)
        damped = 1.0 + np.log(times)
        at = np.minimum(np.searchsorted(self.buckets, unique), max(len(self.buckets) - 1, 0))
        known = np.flatnonzero(self.buckets[at] == unique) if len(self.buckets) else np.zeros(0, dtype=np.int64)
        if len(known) == 0:
            return []
        here, often, is_word = at[known], damped[known], self._is_word[at[known]]
        parts, words = (float(np.sqrt(np.sum(often**2 * squared[here]))) for squared in self._squares)
        by_likeness = self.evidence[here].astype(np.float64) / np.sqrt(1.0 + float(np.sum(often[is_word])))
        weight = np.zeros(len(unique))
        weight[known] = self.blend.by_weight * self._weighed[here] / np.where(is_word, words, parts) + self.blend.by_likeness * by_likeness
        each = (damped * weight / times)[inverse]
        return phrases(text, spread(found, each, codes == ord(" ")), origin, most)


def fit_text(counted: sp.csr_array, is_fraud: Floats, weight: Floats, seed: int, blend: Blend | None = None) -> TextModel:
    """A text model from counted texts, shape (texts, 2**BITS), and their labels; both labels must occur."""
    seen = np.bincount(counted.indices, minlength=1 << BITS)
    buckets = np.flatnonzero(seen >= FEWEST_TEXTS).astype(np.int64)
    rarity = (np.log((1.0 + counted.shape[0]) / (1.0 + seen[buckets])) + 1.0).astype(np.float32)
    if len(buckets) == 0:
        positive = float(np.clip(np.average(is_fraud, weights=weight), 1e-6, 1 - 1e-6))
        nothing = np.zeros(0, dtype=np.float32)
        return TextModel(buckets, rarity, nothing, nothing, float(np.log(positive / (1 - positive))), blend or Blend())
    fitted = LogisticRegression(solver="liblinear", C=PENALTY_C, random_state=seed, max_iter=200, tol=1e-3)
    narrow = _narrow(counted, buckets)
    with warnings.catch_warnings():
        # Where the last steps would still move the weights a little, the weights reached are as good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(_scaled(narrow, buckets, rarity), is_fraud > 0.5, sample_weight=weight)
    return TextModel(
        buckets,
        rarity,
        fitted.coef_[0].astype(np.float32),
        _evidence(narrow, buckets, is_fraud, weight),
        float(fitted.intercept_[0]),
        blend or Blend(),
    )


def _evidence(narrow: sp.csr_array, buckets: NDArray[np.int64], is_fraud: Floats, weight: Floats) -> NDArray[np.float32]:
    """Multinomial naive Bayes over words: log of each word's share in fakes over its share in genuine texts."""
    is_word = buckets >= WORDS_FROM
    shares = []
    for label in (is_fraud > 0.5, is_fraud <= 0.5):
        times = np.where(is_word, narrow.T @ (weight * label) + WORDS_IN_ADVANCE, 1.0)
        shares.append(np.log(times / times[is_word].sum()) if is_word.any() else np.log(times))
    return np.where(is_word, shares[0] - shares[1], 0.0).astype(np.float32)


def _narrow(counted: sp.csr_array, buckets: NDArray[np.int64]) -> sp.csr_array:
    """The known buckets alone as columns."""
    column = np.full(1 << BITS, -1, dtype=np.int64)
    column[buckets] = np.arange(len(buckets))
    where = column[counted.indices]
    kept = where >= 0
    pointer = np.concatenate([[0], np.cumsum(kept)])[counted.indptr]
    return sp.csr_array((counted.data[kept], where[kept], pointer), shape=(counted.shape[0], len(buckets)))


def _scaled(narrow: sp.csr_array, buckets: NDArray[np.int64], rarity: NDArray[np.float32]) -> sp.csr_matrix:
    """Counts times their rarity, the parts of words and the words of each row each of length one."""
    values = narrow.data * rarity.astype(np.float64)[narrow.indices]
    is_word = (buckets >= WORDS_FROM)[narrow.indices]
    row = np.repeat(np.arange(narrow.shape[0]), np.diff(narrow.indptr))
    squares = np.bincount(2 * row + is_word, weights=values**2, minlength=2 * narrow.shape[0])
    norm = np.sqrt(squares)[2 * row + is_word]
    scaled = sp.csr_matrix((values / np.where(norm > 0, norm, 1.0), narrow.indices, narrow.indptr), shape=narrow.shape)
    # liblinear reads 32-bit indices.
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    return scaled


def out_of_fold_views(counted: sp.csr_array, is_fraud: Floats, weight: Floats, fold: NDArray[np.int64], seed: int) -> Floats:
    """Each text's two views by a model that saw neither the text nor its fold, shape (texts, 2); NaN where that cannot be had.

    A view from a model that has read the text would tell the next model the label.
    """
    views = np.full((counted.shape[0], 2), np.nan)
    for number in np.unique(fold):
        left, out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(np.unique(is_fraud[left] > 0.5)) == 2:
            views[out] = fit_text(counted[left], is_fraud[left], weight[left], seed).views(counted[out])
    return views


def fit_blend(views: Floats, is_fraud: Floats, weight: Floats) -> Blend:
    """How much each view counts, from views of texts that no view's model has read; neither counts against itself.

    Where either label is missing the weighed view stands as it is.
    """
    known = np.isfinite(views).all(axis=1)
    views, truth, weights = views[known], is_fraud[known], weight[known]
    if len(np.unique(truth > 0.5)) < 2:
        return Blend()
    spread = views.std(axis=0)
    scaled = views / np.where(spread > 0, spread, 1.0)

    def cost(parameters: Floats) -> tuple[float, Floats]:
        margin = parameters[2] + scaled @ parameters[:2]
        loss = -float(np.sum(weights * (truth * log_expit(margin) + (1.0 - truth) * log_expit(-margin))))
        slope = weights * (expit(margin) - truth)
        return loss / weights.sum(), np.append(scaled.T @ slope, slope.sum()) / weights.sum()

    bounds = [(0.0, 50.0), (0.0, 50.0), (-30.0, 30.0)]
    found = minimize(cost, np.asarray([1.0, 0.1, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200}).x
    by = np.asarray(found[:2]) / np.where(spread > 0, spread, 1.0)
    return Blend(float(by[0]), float(by[1]), float(found[2]))
