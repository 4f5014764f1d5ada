"""The daily risk feed: its state, its verification, the consumer's side."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from fairdeal.pipelines.commands.options import AsJson, Config, print_json, read_instant
from fairdeal.pipelines.errors import DataIsWrong, WrongUse
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.pipelines.telling import console

app = typer.Typer(no_args_is_help=True, help="The daily risk feed: state, verification, the consumer's side.")


def feed_keys(settings: Settings, keys: Path | None) -> Any:
    """The key ring that feeds are verified with: the one given, or this home's own."""
    from fairdeal.control_center.keys import KeyRing
    from fairdeal.pipelines.keys import ring_path

    path = keys or ring_path(settings.home, "feed")
    if not path.is_file():
        raise WrongUse(f"{path}: no key ring; a feed is verified with the publisher's public keys; give them with --keys")
    return KeyRing.parse(path.read_bytes())


Keys = Annotated[Path | None, typer.Option("--keys", help="Key ring of the publisher; default: this home's own.")]
At = Annotated[str | None, typer.Option("--at", help="Consumer's clock, ISO time, for past feeds; default: now.")]


def _now(settings: Settings, at: str | None) -> datetime:
    return read_instant(settings, "--at", at) if at else datetime.now(UTC)


def _consumer(settings: Settings) -> Path:
    return settings.home / "consumer"


@app.command("verify")
def feed_verify(folder: Path, keys: Keys = None, config: Config = None, as_json: AsJson = False) -> None:
    """Say yes, or exactly what is wrong with a feed; exit code 0 or 1.

    Example: `fairdeal feed verify .fairdeal/feed/2018-08-08`
    """
    from fairdeal.control_center.verification import verify

    faults = verify(folder, feed_keys(load_settings(config), keys))
    if as_json:
        print_json({"folder": str(folder), "ok": not faults, "faults": faults})
    if faults:
        raise DataIsWrong("\n".join(faults))
    console.print(f"[green]yes[/] {escape(str(folder))}: complete, signed and reconciled")


@app.command("apply")
def feed_apply(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of one feed; without it the newest, through those that were missed.")
    ] = None,
    keys: Keys = None,
    at: At = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take a feed as its consumer does: verify, put in force or keep the last good one, acknowledge.

    Example: `fairdeal feed apply .fairdeal/feed/2018-08-08 --at 2018-08-09T04:00:00+08:00`
    """
    from fairdeal.control_center.consumer import Refused, catch_up, consume

    settings = load_settings(config)
    ring, now = feed_keys(settings, keys), _now(settings, at)
    if folder is None:
        result = catch_up(settings.home / "feed", _consumer(settings), keys=ring, now=now)
    else:
        result = consume(folder, _consumer(settings), keys=ring, now=now)
    if isinstance(result, Refused):
        if as_json:
            print_json({"applied": False, "reasons": list(result.reasons)})
        raise DataIsWrong("\n".join(["refused, the last good feed stays in force:", *result.reasons]))
    if as_json:
        print_json({"applied": True, "feed_seq": result.feed_seq, "rows": result.rows})
    console.print(f"[green]in force[/] feed {result.feed_seq} with {result.rows} rows, acknowledged")


@app.command("status")
def feed_status(at: At = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the latest feed, its age, and whether it was acknowledged.

    Example: `fairdeal feed status`
    """
    from fairdeal.control_center.status import status

    settings = load_settings(config)
    found = status(settings.home / "feed", _consumer(settings), _now(settings, at))
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if name != "warnings":
            console.print(f"{name:>18}  {value}", markup=False)
    for warning in found.get("warnings", []):
        console.print(f"[yellow]![/] {escape(warning)}")


@app.command("rotate-key")
def feed_rotate_key(config: Config = None) -> None:
    """Sign with a new key from now on; the old one still verifies for seven days. Hand the new key ring to the consumers first.

    Example: `fairdeal feed rotate-key`
    """
    from fairdeal.pipelines.keys import ring_path, rotate

    settings = load_settings(config)
    key = rotate(settings.home, "feed", at=datetime.now(UTC))
    console.print(f"signing key {key.key_id}; key ring for the consumers: {ring_path(settings.home, 'feed')}")
