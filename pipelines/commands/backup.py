"""Backing up a home, and restoring it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from fairdeal.pipelines.backup_manifest import Manifest
from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import console

app = typer.Typer(help="Everything that a home must not lose, in a folder elsewhere.")


@app.callback(invoke_without_command=True)
def backup(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", help="Folder for backups alone; what lies there already is not copied again.")] = None,
    with_keys: Annotated[bool, typer.Option("--with-keys", help="Also copy keys/: whoever has them signs in your name.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Back up the ledger, the queue, the models, the feeds and the files that the ledger names; people may go on working.

    Killed midway, the backup before stays whole; give the command again.

    Example: `fairdeal backup --to /mnt/backup/fairdeal`
    """
    if context.invoked_subcommand is not None:
        return
    if to is None:
        raise WrongUse("--to: it is missing; a folder for the backup is needed; for example `fairdeal backup --to /mnt/backup/fairdeal`")
    from fairdeal.pipelines.backing_up import back_up

    manifest = back_up(load_settings(config), to, with_keys=with_keys)
    _tell(manifest, to, "backed up", as_json)
    if not manifest.has_keys:
        console.print("[yellow]![/] keys/ is left out; keep a copy of it apart: without it nothing here can be verified or carried on")


@app.command("verify")
def backup_verify(folder: Path, as_json: AsJson = False) -> None:
    """Say yes, or exactly which file of a backup is not what was written; exit code 0 or 1.

    Example: `fairdeal backup verify /mnt/backup/fairdeal`
    """
    from fairdeal.pipelines.backup_manifest import verify

    _tell(verify(folder), folder, "yes", as_json)


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder of a backup.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make an empty home what was backed up, and check it: every hash, the ledger, the queue's history, the feeds.

    Killed midway, the home takes no work until the same command was given again.

    Example: `fairdeal restore --from /mnt/backup/fairdeal`
    """
    from fairdeal.pipelines.restoring import restore as make

    settings = load_settings(config)
    _tell(make(settings, source), settings.home, "restored", as_json)


def _tell(manifest: Manifest, folder: Path, done: str, as_json: bool) -> None:
    size = sum(file.size for file in manifest.files)
    if as_json:
        print_json({**manifest.about, "folder": str(folder), "files": len(manifest.files), "bytes": size, "keys": manifest.has_keys})
    last = manifest.about["last_run"]
    of = f"last run {last['run_id']} to {last['interval_to']}, feed {manifest.about['feed_seq']}" if last else "no run yet"
    console.print(f"[green]{done}[/] {escape(str(folder))}: {len(manifest.files)} files, {size / 2**20:.1f} MB; {of}", soft_wrap=True)
