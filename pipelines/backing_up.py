"""Backing up a home: databases of one moment, the files that the ledger names, each checked, and last the list of all.

Killed midway, a backup leaves the one before as it was; given again, it goes on with what is copied already.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import fairdeal
from fairdeal.control_center.publishing import CSV_NAME, JSONL_NAME, MANIFEST_NAME
from fairdeal.pipelines import backup_manifest
from fairdeal.pipelines.backup_manifest import DATABASES, KEYS, LASTING, NAME, Kept, Manifest, kept_as
from fairdeal.pipelines.canonical_json import loads
from fairdeal.pipelines.database_copies import Database, databases
from fairdeal.pipelines.errors import OutsideFailure, WrongUse
from fairdeal.pipelines.files import copy_whole, rename_whole, sha256_of
from fairdeal.pipelines.ledger import FEEDS, LAKE, RUNS, STEPS, Ledger, only_one
from fairdeal.pipelines.queue import refuse_half_restored
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import queue


def back_up(settings: Settings, folder: Path, *, with_keys: bool) -> Manifest:
    """Backs a home up into a folder; what lies there from a backup before is not copied again.

    Raises
    ------
    WrongUse
        When there is nothing to back up, the folder is of something else, or a run is at work.
    OutsideFailure
        When a database or a file that the ledger names is not sound; the backup before stays then.
    """
    home, kept_in = settings.home, databases(settings)
    _refuse(settings, folder, kept_in)
    for place in (folder, folder / DATABASES, folder / KEYS):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / KEYS).chmod(0o700)
    with only_one(home, "backup"):
        with only_one(home, "run"), only_one(home, "promotion"):  # ledger, queue and registry are of one moment
            ledger = Ledger(settings.ledger_url)
            try:
                services = queue(settings, ledger)
                about = _about(services, ledger)
                named = {**named_files(ledger), **_feed_files(ledger)}
                files = [_copy_of(folder, database) for database in kept_in if database.is_used()]
                named |= services.evidence_places()  # after the queue was copied: no row in the copy is without its file
            finally:
                ledger.close()
            bundles = _plain_files(home / "mlartifacts")
        files += [_lasting(home, folder, place, sha256) for place, sha256 in sorted(named.items())]
        files += [_lasting(home, folder, str(path.relative_to(home)), None) for path in bundles]
        files += [_key(home, folder, path) for path in _plain_files(home / KEYS)] if with_keys else []
        manifest = backup_manifest.write(folder, about, files)
        _forget_others(folder, manifest)
    return manifest


def named_files(ledger: Ledger) -> dict[str, str]:
    """Sha256 by path of every file of the lake and of runs that the ledger names."""
    with ledger.engine.connect() as connection:
        found: dict[str, str] = {row.path: row.sha256 for row in connection.execute(sa.select(LAKE.c.path, LAKE.c.sha256))}
        for result in connection.execute(sa.select(STEPS.c.result)).scalars():
            found.update(_named_in(loads(result)))
    return found


def _named_in(value: Any) -> Iterator[tuple[str, str]]:
    """Files of runs that a step's result names, however deep."""
    if isinstance(value, dict):
        if set(value) == {"path", "sha256", "rows"} and str(value["path"]).startswith("runs/"):
            yield value["path"], value["sha256"]
        else:
            for inner in value.values():
                yield from _named_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_in(inner)


def _feed_files(ledger: Ledger) -> dict[str, str]:
    """Sha256 by path of the files of every feed that the ledger entered."""
    found: dict[str, str] = {}
    with ledger.engine.connect() as connection:
        for path, sha256, text in connection.execute(sa.select(FEEDS.c.path, FEEDS.c.manifest_sha256, FEEDS.c.manifest)):
            manifest = loads(text)
            hashes = {MANIFEST_NAME: sha256, JSONL_NAME: manifest["content_sha256"], CSV_NAME: manifest["csv_sha256"]}
            found |= {f"{path}/{name}": hashed for name, hashed in hashes.items()}
    return found


def _about(services: Any, ledger: Ledger) -> dict[str, Any]:
    """What a backup is of. The history's head is read before the queue is copied, so that the copy holds at least that much."""
    with ledger.engine.connect() as connection:
        last = connection.execute(sa.select(RUNS).order_by(RUNS.c.interval_to.desc(), RUNS.c.revision.desc()).limit(1)).mappings().first()
        feed_seq = connection.execute(sa.select(sa.func.max(FEEDS.c.feed_seq))).scalar()
    wanted = ("run_id", "source", "interval_from", "interval_to", "revision", "status")
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": fairdeal.__version__,
        "last_run": {name: last[name] for name in wanted} if last else None,
        "feed_seq": feed_seq,
        "audit_head": services.audit_head(),
    }


def _refuse(settings: Settings, folder: Path, kept_in: list[Database]) -> None:
    refuse_half_restored(settings)
    home, ledger = settings.home, kept_in[-1]
    if not ledger.is_used():
        raise WrongUse(f"{home}: it holds no ledger, so there is nothing to back up; give the home folder with FAIRDEAL_HOME or --config")
    if folder.resolve().is_relative_to(home):
        raise WrongUse(f"--to {folder}: it lies in the home folder and would be lost with it; give a folder on another disk or machine")
    if folder.exists() and not folder.is_dir():
        raise WrongUse(f"--to {folder}: it is no folder; give one for backups alone")
    others = {path.name for path in folder.iterdir()} - {NAME, DATABASES, KEYS, *LASTING} if folder.exists() else set()
    others = {name for name in others if not name.startswith(".")}
    if others:
        raise WrongUse(f"--to {folder}: it holds {', '.join(sorted(others)[:5])}, which no backup does; give a folder for backups alone")


def _plain_files(folder: Path) -> list[Path]:
    """Files under a folder, without hidden ones: locks and what is half written."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _kept(folder: Path, path: Path, place: str, sha256: str) -> Kept:
    return Kept(str(path.relative_to(folder)), place, path.stat().st_size, sha256)


def _copy_of(folder: Path, database: Database) -> Kept:
    copy = folder / DATABASES / database.file_name
    database.copy_to(copy)
    sha256 = sha256_of(copy)
    target = copy.with_name(kept_as(database.file_name, sha256))
    rename_whole(copy, target)
    return _kept(folder, target, database.file_name, sha256)


def _lasting(home: Path, folder: Path, place: str, sha256: str | None) -> Kept:
    """Copies a file that never changes, unless it lies there already with the same content."""
    source, target = home / place, folder / place
    try:
        wanted = sha256 or sha256_of(source)
        if not (target.is_file() and sha256_of(target) == wanted):
            copy_whole(source, target, wanted)
    except FileNotFoundError:
        raise OutsideFailure(f"{source}: it belongs to this home and it is gone; restore the home folder from the backup before") from None
    return _kept(folder, target, place, wanted)


def _key(home: Path, folder: Path, path: Path) -> Kept:
    sha256 = sha256_of(path)
    target = folder / KEYS / kept_as(path.name, sha256)
    copy_whole(path, target, sha256)
    return _kept(folder, target, str(path.relative_to(home)), sha256)


def _forget_others(folder: Path, manifest: Manifest) -> None:
    """Removes the databases and keys of backups before: the list names others now."""
    named = {file.path for file in manifest.files}
    for path in (*(folder / DATABASES).iterdir(), *(folder / KEYS).iterdir()):
        if path.is_file() and str(path.relative_to(folder)) not in named:
            path.unlink()
