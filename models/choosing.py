"""Choosing alerts: what people look at with the minutes they have."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType, Detector, Typology
from fairdeal.models.capacity import Capacity
from fairdeal.models.deciding import SPARED
from fairdeal.models.drawing import chances, one_in_each_stretch, weights
from fairdeal.models.errors import WrongFrame
from fairdeal.models.frames import Floats, floats, require

#: Why a subject is looked at: its expected loss, the random sample, or that it is unusual in a way no label has taught.
BY_LOSS, BY_AUDIT, UNUSUAL = "expected_loss", "audit_sample", "unusual"


def choose_alerts(
    decisions: pd.DataFrame,
    *,
    capacity: Capacity,
    backlog: float,
    open_subjects: Collection[tuple[str, str]],
    seed_key: bytes | str,
    day: str,
    trusted_looks: float = 0.0,
) -> pd.DataFrame:
    """The subjects that people are asked to look at: the greatest expected loss per minute, what is unusual, and a random sample.

    Parameters
    ----------
    decisions
        The contract of decisions, any detectors together; optionally ``case_type`` and ``case_subject_id`` (otherwise the type
        follows from the typology, and every subject is a case of its own), ``unusual`` (0 to 1, null where not known) and
        ``is_trusted``: the subject is on the trust-list for what it is suspected of. Of several moments of a subject the latest
        counts.
    capacity
        The minutes there are and what things take.
    backlog
        Minutes of work already waiting, done first.
    open_subjects
        (subject_kind, subject_id) of subjects with an open alert; never chosen again.
    seed_key
        Secret of the random sample, so that nobody can foresee it; with ``day`` it fixes the sample.
    day
        ISO day (or interval) of the run.
    trusted_looks
        Part of what is flagged and trusted that is drawn for a look all the same.

    Returns
    -------
    DataFrame
        Rows of ``decisions`` with ``chosen_by`` (``expected_loss``, ``audit_sample`` or ``unusual``), ``selection_probability``
        (of being drawn for the sample, else 1), ``case_type``, ``case_subject_id`` and ``minutes``; loss alerts first, then the sample,
        each kind in the order of choice.
        The minutes never add up to more than are available; of the loss alerts that do not fit, the marginal one is left out too.

    Raises
    ------
    WrongFrame
        When a column is missing.

    Notes
    -----
    *Flagged* is what has an action other than allow, or an expected loss above what a look at it costs, unless the policy's rule spares it.
    The audit looks at what is not flagged and not open, in two strata of each detector. The most unusual are all taken, each with
    probability one (a take-all stratum; Cochran, "Sampling techniques", 1977). The rest is sampled, in an order that a key shuffles and
    without replacement, each subject with a probability of its own that is kept with it (Horvitz and Thompson 1952): higher where a fraud
    is a little likelier (`fairdeal.models.drawing.weights`), and n / N for all where no ``probability`` is told. What is flagged and
    trusted is no loss alert; a part of it is drawn for the sample, each with one and the same probability. A ring costs its case once and
    a little per member; its members enter one by one.
    """
    require(
        decisions,
        ("detector", "subject_kind", "subject_id", "as_of_at", "typology", "expected_loss_minor", "currency", "action"),
        "alerts: decisions",
    )
    waiting = _waiting(decisions, open_subjects)
    minutes, loss = _takes(waiting, capacity), _at_stake(waiting, capacity)
    flagged = _flagged(waiting, minutes, loss, capacity)
    key = hashlib.sha256(seed_key.encode() if isinstance(seed_key, str) else seed_key).digest()
    available = capacity.available(backlog)
    odd = _most_unusual(waiting, minutes, ~flagged, capacity.for_what_is_unusual(available), key)
    rest = ~flagged
    rest[odd] = False
    sample, probability = _audit_sample(waiting, minutes, rest, capacity.for_the_draw(available), capacity.audit_size, key, day)
    trusted = _is_trusted(waiting)
    within = min(capacity.for_the_draw(available), max(0.0, available - float(minutes[np.concatenate([sample, odd])].sum())))
    looks, share = _trust_sample(waiting, minutes, np.flatnonzero(flagged & trusted), within, key, day, trusted_looks)
    sample, probability = np.concatenate([sample, looks]), np.concatenate([probability, np.full(len(looks), share)])
    left = max(0.0, available - float(minutes[np.concatenate([sample, odd])].sum()))
    first, took = _by_loss(waiting, minutes, loss, np.flatnonzero(flagged & ~trusted), left, capacity, key)
    rows = np.concatenate([first, sample, odd])
    chosen = waiting.iloc[rows].copy()
    chosen["chosen_by"] = [BY_LOSS] * len(first) + [BY_AUDIT] * len(sample) + [UNUSUAL] * len(odd)
    chosen["selection_probability"] = np.concatenate([np.ones(len(first)), probability, np.ones(len(odd))])
    chosen["minutes"] = np.concatenate([took, minutes[sample], minutes[odd]])
    return chosen.reset_index(drop=True)


def kept_back(decisions: pd.DataFrame, *, capacity: Capacity, open_subjects: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Of what `choose_alerts` is given: the subjects that would be flagged and are trusted; what trust keeps from people."""
    waiting = _waiting(decisions, open_subjects)
    minutes, loss = _takes(waiting, capacity), _at_stake(waiting, capacity)
    return waiting[_flagged(waiting, minutes, loss, capacity) & _is_trusted(waiting)].reset_index(drop=True)


