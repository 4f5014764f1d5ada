"""Your own data: what a mapping finds in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fairdeal.pipelines.commands.options import AsJson, Data, read_mapping
from fairdeal.pipelines.telling import console

app = typer.Typer(no_args_is_help=True, help="Your own data: what a mapping finds in it.")


@app.callback()
def source() -> None:
    """Your own data: what a mapping finds in it."""


@app.command("check")
def source_check(mapping: Annotated[Path, typer.Argument(help="Mapping file (TOML).")], data: Data = None, as_json: AsJson = False) -> None:
    """Explain what a mapping finds: what matched, what is missing, which signals will be blind. Changes nothing.

    Example: `fairdeal source check sources/handbook.toml --data DIR`
    """
    from fairdeal.sources.check import check

    found = check(read_mapping(mapping, data))
    if as_json:
        sys.stdout.write(found.as_json() + "\n")
    else:
        console.print(found.as_text(), markup=False)
    raise typer.Exit(0 if found.ok else 1)
