"""What `fairdeal explain` shows to a person, on stderr."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from fairdeal.pipelines.answering import timeline
from fairdeal.pipelines.screens import money
from fairdeal.pipelines.telling import console


def answer_screen(told: dict[str, Any], zone: ZoneInfo) -> None:
    """Who it is about, what was decided and why, whether it can be made again, and everything that happened, in order of time."""
    subject, decision, run = told["subject"], told["decision"], told["run"]
    upon = subject["acted_upon"]
    console.rule(escape(f"{subject['kind']} {subject['id']}"))
    probability = "none claimed" if decision["probability"] is None else f"{decision['probability']:.4f}"
    console.print(
        escape(
            f"{decision['action']} on {upon['kind']} {upon['token']}, by rule {decision['policy_rule']}; probability {probability}, "
            f"expected loss {money(decision['expected_loss_minor'], decision['currency'])}"
        ),
        soft_wrap=True,
    )
    for reason in told["reasons"]:
        console.print(f"· {escape(reason['text_en'])}\n  [dim]{escape(reason['text_zh'])}[/]", soft_wrap=True)
    rebuilt = told["rebuilt"]
    same = rebuilt["features"] and rebuilt["score"] and rebuilt["probability"]
    verdict = "[green]made again to the last bit[/]" if same else "[red]not the same when made again[/]"
    console.print(
        f"score {decision['score']!r} {verdict}: features from the rows of {escape(run['source'])} known then (batch {run['watermark']}), "
        f"model {decision['model_version']}"
        + (f", trained until {told['model']['trained_until'][:10]}" if told["model"]["trained_until"] else ", without a champion"),
        soft_wrap=True,
    )
    if not same:
        which = ", ".join(rebuilt["differing"]) or "the score"
        versions = "" if told["code"]["then"] == told["code"]["now"] else f"; code {told['code']['then']} then, {told['code']['now']} now"
        console.print(f"[red]differs[/]: {which}{versions}", soft_wrap=True)
    table = Table(title="what happened", title_justify="left")
    table.add_column("when", no_wrap=True)
    table.add_column("what", overflow="fold")
    for moment, words in timeline(told):
        table.add_row(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}", escape(words))
    console.print(table)
