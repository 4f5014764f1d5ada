from __future__ import annotations

import os
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest

from fairdeal.control_center.publishing import feed_folders, folder_name, publish
from fairdeal.data_contracts.contract import ContractBreach

FILES = {"actions.jsonl": b"{}\n", "actions.csv": b"a\r\n", "manifest.json": b"{}\n"}
DAY = date(2024, 5, 1)


def visible(root: Path) -> list[str]:
    return sorted(entry.name for entry in root.iterdir() if not entry.name.startswith("."))


@pytest.mark.parametrize(("revision", "name"), [(1, "2024-05-01"), (2, "2024-05-01.2"), (11, "2024-05-01.11")])
def test_the_folder_carries_day_and_revision(tmp_path: Path, revision: int, name: str) -> None:
    folder = publish(tmp_path / "feed", DAY, revision, FILES)
    assert folder == tmp_path / "feed" / name
    assert folder_name(DAY, revision) == name
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == FILES


def test_the_same_bytes_again_change_nothing(tmp_path: Path) -> None:
    folder = publish(tmp_path, DAY, 1, FILES)
    before = [(file.name, file.stat().st_mtime_ns, file.stat().st_ino) for file in sorted(folder.iterdir())]
    assert publish(tmp_path, DAY, 1, FILES) == folder
    assert [(file.name, file.stat().st_mtime_ns, file.stat().st_ino) for file in sorted(folder.iterdir())] == before


@pytest.mark.parametrize("other", [{**FILES, "actions.csv": b"b"}, {**FILES, "more": b""}, {"manifest.json": b"{}\n"}])
def test_other_bytes_under_the_same_name_are_refused(tmp_path: Path, other: dict[str, bytes]) -> None:
    folder = publish(tmp_path, DAY, 1, FILES)
    with pytest.raises(ContractBreach, match="never rewritten"):
        publish(tmp_path, DAY, 1, other)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == FILES


@pytest.mark.parametrize("stands", ["file", "empty folder", "dangling link"])
def test_whatever_stands_under_the_name_is_left_alone(tmp_path: Path, stands: str) -> None:
    target = tmp_path / "2024-05-01"
    {"file": target.touch, "empty folder": target.mkdir, "dangling link": lambda: target.symlink_to("nowhere")}[stands]()
    with pytest.raises(ContractBreach, match="another feed stands here"):
        publish(tmp_path, DAY, 1, FILES)


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a\x00b"])
def test_refuses_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractBreach, match="plain file names"):
        publish(tmp_path, DAY, 1, {name: b""})


def test_feeds_are_listed_by_day_and_revision_without_anything_else(tmp_path: Path) -> None:
    for revision in (1, 10, 2):
        publish(tmp_path, DAY, revision, FILES)
    publish(tmp_path, date(2024, 4, 30), 1, FILES)
    (tmp_path / "notes").mkdir()
    (tmp_path / "2024-05-09").touch()
    assert [folder.name for folder in feed_folders(tmp_path)] == ["2024-04-30", "2024-05-01", "2024-05-01.2", "2024-05-01.10"]
    assert feed_folders(tmp_path / "nowhere") == []


CALLS = ("fsync", "mkdir", "rename")


def _publish_and_die(root: Path, call: str, count: int) -> None:
    """Publish, and die without any tidying at the ``count``-th call of the system's ``call``."""
    real, seen = getattr(os, call), 0

    def counted(*arguments: object, **options: object) -> object:
        nonlocal seen
        seen += 1
        if seen == count:
            os._exit(9)
        return real(*arguments, **options)

    setattr(os, call, counted)
    publish(root, DAY, 1, FILES)
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(("call", "count"), [(call, count) for call in CALLS for count in range(1, 8)])
def test_killed_anywhere_it_is_whole_or_not_there_and_the_next_try_succeeds(tmp_path: Path, call: str, count: int) -> None:
    process = get_context("fork").Process(target=_publish_and_die, args=(tmp_path, call, count))
    process.start()
    process.join(30)
    assert process.exitcode in (0, 9)
    if visible(tmp_path):
        assert visible(tmp_path) == ["2024-05-01"]
        assert {file.name: file.read_bytes() for file in (tmp_path / "2024-05-01").iterdir()} == FILES
    folder = publish(tmp_path, DAY, 1, FILES)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == FILES
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "2024-05-01"]


def test_files_and_their_folder_are_on_the_disk_before_the_name_is_and_the_name_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story: list[str] = []
    fsync, rename = os.fsync, os.rename

    def told_fsync(handle: int) -> None:
        story.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        fsync(handle)

    def told_rename(source: Path, target: Path) -> None:
        story.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(os, "rename", told_rename)
    publish(tmp_path, DAY, 1, FILES)
    assert story == [*FILES, ".publishing-2024-05-01", "rename", tmp_path.name]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        publish(tmp_path, DAY, 1, FILES)
    assert [entry.name for entry in tmp_path.iterdir()] == [".lock"]
