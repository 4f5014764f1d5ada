"""One Django for the session; every test has a home and an empty, migrated database of its own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from fairdeal.disputes.django_setup import configure, migrate
from tests.outside import postgresql

# Models cannot be imported before Django is set up, and test modules are imported before any fixture runs.
_TEMPLATE = Path(tempfile.mkdtemp(prefix="fairdeal-disputes-"))
atexit.register(shutil.rmtree, _TEMPLATE, ignore_errors=True)
configure(_TEMPLATE)


@pytest.fixture
def home(tmp_path: Path, empty_queue: Path) -> Iterator[Path]:
    """A home whose queue is empty; the process works in it."""
    shutil.copy(empty_queue, tmp_path)
    configure(tmp_path)
    yield tmp_path
    configure(_TEMPLATE)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, home: Path) -> Iterator[str | None]:
    """The address of an empty queue on PostgreSQL; None for SQLite in the home. A test that takes it runs on both."""
    if request.param == "sqlite":
        yield None
        return
    url: str = request.getfixturevalue("postgresql_server")
    configure(home, database_url=url)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    migrate()
    yield url
    connection.close()
    configure(home)
