"""Your own data: what a mapping finds in it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fairdeal.pipelines.commands.options import AsJson, Config, Data, read_mapping
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import console

app = typer.Typer(no_args_is_help=True, help="Your own data: what a mapping finds in it.")


@app.callback()
def source() -> None:
    """Your own data: what a mapping finds in it."""


@app.command("check")
def source_check(
    mapping: Annotated[Path, typer.Argument(help="Mapping file (TOML).")], data: Data = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Explain what a mapping finds: what matched, what is missing, which signals will be blind. Changes nothing.

    Example: `fairdeal source check sources/handbook.toml --data DIR`
    """
    from fairdeal.pipelines.workplace import fetching
    from fairdeal.sources.check import check

    settings = load_settings(config)
    with tempfile.TemporaryDirectory(prefix="fairdeal-") as folder:
        found = check(replace(read_mapping(mapping, data), memory_mb=settings.memory_mb, fetching=fetching(settings, Path(folder))))
    if as_json:
        sys.stdout.write(found.as_json() + "\n")
    else:
        console.print(found.as_text(), markup=False)
    raise typer.Exit(0 if found.ok else 1)
