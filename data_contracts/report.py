"""The contract report: what the last runs' data was found to be, as one HTML page that is whole without a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from fairdeal.data_contracts.report_charts import share_bar, split_bar
from fairdeal.data_contracts.report_health import render_health
from fairdeal.data_contracts.report_style import STYLE

#: Chinese and English of every word on the page that is not data.
WORDS: dict[str, tuple[str, str]] = {
    "title": ("数据契约报告", "Data contract report"),
    "no_runs": ("还没有运行记录。", "No runs yet."),
    "latest": ("最近一次读入", "Latest run that read data"),
    "health": ("数据源健康", "Health of the sources, night by night"),
    "runs": ("各次运行", "Runs"),
    "tables": ("数据表", "Tables"),
    "rules": ("规则", "Rules"),
    "files": ("文件", "Files"),
    "table": ("表", "Table"),
    "rows_in": ("读入行", "Rows in"),
    "accepted": ("接受", "Accepted"),
    "quarantined": ("隔离", "Quarantined"),
    "share": ("比例", "Share"),
    "limit": ("上限", "Limit"),
    "verdict": ("结论", "Verdict"),
    "within": ("合格", "within limit"),
    "over": ("超限", "over limit"),
    "failed": ("张表不合格", "tables failed"),
    "not_conserved": ("行数不守恒", "rows not conserved"),
    "engine": ("裁定者", "Judged by"),
    "rule": ("规则", "Rule"),
    "checked": ("检查行", "Checked"),
    "breached": ("违反行", "Breached"),
    "duplicates": ("重复", "Duplicates"),
    "corrections": ("更正", "Corrections"),
    "late": ("迟到", "Late"),
    "file": ("文件", "File"),
    "status": ("状态", "Status"),
    "rows_counted": ("独立计数", "Counted"),
    "rows_read": ("解析", "Read"),
    "rows_rejected": ("拒绝", "Rejected"),
    "message": ("说明", "Message"),
    "run": ("运行", "Run"),
    "source": ("来源", "Source"),
    "interval": ("区间", "Interval"),
    "frozen_at": ("冻结时刻", "Frozen at"),
    "kept": ("全部规则均满足：", "every rule kept:"),
    "kept_rules": ("条规则无违反", "rules kept by every row"),
    "no_tables": ("本次没有数据表。", "No tables in this run."),
    "nothing_new": ("未读入新数据", "nothing new was read"),
    "refused": ("整批拒收，未计入任何数据", "refused as a whole, nothing of it counts"),
    "no_files": ("本次没有读取文件。", "No files in this run."),
}

#: Chinese of the tables' names; a table the page does not know is shown under its name alone.
TABLES: dict[str, str] = {
    "account_events": "账户事件",
    "buyers": "买家",
    "labels": "标注",
    "listings": "商品",
    "merchants": "商家",
    "orders": "订单",
    "payments": "付款",
    "refunds": "退款",
    "reviews": "评价",
    "shipments": "物流",
}

ENGINES = {"great_expectations": "Great Expectations", "compiled": "编译规则 compiled rules"}

#: Chinese of a file's status, and whether it is as it should be; a status the page does not know is shown as it is, as a warning.
FILE_STATUSES: dict[str, tuple[str, str]] = {
    "read": ("已读", "good"),
    "empty": ("空", "warning"),
    "partial": ("不完整", "bad"),
    "absent": ("缺失", "bad"),
    "unreadable": ("无法读取", "bad"),
}

#: Columns of numbers, which stand at the right.
_COUNTS = frozenset(
    {"rows_in", "accepted", "quarantined", "share", "limit", "checked", "breached", "duplicates", "corrections", "late"}
    | {"rows_counted", "rows_read", "rows_rejected"}
)
_NUMBER = ' class="num"'

_MARKS = {"good": "✓", "warning": "!", "bad": "✕"}


def render_report(runs: Sequence[Mapping[str, Any]]) -> str:
    """One HTML page about the data of the last runs.

    Parameters
    ----------
    runs
        As the ledger keeps them, in any order: ``{"run_id", "source", "interval": [from, to], "frozen_at", "tables": {name: {"rows_in",
        "accepted", "quarantined", "limit", "engine", "rules": [{"rule", "checked", "breached"}], "duplicates", "corrections", "late",
        "ages"}}, "files": [{"path", "status", "rows_counted", "rows_read", "rows_rejected", "message"}], "day", "absent", "blind",
        "is_refused"}``.
        Counts are rows, ``limit`` is a share from 0 to 1, ``ages`` counts accepted rows by `report_health.AGE_DAYS`. A fact that is
        missing or null is shown as a dash.

    Returns
    -------
    str
        A page with its own style and pictures and no script, which a browser may show but not use to reach any network. Newest run
        first, by ``frozen_at``; the newest that read any table is told at the top and lies open. The same runs give the same bytes.
    """
    newest_first = sorted(runs, key=lambda run: (str(run.get("frozen_at")), str(run.get("run_id"))), reverse=True)
    if newest_first:
        told = next((run for run in newest_first if run.get("tables")), newest_first[0])  # a revision may have read nothing new
        body = "".join(
            (
                _section("latest", _summary(told)),
                _section("health", render_health(newest_first)),
                _section("runs", "".join(_run(run, is_open=run is told) for run in newest_first)),
            )
        )
    else:
        body = f'<p class="empty">{_both("no_runs")}</p>'
    return (
        '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Fairdeal · {' '.join(WORDS['title'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header><p class="brand">Fairdeal</p><h1>{_both("title")}</h1></header>\n<main>\n{body}</main>\n</body>\n</html>\n'
    )


def _summary(run: Mapping[str, Any]) -> str:
    """The newest run in one line of figures."""
    tables = run.get("tables") or {}
    totals = {name: sum(table.get(name) or 0 for table in tables.values()) for name in ("rows_in", "accepted", "quarantined")}
    judged = [_table_verdict(table) for table in tables.values()]
    failed = sum(kind == "bad" for kind, _ in judged)
    tiles = {
        "rows_in": _count(totals["rows_in"]),
        "accepted": _count(totals["accepted"]),
        "quarantined": f"{_count(totals['quarantined'])} <small>{_share(totals['quarantined'], totals['rows_in'])}</small>",
        "verdict": _verdict_words("bad", "failed", f"{failed} / {len(judged)}") if failed else _verdict_words("good", "within"),
    }
    cells = "".join(f'<div class="tile"><p>{_both(name)}</p><p class="figure">{figure}</p></div>' for name, figure in tiles.items())
    about = f'<p class="about"><b>{_text(run.get("source"))}</b> <span>{_interval(run)}</span></p>'
    return f'{about}<div class="tiles">{cells}</div>{split_bar(totals["accepted"], totals["quarantined"])}'


def _run(run: Mapping[str, Any], *, is_open: bool) -> str:
    tables: Mapping[str, Mapping[str, Any]] = run.get("tables") or {}
    files: Sequence[Mapping[str, Any]] = run.get("files") or ()
    kinds = {_table_verdict(table)[0] for table in tables.values()} | {_file_kind(file) for file in files}
    worst = next((kind for kind in ("bad", "warning") if kind in kinds), "good")
    facts = "".join(
        f"<div><dt>{_both(name)}</dt><dd>{value}</dd></div>"
        for name, value in (("frozen_at", _moment(run.get("frozen_at"))), ("run", f"<code>{_text(run.get('run_id'))}</code>"))
    )
    nothing = "" if tables else f" <small>{_both('nothing_new')}</small>"
    nothing += f" <small>{_both('refused')}</small>" if run.get("is_refused") else ""
    return (
        f'<details{" open" if is_open else ""}><summary><span class="mark {worst}">{_MARKS[worst]}</span> '
        f"<b>{_text(run.get('source'))}</b> <span>{_interval(run)}</span>{nothing} <code>{_text(run.get('run_id'))}</code></summary>"
        f'<dl class="facts">{facts}</dl>'
        f"<h3>{_both('tables')}</h3>{_tables(tables)}"
        f"<h3>{_both('rules')}</h3>{_rules(tables)}"
        f"<h3>{_both('files')}</h3>{_files(files)}</details>"
    )


def _tables(tables: Mapping[str, Mapping[str, Any]]) -> str:
    if not tables:
        return f'<p class="empty">{_both("no_tables")}</p>'
    rows: list[str] = []
    for name, table in tables.items():
        kind, word = _table_verdict(table)
        rows.append(
            f'<tr><th scope="row">{_table_name(name)}</th>'
            + "".join(f'<td class="num">{_count(table.get(fact))}</td>' for fact in ("rows_in", "accepted", "quarantined"))
            + f'<td class="num">{_share(table.get("quarantined"), table.get("rows_in"))}</td>'
            + f'<td class="bar">{split_bar(table.get("accepted") or 0, table.get("quarantined") or 0)}</td>'
            + f'<td class="num">{_percent(table.get("limit"))}</td><td class="said">{_verdict_words(kind, word)}</td>'
            + f"<td>{escape(ENGINES.get(str(table.get('engine')), str(table.get('engine') or '–')))}</td>"
            + "".join(f'<td class="num">{_count(table.get(fact))}</td>' for fact in ("duplicates", "corrections", "late"))
            + "</tr>"
        )
    heads = ("table", "rows_in", "accepted", "quarantined", "share", "", "limit", "verdict", "engine", "duplicates", "corrections", "late")
    return _grid(heads, rows)


def _rules(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Per table the rules that were broken, most rows first, and how many were not; tables whose every row kept them in one line."""
    parts: list[str] = []
    kept: list[str] = []
    for name, table in tables.items():
        rules = list(table.get("rules") or ())
        broken = sorted((rule for rule in rules if rule["breached"]), key=lambda rule: (-rule["breached"], rule["rule"]))
        if not broken:
            kept.append(f"{_table_name(name)} ({len(rules)})")
            continue
        rows = [
            f'<tr><th scope="row"><code>{escape(str(rule["rule"]))}</code></th><td class="num">{_count(rule["checked"])}</td>'
            f'<td class="num">{_count(rule["breached"])}</td><td class="num">{_share(rule["breached"], rule["checked"])}</td>'
            f'<td class="bar">{share_bar(rule["breached"], broken[0]["breached"])}</td></tr>'
            for rule in broken
        ]
        title = f"{_table_name(name)} <small>✓ {len(rules) - len(broken)} {_both('kept_rules')}</small>"
        parts.append(f"<h4>{title}</h4>{_grid(('rule', 'checked', 'breached', 'share', ''), rows)}")
    if kept:
        parts.append(f'<p class="kept"><span class="mark good">✓</span> {_both("kept")} {" · ".join(kept)}</p>')
    return "".join(parts) or f'<p class="empty">{_both("no_tables")}</p>'


