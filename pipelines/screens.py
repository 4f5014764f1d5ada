"""What commands show to a person, on stderr."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from rich.markup import escape
from rich.table import Table

from fairdeal.pipelines.telling import console


def money(minor: int | None, currency: str | None) -> str:
    """An amount as people read it.

    >>> money(123456, "CNY")
    '1,234.56 CNY'
    """
    if minor is None:
        return "–"
    return f"{minor / 100:,.2f} {currency or ''}".strip()


def _local(moment: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}"


def run_screen(summary: dict[str, Any], zone: ZoneInfo) -> None:
    """One run: rows, decisions, alerts, feed, and what was blind, cold, absent or broken. ``zone`` is the settings' time zone."""
    rows = Table(
        title=f"{escape(summary['source'])}  {_local(summary['interval'][0], zone)} – {_local(summary['interval'][1], zone)}  "
        f"revision {summary['revision']}",
        title_justify="left",
    )
    for heading in ("table", "rows in", "accepted", "quarantined"):
        rows.add_column(heading, justify="left" if heading == "table" else "right")
    for name, count in sorted(summary["rows_in"].items()):
        rows.add_row(name, f"{count:,}", f"{summary['accepted'][name]:,}", f"{summary['quarantined'][name]:,}")
    if summary["rows_in"]:
        console.print(rows)
    actions = Table()
    for heading in ("detector", "allow", "confirm", "step_up", "hold", "block", "model"):
        actions.add_column(heading, justify="left" if heading in ("detector", "model") else "right", overflow="fold")
    for name, counts in summary["decisions"].items():
        cells = [f"{counts.get(action, 0):,}" for action in ("allow", "confirm", "step_up", "hold", "block")]
        actions.add_row(
            name, *cells, summary["models"][name]["model_version"] + ("" if summary["models"][name]["calibrated"] else " (no labels yet)")
        )
    console.print(actions)
    for name, shadow in summary.get("shadows", {}).items():
        console.print(
            f"[yellow]challenger[/] of {name} is not scored: {escape(shadow['trouble'])}"
            if "trouble" in shadow
            else f"challenger of {name} {shadow['model_version']}, in the shadow: stricter on {shadow['stricter']:,}, "
            f"milder on {shadow['milder']:,}"
        )
    night = summary["capacity"]
    console.print(
        f"alerts {summary['alerts']} ({summary['audit_sample']} of them the random audit sample), "
        f"{night['minutes_used']:.0f} of {night['minutes']:.0f} minutes"
        f"{_on_what(night)}; new cases {summary['cases_opened']}; "
        f"labels learned from closed cases {summary['labels_collected']}"
    )
    for one in night.get("uncaught", ()):
        if one["left"]:
            console.print(_left_over(one))
    kept = night.get("trusted", {}).values()
    if kept:
        console.print(
            f"alerts that the trust-list kept from people: {sum(one['suppressed'] for one in kept)}; "
            f"drawn for a look all the same: {sum(one['sampled'] for one in kept)}"
        )
    feed = summary["feed"]
    console.print(
        f"feed {feed['feed_seq']} with {feed['rows']} rows, sha256 {feed['sha256'][:16]}…: {escape(feed['path'])}", soft_wrap=True
    )
    if summary["cold"]:
        console.print(
            f"[yellow]no champion yet[/] for {', '.join(summary['cold'])}: scored by what is unusual, without probabilities; "
            "`fairdeal train` makes one"
        )
    if summary["blind"]:
        first, more = ", ".join(summary["blind"][:6]), " …" if len(summary["blind"]) > 6 else ""
        console.print(f"[yellow]blind[/] {len(summary['blind'])} signals the source does not give: {first}{more}")
    for status in ("unreadable", "partial", "empty"):
        for path in summary["files"].get(status, []):
            console.print(f"[{'yellow' if status == 'empty' else 'red'}]{status}[/] {escape(path)}", soft_wrap=True)
    for name in summary["absent"]:
        console.print(f"[red]absent[/] no file of the set {name} was delivered")
    for sentence in summary["missing"]:
        console.print(f"[red]missing[/] {escape(sentence)}")
    if summary["degraded"]:
        console.print(f"[red]degraded[/] {escape(summary['degraded'])}")


def _left_over(one: dict[str, Any]) -> str:
    """What is flagged and left for want of time, and where the looking ends."""
    left = (
        f"{one['left']:,} flagged {one['detector']} left for want of time, expected loss {money(one['left_loss_minor'], one['currency'])}"
    )
    seen = f"{one['looked_at']:,} looked at, from {money(one['least_loss_minor'], one['currency'])} on"
    return f"{left}; {seen if one['looked_at'] else 'none looked at'}"


def training_screen(results: list[dict[str, Any]]) -> None:
    """What training gave, on later days that the judged model never saw."""
    table = Table(title="trained; figures from later days that the judged model never saw", title_justify="left")
    for heading in ("detector", "rows", "frauds", "AP", "AUC", "calibration error", "model", "is now"):
        table.add_column(heading, justify="left" if heading in ("detector", "model", "is now") else "right", overflow="fold")
    for result in results:
        figures = ["–" if result[name] is None else f"{result[name]:.3f}" for name in ("ap", "auc", "ece")]
        table.add_row(
            result["detector"],
            f"{result['rows']:,}",
            f"{result['positives']:,}",
            *figures,
            str(result["model_version"]),
            str(result["standing"] or "–"),
        )
    console.print(table)
    for result in results:
        if result["note"]:
            console.print(f"[yellow]{result['detector']}[/] {escape(result['note'])}")
    if any(result["standing"] == "challenger" for result in results):
        console.print(
            "a challenger decides nothing: `fairdeal compare` holds it against the champion, `fairdeal promote` puts it in its place"
        )


