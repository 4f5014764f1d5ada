"""Folders that hold other things than files, and files that do not stay as they are; and what a person at the command line is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairdeal.pipelines.settings import Settings
from fairdeal.sources import reading
from fairdeal.sources.discovery import discover
from fairdeal.sources.mapping import load_mapping
from tests.broken.catalogue import CATALOGUE
from tests.broken.kinds import BANK, SOUND, json_line, parquet_file, payments_table, sound, table
from tests.broken.laws import lake_rows, obeyed, well_said
from tests.e2e.commands import fails_plainly, fairdeal
from tests.pipelines.looking import deliver, workplace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank's folder with one sound file."""
    (tmp_path / "in").mkdir()
    (tmp_path / "mapping.toml").write_text(BANK, encoding="utf-8")
    (tmp_path / "in" / "a.csv").write_text(table([sound("A", number) for number in range(40)]), encoding="utf-8")
    return tmp_path


def delivered(settings: Settings, folder: Path) -> dict[str, dict[str, Any]]:
    """Reports of one delivery by path."""
    with workplace(settings, folder / "mapping.toml") as place:
        delivery = deliver(place)
        assert delivery is not None
        taken = delivery.report["tables"].get("payments", {"accepted": 0})
        assert taken["accepted"] == lake_rows(place, "payments").height
        return {report["path"]: report for report in delivery.report["files"]}


def link_to_nothing(place: Path) -> None:
    (place / "b.csv").symlink_to(place / "gone.csv")


def link_to_itself(place: Path) -> None:
    (place / "b.csv").symlink_to(place / "b.csv")


def pipe(place: Path) -> None:
    os.mkfifo(place / "b.csv")


def locked(place: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is locked to root")
    (place / "b.csv").write_text("id\n", encoding="utf-8")
    (place / "b.csv").chmod(0)


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (link_to_nothing, "a link that leads nowhere"),
        (link_to_itself, "a link that leads nowhere"),
        (pipe, "a pipe"),
        (locked, "could not be opened"),
    ],
)
def test_what_cannot_be_opened_is_told_and_the_rest_is_read(
    plant: Callable[[Path], None], told: str, settings: Settings, folder: Path
) -> None:
    plant(folder / "in")
    reports = delivered(settings, folder)
    assert reports["in/a.csv"]["status"] == "read"
    assert reports["in/b.csv"]["status"] == "unreadable"
    assert told in reports["in/b.csv"]["message"]
    assert well_said(reports["in/b.csv"]["message"], "in/b.csv")


def test_a_name_that_is_no_text_is_told(settings: Settings, folder: Path) -> None:
    (folder / "in" / "a.csv").rename(os.fsdecode(bytes(folder / "in") + b"/\xff.csv"))
    reports = delivered(settings, folder)
    assert list(reports) == ["in/\\xff.csv"]
    assert "its name is no UTF-8" in reports["in/\\xff.csv"]["message"]


@pytest.mark.parametrize("name", ["付款 ①.csv", "a\nb.csv", "👩\u200d🔧.csv", "-rf.csv", "a'b;c.csv", "[a].csv", "x" * 240 + ".csv"])
def test_a_name_that_is_odd_is_a_name(name: str, settings: Settings, folder: Path) -> None:
    (folder / "in" / "a.csv").rename(folder / "in" / name)
    assert delivered(settings, folder)[f"in/{name}"]["rows_read"] == 40


def test_folders_and_hidden_files_are_no_files_and_links_are_what_they_lead_to(settings: Settings, folder: Path) -> None:
    (folder / "in" / "b.csv").mkdir()
    (folder / "in" / ".c.csv").write_text("rubbish", encoding="utf-8")
    (folder / "elsewhere.csv").write_text(table([sound("B", 1)]), encoding="utf-8")
    (folder / "in" / "d.csv").symlink_to(folder / "elsewhere.csv")
    reports = delivered(settings, folder)
    assert {path: report["rows_read"] for path, report in reports.items()} == {"in/a.csv": 40, "in/d.csv": 1}


def test_a_file_that_vanishes_or_grows_after_it_was_found_is_told(folder: Path) -> None:
    mapping = load_mapping(folder / "mapping.toml")
    (folder / "in" / "b.csv").write_text(table([sound("B", 1)]), encoding="utf-8")
    files = discover(mapping).all
    (folder / "in" / "a.csv").unlink()
    with (folder / "in" / "b.csv").open("a") as stream:
        stream.write("more")
    gone, grown = (str(report.message) for report in reading.read(mapping, files).files)
    assert "No such file" in gone
    assert "changed since it was found" in grown
    assert well_said(gone, "in/a.csv")
    assert well_said(grown, "in/b.csv")


