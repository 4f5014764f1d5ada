"""Bulk: as many payments a day as asked for, everything else on the whole days, the same bytes for the same seed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fairdeal.simulator.bulk import write_bulk
from fairdeal.sources.discovery import discover
from fairdeal.sources.mapping import load_mapping

LAST = date(2026, 3, 1)


def written(out: Path, **changes: Any) -> Path:
    asked: dict[str, Any] = {"days": 4, "payments_per_day": 900, "orders_per_day": 200, "reviews_per_day": 80, "seed": 5, "last_day": LAST}
    write_bulk(out, **asked | changes)
    return out


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("bulk") / "files")


def test_every_day_has_its_payments_and_the_last_one_everything(bulk: Path) -> None:
    days = sorted(path.name for path in (bulk / "payments").iterdir())
    assert days == [*(f"payments-2026-02-{day}.parquet" for day in (26, 27, 28)), "payments-2026-03-01.jsonl.zst"]
    for name in days[:-1]:
        payments = pl.read_parquet(bulk / "payments" / name)
        assert payments.height == 900
        assert payments["order_ref"].null_count() == 900
    assert {path.name for path in bulk.iterdir() if path.is_dir()} >= {"orders", "refunds", "reviews", "shipments", "account_events"}
    assert [path.name for path in (bulk / "orders").iterdir()] == ["orders-2026-03-01.csv"]


def test_ids_of_different_days_never_meet(bulk: Path) -> None:
    ids = pl.concat([pl.read_parquet(path, columns=["pay_id"]) for path in sorted((bulk / "payments").glob("*.parquet"))])
    assert ids["pay_id"].is_unique().all()


def test_the_mapping_beside_the_files_finds_them_all(bulk: Path) -> None:
    found = discover(load_mapping(bulk / "mapping.toml"))
    assert found.absent == ()
    assert len(found.files["payments"]) == 4


def test_the_same_seed_gives_the_same_bytes(bulk: Path, tmp_path: Path) -> None:
    again = written(tmp_path / "again")
    names = sorted(path.relative_to(bulk) for path in bulk.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [name for name in names if (bulk / name).read_bytes() != (again / name).read_bytes()] == []


def test_whole_days_may_be_more_than_one(tmp_path: Path) -> None:
    out = written(tmp_path / "two", whole_days=2)
    assert sorted(path.name for path in (out / "orders").iterdir()) == ["orders-2026-02-28.csv", "orders-2026-03-01.csv"]


@pytest.mark.parametrize("wrong", [{"days": 0}, {"whole_days": 5}, {"whole_days": 0}])
def test_impossible_days_are_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allowed are 1 to"):
        written(tmp_path / "never", **wrong)


def test_a_folder_in_use_is_refused(bulk: Path) -> None:
    with pytest.raises(ValueError, match="not an empty folder"):
        written(bulk)
