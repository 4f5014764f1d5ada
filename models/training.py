"""Training: learned on older rows, calibrated on later ones, judged on the latest, then refitted one slice later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from fairdeal.data_contracts.reasons import ReasonTemplate
from fairdeal.data_contracts.typologies import DEFAULT_TYPOLOGY, Detector
from fairdeal.models.boosting import SURE, Boosted, choose_trees, grow
from fairdeal.models.bundle import sealed
from fairdeal.models.calibration import Calibration, fit_calibration
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.errors import TooFewLabels, WrongFrame
from fairdeal.models.explaining import TEXT_REASON, TEXT_SCORE, norms_of
from fairdeal.models.frames import Floats, matrix
from fairdeal.models.judging import judge
from fairdeal.models.kinds import fit_kinds
from fairdeal.models.labelled import LabelledRows, labelled_rows, majority_typology
from fairdeal.models.silence import SILENCE_TEACHES, share_of_fraud
from fairdeal.models.splitting import Ints, blocks, cut_before_last_positives, time_slices
from fairdeal.models.text import TextModel, fit_blend, fit_text, out_of_fold_views
from fairdeal.models.unsupervised import fit_tails

#: Shares of the rows that train, calibrate and evaluate.
SHARES = (0.70, 0.15, 0.15)
#: Fewest rows of either label in all, and in a slice that calibrates or judges.
FEWEST, FEWEST_IN_SLICE = 30, 8
#: Part of the training slice that decides when to stop, and folds of the text's out-of-fold score.
STOPPING_SHARE, TEXT_FOLDS = 0.15, 5
#: Average precision by which one way must rank better than the usual one to be taken.
CLEARLY = 0.01


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Parameters
    ----------
    detector_model
        The detector for scoring.
    metrics
        How its twin of one slice earlier did on days it never saw; see `judge`.
    curves
        Arrays for plots: ``precision``, ``recall``, ``threshold``; ``told``, ``happened``, ``bin_weight`` of the reliability plot.
    """

    detector_model: TrainedDetector
    metrics: dict[str, Any]
    curves: dict[str, Floats]


@dataclass(frozen=True)
class _Ranking:
    booster_text: str
    lead: float | None
    text: TextModel | None
    trees: int
    norms: Floats

    def margin(self, rows: LabelledRows) -> Floats:
        return Boosted(self.booster_text, Calibration(), self.lead).margin(rows.seen_by(self.text))


