"""Killed anywhere and run again, a day ends in the same feed bytes and the same cases as an unbroken run."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fairdeal.control_center.publishing import feed_folders
from fairdeal.pipelines.canonical_json import dumps
from fairdeal.pipelines.keys import hashing_key
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.workplace import open_workplace
from fairdeal.sources.mapping import load_mapping
from tests.pipelines import worlds
from tests.pipelines.looking import faults

Order = Callable[..., dict[str, Any]]
DAY = "2026-01-08"
#: Random moments at which a run is killed.
MOMENTS = 5
POINTS = (
    "before ingest",
    "ingest wrote orders",
    "before rename",
    "computed ingest",
    "ingest entered batch",
    "ingest entered files",
    "entered ingest",
    "after ingest",
    "computed score",
    "entered decide",
    "computed raise_alerts",
    "computed open_cases",
    "signed feed",
    "published feed",
    "entered publish_feed",
    "after publish_feed",
)


#: The named points of the default suite: inside and after the transactions that matter most.
FEW = ("ingest entered batch", "computed open_cases", "published feed", "entered publish_feed")


def outcome(home: Path, market: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, bytes], str]:
    """The bytes of every feed file, and everything in the case queue."""
    feeds = {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted((home / "feed").rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
    monkeypatch.setenv("FAIRDEAL_HOME", str(home))
    place = open_workplace(load_settings(), load_mapping(market), lambda text: None)
    try:
        services = place.cases()
        cases = [services.show_case(case["case_id"]) for case in services.list_cases(None, 10_000)]
    finally:
        place.ledger.close()
    return feeds, dumps(sorted(cases, key=lambda case: case["case_id"]))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files that every home of this module shares, so that signatures can be compared."""
    folder = tmp_path_factory.mktemp("keys")
    hashing_key(folder)
    return folder / "keys"


