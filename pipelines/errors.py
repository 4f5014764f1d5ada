"""What a person is told when something is wrong, and the exit code that goes with it."""

from __future__ import annotations


class FairdealError(Exception):
    """Ends a command with one plain message and an exit code; the message says where, what was found, what is allowed, what to do."""

    exit_code = 3


class DataIsWrong(FairdealError):
    """The data or a feed is wrong: unreadable file, over the limit, not conserved, bad signature."""

    exit_code = 1


class WrongUse(FairdealError):
    """The command, a setting or a mapping cannot be used as given."""

    exit_code = 2


class OutsideFailure(FairdealError):
    """Something outside failed: a database, a disk, a server."""

    exit_code = 3
