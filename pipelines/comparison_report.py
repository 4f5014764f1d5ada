"""The comparison's report: one page that is whole without a network, with a picture of the money by day."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from pathlib import Path
from typing import Any

from fairdeal.data_contracts.report_style import STYLE
from fairdeal.models.comparing import RIVALS

#: Figures in the order in which they are told: name, English, Chinese, how it is written.
FIGURES = (
    ("saved_per_day", "Money saved per day, friction taken off", "每日净节省", "money"),
    ("prevented_per_day", "Fraud stopped per day", "每日拦截金额", "money"),
    ("prevented_buyer_per_day", "of it the buyers'", "其中买家", "money"),
    ("prevented_merchant_per_day", "of it the merchants'", "其中商家", "money"),
    ("prevented_platform_per_day", "of it the platform's", "其中平台", "money"),
    ("prevented_carrier_per_day", "of it the carriers'", "其中承运方", "money"),
    ("prevented_payment_provider_per_day", "of it the payment providers'", "其中支付机构", "money"),
    ("lost_per_day", "Fraud that went through per day", "每日未拦截金额", "money"),
    ("lost_buyer_per_day", "of it at the buyers' cost", "其中买家承担", "money"),
    ("lost_merchant_per_day", "of it at the merchants' cost", "其中商家承担", "money"),
    ("lost_platform_per_day", "of it at the platform's cost", "其中平台承担", "money"),
    ("lost_carrier_per_day", "of it at the carriers' cost", "其中承运方承担", "money"),
    ("lost_payment_provider_per_day", "of it at the payment providers' cost", "其中支付机构承担", "money"),
    ("friction_per_day", "Cost to honest people per day", "每日对诚信用户的成本", "money"),
    ("prevented_share", "Share of the fraudulent money stopped", "欺诈金额拦截比例", "share"),
    ("disturbed_share", "Honest people disturbed", "被打扰的诚信用户比例", "share"),
    ("unseen_per_day", "Acted upon, and nobody looks that night", "当晚无人查看的处置", "number"),
    ("breached_per_day", "Cases that nobody can look at within 24 hours, per day", "每日24小时内无法处理的案件", "number"),
    ("hours_per_day", "Analysts' hours per day", "每日分析师工时", "number"),
    ("hours_on_honest_per_day", "Hours spent on honest subjects per day", "花在诚信对象上的工时", "number"),
    ("frauds_looked_at_per_day", "Frauds that analysts see per day", "分析师每日看到的欺诈数", "number"),
    ("ap", "Average precision", "平均精确率", "number"),
    ("auc", "AUC", "AUC", "number"),
    ("ece", "Calibration error", "校准误差", "number"),
    ("brier", "Brier", "Brier 分数", "number"),
)


def write_comparison(told: dict[str, Any], folder: Path) -> Path:
    """Writes ``index.html``, ``figures.json`` and the picture as PNG; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = picture(told)
    (folder / "saved_by_day.png").write_bytes(drawn)
    (folder / "figures.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    written_to = folder / "index.html"
    written_to.write_text(render(told, drawn), encoding="utf-8")
    return written_to


def picture(told: dict[str, Any], names: tuple[str, str] = RIVALS) -> bytes:
    """Money saved by either side on each day, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    days = [row["day"][5:] for row in told["by_day"]]
    for name, marker in zip(names, "os", strict=True):
        axes.plot(days, [row[name] / 100 for row in told["by_day"]], marker=marker, markersize=4, label=name.replace("_", " "))
    axes.set(ylabel=f"saved, {told['currency'] or 'units'}", title="Money saved by day, cost to honest people taken off")
    axes.tick_params(axis="x", rotation=60)
    axes.legend(frameon=False)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def written(value: float | None, how: str, *, signed: bool = False) -> str:
    """A figure as people read it.

    >>> written(0.1234, "share"), written(-12_345.0, "money", signed=True), written(None, "share")
    ('12.3 %', '-123.45', '–')
    """
    if value is None:
        return "–"
    sign = "+" if signed else ""
    return {
        "share": f"{value * 100:{sign}.1f} %",
        "money": f"{value / 100:{sign},.2f}",
        "number": f"{value:{sign},.3f}",
    }[how]


def cells(told: dict[str, Any], how: str, names: tuple[str, str] = RIVALS) -> list[str]:
    """Either side, the difference, and its range."""
    span = "–" if told["low"] is None else f"{written(told['low'], how, signed=True)} … {written(told['high'], how, signed=True)}"
    return [
        *(written(told[name], how) for name in names),
        written(told["difference"], how, signed=True),
        span,
    ]


def tables(told: dict[str, Any], heads: tuple[str, str], names: tuple[str, str] = RIVALS) -> str:
    """All figures, kinds of cheat and segments side by side, as HTML."""

    def row(title: str, part: dict[str, Any], how: str) -> str:
        return f"<tr><th>{title}</th>" + "".join(f"<td>{escape(value)}</td>" for value in cells(part, how, names)) + "</tr>"

    def shares(parts: dict[str, Any]) -> str:
        return "".join(row(f"{escape(name)} ({part['count']:,})", part, "share") for name, part in parts.items())

    head = f"<tr><th></th><th>{heads[0]}</th><th>{heads[1]}</th><th>Difference 差值</th><th>95 % by days 区间</th></tr>"
    figures = "".join(
        row(f'{escape(english)} <span lang="zh">{chinese}</span>', told["figures"][name], how) for name, english, chinese, how in FIGURES
    )
    return (
        f"<h2>Figures</h2><p>Money in {escape(told['currency'] or 'units')}. What an action stops is the policy's assumption.</p>"
        f'<div class="scroll"><table>{head}{figures}</table></div>'
        f'<h2>Share acted upon, by kind of cheat</h2><div class="scroll"><table>{head}{shares(told["typologies"])}</table></div>'
        f'<h2>Honest people disturbed, by segment</h2><div class="scroll"><table>{head}{shares(told["segments"])}</table></div>'
    )


def page(title: str, body: str, drawn: bytes, end: str) -> str:
    """One page that is whole: ``body``, the picture, ``end``."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE} img {{ max-width: 100% }} ul {{ list-style: none; padding: 0 }}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}"
        f'<img alt="Money saved by day by either side" src="data:image/png;base64,{base64.b64encode(drawn).decode()}">'
        f"{end}</main></body></html>\n"
    )


