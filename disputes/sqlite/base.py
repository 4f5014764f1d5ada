"""Django's SQLite backend with two additions: a connection follows its settings to another file, and writers take turns."""

from __future__ import annotations

import fcntl
import os
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that was opened for another file than the settings now name is closed before it is used again.

    Every thread has its own connection; without this, one that lives on in a worker thread would go on writing into the home
    the process has left.

    Notes
    -----
    SQLite lets writers try again and again, and whoever happens to try at the right moment gets in: of many, one may wait for a minute
    while others write a hundred times. Here whoever begins a transaction first waits in the line that the system keeps for the lock of a
    file beside the database; a process that dies leaves the line.
    """

    _opened_for: Any = None
    _turn: int | None = None

    def ensure_connection(self) -> None:
        if self.connection is not None and self._opened_for != self.settings_dict["NAME"] and not self.in_atomic_block:
            self.close()
        if self.connection is None:
            self._opened_for = self.settings_dict["NAME"]
        super().ensure_connection()

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()  # what could not be committed is rolled back, in the same turn

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        self._end_turn()
        try:
            self._turn = os.open(f"{self.settings_dict['NAME']}.turn", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        except OSError as error:
            raise OperationalError(f"unable to wait for the database file ({error})") from error

    def _end_turn(self) -> None:
        if self._turn is not None:
            os.close(self._turn)  # which gives the lock back
            self._turn = None
