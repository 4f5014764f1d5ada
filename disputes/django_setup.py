"""Brings Django up for this process: settings, key, database."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from fairdeal.disputes.databases import SettingsError, shown
from fairdeal.disputes.desk_rules import DeskRules
from fairdeal.disputes.settings import build

__all__ = ["DatabaseUnreadable", "SettingsError", "configure", "create_first_user", "migrate", "serve"]


def configure(
    home: Path,
    *,
    database_url: str | None = None,
    time_zone: str = "Asia/Shanghai",
    secret_key: str | None = None,
    debug: bool = False,
    allowed_hosts: Sequence[str] = (),
    actions_elsewhere: bool = False,
    second_factor: bool = False,
    is_https: bool = False,
    desk: DeskRules | None = None,
) -> None:
    """Set Django up for the queue kept under ``home``.

    Parameters
    ----------
    home
        Folder of all state; ``disputes.db`` and ``keys/django_secret`` are made in it.
    database_url
        ``sqlite:///PATH``; a relative path starts at ``home``; or ``postgresql://USER@HOST:PORT/NAME``. None: ``home/disputes.db``.
    time_zone
        In which people see times, and in which a day begins and ends.
    secret_key
        For sessions and forms; made once and kept under ``home`` when not given.
    allowed_hosts
        Host names, beside this machine's own, under which the console answers.
    actions_elsewhere
        Measures of decided cases wait in the outbox until somebody else carried them out; False: the feed is all there is.
    second_factor
        People in the roles of `fairdeal.disputes.roles.SECOND_FACTOR` are let in with a code of their own device only.
    is_https
        The console is reached by HTTPS only, through a proxy that speaks it: cookies are sent over nothing else.
    desk
        The written bounds of the desk; None: the defaults.

    Raises
    ------
    SettingsError
        When the database address or the time zone cannot be used.

    Notes
    -----
    Safe to call again. Django itself is set up once in a process; a later call with another home turns the process to that home,
    which nothing may be using in the meantime.
    """
    home = Path(home).resolve()
    home.mkdir(parents=True, exist_ok=True)
    values = build(
        home,
        database_url=database_url,
        time_zone=known_time_zone(time_zone),
        secret_key=secret_key or kept_secret(home / "keys" / "django_secret"),
        audit_key=kept_secret(home / "keys" / "audit_key"),
        token_key=kept_secret(home / "keys" / "token_key"),
        debug=debug,
        allowed_hosts=allowed_hosts,
        actions_elsewhere=actions_elsewhere,
        second_factor=second_factor,
        is_https=is_https,
        desk=desk or DeskRules(),
    )
    if not settings.configured:
        settings.configure(**values)
        django.setup()
        return
    _turn_to(values["DATABASES"][DEFAULT_DB_ALIAS])
    settings.SECRET_KEY = values["SECRET_KEY"]
    settings.AUDIT_KEY = values["AUDIT_KEY"]
    settings.TOKEN_KEY = values["TOKEN_KEY"]
    settings.DEBUG = values["DEBUG"]
    settings.ALLOWED_HOSTS = values["ALLOWED_HOSTS"]
    settings.ACTIONS_ELSEWHERE = values["ACTIONS_ELSEWHERE"]
    settings.SECOND_FACTOR = values["SECOND_FACTOR"]
    settings.SESSION_COOKIE_SECURE = values["SESSION_COOKIE_SECURE"]
    settings.CSRF_COOKIE_SECURE = values["CSRF_COOKIE_SECURE"]
    settings.HOME_FOLDER = values["HOME_FOLDER"]
    settings.WATCH_FOLDER = values["WATCH_FOLDER"]
    settings.DESK_RULES = values["DESK_RULES"]
    settings.TIME_ZONE = values["TIME_ZONE"]
    timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]


def _turn_to(entry: dict[str, Any]) -> None:
    """Let the connections of this process lead to another database."""
    present = connections.settings[DEFAULT_DB_ALIAS]
    if any(present[name] != value for name, value in entry.items()):
        is_open = any(connection.alias == DEFAULT_DB_ALIAS for connection in connections.all(initialized_only=True))
        connections.close_all()
        is_same_kind = present["ENGINE"] == entry["ENGINE"]
        present.update(entry)  # in place: connections of other threads look at the same values
        if is_open and not is_same_kind:
            del connections[DEFAULT_DB_ALIAS]


def known_time_zone(name: str) -> str:
    """The time zone's name, when this machine knows it.

    Raises
    ------
    SettingsError
        When it does not.
    """
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"time_zone: found {name!r}; allowed are IANA names such as Asia/Shanghai; correct the setting") from None


def kept_secret(path: Path) -> str:
    """The secret in the file ``path``, made when it is missing. The file appears whole, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # never replaces: of two processes the first one's secret stays
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


#: Names the lock of a PostgreSQL database under which one process migrates it.
_MIGRATING = 0x46414952


class DatabaseUnreadable(Exception):
    """The queue's database cannot be used as it is."""


@contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """Be the only process that migrates the database of ``connection``."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])
        return
    database = Path(str(connection.settings_dict["NAME"]))
    database.parent.mkdir(parents=True, exist_ok=True)
    connection.close()  # an open one may hold a file that is gone
    with database.with_name(database.name + ".migrating").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _one_transaction(connection: Any) -> Iterator[None]:
    """Commit all that is done in here at once; SQLite changes a schema in a transaction only where foreign keys were off before it."""
    connection.disable_constraint_checking()
    try:
        with transaction.atomic(using=connection.alias):
            yield
    finally:
        connection.enable_constraint_checking()


def migrate() -> None:
    """Bring the database to the present schema, quietly; processes that come at once wait for each other.

    It is one transaction: Django alone commits the tables of a migration before it notes that they are made, and a process killed in
    between would leave a database that no later one could bring on.

    Raises
    ------
    DatabaseUnreadable
        When the file is no database, or not one of ours.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with _alone(connection):
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                with _one_transaction(connection):
                    call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise DatabaseUnreadable(f"{shown(connection.settings_dict)}: it cannot be read as the queue's database ({error})") from error
    connection.close()


def create_first_user(username: str = "admin") -> tuple[str, str] | None:
    """Make the first account; see `fairdeal.disputes.first_user.create_first_user`."""
    from fairdeal.disputes.first_user import create_first_user as create  # models exist after configure() only

    return create(username)


def serve(host: str = "127.0.0.1", port: int = 8000, *, workers: int = 1, threads: int = 4) -> None:
    """Serve the console until the process is told to stop; see `fairdeal.disputes.serving.serve`."""
    from fairdeal.disputes.serving import serve as run  # needs configured settings

    run(host, port, workers=workers, threads=threads)
