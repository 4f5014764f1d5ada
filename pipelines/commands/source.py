"""Your own data: a first mapping for it, and what a mapping finds in it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fairdeal.pipelines.commands.options import AsJson, Config, Data, read_mapping
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import console, tell

app = typer.Typer(no_args_is_help=True, help="Your own data: a first mapping for it, and what a mapping finds in it.")


@app.callback()
def source() -> None:
    """Your own data: a first mapping for it, and what a mapping finds in it."""


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


@app.command("new")
def source_new(
    files: Annotated[list[Path], typer.Argument(help="Files to look at, or folders of them: CSV, JSON Lines, Parquet, packed or not.")],
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Which table the files are, or FILE=TABLE for one of several; else it is guessed.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--output", help="Where to write the mapping; without it, stdout.")] = None,
) -> None:
    """Draft a mapping by looking at the files' columns: every guess with its reason, and TODO where a person must decide.

    Paths in the draft are relative to the output's folder, or to the working folder.

    Example: `fairdeal source new payments.csv orders.csv -o shop.toml`
    """
    from fairdeal.sources.drafting import draft

    if out is not None and out.exists():
        raise WrongUse(f"-o {out}: it exists already; a draft overwrites nothing; give another name or move it away")
    if out is not None and not out.parent.is_dir():
        raise WrongUse(f"-o {out}: no such folder; the draft needs one that exists; make it or give another")
    forced = dict(_table_of(entry) for entry in table or ())
    text = draft(files, out.parent if out is not None else Path.cwd(), forced)
    if out is None:
        sys.stdout.write(text)
        return
    out.write_text(text, encoding="utf-8")
    todo = sum("TODO " in line for line in text.splitlines()[2:])
    tell(f"{out} written; {todo} lines with TODO need a decision; then: fairdeal source check {out}")


def _table_of(entry: str) -> tuple[str, str]:
    """One ``--table``: a table for every file, or for the one before the equals sign."""
    name, equals, table = entry.rpartition("=")
    if equals and not name:
        raise WrongUse(f"--table {entry}: no file before the equals sign; TABLE or FILE=TABLE is allowed; correct it")
    return (Path(name).name if equals else "", table)
