"""What all tests share: no test is timed, since machines differ; property tests see the same examples each run, or new ones on demand."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import settings

from fairdeal.disputes.django_setup import configure, migrate

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
