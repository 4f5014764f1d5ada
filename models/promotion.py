"""Promotion: the rule by which a challenger may take the champion's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from fairdeal.models.errors import WrongSetting


@dataclass(frozen=True)
class PromotionRule:
    """What a challenger must show on the days on which both were judged; every field can be set under ``[promotion]``.

    Parameters
    ----------
    fewest_days, fewest_frauds
        With less to judge by, nothing is said.
    most_more_disturbed
        The share of honest people disturbed may grow by so much (0.005 is half a point); more counts as harm where it is beyond chance.
    most_calibration_error, most_worse_calibrated
        The calibration error may reach the first figure, or lie above the champion's by the second; more counts as harm where it is
        beyond chance, which on few rows is more than either.
    most_less_caught, fewest_of_a_kind
        Of each kind of cheat with so many cases, the share acted upon may fall by so much; more counts as harm where beyond chance.
    fewest_in_segment, most_more_in_segment
        In each segment (a language, new accounts, …) with so many honest subjects the share disturbed may grow by so much; more counts
        as harm where it is beyond chance.
    """

    fewest_days: int = 5
    fewest_frauds: int = 20
    most_more_disturbed: float = 0.005
    most_calibration_error: float = 0.02
    most_worse_calibrated: float = 0.005
    most_less_caught: float = 0.05
    fewest_of_a_kind: int = 20
    fewest_in_segment: int = 200
    most_more_in_segment: float = 0.01


@dataclass(frozen=True)
class Check:
    """One sentence of the rule, and whether it holds; None where there was too little to say."""

    name: str
    holds: bool | None
    told: str


def rule_from(settings: Mapping[str, Any] | None = None) -> PromotionRule:
    """The rule with a platform's settings in place of the written defaults.

    Raises
    ------
    WrongSetting
        On an unknown name or a value that is not allowed.

    Examples
    --------
    >>> rule_from({"fewest_days": 14}).fewest_days
    14
    """
    known: dict[str, type] = {field.name: type(getattr(PromotionRule, field.name)) for field in fields(PromotionRule)}
    found: dict[str, Any] = {}
    for name, told in (settings or {}).items():
        where = f"settings [promotion] {name}"
        if name not in known:
            raise WrongSetting(f"{where}: no such setting; allowed are {', '.join(known)}; correct the name")
        most = 10**6 if known[name] is int else 1.0
        if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= most or (known[name] is int and told % 1):
            raise WrongSetting(f"{where}: {told!r}; allowed is a number from 0 to {most:g}; correct it")
        found[name] = known[name](told)
    return PromotionRule(**found)


def judge_promotion(compared: Mapping[str, Any], rule: PromotionRule) -> tuple[bool, tuple[Check, ...]]:
    """Whether the challenger may be promoted, and every sentence that was looked at.

    Parameters
    ----------
    compared
        What `fairdeal.models.comparing.compare` gives.
    rule
        The written rule.

    Returns
    -------
    may
        Whether there was enough to judge by, the gain lies beyond chance and no guardrail is broken.
    checks
        In the order of the rule. The gain is the money saved; where no money is known to move, the average precision.
    """
    figures = compared["figures"]
    enough = compared["days"] >= rule.fewest_days and compared["frauds"] >= rule.fewest_frauds
    checks = [
        Check(
            "enough",
            enough,
            f"{compared['days']} days with {compared['frauds']} frauds were judged; needed are {rule.fewest_days} and {rule.fewest_frauds}",
        ),
        _gain(figures),
        _disturbed(figures["disturbed_share"], rule.most_more_disturbed, "honest people disturbed", "honest"),
        _calibration(figures["ece"], rule),
    ]
    for name, told in compared["typologies"].items():
        if told["count"] >= rule.fewest_of_a_kind:
            checks.append(_caught(name, told, rule))
    for name, told in compared["segments"].items():
        if told["count"] >= rule.fewest_in_segment:
            checks.append(_disturbed(told, rule.most_more_in_segment, f"honest people disturbed, {name}", f"segment {name}"))
    return all(check.holds is not False for check in checks) and bool(enough and checks[1].holds), tuple(checks)


def _gain(figures: Mapping[str, Any]) -> Check:
    money = figures["saved_per_day"]
    moves = money["champion"] != 0 or money["challenger"] != 0
    told, unit, part = (money, "money saved per day", 100) if moves else (figures["ap"], "average precision", 1)
    if told["low"] is None:
        return Check("gain", None, f"{unit}: nothing to compare by")
    difference, low, high = (f"{told[name] / part:+,.4g}" for name in ("difference", "low", "high"))
    return Check("gain", told["low"] > 0, f"{unit}: {difference}, by chance from {low} to {high}; more than chance is needed")


def _disturbed(told: Mapping[str, Any], allowed: float, what: str, name: str) -> Check:
    if told["low"] is None:
        return Check(name, None, f"{what}: nobody to compare by")
    broken = told["low"] > 0 and told["difference"] > allowed
    return Check(name, not broken, f"{what}: {told['champion']:.2%} before, {told['challenger']:.2%} now; allowed is {allowed:.2%} more")


def _calibration(told: Mapping[str, Any], rule: PromotionRule) -> Check:
    if told["challenger"] is None:
        return Check("calibration", None, "calibration error: at least one of the two claims no probability")
    most = max(rule.most_calibration_error, told["champion"] + rule.most_worse_calibrated, told["by_chance"])
    return Check(
        "calibration",
        told["challenger"] <= most,
        f"calibration error: {told['champion']:.4f} before, {told['challenger']:.4f} now; allowed is {most:.4f}",
    )


def _caught(name: str, told: Mapping[str, Any], rule: PromotionRule) -> Check:
    broken = told["high"] is not None and told["high"] < 0 and -told["difference"] > rule.most_less_caught
    return Check(
        f"kind {name}",
        not broken,
        f"{name} acted upon: {told['champion']:.1%} before, {told['challenger']:.1%} now; allowed is {rule.most_less_caught:.1%} less",
    )
