"""Decisions: every subject gets an action, never capped."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

from fairdeal.data_contracts.actions import Action, StepUp
from fairdeal.data_contracts.scores import DECISIONS
from fairdeal.data_contracts.typologies import Detector, Typology
from fairdeal.models.errors import WrongFrame
from fairdeal.models.frames import Floats, floats, require
from fairdeal.models.losses import LossTable, Party, expected_loss, loss_if_fraud
from fairdeal.models.policy import Policy

#: Column of a subject that has a bound assistant payment account.
ASSISTANT = "has_assistant_account"
#: Columns of a charge that departs from what it should be: in which way, and how much money is in question; null elsewhere.
MISCHARGE, IN_QUESTION = "mischarge", "in_question_minor"
#: Column of a review that finds fault, and the rule that spares it where it may well be genuine.
CRITICAL, SPARED = "is_critical", "critical-guard"
#: Begins the name of the rule by which such a charge is decided about.
RECONCILED = "reconciled:"


def decide(scores: pd.DataFrame, subjects: pd.DataFrame, policy: Policy, losses: LossTable, decided_at: pd.Timestamp) -> pd.DataFrame:
    """What is done about every scored subject.

    Parameters
    ----------
    scores
        The contract of scores: ``detector, subject_id, as_of_at, score, probability`` (null where not calibrated), ``typology,
        model_version``.
    subjects
        ``subject_id, event_at, amount_minor`` (null where no money moves), ``currency``, optionally ``as_of_at``, the flags of the
        policy, ``has_assistant_account``, ``is_critical``, and ``mischarge`` with ``in_question_minor``; one row per subject (and
        moment). A flag that is null or absent raises nothing.
    policy, losses
        The written rules.
    decided_at
        The run's frozen moment, with a time zone; actions lapse counted from here.

    Returns
    -------
    DataFrame
        The columns of the contract of decisions, one row per row of ``scores`` in the same order. ``policy_rule`` names the rule
        that decided and cites the row of the loss table, as ``least-cost @stolen/1``. Where no probability is claimed,
        ``expected_loss_minor`` is for ranking: it uses the share of cheats assumed over the share of subjects at least as unusual.
        A charge that departs from what it should be is a payment error, whatever its score: its loss is that of the money in question.

    Raises
    ------
    WrongFrame
        When a column is missing, or a scored subject is not among the subjects or there twice.
    """
    require(scores, ("detector", "subject_id", "as_of_at", "score", "probability", "typology", "model_version"), "decide: scores")
    require(subjects, ("subject_id", "event_at", "amount_minor", "currency"), "decide: subjects")
    if decided_at.tzinfo is None:
        raise WrongFrame("decide: decided_at has no time zone; a moment in UTC is needed; give one")
    known = _joined(scores, subjects, tuple(policy.flags))
    claimed = floats(known["probability"])
    calibrated = np.isfinite(claimed)
    probability = np.where(calibrated, claimed, stand_in_probability(floats(known["score"]), policy))
    chosen, rule = _chosen(known, probability, calibrated, loss_if_fraud(known, losses).sum(axis=1), policy)
    if CRITICAL in known.columns:
        spared = (floats(known[CRITICAL]) == 1.0) & (probability < policy.critical_probability)
        chosen = np.where(spared, list(Action).index(Action.ALLOW), chosen)
        rule = [SPARED if is_one else name for is_one, name in zip(spared, rule, strict=True)]
    staked = known[["typology", "amount_minor"]]
    if MISCHARGE in known.columns:
        found = _is_mischarged(known, chosen, policy)
        chosen = np.where(found, list(Action).index(policy.reconciled), chosen)
        rule = [f"{RECONCILED}{way}" if is_one else name for is_one, way, name in zip(found, known[MISCHARGE], rule, strict=True)]
        known["typology"] = known["typology"].where(~found, str(Typology.PAYMENT_ERROR))
        staked = known[["typology", "amount_minor"]].assign(amount_minor=known["amount_minor"].where(~found, known[IN_QUESTION]))
        probability = np.where(found, 1.0, probability)
    at_stake, by_party = expected_loss(staked, pd.Series(probability, index=known.index), losses)
    method = _step_up_methods(known, chosen, rule, policy)
    actions = list(Action)
    hours = np.asarray([policy.measures[action].valid_hours for action in actions], dtype=np.int64)[chosen]
    cited = {str(typology): losses.cited(typology) for typology in Typology}
    decided = pd.DataFrame(
        {
            "detector": known["detector"],
            "subject_id": known["subject_id"],
            "as_of_at": known["as_of_at"],
            "score": floats(known["score"]),
            "probability": claimed,
            "typology": known["typology"],
            "model_version": known["model_version"],
            "unusual": floats(known["unusual"]) if "unusual" in known.columns else np.nan,
            "subject_kind": [Detector(name).subject_kind for name in known["detector"]],
            "event_at": known["event_at"],
            "amount_minor": known["amount_minor"].astype("Int64"),
            "currency": known["currency"],
            "expected_loss_minor": at_stake,
            "loss_borne_by": _as_json(by_party),
            "action": [str(actions[at]) for at in chosen],
            "step_up_method": method,
            "policy_rule": [f"{name} @{cited[typology]}" for name, typology in zip(rule, known["typology"], strict=True)],
            "valid_until": (decided_at.tz_convert("UTC") + pd.to_timedelta(hours, unit="h")).as_unit("us"),
        },
        index=known.index,
    )
    decided.index = scores.index
    return decided[list(DECISIONS.names)]


def stand_in_probability(score: Floats, policy: Policy) -> Floats:
    """For ranking where no probability is claimed: assumed share of cheats over the share of subjects at least as unusual.

    It would be the probability if every cheat were among the most unusual; it never falls as the score rises.
    """
    return np.asarray(np.minimum(policy.assumed_most, policy.assumed_rate / np.maximum(1.0 - score, 1e-12)), dtype=np.float64)


def _joined(scores: pd.DataFrame, subjects: pd.DataFrame, flags: tuple[str, ...]) -> pd.DataFrame:
    by = ["subject_id", "as_of_at"] if "as_of_at" in subjects.columns else ["subject_id"]
    extra = [name for name in (*flags, ASSISTANT, CRITICAL, MISCHARGE, IN_QUESTION) if name in subjects.columns]
    if subjects.duplicated(by).any():
        twice = subjects.loc[subjects.duplicated(by), "subject_id"].iloc[0]
        raise WrongFrame(f"decide: subject {twice!r} stands twice among the subjects; one row per subject and moment; drop the other")
    known = scores.reset_index(drop=True).merge(
        subjects[[*by, "event_at", "amount_minor", "currency", *extra]], on=by, how="left", validate="many_to_one"
    )
    lost = known["event_at"].isna()
    if lost.any():
        raise WrongFrame(
            f"decide: subject {known.loc[lost, 'subject_id'].iloc[0]!r} and {int(lost.sum()) - 1} others have a score but no event; "
            "every scored subject needs its row; give the subjects that were scored"
        )
    return known


def _chosen(
    known: pd.DataFrame, probability: Floats, calibrated: NDArray[np.bool_], loss: Floats, policy: Policy
) -> tuple[NDArray[np.int64], list[str]]:
    """Index of each subject's action in order of severity, and the rule that decided."""
    actions = list(Action)
    worth = known["currency"].map(lambda code: policy.worth.get(code, 1.0) if isinstance(code, str) else 1.0).to_numpy(dtype=np.float64)
    amount = np.nan_to_num(floats(known["amount_minor"])) * worth
    detector = known["detector"].astype("str").to_numpy(dtype=str)
    names, which = np.unique(detector, return_inverse=True)
    may = np.asarray([[action in policy.allowed[Detector(name)] for action in actions] for name in names], dtype=bool)
    may = may.reshape(-1, len(actions))[which]
    cost = np.empty((len(known), len(actions)))
    for at, action in enumerate(actions):
        measure = policy.measures[action]
        friction = measure.friction_minor + measure.friction_share * amount
        cost[:, at] = probability * (1.0 - measure.effectiveness) * loss * worth + (1.0 - probability) * friction
    cost[~may] = np.inf
    cheapest = np.argmin(cost, axis=1)
    block = actions.index(Action.BLOCK)
    cost[probability < policy.block_probability, block] = np.inf
    chosen = np.argmin(cost, axis=1)
    rule = np.where(chosen == cheapest, "least-cost", "block-guard").astype(object)
    confirm, allow = actions.index(Action.CONFIRM), actions.index(Action.ALLOW)
    asks = (floats(known["score"]) >= policy.confirm_score) & may[:, confirm]
    chosen = np.where(calibrated, chosen, np.where(asks, confirm, allow))
    rule[~calibrated] = "uncalibrated"
    for flag, least in policy.flags.items():
        if flag in known.columns:
            at = actions.index(least)
            raised = (floats(known[flag]) == 1.0) & (chosen < at) & may[:, at]
            chosen = np.where(raised, at, chosen)
            rule[raised] = f"flag:{flag}"[:25]
    if ASSISTANT in known.columns:
        step_up = actions.index(Action.STEP_UP)
        bound = (floats(known[ASSISTANT]) == 1.0) & (chosen == actions.index(Action.HOLD)) & may[:, step_up]
        chosen = np.where(bound, step_up, chosen)
        rule[bound] = "assistant"
    return chosen.astype(np.int64), rule.tolist()


