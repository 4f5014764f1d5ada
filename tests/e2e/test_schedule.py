"""`fairdeal schedule` serves the nightly run and the watch over its feed, until it is stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairdeal.pipelines.prefect_server import prefect_server
from fairdeal.pipelines.scheduling import yesterday
from fairdeal.pipelines.settings import load_settings
from fairdeal.simulator.simulate import simulate
from tests.e2e.commands import environment, fairdeal
from tests.pipelines.test_flows import called

pytestmark = pytest.mark.slow


@contextmanager
def scheduled(mapping: Path, home: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work; stopped as Ctrl-C stops it."""
    command = [sys.executable, "-m", "fairdeal", "schedule", "--source", str(mapping)]
    with (home.parent / "schedule.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(home, **more), stdout=log, stderr=log, cwd=home.parent)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def wait(what: str, found: Callable[[], Any], patience_s: float = 120) -> Any:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.5)
    pytest.fail(f"{what} did not happen within {patience_s:.0f} s")


def test_the_schedule_runs_yesterday_and_watches_its_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("FAIRDEAL_HOME", str(home))
    settings = load_settings()
    day = yesterday(settings, datetime.now(UTC))
    simulate(tmp_path / "market", days=3, orders_per_day=20, seed=3, first_day=datetime.fromisoformat(day).date() - timedelta(days=2))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    with prefect_server(tmp_path) as server, called() as (address, received):

        def ask(path: str, **body: Any) -> Any:
            answer = httpx.post(f"{server}/{path}", json=body, timeout=30)
            answer.raise_for_status()
            return answer.json()

        def served() -> dict[str, Any]:
            return {found["name"]: found for found in ask("deployments/filter") if found["status"] == "READY"}

        def over(run: str) -> str | None:
            state = httpx.get(f"{server}/flow_runs/{run}", timeout=30).json()["state"]
            return str(state["type"]) if state["type"] in ("COMPLETED", "FAILED", "CRASHED") else None

        def start(name: str) -> str:
            run = ask(f"deployments/{deployments[name]['id']}/create_flow_run", state={"type": "SCHEDULED"})["id"]
            return str(wait(f"the end of {name}", lambda: over(run)))

        with scheduled(tmp_path / "market" / "mapping.toml", home, PREFECT_API_URL=server, FAIRDEAL_NOTIFY_WEBHOOK_URL=address) as process:
            deployments = wait(
                "serving", lambda: found if {"nightly", "feed-watch", "weekly-watch"} <= (found := served()).keys() else None
            )
            times = {name: deployment["schedules"][0]["schedule"] for name, deployment in deployments.items()}
            assert {name: (time["cron"], time["timezone"]) for name, time in times.items()} == {
                "nightly": ("30 1 * * *", "Asia/Shanghai"),
                "feed-watch": ("0 4 * * *", "Asia/Shanghai"),
                "weekly-watch": ("0 4 * * mon", "Asia/Shanghai"),
            }
            assert start("feed-watch") == "COMPLETED"
            assert [(call["kind"], call["day"]) for call in received] == [("feed_late", day)]
            assert start("nightly") == "COMPLETED"
            assert fairdeal("feed", "verify", home / "feed" / day, home=home).code == 0
            assert start("feed-watch") == "COMPLETED"
            assert start("weekly-watch") == "COMPLETED"  # one run is too few to say anything
            assert len(received) == 1
    assert process.returncode in (0, 130)
    assert "Traceback" not in (tmp_path / "schedule.log").read_text(encoding="utf-8")
