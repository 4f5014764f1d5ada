"""The demo: a simulated marketplace from its first file to a verified feed, judged against the truth it kept apart."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from fairdeal.control_center.consumer import Applied, consume
from fairdeal.control_center.keys import KeyRing
from fairdeal.control_center.verification import verify
from fairdeal.data_contracts.typologies import Detector
from fairdeal.models import metrics
from fairdeal.pipelines.canonical_json import loads
from fairdeal.pipelines.keys import ring_path
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.prefect_server import prefect_server
from fairdeal.pipelines.screens import money
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.telling import console, tell
from fairdeal.simulator.simulate import simulate

#: The last days are run one by one; everything before is there to learn from.
RUN_DAYS = 5
#: Alerts a day that precision is told for.
LOOKED_AT = 20


def play(settings: Settings, *, days: int, orders_per_day: int, seed: int, config: str | None) -> dict[str, Any]:
    """Simulates, trains, runs the last days, verifies and applies their feeds, and shows what came of it.

    The demo keeps to a home of its own inside the home folder, which it makes anew each time.
    """
    home = settings.home / "demo"
    shutil.rmtree(home, ignore_errors=True)
    market = home / "market"
    last = datetime.now(settings.zone).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    began = datetime.now(UTC)
    tell(f"simulating {days} days of a marketplace with about {orders_per_day} orders a day")
    told = simulate(market, days=days, orders_per_day=orders_per_day, seed=seed, first_day=first, progress=None)
    run_days = [last - timedelta(days=offset) for offset in reversed(range(RUN_DAYS))]
    summaries: list[dict[str, Any]] = []
    feeds: list[dict[str, Any]] = []
    with _own_home(home), prefect_server(home):
        from fairdeal.pipelines import flows

        _, known = settings.day_bounds((run_days[0] - timedelta(days=1)).isoformat())
        training = flows.train([detector.value for detector in Detector], known.isoformat(), str(market / "mapping.toml"), None, config)
        for day in run_days:
            tell(f"running {day}")
            start, end = settings.day_bounds(day.isoformat())
            summary = flows.daily(start.isoformat(), end.isoformat(), str(market / "mapping.toml"), None, config)
            summaries.append(summary)
            feeds.append(_take(home, Path(summary["feed"]["path"]), end))
    quality = {name: _quality(home, settings, market, Detector(name), summaries) for name in (detector.value for detector in Detector)}
    result = {
        "days": [day.isoformat() for day in run_days],
        "found": _found(home, market, summaries),
        "rows_simulated": told.as_json()["rows"],
        "training": training,
        "rows_in": _sum(summaries, "rows_in"),
        "accepted": _sum(summaries, "accepted"),
        "quarantined": _sum(summaries, "quarantined"),
        "quality": quality,
        "alerts": sum(summary["alerts"] for summary in summaries),
        "cases_opened": sum(summary["cases_opened"] for summary in summaries),
        "feeds": feeds,
        "seconds": round((datetime.now(UTC) - began).total_seconds(), 1),
    }
    _screen(result, _top_alerts(home, summaries[-1]["run_id"]), home)
    return result


@contextmanager
def _own_home(home: Path) -> Iterator[None]:
    """While it lasts, flows find the demo's home."""
    before = os.environ.get("FAIRDEAL_HOME")
    os.environ["FAIRDEAL_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FAIRDEAL_HOME"]
        else:
            os.environ["FAIRDEAL_HOME"] = before


def _take(home: Path, folder: Path, end: datetime) -> dict[str, Any]:
    """Verifies a feed and applies it as the control centre would, two hours after the day's close."""
    keys = KeyRing.parse(ring_path(home, "feed").read_bytes())
    faults = verify(folder, keys)
    applied = consume(folder, home / "consumer", keys=keys, now=end + timedelta(hours=2))
    return {
        "folder": str(folder),
        "faults": faults,
        "applied": isinstance(applied, Applied),
        "rows": sum(1 for _ in (folder / "actions.jsonl").open()),
    }


def _sum(summaries: list[dict[str, Any]], name: str) -> dict[str, int]:
    tables = sorted({table for summary in summaries for table in summary[name]})
    return {table: sum(summary[name].get(table, 0) for summary in summaries) for table in tables}


def _decisions(home: Path, detector: Detector, summaries: list[dict[str, Any]]) -> pl.DataFrame:
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    found = []
    for summary in summaries:
        file = (ledger.step_result(summary["run_id"], "decide") or {})["files"].get(detector.value)
        if file is not None:
            found.append(pl.read_parquet(home / file["path"]).with_columns(start=pl.lit(datetime.fromisoformat(summary["interval"][0]))))
    ledger.close()
    return pl.concat(found)


def _quality(home: Path, settings: Settings, market: Path, detector: Detector, summaries: list[dict[str, Any]]) -> dict[str, float]:
    """How the first look at each subject of the run days compares with the truth, which no step has seen."""
    decisions = _decisions(home, detector, summaries).filter(pl.col("event_at") >= pl.col("start"))
    truth = pl.read_parquet(market / "truth" / f"{detector.subject_kind}s.parquet").select("subject_id", __fraud=pl.lit(1.0))
    judged = decisions.join(truth, on="subject_id", how="left").with_columns(pl.col("__fraud").fill_null(0.0))
    fraud, score = judged["__fraud"].to_numpy(), judged["score"].to_numpy()
    day = judged["event_at"].dt.convert_time_zone(settings.time_zone).dt.date().cast(pl.String).to_list()
    numbers = np.unique(day, return_inverse=True)[1]
    figures = {
        "subjects": float(len(fraud)),
        "frauds": float(fraud.sum()),
        "ap": metrics.average_precision(fraud, score),
        "auc": metrics.auc(fraud, score),
        "precision_at": metrics.precision_at(fraud, score, numbers, LOOKED_AT),
        "attainable": metrics.attainable_at(fraud, numbers, LOOKED_AT),
    }
    if judged["amount_minor"].null_count() < judged.height:
        figures["value_detected"] = metrics.value_detected_at(
            fraud, score, numbers, judged["amount_minor"].fill_null(0).to_numpy(), LOOKED_AT
        )
    if judged["probability"].null_count() == 0:
        figures["ece"] = metrics.expected_calibration_error(fraud, judged["probability"].to_numpy())
    return figures


