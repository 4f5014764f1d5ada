"""Killed in the middle of its flow, `fairdeal run` given again ends in the same bytes, and leaves no process behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import environment, fairdeal
from tests.pipelines.test_crashes import outcome

DAY = "2026-01-08"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")]


def processes_of(home: Path) -> list[int]:
    """Living processes that were started for a home."""
    marker, found = f"FAIRDEAL_HOME={home}\0".encode(), []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and marker in (folder / "environ").read_bytes() + b"\0":
                found.append(int(folder.name))
        except OSError:  # ended meanwhile
            continue
    return found


def none_left(home: Path, patience_s: float = 20) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if not processes_of(home):
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def unbroken(killable: Callable[..., dict[str, Any]], market: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the day ran unbroken, by the ledger's steps."""
    home = tmp_path_factory.mktemp("unbroken") / "home"
    assert killable(home, market, DAY)["code"] == 0
    return home


@pytest.mark.parametrize("point", ["ingest entered batch", "entered decide", "published feed"])
def test_killed_in_its_flow_a_day_ends_the_same(
    point: str, market: Path, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(unbroken / "keys", home / "keys")
    words = ("run", "--day", DAY, "--source", market, "--json")
    assert fairdeal(*words, home=home, FAIRDEAL_CRASH_AT=point).code == -signal.SIGKILL
    assert none_left(home)
    again = fairdeal(*words, home=home)
    assert again.code == 0, again
    assert "carrying on with run" in again.err
    assert none_left(home)
    assert outcome(home, market, monkeypatch) == outcome(unbroken, market, monkeypatch)


def test_a_run_killed_from_outside_leaves_no_server_behind(market: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "fairdeal", "run", "--day", DAY, "--source", str(market)]
    with subprocess.Popen(command, env=environment(home), stderr=subprocess.DEVNULL, cwd=tmp_path) as process:
        deadline = time.monotonic() + 60
        while len(processes_of(home)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(processes_of(home)) >= 2, "the server was never started"
        os.kill(process.pid, signal.SIGKILL)
    assert none_left(home)
