"""Files of an object-store prefix: listed, fetched once per version, then read like any other file."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import translate
from pathlib import Path, PurePosixPath

from pyarrow import fs

from fairdeal.sources.fetching import Fetching, SourceUnreachable
from fairdeal.sources.mapping_parts import FileSet

_PIECE = 1 << 20
#: Objects fetched or asked about at a time; each waits for the network most of its time.
_AT_ONCE = 8
_WILD = re.compile(r"[*?\[]")
_CHANGED = "it changed while it was fetched; allowed is an object that stays as it is; run again once it is complete"


class ObjectChanged(Exception):
    """An object is another one after its last byte was fetched than it was before the first."""


def fetched_objects(file_set: FileSet, fetching: Fetching) -> Iterator[tuple[str, Path | None, int, str]]:
    """Every object that a set's pattern matches, sorted: its address, its copy, its size, and why there is none (empty where there is).

    Raises
    ------
    SourceUnreachable
        When the store does not answer or refuses.

    Notes
    -----
    A copy is kept under the object's address, size and entity tag: an object that did not change is not fetched again. Keys come from the
    environment, the user's profile or the machine's role, as the store's own tools find them; a mapping never holds any.
    """
    where = f"[files.{file_set.name}] {file_set.path}"
    folder = fetching.place(where) / "objects"
    pattern = file_set.path.removeprefix("s3://")
    try:
        store = object_store(fetching)
        found = sorted(info.path for info in _listed(store, pattern) if info.type == fs.FileType.File)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            copies = list(pool.map(lambda path: _copy(store, path, folder), found))
    except OSError as error:
        raise SourceUnreachable(
            f"{where}: the object store refuses or does not answer ({_first_line(error)}); "
            "allowed is a store that lets this machine list and read the prefix; "
            "check bucket, [object_store] endpoint and region, and the keys in the environment"
        ) from error
    for path, (copy, size, fault) in zip(found, copies, strict=True):
        yield f"s3://{path}", copy, size, fault


def object_store(fetching: Fetching) -> fs.FileSystem:
    """The object store, with the environment's keys."""
    return fs.S3FileSystem(
        endpoint_override=fetching.endpoint,
        region=fetching.region,
        connect_timeout=10,
        request_timeout=60,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
    )


def fetch(store: fs.FileSystem, path: str, target: Path, on_piece: Callable[[int], None] = lambda size: None) -> None:
    """Copies an object to a file that appears whole or not at all.

    Parameters
    ----------
    on_piece
        Told the bytes that have arrived so far.

    Raises
    ------
    ObjectChanged
        When the object was replaced in the meantime.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as copy:
            with store.open_input_file(path) as source:
                before = _version(source)
                arrived = 0
                while piece := source.read(_PIECE):
                    copy.write(piece)
                    arrived += len(piece)
                    on_piece(arrived)
            copy.flush()
            os.fsync(copy.fileno())
        with store.open_input_file(path) as source:
            if _version(source) != before or arrived != source.size():
                raise ObjectChanged(path)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def matches(path: str, pattern: str) -> bool:
    """Whether a path fits a glob: ``*`` within one folder, ``**`` over any depth, hidden names only where the pattern names them.

    >>> matches("in/2026/a.csv", "in/**/*.csv"), matches("in/2026/a.csv", "in/*.csv"), matches("in/.a.csv", "in/*.csv")
    (True, False, False)
    """
    return _fits(PurePosixPath(path).parts, PurePosixPath(pattern).parts)


def _fits(names: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return not names
    if patterns[0] == "**":
        visible = bool(names) and not names[0].startswith(".")
        return _fits(names, patterns[1:]) or (visible and _fits(names[1:], patterns))
    if not names or (names[0].startswith(".") and not patterns[0].startswith(".")):
        return False
    return re.fullmatch(translate(patterns[0]), names[0]) is not None and _fits(names[1:], patterns[1:])


def _listed(store: fs.FileSystem, pattern: str) -> list[fs.FileInfo]:
    """What the store holds under the pattern's fixed beginning, as far as it fits."""
    bucket = pattern.partition("/")[0]
    if store.get_file_info(bucket).type == fs.FileType.NotFound:
        raise FileNotFoundError(f"no bucket {bucket}")
    wild = _WILD.search(pattern)
    if wild is None:
        return [store.get_file_info(pattern)]  # what is not there is no file
    base = pattern[: wild.start()].rpartition("/")[0]
    deep = "/" in pattern[len(base) + 1 :]
    found = store.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=deep))
    return [info for info in found if matches(info.path, pattern)]


def _copy(store: fs.FileSystem, path: str, folder: Path) -> tuple[Path | None, int, str]:
    """The kept copy of an object as it is now, fetched if need be."""
    with store.open_input_file(path) as source:
        version, size = _version(source), source.size()
    digest = hashlib.sha256(f"{path}\n{version}".encode()).hexdigest()[:32]
    target = folder / digest / PurePosixPath(path).name
    if not target.exists():
        try:
            fetch(store, path, target)
        except ObjectChanged:
            return None, size, _CHANGED
    return target, size, ""


def _version(source: object) -> str:
    """What tells two versions of an object apart: entity tag, size, and version where the store keeps them."""
    told = source.metadata()  # type: ignore[attr-defined]
    tag = {name: told.get(name, b"") for name in ("ETag", "VersionId", "Content-Length", "Last-Modified")}
    return ";".join(f"{name}={value.decode('utf-8', 'replace')}" for name, value in tag.items())


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
