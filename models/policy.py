"""The policy: which action has the least expected cost, within written bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairdeal.data_contracts.actions import UNREVIEWED_BLOCK_HOURS, Action, StepUp
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.errors import WrongSetting


@dataclass(frozen=True)
class Measure:
    """What one action does and costs.

    Parameters
    ----------
    effectiveness
        Share of the loss it prevents when the subject is a cheat, 0 to 1.
    friction_minor, friction_share
        What it costs when the subject is honest: so many minor units, and so large a part of the amount (the sale may be lost).
    valid_hours
        After so long it lapses by itself.
    """

    effectiveness: float
    friction_minor: float
    friction_share: float
    valid_hours: int


_DEFAULT_MEASURES: dict[Action, Measure] = {
    Action.ALLOW: Measure(0.00, 0, 0.000, 24),
    Action.CONFIRM: Measure(0.25, 20, 0.002, 24),
    Action.STEP_UP: Measure(0.70, 150, 0.010, 72),
    Action.HOLD: Measure(0.90, 1_500, 0.030, 72),
    Action.BLOCK: Measure(0.98, 4_000, 0.150, UNREVIEWED_BLOCK_HOURS),
}


@dataclass(frozen=True)
class Policy:
    """How actions are chosen; every field can be set under ``[policy]``.

    Parameters
    ----------
    version
        Of the policy, for the record.
    measures
        Effect and cost of each action. Both rise with severity, so that a higher probability never leads to a milder action.
    allowed
        The actions each detector may take. A review is at most held, which means: not counted until someone has looked.
    block_probability
        Below this probability nothing is blocked, whatever the sums say.
    flags
        Columns of weak safety and the least action each calls for when true (a weak credential asks for step-up).
    critical_probability
        Below this probability a review of one or two stars is neither acted upon nor brought before people for its loss: a genuine bad
        review must never be touched (电子商务法 Art. 39), and in doubt it is genuine. The random sample may still draw it.
    reconciled
        What is done about a charge that departs from what was shown or is owed: ``confirm`` or ``hold``. A finding by rule claims no
        probability, and costs nobody a purchase: the charge stands already.
    confirm_score
        Without a calibrated probability: ask for confirmation from this score on, which is a share of usual subjects; never more.
    assumed_rate, assumed_most
        Without a calibrated probability, for ranking alone: the share of cheats assumed, and the most that is assumed of one subject.
    step_up_methods
        (amount up to, method) in ascending order, minor units; the last serves all above.
    worth
        Minor units of the currency these figures are written in per minor unit of another currency; 1 where not named.

    Notes
    -----
    The expected cost of action ``a`` for probability ``p``, loss ``L`` and amount ``A`` is
    ``p (1 - effectiveness_a) L + (1 - p) (friction_minor_a + friction_share_a A)``; the least wins, the milder on a tie.

    The rules, in the order they apply; the last one that changed the action is named in ``policy_rule``:

    ======================== =========================================================================================
    ``least-cost``           the action of least expected cost among those the detector may take
    ``block-guard``          block was cheapest but the probability is below ``block_probability``: the next best
    ``uncalibrated``         no probability is claimed: ``confirm`` from ``confirm_score`` on, otherwise ``allow``
    ``critical-guard``       a review of one or two stars, and the probability is below ``critical_probability``: ``allow``
    ``reconciled:WAY``       a charge departs from what was shown or is owed: ``reconciled``, unless another cheat calls for more
    ``flag:COLUMN``          a weak-safety flag calls for at least this action
    ``assistant``            a hold where an assistant account is bound becomes a step-up approved by that account
    ======================== =========================================================================================

    Step-up methods by amount follow 非银行支付机构网络支付业务管理办法 Art. 24 (up to 1,000 yuan one factor, up to 5,000 two, above a
    certificate); a weak credential is not asked for again: it calls for the face at least.
    """

    version: str = "1"
    measures: Mapping[Action, Measure] = field(default_factory=lambda: dict(_DEFAULT_MEASURES))
    allowed: Mapping[Detector, tuple[Action, ...]] = field(
        default_factory=lambda: {
            Detector.PAYMENTS: tuple(Action),
            Detector.DEALS: tuple(Action),
            Detector.REVIEWS: (Action.ALLOW, Action.HOLD),
        }
    )
    block_probability: float = 0.90
    flags: Mapping[str, Action] = field(
        default_factory=lambda: {
            "is_weak_credential": Action.STEP_UP,
            "has_recent_permission_change": Action.STEP_UP,
        }
    )
    critical_probability: float = 0.80
    reconciled: Action = Action.HOLD
    confirm_score: float = 0.995
    assumed_rate: float = 0.005
    assumed_most: float = 0.30
    step_up_methods: tuple[tuple[int, StepUp], ...] = ((100_000, StepUp.SMS), (500_000, StepUp.FACE), (10**12, StepUp.CERT))
    worth: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ordered = [self.measures[action] for action in Action]
        for milder, harder, action in zip(ordered, ordered[1:], list(Action)[1:], strict=False):
            if harder.effectiveness < milder.effectiveness or not (
                harder.friction_minor >= milder.friction_minor and harder.friction_share >= milder.friction_share
            ):
                raise WrongSetting(
                    f"settings [policy.{action}]: effect or friction lies below that of a milder action; both must rise with severity; "
                    "correct the figures"
                )
        if self.measures[Action.BLOCK].valid_hours > UNREVIEWED_BLOCK_HOURS:
            raise WrongSetting(
                f"settings [policy.block]: valid_hours {self.measures[Action.BLOCK].valid_hours}; allowed are {UNREVIEWED_BLOCK_HOURS} "
                "for a block no human has seen; lower it"
            )
        for detector in Detector:
            if Action.ALLOW not in self.allowed[detector]:
                raise WrongSetting(f"settings [policy.allowed] {detector}: no allow; letting pass is always possible; add it")
        if {Action.STEP_UP, Action.BLOCK} & set(self.allowed[Detector.REVIEWS]):
            raise WrongSetting(
                "settings [policy.allowed] reviews: a review is at most held; allowed are allow, confirm, hold; drop the others"
            )


def policy_from(settings: Mapping[str, Any] | None = None) -> Policy:
    """The policy with a platform's settings in place of the written defaults.

    Parameters
    ----------
    settings
        The settings' ``[policy]``: any field of `Policy` by name; per action a table with any field of `Measure`
        (``[policy.hold] friction_minor = 800``); ``[policy.allowed]`` detector = list of actions; ``[policy.flags]`` column =
        action; ``step_up_methods`` a list of ``[amount up to, method]``; ``[policy.worth]`` currency = number.

    Raises
    ------
    WrongSetting
        On an unknown name or a value that is not allowed.
    """
    given, default = dict(settings or {}), Policy()
    measures = dict(default.measures)
    for action in Action:
        if action in given:
            measures[action] = _measure(action, measures[action], given.pop(action))
    known: dict[str, Any] = {"measures": measures}
    for name, told in given.items():
        where = f"settings [policy] {name}"
        match name:
            case "version":
                if not (isinstance(told, str) and told):
                    raise WrongSetting(f"{where}: {told!r}; wanted is a text; correct it")
                known[name] = told
            case "block_probability" | "critical_probability" | "confirm_score" | "assumed_rate" | "assumed_most":
                known[name] = _number(told, where, 1.0)
            case "reconciled":
                if told not in (Action.CONFIRM, Action.HOLD):
                    raise WrongSetting(f"{where}: {told!r}; allowed are confirm and hold; correct it")
                known[name] = Action(told)
            case "allowed":
                known[name] = {
                    **default.allowed,
                    **{
                        _one_of(detector, Detector, where): tuple(
                            sorted({_one_of(one, Action, where) for one in _list(some, where)}, key=_severity)
                        )
                        for detector, some in _table(told, where).items()
                    },
                }
            case "flags":
                known[name] = {**default.flags, **{str(flag): _one_of(one, Action, where) for flag, one in _table(told, where).items()}}
            case "step_up_methods":
                steps = [_list(step, where) for step in _list(told, where)]
                if not steps or any(len(step) != 2 for step in steps):
                    raise WrongSetting(f"{where}: {told!r}; wanted is a list of [amount up to, method]; write it as one")
                known[name] = tuple(sorted((int(_number(most, where, 10**12)), _one_of(method, StepUp, where)) for most, method in steps))
            case "worth":
                known[name] = {str(code): _number(one, where, 10**6) for code, one in _table(told, where).items()}
            case _:
                raise WrongSetting(
                    f"{where}: no such setting; allowed are version, block_probability, critical_probability, confirm_score, assumed_rate, "
                    f"assumed_most, allowed, flags, reconciled, step_up_methods, worth, tables named {', '.join(Action)}; correct the name"
                )
    return Policy(**known)


def _severity(action: Action) -> int:
    return action.severity


def _measure(action: Action, default: Measure, told: Any) -> Measure:
    where = f"settings [policy.{action}]"
    fields: dict[str, Any] = {
        "effectiveness": default.effectiveness,
        "friction_minor": default.friction_minor,
        "friction_share": default.friction_share,
        "valid_hours": default.valid_hours,
    }
    most = {"effectiveness": 1.0, "friction_minor": 10**9, "friction_share": 10.0, "valid_hours": 24 * 366}
    for name, value in _table(told, where).items():
        if name not in fields:
            raise WrongSetting(f"{where}: {name!r}; allowed are {', '.join(fields)}; correct the name")
        fields[name] = _number(value, f"{where} {name}", most[name])
    fields["valid_hours"] = int(fields["valid_hours"])
    return Measure(**fields)


def _number(told: Any, where: str, most: float) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= most:
        raise WrongSetting(f"{where}: {told!r}; allowed is a number from 0 to {most:g}; correct it")
    return float(told)


def _table(told: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise WrongSetting(f"{where}: {told!r}; wanted is a table; write it as one")
    return told


def _list(told: Any, where: str) -> list[Any]:
    if not isinstance(told, list | tuple):
        raise WrongSetting(f"{where}: {told!r}; wanted is a list; write it as one")
    return list(told)


def _one_of(told: Any, kind: Any, where: str) -> Any:
    if told not in tuple(kind):
        raise WrongSetting(f"{where}: {told!r}; allowed are {', '.join(kind)}; correct it")
    return kind(told)
