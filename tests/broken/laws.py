"""What holds for every file, however broken."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import sqlalchemy as sa

from fairdeal.data_contracts.compiled import validate_compiled
from fairdeal.data_contracts.tables import INBOUND
from fairdeal.pipelines.ledger import LAKE
from fairdeal.sources.conversion import candidates
from fairdeal.sources.discovery import discover
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.mapping import Mapping
from fairdeal.sources.masking_rows import mask_candidates
from fairdeal.sources.readers.content import RawRule
from fairdeal.sources.reading import FileReport, FileStatus, read

_RAW_RULES = {rule.value for rule in RawRule}


def well_said(message: str, path: str) -> bool:
    """Where: what was found; what is allowed; what to do."""
    where, _, rest = message.partition(": ")
    parts = rest.split("; ")
    asked = any(part.startswith(("allowed", "such a file")) for part in parts)
    return where == path and len(parts) >= 3 and asked and not re.search(r"Error|Exception|Traceback|\n", message)


def lake_rows(place: Any, table: str) -> pl.DataFrame:
    """Every accepted row of a table, as it lies in the lake."""
    with place.ledger.engine.connect() as connection:
        paths = connection.execute(sa.select(LAKE.c.path).where(LAKE.c.table_name == table)).scalars().all()
    return pl.concat(
        [pl.DataFrame(schema={"__file": pl.String()}), *(pl.read_parquet(place.home / path) for path in paths)], how="diagonal"
    )


def obeyed(mapping: Mapping, limits: Limits = LIMITS) -> tuple[FileReport, ...]:
    """Reads, converts, masks and judges everything that a mapping finds, and checks what must hold; gives the files' reports."""
    files = discover(mapping).all
    reading = read(mapping, files, limits)
    assert [report.path for report in reading.files] == [file.path for file in files]
    for report in reading.files:
        assert report.rows_counted == report.rows_read + report.rows_rejected
        if report.status in (FileStatus.UNREADABLE, FileStatus.PARTIAL):
            assert well_said(str(report.message), report.path), report.message
        if report.status in (FileStatus.UNREADABLE, FileStatus.EMPTY):
            assert report.rows_counted == 0
    aside = reading.rejected
    assert set(aside["rule"]) <= _RAW_RULES
    assert aside.select("__file", "__line", "rule").null_count().sum_horizontal().item() == 0
    for table, mapped in mapping.tables.items():
        raw = reading.raw[str(mapped.file_set)]
        places = pl.concat([raw.select("__file", "__line"), aside.select("__file", "__line")])
        # Every record has a place of its own, and there are as many as were counted.
        assert places.n_unique() == places.height == sum(report.rows_counted for report in reading.files)
        assert places["__line"].min() is None or places["__line"].min() >= 1  # type: ignore[operator]
        made = candidates(mapping, table, reading.raw)
        assert made.select("__file", "__line").equals(raw.select("__file", "__line"))
        masked, _ = mask_candidates(made, INBOUND[table], lambda digits: "t" * 32)
        verdict = validate_compiled(INBOUND[table], masked)
        assert verdict.rows == raw.height
        assert verdict.breaches.select("row", "column", "rule").null_count().sum_horizontal().item() == 0
    return reading.files
