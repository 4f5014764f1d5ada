"""Every command explains itself, answers with one JSON value where asked, and tells a failure in one message with the right exit code."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from fairdeal.pipelines import command_line
from tests.e2e.commands import Said, fails_plainly, fairdeal
from tests.pipelines import worlds

DAY = "2026-01-02"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mapping of a shop with two days of payments."""
    days = {day: [worlds.payment(number, f"{day} 10:{number}:00") for number in range(10 * at, 10 * at + 8)] for at, day in SHOP_DAYS}
    return worlds.shop(tmp_path_factory.mktemp("shop"), days)


SHOP_DAYS = ((1, "2026-01-01"), (2, DAY))


@pytest.fixture(scope="module")
def home(killable: Callable[..., dict[str, Any]], shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the second day was run, by the ledger's steps."""
    folder = tmp_path_factory.mktemp("user") / "home"
    assert killable(folder, shop, DAY)["code"] == 0
    return folder


def every_command() -> Iterator[tuple[str, typer.main.TyperCommand]]:
    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        for word, inner in getattr(command, "commands", {}).items():
            yield from below(f"{name} {word}".strip(), inner)
        if not hasattr(command, "commands"):
            yield name, command

    yield from below("", typer.main.get_command(command_line.app))


@pytest.mark.parametrize(("name", "command"), list(every_command()), ids=lambda given: given if isinstance(given, str) else "")
def test_every_command_shows_an_example_of_itself(name: str, command: Any) -> None:
    assert f"Example: `fairdeal {name}" in command.help


def test_the_commands_of_the_interface_are_there() -> None:
    names = {name for name, _ in every_command()}
    assert names >= {
        *("run", "backfill", "schedule", "train", "simulate", "doctor", "demo", "console", "runs"),
        *(
            "feed status",
            "feed verify",
            "feed apply",
            "cases list",
            "cases show",
            "source check",
            "contracts report",
            "audit verify",
            "worker",
            "case pack",
            "case verify",
        ),
    }


def test_what_a_command_does_not_need_is_not_imported() -> None:
    program = "import sys; from fairdeal.pipelines import command_line; command_line._quiet(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert {"polars", "sqlalchemy", "pandas", "django"}.isdisjoint(done.stdout.split())


def test_help_goes_to_stdout_and_is_no_failure(tmp_path: Path) -> None:
    said = fairdeal("run", "--help", home=tmp_path / "home")
    assert (said.code, said.err) == (0, "")
    assert "Example" in said.out
    assert "--day" in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "--source", "MAPPING", "--day", "2026-13-02"), ("day", "'2026-13-02'", "YYYY-MM-DD", "2018-08-08")),
        (("run", "--source", "nowhere.toml", "--day", DAY), ("--source nowhere.toml", "no such file", "mapping file is needed")),
        (("run", "--source", "MAPPING", "--day", DAY, "--data", "nowhere"), ("--data nowhere", "no such folder", "give the folder")),
        (("run", "--source", "MAPPING", "--day", DAY, "--from", DAY), ("--day together with --from", "leave one out")),
        (("run", "--source", "MAPPING"), ("no interval", "--day D", "--from T and --to T")),
        (("run", "--source", "MAPPING", "--from", "noon", "--to", DAY), ("--from", "'noon'", "an ISO date or time is allowed")),
        (("run", "--day", DAY), ("fairdeal run", "--source", "fairdeal run --help")),
        (("nonsense",), ("'nonsense'", "fairdeal --help")),
        (("train", "ships", "--source", "MAPPING", "--until", DAY), ("'ships'", "payments", "deals", "reviews", "train --help")),
        (("train", "deals", "--source", "MAPPING", "--until", DAY), ("[orders]", "deals", "it has payments")),
        (("backfill", "--source", "MAPPING", "--from", DAY, "--to", "2026-01-01"), ("--from 2026-01-02", "swap")),
        (("simulate", "--out", "m", "--days", "0", "--orders-per-day", "9", "--seed", "1"), ("--days", "simulate --help")),
        (("runs", "--config", "nowhere.toml"), ("nowhere.toml", "no such settings file", "--config")),
        (("feed", "apply", "--at", "yesterday"), ("--at", "'yesterday'", "an ISO date or time is allowed")),
        (("cases", "show", "C1"), ("C1", "no such case")),
        (("cases", "list", "--status", "ASLEEP"), ("ASLEEP", "CLOSED")),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_wrong_use_is_told_in_one_message_and_ends_with_2(words: tuple[str, ...], told: tuple[str, ...], shop: Path, home: Path) -> None:
    fails_plainly(fairdeal(*(str(shop) if word == "MAPPING" else word for word in words), home=home), 2, *told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("currency = {", "money_kind = {"), ("mapping.toml", "money_kind")),
        (('payer_id = "payer"', ""), ("mapping.toml", "table payments", "payer_id", "missing")),
        (("[payments]", "[payments"), ("mapping.toml", "line")),
    ],
    ids=["unknown column of ours", "missing key column", "no TOML"],
)
def test_a_wrong_mapping_is_told_with_its_name_and_ends_with_2(
    change: tuple[str, str], told: tuple[str, ...], shop: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(shop.parent, tmp_path / "shop")
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert change[0] in text
    (folder / "mapping.toml").write_text(text.replace(*change, 1), encoding="utf-8")
    said = fairdeal("run", "--source", folder / "mapping.toml", "--day", DAY, home=tmp_path / "home")
    fails_plainly(said, 2, *told)


@pytest.mark.parametrize(
    ("content", "told"),
    [("home = [", "not a TOML file"), ("hom = 3", "setting hom"), ('time_zone = "Mars"', "Mars"), ("memory_mb = 1", "memory_mb")],
)
def test_wrong_settings_are_told_with_their_file_and_end_with_2(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "fairdeal.toml").write_text(content, encoding="utf-8")
    fails_plainly(fairdeal("runs", home=tmp_path / "home", cwd=tmp_path), 2, "fairdeal.toml", told)


@pytest.mark.parametrize("words", [("runs",), ("cases", "list"), ("feed", "rotate-key"), ("contracts", "report")], ids=" ".join)
def test_a_home_that_cannot_be_written_is_an_outside_failure(words: tuple[str, ...]) -> None:
    fails_plainly(fairdeal(*words, home=Path("/proc/none/home"), cwd=Path("/")), 3, "/proc/none")


def test_a_run_without_a_writable_home_is_told_before_anything_is_started(shop: Path) -> None:
    said = fairdeal("run", "--source", shop, "--day", DAY, home=Path("/proc/none/home"), cwd=Path("/"))
    fails_plainly(said, 3, "run ledger", "/proc/none", "[database] url")


def test_a_ledger_that_cannot_be_reached_is_an_outside_failure(tmp_path: Path) -> None:
    with socket.socket() as nobody:  # bound and not listening: a connection is refused
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://u:geheim@127.0.0.1:{nobody.getsockname()[1]}/ledger"
        said = fairdeal("runs", home=tmp_path / "home", FAIRDEAL_DATABASE_URL=url)
    fails_plainly(said, 3, "run ledger: cannot be opened", "[database] url")
    assert "geheim" not in said.err


def test_a_changed_feed_is_wrong_data(home: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(home / "feed" / DAY, tmp_path / DAY)
    with (folder / "actions.jsonl").open("a") as stream:
        stream.write("{}\n")
    said = fairdeal("feed", "verify", folder, "--json", home=home)
    assert said.code == 1
    assert said.json["ok"] is False
    assert said.json["faults"]
    assert "Traceback" not in said.err
    applied = fairdeal("feed", "apply", folder, "--json", "--at", "2026-01-03T04:00", home=home)
    assert applied.code == 1
    assert applied.json["applied"] is False
    assert "last good feed stays in force" in applied.err


def test_a_file_that_cannot_be_read_is_wrong_data(shop: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shop.parent, tmp_path / "shop")
    (folder / "payments-2026-01-03.csv").write_bytes(b"PAR1\x00\x01\x02")
    said = fairdeal("source", "check", folder / "mapping.toml", "--json", home=tmp_path / "home")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert {file["path"] for file in said.json["files"][0]["files"] if file["status"] == "unreadable"} == {"payments-2026-01-03.csv"}


def test_a_column_that_no_file_has_is_named_by_the_check(shop: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shop.parent, tmp_path / "shop")
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    (folder / "mapping.toml").write_text(text.replace('payer_id = "payer"', 'payer_id = "buyer"'), encoding="utf-8")
    said = fairdeal("source", "check", folder / "mapping.toml", home=tmp_path / "home")
    assert said.code == 1
    assert "buyer" in said.err
    assert "Traceback" not in said.err


def told(said: Said) -> Any:
    assert said.code == 0, said
    assert "Traceback" not in said.err
    return said.json


def test_runs_lists_the_ledger(home: Path) -> None:
    (run,) = told(fairdeal("runs", "--json", home=home))
    assert run["source"] == "little-shop"
    assert (run["revision"], run["status"]) == (1, "done")
    assert run["interval"] == ["2026-01-01T16:00:00+00:00", "2026-01-02T16:00:00+00:00"]


def test_the_feed_is_verified_applied_and_its_state_told(home: Path, tmp_path: Path) -> None:
    own = shutil.copytree(home, tmp_path / "home")
    assert told(fairdeal("feed", "verify", own / "feed" / DAY, "--json", home=own)) == {
        "folder": str(own / "feed" / DAY),
        "ok": True,
        "faults": [],
    }
    at = ("--at", "2026-01-03T04:00:00+08:00", "--json")
    before = told(fairdeal("feed", "status", *at, home=own))
    assert before["latest"]["day"] == DAY
    assert before["is_acknowledged"] is False
    assert any("not acknowledged" in warning for warning in before["warnings"])
    applied = told(fairdeal("feed", "apply", *at, home=own))
    assert applied["applied"] is True
    assert applied["feed_seq"] == 1
    assert told(fairdeal("feed", "status", *at, home=own))["is_acknowledged"] is True


def test_cases_are_listed_and_shown(home: Path) -> None:
    cases = told(fairdeal("cases", "list", "--json", home=home))
    assert cases
    assert {"case_id", "case_type", "subject_kind", "subject_id", "status", "expected_loss_minor"} <= cases[0].keys()
    shown = told(fairdeal("cases", "show", cases[0]["case_id"], home=home))
    assert shown["case_id"] == cases[0]["case_id"]


def test_the_history_is_as_it_was_written_and_the_next_feed_says_so(
    killable: Callable[..., dict[str, Any]], shop: Path, home: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(home, tmp_path / "home")
    told(fairdeal("cases", "next", "--analyst", "li", "--json", home=own))
    assert killable(own, shop, "2026-01-03")["code"] == 0
    head = json.loads((own / "feed" / "2026-01-03" / "manifest.json").read_text(encoding="utf-8"))["audit_head"]
    assert told(fairdeal("audit", "verify", "--json", home=own))["ok"] is True
    with sqlite3.connect(own / "disputes.db") as raw:
        raw.execute("DROP TRIGGER disputes_caseevent_no_delete")
        raw.execute("DELETE FROM disputes_caseevent WHERE seq = ?", (head["count"],))
        raw.execute(
            "UPDATE disputes_audithead SET (count, entry_hash) = (SELECT seq, entry_hash FROM disputes_caseevent ORDER BY seq DESC LIMIT 1)"
        )
    raw.close()
    fails_plainly(fairdeal("audit", "verify", home=own), 1, f"entry {head['count']}: ")
    assert fairdeal("audit", "verify", "--json", home=own).json["first_bad"] == head["count"]


def test_the_worker_does_what_is_due_once_and_calls_somebody(home: Path, tmp_path: Path, webhook: tuple[str, list[dict[str, Any]]]) -> None:
    own, (address, received) = shutil.copytree(home, tmp_path / "home"), webhook
    cases = {case["case_id"] for case in told(fairdeal("cases", "list", "--json", home=own))}
    look = ("worker", "--once", "--at", "2026-02-01T10:00:00+08:00", "--json")
    first = told(fairdeal(*look, home=own, FAIRDEAL_NOTIFY_WEBHOOK_URL=address))
    assert {case["case_id"] for case in first["escalated"]} == cases
    assert first["late"] == len(cases)
    assert [(message["kind"], len(message["cases"])) for message in received] == [("cases_overdue", len(cases))]
    assert told(fairdeal(*look, home=own, FAIRDEAL_NOTIFY_WEBHOOK_URL=address))["escalated"] == []
    assert len(received) == 1


def test_the_worker_looks_at_a_moment_once(home: Path) -> None:
    fails_plainly(fairdeal("worker", "--at", "2026-02-01T10:00", home=home), 2, "--at", "give --once with it")


def test_a_spoiled_feed_is_no_witness_of_the_history(home: Path, tmp_path: Path) -> None:
    feeds = shutil.copytree(home / "feed", tmp_path / "feed")
    (feeds / DAY / "manifest.json").write_text("{}", encoding="utf-8")
    fails_plainly(fairdeal("audit", "verify", "--feeds", feeds, home=home), 1, f"feed {DAY}: ")


def test_a_whole_case_id_stands_in_the_list_for_people(home: Path) -> None:
    case = told(fairdeal("cases", "list", "--json", home=home))[0]
    assert case["case_id"] in fairdeal("cases", "list", home=home, COLUMNS="80").err


def test_a_source_is_checked_without_leaving_anything_behind(shop: Path, tmp_path: Path) -> None:
    found = told(fairdeal("source", "check", shop, "--json", home=tmp_path / "home"))
    assert found["source"] == "little-shop"
    assert found["files"][0]["rows"] == 16
    assert list(tmp_path.iterdir()) == []


def test_doctor_names_what_is_there_and_what_to_do(tmp_path: Path) -> None:
    said = fairdeal("doctor", "--json", home=tmp_path / "home")
    findings = {finding["name"]: finding for finding in told(said)}
    assert {"python", "home", "ledger", "libgomp", "chromium", "notify"} <= findings.keys()
    assert "[notify] webhook_url" in said.err, "brackets are not eaten as markup"


def test_doctor_ends_with_3_where_something_is_broken(tmp_path: Path) -> None:
    said = fairdeal("doctor", "--json", home=Path("/proc/none/home"), cwd=tmp_path)
    assert said.code == 3
    assert {finding["name"] for finding in said.json if finding["state"] == "broken"} == {"home", "ledger"}


def test_simulate_tells_its_days_and_rows(tmp_path: Path) -> None:
    words = ("simulate", "--days", "3", "--orders-per-day", "20", "--seed", "4", "--json")
    said = told(fairdeal(*words, "--out", tmp_path / "market", home=tmp_path / "home"))
    assert (said["first_day"], said["last_day"]) == ("2026-01-01", "2026-01-03")
    assert said["rows"]["orders"] > 0
    assert (tmp_path / "market" / "mapping.toml").is_file()
    assert (tmp_path / "market" / "truth").is_dir()


def test_the_contract_report_is_one_page(home: Path, tmp_path: Path) -> None:
    said = fairdeal("contracts", "report", "--out", tmp_path / "report.html", home=home)
    assert said.code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "little-shop" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_an_unforeseen_error_keeps_its_details_apart_and_masked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAIRDEAL_HOME", str(tmp_path / "home"))
    try:
        raise RuntimeError("card 4111111111111111 of nobody")
    except RuntimeError:
        path = command_line._keep_details()
    assert path.parent == tmp_path / "home" / "errors"
    assert "4111111111111111" not in path.read_text(encoding="utf-8")
    assert "RuntimeError" in path.read_text(encoding="utf-8")


def test_a_line_of_json_is_not_followed_by_anything(home: Path) -> None:
    said = fairdeal("runs", "--json", home=home)
    assert said.out.count("\n") == 1
    json.loads(said.out)
