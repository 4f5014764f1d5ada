"""Each shipped mapping runs from files in the original format to cases and a feed that verifies, by the commands of the README."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import real_shapes
from tests.e2e.commands import fairdeal

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.slow


def given(name: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The README's commands for a source, by the first word, and the time zone it exports for them."""
    found: dict[str, list[str]] = {}
    zone = ""
    for line in "\n".join(re.findall(r"```console\n(.*?)```", README, re.S)).splitlines():
        if exported := re.search(r"FAIRDEAL_TIME_ZONE=(\S+)", line):
            zone = exported[1]
        if f"sources/{name}.toml" in line:
            words = shlex.split(line)[1:]
            found[words[0]] = words
            settled = zone
    return found, {"FAIRDEAL_TIME_ZONE": settled}


def run(words: list[str], data: Path, home: Path, zone: dict[str, str]) -> list[dict[str, Any]]:
    """Gives a command of the README, with the data in DATA's place, and takes its JSON lines."""
    said = fairdeal(*(str(data) if word == "DATA" else word for word in words), "--json", home=home, cwd=ROOT, timeout=900, **zone)
    assert said.code == 0, said.err
    return [json.loads(line) for line in said.out.splitlines()]


def ends_well(days: list[dict[str, Any]], home: Path) -> None:
    """Every day ended in decisions and a feed that verifies; some of them in alerts and cases; nothing was set aside."""
    assert [day["feed"]["feed_seq"] for day in days] == list(range(1, len(days) + 1))
    for day in days:
        assert sum(count for actions in day["decisions"].values() for count in actions.values()) > 0
        assert fairdeal("feed", "verify", day["feed"]["path"], home=home, cwd=ROOT).code == 0
    assert sum(day["alerts"] for day in days) > 0
    assert (
        sum(day["cases_opened"] for day in days)
        == len(fairdeal("cases", "list", "--limit", "10000", "--json", home=home, cwd=ROOT).json)
        > 0
    )
    assert all(not any(day["quarantined"].values()) for day in days)


def first_day(words: list[str]) -> datetime:
    return datetime.fromisoformat(words[words.index("--from") + 1])


def test_olist(tmp_path: Path) -> None:
    commands, zone = given("olist")
    words = commands["backfill"]
    begin = first_day(words)
    real_shapes.olist(tmp_path / "data", first=datetime(begin.year, begin.month, 1).replace(month=begin.month - 1), days=50)
    days = run(words, tmp_path / "data", tmp_path / "home", zone)
    ends_well(days, tmp_path / "home")
    assert set(days[0]["rows_in"]) == {"orders", "payments", "refunds", "reviews", "shipments", "merchants", "buyers", "listings"}
    assert set(days[0]["decisions"]) == {"deals", "payments", "reviews"}


def test_online_retail(tmp_path: Path) -> None:
    commands, zone = given("online-retail")
    words = commands["backfill"]
    begin = first_day(words)
    real_shapes.online_retail(tmp_path / "data", first=begin.replace(month=begin.month - 1), days=45)
    days = run(words, tmp_path / "data", tmp_path / "home", zone)
    ends_well(days, tmp_path / "home")
    assert days[0]["rows_in"]["refunds"] > 0
    assert set(days[0]["decisions"]) == {"deals"}


def test_s_ffsd(tmp_path: Path) -> None:
    commands, zone = given("s-ffsd")
    real_shapes.s_ffsd(tmp_path / "data", rows=65_000)
    (trained,) = run(commands["train"], tmp_path / "data", tmp_path / "home", zone)
    assert trained["payments"]["positives"] > 0
    days = run(commands["backfill"], tmp_path / "data", tmp_path / "home", zone)
    ends_well(days, tmp_path / "home")
    assert all(day["models"]["payments"]["calibrated"] for day in days)
