"""What a backup holds: every file with size and sha256, and what it is a backup of. Without this list there is no backup.

Files that never change lie in the backup as they lie in the home. Databases and keys, which do change, are called by their content, so that
the backup before stays whole until this list names the new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fairdeal.pipelines.canonical_json import dumps, loads
from fairdeal.pipelines.errors import DataIsWrong
from fairdeal.pipelines.files import sha256_of, write_whole

NAME = "backup.json"
FORMAT = 1
#: Folders of what changes from one backup to the next.
DATABASES, KEYS = "databases", "keys"
#: Folders of what never changes, as the home has them.
LASTING = ("lake", "runs", "feed", "mlartifacts", "evidence")


@dataclass(frozen=True)
class Kept:
    """One file of a backup.

    Attributes
    ----------
    path
        Where it lies in the backup.
    place
        Where it belongs in a home; of a database its file's usual name, wherever the settings keep it.
    """

    path: str
    place: str
    size: int
    sha256: str

    @property
    def is_database(self) -> bool:
        return self.path.startswith(f"{DATABASES}/")

    @property
    def is_key(self) -> bool:
        return self.path.startswith(f"{KEYS}/")


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    about
        ``taken_at``, ``code_version``, ``last_run`` and ``feed_seq`` (null before the first), ``audit_head`` (what the history held at
        least; null before its first entry).
    files
        By path.
    sha256
        Of all this: what the list itself is known by.
    """

    about: dict[str, Any]
    files: tuple[Kept, ...]
    sha256: str

    @property
    def has_keys(self) -> bool:
        return any(file.is_key for file in self.files)


def kept_as(name: str, sha256: str) -> str:
    """What a file that changes is called in a backup."""
    return f"{sha256[:16]}-{name}"


def write(folder: Path, about: dict[str, Any], files: Sequence[Kept]) -> Manifest:
    """Writes the list; from then on the folder holds a backup."""
    files = sorted(files, key=lambda file: file.path)
    content = {"format": FORMAT, "about": about, "files": [asdict(file) for file in files]}
    sha256 = _digest(content)
    write_whole(folder / NAME, dumps({**content, "sha256": sha256}).encode(), mode=0o600)
    return Manifest(about, tuple(files), sha256)


def read(folder: Path) -> Manifest:
    """The list of a backup.

    Raises
    ------
    DataIsWrong
        When there is none, or it is not what was written.
    """
    path = folder / NAME
    if not path.is_file():
        raise DataIsWrong(f"{path}: it is missing; a backup ends with it, so {folder} holds none; give the folder of a whole backup")
    try:
        text = path.read_bytes()
        found = loads(text.decode())
        sha256 = found.pop("sha256")
        is_as_written = sha256 == _digest(found) and text == dumps({**found, "sha256": sha256}).encode()
    except (ValueError, KeyError, AttributeError, TypeError):
        is_as_written = False
    if not is_as_written or found["format"] != FORMAT:
        raise DataIsWrong(f"{path}: it is not what `fairdeal backup` of this version wrote; use another backup")
    files = tuple(Kept(**file) for file in found["files"])
    for file in files:
        for place in (file.path, file.place):
            if PurePosixPath(place).is_absolute() or ".." in PurePosixPath(place).parts:
                raise DataIsWrong(f"{path}: it names {place}, which lies elsewhere; do not use this backup")
    return Manifest(found["about"], files, sha256)


def faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What of a backup is not as it was written, file by file."""
    for file in manifest.files:
        path = folder / file.path
        if not path.is_file():
            yield f"{path}: it is missing; restore from another backup, or back up again"
        elif path.stat().st_size != file.size or sha256_of(path) != file.sha256:
            yield f"{path}: it is not what was backed up; restore from another backup, or back up again"


def verify(folder: Path) -> Manifest:
    """The list of a backup, all of whose files are as they were written.

    Raises
    ------
    DataIsWrong
        Naming what is not.
    """
    manifest = read(folder)
    found = list(faults(folder, manifest))
    if found:
        raise DataIsWrong("\n".join(found[:20]) + (f"\nand {len(found) - 20} more" if len(found) > 20 else ""))
    return manifest


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(dumps(content).encode()).hexdigest()
