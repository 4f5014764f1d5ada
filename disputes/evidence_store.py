"""Where files of evidence lie: in the home, called by what is in them, written once and never changed."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from django.conf import settings

#: The folder of the home that holds them.
FOLDER = "evidence"

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Spoiled(Exception):
    """A file is gone, or is not what was put there."""


def place_of(sha256: str) -> str:
    """Where in the home the file of this SHA-256 lies.

    Raises
    ------
    ValueError
        For what is no SHA-256; no other path can be asked for.
    """
    if _SHA256.fullmatch(sha256) is None:
        raise ValueError("not a SHA-256")
    return f"{FOLDER}/{sha256[:2]}/{sha256}"


def put(content: bytes) -> str:
    """Keep a file, whole or not at all; its SHA-256. The same content is kept once."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = _path(sha256)
    if not _is_sound(path, sha256):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{sha256}.{secrets.token_hex(4)}.part")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
        _sync(path.parent.parent)
    return sha256


def get(sha256: str) -> bytes:
    """The file of this SHA-256.

    Raises
    ------
    Spoiled
        When it is gone or is another one.
    """
    try:
        content = _path(sha256).read_bytes()
    except OSError:
        raise Spoiled(f"{place_of(sha256)}: the file is gone") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Spoiled(f"{place_of(sha256)}: the file is not what was put there")
    return content


def _path(sha256: str) -> Path:
    return Path(settings.HOME_FOLDER) / place_of(sha256)


def _is_sound(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _sync(folder: Path) -> None:
    """Let the folder's entries survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