def period(told: dict[str, Any]) -> str:
    """Which days were judged, by how many subjects, and how many had to be left out."""
    left_out = f"; {told['censored']:,} held or blocked that nobody looked at are left out" if told.get("censored") else ""
    return (
        f"{told['source']}, {told['interval'][0][:10]} to {told['interval'][1][:10]}: {told['days']} days, {told['subjects']:,} subjects, "
        f"{told['frauds']:,} frauds as known on {told['until'][:10]}{left_out}"
    )


def render(told: dict[str, Any], drawn: bytes) -> str:
    """The comparison's page, its picture inside."""

    def stood(name: str) -> str:
        how = "as it is" if told[name]["stood_as"] == "itself" else "a twin that learned from earlier days only"
        return f"{name} {told[name]['model_version']} ({how})"

    marks = {True: ("good", "✓"), False: ("bad", "✗"), None: ("", "·")}
    checks = "".join(
        f'<li class="{marks[check["holds"]][0]}">{marks[check["holds"]][1]} {escape(check["told"])}</li>' for check in told["checks"]
    )
    verdict = (
        '<p class="good"><strong>The challenger may be promoted · 可以晋升</strong></p>'
        if told["may_promote"]
        else '<p class="bad"><strong>The challenger stays challenger · 暂不晋升</strong></p>'
    )
    body = f"{verdict}<ul>{checks}</ul><p>{escape(period(told))}; {escape(stood('champion'))}, {escape(stood('challenger'))}.</p>"
    end = f"{tables(told, ('Champion 冠军', 'Challenger 挑战者'))}<p><code>{escape(told['comparison_id'])}</code></p>"
    return page(f"Champion and challenger: {told['detector']}", body, drawn, end)