def cases_screen(cases: list[dict[str, Any]]) -> None:
    """Cases, most money at risk first."""
    table = Table()
    for heading in ("case", "type", "about", "status", "members", "expected loss", "opened"):
        table.add_column(heading, justify="right" if heading in ("members", "expected loss") else "left", no_wrap=heading == "case")
    for case in cases:
        table.add_row(
            case["case_id"],
            case["case_type"],
            escape(f"{case['subject_kind']} {case['subject_id']}"),
            case["status"],
            str(case["members_count"]),
            money(case["expected_loss_minor"], None),
            str(case["opened_at"])[:16],
        )
    console.print(table)


def quarantine_screen(rows: pl.DataFrame, limit: int) -> None:
    """Rows that were set aside, the newest last."""
    table = Table()
    for heading in ("table", "file", "line", "rule"):
        table.add_column(heading, justify="right" if heading == "line" else "left", overflow="fold")
    for row in rows.tail(limit).iter_rows(named=True):
        table.add_row(row["table"], escape(row["file"]), str(row["line"]), row["rule"])
    console.print(table)
    console.print(f"{rows.height} rows set aside" + (f", the newest {limit} shown" if rows.height > limit else ""))


def backtest_screen(figures: dict[str, Any]) -> None:
    """A backtest: a row per fold, the means with their intervals, and what was gone without."""

    def told(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    table = Table(title=f"{figures['detector']} on {escape(figures['source'])}, {escape(figures['split'])}", title_justify="left")
    for heading in ("fold", "rows", "frauds", "AP", "AUC", "ECE", "precision@100", "cards@100"):
        table.add_column(heading, justify="left" if heading == "fold" else "right")
    for fold in figures["folds"]:
        cards = fold["card_precision_at"]
        table.add_row(
            escape(fold["fold"]),
            f"{fold['rows']:,}",
            f"{fold['positives']:,}",
            *(told(fold[name]) for name in ("ap", "auc", "ece")),
            told(fold["precision_at"]["100"]),
            told(cards["100"] if cards else None),
        )
    console.print(table)
    if "stamp" in figures:
        console.print(f"[yellow]{escape(figures['stamp'])}[/]")
    console.print(
        f"average precision {told(figures['ap'])} ({told(figures['ap_low'])} to {told(figures['ap_high'])}), "
        f"AUC {told(figures['auc'])} ({told(figures['auc_low'])} to {told(figures['auc_high'])}), in {figures['seconds']:.0f} s"
    )
    for name, columns in figures["went_without"].items():
        console.print(f"[yellow]went without[/] {name}: {', '.join(columns)}")
    for fold in figures["folds"]:
        if "note" in fold:
            console.print(f"[yellow]{escape(fold['fold'])}[/] {escape(fold['note'])}")
    if "report" in figures:
        console.print(f"report: {escape(figures['report'])}", soft_wrap=True)


def rings_screen(found: list[dict[str, Any]]) -> None:
    """Rings: how many stand on each side, how often they dealt, and the surest members."""
    if not found:
        console.print("no group stands out: what people deal with each other is explained by their traffic")
        console.print("a burst of orders upon one merchant is no group; `fairdeal campaigns` looks for those")
        return
    table = Table()
    for heading in ("ring", "actors", "targets", "pairs", "explained", "suspicion", "surest actors", "surest targets"):
        table.add_column(heading, justify="left" if heading.startswith("surest") else "right", overflow="fold")
    for number, ring in enumerate(found, 1):
        surest = [escape(", ".join(str(member["id"]) for member in ring[side][:3])) for side in ("actors", "targets")]
        counts = (f"{len(ring['actors']):,}", f"{len(ring['targets']):,}", f"{ring['edges']:,}", f"{ring['expected']:,.0f}")
        table.add_row(str(number), *counts, f"{ring['suspicion']:,.0f}", *surest)
    console.print(table)


def _on_what(night: dict[str, Any]) -> str:
    """On what the night's minutes rest, where nobody said who works."""
    staffing = night.get("staffing") or {"basis": "default"}
    if staffing["basis"] == "same_weekday":
        return f" (assumed: nobody said who works on {staffing['day']}; taken from {staffing['of_day']})"
    return " (written default: nobody said who works tonight)" if night["is_default"] else ""


def campaigns_screen(found: list[dict[str, Any]]) -> None:
    """Campaigns: where and when, how many orders against how many expected, and the signs that half of them show."""
    if not found:
        console.print("no campaign stands out: no burst of orders shows what honest orders do not")
        return
    table = Table()
    for heading in ("merchant", "days", "orders", "expected", "evidence", "what half of them show"):
        table.add_column(heading, justify="right" if heading in ("orders", "expected", "evidence") else "left", overflow="fold")
    for one in found:
        signs = ", ".join(name for name, share in sorted(one["signs"].items(), key=lambda sign: -sign[1]) if share >= 0.5)
        counts = (f"{one['orders']:,}", f"{one['expected']:,.1f}", f"{one['evidence']:,.0f}")
        table.add_row(escape(one["merchant_id"]), f"{one['first_day']} – {one['last_day']}", *counts, signs)
    console.print(table)