def train(
    detector: Detector,
    frame: pd.DataFrame,
    *,
    feature_names: Sequence[str],
    reasons: Mapping[str, ReasonTemplate],
    seed: int,
    data_version: str,
    contract_version: str,
    day_zone: str = "Asia/Shanghai",
    found: float = 1.0,
) -> Trained:
    """Train, calibrate and judge one detector.

    Parameters
    ----------
    detector
        Which of the three.
    frame
        Labelled feature frame: ``subject_id, event_at, as_of_at, is_fraud`` (1, 0, null = not learned from) and the features;
        optionally ``amount_minor, currency, text``, ``weight`` (what the row's label is worth; of frauds, what it lacks to one is taken for
        wrong findings where scores become probabilities), ``stands_for`` (rows for which it teaches the ranking, one over the
        propensity; it bends no probability), ``typology, group`` (card, account, reviewer), and
        ``is_ripe``: rows whose label has not had its time are learned from, and neither calibrate nor judge, and ``is_silent``: nobody
        has spoken of the row, and it stands for honest; and ``heard_before``: of the frauds that are ever heard of, the share of which one
        had heard by that look. Row order means nothing.
    feature_names
        The columns to learn from; ids and the text itself are never among them.
    reasons
        How features are told to people, by feature name.
    seed
        Same frame and seed, same bytes.
    data_version, contract_version
        Kept with the model.
    day_zone
        What a day is, for the metrics per day.
    found
        Share of frauds that anybody ever hears of: probabilities are of being a fraud, labels of a fraud that came to light. Where
        `SILENCE_TEACHES`, a silent row whose label has had its time teaches as much of a fraud as it may be, see
        `fairdeal.models.silence.share_of_fraud`. The figures hold the probability of coming to light against the labels.

    Returns
    -------
    Trained

    Raises
    ------
    TooFewLabels
        Fewer than 30 of either label, no stretch of time that leaves enough for learning and for judging, or nothing to learn from.
    WrongFrame
        When a column is missing or a label is neither 1, 0 nor null.

    Notes
    -----
    Slices follow the event's time, events of one moment together: 70 % trains, 15 % calibrates, 15 % judges. The figures are those
    of that model. The model returned has learned from all rows, with as many trees; its probabilities are bent by what twins of
    earlier days got right on days that they had not seen, since a model cannot be asked about rows it learned from: of the last 15 % a
    twin is asked that learned from all before (prequential; Dawid, "Statistical theory: the prequential approach", 1984). With fewer than 8
    of either label in a later slice, two slices are used: the recent stretch that holds the last third of the positives calibrates and
    judges in turn halves. A text's score enters out of fold, and the trees start from its log-odds. Classes are not reweighted: that
    would bend the probabilities.
    """
    rows, has_times = labelled_rows(detector, frame, feature_names, seed=seed, day_zone=day_zone)
    heard_of = found if detector in SILENCE_TEACHES else 1.0
    ripe = rows.take(np.flatnonzero(rows.ripe))
    if min(ripe.positives, ripe.negatives) < FEWEST:
        raise TooFewLabels(
            f"training of the {detector} detector: {ripe.positives} frauds and {ripe.negatives} honest rows known; "
            f"needed are {FEWEST} of each; score unsupervised until more labels have come"
        )
    learned, middle, last = time_slices(ripe.moment, SHARES)
    slices = [ripe.take(part) for part in (learned, middle, last)]
    if all(min(part.positives, part.negatives) >= FEWEST_IN_SLICE for part in slices):
        training, calibrating, judging = slices
        first = _rank(training, None, seed, heard_of)
        calibration = _fitted(first.margin(calibrating), calibrating, found)
        margin = first.margin(judging)
        metrics, curves = judge(judging, expit(margin), judging.heard_of(found) * calibration.probability(margin))
        later, margin = _asked_forward(ripe, (learned, middle, last), first, seed, heard_of)
    else:
        training, later = _older_and_recent(detector, ripe)
        first = _rank(training, None, seed, heard_of)
        margin = first.margin(later)
        metrics, curves = judge(later, expit(margin), later.heard_of(found) * _probability_by_halves(margin, later, found))
        slices = [training, later]
    final = _rank(rows, first, seed, heard_of)
    calibration = _fitted(margin, later, found)
    metrics |= {
        "split": "time" if has_times else "groups at random, the source gives no times",
        "slices": [len(part) for part in slices],
        "trees": final.trees,
        "labelled_rows": len(rows),
        "labelled_positives": rows.positives,
        "blind": [name for at, name in enumerate(feature_names) if np.isnan(rows.values[:, at]).all()],
    }
    told = dict(reasons) if final.text is None else {TEXT_SCORE: TEXT_REASON, **reasons}
    known = {*feature_names, TEXT_SCORE} if final.text is not None else set(feature_names)
    model = TrainedDetector(
        detector=detector,
        feature_names=tuple(feature_names),
        ranker=Boosted(final.booster_text, calibration, final.lead),
        norms=final.norms,
        reasons={name: reason for name, reason in told.items() if name in known},
        text=final.text,
        typology=majority_typology(detector, rows),
        kinds=fit_kinds(detector, rows, rows.seen_by(final.text), seed),
        unusual=fit_tails(rows.values, _directions(feature_names, told), seed) if feature_names else None,
        data_version=data_version,
        contract_version=contract_version,
    )
    return Trained(detector_model=sealed(model), metrics=metrics, curves=curves)


def fit_unsupervised(
    detector: Detector,
    frame: pd.DataFrame,
    feature_names: Sequence[str],
    seed: int,
    *,
    reasons: Mapping[str, ReasonTemplate] | None = None,
    data_version: str = "",
    contract_version: str = "",
) -> TrainedDetector:
    """A detector of the same shape that learns from no label; `Tails` says how, and what its score means.

    Parameters
    ----------
    detector, feature_names, seed, data_version, contract_version
        As in `train`.
    frame
        Feature frame, labels not read.
    reasons
        How features are told; their direction also decides which tail is suspicious. Without a template both tails are.

    Raises
    ------
    WrongFrame
        When a feature is missing or the frame has no row.
    """
    told = dict(reasons or {})
    values = matrix(frame, feature_names, f"unsupervised {detector} detector")
    if len(values) == 0:
        raise WrongFrame(f"unsupervised {detector} detector: no row; at least one is needed to know what is usual; give earlier days")
    order = np.lexsort(values.T[::-1]) if values.shape[1] else np.arange(len(values))
    tails = fit_tails(values[order], _directions(feature_names, told), seed)
    model = TrainedDetector(
        detector=detector,
        feature_names=tuple(feature_names),
        ranker=tails,
        norms=norms_of(values, slice(None)),
        reasons={name: reason for name, reason in told.items() if name in set(feature_names)},
        text=None,
        typology=DEFAULT_TYPOLOGY[detector],
        data_version=data_version,
        contract_version=contract_version,
    )
    return sealed(model)


def _directions(feature_names: Sequence[str], reasons: Mapping[str, ReasonTemplate]) -> list[int]:
    """Which tail of each feature is suspicious, as its reason says; both without one."""
    return [reasons[name].direction if name in reasons else 0 for name in feature_names]


