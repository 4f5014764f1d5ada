"""The backtest's report: pictures, and one page that is whole without a network."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from fairdeal.data_contracts.report_style import STYLE
from fairdeal.models import metrics
from fairdeal.pipelines.backtesting import Backtest, Judged

#: Bars of the picture of scores.
BARS = 40
_FOLD = (
    ("fold", "Fold"),
    ("learned_from", "Learned from"),
    ("rows", "Judged"),
    ("positives", "Frauds"),
    ("ap", "Average precision"),
    ("auc", "AUC"),
    ("ece", "Calibration error"),
    ("brier", "Brier"),
    ("detection_delay_days", "Days to detection"),
)
_BY_K = (
    ("precision_at", "Precision, a day's first k"),
    ("attainable", "The most attainable"),
    ("card_precision_at", "Cards compromised among k"),
    ("value_detected", "Share of the money at stake"),
    ("false_positives_per_fraud", "Honest disturbed per fraud found"),
)


def write_report(found: Backtest, folder: Path) -> Path:
    """Writes ``index.html``, ``figures.json`` and the pictures as PNG; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures(found.judged)
    for name, content in drawn.items():
        (folder / f"{name}.png").write_bytes(content)
    (folder / "figures.json").write_text(json.dumps(found.figures, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    page = folder / "index.html"
    page.write_text(render(found.figures, drawn), encoding="utf-8")
    return page


def pictures(judged: tuple[Judged, ...]) -> dict[str, bytes]:
    """Precision against recall, what was told against what happened, and how scores part frauds from honest rows; each as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def png(figure: Figure) -> bytes:
        buffer = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()

    ranking = Figure(figsize=(5, 4), layout="constrained")
    axes = ranking.subplots()
    for fold in judged:
        precision, recall, _ = metrics.precision_recall(fold.truth, fold.score)
        axes.step(recall, precision, where="post", label=fold.name, linewidth=1.2)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Precision against recall")
    if len(judged) <= 8:
        axes.legend(fontsize=7)
    truth = np.concatenate([fold.truth for fold in judged])
    told = np.concatenate([fold.probability for fold in judged])
    drawn = {"precision_recall": png(ranking)}
    if np.isfinite(told).all():
        means, shares, _ = metrics.reliability(truth, told)
        calibration = Figure(figsize=(5, 4), layout="constrained")
        axes = calibration.subplots()
        top = max(float(means.max(initial=0)), float(shares.max(initial=0)), 1e-3)
        axes.plot([0, top], [0, top], linestyle=":", color="grey")
        axes.plot(means, shares, marker="o")
        axes.set(xlabel="probability told", ylabel="share that was fraud", title="What was told, and what happened")
        drawn["reliability"] = png(calibration)
    score = np.concatenate([fold.score for fold in judged])
    parting = Figure(figsize=(5, 4), layout="constrained")
    axes = parting.subplots()
    edges = np.linspace(0, 1, BARS + 1).tolist()
    for label, name in ((0.0, "honest"), (1.0, "fraud")):
        some = score[truth == label]
        axes.hist(some, bins=edges, weights=np.full(len(some), 1 / max(len(some), 1)), alpha=0.6, label=name)
    axes.set(xlabel="score", ylabel="share of each", title="How scores part them")
    axes.legend(fontsize=8)
    drawn["scores"] = png(parting)
    return drawn


def _told(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else escape(str(value))


def render(figures: dict[str, Any], drawn: dict[str, bytes]) -> str:
    """The page, with its pictures inside."""
    head = "".join(f"<th>{escape(title)}</th>" for _, title in _FOLD)
    rows = "".join("<tr>" + "".join(f"<td>{_told(fold.get(name))}</td>" for name, _ in _FOLD) + "</tr>" for fold in figures["folds"])
    ks = list(figures["precision_at"] or {})
    by_k = "".join(
        f"<tr><td>{escape(title)}</td>" + "".join(f"<td>{_told(figures[name][k])}</td>" for k in ks) + "</tr>"
        for name, title in _BY_K
        if figures[name]
    )
    shown = "".join(
        f'<img alt="{escape(name.replace("_", " "))}" src="data:image/png;base64,{base64.b64encode(content).decode()}">'
        for name, content in drawn.items()
    )
    stamp = f'<p class="bad"><strong>{escape(figures["stamp"])}</strong></p>' if "stamp" in figures else ""
    facts = {
        "Rows judged": figures["rows"],
        "Frauds among them": figures["positives"],
        "Features": figures["features"],
        "Blind": ", ".join(figures["blind"]) or "none",
        "Went without": "; ".join(f"{name}: {', '.join(columns)}" for name, columns in figures["went_without"].items()) or "nothing",
        "Rows left out": "; ".join(f"{name}: {count}" for name, count in figures["left_out"].items() if count) or "none",
        "Model of the last fold": figures["model"],
        "Seconds": figures["seconds"],
    }
    told = "".join(f"<tr><th>{escape(name)}</th><td>{_told(value)}</td></tr>" for name, value in facts.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Backtest of {escape(figures['detector'])} on {escape(figures['source'])}</title>"
        f"<style>{STYLE} img {{ max-width: 32rem; width: 100% }}</style></head><body><main>"
        f"<h1>{escape(figures['detector'])} on {escape(figures['source'])}</h1><p><code>{escape(figures['split'])}</code></p>{stamp}"
        f"<p>Average precision <strong>{_told(figures['ap'])}</strong> ({_told(figures['ap_low'])} to {_told(figures['ap_high'])}), "
        f"AUC <strong>{_told(figures['auc'])}</strong> ({_told(figures['auc_low'])} to {_told(figures['auc_high'])}); "
        f"in brackets what drawing the judged days or groups again gives in 95 of 100 cases.</p>{shown}"
        f"<h2>Folds</h2><table><tr>{head}</tr>{rows}</table>"
        f"<h2>By how many are looked at in a day</h2><table><tr><th></th>{''.join(f'<th>{k}</th>' for k in ks)}</tr>{by_k}</table>"
        f"<h2>What it rests on</h2><table>{told}</table></main></body></html>\n"
    )
