"""One Django for the session; every test has a home and an empty, migrated database of its own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from whitenoise.middleware import WhiteNoiseMiddleware

from fairdeal.disputes.django_setup import configure

# Models cannot be imported before Django is set up, and test modules are imported before any fixture runs.
_TEMPLATE = Path(tempfile.mkdtemp(prefix="fairdeal-disputes-"))
atexit.register(shutil.rmtree, _TEMPLATE, ignore_errors=True)
configure(_TEMPLATE)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """The files that pages bring along, found once for all clients: a server does so when it starts, and here every client is one."""
    found: dict[str, object] = {}
    find = WhiteNoiseMiddleware.add_files_from_finders

    def find_once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            find(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", find_once)
        yield


@pytest.fixture
def home(tmp_path: Path, empty_queue: Path) -> Iterator[Path]:
    """A home whose queue is empty; the process works in it."""
    shutil.copy(empty_queue, tmp_path)
    configure(tmp_path)
    yield tmp_path
    configure(_TEMPLATE)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, home: Path) -> Iterator[str | None]:
    """The address of an empty queue on PostgreSQL; None for SQLite in the home. A test that takes it runs on both."""
    if request.param == "sqlite":
        yield None
        return
    url: str = request.getfixturevalue("postgresql_queue")
    configure(home, database_url=url)
    yield url
    connection.close()
    configure(home)
