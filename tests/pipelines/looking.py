"""What the tests of this room look at: deliveries, the quarantine, published records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.control_center.keys import KeyRing
from fairdeal.control_center.publishing import feed_folders
from fairdeal.control_center.verification import verify
from fairdeal.pipelines import ingest
from fairdeal.pipelines.ingest import Delivery
from fairdeal.pipelines.intake import QUARANTINE_SCHEMA
from fairdeal.pipelines.keys import ring_path
from fairdeal.pipelines.ledger import LAKE
from fairdeal.pipelines.running import begin, do_step, run_interval
from fairdeal.pipelines.settings import Settings
from fairdeal.pipelines.steps import STEPS
from fairdeal.pipelines.workplace import Workplace, open_workplace
from fairdeal.sources.mapping import load_mapping

#: After everything that the small worlds hold.
EVER = datetime(2099, 1, 1, tzinfo=UTC)


@contextmanager
def workplace(settings: Settings, mapping: Path) -> Iterator[Workplace]:
    """The workplace of a mapping, closed afterwards."""
    place = open_workplace(settings, load_mapping(mapping), lambda text: None)
    try:
        yield place
    finally:
        place.ledger.close()


def deliver(place: Workplace, until: datetime = EVER) -> Delivery | None:
    """Takes in what is new and enters it, as the step `ingest` does."""
    delivery = ingest.take_in(place.mapping, place.lake, until=until, progress=lambda text: None)
    if delivery is None:
        return None
    with place.ledger.transaction() as tx:
        ingest.commit(tx, place.mapping, delivery)
    return delivery


def known(place: Workplace, table: str, before: datetime = EVER) -> list[dict[str, Any]]:
    """Rows of a table as known before a moment."""
    return place.lake.table(place.mapping.name, table, watermark=2**31 - 1, known_before=before).to_dicts()


def quarantine(place: Workplace) -> pl.DataFrame:
    """Everything that was ever set aside."""
    with place.ledger.engine.connect() as connection:
        paths = connection.execute(sa.select(LAKE.c.path).where(LAKE.c.table_name == "quarantine").order_by(LAKE.c.path)).scalars().all()
    return pl.concat([pl.DataFrame(schema=QUARANTINE_SCHEMA), *(pl.read_parquet(place.home / path) for path in paths)])


def records(home: Path, name: str) -> list[dict[str, Any]]:
    """Records of a published feed."""
    return [json.loads(line) for line in (home / "feed" / name / "actions.jsonl").read_bytes().splitlines()]


def manifest(home: Path, name: str) -> dict[str, Any]:
    """Manifest of a published feed."""
    found: dict[str, Any] = json.loads((home / "feed" / name / "manifest.json").read_bytes())
    return found


def faults(home: Path) -> dict[str, list[str]]:
    """What `verify` says about every feed that a consumer finds, by folder name; only those with faults."""
    keys = KeyRing.parse(ring_path(home, "feed").read_bytes())
    folders = feed_folders(home / "feed")
    assert folders
    return {folder.name: told for folder in folders if (told := verify(folder, keys))}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run(settings: Settings, mapping: Path, day: str) -> dict[str, Any]:
    """Runs a day by the ledger's steps; gives the summary."""
    return run_interval(settings, load_mapping(mapping), *settings.day_bounds(day), lambda text: None)


def do_up_to(settings: Settings, mapping: Path, day: str, last: str) -> str:
    """Begins a day and does its steps up to one of them, as if it were killed after it; gives the run's id."""
    with workplace(settings, mapping) as place:
        started, _ = begin(place, *settings.day_bounds(day))
        for name in list(STEPS)[: list(STEPS).index(last) + 1]:
            do_step(place, started.run_id, name)
    return started.run_id


def close_case(place: Workplace, case: dict[str, Any], close_code: str, *, at: datetime, findings: dict[str, Any] | None = None) -> None:
    """Two people decide a case."""
    place.cases().decide(
        case["case_id"], maker="ana", checker="bo", close_code=close_code, findings=findings, reasons=["looked at it"], at=at
    )