@pytest.fixture(scope="module")
def unbroken(killable: Order, market: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A home in which the day ran unbroken, and how long it took. Its signing key becomes the shared one."""
    home = tmp_path_factory.mktemp("unbroken")
    shutil.copytree(keys, home / "keys")
    answer = killable(home, market, DAY)
    assert answer["code"] == 0
    shutil.copytree(home / "keys", keys, dirs_exist_ok=True)
    return home, answer["seconds"]


def new_home(tmp_path: Path, keys: Path) -> Path:
    home = tmp_path / "home"
    shutil.copytree(keys, home / "keys")
    return home


@pytest.mark.parametrize("point", [pytest.param(point, marks=[] if point in FEW else [pytest.mark.slow]) for point in POINTS])
def test_killed_at_a_named_point_it_ends_the_same(
    point: str, killable: Order, market: Path, keys: Path, unbroken: tuple[Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home(tmp_path, keys)
    crash_at = "3" if point == "before rename" else point
    assert killable(home, market, DAY, crash_at=crash_at)["signal"] == 9
    assert killable(home, market, DAY)["code"] == 0
    assert outcome(home, market, monkeypatch) == outcome(unbroken[0], market, monkeypatch)


@pytest.mark.parametrize("share", [round(random.Random(number).random(), 3) for number in range(MOMENTS)])
def test_killed_at_a_random_moment_it_ends_the_same(
    share: float, killable: Order, market: Path, keys: Path, unbroken: tuple[Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home(tmp_path, keys)
    killable(home, market, DAY, kill_after_s=share * unbroken[1])
    assert killable(home, market, DAY)["code"] == 0
    assert outcome(home, market, monkeypatch) == outcome(unbroken[0], market, monkeypatch)


def test_without_the_transaction_a_kill_is_noticed(
    killable: Order, market: Path, keys: Path, unbroken: tuple[Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home(tmp_path, keys)
    assert killable(home, market, DAY, crash_at="entered ingest", mutant=True)["signal"] == 9
    again = killable(home, market, DAY, mutant=True)
    assert again["code"] != 0 or outcome(home, market, monkeypatch) != outcome(unbroken[0], market, monkeypatch)


def test_the_mutant_alone_changes_nothing(
    killable: Order, market: Path, keys: Path, unbroken: tuple[Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_home(tmp_path, keys)
    assert killable(home, market, DAY, mutant=True)["code"] == 0
    assert outcome(home, market, monkeypatch) == outcome(unbroken[0], market, monkeypatch)


def test_the_ledger_holds_one_run_however_often_it_was_killed(killable: Order, market: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for point in ("before score", "entered decide", "before publish_feed"):
        assert killable(home, market, DAY, crash_at=point)["signal"] == 9
    assert killable(home, market, DAY)["code"] == 0
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    runs = ledger.runs()
    ledger.close()
    assert [(run.revision, run.status) for run in runs] == [(1, "done")]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop so small that a day of it runs in a moment: a few payments, one of them broken, one twice."""
    lines = [worlds.payment(number, f"{DAY} 12:{number:02}:00", payer=f"B{number % 3}") for number in range(40)]
    return worlds.shop(tmp_path_factory.mktemp("shop") / "files", {DAY: [*lines, lines[0], worlds.payment(99, "never")]})


@pytest.fixture(scope="module")
def ready(shop: Path, keys: Path, unbroken: tuple[Path, float], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with keys and empty databases, so that a run need not make them."""
    home = new_home(tmp_path_factory.mktemp("ready"), keys)
    place = open_workplace(load_settings().model_copy(update={"home": home}), load_mapping(shop), lambda text: None)
    place.cases()
    place.ledger.close()
    return home


@pytest.fixture(scope="module")
def unbroken_shop(killable: Order, shop: Path, ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the shop's day ran unbroken."""
    home = tmp_path_factory.mktemp("unbroken shop") / "home"
    shutil.copytree(ready, home)
    assert killable(home, shop, DAY)["code"] == 0
    return home


def half_published(home: Path) -> dict[str, list[str]]:
    """What is wrong with the feeds that a consumer would find now; none is fine."""
    return faults(home) if feed_folders(home / "feed") else {}


@pytest.mark.slow
def test_killed_at_every_point_there_is_it_ends_the_same(
    killable: Order, shop: Path, ready: Path, unbroken_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = outcome(unbroken_shop, shop, monkeypatch)
    for number in range(1, 1_000):
        home = tmp_path / f"{number}"
        shutil.copytree(ready, home)
        if killable(home, shop, DAY, crash_at=str(number))["signal"] != 9:
            assert number > len(POINTS)
            return
        assert half_published(home) == {}, f"killed at point {number}"
        assert killable(home, shop, DAY)["code"] == 0
        assert outcome(home, shop, monkeypatch) == wanted, f"killed at point {number}"
    raise AssertionError("a run reaches fewer points than that")


@pytest.mark.slow
@pytest.mark.timeout(2_400)
def test_killed_at_two_hundred_random_moments_it_ends_the_same(
    killable: Order, shop: Path, ready: Path, unbroken_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, rng = outcome(unbroken_shop, shop, monkeypatch), random.Random(200)
    took = min(killable(shutil.copytree(ready, tmp_path / f"timed {number}"), shop, DAY)["seconds"] for number in range(2))
    killed = 0
    for number in range(200):
        home = tmp_path / f"{number}"
        shutil.copytree(ready, home)
        moment = rng.random() * took
        killed += killable(home, shop, DAY, kill_after_s=moment)["signal"] == 9
        assert half_published(home) == {}, f"killed after {moment:.3f} s"
        assert killable(home, shop, DAY)["code"] == 0
        assert outcome(home, shop, monkeypatch) == wanted, f"killed after {moment:.3f} s"
        shutil.rmtree(home)
    assert killed > 150


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Callable[[str], None]]:
    """A disk of its own at ``place``; what is given changes how it is mounted. Skips where nobody may mount."""
    place.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield lambda how: subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True) and None
    finally:
        subprocess.run(["umount", str(place)], check=True)


def kilobytes_of(folder: Path) -> int:
    return sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("room", [40, 80, 160, 240, 320])
def test_a_disk_that_fills_up_leaves_nothing_half_done(
    room: int, killable: Order, shop: Path, ready: Path, unbroken_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", kilobytes_of(ready) + room) as mount_again:
        home = tmp_path / "disk" / "home"
        shutil.copytree(ready, home)
        ended = killable(home, shop, DAY)
        assert ended["signal"] == 0
        assert ended["code"] == 1 or room > 40, "so little room is too little"
        assert half_published(home) == {}
        mount_again("size=100m")
        assert killable(home, shop, DAY)["code"] == 0
        assert outcome(home, shop, monkeypatch) == outcome(unbroken_shop, shop, monkeypatch)


@pytest.mark.slow
def test_a_disk_that_cannot_be_written_to_stops_the_day_and_nothing_else(
    killable: Order, shop: Path, ready: Path, unbroken_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 100_000) as mount_again:
        home = tmp_path / "disk" / "home"
        shutil.copytree(ready, home)
        mount_again("ro")
        assert killable(home, shop, DAY)["code"] == 1
        assert not (home / "feed").exists()
        mount_again("rw")
        assert killable(home, shop, DAY)["code"] == 0
        assert outcome(home, shop, monkeypatch) == outcome(unbroken_shop, shop, monkeypatch)
