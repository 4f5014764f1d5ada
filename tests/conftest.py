"""What all tests share: no test is timed, since machines differ; property tests see the same examples each run, or new ones on demand."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
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
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the database ``template``: a queue with the present schema and no rows."""
    with postgresql(tmp_path_factory.mktemp("postgresql")) as address:
        with psycopg.connect(address, autocommit=True) as server:
            server.execute("CREATE DATABASE template")
        configure(tmp_path_factory.mktemp("template"), database_url=_database(address, "template"))
        migrate()
        yield address


@pytest.fixture
def postgresql_queue(postgresql_server: str) -> Iterator[str]:
    """The address of an empty queue of one test's own on PostgreSQL, copied as `empty_queue` is."""
    with psycopg.connect(postgresql_server, autocommit=True) as server:
        server.execute("CREATE DATABASE queue TEMPLATE template")
        yield _database(postgresql_server, "queue")
        server.execute("DROP DATABASE queue WITH (FORCE)")


def _database(address: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlsplit(address)._replace(path=f"/{name}").geturl()