def _files(files: Sequence[Mapping[str, Any]]) -> str:
    if not files:
        return f'<p class="empty">{_both("no_files")}</p>'
    rows: list[str] = []
    for file in files:
        status, kind = str(file.get("status") or "–"), _file_kind(file)
        chinese = FILE_STATUSES.get(status, ("", ""))[0]
        rows.append(
            f'<tr><th scope="row"><code>{_text(file.get("path"))}</code></th>'
            f'<td><span class="mark {kind}">{_MARKS[kind]}</span> {chinese} {escape(status)}</td>'
            + "".join(f'<td class="num">{_count(file.get(fact))}</td>' for fact in ("rows_counted", "rows_read", "rows_rejected"))
            + f'<td class="message">{_text(file.get("message"))}</td></tr>'
        )
    return _grid(("file", "status", "rows_counted", "rows_read", "rows_rejected", "message"), rows)


def _table_verdict(table: Mapping[str, Any]) -> tuple[str, str]:
    """Kind of mark and word for a table: rows must be conserved and the quarantined share at most the limit."""
    rows_in, accepted, quarantined = (table.get(name) or 0 for name in ("rows_in", "accepted", "quarantined"))
    if rows_in != accepted + quarantined:
        return ("bad", "not_conserved")
    limit = table.get("limit")
    if limit is not None and quarantined > limit * rows_in:
        return ("bad", "over")
    return ("good", "within")


