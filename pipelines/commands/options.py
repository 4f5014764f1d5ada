"""What several commands take, and how they answer."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fairdeal.pipelines.errors import WrongUse
from fairdeal.pipelines.settings import Settings

Config = Annotated[Path | None, typer.Option("--config", help="Settings file; without it fairdeal.toml is looked for upward.")]
Source = Annotated[Path, typer.Option("--source", help="Mapping file of the source (TOML).")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder that the mapping's paths are relative to; default: the mapping's own.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def read_mapping(source: Path, data: Path | None) -> Any:
    """The mapping that a command names."""
    from fairdeal.sources.mapping import load_mapping

    if not source.is_file():
        raise WrongUse(f"--source {source}: no such file; a mapping file is needed; see `fairdeal source check --help`")
    if data is not None and not data.is_dir():
        raise WrongUse(f"--data {data}: no such folder; give the folder that the mapping's paths are relative to")
    return load_mapping(source, data)


def read_instant(settings: Settings, name: str, text: str) -> datetime:
    """An ISO date or time; without a zone it is in the settings'."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{name}: found {text!r}; an ISO date or time is allowed; for example 2018-08-08T12:00:00+08:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=settings.zone)
