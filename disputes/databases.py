"""Where the queue lives: SQLite in the home folder, or PostgreSQL by its address."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

#: Seconds a writer waits for another one.
BUSY_SECONDS = 60
#: What an address of a PostgreSQL server may begin with.
POSTGRESQL = ("postgresql", "postgres")


class SettingsError(ValueError):
    """A setting cannot be used; the message says where, what was found, what is allowed and what to do."""


def database(home: Path, url: str | None) -> dict[str, Any]:
    """Django's database entry for ``url``, or for ``disputes.db`` in ``home`` when there is none.

    Notes
    -----
    SQLite runs with a write-ahead log and full synchronisation, so that a committed case survives power loss, and takes its
    write lock when a transaction begins, so that two writers wait for each other and never fail half way. PostgreSQL runs as its
    server is set up; a committed case survives there by the server's own default.
    """
    if url is None:
        return _sqlite(home / "disputes.db")
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        return _sqlite(home / unquote(parts.path[1:]))  # an absolute path, sqlite:////PATH, stays as it is
    if parts.scheme in POSTGRESQL and parts.path.strip("/"):
        return _postgresql(url)
    raise SettingsError(
        f"database: found {parts.scheme or 'no scheme'}://…; allowed are sqlite:///PATH and postgresql://USER@HOST:PORT/NAME; "
        f"give such an address or leave it out for {home / 'disputes.db'}"
    )


def shown(entry: dict[str, Any]) -> str:
    """A database entry for people, without its password."""
    if entry["ENGINE"].endswith("sqlite"):
        return str(entry["NAME"])
    place = entry["HOST"] or entry["OPTIONS"].get("host", "")
    return f"postgresql database {entry['NAME']} at {place or 'this machine'}"


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "fairdeal.disputes.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_SECONDS,
            "init_command": f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError("database: the port of the postgresql address is no number; give postgresql://USER@HOST:PORT/NAME") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)) | {"application_name": "fairdeal"},
    }
