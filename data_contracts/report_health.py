"""A source's health over its nights: rows, quarantine by rule, lateness and blind signals as pictures, and a verdict in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Any

from fairdeal.data_contracts.report_charts import heat_map, stacked_columns

#: Chinese and English of the section's words.
WORDS: dict[str, tuple[str, str]] = {
    "rows": ("每晚行数", "Rows, night by night"),
    "rules": ("按规则的隔离", "Quarantine by rule"),
    "ages": ("到达时事件已过多久", "How old events were when they arrived"),
    "blind": ("缺数据而看不到的信号", "Signals that could not be seen"),
    "files": ("文件异常", "Files not as they should be"),
    "nights": ("晚", "nights"),
    "accepted": ("接受", "accepted"),
    "quarantined": ("隔离", "quarantined"),
    "late": ("迟到", "late"),
    "fine": ("正常", "fine"),
    "watch": ("留意", "watch"),
    "broken": ("异常", "broken"),
    "none": ("无", "none"),
}
#: Upper ends, in days before the delivery's end, of the ages that accepted rows are counted by; older ones come last.
AGE_DAYS: tuple[int, ...] = (1, 2, 4, 8, 31)
AGE_NAMES: tuple[str, ...] = ("≤ 1 d", "≤ 2 d", "≤ 4 d", "≤ 8 d", "≤ 31 d", "> 31 d")
#: Rules and signals shown at most, those with most breaches and nights first.
MOST = 12
MARKS = {"fine": ("good", "✓"), "watch": ("warning", "!"), "broken": ("bad", "✕")}


@dataclass(frozen=True)
class Health:
    """What is said of one table: ``fine``, ``watch`` or ``broken``, and why and what to do, in Chinese and English."""

    state: str
    zh: str
    en: str


def nights_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
    """Runs by source and night, both in order; a night is the local day on which an interval begins, its revisions together.

    Parameters
    ----------
    runs
        As `report.render_report` takes them, with ``day`` (ISO) where the interval's local day is known.
    """
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for run in sorted(runs, key=lambda run: (str(run.get("day") or (run.get("interval") or ["–"])[0]), str(run.get("run_id")))):
        day = str(run.get("day") or (run.get("interval") or ["–"])[0])[:10]
        found.setdefault(str(run.get("source") or "–"), {}).setdefault(day, []).append(run)
    return {source: {day: _standing(runs) for day, runs in nights.items()} for source, nights in sorted(found.items())}


def _standing(runs: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A night's runs; a refused delivery counts only while none was taken in its place."""
    taken = [run for run in runs if not run.get("is_refused")]
    return taken if any(run.get("tables") for run in taken) else runs


def render_health(runs: Sequence[Mapping[str, Any]]) -> str:
    """One block per source and table with its pictures; the same runs give the same bytes."""
    return "".join(_source(source, nights) for source, nights in nights_of(runs).items())


def judge_health(nights: Sequence[Mapping[str, Any] | None]) -> Health:
    """The verdict on one table's nights, oldest first; None where the table had no rows that night.

    Raised by the last night that read something: over its limit or not conserved is broken; nothing where there always was something, a
    quarantined share three times the usual, rows below half the usual, or one row in ten late is to be watched.
    """
    if not any(nights):
        return Health("watch", "还没有读入任何行,请检查文件与映射。", "Nothing was read yet; check the files and the mapping.")
    last = nights[-1]
    earlier = [night for night in nights[:-1] if night]
    if last is None:
        if len(earlier) < 3:
            return Health("fine", "昨晚没有新文件。", "No new file last night.")
        return Health("watch", "昨晚没有任何新行;请向提供方询问。", "No row last night where there always were some; ask the provider.")
    rows, bad = int(last.get("rows_in") or 0), int(last.get("quarantined") or 0)
    if rows != int(last.get("accepted") or 0) + bad:
        return Health("broken", "行数不守恒,请勿使用这次运行。", "Rows are not conserved; do not use this run, report it.")
    limit = last.get("limit")
    if limit is not None and rows and int(last.get("breached") or 0) > limit * rows:
        return Health(
            "broken",
            f"隔离超过上限 {limit:.2%};请修正映射或重新索取数据。",
            f"Over the limit of {limit:.2%}; mend the mapping or ask again",
        )
    share = bad / rows if rows else 0.0
    usual = median(int(night.get("quarantined") or 0) / max(int(night.get("rows_in") or 0), 1) for night in earlier) if earlier else 0.0
    if len(earlier) >= 3 and share > max(3 * usual, 0.005):
        return Health(
            "watch",
            f"隔离比例 {share:.2%},通常 {usual:.2%};请查看下方的规则。",
            f"{share:.2%} quarantined where {usual:.2%} is usual; see which rule below.",
        )
    typical = median(int(night.get("rows_in") or 0) for night in earlier) if earlier else rows
    if len(earlier) >= 3 and rows < typical / 2:
        few = f"{rows:,} rows where about {typical:,.0f} are usual; a file may be missing."
        return Health("watch", f"仅 {rows:,} 行,通常约 {typical:,.0f} 行;可能缺文件。", few)
    late = int(last.get("late") or 0)
    if rows and late > rows / 10:
        return Health("watch", f"{late:,} 行迟到;请问提供方为何。", f"{late:,} rows came late; ask the provider why.")
    return Health("fine", f"{rows:,} 行,隔离 {share:.2%}。", f"{rows:,} rows, {share:.2%} quarantined.")


