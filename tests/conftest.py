"""What all tests share: no test is timed, since machines differ; property tests see the same examples each run, or new ones on demand."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

#: A moment, in seconds since 1970, from which on no test is begun, for a machine that allows so much time and no more.
NO_TEST_AFTER = float(os.environ.get("NO_TEST_AFTER", "inf"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves out what there is no time for, and says so."""
    if time.time() > NO_TEST_AFTER:
        pytest.skip("no time left for it")
