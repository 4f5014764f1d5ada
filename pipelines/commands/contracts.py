"""What the tables promise, and how the last runs' data kept it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import tell

app = typer.Typer(no_args_is_help=True, help="What the tables promise, and how the last runs' data kept it.")


@app.command("report")
def contracts_report(
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the page; default: report.html in the home folder.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=1000, help="How many runs.")] = 30,
    config: Config = None,
) -> None:
    """Render how the last runs' data kept its contracts, as one HTML page that is whole without a network.

    Example: `fairdeal contracts report --out report.html`
    """
    from fairdeal.pipelines.reporting import contract_report

    settings = load_settings(config)
    target = out or settings.home / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(contract_report(settings, last), encoding="utf-8")
    tell(f"written: {target}")


@app.command("quarantine")
def contracts_quarantine(
    source: Annotated[str | None, typer.Option("--source-name", help="Only this source, by the name in its mapping.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="Only this table.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many on the screen, the newest; --json gives all.")] = 30,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the rows that were set aside: file, line, column, rule.

    Example: `fairdeal contracts quarantine --table payments`
    """
    from fairdeal.pipelines.reporting import quarantined
    from fairdeal.pipelines.screens import quarantine_screen

    found = quarantined(load_settings(config), source=source, table=table)
    if as_json:
        print_json(found.to_dicts())
    quarantine_screen(found, limit)


@app.command("dictionary")
def contracts_dictionary() -> None:
    """Print the data dictionary as Markdown.

    Example: `fairdeal contracts dictionary > docs/data_dictionary.md`
    """
    from fairdeal.data_contracts.dictionary import render_dictionary

    sys.stdout.write(render_dictionary())
