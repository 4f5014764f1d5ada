"""Which files are there: every file of every set, with its size and digest."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Mapping as Mapped
from dataclasses import dataclass
from pathlib import Path

from fairdeal.sources.encoding import UNDECODED, readable
from fairdeal.sources.mapping import Mapping
from fairdeal.sources.object_store import fetched_objects
from fairdeal.sources.postgresql import table_files


@dataclass(frozen=True)
class SourceFile:
    """One file that a mapping's glob matched.

    Parameters
    ----------
    file_set
        Name of its set.
    path
        Relative to the mapping's base, with ``/``; as written where the glob is absolute.
    size
        In bytes.
    sha256
        Of its bytes; empty when it could not be opened, which reading then reports.
    fault
        Why nothing of it can be read, known without opening it; empty when nothing is.
    place
        Where its copy lies when it was fetched; None for files in a folder.
    """

    file_set: str
    path: str
    size: int
    sha256: str
    fault: str = ""
    place: Path | None = None

    def location(self, base: Path) -> Path:
        """Where the file is."""
        return self.place or base / self.path


@dataclass(frozen=True)
class Discovery:
    """The files of a source at this moment, by set, each set sorted by path; ``absent`` names the sets without any."""

    files: Mapped[str, tuple[SourceFile, ...]]
    absent: tuple[str, ...]

    @property
    def all(self) -> tuple[SourceFile, ...]:
        """Every file, sets in the mapping's order."""
        return tuple(file for files in self.files.values() for file in files)


def discover(mapping: Mapping) -> Discovery:
    """The files that a mapping's globs match now. ``**`` matches any depth; hidden files, and folders as such, are left out.

    Objects are fetched, and tables read, as they are now; what was fetched before is not fetched again.
    """
    found: dict[str, tuple[SourceFile, ...]] = {}
    for name, file_set in mapping.files.items():
        if file_set.postgresql is not None:
            tables = table_files(file_set, mapping.source_columns(name), mapping.fetching, whole=mapping.queried(name))
            found[name] = tuple(_fetched_file(name, told, place) for told, place in tables)
            continue
        if file_set.is_remote:
            found[name] = tuple(
                _fetched_file(name, told, place) if place is not None else SourceFile(name, told, size, "", fault)
                for told, place, size, fault in fetched_objects(file_set, mapping.fetching)
            )
            continue
        matched = sorted(Path(path).as_posix() for path in glob.glob(file_set.path, root_dir=mapping.base, recursive=True))
        found[name] = tuple(_source_file(mapping.base, name, path) for path in dict.fromkeys(matched) if not (mapping.base / path).is_dir())
    return Discovery(found, tuple(name for name, files in found.items() if not files))


def _source_file(base: Path, file_set: str, path: str) -> SourceFile:
    location = base / path
    if UNDECODED.search(path):
        return SourceFile(file_set, readable(path), 0, "", "its name is no UTF-8; allowed is a name in UTF-8; rename it")
    if not location.exists():
        return SourceFile(file_set, path, 0, "", "a link that leads nowhere; allowed is a file; mend or remove the link")
    if not location.is_file():
        return SourceFile(file_set, path, 0, "", "a pipe, socket or device; allowed is a regular file; put the data into one")
    try:
        return SourceFile(file_set, path, location.stat().st_size, digest_of(location))
    except OSError:
        return SourceFile(file_set, path, 0, "")


def _fetched_file(file_set: str, told: str, place: Path) -> SourceFile:
    return SourceFile(file_set, told, place.stat().st_size, digest_of(place), place=place)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
