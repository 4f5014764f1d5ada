"""What commands about models show to a person, on stderr."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from fairdeal.models.comparing import RIVALS
from fairdeal.pipelines.comparison_report import FIGURES, cells, period
from fairdeal.pipelines.telling import console
from fairdeal.pipelines.whatif import SIDES
from fairdeal.pipelines.whatif_report import missed_words, staffing_words


def figures_table(told: dict[str, Any], names: tuple[str, str]) -> Table:
    """Either side's figures, the difference and its range."""
    table = Table(title=f"{told['detector']}: {period(told)}; money in {told['currency'] or 'units'}", title_justify="left")
    for heading in ("", *(name.replace("_", " ") for name in names), "difference", "95 % by days"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, english, _, how in FIGURES:
        table.add_row(english, *cells(told["figures"][name], how, names))
    return table


def comparison_screen(told: dict[str, Any]) -> None:
    """Champion and challenger side by side, the difference and its range, and what the rule says."""
    console.print(figures_table(told, RIVALS))
    for name in ("champion", "challenger"):
        stood = "as it is" if told[name]["stood_as"] == "itself" else "by a twin that learned from earlier days only"
        console.print(f"{name} {told[name]['model_version']}, judged {stood}")
    for check in told["checks"]:
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: "·"}[check["holds"]]
        console.print(f"{mark} {escape(check['told'])}")
    console.print(
        f"[green]the challenger may be promoted[/]: `fairdeal promote {told['detector']} --maker NAME --reason TEXT`"
        if told["may_promote"]
        else "[yellow]the challenger stays challenger[/]"
    )


def models_screen(found: dict[str, Any]) -> None:
    """Registered models by detector, the newest first, and who promoted what."""
    table = Table()
    for heading in ("detector", "model", "is", "trained until", "AP", "calibration error"):
        table.add_column(heading, justify="right" if heading in ("AP", "calibration error") else "left", overflow="fold")
    for detector, told in found.items():
        for model in told["models"]:
            figures = [f"{model['metrics'][name]:.3f}" if name in model["metrics"] else "–" for name in ("ap", "ece")]
            until = model["params"].get("trained_until", "–")[:10]
            table.add_row(detector, model["model_version"], ", ".join(model["standings"]), until, *figures)
    console.print(table)
    for detector, told in found.items():
        for entry in told["promotions"]:
            words = entry["event"].replace("_", " ")
            reason = f": {entry['reason']}" if entry.get("reason") else ""
            console.print(escape(f"{entry['at'][:16]}  {detector}  {entry['model']['model_version']} {words} by {entry['by']}{reason}"))


def whatif_screen(told: dict[str, Any]) -> None:
    """What would have been, beside what was, and what the random sample says was missed."""
    console.print(figures_table(told, SIDES))
    for change in told["changed"]:
        console.print(f"changed: {escape(change)}")
    stood = "as it is" if told["model"]["stood_as"] == "itself" else "by a twin that learned from earlier days only"
    console.print(f"model {told['model']['model_version']}, {stood}")
    console.print(missed_words(told["audit"], told["currency"]), soft_wrap=True)
    console.print(staffing_words(told["nights"], told["changed"]), soft_wrap=True)


def watch_screen(told: dict[str, Any]) -> None:
    """The week in a table, and what calls for a person."""
    table = Table(title=f"{told['source']}: week to {told['day']}", title_justify="left")
    heads = ("detector", "frauds came", "told to come", "calibration error", "precision", "label days", "moved most")
    for heading in heads:
        table.add_column(heading, justify="left" if heading in (heads[0], heads[-1]) else "right", overflow="fold")
    for name, found in told["detectors"].items():
        ripe, most = found["ripe"], found["features"][0]
        figures = [("frauds_told", ".1f"), ("ece", ".4f"), ("precision", ".1%")]
        cells = ["–" if ripe[key] is None else f"{ripe[key]:{how}}" for key, how in figures]
        days = found["label_delay_days"]["now"]
        moved = "–" if most["stability"] is None else f"{most['name']} {most['stability']:.2f}"
        table.add_row(name, str(ripe["frauds"]), *cells, "–" if days is None else f"{days:.1f}", moved)
    console.print(table)
    for alarm in told["alarms"]:
        console.print(f"[red]{escape(alarm['kind'])}[/] {escape(alarm['text_en'])}\n  {escape(alarm['do'])}", soft_wrap=True)
    if not told["alarms"]:
        console.print("[green]nothing calls for a person[/]")
    console.print(escape(f"the week's page: {told['report']}"), soft_wrap=True)
