"""Capacity: how many minutes people have, and what they look at."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import TYPOLOGIES, CaseType, Detector, Typology
from fairdeal.models.deciding import SPARED
from fairdeal.models.drawing import chances, one_in_each_stretch, weights
from fairdeal.models.errors import WrongFrame, WrongSetting
from fairdeal.models.frames import Floats, floats, require

#: Why a subject is looked at: its expected loss, the random sample, or that it is unusual in a way no label has taught.
BY_LOSS, BY_AUDIT, UNUSUAL = "expected_loss", "audit_sample", "unusual"

_DEFAULT_MINUTES: dict[CaseType, float] = {
    CaseType.FAKE_DEAL: 12.0,
    CaseType.FAKE_REVIEW: 4.0,
    CaseType.MAL_REVIEW: 8.0,
    CaseType.UNAUTH_PAY: 6.0,
    CaseType.ATO: 8.0,
    CaseType.CARD_TEST: 5.0,
    CaseType.PAY_ERROR: 5.0,
    CaseType.NOT_RECEIVED: 10.0,
    CaseType.NOT_AS_DESC: 15.0,
    CaseType.MERCHANT_FRAUD: 20.0,
    CaseType.CLAIM_ABUSE: 12.0,
    CaseType.PHISHING: 6.0,
    CaseType.APPEAL_ACTION: 15.0,
}


@dataclass(frozen=True)
class Capacity:
    """What people can look at tonight; the written default serves when nobody says.

    Parameters
    ----------
    people, minutes_per_person
        Who looks, and how long each.
    minutes
        Minutes a case of each type takes; measured times replace the defaults.
    minutes_per_member
        Minutes each further subject of the same case takes.
    minute_cost_minor
        What a minute of an analyst costs, minor units; a subject whose expected loss is less than looking at it costs, and whose
        action is allow, counts as not flagged.
    audit_share
        Part of the minutes kept for the random sample of what was not flagged.
    audit_size
        If given, at most so many subjects per detector in that sample.
    unusual_share
        Part of the minutes kept for the most unusual of what was not flagged: what labels do not know yet.
    reserved
        Part of the other minutes kept for each detector's own alerts before all compete.
    worth
        Minor units of the currency of ``minute_cost_minor`` per minor unit of another currency; 1 where not named.
    staffed_minutes
        Minutes that somebody said people have; they count instead of ``people`` and ``minutes_per_person``.
    """

    people: int = 4
    minutes_per_person: float = 360.0
    minutes: Mapping[CaseType, float] = field(default_factory=lambda: dict(_DEFAULT_MINUTES))
    minutes_per_member: float = 0.5
    minute_cost_minor: float = 100.0
    audit_share: float = 0.10
    audit_size: int | None = None
    unusual_share: float = 0.05
    reserved: Mapping[Detector, float] = field(default_factory=lambda: dict.fromkeys(Detector, 0.15))
    worth: Mapping[str, float] = field(default_factory=dict)
    staffed_minutes: float | None = None

    def __post_init__(self) -> None:
        if sum(self.reserved.values()) > 1.0 + 1e-9:
            raise WrongSetting(f"settings [capacity.reserved]: shares add up to {sum(self.reserved.values()):g}; allowed is 1; lower them")

    def available(self, backlog: float) -> float:
        """Minutes left when ``backlog`` minutes of earlier work are done first; never negative."""
        minutes = self.people * self.minutes_per_person if self.staffed_minutes is None else self.staffed_minutes
        return max(0.0, minutes - backlog)


def staffed(capacity: Capacity, hours: Mapping[str, float]) -> Capacity:
    """The capacity when people work so many hours, named by detector or under ``all``; without any, as it was.

    What is said for a detector is kept for its own alerts before all compete; of the rest each detector keeps the share it had.

    >>> staffed(Capacity(), {"payments": 1, "all": 3}).reserved[Detector.PAYMENTS]
    0.3625
    """
    total = sum(hours.values())
    if not hours:
        return capacity
    shared = hours.get("all", 0.0)
    kept = {name: (hours.get(name, 0.0) + shared * capacity.reserved.get(name, 0.0)) / total for name in Detector} if total else {}
    return replace(capacity, staffed_minutes=60.0 * total, reserved=kept)


def capacity_from(
    settings: Mapping[str, Any] | None = None, measured: Mapping[str, float] | None = None, worth: Mapping[str, float] | None = None
) -> Capacity:
    """The capacity from the settings' ``[capacity]`` and from measured times.

    Parameters
    ----------
    settings
        Any field of `Capacity` by name; ``hours`` may stand for ``minutes_per_person``; ``[capacity.minutes]`` case type = minutes;
        ``[capacity.reserved]`` detector = share.
    measured
        Median minutes by case type from closed cases; they win over settings, which win over the defaults.
    worth
        See `Capacity`.

    Raises
    ------
    WrongSetting
        On an unknown name or a value that is not allowed.

    Examples
    --------
    >>> capacity_from({"people": 2, "hours": 5}).available(backlog=60)
    540.0
    """
    given, known = dict(settings or {}), dict[str, Any]()
    minutes, reserved = dict(_DEFAULT_MINUTES), dict.fromkeys(Detector, 0.15)
    limits = {
        "people": 10**5,
        "minutes_per_person": 1_440,
        "minutes_per_member": 1_440,
        "minute_cost_minor": 10**9,
        "audit_share": 1,
        "audit_size": 10**6,
        "unusual_share": 1,
    }
    if "hours" in given:
        known["minutes_per_person"] = 60.0 * _number(given.pop("hours"), "settings [capacity] hours", 24)
    for name, told in given.items():
        where = f"settings [capacity] {name}"
        if name in ("minutes", "reserved"):
            if not isinstance(told, Mapping):
                raise WrongSetting(f"{where}: {told!r}; wanted is a table; write it as one")
            _fill(minutes if name == "minutes" else reserved, CaseType if name == "minutes" else Detector, told, where)
        elif name in limits:
            value = _number(told, where, limits[name])
            known[name] = int(value) if name in ("people", "audit_size") else value
        else:
            raise WrongSetting(f"{where}: no such setting; allowed are hours, minutes, reserved, {', '.join(limits)}; correct the name")
    _fill(minutes, CaseType, measured or {}, "measured minutes")
    return Capacity(**known, minutes=minutes, reserved=reserved, worth=dict(worth or {}))


def _fill(values: dict[Any, float], kind: Any, told: Mapping[str, Any], where: str) -> None:
    for name, value in told.items():
        if name not in tuple(kind):
            raise WrongSetting(f"{where}: {name!r}; allowed are {', '.join(kind)}; correct the name")
        values[kind(name)] = _number(value, f"{where}.{name}", 1_440)


def _number(told: Any, where: str, most: float) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= most:
        raise WrongSetting(f"{where}: {told!r}; allowed is a number from 0 to {most:g}; correct it")
    return float(told)


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
    """The subjects that people are asked to look at: the greatest expected loss per minute, a random sample, and what is unusual.

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
    The sample is drawn
    within each detector from what is not flagged and not open, in an order that a key shuffles and without replacement, each subject with
    a probability of its own that is kept with it (Horvitz and Thompson 1952): higher where a fraud is a little likelier, and n / N for all
    where no probability is told. What is flagged and trusted is no loss alert; a part of it is drawn for the sample,
    each with one and the same probability. The most unusual are taken from what the sample left, so that it stays one of all that
    is not flagged. A ring costs its case once and a little per member; its members enter one by one.
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
    sample, probability = _audit_sample(waiting, minutes, ~flagged, available, capacity, key, day)
    odd = _most_unusual(waiting, minutes, ~flagged, sample, available, capacity, key)
    trusted = _is_trusted(waiting)
    within = min(capacity.audit_share * available, max(0.0, available - float(minutes[np.concatenate([sample, odd])].sum())))
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
    unflagged: NDArray[np.bool_],
    available: float,
    capacity: Capacity,
    key: bytes,
    day: str,
) -> tuple[NDArray[np.int64], Floats]:
    """Rows of the random sample and the probability with which each came in; detectors share its minutes evenly."""
    detector = waiting["detector"].astype("str").to_numpy(dtype=str)
    strata = [np.flatnonzero(unflagged & (detector == str(name))) for name in Detector]
    strata = [rows for rows in strata if len(rows)]
    rows, probability = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for stratum in strata:
        # By the longest look in the stratum: how many are drawn must not depend on who is drawn.
        longest = float(minutes[stratum].max())
        fits = len(stratum) if longest == 0 else int(capacity.audit_share * available / len(strata) / longest + 1e-9)
        n = min(fits, len(stratum), len(stratum) if capacity.audit_size is None else capacity.audit_size)
        drawn = _drawn(key, f"audit\x1f{day}", waiting.iloc[stratum])
        shuffled = stratum[np.asarray(sorted(range(len(stratum)), key=drawn.__getitem__), dtype=np.int64)]
        told = floats(waiting["probability"])[shuffled] if "probability" in waiting.columns else np.zeros(len(shuffled))
        chance = chances(weights(told), n)
        coin = hashlib.blake2b(f"audit\x1f{day}\x1f{detector[stratum[0]]}".encode(), key=key, digest_size=8).digest()
        picked = one_in_each_stretch(chance, int.from_bytes(coin) / 2**64)
        rows.append(shuffled[picked])
        probability.append(chance[picked])
    return np.concatenate(rows), np.concatenate(probability)


def _most_unusual(
    waiting: pd.DataFrame,
    minutes: Floats,
    unflagged: NDArray[np.bool_],
    sample: NDArray[np.int64],
    available: float,
    capacity: Capacity,
    key: bytes,
) -> NDArray[np.int64]:
    """Rows that are the most unusual of what is neither flagged nor in the sample; detectors share their minutes evenly."""
    nothing = np.zeros(0, dtype=np.int64)
    if "unusual" not in waiting.columns:
        return nothing
    unusual, free = floats(waiting["unusual"]), unflagged.copy()
    free[sample] = False
    free &= np.isfinite(unusual)
    detector = waiting["detector"].astype("str").to_numpy(dtype=str)
    strata = [np.flatnonzero(free & (detector == str(name))) for name in Detector]
    strata = [rows for rows in strata if len(rows)]
    chosen = [nothing]
    for stratum in strata:
        share = min(capacity.unusual_share, 1.0 - capacity.audit_share) * available / len(strata)
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
