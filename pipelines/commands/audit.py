"""The history of the dispute queue: whether it is what was written."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fairdeal.pipelines.auditing import look_at_history
from fairdeal.pipelines.commands.cases import services_of
from fairdeal.pipelines.commands.feed import Keys, feed_keys
from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.errors import DataIsWrong
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import console

app = typer.Typer(no_args_is_help=True, help="The history of the dispute queue: whether it is what was written.")


@app.command("verify")
def audit_verify(
    feeds: Annotated[
        Path | None, typer.Option("--feeds", help="Folder of published feeds, best a copy from elsewhere; default: this home's own.")
    ] = None,
    keys: Keys = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Check every entry of the history against its seal and against the heads in signed feeds; exit code 0 or 1.

    Names the first entry that is not what was written. Cases and alerts that are not where the history left them are told too.

    Example: `fairdeal audit verify --feeds /mnt/archive/feed`
    """
    settings = load_settings(config)
    folder = feeds or settings.home / "feed"
    services = services_of(config)
    is_there = feeds is not None or folder.is_dir()
    audit, told = look_at_history(services, folder if is_there else None, feed_keys(settings, keys) if is_there else None)
    if as_json:
        print_json({**asdict(audit), "faults": told, "ok": not told})
    if told:
        raise DataIsWrong("\n".join(told[:20]) + (f"\nand {len(told) - 20} more" if len(told) > 20 else ""))
    told_outside = f"as {audit.anchors} signed feeds say" if audit.anchors else "no feed tells how many there should be"
    console.print(f"[green]yes[/] {audit.entries} entries, each as it was written; {told_outside}")
