"""Through a real Prefect server: the same bytes as by the ledger's steps alone, a summary to read, and a call when something fails."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fairdeal.pipelines.ledger import FEEDS, Ledger
from fairdeal.pipelines.prefect_server import prefect_server
from fairdeal.pipelines.settings import load_settings
from tests.e2e.commands import Said, fails_plainly, fairdeal
from tests.pipelines import worlds
from tests.pipelines.test_crashes import outcome

Order = Callable[..., dict[str, Any]]
DAY = "2026-01-08"
STEPS = {"collect_labels", "ingest", "build_features", "score", "decide", "raise_alerts", "open_cases", "publish_feed"}
#: What `fairdeal run --json` promises.
PROMISED = {
    *("run_id", "interval", "rows_in", "accepted", "quarantined"),
    *("decisions", "alerts", "cases_opened", "feed", "seconds"),
}
#: What libraries would say on the terminal if nobody asked them not to.
CHATTER = ("Still processing", "temporary directory", "Traceback", "prefect", "Error logging", "Warning", "WARNING", "INFO", "Calculating")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prefect server for this module."""
    folder = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setenv("PREFECT_HOME", str(folder / "prefect"))
        with prefect_server(folder) as address:
            yield address


@dataclass(frozen=True)
class Day:
    """One day, run twice: by the steps alone and through Prefect."""

    by_steps: Path
    through_prefect: Path
    said: Said


@pytest.fixture(scope="module")
def day(server: str, market: Path, killable: Order, tmp_path_factory: pytest.TempPathFactory) -> Day:
    by_steps, through_prefect = (tmp_path_factory.mktemp(name) / "home" for name in ("steps", "flow"))
    assert killable(by_steps, market, DAY)["code"] == 0
    shutil.copytree(by_steps / "keys", through_prefect / "keys")
    said = fairdeal("run", "--day", DAY, "--source", market, "--json", home=through_prefect, PREFECT_API_URL=server)
    assert said.code == 0, said
    return Day(by_steps, through_prefect, said)


def ask(server: str, what: str, **wanted: Any) -> list[dict[str, Any]]:
    answer = httpx.post(f"{server}/{what}/filter", json=wanted, timeout=30)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def task_runs(server: str, source: Path) -> dict[str, dict[str, Any]]:
    """The latest flow run over a mapping: its task runs by task name."""
    runs = ask(server, "flow_runs", sort="START_TIME_DESC")
    mine = next(run for run in runs if run["parameters"]["source"] == str(source))
    return {run["name"].rsplit("-", 1)[0]: run for run in ask(server, "task_runs", flow_runs={"id": {"any_": [mine["id"]]}})}


def test_the_server_takes_explicit_nulls(server: str) -> None:
    nothing = dict.fromkeys(("flows", "flow_runs", "task_runs", "deployments", "work_pools", "work_pool_queues"))
    assert ask(server, "deployments", **nothing) == []


