from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["metrics", "ngrams", "splitting", "losses", "capacity"])
def test_the_examples_in_the_docs_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"fairdeal.models.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
