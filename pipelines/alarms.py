"""Alarms: the bounds beyond which what was watched calls a person, and what to do then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: An index from here on is a move.
MOVED = 0.25
#: A move that changes the mean by a smaller part, and the share of unknown by less, is of no consequence however sure it is.
LEAST_CHANGE = 0.10
#: So many features are named.
NAMED = 3
#: Frauds that came over frauds that were told to come: outside this range probabilities are not to be trusted.
CALIBRATED = (0.5, 2.0)
#: With fewer frauds nothing is said of calibration.
FEWEST_FRAUDS = 20
#: Labels that take so many times as long as before.
SLOWER = 1.5
#: A share of rows set aside that has grown so many times, and to so much.
MORE_QUARANTINE, LEAST_QUARANTINE = 3.0, 0.005
#: A reason that so many people's looks, and such a share of them, called wrong misleads.
FEWEST_WRONG, OFTEN_WRONG = 5, 0.25


@dataclass(frozen=True)
class Alarm:
    """Something that a person should look at."""

    kind: str
    about: str
    text_zh: str
    text_en: str
    do: str


def alarms(told: dict[str, Any]) -> list[Alarm]:
    """What `fairdeal.pipelines.watching.watch` found that is beyond the written bounds."""
    found = []
    for name, detector in told["detectors"].items():
        moved = [feature for feature in detector["features"] if _has_moved(feature)]
        if moved:
            found.append(_moved_alarm(name, moved))
        score, same_models = detector["score"], detector["score"]["models"] == detector["score"]["models_before"]
        if (score["stability"] or 0.0) >= MOVED and same_models:
            found.append(
                Alarm(
                    "score_moved",
                    name,
                    f"{name} 的评分分布明显移动(PSI {score['stability']:.2f}),模型未更换",
                    f"{name}: scores have moved (PSI {score['stability']:.2f}) though the model is the same",
                    "look at the features that moved; when the trade has changed, train and compare",
                )
            )
        ripe = detector["ripe"]
        if ripe["ratio"] is not None and ripe["frauds"] >= FEWEST_FRAUDS and not CALIBRATED[0] <= ripe["ratio"] <= CALIBRATED[1]:
            found.append(
                Alarm(
                    "calibration",
                    name,
                    f"{name} 在标签成熟的日子里,实际欺诈是预测的 {ripe['ratio']:.2f} 倍",
                    f"{name}: on ripe days {ripe['ratio']:.2f} times as many frauds came as the probabilities said",
                    "train on newer days and compare; until then thresholds act too early or too late",
                )
            )
        misleading = [row for row in detector.get("reasons_wrong", []) if row["wrong"] >= FEWEST_WRONG and row["share"] >= OFTEN_WRONG]
        if misleading:
            found.append(_reasons_alarm(name, misleading))
        delay = detector["label_delay_days"]
        if delay["now"] is not None and delay["before"] and delay["now"] > SLOWER * delay["before"]:
            found.append(
                Alarm(
                    "labels_late",
                    name,
                    f"{name} 的标签从 {delay['before']:.1f} 天变为 {delay['now']:.1f} 天才到",
                    f"{name}: labels take {delay['now']:.1f} days, {delay['before']:.1f} before",
                    "ask who reports; set [train] ripe_days to what labels take, or young frauds count as honest",
                )
            )
    for name, table in told["tables"].items():
        now, before = table["aside_now"] or 0.0, table["aside_before"] or 0.0
        if now >= LEAST_QUARANTINE and now > MORE_QUARANTINE * before:
            found.append(
                Alarm(
                    "quarantine",
                    name,
                    f"{name} 表被隔离的行从 {before:.2%} 增至 {now:.2%}",
                    f"{name}: {now:.2%} of the rows are set aside, {before:.2%} before",
                    "`fairdeal contracts quarantine` shows which rule and lines; ask the provider or mend the mapping",
                )
            )
    if told["degraded"]:
        found.append(
            Alarm(
                "degraded",
                "feed",
                f"本周有 {told['degraded']} 份风险数据降级发布",
                f"{told['degraded']} of this week's feeds went out degraded",
                "each says why in its manifest and its run's summary; see `feed_degraded` in the runbook",
            )
        )
    return found


def _has_moved(feature: dict[str, Any]) -> bool:
    if (feature["stability"] or 0.0) < MOVED or feature["filling"]:
        return False
    if abs(feature["null_now"] - feature["null_before"]) >= LEAST_CHANGE:
        return True
    before, now = feature["mean_before"], feature["mean_now"]
    return before is not None and now is not None and abs(now - before) >= LEAST_CHANGE * abs(before)


def _moved_alarm(name: str, moved: list[dict[str, Any]]) -> Alarm:
    """One alarm of a detector for all its features that moved: what changed in one place shows in many."""
    told = [f"{feature['name']} (PSI {feature['stability']:.2f}{_how(feature)})" for feature in moved[:NAMED]]
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    return Alarm(
        "features_moved",
        name,
        f"{name} 有 {len(moved)} 个特征明显移动,最大为 {moved[0]['name']}(PSI {moved[0]['stability']:.2f})",
        f"{name}: features have moved: {', '.join(told)}{more}",
        "a provider's column that changed its meaning, or the trade itself: `fairdeal contracts report`, then train and compare",
    )


def _how(feature: dict[str, Any]) -> str:
    if abs(feature["null_now"] - feature["null_before"]) >= LEAST_CHANGE:
        return f", {feature['null_now']:.0%} unknown, {feature['null_before']:.0%} before"
    return f", {feature['mean_now']:,.4g} on average, {feature['mean_before']:,.4g} before"


def _reasons_alarm(name: str, misleading: list[dict[str, Any]]) -> Alarm:
    """One alarm of a detector for all its reasons that people often call wrong."""
    told = [f"{row['code']} ({row['wrong']} of {row['judged']})" for row in misleading[:NAMED]]
    more = f" and {len(misleading) - NAMED} more" if len(misleading) > NAMED else ""
    first = misleading[0]
    return Alarm(
        "reason_wrong",
        name,
        f"{name} 有 {len(misleading)} 个原因常被分析师判为不成立,最多为 {first['code']}({first['wrong']}/{first['judged']})",
        f"{name}: analysts often call reasons wrong: {', '.join(told)}{more}",
        "read what they said of it (`reason_wrong` in the runbook); mend the feature or its source, then train and compare",
    )