def _is_mischarged(known: pd.DataFrame, chosen: NDArray[np.int64], policy: Policy) -> NDArray[np.bool_]:
    """Which subjects are decided about as payment errors: those found to be some, unless another cheat calls for more than they do."""
    calls_for_more = (chosen > list(Action).index(policy.reconciled)) & (known["typology"] != str(Typology.PAYMENT_ERROR)).to_numpy()
    return np.asarray(known[MISCHARGE].notna().to_numpy() & ~calls_for_more, dtype=bool)


def _step_up_methods(known: pd.DataFrame, chosen: NDArray[np.int64], rule: list[str], policy: Policy) -> list[str]:
    worth = known["currency"].map(lambda code: policy.worth.get(code, 1.0) if isinstance(code, str) else 1.0).to_numpy(dtype=np.float64)
    amount = np.nan_to_num(floats(known["amount_minor"])) * worth
    step = np.searchsorted(np.asarray([most for most, _ in policy.step_up_methods], dtype=np.float64), amount, side="left")
    weak = floats(known["is_weak_credential"]) == 1.0 if "is_weak_credential" in known.columns else np.zeros(len(known), dtype=bool)
    order = list(StepUp)
    found = [str(StepUp.NONE)] * len(known)
    for at in np.flatnonzero(chosen == list(Action).index(Action.STEP_UP)).tolist():
        method = (
            StepUp.ASSISTANT_APPROVAL
            if rule[at] == "assistant"
            else policy.step_up_methods[min(int(step[at]), len(policy.step_up_methods) - 1)][1]
        )
        if weak[at] and order.index(method) < order.index(StepUp.FACE):
            method = StepUp.FACE
        found[at] = str(method)
    return found


def _as_json(by_party: pd.DataFrame) -> list[str]:
    """Each row as ``{party: minor units}``, parties that bear nothing left out."""
    names = [str(party) for party in Party]
    rows: list[list[Any]] = by_party[names].to_numpy(dtype=np.int64).tolist()
    return [orjson.dumps({name: value for name, value in zip(names, row, strict=True) if value}).decode() for row in rows]
