"""What training looks like: pictures that are kept beside a model."""

from __future__ import annotations

import io
from typing import Any

from fairdeal.data_contracts.typologies import Detector


def plots(detector: Detector, metrics: dict[str, Any], curves: dict[str, Any]) -> dict[str, bytes]:
    """Precision against recall, and what was told against what happened, as PNG; nothing without labels."""
    if not curves:
        return {}
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def png(figure: Figure) -> bytes:
        buffer = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png")
        return buffer.getvalue()

    ranking = Figure(figsize=(5, 4), layout="constrained")
    axes = ranking.subplots()
    axes.step(curves["recall"], curves["precision"], where="post")
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02), xlim=(0, 1), title=f"{detector}: average precision {metrics['ap']:.3f}")
    reliability = Figure(figsize=(5, 4), layout="constrained")
    axes = reliability.subplots()
    top = max(float(max(curves["told"], default=1)), float(max(curves["happened"], default=1)), 1e-3)
    axes.plot([0, top], [0, top], linestyle=":", color="grey")
    axes.plot(curves["told"], curves["happened"], marker="o")
    axes.set(xlabel="probability told", ylabel="share that was fraud", title=f"{detector}: calibration error {metrics['ece']:.3f}")
    return {"precision_recall.png": png(ranking), "reliability.png": png(reliability)}