def _rank(rows: LabelledRows, like: _Ranking | None, seed: int, heard_of: float) -> _Ranking:
    """Text model and trees of one stretch of time, as many and from the same start as another's; found on its recent part when None."""
    text, values, lead = None, rows.values, None
    if rows.counted is not None and _teaches(rows):
        readable = np.flatnonzero(rows.has_text)
        fold = blocks(rows.moment[readable], rows.together[readable].tolist(), TEXT_FOLDS)
        counted, truth, weight = rows.counted[readable], rows.is_fraud[readable], rows.teaching[readable]
        views = out_of_fold_views(counted, truth, weight, fold, seed)
        blend = fit_blend(views, truth, weight)
        score = np.full(len(rows), np.nan)
        score[readable] = expit(blend.margin(views))
        text = fit_text(counted, truth, weight, seed, blend)
        values = np.ascontiguousarray(np.column_stack([rows.values, score]))
        lead = float(logit(np.clip(np.average(rows.is_fraud, weights=rows.teaching), SURE, 1.0 - SURE)))
    if values.shape[1] == 0:
        raise TooFewLabels(
            "training: no feature, and too few texts with labels to read; give features or more texts; score by rules until then"
        )
    if like is not None:
        lead, trees = (lead if like.lead is not None else None), like.trees
    else:
        lead, trees = _chosen_start(values, rows, lead, seed)
    taught = share_of_fraud(
        values,
        rows.is_fraud,
        rows.silent & rows.ripe,
        rows.teaching,
        rows.together.tolist(),
        trees=trees,
        seed=seed,
        lead=lead,
        found=heard_of,
    )
    return _Ranking(
        booster_text=grow(values, taught, rows.teaching, trees, seed, lead),
        lead=lead,
        text=text,
        trees=trees,
        norms=norms_of(values, rows.is_fraud < 0.5),
    )


def _chosen_start(values: Floats, rows: LabelledRows, lead: float | None, seed: int) -> tuple[float | None, int]:
    """Where the trees start and how many there are.

    From the text where there is one, but from nothing, the text a feature among others, where that ranks newer rows better by `CLEARLY`.
    """
    older, newer = time_slices(rows.moment, (1 - STOPPING_SHARE, STOPPING_SHARE))
    starts = {
        start: choose_trees(values, rows.is_fraud, rows.teaching, older, newer, seed, lead=start, fewest_positives=FEWEST_IN_SLICE)
        for start in (lead, None)
    }
    start = None if starts[None][1] > starts[lead][1] + CLEARLY else lead
    return start, starts[start][0]


def _teaches(rows: LabelledRows) -> bool:
    """Whether the rows with a text hold enough of either label for a text model."""
    readable = rows.is_fraud[rows.has_text]
    positives = int((readable > 0.5).sum())
    return min(positives, len(readable) - positives) >= FEWEST_IN_SLICE


def _asked_forward(
    rows: LabelledRows, slices: tuple[Ints, Ints, Ints], first: _Ranking, seed: int, heard_of: float
) -> tuple[LabelledRows, Floats]:
    """The rows of the last two slices, and the log-odds by models that learned from all before each slice, and from no more."""
    learned, middle, last = slices
    second = _rank(rows.take(np.concatenate([learned, middle])), first, seed, heard_of)
    margin = np.full(len(rows), np.nan)
    margin[np.sort(middle)], margin[np.sort(last)] = first.margin(rows.take(middle)), second.margin(rows.take(last))
    asked = np.flatnonzero(np.isfinite(margin))
    return rows.take(asked), margin[asked]


def _fitted(margin: Floats, rows: LabelledRows, found: float) -> Calibration:
    return fit_calibration(margin, rows.is_fraud, rows.weight, rows.heard_of(found), rows.wrongly_named)


def _older_and_recent(detector: Detector, rows: LabelledRows) -> list[LabelledRows]:
    """Two slices, the recent one with the last third of the positives, or the refusal when that leaves nothing to learn from."""
    older, recent = (
        rows.take(part) for part in cut_before_last_positives(rows.moment, rows.is_fraud, max(FEWEST_IN_SLICE, rows.positives // 3))
    )
    for part, name in ((older, "older"), (recent, "recent")):
        if min(part.positives, part.negatives) < FEWEST_IN_SLICE:
            raise TooFewLabels(
                f"training of the {detector} detector: the {name} slice holds {part.positives} frauds and {part.negatives} honest rows; "
                f"needed are {FEWEST_IN_SLICE} of each in both slices; score unsupervised until labels of more days have come"
            )
    return [older, recent]


def _probability_by_halves(margin: Floats, rows: LabelledRows, found: float) -> Floats:
    """Probabilities where one slice calibrates and judges: each half by the curve of the other, alternating in order of time."""
    probability = np.empty(len(rows))
    for label in (0.0, 1.0):
        # Alternate within each label, so that either half has its share of the few positives.
        mine = np.flatnonzero(rows.is_fraud == label)
        probability[mine[::2]], probability[mine[1::2]] = 0.0, 1.0
    half = probability > 0.5
    for this in (half, ~half):
        curve = _fitted(margin[~this], rows.take(np.flatnonzero(~this)), found)
        probability[this] = curve.probability(margin[this])
    return probability