def _source(source: str, nights: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    days = list(nights)
    tables = list(dict.fromkeys(name for runs in nights.values() for run in runs for name in run.get("tables") or {}))
    blocks = ""
    for name in tables:
        read = [_together([(run.get("tables") or {}).get(name) for run in runs]) for runs in nights.values()]
        blocks += _table(name, days, read)
    head = f"<h3>{escape(source)} <small>{len(days)} {_both('nights')}</small></h3>"
    return f'<div class="health">{head}{blocks}{_files(days, list(nights.values()))}{_blind(days, list(nights.values()))}</div>'


def _together(parts: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """What a night's runs read of one table, added up; None where none read any."""
    read = [part for part in parts if part and part.get("rows_in")]
    if not read:
        return None
    rules: dict[str, int] = {}
    for part in read:
        for rule in part.get("rules") or ():
            rules[rule["rule"]] = rules.get(rule["rule"], 0) + int(rule["breached"] or 0)
        for name in ("duplicates", "conflicts"):
            rules[name] = rules.get(name, 0) + int(part.get(name) or 0)
    counts = {name: sum(int(part.get(name) or 0) for part in read) for name in ("rows_in", "accepted", "quarantined", "breached", "late")}
    ages = [sum(int((part.get("ages") or [0] * len(AGE_NAMES))[place]) for part in read) for place in range(len(AGE_NAMES))]
    return {**counts, "limit": read[-1].get("limit"), "broken_rules": rules, "ages": ages}


def _table(name: str, days: Sequence[str], nights: Sequence[Mapping[str, Any] | None]) -> str:
    health = judge_health(nights)
    kind, mark = MARKS[health.state]
    columns = [
        (
            f"{day}: {_number(night, 'accepted')} {WORDS['accepted'][1]}, {_number(night, 'quarantined')} {WORDS['quarantined'][1]}",
            int((night or {}).get("accepted") or 0),
            int((night or {}).get("quarantined") or 0),
        )
        for day, night in zip(days, nights, strict=True)
    ]
    totals: dict[str, int] = {}
    for night in nights:
        for rule, count in (night or {}).get("broken_rules", {}).items():
            totals[rule] = totals.get(rule, 0) + count
    shown = [rule for rule in sorted(totals, key=lambda rule: (-totals[rule], rule)) if totals[rule]][:MOST]
    rules = heat_map(shown, days, [[(night or {}).get("broken_rules", {}).get(rule, 0) for night in nights] for rule in shown])
    ages = [[(night or {}).get("ages", [0] * len(AGE_NAMES))[place] for night in nights] for place in range(len(AGE_NAMES))]
    old = heat_map(list(AGE_NAMES), days, ages) if any(map(any, ages)) else ""
    return (
        f'<section class="table-health"><h4><span class="mark {kind}">{mark}</span> {escape(name)} {_both(health.state)}</h4>'
        f'<p class="why"><span lang="zh">{escape(health.zh)}</span> <span lang="en">{escape(health.en)}</span></p>'
        f'<div class="pictures">{_figure("rows", stacked_columns(columns), days)}'
        f"{_figure('rules', rules, days) if shown else _nothing('rules')}{_figure('ages', old, days) if old else ''}</div></section>"
    )


def _files(days: Sequence[str], nights: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Per status that is not as it should be the number of files each night."""
    kinds = ("unreadable", "partial", "empty", "absent")
    counts = []
    for kind in kinds:
        row = []
        for runs in nights:
            named = sum(str(file.get("status")) == kind for run in runs for file in run.get("files") or ())
            row.append(named + (sum(len(run.get("absent") or ()) for run in runs[-1:]) if kind == "absent" else 0))
        counts.append(row)
    if not any(map(any, counts)):
        return ""
    return (
        f'<section class="table-health"><div class="pictures">{_figure("files", heat_map(list(kinds), days, counts), days)}</div></section>'
    )


def _blind(days: Sequence[str], nights: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Per signal the nights on which its columns were missing."""
    seen = [{name for run in runs[-1:] for name in run.get("blind") or ()} for runs in nights]
    often = {name: sum(name in blind for blind in seen) for blind in seen for name in blind}
    shown = sorted(often, key=lambda name: (-often[name], name))
    if not shown:
        return ""
    some = shown[:MOST]
    more = f" <small>+ {len(shown) - MOST}</small>" if len(shown) > MOST else ""
    picture = heat_map(some, days, [[int(name in blind) for blind in seen] for name in some])
    return f'<section class="table-health"><div class="pictures">{_figure("blind", picture, days, more)}</div></section>'


def _number(night: Mapping[str, Any] | None, name: str) -> str:
    return f"{int((night or {}).get(name) or 0):,}"


def _figure(word: str, picture: str, days: Sequence[str], more: str = "") -> str:
    span = f'<div class="axis"><span>{escape(days[0])}</span><span>{escape(days[-1])}</span></div>'
    return f"<figure><figcaption>{_both(word)}{more}</figcaption>{picture}{span}</figure>"


def _nothing(word: str) -> str:
    return f'<figure><figcaption>{_both(word)}</figcaption><p class="empty">{_both("none")} ✓</p></figure>'


def _both(word: str) -> str:
    chinese, english = WORDS[word]
    return f'<span lang="zh">{chinese}</span> <span lang="en">{english}</span>'
