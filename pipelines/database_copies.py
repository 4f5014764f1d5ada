"""Copies of databases, each of one moment while others write: by SQLite's own backup, or by PostgreSQL's tools."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from fairdeal.disputes import databases as queue_databases
from fairdeal.pipelines.errors import OutsideFailure, WrongUse
from fairdeal.pipelines.files import copy_whole, rename_whole
from fairdeal.pipelines.settings import Settings


@dataclass(frozen=True)
class Database:
    """One database of a home.

    Attributes
    ----------
    name
        ``ledger``, ``disputes`` or ``mlflow``.
    place
        The file of a SQLite database, or the address of a PostgreSQL one.
    """

    name: str
    place: Path | sa.URL

    @property
    def file_name(self) -> str:
        """What a copy is called."""
        return f"{self.name}.db" if isinstance(self.place, Path) else f"{self.name}.pgdump"

    def is_used(self) -> bool:
        """Whether there is anything in it."""
        if isinstance(self.place, Path):
            return self.place.exists()
        engine = sa.create_engine(self.place.set(drivername="postgresql+psycopg"))
        try:
            return bool(sa.inspect(engine).get_table_names())
        except sa.exc.SQLAlchemyError as error:
            raise OutsideFailure(
                f"{self.name}: its database does not answer ({str(error).splitlines()[0]}); check its address and the server"
            ) from None
        finally:
            engine.dispose()

    def copy_to(self, target: Path) -> None:
        """Writes a copy of one moment; it appears whole or not at all."""
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        if isinstance(self.place, Path):
            _copy_sqlite(self.place, part)
        else:
            _postgresql(self, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        rename_whole(part, target)

    def put_back(self, copy: Path, sha256: str) -> None:
        """Makes the database what the copy is; a PostgreSQL database is empty before, and stays so when this fails."""
        if isinstance(self.place, Path):
            for leftover in ("-wal", "-shm"):
                self.place.with_name(self.place.name + leftover).unlink(missing_ok=True)
            copy_whole(copy, self.place, sha256)
        elif not self.is_used():
            _postgresql(self, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(copy))


def databases(settings: Settings) -> list[Database]:
    """Where the settings keep each database; the ledger is the last, since nothing counts without it."""
    queue = queue_databases.database(settings.home, settings.database.disputes_url)
    is_file = queue["ENGINE"].endswith("sqlite")
    return [
        Database("mlflow", settings.home / "mlflow.db"),
        Database("disputes", Path(queue["NAME"]) if is_file else sa.make_url(str(settings.database.disputes_url))),
        Database("ledger", _ledger_place(sa.make_url(settings.ledger_url))),
    ]


def _ledger_place(url: sa.URL) -> Path | sa.URL:
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        return Path(url.database)
    if kind == "postgresql":
        return url
    raise WrongUse(f"[database] url: found {kind}; SQLite files and PostgreSQL can be backed up; use the tools of that database")


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with closing(_opened(source, "mode=ro")) as read, closing(sqlite3.connect(target)) as written:
            read.backup(written)  # in one piece: others go on writing beside it
        with closing(_opened(target, "immutable=1")) as copied:
            (found,) = copied.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        target.unlink()
        raise OutsideFailure(f"{source}: no sound copy of it can be made ({found}); restore it from the backup before")


def _opened(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=60)


def _postgresql(database: Database, tool: str, *words: str) -> None:
    """Gives one of PostgreSQL's commands for a database; its password is in the environment, where nobody else sees it."""
    url = database.place
    assert isinstance(url, sa.URL)
    address = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query).render_as_string()
    command = [tool, f"--dbname={address}", *words]
    if shutil.which(tool) is None:
        raise OutsideFailure(
            f"{database.name}: it is in PostgreSQL and {tool} is not on this machine; install PostgreSQL's client tools and try again; "
            f"what would be run is: {' '.join(command)}"
        )
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(command, env={**os.environ, **secret}, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        raise OutsideFailure(f"{database.name}: {tool} failed ({said}); put that right and try again")
