"""What this machine has and lacks, each with what to do about it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from fairdeal.pipelines.errors import FairdealError
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    state: str  # ok | missing (optional) | broken
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Looks at the interpreter, the disk, the database, the libraries and the optional parts."""
    found = [
        _finding("python", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}", "Python 3.11 or later is needed"),
        _finding("sqlite", sqlite3.sqlite_version_info >= (3, 35), f"SQLite {sqlite3.sqlite_version}", "SQLite 3.35 or later is needed"),
        _home(settings.home),
        _ledger(settings),
    ]
    for library in ("polars", "duckdb", "lightgbm", "mlflow", "prefect", "great_expectations", "django"):
        there = importlib.util.find_spec(library) is not None
        found.append(_finding(library, there, "installed", "not installed; run `make setup`"))
    found.append(_lightgbm())
    for program, why in (("chromium", "pictures of the console and browser tests"), ("git", "the development tools")):
        path = shutil.which(program)
        found.append(Finding(program, "ok" if path else "missing", path or f"not found; only {why} need it"))
    webhook = settings.notify.webhook_url
    found.append(
        Finding(
            "notify",
            "ok" if webhook else "missing",
            "a webhook is set" if webhook else "[notify] webhook_url is not set; nobody is called when a run fails",
        )
    )
    return found


def _finding(name: str, good: bool, text: str, otherwise: str) -> Finding:
    return Finding(name, "ok" if good else "broken", text if good else otherwise)


def _home(home: Path) -> Finding:
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding("home", "broken", f"{home}: cannot be written ({error.strerror}); give another folder with FAIRDEAL_HOME")
    free = shutil.disk_usage(home).free // 2**20
    return _finding("home", free > 500, f"{home}, {free} MB free", f"{home}: {free} MB free; at least 500 MB are needed; make room")


def _ledger(settings: Settings) -> Finding:
    try:
        Ledger(settings.ledger_url).close()
    except FairdealError as error:
        return Finding("ledger", "broken", str(error))
    return Finding("ledger", "ok", "the run ledger can be opened")


def _lightgbm() -> Finding:
    try:
        import lightgbm
    except OSError as error:
        return Finding("libgomp", "broken", f"LightGBM cannot load ({error}); install the system package libgomp1")
    return Finding("libgomp", "ok", f"LightGBM {lightgbm.__version__} loads")
