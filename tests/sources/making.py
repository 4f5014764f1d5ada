"""Small sources for the tests: a mapping and its files in a folder."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl
import pyarrow as pa

from fairdeal.sources.discovery import discover
from fairdeal.sources.limits import LIMITS, Limits
from fairdeal.sources.mapping import Mapping, load_mapping
from fairdeal.sources.reading import Reading, read

#: A mapping of payments in one file set, ``tx``, every column under our own name.
PAYMENTS = """
[source]
name = "shop"
time_zone = "Asia/Shanghai"

[files.tx]
path = "tx*"

[payments]
from = "tx"
payment_id = "payment_id"
payer_id = "payer_id"
amount_minor = { column = "amount", decimal = 2 }
"""
HEADER = "payment_id,payer_id,amount\n"


def source(folder: Path, toml: str = PAYMENTS, **files: bytes | str) -> Mapping:
    """The mapping, loaded, with files beside it; ``tx_csv`` is written as ``tx.csv``, ``tx_csv_gz`` as ``tx.csv.gz``."""
    (folder / "mapping.toml").write_text(toml, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content.encode() if isinstance(content, str) else content)
    return load_mapping(folder / "mapping.toml")


def reading_of(mapping: Mapping, limits: Limits = LIMITS) -> Reading:
    """Everything the mapping finds, read."""
    return read(mapping, discover(mapping).all, limits)


def packed(content: bytes, how: str) -> bytes:
    """The content as it is, or packed."""
    if how == "gzip":
        return gzip.compress(content)
    if how == "zstd":
        return bytes(pa.Codec("zstd").compress(content, asbytes=True))
    return content


def parquet(frame: pl.DataFrame, rows_per_group: int | None = None) -> bytes:
    """The frame as a Parquet file."""
    stream = io.BytesIO()
    frame.write_parquet(stream, row_group_size=rows_per_group, use_pyarrow=True)
    return stream.getvalue()
