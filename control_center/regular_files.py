"""Opening files that a stranger laid down: regular ones only, never through a link, never waiting."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class NotRegular(Exception):
    """The path is missing or is no regular file; the message says what it is."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file for reading bytes.

    Raises
    ------
    NotRegular
        When there is none, or it is a link, a folder, a pipe or a device, or may not be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotRegular("is missing") from None
    except OSError as error:
        raise NotRegular("is a link" if path.is_symlink() else f"cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotRegular("is no regular file")
    with os.fdopen(handle, "rb") as file:
        yield file