def test_through_prefect_a_day_gives_the_same_feed_bytes_and_cases(day: Day, market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds, cases = outcome(day.through_prefect, market, monkeypatch)
    assert (feeds, cases) == outcome(day.by_steps, market, monkeypatch)
    assert len(feeds) == 3


def test_the_run_prints_one_json_object_with_what_is_promised(day: Day) -> None:
    told = day.said.json
    assert told.keys() >= PROMISED
    assert told["rows_in"].keys() == told["accepted"].keys() == told["quarantined"].keys()
    assert all(told["rows_in"][table] == told["accepted"][table] + told["quarantined"][table] for table in told["rows_in"])
    assert set(told["decisions"]) == {"payments", "deals", "reviews"}
    assert told["feed"].keys() >= {"path", "rows", "sha256"}
    assert Path(told["feed"]["path"]).is_dir()


def test_people_are_told_the_steps_and_no_library_chatters(day: Day) -> None:
    for step in STEPS:
        assert f"{step} done in" in day.said.err
    assert [word for word in CHATTER if word in day.said.err] == []


def test_the_summary_is_kept_as_an_artifact(day: Day, server: str) -> None:
    (artifact,) = ask(server, "artifacts", artifacts={"key": {"any_": ["daily-summary"]}})
    assert artifact["type"] == "markdown"
    assert day.said.json["feed"]["sha256"][:12] in artifact["data"]
    assert f"| orders | {day.said.json['rows_in']['orders']} |" in artifact["data"]


def test_every_step_is_one_completed_task(day: Day, server: str, market: Path) -> None:
    found = task_runs(server, market)
    assert found.keys() == STEPS
    assert {run["state_type"] for run in found.values()} == {"COMPLETED"}


@contextmanager
def called() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook of our own: its address, and what it was sent."""
    received: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *words: Any) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as hook:
        thread = threading.Thread(target=hook.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{hook.server_port}/", received
        finally:
            hook.shutdown()
            thread.join()


def test_wrong_data_calls_the_webhook_is_not_tried_again_and_ends_with_1(server: str, tmp_path: Path) -> None:
    bad = worlds.shop(tmp_path / "shop", {"2026-01-01": [worlds.payment(number, "tomorrow") for number in range(5)]})
    with called() as (address, received):
        said = fairdeal(
            *("run", "--day", "2026-01-01", "--source", bad, "--json"),
            home=tmp_path / "home",
            PREFECT_API_URL=server,
            FAIRDEAL_NOTIFY_WEBHOOK_URL=address,
        )
    fails_plainly(said, 1, "payments: 5 of 5 rows break the contract")
    assert [word for word in CHATTER if word in said.err] == []
    (call,) = received
    assert call["kind"] == "run_failed"
    assert "5 of 5 rows break the contract" in call["text"]
    ingest = task_runs(server, bad)["ingest"]
    assert (ingest["state_type"], ingest["run_count"]) == ("FAILED", 1)


@pytest.mark.slow
def test_a_failure_of_the_outside_is_tried_again_and_ends_with_3(server: str, killable: Order, tmp_path: Path) -> None:
    shop = worlds.shop(tmp_path / "shop", {"2026-01-01": [worlds.payment(number, f"2026-01-01 10:0{number}:00") for number in range(5)]})
    home = tmp_path / "home"
    assert killable(home, shop, "2026-01-01", crash_at="before score")["signal"] == 9
    (features,) = home.glob("runs/**/payments-features.parquet")
    features.unlink()
    said = fairdeal("run", "--day", "2026-01-01", "--source", shop, "--json", home=home, PREFECT_API_URL=server)
    fails_plainly(said, 3, str(features), "restore the home folder from its backup")
    score = task_runs(server, shop)["score"]
    assert (score["state_type"], score["run_count"]) == ("FAILED", 3)


@pytest.mark.slow
def test_a_run_that_stands_is_told_again_in_the_same_words(day: Day, server: str, market: Path) -> None:
    again = fairdeal("run", "--day", DAY, "--source", market, "--json", home=day.through_prefect, PREFECT_API_URL=server)
    assert (again.code, again.json) == (0, day.said.json)
    assert "done in" not in again.err


@pytest.mark.slow
def test_a_backfill_runs_its_days_in_order_and_prints_a_line_each(server: str, tmp_path: Path) -> None:
    days = ("2026-01-01", "2026-01-02")
    files = {day: [worlds.payment(10 * at + number, f"{day} 10:0{number}:00") for number in range(5)] for at, day in enumerate(days)}
    shop, home = worlds.shop(tmp_path / "shop", files), tmp_path / "home"
    words = ("backfill", "--from", days[0], "--to", days[1], "--source", shop, "--json")
    said = fairdeal(*words, home=home, PREFECT_API_URL=server)
    assert said.code == 0, said
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [(run["rows_in"]["payments"], run["feed"]["feed_seq"]) for run in told] == [(5, 1), (5, 2)]
    for day in days:
        assert fairdeal("feed", "verify", home / "feed" / day, home=home).code == 0
    again = fairdeal(*words, home=home, PREFECT_API_URL=server)
    assert [json.loads(line) for line in again.out.splitlines()] == told


@pytest.mark.slow
def test_training_prints_what_is_promised_of_each_detector(day: Day, server: str, market: Path, tmp_path: Path) -> None:
    home = shutil.copytree(day.through_prefect, tmp_path / "home")
    said = fairdeal("train", "--source", market, "--until", DAY, "--json", home=home, PREFECT_API_URL=server)
    assert said.code == 0, said
    assert said.json.keys() == {"payments", "deals", "reviews"}
    for told in said.json.values():
        assert told.keys() >= {"model_version", "rows", "positives", "ap", "auc", "ece", "seconds"}
        assert told["rows"] > 0
    assert [word for word in CHATTER if word in said.err] == []
    (artifact,) = ask(server, "artifacts", artifacts={"key": {"any_": ["training-summary"]}})
    assert said.json["payments"]["model_version"] in artifact["data"]


def test_a_deadline_watch_cries_when_the_feed_is_late_and_not_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fairdeal.pipelines.scheduling import feed_watch, yesterday

    monkeypatch.setenv("FAIRDEAL_HOME", str(tmp_path / "home"))
    with called() as (address, received):
        monkeypatch.setenv("FAIRDEAL_NOTIFY_WEBHOOK_URL", address)
        assert feed_watch.fn() is False
        settings = load_settings()
        due = yesterday(settings, datetime.now(UTC))
        ledger = Ledger(settings.ledger_url)
        with ledger.transaction() as tx:
            entry = {"feed_seq": 1, "revision": 1, "run_id": "R1", "path": "feed", "manifest_sha256": "0", "manifest": "{}"}
            tx.execute(sa.insert(FEEDS).values(day=due, **entry))
        ledger.close()
        assert feed_watch.fn() is True
    (call,) = received
    assert (call["kind"], call["day"]) == ("feed_late", due)
    assert "04:00" in call["text"]


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        ("2026-03-01T15:59:00+00:00", "Asia/Shanghai", "2026-02-28"),
        ("2026-03-01T16:01:00+00:00", "Asia/Shanghai", "2026-03-01"),
        ("2026-03-01T16:01:00+00:00", "UTC", "2026-02-28"),
        ("2026-01-01T12:00:00+00:00", "America/New_York", "2025-12-31"),
    ],
)
def test_yesterday_is_a_day_of_the_settings_time_zone(now: str, zone: str, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fairdeal.pipelines.scheduling import yesterday

    monkeypatch.setenv("FAIRDEAL_TIME_ZONE", zone)
    assert yesterday(load_settings(), datetime.fromisoformat(now)) == day


def test_the_deployments_run_at_the_times_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from fairdeal.pipelines.scheduling import deployments

    monkeypatch.setenv("FAIRDEAL_SCHEDULE_AT", "02:05")
    monkeypatch.setenv("FAIRDEAL_SCHEDULE_FEED_DUE", "05:30")
    monkeypatch.setenv("FAIRDEAL_TIME_ZONE", "Europe/Berlin")
    run, feed, week = deployments(load_settings(), "mapping.toml", "data", "fairdeal.toml")
    times = [[(entry.schedule.cron, entry.schedule.timezone) for entry in deployment.schedules] for deployment in (run, feed, week)]
    assert times == [[("5 2 * * *", "Europe/Berlin")], [("30 5 * * *", "Europe/Berlin")], [("30 5 * * mon", "Europe/Berlin")]]
    assert run.parameters == week.parameters == {"source": "mapping.toml", "data": "data", "config": "fairdeal.toml"}
    assert feed.parameters == {"config": "fairdeal.toml"}