def _found(home: Path, market: Path, summaries: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Of each kind of cheat on the run days, and of what was honest: how many there were, and what became of them at first look.

    ``acted_on`` counts every action but allow, ``stopped`` holds and blocks.
    """
    found: dict[str, dict[str, int]] = {}
    for detector in Detector:
        decisions = _decisions(home, detector, summaries).filter(pl.col("event_at") >= pl.col("start"))
        truth = pl.read_parquet(market / "truth" / f"{detector.subject_kind}s.parquet").select("subject_id", cheat="typology")
        told = decisions.join(truth, on="subject_id", how="left").with_columns(pl.col("cheat").fill_null(f"honest {detector.table}"))
        counts = told.group_by("cheat").agg(
            there=pl.len(), acted_on=(pl.col("action") != "allow").sum(), stopped=pl.col("action").is_in(["hold", "block"]).sum()
        )
        found |= {row.pop("cheat"): row for row in counts.sort("cheat").to_dicts()}
    return found


def _top_alerts(home: Path, run_id: str, most: int = 5) -> list[dict[str, Any]]:
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    file = (ledger.step_result(run_id, "raise_alerts") or {})["alerts"]
    ledger.close()
    alerts = (
        pl.read_parquet(home / file["path"]).filter(pl.col("chosen_by") == "expected_loss").sort("expected_loss_minor", descending=True)
    )
    first_of_each = alerts.group_by("detector", maintain_order=True).head(2)
    return first_of_each.head(most + 1).to_dicts()


def _screen(result: dict[str, Any], alerts: list[dict[str, Any]], home: Path) -> None:
    console.rule("[bold]Fairdeal · 公平交易[/]")
    rows = Table(title=f"Rows, {result['days'][0]} – {result['days'][-1]}", title_justify="left")
    for heading in ("table", "in", "accepted", "quarantined"):
        rows.add_column(heading, justify="left" if heading == "table" else "right")
    for name, count in result["rows_in"].items():
        rows.add_row(name, f"{count:,}", f"{result['accepted'][name]:,}", f"{result['quarantined'][name]:,}")
    console.print(rows)
    quality = Table(
        title=f"Quality on days that no model had seen, against the simulator's truth (first {LOOKED_AT} a day)", title_justify="left"
    )
    for heading in ("detector", "subjects", "frauds", "AP", f"P@{LOOKED_AT}", "best P", "value", "ECE"):
        quality.add_column(heading, justify="left" if heading == "detector" else "right")
    for name, figures in result["quality"].items():
        cells = [f"{figures[key]:.3f}" if key in figures else "–" for key in ("ap", "precision_at", "attainable", "value_detected", "ece")]
        quality.add_row(name, f"{figures['subjects']:,.0f}", f"{figures['frauds']:,.0f}", *cells)
    console.print(quality, soft_wrap=False)
    console.print(
        "[dim]AP average precision · P precision · best P the most that could be reached · value share of the money found · "
        "ECE calibration error[/]",
        soft_wrap=False,
    )
    kinds = Table(title="What became of each kind at first look", title_justify="left")
    for heading in ("kind", "there were", "acted on", "held or blocked"):
        kinds.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, count in result["found"].items():
        kinds.add_row(kind.replace("_", " "), *(f"{count[name]:,}" for name in ("there", "acted_on", "stopped")))
    console.print(kinds)
    for alert in alerts:
        told = loads(alert["reasons"])
        lines = "\n".join(f"· {escape(reason['text_en'])}\n  [dim]{escape(reason['text_zh'])}[/]" for reason in told[:3])
        loss = money(alert["expected_loss_minor"], alert["currency"])
        title = f"{alert['case_type']} · {alert['subject_kind']} {alert['subject_id']} · {alert['action']} · at stake {loss}"
        console.print(Panel(lines, title=escape(title), title_align="left", expand=False), soft_wrap=False)
    good = all(not feed["faults"] and feed["applied"] for feed in result["feeds"])
    console.print(
        f"cases opened [bold]{result['cases_opened']}[/] from {result['alerts']} alerts · {len(result['feeds'])} feeds "
        f"{'[green]verified and applied[/]' if good else '[red]refused[/]'}, "
        f"the last with {result['feeds'][-1]['rows']} rows · {result['seconds']:.0f} s"
    )
    here = f"FAIRDEAL_HOME={_short(home)}"
    console.print("\nNext:", markup=False)
    console.print(
        f"  {here} .venv/bin/fairdeal console                  the cases, with reasons, in your browser", markup=False, soft_wrap=True
    )
    console.print(f"  {here} .venv/bin/fairdeal contracts report         what was quarantined, and why", markup=False, soft_wrap=True)
    console.print(
        "  .venv/bin/fairdeal source check YOUR-MAPPING.toml  what Fairdeal would find in your own files", markup=False, soft_wrap=True
    )


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
