"""Every protection earns its place: with it taken away, the test of what it protects fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairdeal.control_center import consumer
from fairdeal.control_center import publishing as folders
from fairdeal.control_center.claims import generated_at
from fairdeal.control_center.keys import KeyRing
from fairdeal.control_center.verification import read_manifest_unverified
from fairdeal.data_contracts.contract import ContractBreach
from fairdeal.pipelines import intake, publishing, upstream
from fairdeal.pipelines.errors import FairdealError
from fairdeal.pipelines.keys import ring_path
from fairdeal.pipelines.lake import Lake
from fairdeal.pipelines.ledger import Ledger
from fairdeal.pipelines.settings import Settings
from tests.pipelines import worlds
from tests.pipelines.looking import known, manifest, run, workplace
from tests.pipelines.test_lost import alter_the_lake, lose_the_queue
from tests.pipelines.test_registry import crown, enter, untrained
from tests.pipelines.test_stand_ins import spoil_bundle

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DAYS = tuple(f"2026-01-{day:02}" for day in range(2, 6))
Patch = pytest.MonkeyPatch
Check = Callable[[Settings, Path, Patch], None]


def shop(folder: Path, days: tuple[str, ...], rows: int = 25) -> Path:
    return worlds.shop(folder, {day: lines(day, rows) for day in days})


def lines(day: str, rows: int) -> list[str]:
    start = 1_000 * int(day[-2:])
    return [worlds.payment(start + row, f"{day} {8 + row % 12:02}:{row % 60:02}:00", payer=f"B{row % 5}") for row in range(rows)]


class Killed(BaseException):
    """The process ends here."""


def no_part_of_a_feed_is_seen(settings: Settings, folder: Path, patch: Patch) -> None:
    """Killed between two files of a feed, its folder is not there."""
    whole = folders.write_durably

    def killed_at_the_second(path: Path, content: bytes) -> None:
        if path.name == folders.CSV_NAME:
            raise Killed
        whole(path, content)

    mapping = shop(folder, DAYS[:1])
    with patch.context() as moment:
        moment.setattr(folders, "write_durably", killed_at_the_second)
        with pytest.raises(Killed):
            run(settings, mapping, DAYS[0])
    assert folders.feed_folders(settings.home / "feed") == []


def written_in_place(feed_root: Path, day: date, revision: int, files: Mapping[str, bytes]) -> Path:
    target = feed_root / folders.folder_name(day, revision)
    target.mkdir(parents=True)
    for name, content in files.items():
        folders.write_durably(target / name, content)
    return target


def a_row_sent_twice_counts_once(settings: Settings, folder: Path, patch: Patch) -> None:
    mapping = worlds.shop(folder, {DAYS[0]: lines(DAYS[0], 10), f"{DAYS[0]}-again": lines(DAYS[0], 10)})
    run(settings, mapping, DAYS[0])
    with workplace(settings, mapping) as place:
        ids = [row["payment_id"] for row in known(place, "payments")]
        files = place.lake.files(place.mapping.name, "payments", 2**31 - 1)
    assert len(ids) == len(set(ids)) == sum(file.rows for file in files) == 10


def all_new(clean: Any, contract: Any, versions_of: Any) -> Any:
    nothing = intake._named(clean.clear(), "duplicate")
    return intake._Apart(clean.drop("__row").with_columns(__corrects=False), nothing, nothing, nothing)


def a_stand_in_is_told(settings: Settings, folder: Path, patch: Patch) -> None:
    mapping = shop(folder, DAYS[:2])
    enter(settings.home, untrained())
    run(settings, mapping, DAYS[0])
    spoil_bundle(settings.home, crown(settings.home, untrained(rows=150)))
    run(settings, mapping, DAYS[1])
    assert manifest(settings.home, DAYS[1])["degraded"] is True


def without_causes(*arguments: Any, causes: Any = (), **named: Any) -> Any:
    from fairdeal.control_center.brake import apply_brake

    return apply_brake(*arguments, **named)


def a_silent_upstream_is_told(settings: Settings, folder: Path, patch: Patch) -> None:
    mapping = shop(folder, DAYS[:3])
    for day in DAYS:
        run(settings, mapping, day)
    assert manifest(settings.home, DAYS[3])["degraded"] is True


def a_gap_between_feeds_is_refused(settings: Settings, folder: Path, patch: Patch) -> None:
    mapping, keys = shop(folder, DAYS[:3]), None
    for day in DAYS[:3]:
        run(settings, mapping, day)
    keys = KeyRing.parse(ring_path(settings.home, "feed").read_bytes())

    def take(day: str) -> consumer.Applied | consumer.Refused:
        made = generated_at(read_manifest_unverified(settings.home / "feed" / day))
        assert made is not None
        return consumer.consume(settings.home / "feed" / day, folder / "state", keys=keys, now=made + timedelta(minutes=1))

    assert isinstance(take(DAYS[0]), consumer.Applied)
    assert isinstance(take(DAYS[2]), consumer.Refused)


def an_altered_lake_is_refused(settings: Settings, folder: Path, patch: Patch) -> None:
    mapping = worlds.shop(folder, {day: [worlds.payment(int(day[-2:]), f"{day} 12:00:00")] for day in DAYS[:2]})
    run(settings, mapping, DAYS[0])
    alter_the_lake(settings.home)
    refused = False
    try:
        run(settings, mapping, DAYS[1])
    except FairdealError as error:
        refused = "not what the ledger entered" in str(error)
    except Exception:
        refused = False
    assert refused


def a_lost_queue_is_refused(settings: Settings, folder: Path, patch: Patch) -> None:
    mapping = worlds.shop(
        folder, {day: [*lines(day, 40), worlds.payment(int(day[-2:]), f"{day} 23:00:00", amount="9000")] for day in DAYS[:2]}
    )
    assert run(settings, mapping, DAYS[0])["cases_opened"] > 0
    lose_the_queue(settings.home)
    refused = False
    try:
        run(settings, mapping, DAYS[1])
    except FairdealError:
        refused = True
    assert refused


#: What is protected, and where the protection is taken away.
MUTANTS: dict[Check, tuple[object, str, object]] = {
    no_part_of_a_feed_is_seen: (publishing, "publish", written_in_place),
    a_row_sent_twice_counts_once: (intake, "_apart", all_new),
    a_stand_in_is_told: (publishing, "apply_brake", without_causes),
    a_silent_upstream_is_told: (upstream, "missing", lambda place, run, found: []),
    a_gap_between_feeds_is_refused: (consumer, "_out_of_turn", lambda feed, head: []),
    an_altered_lake_is_refused: (Lake, "_checked", lambda self, file: self.home / (file["path"] if isinstance(file, dict) else file.path)),
    a_lost_queue_is_refused: (Ledger, "cases_opened", lambda self: 0),
}


@pytest.mark.parametrize("check", MUTANTS, ids=lambda check: check.__name__)
def test_with_its_protection_it_holds(check: Check, settings: Settings, tmp_path: Path, monkeypatch: Patch) -> None:
    check(settings, tmp_path / "shop", monkeypatch)


@pytest.mark.parametrize("check", MUTANTS, ids=lambda check: check.__name__)
def test_without_it_that_is_noticed(check: Check, settings: Settings, tmp_path: Path, monkeypatch: Patch) -> None:
    where, name, mutant = MUTANTS[check]
    monkeypatch.setattr(where, name, mutant)
    with pytest.raises((AssertionError, ContractBreach)):
        check(settings, tmp_path / "shop", monkeypatch)