def _file_kind(file: Mapping[str, Any]) -> str:
    return FILE_STATUSES.get(str(file.get("status")), ("", "warning"))[1]


def _verdict_words(kind: str, word: str, count: str = "") -> str:
    return f'<span class="mark {kind}">{_MARKS[kind]}</span> {_both(word)} {f"<small>{count}</small>" if count else ""}'


def _section(word: str, body: str) -> str:
    return f"<section><h2>{_both(word)}</h2>{body}</section>\n"


def _grid(heads: Iterable[str], rows: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col"{_NUMBER if head in _COUNTS else ""}>{_both(head) if head else ""}</th>' for head in heads)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _both(word: str) -> str:
    """The word in both languages, side by side."""
    chinese, english = WORDS[word]
    return f'<span lang="zh">{chinese}</span> <span lang="en">{english}</span>'


def _table_name(name: str) -> str:
    """A table's name as the contracts have it, and in Chinese where the page knows it."""
    chinese = f' <span lang="zh">{TABLES[name]}</span>' if name in TABLES else ""
    return f"<b>{escape(name)}</b>{chinese}"


def _interval(run: Mapping[str, Any]) -> str:
    """From when to when, in UTC; of a moment that cannot be read, its own words."""
    return " → ".join(_moment(moment) for moment in run.get("interval") or ()) or "–"


def _moment(value: object) -> str:
    """An instant as ``2026-03-01 16:00 UTC``; a date or anything else as it is."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return _text(value)
    return _text(value) if at.tzinfo is None else f'<span class="when">{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC</span>'


def _text(value: object) -> str:
    return "–" if value is None or value == "" else escape(str(value))


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _share(part: int | None, whole: int | None) -> str:
    return "–" if part is None or not whole else _percent(part / whole)


def _percent(share: float | None) -> str:
    """A share in percent; a share that is not nothing never reads as nothing."""
    if share is None:
        return "–"
    if 0 < share < 0.0001:
        return "&lt; 0.01%"
    return f"{share:.2%}".replace(".00%", "%")
