"""The model card: what a detector learned from, how it did on days it never saw, where it fails, and whom a mistake hurts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fairdeal.data_contracts.typologies import Detector
from fairdeal.models.boosting import Boosted
from fairdeal.models.detector import TrainedDetector
from fairdeal.models.kinds import FEWEST_OF_A_KIND

#: Name of the card beside a model's pictures.
FILE = "model_card.md"
#: Features told as weighing most, and calibration error from which the card warns.
MOST_TOLD, LARGE_ERROR = 10, 0.05
#: Ages in days of which the card says what silence weighed.
AGES = (1, 3, 7, 14, 21, 28)
#: Whom each kind of mistake hurts.
HURT = {
    Detector.PAYMENTS: (
        "An honest payer is asked to confirm, or held up at the till; the shop may lose the sale.",
        "Whoever owns the instrument loses the money, or the platform does once it is charged back.",
    ),
    Detector.DEALS: (
        "An honest shop's order is held and its standing doubted; the buyer waits for the parcel.",
        "Buyers trust a rank that was bought, and honest shops lose their place to it.",
    ),
    Detector.REVIEWS: (
        "Somebody who paid and was angry, or happy, is not heard.",
        "Buyers choose by words that were paid for, and a rival's attack stands.",
    ),
}


def model_card(
    model: TrainedDetector,
    frame: pd.DataFrame,
    *,
    facts: Mapping[str, Any],
    metrics: Mapping[str, Any],
    blind: Sequence[str],
    note: str | None,
) -> str:
    """The card of a model that was just trained, as Markdown.

    Parameters
    ----------
    frame
        What it learned from: ``event_at, is_fraud, typology``, and where silence stands for honesty ``is_silent, is_censored, weight``.
    facts
        Kept with the model: ``source, trained_until, features, seed, data_version, code_version``.
    metrics
        How its twin of earlier days did; empty without labels.
    blind
        Features that the source gives nothing for.
    note
        Why it learned from no labels, where it did not.
    """
    known = frame[frame["is_fraud"].notna()]
    frauds = known[known["is_fraud"] > 0.5]
    span = f"{known['event_at'].min():%Y-%m-%d} to {known['event_at'].max():%Y-%m-%d}" if len(known) else "none"
    learned = (
        f"Finds {model.detector.value} that are not what they seem. Learned from {facts['source']}, {span}, as known on "
        f"{facts['trained_until'][:10]}: {len(known):,} labelled rows, {len(frauds):,} of them frauds; {len(facts['features'])} features, "
        f"{len(blind)} more are blind. Data {facts['data_version']}, seed {facts['seed']}, code {facts['code_version']}."
    )
    lines = [
        f"# {model.model_version}",
        "",
        learned,
        "",
        "## On days it never saw",
        "",
        *(_figures(metrics) if metrics else [f"No figures: {note}"]),
        "",
        "## What it learned from",
        "",
        *_kinds(frauds),
        "",
        *_silence(frame, facts["trained_until"]),
        "## What weighs most",
        "",
        *_weights(model),
        "",
        "## Where it fails",
        "",
        *(f"- {sentence}" for sentence in _limits(model, metrics, blind, frauds)),
        "",
        "## Whom a mistake hurts",
        "",
        f"- Held, and honest: {HURT[model.detector][0]}",
        f"- Let through, and a cheat: {HURT[model.detector][1]}",
        "",
    ]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_TOLD = (("ap", "average precision"), ("auc", "AUC"), ("ece", "calibration error"), ("brier", "Brier"), ("base_rate", "share of frauds"))


def _figures(metrics: Mapping[str, Any]) -> list[str]:
    """Figures of the twin, and a table by how many are looked at."""
    ks = list(metrics["precision_at"])
    rows = [("precision", metrics["precision_at"]), ("attainable", metrics["attainable"])]
    rows += [
        (name, metrics[key])
        for name, key in (("money found", "value_detected"), ("honest disturbed per fraud", "false_positives_per_fraud"))
        if metrics[key]
    ]
    told = ", ".join(f"{word} {_number(metrics[name])}" for name, word in _TOLD)
    return [
        f"{metrics['rows']:,} rows over {metrics['days']} days, {metrics['positives']:,} of them frauds: {told}.",
        "",
        "The model itself has learned from these days too.",
        "",
        f"| looked at in a day | {' | '.join(ks)} |",
        f"|---|{'---|' * len(ks)}",
        *(f"| {name} | {' | '.join(_number(values[k]) for k in ks)} |" for name, values in rows),
    ]


def _kinds(frauds: pd.DataFrame) -> list[str]:
    named = frauds["typology"].dropna() if "typology" in frauds.columns else pd.Series(dtype=str)
    if not len(named):
        return ["The source names no kinds of cheat."]
    counts = sorted(named.value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    return ["| kind | frauds |", "|---|---|", *(f"| {name} | {count:,} |" for name, count in counts)]


def _silence(frame: pd.DataFrame, until: str) -> list[str]:
    """What the silence about rows of an age weighed: the share of frauds that are known by then; and who is not counted as silent."""
    if "is_silent" not in frame.columns or not frame["is_silent"].any():
        return []
    silent = frame[frame["is_silent"]]
    days = (pd.Timestamp(until) - silent["event_at"]).dt.total_seconds() / 86_400
    weight = {age: silent["weight"][(days > age - 1) & (days <= age)].mean() for age in AGES}
    told = {age: value for age, value in weight.items() if pd.notna(value)}
    cut_off = f"{int(frame['is_censored'].sum()):,} rows held or blocked that nobody looked at teach nothing"
    return [
        f"Silence counts as honesty by the share of frauds that come to light by its age; {cut_off}.",
        "",
        f"| days old | {' | '.join(str(age) for age in told)} |",
        f"|---|{'---|' * len(told)}",
        f"| silence weighs | {' | '.join(f'{value:.2f}' for value in told.values())} |",
        "",
    ]


def _weights(model: TrainedDetector) -> list[str]:
    if not isinstance(model.ranker, Boosted):
        return ["Every feature alike, by how rare its value is."]
    gain = model.ranker.gain()
    order = sorted(range(len(gain)), key=lambda at: (-gain[at], model.columns[at]))[:MOST_TOLD]
    whole = float(gain.sum()) or 1.0
    return [
        "| feature | share of what the trees gained |",
        "|---|---|",
        *(f"| {model.columns[at]} | {gain[at] / whole:.0%} |" for at in order),
    ]


def _limits(model: TrainedDetector, metrics: Mapping[str, Any], blind: Sequence[str], frauds: pd.DataFrame) -> list[str]:
    """What follows from the figures and from what was there to learn from."""
    found = []
    if not model.is_calibrated:
        found.append("It knows what is unusual, not what is fraud: it claims no probability.")
    if metrics and (metrics["ece"] or 0.0) >= LARGE_ERROR:
        found.append(f"Its probabilities were off by {metrics['ece']:.3f} on average: take its order for more than its numbers.")
    if metrics and metrics["positives"] < 30:
        found.append(f"Its figures rest on {metrics['positives']} frauds: a few more or less would move them far.")
    if metrics:
        k = list(metrics["precision_at"])[-1]
        reached, most = metrics["precision_at"][k], metrics["attainable"][k]
        if reached is not None and most:
            found.append(f"Of the frauds that a day's first {k} could hold, {1 - reached / most:.0%} were not among them.")
    counts = dict(frauds["typology"].value_counts()) if "typology" in frauds.columns else dict[str, int]()
    rare = sorted(str(name) for name, count in counts.items() if count < FEWEST_OF_A_KIND)
    if rare:
        found.append(f"Of {', '.join(rare)} it has seen fewer than {FEWEST_OF_A_KIND}: it cannot tell them apart from others.")
    if blind:
        found.append(f"It sees nothing of {', '.join(blind[:8])}{' and others' if len(blind) > 8 else ''}: the source does not give it.")
    found.append("It has never seen a cheat that nobody reported, nor one that begins tomorrow.")
    return found
