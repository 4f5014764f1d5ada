"""Django's SQLite backend with one addition: a connection follows its settings to another file."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that was opened for another file than the settings now name is closed before it is used again.

    Every thread has its own connection; without this, one that lives on in a worker thread would go on writing into the home
    the process has left.
    """

    _opened_for: Any = None

    def ensure_connection(self) -> None:
        if self.connection is not None and self._opened_for != self.settings_dict["NAME"] and not self.in_atomic_block:
            self.close()
        if self.connection is None:
            self._opened_for = self.settings_dict["NAME"]
        super().ensure_connection()