def test_a_file_that_grows_while_it_is_read_is_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = reading.read_csv

    def meanwhile(*arguments: Any) -> Any:
        with (folder / "in" / "a.csv").open("a") as stream:
            stream.write("more")
        return honest(*arguments)

    monkeypatch.setattr(reading, "read_csv", meanwhile)
    report = reading.read(load_mapping(folder / "mapping.toml"), discover(load_mapping(folder / "mapping.toml")).all).files[0]
    assert "changed while it was read" in str(report.message)
    assert (report.rows_counted, report.rows_read) == (0, 0)


def test_one_column_of_several_types_and_formats_is_read_file_by_file(settings: Settings, folder: Path) -> None:
    (folder / "in" / "b.parquet").write_bytes(parquet_file(payments_table("B", 1, amount=[10.0])))
    (folder / "in" / "c.parquet").write_bytes(parquet_file(payments_table("C", 1, amount=[10])))
    (folder / "in" / "d.jsonl").write_text(json_line("D", 1) + "\n", encoding="utf-8")
    assert {report["rows_read"] for report in delivered(settings, folder).values()} == {1, 40}
    with workplace(settings, folder / "mapping.toml") as place:
        assert set(lake_rows(place, "payments")["amount_minor"]) == {SOUND["amount_minor"]}


def test_every_file_that_is_not_simply_read_is_told_by_the_source_check_too(folder: Path) -> None:
    kinds = {f"in/{number}.{kind.suffix}": kind for number, kind in enumerate(CATALOGUE) if kind.mapping == "bank" and not kind.alone}
    kinds = {path: kind for path, kind in kinds.items() if kind.status != "read" and len(kind.build("K")) < 20_000}
    for path, kind in kinds.items():
        (folder / path).write_bytes(kind.build("K"))
    said = fairdeal("source", "check", folder / "mapping.toml", "--json", home=folder / "home")
    assert said.code == 1
    assert "Traceback" not in said.err + said.out
    files = {file["path"]: file for file in said.json["files"][0]["files"]}
    assert {path: files[path]["status"] for path in kinds} == {path: kind.status for path, kind in kinds.items()}
    broken = [path for path, kind in kinds.items() if kind.status in ("unreadable", "partial")]
    assert len(broken) > 80
    assert {files[path]["message"] for path in broken} <= set(said.json["problems"])
    assert not (folder / "home").exists()


def put(folder: Path, *names: str) -> None:
    """Some kinds of the catalogue, as files of the bank."""
    kinds = {kind.name: kind for kind in CATALOGUE}
    for number, name in enumerate(names):
        (folder / "in" / f"{number}.{kinds[name].suffix}").write_bytes(kinds[name].build(f"K{number}"))


@pytest.mark.slow
def test_a_day_with_broken_files_is_run_and_ends_with_1(folder: Path) -> None:
    put(
        folder,
        "an Excel workbook",
        "a file in UTF-16 with its mark",
        "a packed file without its checksum",
        "a Parquet file without its end",
        "nothing at all",
    )
    said = fairdeal("run", "--day", "2026-01-02", "--source", folder / "mapping.toml", "--json", home=folder / "home")
    assert said.code == 1, said
    assert "Traceback" not in said.err
    files = said.json["files"]
    assert {status: len(paths) for status, paths in files.items()} == {"read": 1, "unreadable": 2, "partial": 2, "empty": 1}
    assert (said.json["rows_in"]["payments"], said.json["quarantined"]["payments"]) == (42, 0)


@pytest.mark.slow
def test_a_day_with_too_many_broken_rows_is_refused_in_one_message(folder: Path) -> None:
    put(folder, "a comma at the end of every row and not of the header", "every value of a row is a question mark")
    said = fairdeal("run", "--day", "2026-01-02", "--source", folder / "mapping.toml", "--json", home=folder / "home")
    fails_plainly(said, 1, "payments: 3 of 45 rows break the contract", "columns (2)", "allowed is a share of 0.05", "source check")


def test_the_laws_would_see_a_row_that_is_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    obeyed(load_mapping(folder / "mapping.toml"))
    honest = reading._rejected_rows
    (folder / "in" / "b.csv").write_text(table([sound("B", 1)]) + "one,two\n", encoding="utf-8")
    monkeypatch.setattr(reading, "_rejected_rows", lambda file, faults: honest(file, faults[1:]))
    with pytest.raises(AssertionError):
        obeyed(load_mapping(folder / "mapping.toml"))
