"""Files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from fairdeal.pipelines.crash_points import reach
from fairdeal.pipelines.errors import OutsideFailure


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> str:
    """Writes a file so that a reader sees either nothing or all of it, even after a crash; gives its sha256.

    The content reaches the disk before the name does, and the name before this returns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(mode)
        reach(f"before rename {path.name}")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return hashlib.sha256(content).hexdigest()


def rename_whole(path: Path, name: Path) -> None:
    """Gives a written file its name; content and name have reached the disk when this returns."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    reach(f"before rename {name.name}")
    path.replace(name)
    sync_folder(name.parent)


def sync_folder(folder: Path) -> None:
    """Makes the folder's names reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_whole(source: Path, target: Path, sha256: str | None = None) -> str:
    """Copies a file, with its rights, so that the copy appears whole or not at all; gives the sha256 of what was read.

    Raises
    ------
    OutsideFailure
        When the content is another one than ``sha256`` says, or another one stands in the copy.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part, digest = target.with_name(f".{target.name}.part"), hashlib.sha256()
    with source.open("rb") as read, part.open("wb") as written:
        part.chmod(stat.S_IMODE(source.stat().st_mode))
        while piece := read.read(2**20):
            digest.update(piece)
            written.write(piece)
    found = digest.hexdigest()
    if found != (sha256 or found) or sha256_of(part) != found:
        part.unlink()
        raise OutsideFailure(
            f"{source}: it, or the copy made of it, is not what was written down; restore it, or check the disks, and try again"
        )
    rename_whole(part, target)
    return found
