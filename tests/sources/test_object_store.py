"""Files of an object-store prefix, from a store that runs on this machine."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import fs

from fairdeal.sources.discovery import discover
from fairdeal.sources.fetching import Fetching, SourceUnreachable
from fairdeal.sources.mapping import Mapping, MappingError
from fairdeal.sources.object_store import ObjectChanged, fetch, matches, object_store
from fairdeal.sources.reading import FileStatus, read
from tests import outside
from tests.outside import put
from tests.sources.making import HEADER, PAYMENTS, source

REMOTE = PAYMENTS.replace('path = "tx*"', 'path = "s3://shop/in/*.csv.gz"')


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with outside.object_store() as address:
        yield address


@pytest.fixture
def store(endpoint: str) -> fs.FileSystem:
    """The store, its bucket empty."""
    found = object_store(Fetching(endpoint=endpoint, region="us-east-1"))
    found.delete_dir_contents("shop")
    return found


def remote(folder: Path, endpoint: str, toml: str = REMOTE) -> Mapping:
    return replace(source(folder, toml), fetching=Fetching(folder / "fetched", endpoint, "us-east-1"))


def copies(folder: Path) -> set[Path]:
    return {path for path in (folder / "fetched").rglob("*") if path.is_file()}


def test_objects_are_read_like_files(tmp_path: Path, endpoint: str, store: fs.FileSystem) -> None:
    put(store, "shop/in/a.csv.gz", gzip.compress((HEADER + "p1,a,1.00\np2,b,2.00\n").encode()))
    put(store, "shop/in/b.csv.gz", gzip.compress((HEADER + "p3,c,3.00\n").encode()))
    put(store, "shop/in/notes.txt", b"none of ours")
    put(store, "shop/other/a.csv.gz", b"none of ours either")
    mapping = remote(tmp_path, endpoint)
    files = discover(mapping).all
    assert [file.path for file in files] == ["s3://shop/in/a.csv.gz", "s3://shop/in/b.csv.gz"]
    found = read(mapping, files)
    assert [(report.status, report.rows_counted) for report in found.files] == [(FileStatus.READ, 2), (FileStatus.READ, 1)]
    assert found.raw["tx"].select("__file", "__line", "payment_id").rows() == [
        ("s3://shop/in/a.csv.gz", 2, "p1"),
        ("s3://shop/in/a.csv.gz", 3, "p2"),
        ("s3://shop/in/b.csv.gz", 2, "p3"),
    ]


def test_an_object_is_fetched_once_and_again_when_it_changed(tmp_path: Path, endpoint: str, store: fs.FileSystem) -> None:
    put(store, "shop/in/a.csv.gz", b"one")
    mapping = remote(tmp_path, endpoint)
    (first,) = discover(mapping).all
    made = first.location(mapping.base).stat().st_mtime_ns
    assert discover(mapping).all == (first,)
    assert first.location(mapping.base).stat().st_mtime_ns == made
    put(store, "shop/in/a.csv.gz", b"two")  # as long as before
    (second,) = discover(mapping).all
    assert (second.path, second.sha256 == first.sha256) == (first.path, False)
    assert len(copies(tmp_path)) == 2


def test_an_object_that_changes_while_it_is_fetched_is_refused(tmp_path: Path, store: fs.FileSystem) -> None:
    put(store, "shop/in/a.csv", b"x" * (3 << 20))
    told: list[int] = []

    def change(arrived: int) -> None:
        told.append(arrived)
        if len(told) == 1:
            put(store, "shop/in/a.csv", b"y" * (3 << 20))

    with pytest.raises(ObjectChanged):
        fetch(store, "shop/in/a.csv", tmp_path / "copy" / "a.csv", change)
    assert told[-1] == 3 << 20
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_fault_of_one_object_is_reported_and_the_others_are_read(tmp_path: Path, endpoint: str, store: fs.FileSystem) -> None:
    put(store, "shop/in/a.csv.gz", gzip.compress((HEADER + "p1,a,1.00\n").encode()))
    mapping = remote(tmp_path, endpoint)
    (whole,) = discover(mapping).all
    broken = replace(whole, path="s3://shop/in/b.csv.gz", sha256="", place=None, fault="it changed while it was fetched")
    found = read(mapping, (broken, whole))
    assert [report.status for report in found.files] == [FileStatus.UNREADABLE, FileStatus.READ]
    assert found.files[0].message == "s3://shop/in/b.csv.gz: unreadable: it changed while it was fetched"


@pytest.mark.parametrize("pattern", ["s3://shop/deep/**/*.csv", "s3://shop/deep/2026/0?/*.csv", "s3://shop/deep/2026/05/a.csv"])
def test_patterns_reach_into_folders(tmp_path: Path, endpoint: str, store: fs.FileSystem, pattern: str) -> None:
    put(store, "shop/deep/2026/05/a.csv", b"x\n1\n")
    put(store, "shop/deep/2026/05/.hidden.csv", b"x\n1\n")
    mapping = remote(tmp_path, endpoint, PAYMENTS.replace("tx*", pattern))
    assert [file.path for file in discover(mapping).all] == ["s3://shop/deep/2026/05/a.csv"]


def test_nothing_under_the_prefix_is_an_absent_set(tmp_path: Path, endpoint: str, store: fs.FileSystem) -> None:
    assert discover(remote(tmp_path, endpoint)).absent == ("tx",)


def test_a_store_out_of_reach_is_an_outside_failure_that_says_what_to_do(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(SourceUnreachable, match=r"\[files.tx\] s3://shop/in/\*\.csv\.gz: the object store refuses or does not answer"):
        discover(remote(tmp_path, "http://127.0.0.1:9"))
    missing = remote(tmp_path, endpoint, PAYMENTS.replace("tx*", "s3://nowhere/*.csv"))
    with pytest.raises(SourceUnreachable, match="check bucket"):
        discover(missing)


@pytest.mark.parametrize("path", ["gs://shop/*.csv", "s3://key:secret@shop/*.csv", "s3:///a.csv"])
def test_other_addresses_and_keys_in_a_mapping_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(MappingError, match="s3://bucket/prefix") as refused:
        source(tmp_path, PAYMENTS.replace("tx*", path))
    assert "secret" not in str(refused.value)


def test_a_star_stays_within_a_folder() -> None:
    assert matches("b/x/a.csv", "b/*/a.csv")
    assert not matches("b/x/y/a.csv", "b/*/a.csv")
    assert matches("b/a.csv", "b/**/a.csv")
    assert not matches("b/.x/a.csv", "b/**/a.csv")
