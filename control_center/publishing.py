"""Publishing a feed's folder: it appears whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from fairdeal.control_center.durable import one_at_a_time, sync_folder, write_durably
from fairdeal.data_contracts.contract import ContractBreach

#: The files of a feed.
JSONL_NAME, CSV_NAME, MANIFEST_NAME = "actions.jsonl", "actions.csv", "manifest.json"
#: Hidden folders that begin so are unfinished; nobody reads them and the next publishing removes them.
UNFINISHED = ".publishing-"

_FOLDER_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.([1-9]\d{0,5}))?", re.ASCII)


def folder_name(day: date, revision: int) -> str:
    """``2024-05-01`` for the day's first feed, ``2024-05-01.2`` for its second revision."""
    return day.isoformat() if revision == 1 else f"{day.isoformat()}.{revision}"


def read_folder_name(name: str) -> tuple[str, int] | None:
    """Day (as text) and revision that `folder_name` wrote, or None when it is no feed's folder."""
    found = _FOLDER_NAME.fullmatch(name)
    return None if found is None else (found[1], int(found[2] or 1))


def feed_folders(feed_root: Path) -> list[Path]:
    """Every feed's folder under ``feed_root``, by day and revision; empty when there is none. Unfinished ones are not seen."""
    try:
        found = [(name, entry) for entry in feed_root.iterdir() if (name := read_folder_name(entry.name)) and entry.is_dir()]
    except OSError:
        return []
    return [entry for _, entry in sorted(found)]


def publish(feed_root: Path, day: date, revision: int, files: Mapping[str, bytes]) -> Path:
    """Write the feed's folder under ``feed_root`` and return it.

    The files are written into a hidden folder beside the target, forced to the disk, and the folder is renamed: at no moment
    can a reader see a part of a feed, nor after a crash. Publishing the same bytes again changes nothing.

    Parameters
    ----------
    feed_root
        Made when missing. One publisher works in it at a time; others wait.
    day, revision
        Give the folder's name, see `folder_name`.
    files
        Content by file name.

    Raises
    ------
    ContractBreach
        When something else stands under that name already: a feed is never rewritten, only superseded by a revision.
    OSError
        When the disk cannot take it; nothing is visible then.
    """
    name = folder_name(day, revision)
    if revision < 1 or not files or any(not _is_plain(file) for file in files):
        raise ContractBreach(
            f"feed {name}: revision {revision} with files {sorted(files)}; revisions from 1 and plain file names are allowed; "
            "give both as the run made them"
        )
    feed_root.mkdir(parents=True, exist_ok=True)
    target = feed_root / name
    with one_at_a_time(feed_root / ".lock"):
        for leftover in feed_root.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover)
        if os.path.lexists(target):
            _refuse_other_content(target, files)
        else:
            unfinished = feed_root / f"{UNFINISHED}{name}"
            try:
                _write_folder(unfinished, files)
                os.rename(unfinished, target)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
        sync_folder(feed_root)
    return target


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        write_durably(folder / name, content)
    sync_folder(folder)


def _refuse_other_content(target: Path, files: Mapping[str, bytes]) -> None:
    same = target.is_dir() and not target.is_symlink() and {entry.name for entry in target.iterdir()} == set(files)
    same = same and all((target / name).is_file() and (target / name).read_bytes() == content for name, content in files.items())
    if not same:
        raise ContractBreach(
            f"{target}: another feed stands here already; what is published is never rewritten; publish the next revision instead"
        )


def _is_plain(name: str) -> bool:
    return name == os.path.basename(name) and not name.startswith(".") and bool(name) and "\x00" not in name
