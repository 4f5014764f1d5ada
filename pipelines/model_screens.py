"""What commands about models show to a person, on stderr."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from fairdeal.models.comparing import RIVALS
from fairdeal.pipelines.comparison_report import FIGURES, cells, period
from fairdeal.pipelines.telling import console
from fairdeal.pipelines.whatif import SIDES
from fairdeal.pipelines.whatif_report import missed_words


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
