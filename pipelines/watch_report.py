"""The week's page: alarms, the models on ripe days, what has moved, alerts by reason; whole without a network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from fairdeal.data_contracts.report_style import STYLE
from fairdeal.pipelines.alarms import MOVED

#: Features shown of each detector.
SHOWN = 12


def write_watch(told: dict[str, Any], folder: Path) -> Path:
    """Writes ``index.html`` and ``figures.json``; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = folder / "index.html"
    page.write_text(render(told), encoding="utf-8")
    return page


def _figure(value: float | None, how: str = ".3f") -> str:
    return "–" if value is None else f"{value:{how}}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{head}</th>" for head in heads)
    body = "".join(f"<tr><th>{row[0]}</th>" + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def render(told: dict[str, Any]) -> str:
    """The page."""
    if told["alarms"]:
        found = "".join(
            f'<li class="bad"><strong>{escape(alarm["text_en"])}</strong> <span lang="zh">{escape(alarm["text_zh"])}</span>'
            f"<br>{escape(alarm['do'])}</li>"
            for alarm in told["alarms"]
        )
        alarms = f"<ul>{found}</ul>"
    else:
        alarms = '<p class="good"><strong>Nothing calls for a person · 无需处理</strong></p>'
    detectors = "".join(_detector(name, detector) for name, detector in told["detectors"].items())
    tables = _table(
        ["Table 表", "Rows a day before", "now", "Set aside before", "now"],
        [
            [escape(name), _figure(row["rows_before"], ",.0f"), _figure(row["rows_now"], ",.0f")]
            + [_figure(row[column], ".2%") for column in ("aside_before", "aside_now")]
            for name, row in told["tables"].items()
        ],
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Week to {told['day']}</title><style>{STYLE} ul {{ list-style: none; padding: 0 }} li {{ margin-bottom: .4rem }} "
        f"meter {{ width: 7rem }}</style></head><body><main><h1>{escape(told['source'])}: week to {told['day']}</h1>"
        f"<p>{told['recent']} runs of the week held against {told['before']} of the four weeks before.</p>{alarms}{detectors}"
        f"<h2>Data <span lang='zh'>数据</span></h2>{tables}<p>Feeds of the week that went out degraded: {told['degraded']}.</p>"
        "</main></body></html>\n"
    )


def _meter(stability: float | None) -> str:
    """A bar and the figure; from .1 on yellow, from a move on red."""
    bar = f'<meter min="0" max="1" low="0.1" high="{MOVED}" optimum="0" value="{stability or 0.0:.3f}"></meter>'
    return f"{bar} {_figure(stability)}"


def _shares(told: dict[str, dict[str, float]], names: list[str]) -> list[list[str]]:
    return [
        [escape(name), *(_figure(told[when].get(name, 0.0) if told[when] else None, ".2%") for when in ("before", "now"))] for name in names
    ]


def _detector(name: str, told: dict[str, Any]) -> str:
    ripe, delay, score = told["ripe"], told["label_delay_days"], told["score"]
    facts = {
        "Frauds came · told to come": f"{ripe['frauds']} · {_figure(ripe['frauds_told'], '.1f')}",
        "Calibration error 校准误差": _figure(ripe["ece"], ".4f"),
        "Frauds among what was acted upon 处置精确率": _figure(ripe["precision"], ".1%"),
        "Frauds acted upon 欺诈处置率": _figure(ripe["recall"], ".1%"),
        "Days to a label, before · now 标签延迟": f"{_figure(delay['before'], '.1f')} · {_figure(delay['now'], '.1f')}",
        "Scores moved (PSI) 评分移动": _figure(score["stability"]),
    }
    tiles = "".join(f'<div class="tile"><p>{label}</p><p class="figure">{value}</p></div>' for label, value in facts.items())
    moved = [
        [
            escape(feature["name"]) + (" <small>history still filling 历史积累中</small>" if feature["filling"] else ""),
            _meter(feature["stability"]),
            _figure(feature["superiority"], ".2f"),
            _figure(feature["mean_before"], ",.4g"),
            _figure(feature["mean_now"], ",.4g"),
            f"{feature['null_before']:.0%}",
            f"{feature['null_now']:.0%}",
        ]
        for feature in told["features"][:SHOWN]
    ]
    shares = _shares(told["actions"], sorted({*told["actions"]["before"], *told["actions"]["now"]}))
    reasons = _shares(told["reasons"], list(dict.fromkeys([*told["reasons"]["now"], *told["reasons"]["before"]]))[:SHOWN])
    wrong = [[escape(row["code"]), str(row["wrong"]), str(row["judged"]), f"{row['share']:.0%}"] for row in told["reasons_wrong"][:SHOWN]]
    return (
        f"<h2>{escape(name)}</h2><p>On {ripe['days']} ripe days with {ripe['rows']:,} subjects; {ripe['censored']:,} held or blocked that "
        f"nobody looked at are left out.</p><div class='tiles'>{tiles}</div>"
        "<h3>What moved most <span lang='zh'>移动最大的特征</span></h3>"
        + _table(["Feature 特征", "PSI beyond chance", "Now above before", "Mean before", "now", "Unknown before", "now"], moved)
        + "<h3>Actions <span lang='zh'>处置</span></h3>"
        + _table(["Action", "Before", "Now"], shares)
        + "<h3>Alerts by first reason <span lang='zh'>预警首要原因</span></h3>"
        + _table(["Reason", "Before", "Now"], reasons)
        + (
            "<h3>Reasons that people called wrong <span lang='zh'>被判为不成立的原因</span></h3>"
            + _table(["Reason", "Called wrong in", "of alerts judged", "Share"], wrong)
            if wrong
            else ""
        )
    )
