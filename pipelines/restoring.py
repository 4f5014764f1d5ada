"""Restoring a backup into an empty home: every hash before and after, then what the product itself can check.

Killed midway, a home says that it is half restored and takes no work; the same restore, given again, brings it to its end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairdeal.pipelines import backup_manifest
from fairdeal.pipelines.auditing import look_at_history
from fairdeal.pipelines.backing_up import named_files
from fairdeal.pipelines.backup_manifest import Manifest
from fairdeal.pipelines.database_copies import Database, databases
from fairdeal.pipelines.errors import DataIsWrong, WrongUse
from fairdeal.pipelines.files import copy_whole, sha256_of, write_whole
from fairdeal.pipelines.ledger import Ledger, only_one
from fairdeal.pipelines.queue import RESTORING
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.workplace import queue


def restore(settings: Settings, folder: Path) -> Manifest:
    """Makes an empty home what was backed up.

    Raises
    ------
    WrongUse
        When the home holds anything, or nobody gave the keys.
    DataIsWrong
        When the backup, or what came of it, is not what was backed up; the home takes no work then.
    """
    manifest = backup_manifest.verify(folder)
    home, places = settings.home, {database.file_name: database for database in databases(settings)}
    _refuse_used(home, manifest, places)
    home.mkdir(parents=True, exist_ok=True)
    with only_one(home, "run"):
        for leftover in _half_written(home):
            leftover.unlink()
        write_whole(home / RESTORING, manifest.sha256.encode())
        for file in manifest.files:
            if not file.is_database and not _is_there(home / file.place, file.sha256):
                copy_whole(folder / file.path, home / file.place, file.sha256)
        if manifest.has_keys:
            (home / "keys").chmod(0o700)
        for name, database in places.items():
            for file in manifest.files:
                if file.is_database and file.place == name:
                    database.put_back(folder / file.path, file.sha256)
        _check(settings, manifest, places)
        (home / RESTORING).unlink()
    return manifest


def _refuse_used(home: Path, manifest: Manifest, places: dict[str, Database]) -> None:
    wanted = {file.place for file in manifest.files if file.is_database}
    strange = sorted(wanted - set(places))
    if strange:
        raise WrongUse(
            f"[database]: the backup holds {', '.join(strange)} and the settings keep {', '.join(sorted(places))}; "
            "restore with settings that name the same kind of database"
        )
    if not manifest.has_keys and not any((home / "keys").glob("*")):
        raise WrongUse(f"{home / 'keys'}: it is empty and the backup holds no keys; put the keys there that were kept apart, and try again")
    mark = home / RESTORING
    if mark.is_file() and mark.read_text(encoding="ascii", errors="replace") == manifest.sha256:
        return  # this very restore was interrupted
    held = {path.name for path in home.iterdir() if path not in _half_written(home)} if home.is_dir() else set()
    held -= {"locks"} if manifest.has_keys else {"locks", "keys"}
    held |= {name for name, database in places.items() if name in wanted and database.is_used()}
    if held:
        raise WrongUse(
            f"{home}: it holds {', '.join(sorted(held)[:5])}; only an empty home is restored, so that nothing is overwritten; "
            "move what is there away, or give another home with FAIRDEAL_HOME"
        )


def _half_written(home: Path) -> set[Path]:
    """What the mark was being written to when a restore was killed."""
    return set(home.glob(".*.part"))


def _is_there(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _check(settings: Settings, manifest: Manifest, places: dict[str, Database]) -> None:
    """Every hash once more, then the ledger, the queue's history and the feeds; raises on what does not hold."""
    faults = []
    for file in manifest.files:
        place = places[file.place].place if file.is_database else settings.home / file.place
        if isinstance(place, Path) and not _is_there(place, file.sha256):
            faults.append(f"{place}: it is not what was backed up")
    ledger = Ledger(settings.ledger_url)
    try:
        lost = named_files(ledger).items() - {(file.place, file.sha256) for file in manifest.files}
        faults += [f"{settings.home / path}: the ledger names this file and the backup does not hold it" for path, _ in sorted(lost)]
        faults += _faults_of_queue(settings, ledger, manifest.about["audit_head"])
    finally:
        ledger.close()
    if faults:
        told = "\n".join(faults[:20]) + (f"\nand {len(faults) - 20} more" if len(faults) > 20 else "")
        raise DataIsWrong(f"{told}\nthe home is not to be used; look whether its keys are those of the backup, else take another backup")


def _faults_of_queue(settings: Settings, ledger: Ledger, head: dict[str, Any] | None) -> list[str]:
    from fairdeal.control_center.keys import KeyRing
    from fairdeal.pipelines.keys import ring_path

    services, path, feeds = queue(settings, ledger), ring_path(settings.home, "feed"), settings.home / "feed"
    anchors = [services.Anchor(head["count"], head["hash"], "the backup")] if head else []
    if not feeds.is_dir():
        return look_at_history(services, None, None, anchors)[1]
    if not path.is_file():
        return [f"{path}: it is missing, so no feed can be verified"]
    return look_at_history(services, feeds, KeyRing.parse(path.read_bytes()), anchors)[1]