def uncaught(
    decisions: pd.DataFrame, chosen: pd.DataFrame, *, capacity: Capacity, open_subjects: Collection[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Where the night's minutes end: from which expected loss on people look, and what is flagged that nobody has the time for.

    Parameters
    ----------
    decisions, capacity, open_subjects
        What `choose_alerts` was given.
    chosen
        What it gave.

    Returns
    -------
    list of dict
        By detector and currency of what is flagged and not trusted: ``detector, currency`` (empty where there is none), ``looked_at``
        and ``least_loss_minor``, the least expected loss among these (None where there are none), ``left`` and ``left_loss_minor``, the
        expected losses of those left, added up.
    """
    # Of most subjects one sees at once that they are not flagged: only the others are put in order again.
    cheapest = min(capacity.minutes.values()) * capacity.minute_cost_minor
    may_be = (decisions["action"].astype("str") != str(Action.ALLOW)).to_numpy() | (_at_stake(decisions, capacity) > cheapest)
    waiting = _waiting(decisions[decisions["subject_id"].isin(decisions["subject_id"][may_be])], open_subjects)
    minutes, loss = _takes(waiting, capacity), _at_stake(waiting, capacity)
    flagged = waiting[_flagged(waiting, minutes, loss, capacity) & ~_is_trusted(waiting)]
    by_loss = chosen[chosen["chosen_by"] == BY_LOSS]
    pair = ["subject_kind", "subject_id"]
    seen = pd.MultiIndex.from_frame(flagged[pair]).isin(pd.MultiIndex.from_frame(by_loss[pair]))
    told = pd.DataFrame(
        {
            "detector": flagged["detector"].astype("str"),
            "currency": flagged["currency"].astype("str").where(flagged["currency"].notna(), ""),
            "loss": floats(flagged["expected_loss_minor"]),
            "seen": seen,
        }
    )
    return [
        {
            "detector": str(detector),
            "currency": str(currency),
            "looked_at": int(some["seen"].sum()),
            "least_loss_minor": int(some["loss"][some["seen"]].min()) if some["seen"].any() else None,
            "left": int((~some["seen"]).sum()),
            "left_loss_minor": int(some["loss"][~some["seen"]].sum()),
        }
        for (detector, currency), some in told.groupby(["detector", "currency"], sort=True)
    ]


def asking(decisions: pd.DataFrame, *, capacity: Capacity) -> pd.DataFrame:
    """Of what `choose_alerts` is given: the subjects that are flagged, whether or not anybody has the time."""
    waiting = _waiting(decisions, ())
    minutes, loss = _takes(waiting, capacity), _at_stake(waiting, capacity)
    return waiting[_flagged(waiting, minutes, loss, capacity)].reset_index(drop=True)


def _takes(waiting: pd.DataFrame, capacity: Capacity) -> Floats:
    """Minutes that a look at each takes."""
    return np.asarray([capacity.minutes[CaseType(name)] for name in waiting["case_type"]], dtype=np.float64)


def _at_stake(waiting: pd.DataFrame, capacity: Capacity) -> Floats:
    """Expected loss of each in one currency."""
    worth = waiting["currency"].map(lambda code: capacity.worth.get(code, 1.0) if isinstance(code, str) else 1.0)
    return np.asarray(floats(waiting["expected_loss_minor"]) * worth.to_numpy(dtype=np.float64), dtype=np.float64)


def _flagged(waiting: pd.DataFrame, minutes: Floats, loss: Floats, capacity: Capacity) -> NDArray[np.bool_]:
    acts = (waiting["action"].astype("str") != str(Action.ALLOW)).to_numpy()
    flagged = acts | (loss > minutes * capacity.minute_cost_minor)
    if "policy_rule" in waiting.columns:
        flagged &= ~waiting["policy_rule"].astype("str").str.startswith(SPARED).to_numpy()
    return np.asarray(flagged, dtype=np.bool_)


def _is_trusted(waiting: pd.DataFrame) -> NDArray[np.bool_]:
    if "is_trusted" not in waiting.columns:
        return np.zeros(len(waiting), dtype=np.bool_)
    return waiting["is_trusted"].fillna(False).to_numpy(dtype=np.bool_)


def _trust_sample(
    waiting: pd.DataFrame,
    minutes: Floats,
    trusted: NDArray[np.int64],
    within: float,
    key: bytes,
    day: str,
    looks: float,
) -> tuple[NDArray[np.int64], float]:
    """Rows drawn from what is flagged and trusted, and the probability with which each of them all came in.

    As many as ``looks`` says, and no more than so many minutes hold; a broken number is rounded up as often as it is broken.
    """
    if not len(trusted):
        return np.zeros(0, dtype=np.int64), 0.0
    longest = float(minutes[trusted].max())
    fits = len(trusted) if longest == 0 else int(within / longest + 1e-9)
    share = min(looks, fits / len(trusted), 1.0)
    whole = int(share * len(trusted) + 1e-9)
    coin = hashlib.blake2b(f"trust\x1f{day}".encode(), key=key, digest_size=8).digest()
    n = whole + (int.from_bytes(coin) / 2**64 < share * len(trusted) - whole - 1e-9)
    drawn = _drawn(key, f"trust\x1f{day}", waiting.iloc[trusted])
    return trusted[np.asarray(sorted(range(len(trusted)), key=drawn.__getitem__)[:n], dtype=np.int64)], share


def _waiting(decisions: pd.DataFrame, open_subjects: Collection[tuple[str, str]]) -> pd.DataFrame:
    """The latest decision of each subject without an open alert, with its case, in an order that does not depend on the frame's."""
    latest = decisions.sort_values(["subject_kind", "subject_id", "as_of_at"], kind="stable")
    latest = latest.drop_duplicates(["subject_kind", "subject_id"], keep="last")
    taken = set(open_subjects)
    free = [pair not in taken for pair in zip(latest["subject_kind"], latest["subject_id"], strict=True)]
    waiting = latest[np.asarray(free, dtype=bool)].reset_index(drop=True)
    derived = waiting["typology"].map({name: str(_case_type(name)) for name in waiting["typology"].unique()}).astype("str")
    waiting["case_type"] = waiting["case_type"].fillna(derived) if "case_type" in waiting.columns else derived
    own = waiting["subject_id"]
    waiting["case_subject_id"] = waiting["case_subject_id"].fillna(own) if "case_subject_id" in waiting.columns else own
    return waiting


def _case_type(name: str) -> CaseType:
    if name not in tuple(Typology):
        raise WrongFrame(f"alerts: typology {name!r}; allowed are {', '.join(Typology)}; give one of them")
    return TYPOLOGIES[Typology(name)].case_type


def _drawn(key: bytes, purpose: str, waiting: pd.DataFrame) -> list[bytes]:
    """One keyed number per subject: an order that nobody without the key can foresee."""
    return [
        hashlib.blake2b(f"{purpose}\x1f{kind}\x1f{name}".encode("utf-8", "surrogatepass"), key=key, digest_size=16).digest()
        for kind, name in zip(waiting["subject_kind"], waiting["subject_id"], strict=True)
    ]


def _audit_sample(
    waiting: pd.DataFrame,
    minutes: Floats,
    rest: NDArray[np.bool_],
    available: float,
    most: int | None,
    key: bytes,
    day: str,
) -> tuple[NDArray[np.int64], Floats]:
    """Rows of the random sample and the probability with which each came in; detectors share its minutes evenly."""
    detector = waiting["detector"].astype("str").to_numpy(dtype=str)
    strata = [np.flatnonzero(rest & (detector == str(name))) for name in Detector]
    strata = [rows for rows in strata if len(rows)]
    rows, probability = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for stratum in strata:
        # By the longest look in the stratum: how many are drawn must not depend on who is drawn.
        longest = float(minutes[stratum].max())
        fits = len(stratum) if longest == 0 else int(available / len(strata) / longest + 1e-9)
        n = min(fits, len(stratum), len(stratum) if most is None else most)
        drawn = _drawn(key, f"audit\x1f{day}", waiting.iloc[stratum])
        shuffled = stratum[np.asarray(sorted(range(len(stratum)), key=drawn.__getitem__), dtype=np.int64)]
        told = floats(waiting["probability"])[shuffled] if "probability" in waiting.columns else np.zeros(len(shuffled))
        chance = chances(weights(told), n)
        coin = hashlib.blake2b(f"audit\x1f{day}\x1f{detector[stratum[0]]}".encode(), key=key, digest_size=8).digest()
        picked = one_in_each_stretch(chance, int.from_bytes(coin) / 2**64)
        rows.append(shuffled[picked])
        probability.append(chance[picked])
    return np.concatenate(rows), np.concatenate(probability)


def _most_unusual(waiting: pd.DataFrame, minutes: Floats, unflagged: NDArray[np.bool_], available: float, key: bytes) -> NDArray[np.int64]:
    """Rows that are the most unusual of what is not flagged; detectors share their minutes evenly."""
    nothing = np.zeros(0, dtype=np.int64)
    if "unusual" not in waiting.columns:
        return nothing
    unusual = floats(waiting["unusual"])
    free = unflagged & np.isfinite(unusual)
    detector = waiting["detector"].astype("str").to_numpy(dtype=str)
    strata = [np.flatnonzero(free & (detector == str(name))) for name in Detector]
    strata = [rows for rows in strata if len(rows)]
    chosen = [nothing]
    for stratum in strata:
        share = available / len(strata)
        # Nobody looks at more than fits if each took the least time; only these are put in order.
        most = min(len(stratum), int(share / max(float(minutes[stratum].min()), 1e-3)))
        top = stratum[np.argsort(-unusual[stratum], kind="stable")]
        tied = top[unusual[top] >= unusual[top[most - 1]]] if most else nothing
        ties = _drawn(key, "unusual", waiting.iloc[tied])
        ordered = tied[np.asarray(sorted(range(len(tied)), key=lambda at: (-unusual[tied[at]], ties[at])), dtype=np.int64)]
        chosen.append(ordered[np.cumsum(minutes[ordered]) <= share + 1e-9])
    return np.concatenate(chosen)


def _by_loss(
    waiting: pd.DataFrame, minutes: Floats, loss: Floats, flagged: NDArray[np.int64], left: float, capacity: Capacity, key: bytes
) -> tuple[NDArray[np.int64], Floats]:
    """Rows chosen by expected loss per minute, in order of choice, and the minutes each takes."""
    table = pd.DataFrame(
        {
            "row": flagged,
            "detector": waiting["detector"].astype("str").to_numpy(dtype=str)[flagged],
            "case": (waiting["case_type"].astype("str") + "\x1f" + waiting["case_subject_id"].astype("str")).to_numpy(dtype=str)[flagged],
            "loss": loss[flagged],
            "minutes": minutes[flagged],
            "tie": [drawn.hex() for drawn in _drawn(key, "tie", waiting.iloc[flagged])],
        }
    ).sort_values(["case", "loss", "tie"], ascending=[True, False, True], kind="stable")
    is_first = ~table.duplicated("case")
    table["cost"] = np.where(is_first, table["minutes"], np.minimum(capacity.minutes_per_member, table["minutes"]))
    of_case = table.groupby("case", sort=False)
    table["density"] = of_case["loss"].transform("sum") / np.maximum(of_case["cost"].transform("sum"), 1e-9)
    table["case_tie"] = of_case["tie"].transform("first")
    # A stable sort keeps a case's members in order of loss behind its first.
    table = table.sort_values(["density", "case_tie"], ascending=[False, True], kind="stable")
    cost, names = table["cost"].to_numpy(dtype=np.float64), table["detector"].to_numpy(dtype=str)
    taken = np.zeros(len(table), dtype=bool)
    for name in Detector:
        mine = np.flatnonzero(names == str(name))
        taken[mine[np.cumsum(cost[mine]) <= capacity.reserved.get(name, 0.0) * left]] = True
    rest = np.flatnonzero(~taken)
    taken[rest[np.cumsum(cost[rest]) <= left - float(cost[taken].sum()) + 1e-9]] = True
    return table["row"].to_numpy(dtype=np.int64)[taken], cost[taken]
