"""What all tests share: no test is timed, since machines differ; property tests see the same examples each run, or new ones on demand."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections
from hypothesis import settings

from fairdeal.disputes.django_setup import configure, migrate
from tests.outside import postgresql

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

#: A moment, in seconds since 1970, from which on no test is begun, for a machine that allows so much time and no more.
NO_TEST_AFTER = float(os.environ.get("NO_TEST_AFTER", "inf"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves out what there is no time for, and says so."""
    if time.time() > NO_TEST_AFTER:
        pytest.skip("no time left for it")


@pytest.fixture(scope="session")
def empty_queue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue's database with the present schema and no rows: to make one takes longer than most of what is tested with it."""
    home = tmp_path_factory.mktemp("queue")
    configure(home)
    migrate()
    return home / "disputes.db"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a server with an empty database."""
    with postgresql() as address:
        yield address


@pytest.fixture(scope="session")
def empty_postgresql_queue(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database of the server: a queue with the present schema and no rows."""
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute("CREATE DATABASE empty_queue")
    configure(tmp_path_factory.mktemp("empty"), database_url=_database(postgresql_server, "empty_queue"))
    migrate()
    return "empty_queue"


@pytest.fixture
def postgresql_queue(postgresql_server: str, empty_postgresql_queue: str) -> Iterator[str]:
    """The address of an empty queue of one test's own on PostgreSQL, copied as `empty_queue` is."""
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute(f"CREATE DATABASE queue TEMPLATE {empty_postgresql_queue}")
        yield _database(postgresql_server, "queue")
        connections.close_all()
        server.execute("DROP DATABASE queue WITH (FORCE)")


def _database(address: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlsplit(address)._replace(path=f"/{name}").geturl()
