"""Workplaces and killable runs for pipeline tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines import running
from fairdeal.pipelines.settings import Settings, load_settings
from fairdeal.sources.mapping import load_mapping
from tests.pipelines import worlds

Order = Callable[..., dict[str, Any]]


def silent(text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def settings(tmp_path: Path, empty_queue: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a home of the test's own, which holds an empty queue."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(empty_queue, home)
    monkeypatch.setenv("FAIRDEAL_HOME", str(home))
    monkeypatch.delenv("FAIRDEAL_CRASH_AT", raising=False)
    return load_settings()


@pytest.fixture
def run_day(settings: Settings) -> Callable[..., dict[str, Any]]:
    """Runs a day of a source by the ledger's steps; gives the summary."""

    def run(mapping: Path, day: str) -> dict[str, Any]:
        start, end = settings.day_bounds(day)
        return running.run_interval(settings, load_mapping(mapping), start, end, silent)

    return run


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mapping of a small simulated market, 2026-01-01 to 2026-01-09."""
    return worlds.market(tmp_path_factory.mktemp("market") / "files")


@pytest.fixture(scope="session")
def killable() -> Iterator[Order]:
    """Runs a day in a child process that may be killed on the way; see `tests.pipelines.zygote`."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.pipelines.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        orders, answers = process.stdin, process.stdout
        assert orders is not None
        assert answers is not None

        def order(home: Path, source: Path, day: str, **how: Any) -> dict[str, Any]:
            orders.write(json.dumps({"home": str(home), "source": str(source), "day": day, **how}) + "\n")
            orders.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        yield order


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real server that takes messages: its address, and what it was sent."""
    heard: list[dict[str, Any]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/broken" else 204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        thread.join()
